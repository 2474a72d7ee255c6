//! A neighbor that restarts, and routes of its that stay meanwhile: for the restart time (RFC 4724 §4.2), and for
//! long after it (RFC 9494 §4.2).

use std::time::{Duration, Instant};

use godwit_wire::{AddressFamily, Open};

use crate::action::{Action, LogClass};
use crate::connection::Direction;
use crate::establish::Negotiated;
use crate::session::Session;
use crate::timers::Timer;

/// How long at least a neighbor that is back may take until End-of-RIB. BIRD waits for ever; others take six
/// minutes.
pub(crate) const STALE_TIME_MIN: Duration = Duration::from_secs(360);

/// How long which routes of a neighbor stay that is away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stay {
    /// The restart time; zero: none.
    restart_time: Duration,
    /// The families it is for.
    regular: Vec<AddressFamily>,
    /// Families that stay for long, and how long.
    long_lived: Vec<(AddressFamily, Duration)>,
    /// It speaks of long-lived restart, if only with a time of zero.
    says_long: bool,
}

/// Long-lived stale timers that run: each with its family, its end, and its whole time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Away {
    stay: Stay,
    long_lived: Vec<(AddressFamily, Instant, Duration)>,
    /// It has stayed away for longer than its routes might.
    over: bool,
}

impl Away {
    pub(crate) fn next(&self) -> Option<Instant> {
        self.long_lived.iter().map(|(_, at, _)| *at).min()
    }

    /// Each family with the time that is left of its timer and the whole of it.
    pub(crate) fn left(&self, now: Instant) -> Vec<(AddressFamily, Duration, Duration)> {
        let left = |(family, at, whole): &(AddressFamily, Instant, Duration)| {
            (*family, at.saturating_duration_since(now), *whole)
        };
        self.long_lived.iter().map(left).collect()
    }
}

impl Negotiated {
    /// Whether the neighbor's routes stay when the connection is lost without a word, and how long.
    pub(crate) fn stay(&self) -> Option<Stay> {
        let restart_time = self.restart_time().unwrap_or_default();
        let regular = self.families.iter().copied().filter(|f| self.restarts_family(*f)).collect();
        let long_lived = self.long_lived.iter();
        let long_lived: Vec<_> =
            long_lived.map(|f| (f.family, Duration::from_secs(f.stale_time_secs.into()))).collect();
        let says = |open: &Open| open.long_lived_graceful_restart().is_some_and(|says| !says.is_empty());
        let says_long = self.local_open.long_lived_graceful_restart().is_some() && says(&self.remote_open);
        let stay = Stay { restart_time, regular, long_lived, says_long };
        (!restart_time.is_zero() || !stay.long_lived.is_empty()).then_some(stay)
    }
}

impl Session {
    /// The recovery after a restart of ours is over: from now on OPEN goes without the R bit.
    pub fn set_recovered(&mut self) {
        self.config.restarting = false;
    }

    /// End-of-RIB came for every family whose routes were stale.
    pub fn set_refreshed(&mut self) {
        if self.timers.runs(Timer::Stale) {
            self.timers.stop(Timer::Stale);
            self.log(LogClass::Trace, "Neighbor graceful restart done");
        }
    }

    /// Whether its channels wait for it, with its routes or without.
    pub(crate) fn has_channels(&self) -> bool {
        self.away.over || self.has_stale()
    }

    /// Whether routes of the neighbor are there that it has not announced again.
    pub(crate) fn has_stale(&self) -> bool {
        self.timers.runs(Timer::Restart) || self.timers.runs(Timer::Stale) || !self.away.long_lived.is_empty()
    }

    /// What is stale goes, if anything may be.
    pub(crate) fn expire_stale(&mut self) {
        self.away.over = false;
        if !self.has_stale() {
            return;
        }
        self.timers.stop(Timer::Restart);
        self.timers.stop(Timer::Stale);
        self.away = Away::default();
        self.actions.push_back(Action::StaleExpired);
    }

