//! Two connections with one neighbor (RFC 4271 §6.8), and how it is made sure that both ends choose the same one.
//!
//! The neighbor has a connection established as soon as our KEEPALIVE is there. If it comes upon another one of
//! ours only then, it takes it for a restart of ours (RFC 4724 §4.2): it ends the session, and, if it held stale
//! routes since a restart before, forgets them. And if we choose the other one only then, our Cease ends a session
//! that it has established already, and it forgets all routes. So KEEPALIVE is held back until the neighbor's
//! OPEN has come on both; and once it is sent, no other connection is taken.
//!
//! FRR goes on with the session over the connection that it accepted as soon as it finds OPEN and KEEPALIVE there;
//! if by then it has not done with closing its own, or with our closing that, it closes the session instead. So,
//! where either end keeps routes over a restart, of two ends the one that opened the connection is the last to
//! confirm it: its KEEPALIVE waits for the other's, which tells that our OPEN was read and a collision found. And
//! if the neighbor's own connection is the one to go, it is left to the neighbor, and waited until it is closed.

use std::time::{Duration, Instant};

use godwit_wire::{Notification, Open, cease};

use crate::action::{CloseReason, LogClass, Outbound};
use crate::connection::{Connection, Deferred, Direction, Phase};
use crate::establish::{KEEPALIVE_MIN, Negotiated, check_open};
use crate::session::{STABLE_AFTER, Session};

/// How long at most OPEN is waited for on a second connection: it may be with somebody who never sends one. And
/// KEEPALIVE on one that we opened.
const COLLISION_WAIT_MAX: Duration = Duration::from_secs(10);

/// How long at most the neighbor may take to close a connection of its own when it has all it needs to choose.
const CLOSE_WAIT_MAX: Duration = Duration::from_secs(2);

impl Session {
    /// Gives up an attempt to connect that has not come to the neighbor yet: it has come to us instead.
    pub fn abandon_connect(&mut self, now: Instant) {
        self.abort_connect();
        self.decide(Direction::Incoming, now);
    }

    /// Until when a connection that is not taken is better left alone than refused: the neighbor may have begun it
    /// before it had the session established, and then closes it itself.
    pub fn refuses_from(&self, now: Instant) -> Option<Instant> {
        let (_, negotiated, since) = self.established.as_ref()?;
        let at = *since + STABLE_AFTER;
        (negotiated.keeps_routes() && at > now).then_some(at)
    }

    /// Leaves OPEN unanswered until nothing more is to be waited for, which may be at once.
    pub(crate) fn defer(&mut self, direction: Direction, open: Open, now: Instant) {
        let Some(connection) = self.slot(direction) else { return };
        connection.touch(now);
        connection.remote_open = Some(open.clone());
        let open = Box::new(open);
        connection.deferred = Some(Deferred { open, confirmed: None, since: now, until: now });
        self.decide(direction, now);
    }

    /// Answers an OPEN that was left unanswered, if what it waits for is there, is gone, or has taken too long.
    pub(crate) fn decide(&mut self, direction: Direction, now: Instant) {
        let Some(connection) = self.connection(direction) else { return };
        let Some(deferred) = &connection.deferred else { return };
        // It was found good when it came.
        let Ok(negotiated) = check_open(&self.config, &connection.local_open, &deferred.open) else { return };
        let established = self.established.is_some();
        let loser = if established { Some(direction) } else { self.loser(&negotiated) };
        if loser == Some(Direction::Outgoing) {
            return self.collide(Direction::Outgoing, now);
        }
        let until = self.awaited_until(direction, deferred, &negotiated);
        if let Some(until) = until.filter(|until| *until > now) {
            if let Some(deferred) = self.slot(direction).as_mut().and_then(|c| c.deferred.as_mut()) {
                deferred.until = until;
            }
            return;
        }
        if loser == Some(direction) {
            return self.collide(direction, now);
        }
        let Some(deferred) = self.slot(direction).as_mut().and_then(|c| c.deferred.take()) else { return };
        if self.connection(Direction::Incoming).is_some_and(|c| c.phase == Phase::Ending) {
            self.close(Direction::Incoming, CloseReason::Gone, "", None, now);
        } else if let Some(loser) = loser {
            self.collide(loser, now);
        }
        self.confirm(direction, *deferred.open, &negotiated, now);
        if deferred.confirmed.is_some() {
            self.keepalive(direction, now);
        }
    }

