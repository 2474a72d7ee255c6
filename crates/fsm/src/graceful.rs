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
    /// What is stale stays at another loss (RFC 8538 §4.1).
    notification: bool,
}

impl Stay {
    fn is_long(&self, family: AddressFamily) -> bool {
        self.long_lived.iter().any(|(long, _)| *long == family)
    }

    /// How long after a loss at the most what is stale since then may stay, whatever comes: all of the restart time,
    /// and then all the time the neighbor may take when it is back.
    fn bound(&self) -> Duration {
        self.restart_time + self.restart_time.max(STALE_TIME_MIN)
    }
}

/// What of the neighbor's is stale, and how long it stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Away {
    stay: Stay,
    /// Families that wait for the restart timer or, once the neighbor is back, for End-of-RIB.
    regular: Vec<AddressFamily>,
    /// Long-lived stale timers that run: each with its family, its end, and its whole time.
    long_lived: Vec<(AddressFamily, Instant, Duration)>,
    /// Until when what is stale since the last loss may stay, whatever comes.
    bound: Option<Instant>,
    /// Until when that of these families may stay which is stale since an earlier loss.
    earlier: Vec<(AddressFamily, Instant)>,
    /// It has stayed away for longer than its routes might.
    over: bool,
}

impl Away {
    pub(crate) fn next(&self) -> Option<Instant> {
        let long_lived = self.long_lived.iter().map(|(_, at, _)| *at);
        long_lived.chain(self.earlier.iter().map(|(_, at)| *at)).min()
    }

    fn runs_long(&self, family: AddressFamily) -> bool {
        self.long_lived.iter().any(|(long, _, _)| *long == family)
    }

    fn is_empty(&self) -> bool {
        self.regular.is_empty() && self.long_lived.is_empty()
    }

    /// These families are no longer stale.
    fn remove(&mut self, families: &[AddressFamily]) {
        self.regular.retain(|f| !families.contains(f));
        self.long_lived.retain(|(f, _, _)| !families.contains(f));
        self.earlier.retain(|(f, _)| !families.contains(f));
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
        let notification = self.graceful_notification();
        let stay = Stay { restart_time, regular, long_lived, says_long, notification };
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
        if self.established.is_some() && self.has_stale() {
            self.timers.stop(Timer::Stale);
            self.away = Away::default();
            self.log(LogClass::Trace, "Neighbor graceful restart done");
        }
    }

    /// End-of-RIB came for a family, or none of its routes is stale: no timer runs for it any more.
    pub fn set_family_refreshed(&mut self, family: AddressFamily) {
        if self.established.is_none() || !self.has_stale() {
            return;
        }
        self.away.remove(&[family]);
        if self.away.is_empty() {
            self.set_refreshed();
        } else if self.away.regular.is_empty() {
            self.timers.stop(Timer::Stale);
        }
    }

    /// Whether its channels wait for it, with its routes or without.
    pub(crate) fn has_channels(&self) -> bool {
        self.away.over || self.has_stale()
    }

    /// Whether routes of the neighbor are there that it has not announced again.
    pub(crate) fn has_stale(&self) -> bool {
        self.timers.runs(Timer::Restart) || self.timers.runs(Timer::Stale) || !self.away.is_empty()
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
        self.away.over = self.established.is_none();
    }

    /// How long the neighbor's routes stay after a NOTIFICATION that is no Hard Reset (RFC 8538 §4).
    pub(crate) fn stay_after_notification(&self, direction: Direction) -> Option<Stay> {
        let (over, negotiated, _) = self.established.as_ref()?;
        (*over == direction && negotiated.graceful_notification()).then(|| negotiated.stay())?
    }

    /// Of which families what is stale already stays, now that the session is lost again: of those whose long time
    /// runs (RFC 9494 §4.2), and with the N bit of both of all (RFC 8538 §4.1). That of others goes (RFC 4724 §4.2).
    pub(crate) fn stays_stale(&self, stay: &Stay) -> Vec<AddressFamily> {
        let long = self.away.long_lived.iter().map(|(f, _, _)| *f).filter(|f| stay.is_long(*f));
        let regular = self.away.regular.iter().copied().filter(|_| stay.notification);
        long.chain(regular).collect()
    }

