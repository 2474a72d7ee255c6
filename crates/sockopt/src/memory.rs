//! The kernel's option memory, of which each key takes a piece.

/// What one key may take of a socket's option memory, octets. Kernel 6.18 takes 136; others differ little.
const KEY_COST_MAX: u64 = 256;

/// Where the limit is: one of each network namespace in newer kernels, one of the machine, which only the first
/// namespace shows, in older ones.
const LIMIT_FILE: &str = "/proc/sys/net/core/optmem_max";

/// A socket's option memory that is used up: how much there is, and how much it would take. Its text tells the
/// user what to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OptionMemory {
    /// Keys the socket has.
    pub set: usize,
    /// Keys it is to have.
    pub wanted: usize,
    /// `net.core.optmem_max` in octets, if it can be read.
    pub limit: Option<u64>,
}

impl OptionMemory {
    /// With the limit as it is now.
    pub fn now(set: usize, wanted: usize) -> Self {
        let limit = std::fs::read_to_string(LIMIT_FILE).ok().and_then(|text| text.trim().parse().ok());
        Self { set, wanted, limit }
    }

    /// A limit with which all keys fit, in whole pages of 4,096 octets.
    pub fn enough(&self) -> u64 {
        let octets = |keys: usize| KEY_COST_MAX.saturating_mul(keys as u64);
        // Other options may have their part of it: what is missing comes on top of what there is.
        let missing = octets(self.wanted.saturating_sub(self.set).max(1));
        let more = self.limit.unwrap_or_default().saturating_add(missing);
        octets(self.wanted).max(more).checked_next_multiple_of(4096).unwrap_or(u64::MAX)
    }
}

impl std::fmt::Display for OptionMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { set, wanted, limit } = self;
        write!(f, "the kernel has no room for another TCP MD5 key: {set} of {wanted} are set")?;
        match limit {
            Some(limit) => write!(f, ", net.core.optmem_max is {limit}; run ")?,
            None => f.write_str("; run, in the network namespace the machine started with, ")?,
        }
        write!(f, "`sysctl -w net.core.optmem_max={}`", self.enough())
    }
}
