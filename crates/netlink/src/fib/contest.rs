//! Routes of ours that somebody else takes away again and again: to put each back at once would never end.

use ipnetwork::IpNetwork;

use super::Fib;

/// So often a route is put back at once.
const PATIENCE: u32 = 5;
/// After so many ticks without a new one the disturbances of a net are forgotten.
const QUIET_TICKS: u32 = 60;
/// A route is put back after at most so many ticks.
const WAIT_TICKS_MAX: u32 = 64;

/// The disturbances of a net's route.
#[derive(Debug, Default)]
pub(super) struct Contest {
    times: u32,
    /// Ticks until the route is put back, if it is not there.
    wait: u32,
    /// Ticks since it was put back last.
    quiet: u32,
}

impl Fib {
    /// Somebody removed or changed our route.
    pub(super) fn disturbed(&mut self, net: IpNetwork) {
        self.counters.disturbed += 1;
        let contest = self.contests.entry(net).or_default();
        contest.times = contest.times.saturating_add(1);
        contest.quiet = 0;
        let more = contest.times.saturating_sub(PATIENCE);
        if more > 0 {
            contest.wait = 1_u32.checked_shl(more).unwrap_or(WAIT_TICKS_MAX).min(WAIT_TICKS_MAX);
            if more == 1 {
                self.contested.push(net);
            }
            return;
        }
        self.enqueue(net);
    }

    /// A tick of the clock that disturbed routes wait by; a second is a good one. Needed only while
    /// [`Fib::has_contests`].
    pub fn tick(&mut self) {
        let mut due = Vec::new();
        self.contests.retain(|net, contest| {
            match contest.wait {
                0 => contest.quiet += 1,
                1 => due.push(*net),
                _ => {}
            }
            contest.wait = contest.wait.saturating_sub(1);
            contest.quiet < QUIET_TICKS
        });
        due.into_iter().for_each(|net| self.enqueue(net));
    }

    /// Whether some route was disturbed lately.
    pub fn has_contests(&self) -> bool {
        !self.contests.is_empty()
    }

    /// Whether a net's route is not there and not to be put back yet.
    pub fn is_waiting(&self, net: &IpNetwork) -> bool {
        self.contests.get(net).is_some_and(|contest| contest.wait > 0)
    }

    /// Forgets the disturbances, which had another cause; what waits is put back now.
    pub fn forget_contests(&mut self) {
        for (net, contest) in std::mem::take(&mut self.contests) {
            if contest.wait > 0 {
                self.enqueue(net);
            }
        }
    }

    /// Nets whose route is from now on put back more and more rarely, since last asked.
    pub fn take_contested(&mut self) -> Vec<IpNetwork> {
        std::mem::take(&mut self.contested)
    }

    fn enqueue(&mut self, net: IpNetwork) {
        if let Some(entry) = self.entries.get_mut(&net).filter(|entry| !entry.queued) {
            entry.queued = true;
            self.queue.push_back(net);
        }
    }
}
