//! Messages of the neighbor, and what they make of the state (RFC 4271 §8.2.2).

use std::time::Instant;

use bytes::Bytes;
use godwit_wire::{MessageError, MessageType, Notification, Open, Role, cease};

use super::Session;
use crate::action::{Action, CloseReason, LogClass, Outbound};
use crate::connection::{Direction, Phase};
use crate::establish::{Negotiated, check_open};

/// What to do with an UPDATE that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpdateVerdict {
    /// Process it.
    Process,
    /// Drop it: the connection is not established, or gone.
    Ignore,
}

impl Session {
    /// OPEN came (event 19).
    pub fn open(&mut self, direction: Direction, open: Open, now: Instant) {
        let Some(connection) = self.connection(direction) else { return };
        if connection.is_repeated(&open) {
            return self.log(LogClass::Remote, "Got OPEN once more, ignoring");
        }
        if connection.phase != Phase::OpenSent || connection.deferred.is_some() {
            return self.unexpected(direction, MessageType::Open, now);
        }
        match check_open(&self.config, &connection.local_open, &open) {
            Ok(_) => self.defer(direction, open, now),
            Err(notification) if notification == Notification::ROLE_MISMATCH => {
                let role = open.role().ok().flatten().map_or("undefined", Role::name);
                self.fail_saying(direction, notification, &format!("Role mismatch ({role})"), now);
            }
            Err(notification) => self.fail(direction, notification, now),
        }
    }

    /// OPEN is answered.
    pub(crate) fn confirm(
        &mut self,
        direction: Direction,
        open: Open,
        negotiated: &Negotiated,
        now: Instant,
    ) {
        let keepalive = self.until_keepalive(negotiated.keepalive_time);
        let Some(connection) = self.slot(direction) else { return };
        connection.set_hold(negotiated.hold_time, now);
        connection.keepalive_time = negotiated.keepalive_time;
        connection.keepalive_at = keepalive.map(|after| now + after);
        connection.remote_open = Some(open.clone());
        connection.since = now;
        connection.phase = Phase::OpenConfirm(Box::new(open));
        self.send(direction, Outbound::Keepalive);
    }

    /// KEEPALIVE came (event 26).
    pub fn keepalive(&mut self, direction: Direction, now: Instant) {
        let Some(connection) = self.slot(direction) else { return };
        match &connection.phase {
            Phase::Established => connection.touch(now),
            Phase::OpenConfirm(open) => {
                let open = (**open).clone();
                connection.touch(now);
                self.establish(direction, &open, now);
            }
            Phase::OpenSent => match &mut connection.deferred {
                Some(deferred) => {
                    deferred.confirmed = Some(now);
                    self.decide(direction, now);
                }
                None => self.unexpected(direction, MessageType::Keepalive, now),
            },
            Phase::Ending => {}
        }
    }

    /// UPDATE came (event 27). Called for each, so it only looks at the state and the time.
    pub fn update(&mut self, direction: Direction, now: Instant) -> UpdateVerdict {
        self.established_only(direction, MessageType::Update, now)
    }

    /// A message came that only an established session has a place for.
    pub(crate) fn established_only(
        &mut self,
        direction: Direction,
        kind: MessageType,
        now: Instant,
    ) -> UpdateVerdict {
        match self.slot(direction) {
            Some(connection) if connection.phase == Phase::Established => {
                connection.touch(now);
                UpdateVerdict::Process
            }
            Some(_) => {
                self.unexpected(direction, kind, now);
                UpdateVerdict::Ignore
            }
            None => UpdateVerdict::Ignore,
        }
    }

