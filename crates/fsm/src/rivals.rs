//! Two connections with one neighbor (RFC 4271 §6.8), and how it is made sure that both ends choose the same one.
//!
//! The neighbor has a connection established as soon as our KEEPALIVE is there. If it comes upon another one of
//! ours only then, it takes it for a restart of ours (RFC 4724 §4.2): it ends the session, and, if it held stale
//! routes since a restart before, forgets them. And if we choose the other one only then, our Cease ends a session
//! that it has established already, and it forgets all routes. So KEEPALIVE is held back until the neighbor's
//! OPEN has come on both; and once it is sent, no other connection is taken.

use std::time::{Duration, Instant};

use godwit_wire::{Notification, Open, cease};

use crate::action::{CloseReason, LogClass, Outbound};
use crate::connection::{Connection, Deferred, Direction, Phase};
use crate::establish::{Negotiated, check_open};
use crate::session::{STABLE_AFTER, Session};

/// How long at most OPEN is waited for on a second connection: it may be with somebody who never sends one.
pub(crate) const COLLISION_WAIT_MAX: Duration = Duration::from_secs(10);

impl Session {
    /// Gives up an attempt to connect that has not come to the neighbor yet: it has come to us instead.
    pub fn abandon_connect(&mut self, now: Instant) {
        self.abort_connect();
        self.decide(Direction::Incoming, now);
    }

    /// Since when there is another connection that the neighbor may not know of: we do not have its OPEN.
    pub(crate) fn rival_undecided_since(&self, direction: Direction, now: Instant) -> Option<Instant> {
        match self.connection(direction.other()) {
            Some(rival) => {
                (rival.phase == Phase::OpenSent && rival.deferred.is_none()).then_some(rival.since)
            }
            None => (direction == Direction::Incoming && self.connecting).then_some(now),
        }
    }

    /// RFC 4271 §6.8, RFC 6286 §2.3: of two connections the one opened by the speaker with the
    /// higher identifier (on a tie, the higher AS) stays. Whether this one does.
    pub(crate) fn resolve_collision(
        &mut self,
        direction: Direction,
        negotiated: &Negotiated,
        now: Instant,
    ) -> bool {
        let other = direction.other();
        let Some(rival) = self.connection(other) else { return true };
        let loser = match rival.phase {
            Phase::Established => direction,
            // Its OPEN did not come in time: it may be with somebody else who has the same address.
            Phase::OpenSent if rival.deferred.is_none() => return true,
            Phase::OpenSent | Phase::OpenConfirm(_) => {
                let ours = (self.config.router_id, self.config.local_as);
                let theirs = (negotiated.peer_id, negotiated.peer_as);
                if ours > theirs { Direction::Incoming } else { Direction::Outgoing }
            }
        };
        self.collide(loser, now);
        loser != direction
    }

    pub(crate) fn collide(&mut self, loser: Direction, now: Instant) {
        self.log(LogClass::Trace, "Connection collision resolution");
        self.send(loser, Outbound::Notification(Notification::cease(cease::COLLISION, None)));
        self.close(loser, CloseReason::AfterFlush, "", None, now);
    }

    /// Leaves OPEN unanswered for now.
    pub(crate) fn defer(&mut self, direction: Direction, open: Open, until: Instant, now: Instant) {
        let Some(connection) = self.slot(direction) else { return };
        connection.touch(now);
        connection.remote_open = Some(open.clone());
        connection.deferred = Some(Deferred { open: Box::new(open), confirmed: false, until });
    }

    /// Answers an OPEN that was left unanswered: the other connection is gone, has lost, or has taken too long.
    pub(crate) fn decide(&mut self, direction: Direction, now: Instant) {
        let Some(connection) = self.slot(direction) else { return };
        let Some(Deferred { open, confirmed, .. }) = connection.deferred.take() else { return };
        let local = connection.local_open.clone();
        // It was found good when it came.
        let Ok(negotiated) = check_open(&self.config, &local, &open) else { return };
        self.confirm(direction, *open, &negotiated, now);
        if confirmed {
            self.keepalive(direction, now);
        }
    }

    /// Whether KEEPALIVE was sent on a connection so lately that the neighbor's is still to be expected.
    pub(crate) fn is_settled(&self, direction: Direction, now: Instant) -> bool {
        let confirmed = |c: &&Connection| matches!(c.phase, Phase::OpenConfirm(_));
        let connection = self.connection(direction).filter(confirmed);
        connection.is_some_and(|c| now.saturating_duration_since(c.since) < STABLE_AFTER)
    }
}
