//! Start and stop from outside, and the words for it.

use std::time::{Duration, Instant};

use godwit_wire::{Notification, cease};

use super::Session;
use super::connect::RETRY_PAUSE_MIN;
use crate::action::{CloseReason, Outbound};
use crate::connection::Direction;

/// Why a session is stopped from outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StopCause {
    /// `disable` or shutdown, with the operator's words (RFC 9003).
    AdministrativeShutdown(Option<String>),
    /// `restart`, with the operator's words.
    AdministrativeReset(Option<String>),
    /// The neighbor is gone from the configuration.
    Deconfigured,
    /// Its options changed.
    ConfigurationChange,
    /// It sent more routes than allowed.
    MaxPrefixes,
}

impl StopCause {
    fn notification(&self) -> Notification {
        match self {
            Self::AdministrativeShutdown(text) => {
                Notification::cease(cease::ADMINISTRATIVE_SHUTDOWN, text.as_deref())
            }
            Self::AdministrativeReset(text) => {
                Notification::cease(cease::ADMINISTRATIVE_RESET, text.as_deref())
            }
            Self::Deconfigured => Notification::cease(cease::PEER_DECONFIGURED, None),
            Self::ConfigurationChange => Notification::cease(cease::CONFIGURATION_CHANGE, None),
            Self::MaxPrefixes => Notification::cease(cease::MAX_PREFIXES, None),
        }
    }

    /// Whether routes are to go with the session, though both ends would keep them over a NOTIFICATION (RFC 8538 §5).
    fn is_hard(&self) -> bool {
        !matches!(self, Self::ConfigurationChange)
    }
}

impl Session {
    /// What a cause is told as over a connection: within a Hard Reset, where it would not end the session for good.
    fn words(&self, cause: &StopCause, direction: Direction) -> Notification {
        let notification = cause.notification();
        let established = self.established.as_ref().filter(|(over, _, _)| *over == direction);
        if cause.is_hard() && established.is_some_and(|(_, negotiated, _)| negotiated.graceful_notification())
        {
            Notification::hard_reset(&notification)
        } else {
            notification
        }
    }

    /// Starts the session (RFC 4271 event 1, or 4 if passive).
    pub fn start(&mut self, now: Instant) {
        if !self.started {
            self.started = true;
            self.begin(now);
        }
    }

    /// Stops it (event 2): Cease to whoever is connected, and nothing more by itself.
    pub fn stop(&mut self, cause: &StopCause, now: Instant) {
        let notification = cause.notification();
        let reason = format!("Error: {}", notification.describe());
        self.started = false;
        self.timers.stop_connecting();
        self.abort_connect();
        self.expire_stale();
        for direction in [Direction::Outgoing, Direction::Incoming] {
            if self.connection(direction).is_some() {
                let words = self.words(cause, direction);
                self.send(direction, Outbound::Notification(words));
                self.close(direction, CloseReason::AfterFlush, &reason, None, now);
            }
        }
        self.retry_pause = RETRY_PAUSE_MIN;
        self.error_wait = Duration::ZERO;
        self.without_capabilities = false;
    }

    /// An established session is ended for a reason of ours, and not begun again before the error
    /// wait is over.
    pub fn end(&mut self, cause: &StopCause, now: Instant) {
        let Some((direction, _, _)) = self.established else { return };
        let notification = cause.notification();
        let reason = match cause {
            StopCause::MaxPrefixes => "Automatic shutdown: Route limit exceeded".to_owned(),
            _ => format!("Error: {}", notification.describe()),
        };
        self.last_error = Some(reason.clone());
        let words = self.words(cause, direction);
        self.send(direction, Outbound::Notification(words));
        self.close(direction, CloseReason::AfterFlush, &reason, None, now);
        self.back_off(now);
    }
}
