//! How fast a fault is tried again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Pauses that double, each a little longer by chance: many nodes lose their server at the same moment.
#[derive(Debug)]
pub(super) struct Pace {
    min: Duration,
    max: Duration,
    tries: u32,
}

impl Pace {
    pub(super) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, tries: 0 }
    }

    /// Faults in a row.
    pub(super) fn tries(&self) -> u32 {
        self.tries
    }

    /// It works: the next fault is the first.
    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }

    /// How long to wait after one more fault; at least as long as the server says.
    pub(super) fn pause(&mut self, at_least: Option<Duration>) -> Duration {
        let factor = 1_u32.checked_shl(self.tries).unwrap_or(u32::MAX);
        self.tries = self.tries.saturating_add(1).min(31);
        let pause = self.min.saturating_mul(factor);
        spread(pause.max(at_least.unwrap_or_default()), 2).min(self.max.max(at_least.unwrap_or_default()))
    }
}

/// A time, and by chance up to a part of it more.
pub(super) fn spread(time: Duration, part: u32) -> Duration {
    // The keys of a hasher are random; nothing secret depends on them here.
    let random = RandomState::new().build_hasher().finish() as u16;
    time + (time / part).mul_f64(f64::from(random) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_begin_again() {
        let (min, max) = (Duration::from_millis(500), Duration::from_secs(30));
        let mut pace = Pace::new(min, max);
        for expected in [500, 1000, 2000, 4000, 8000, 16000] {
            let expected = Duration::from_millis(expected);
            let pause = pace.pause(None);
            assert!((expected..=expected.mul_f64(1.5)).contains(&pause), "{pause:?}");
        }
        for _ in 0..100 {
            assert_eq!(pace.pause(None), max);
        }
        assert!(pace.pause(Some(Duration::from_secs(60))) >= Duration::from_secs(60));
        pace.reset();
        assert!(pace.pause(None) < Duration::from_secs(1));
    }

    #[test]
    fn chance_keeps_within_its_part() {
        let time = Duration::from_secs(100);
        let all: Vec<_> = (0..200).map(|_| spread(time, 1)).collect();
        assert!(all.iter().all(|t| (time..=time * 2).contains(t)));
        assert!(all.iter().any(|t| *t != all[0]), "it is always the same");
    }
}
