//! What the kernel drops for its signature. It tells nobody but by counters.

/// Segments of TCP dropped in this network namespace so far, whoever sent them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Md5Drops {
    /// Signed with another key.
    pub wrong: u64,
    /// Without a signature where there is a key.
    pub missing: u64,
    /// With a signature where there is no key.
    pub unexpected: u64,
}

impl Md5Drops {
    /// As they are now; none if this kernel does not tell.
    pub fn now() -> Option<Self> {
        Self::parse(&std::fs::read_to_string("/proc/net/netstat").ok()?)
    }

    /// A line of names is followed by one of numbers.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| line.starts_with("TcpExt:"));
        let (names, numbers) = (lines.next()?, lines.next()?);
        let counter = |wanted: &str| {
            let at = names.split_whitespace().position(|name| name == wanted)?;
            numbers.split_whitespace().nth(at)?.parse().ok()
        };
        Some(Self {
            wrong: counter("TCPMD5Failure")?,
            missing: counter("TCPMD5NotFound")?,
            unexpected: counter("TCPMD5Unexpected")?,
        })
    }
}

impl std::fmt::Display for Md5Drops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { wrong, missing, unexpected } = self;
        write!(
            f,
            "{wrong} segments with another key, {missing} without and {unexpected} with one for nothing"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_name() {
        let text = "TcpExt: SyncookiesSent TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure\nTcpExt: 9 1 2 3\n\
                    IpExt: InNoRoutes\nIpExt: 0\n";
        assert_eq!(Md5Drops::parse(text), Some(Md5Drops { wrong: 3, missing: 1, unexpected: 2 }));
        assert_eq!(Md5Drops::parse("TcpExt: TCPMD5Failure\nTcpExt: 1\n"), None);
        assert!(Md5Drops::now().is_some());
    }
}
