//! A neighbor, or a stranger, cannot fill the log: lines it causes have a budget.

use std::time::{Duration, Instant};

/// Lines in one window.
const LINES_MAX: u32 = 10;
/// The length of a window.
const WINDOW: Duration = Duration::from_secs(10);

/// The budget of one source of lines.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    since: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl LogLimit {
    /// Whether a line may be written now. One that may not is counted.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        if self.since.is_none_or(|since| now.saturating_duration_since(since) >= WINDOW) {
            self.since = Some(now);
            self.lines = 0;
        }
        if self.lines < LINES_MAX {
            self.lines += 1;
            return true;
        }
        self.left_out += 1;
        false
    }

    /// How many lines were left out since this was last asked; none while there were none. To be
    /// asked when a line may be written.
    pub(crate) fn left_out(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.left_out)).filter(|n| *n > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted() {
        let start = Instant::now();
        let mut limit = LogLimit::default();
        let written = (0..100).filter(|_| limit.allows(start)).count();
        assert_eq!(written, 10);
        assert!(limit.allows(start + WINDOW));
        assert_eq!(limit.left_out(), Some(90));
        assert_eq!(limit.left_out(), None);
    }
}