    /// An established session was lost without a word; the neighbor has some time to come back.
    pub(crate) fn neighbor_restarts(&mut self, stay: Stay, pending: bool, now: Instant) {
        let more = if pending { " - already pending" } else { "" };
        self.log(LogClass::Trace, format!("Neighbor graceful restart detected{more}"));
        let before = std::mem::take(&mut self.away);
        let waits = !stay.restart_time.is_zero();
        if waits {
            self.timers.set(Timer::Restart, now, stay.restart_time, stay.restart_time);
        }
        // RFC 9494 §4.2: a long time that runs does not begin anew.
        let long_lived: Vec<_> =
            before.long_lived.iter().copied().filter(|(f, _, _)| stay.is_long(*f)).collect();
        let since = |f: &AddressFamily| {
            let known = before.earlier.iter().find(|(of, _)| of == f);
            Some((*f, known.map(|(_, at)| *at).or(before.bound)?))
        };
        let earlier =
            if stay.notification { before.regular.iter().filter_map(since).collect() } else { vec![] };
        // RFC 9494 §4.2: for what has no restart time the long time begins at once.
        let at_once = |f: &AddressFamily| !waits || !stay.regular.contains(f);
        let families = stay.long_lived.iter().map(|(f, _)| *f).filter(at_once).collect();
        let (regular, bound) = (stay.regular.clone(), Some(now + stay.bound()));
        self.away = Away { stay, regular, long_lived, bound, earlier, over: false };
        self.begin_long_lived(families, now);
    }

    fn begin_long_lived(&mut self, families: Vec<AddressFamily>, now: Instant) {
        if families.is_empty() {
            return;
        }
        let begun = self.away.stay.long_lived.iter().filter(|(f, _)| families.contains(f));
        let begun = begun.filter(|(f, _)| !self.away.runs_long(*f));
        let begun: Vec<_> = begun.map(|(family, time)| (*family, now + *time, *time)).collect();
        self.away.long_lived.extend(begun);
        // From now on it is the long time that bounds them.
        self.away.earlier.retain(|(f, _)| !families.contains(f));
        self.actions.push_back(Action::LongLived(families));
    }

    /// The session is established again. A long time that runs goes on until End-of-RIB (RFC 9494 §4.2).
    pub(crate) fn neighbor_returned(&mut self, now: Instant) {
        self.away.over = false;
        let Some((_, restart)) = self.timers.left(Timer::Restart, now) else { return };
        self.timers.stop(Timer::Restart);
        let Away { regular, long_lived, .. } = &mut self.away;
        regular.retain(|f| long_lived.iter().all(|(long, _, _)| long != f));
        if !regular.is_empty() || long_lived.is_empty() {
            let time = restart.max(STALE_TIME_MIN);
            self.timers.set(Timer::Stale, now, time, time);
        }
    }

    pub(crate) fn restart_timeout(&mut self, now: Instant) {
        self.stale_timeout(now);
        if self.timers.is_due(Timer::Restart, now) {
            self.log(LogClass::Trace, "Neighbor graceful restart timeout");
            let regular = std::mem::take(&mut self.away.regular);
            let (stay, go): (Vec<_>, Vec<_>) = regular.into_iter().partition(|f| self.away.stay.is_long(*f));
            if stay.is_empty() && self.away.long_lived.is_empty() {
                return if self.away.stay.says_long { self.end_long_wait() } else { self.expire_stale() };
            }
            self.timers.stop(Timer::Restart);
            self.away.remove(&go);
            self.actions.extend(go.into_iter().map(Action::FamilyExpired));
            self.begin_long_lived(stay, now);
        }
        self.long_lived_timeout(now);
    }

    /// The neighbor is back, and does not come to an end; or what was stale since before has been so for too long.
    fn stale_timeout(&mut self, now: Instant) {
        if self.timers.is_due(Timer::Stale, now) {
            self.log(LogClass::Trace, "Neighbor graceful restart timeout");
            if self.away.long_lived.is_empty() {
                return self.expire_stale();
            }
            self.timers.stop(Timer::Stale);
            let go = std::mem::take(&mut self.away.regular);
            self.away.remove(&go);
            self.actions.extend(go.into_iter().map(Action::FamilyExpired));
        }
        let due = |(_, at): &(AddressFamily, Instant)| *at <= now;
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.away.earlier).into_iter().partition(due);
        self.away.earlier = rest;
        if !due.is_empty() {
            self.log(LogClass::Trace, "Timeout of what is stale since an earlier restart");
            self.actions.push_back(Action::EarlierExpired(due.into_iter().map(|(f, _)| f).collect()));
        }
    }

    fn long_lived_timeout(&mut self, now: Instant) {
        let due = self.away.long_lived.iter().filter(|(_, at, _)| *at <= now);
        let due: Vec<_> = due.map(|(f, _, _)| *f).collect();
        if due.is_empty() {
            return;
        }
        self.log(LogClass::Trace, "Long-lived stale timeout");
        if self.away.long_lived.len() == due.len() && self.away.regular.iter().all(|f| due.contains(f)) {
            return self.end_long_wait();
        }
        self.away.remove(&due);
        self.actions.extend(due.into_iter().map(Action::FamilyExpired));
    }
}
