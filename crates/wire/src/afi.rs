use std::fmt;

/// An address family and subsequent address family (RFC 4760 §3), as announced in OPEN.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressFamily {
    /// Address Family Identifier (IANA): 1 is IPv4, 2 is IPv6.
    pub afi: u16,
    /// Subsequent Address Family Identifier (IANA): 1 is unicast, 2 multicast, 4 labelled.
    pub safi: u8,
}

impl AddressFamily {
    /// IPv4 unicast.
    pub const IPV4: Self = Self { afi: 1, safi: 1 };
    /// IPv6 unicast.
    pub const IPV6: Self = Self { afi: 2, safi: 1 };

    /// BIRD's name for the family (`ipv4`, `ipv6`, `ipv4-mc`, …), if it has one.
    pub fn name(self) -> Option<&'static str> {
        Some(match (self.afi, self.safi) {
            (1, 1) => "ipv4",
            (2, 1) => "ipv6",
            (1, 2) => "ipv4-mc",
            (2, 2) => "ipv6-mc",
            (1, 4) => "ipv4-mpls",
            (2, 4) => "ipv6-mpls",
            (1, 128) => "vpn4-mpls",
            (2, 128) => "vpn6-mpls",
            (1, 129) => "vpn4-mc",
            (2, 129) => "vpn6-mc",
            (1, 133) => "flow4",
            (2, 133) => "flow6",
            _ => return None,
        })
    }
}

/// Prints BIRD's name, or `<AFI/SAFI>` for a family it has none for.
impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "<{}/{}>", self.afi, self.safi),
        }
    }
}

impl fmt::Debug for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