    /// Until when something is waited for before an OPEN is answered.
    fn awaited_until(
        &self,
        direction: Direction,
        deferred: &Deferred,
        negotiated: &Negotiated,
    ) -> Option<Instant> {
        let careful = negotiated.keeps_routes();
        let wait = COLLISION_WAIT_MAX.min(negotiated.hold_time.max(KEEPALIVE_MIN * 3) / 3);
        let unconfirmed = careful && direction == Direction::Outgoing && deferred.confirmed.is_none();
        let of_this = unconfirmed.then(|| deferred.since + wait);
        let Some(rival) = self.connection(direction.other()) else {
            let asks = direction == Direction::Incoming && self.connecting;
            return of_this.max(asks.then(|| deferred.since + wait));
        };
        let of_rival = match (&rival.phase, &rival.deferred) {
            (Phase::Ending, _) => rival.hold_until(),
            // The neighbor may not know of the other one: we do not have its OPEN.
            (Phase::OpenSent, None) => Some(rival.since + wait),
            // The neighbor's is the one to go.
            (_, Some(other)) if careful => Some(match (deferred.confirmed, other.confirmed) {
                (Some(this), Some(other)) => this.max(other) + CLOSE_WAIT_MAX.min(wait),
                _ => deferred.since.max(other.since) + wait,
            }),
            _ => None,
        };
        of_this.max(of_rival)
    }

    /// RFC 4271 §6.8, RFC 6286 §2.3: of two connections the one opened by the speaker with the higher identifier (on a
    /// tie, the higher AS) stays. Which one does not, if both have their OPEN.
    fn loser(&self, negotiated: &Negotiated) -> Option<Direction> {
        let has_open = |c: &Connection| c.deferred.is_some() || matches!(c.phase, Phase::OpenConfirm(_));
        let both = [&self.outgoing, &self.incoming].into_iter().all(|c| c.as_ref().is_some_and(has_open));
        let ours = (self.config.router_id, self.config.local_as);
        let theirs = (negotiated.peer_id, negotiated.peer_as);
        both.then_some(if ours > theirs { Direction::Incoming } else { Direction::Outgoing })
    }

    pub(crate) fn collide(&mut self, loser: Direction, now: Instant) {
        self.log(LogClass::Trace, "Connection collision resolution");
        self.send(loser, Outbound::Notification(Notification::cease(cease::COLLISION, None)));
        self.close(loser, CloseReason::AfterFlush, "", None, now);
    }

    /// The neighbor has told that a connection goes. If it is its own, and ours is not confirmed yet, it is left to it
    /// to close; whether that is so.
    pub(crate) fn leave_to_neighbor(&mut self, direction: Direction, now: Instant) -> bool {
        let open_sent = |c: &Connection| c.phase == Phase::OpenSent;
        if direction != Direction::Incoming || !self.outgoing.as_ref().is_some_and(open_sent) {
            return false;
        }
        let Some(connection) = self.incoming.as_mut().filter(|c| open_sent(c)) else { return false };
        let Some(deferred) = &connection.deferred else { return false };
        let negotiated = check_open(&self.config, &connection.local_open, &deferred.open);
        if !negotiated.is_ok_and(|negotiated| negotiated.keeps_routes()) {
            return false;
        }
        connection.phase = Phase::Ending;
        connection.deferred = None;
        connection.set_hold(CLOSE_WAIT_MAX, now);
        self.decide(Direction::Outgoing, now);
        true
    }

    /// Whether KEEPALIVE was sent on a connection so lately that the neighbor's is still to be expected.
    pub(crate) fn is_settled(&self, direction: Direction, now: Instant) -> bool {
        let confirmed = |c: &&Connection| matches!(c.phase, Phase::OpenConfirm(_));
        let connection = self.connection(direction).filter(confirmed);
        connection.is_some_and(|c| now.saturating_duration_since(c.since) < STABLE_AFTER)
    }
}