    /// The time is over of a neighbor that has spoken of long-lived restart. With BIRD its channels are not down then,
    /// as they are where it has not.
    fn end_long_wait(&mut self) {
        self.log(LogClass::Trace, "Neighbor graceful restart done");
        self.expire_stale();
        self.away.over = true;
    }

    /// How long the neighbor's routes stay after a NOTIFICATION that is no Hard Reset (RFC 8538 §4).
    pub(crate) fn stay_after_notification(&self, direction: Direction) -> Option<Stay> {
        let (over, negotiated, _) = self.established.as_ref()?;
        (*over == direction && negotiated.graceful_notification()).then(|| negotiated.stay())?
    }

    /// An established session was lost without a word; the neighbor has some time to come back.
    pub(crate) fn neighbor_restarts(&mut self, stay: Stay, now: Instant) {
        self.log(LogClass::Trace, "Neighbor graceful restart detected");
        let Stay { restart_time, regular, .. } = &stay;
        let waits = !restart_time.is_zero();
        if waits {
            self.timers.set(Timer::Restart, now, *restart_time, *restart_time);
        }
        // RFC 9494 §4.2: for what has no restart time the long time begins at once.
        let at_once = |f: &AddressFamily| !waits || !regular.contains(f);
        let families = stay.long_lived.iter().map(|(f, _)| *f).filter(at_once).collect();
        self.away = Away { stay, long_lived: Vec::new(), over: false };
        self.begin_long_lived(families, now);
    }

    fn begin_long_lived(&mut self, families: Vec<AddressFamily>, now: Instant) {
        if families.is_empty() {
            return;
        }
        let Away { stay, long_lived, .. } = &mut self.away;
        let begun = stay.long_lived.iter().filter(|(f, _)| families.contains(f));
        long_lived.extend(begun.map(|(family, time)| (*family, now + *time, *time)));
        self.actions.push_back(Action::LongLived(families));
    }

    /// The session is established again.
    pub(crate) fn neighbor_returned(&mut self, now: Instant) {
        self.away.over = false;
        let restart = self.timers.left(Timer::Restart, now).map(|(_, time)| time);
        if restart.is_some() || !self.away.long_lived.is_empty() {
            self.timers.stop(Timer::Restart);
            self.away = Away::default();
            let time = restart.unwrap_or_default().max(STALE_TIME_MIN);
            self.timers.set(Timer::Stale, now, time, time);
        }
    }

    pub(crate) fn restart_timeout(&mut self, now: Instant) {
        if self.timers.is_due(Timer::Stale, now) {
            self.log(LogClass::Trace, "Neighbor graceful restart timeout");
            self.expire_stale();
        }
        if self.timers.is_due(Timer::Restart, now) {
            self.log(LogClass::Trace, "Neighbor graceful restart timeout");
            let Stay { regular, long_lived, says_long, .. } = self.away.stay.clone();
            let (stay, go): (Vec<_>, Vec<_>) =
                regular.into_iter().partition(|f| long_lived.iter().any(|(long, _)| long == f));
            if stay.is_empty() && self.away.long_lived.is_empty() {
                return if says_long { self.end_long_wait() } else { self.expire_stale() };
            }
            self.timers.stop(Timer::Restart);
            self.actions.extend(go.into_iter().map(Action::FamilyExpired));
            self.begin_long_lived(stay, now);
        }
        let due: Vec<_> =
            self.away.long_lived.iter().filter(|(_, at, _)| *at <= now).map(|(f, _, _)| *f).collect();
        if due.is_empty() {
            return;
        }
        self.log(LogClass::Trace, "Long-lived stale timeout");
        if due.len() == self.away.long_lived.len() && !self.timers.runs(Timer::Restart) {
            return self.end_long_wait();
        }
        self.away.long_lived.retain(|(f, _, _)| !due.contains(f));
        self.actions.extend(due.into_iter().map(Action::FamilyExpired));
    }
}
