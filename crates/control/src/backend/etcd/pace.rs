//! When to try again, and when silence is too long. Told the time, so that tests need none.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// How long things may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// A connection, with TLS and the login.
    pub connect: Duration,
    /// Any answer: to a list, to the opening of a watch, to a progress request.
    pub answer: Duration,
    /// A watch that says nothing for so long is asked for its progress.
    pub silence: Duration,
    /// The first pause after a failure; each further one is twice as long.
    pub pause_min: Duration,
    /// The longest pause.
    pub pause_max: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            pause_min: Duration::from_millis(100),
            pause_max: Duration::from_secs(5),
        }
    }
}

/// Pauses that grow, each between half of its length and all of it: nodes that lost the same server do not
/// come back all at once.
#[derive(Debug)]
pub(super) struct Backoff {
    min: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(timing: &Timing) -> Self {
        Self { min: timing.pause_min, max: timing.pause_max, next: timing.pause_min }
    }

    /// The pause from here; `random` decides where between half and all.
    pub(super) fn pause(&mut self, random: u32) -> Duration {
        let length = self.next;
        self.next = length.saturating_mul(2).min(self.max);
        let half = length / 2;
        half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// It worked: the next pause is short again.
    pub(super) fn reset(&mut self) {
        self.next = self.min;
    }
}

/// A number nobody foresees; good enough for pauses.
pub(super) fn random() -> u32 {
    RandomState::new().hash_one(0_u8) as u32
}

/// Notices a watch that is silent.
#[derive(Debug)]
pub(super) struct Pulse {
    silence: Duration,
    answer: Duration,
    due: Instant,
    asked: bool,
}

/// What is to be done when the time has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beat {
    /// Ask for progress.
    Ask,
    /// It is dead.
    Dead,
}

impl Pulse {
    /// A watch is asked for: an answer has to come.
    pub(super) fn new(timing: &Timing, now: Instant) -> Self {
        Self { silence: timing.silence, answer: timing.answer, due: now + timing.answer, asked: true }
    }

    /// Something came.
    pub(super) fn heard(&mut self, now: Instant) {
        self.asked = false;
        self.due = now + self.silence;
    }

    /// When to call [`fire`](Self::fire).
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Nothing came until it was due.
    pub(super) fn fire(&mut self, now: Instant) -> Beat {
        if self.asked {
            return Beat::Dead;
        }
        self.asked = true;
        self.due = now + self.answer;
        Beat::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_start_again() {
        let mut backoff = Backoff::new(&Timing::default());
        let most: Vec<u128> = (0..8).map(|_| backoff.pause(u32::MAX).as_millis()).collect();
        assert_eq!(most, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(backoff.pause(0).as_millis(), 2500);
        backoff.reset();
        assert_eq!(backoff.pause(0).as_millis(), 50);
    }

    #[test]
    fn a_silent_watch_is_asked_then_given_up() {
        let timing = Timing::default();
        let start = Instant::now();
        let mut pulse = Pulse::new(&timing, start);
        assert_eq!(pulse.due(), start + timing.answer);
        pulse.heard(start);
        assert_eq!(pulse.due(), start + timing.silence);
        assert_eq!(pulse.fire(pulse.due()), Beat::Ask);
        assert_eq!(pulse.due(), start + timing.silence + timing.answer);
        // An answer of any kind is a sign of life.
        pulse.heard(pulse.due());
        assert_eq!(pulse.fire(pulse.due()), Beat::Ask);
        assert_eq!(pulse.fire(pulse.due()), Beat::Dead);
    }

    #[test]
    fn a_watch_that_never_opens_is_given_up() {
        let timing = Timing::default();
        let mut pulse = Pulse::new(&timing, Instant::now());
        assert_eq!(pulse.fire(pulse.due()), Beat::Dead);
    }
}
