use std::fmt;

/// The beginning of octets that are wrong, for the log: enough to see what it was, and no more than a
/// neighbor may cost us in memory and lines.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Excerpt {
    octets: Box<[u8]>,
    /// How many there were, these included.
    len: usize,
}

impl Excerpt {
    /// How many octets are kept.
    pub const LEN_MAX: usize = 64;

    /// Of these octets.
    pub fn new(octets: &[u8]) -> Self {
        let kept = octets.get(..octets.len().min(Self::LEN_MAX)).unwrap_or_default();
        Self { octets: kept.into(), len: octets.len() }
    }

    /// The octets kept.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Prints `40 01 01 09`, and how many there were in all if that is more.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, octet) in self.octets.iter().enumerate() {
            write!(f, "{}{octet:02x}", if i > 0 { " " } else { "" })?;
        }
        if self.len > self.octets.len() {
            write!(f, " ... ({} octets)", self.len)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded() {
        assert_eq!(Excerpt::new(&[0x40, 1, 0xff]).to_string(), "40 01 ff");
        assert_eq!(Excerpt::new(&[]).to_string(), "");
        let long = Excerpt::new(&vec![7; 65_535]);
        assert_eq!(long.octets().len(), Excerpt::LEN_MAX);
        assert!(long.to_string().ends_with("07 07 ... (65535 octets)"), "{long}");
    }
}
