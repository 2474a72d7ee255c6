use std::fmt;

/// An extended community (RFC 4360 §2): eight octets, the type in the top ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtendedCommunity(pub u64);

impl ExtendedCommunity {
    /// The type's high octet, with the IANA and non-transitive bits.
    pub fn type_high(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// The sub-type octet.
    pub fn sub_type(self) -> u8 {
        (self.0 >> 48) as u8
    }

    /// Whether it may cross an AS boundary (bit 6 of the type is clear).
    pub fn is_transitive(self) -> bool {
        self.type_high() & 0x40 == 0
    }
}

/// Prints as BIRD's filter language writes it: `(rt, 65001, 5)`, `(unknown 0x…, k, v)`,
/// `(generic, 0x…, 0x…)`.
impl fmt::Display for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.sub_type() {
            2 => Some("rt"),
            3 => Some("ro"),
            _ => None,
        };
        let low = self.0 as u32;
        let (key, value) = match self.type_high() & !0x40 {
            0x00 => (format!("{}", (self.0 >> 32) as u16), low),
            0x01 => {
                let ip = std::net::Ipv4Addr::from((self.0 >> 16) as u32);
                (ip.to_string(), u32::from(self.0 as u16))
            }
            0x02 => (format!("{}", (self.0 >> 16) as u32), u32::from(self.0 as u16)),
            _ => return write!(f, "(generic, {:#x}, {:#x})", (self.0 >> 32) as u32, low),
        };
        match kind {
            Some(kind) if self.is_transitive() => write!(f, "({kind}, {key}, {value})"),
            _ => write!(f, "(unknown {:#x}, {key}, {value})", (self.0 >> 48) as u16),
        }
    }
}

impl fmt::Debug for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A large community (RFC 8092 §3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LargeCommunity {
    /// Global Administrator, an AS number.
    pub global: u32,
    /// Local Data Part 1.
    pub data1: u32,
    /// Local Data Part 2.
    pub data2: u32,
}

/// Prints as BIRD's filter language writes it: `(65001, 1, 2)`.
impl fmt::Display for LargeCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {}, {})", self.global, self.data1, self.data2)
    }
}

impl fmt::Debug for LargeCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