    /// NOTIFICATION came (events 24, 25). It is never answered.
    pub fn notification(&mut self, direction: Direction, notification: &Notification, now: Instant) {
        if self.connection(direction).is_none_or(|c| c.phase == Phase::Ending) {
            return;
        }
        let text = notification.describe();
        self.log(LogClass::Remote, format!("Received: {}", notification.describe_with_data()));
        let reason = format!("Received: {text}");
        let collision = notification.is_cease() && notification.subcode == cease::COLLISION;
        if !collision {
            self.last_error = Some(reason.clone());
        }
        if collision && self.leave_to_neighbor(direction, now) {
            return;
        }
        self.shutdown_message = notification.shutdown_message();
        // RFC 5492 §3: a neighbor that knows no optional parameters is asked again without. One that misses a
        // capability (2/7) would not have it then either; BIRD does not try.
        let retry_plain = (notification.code, notification.subcode) == (2, 4) && !self.without_capabilities;
        self.without_capabilities |= retry_plain;
        let hard = notification.is_hard_reset();
        let stay = if hard { None } else { self.stay_after_notification(direction) };
        self.close(direction, CloseReason::Gone, &reason, stay, now);
        // What a Hard Reset is about counts.
        let subcode =
            notification.inner().filter(Notification::is_cease).unwrap_or(notification.clone()).subcode;
        if notification.is_cease() && self.config.disable_after_cease & (1 << subcode.min(15)) != 0 {
            return self.disable();
        }
        if notification.is_cease() || retry_plain {
            self.after_loss(now);
        } else {
            self.back_off(now);
        }
    }

    /// A message could not be read.
    pub fn message_error(&mut self, direction: Direction, error: &MessageError, now: Instant) {
        if self.connection(direction).is_some_and(|c| c.phase != Phase::Ending) {
            self.log(LogClass::Remote, error.to_string());
            self.fail(direction, error.notification(), now);
        }
    }

    pub(crate) fn establish(&mut self, direction: Direction, open: &Open, now: Instant) {
        if self.connection(direction.other()).is_some() {
            self.collide(direction.other(), now);
        }
        let Some(connection) = self.slot(direction) else { return };
        connection.phase = Phase::Established;
        let local = connection.local_open.clone();
        let Ok(negotiated) = check_open(&self.config, &local, open) else { return };
        if let Some(connection) = self.slot(direction) {
            connection.set_send_hold(negotiated.send_hold_time);
        }
        self.abort_connect();
        self.timers.stop_connecting();
        self.neighbor_returned(now);
        // Should the connection alone be lost, the routes stay in our kernel.
        self.config.preserved_families = self.config.restart_families.clone();
        self.shutdown_message = None;
        self.last_error = None;
        self.log(LogClass::Trace, "BGP session established");
        let negotiated = Box::new(negotiated);
        self.established = Some((direction, negotiated.clone(), now));
        self.actions.push_back(Action::Established(direction, negotiated));
    }

    /// RFC 6608 §4: a message that has no place in the state; its type is the data.
    fn unexpected(&mut self, direction: Direction, kind: MessageType, now: Instant) {
        let subcode = match self.connection(direction).map(|c| &c.phase) {
            Some(Phase::OpenSent) => 1,
            Some(Phase::OpenConfirm(_)) => 2,
            Some(Phase::Established) => 3,
            Some(Phase::Ending) | None => return,
        };
        let data = Bytes::copy_from_slice(&[kind as u8]);
        self.fail(direction, Notification { code: 5, subcode, data }, now);
    }

    /// An error of the neighbor's that we tell it, and then wait.
    pub(super) fn fail(&mut self, direction: Direction, notification: Notification, now: Instant) {
        // What is missing of the capabilities is for the neighbor to read.
        let said = if (notification.code, notification.subcode) == (2, 7) {
            notification.describe()
        } else {
            notification.describe_with_data()
        };
        self.fail_saying(direction, notification, &said, now);
    }

    /// The same, with words of its own for the log.
    fn fail_saying(&mut self, direction: Direction, notification: Notification, said: &str, now: Instant) {
        let class = if notification.is_cease() { "Error" } else { "BGP Error" };
        let reason = format!("{class}: {}", notification.describe());
        self.log(LogClass::Remote, format!("Error: {said}"));
        self.last_error = Some(reason.clone());
        let stay = self.stay_after_notification(direction);
        self.send(direction, Outbound::Notification(notification));
        self.close(direction, CloseReason::AfterFlush, &reason, stay, now);
        self.back_off(now);
    }
}
