//! A neighbor's password.

/// A secret shared with a neighbor. It is never shown: [`Debug`](std::fmt::Debug) tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Vec<u8>);

impl Password {
    /// The longest key TCP MD5 takes, octets.
    pub const LEN_MAX: usize = 80;

    /// A password of these octets, as they are: a final new line is part of it.
    pub fn new(octets: impl Into<Vec<u8>>) -> Self {
        Self(octets.into())
    }

    /// The octets, for the socket and nothing else.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Whether TCP MD5 can use it: 1 to 80 octets.
    pub fn is_usable(&self) -> bool {
        (1..=Self::LEN_MAX).contains(&self.0.len())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let secret = Password::new("hunter2");
        assert!(!format!("{secret:?}").contains("hunter"), "{secret:?}");
        assert_eq!(secret.octets(), b"hunter2");
        let usable = |len: usize| Password::new(vec![b'x'; len]).is_usable();
        assert_eq!([0, 1, 80, 81].map(usable), [false, true, true, false]);
    }
}
