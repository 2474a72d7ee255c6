//! ROUTE-REFRESH: requests, and the marks around the neighbor's answer to ours (RFC 7313 §4).

use std::time::{Duration, Instant};

use godwit_wire::{AddressFamily, MessageType, RefreshKind, RouteRefresh};

use crate::action::{Action, LogClass};
use crate::connection::Direction;
use crate::graceful::STALE_TIME_MIN;
use crate::session::{Session, UpdateVerdict};

/// How long the neighbor may take from the beginning of a refresh to its end; then what it has not announced
/// again goes.
const REFRESH_TIME_MAX: Duration = STALE_TIME_MIN;

/// Refreshes of the neighbor's that go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refreshes {
    /// Each family, with when its end is waited for no longer.
    until: Vec<(AddressFamily, Instant)>,
    /// The log has been told of a message that has no place.
    odd: bool,
}

impl Refreshes {
    pub(crate) fn next(&self) -> Option<Instant> {
        self.until.iter().map(|(_, at)| *at).min()
    }
}

impl Session {
    /// ROUTE-REFRESH came.
    pub fn route_refresh(&mut self, direction: Direction, refresh: RouteRefresh, now: Instant) {
        if self.established_only(direction, MessageType::RouteRefresh, now) != UpdateVerdict::Process {
            return;
        }
        let Some((_, negotiated, _)) = &self.established else { return };
        let RouteRefresh { family, subtype } = refresh;
        if !negotiated.families.contains(&family) {
            return self.odd_refresh(format!("ROUTE-REFRESH of {family}, which is not in use here"));
        }
        // RFC 2918 §3: without the other capability the octet says nothing.
        let kind = match refresh.kind() {
            _ if !negotiated.enhanced_route_refresh => RefreshKind::Request,
            Some(kind) => kind,
            None => return self.odd_refresh(format!("ROUTE-REFRESH of unknown subtype {subtype}")),
        };
        let refreshed = self.refreshes.until.iter().position(|(of, _)| *of == family);
        match kind {
            RefreshKind::Request => self.actions.push_back(Action::Refresh(RouteRefresh::request(family))),
            RefreshKind::Begin => {
                let until = now + REFRESH_TIME_MAX;
                match refreshed.and_then(|place| self.refreshes.until.get_mut(place)) {
                    // Everything comes once more; what is marked stays marked.
                    Some(place) => place.1 = until,
                    None => {
                        self.refreshes.until.push((family, until));
                        self.actions.push_back(Action::Refresh(refresh));
                    }
                }
            }
            RefreshKind::End => match refreshed {
                Some(place) => {
                    self.refreshes.until.swap_remove(place);
                    self.actions.push_back(Action::Refresh(refresh));
                }
                None => self.odd_refresh(format!("the end of a refresh of {family} that did not begin")),
            },
        }
    }

    /// A message that is left alone. Only the first of a session is told.
    fn odd_refresh(&mut self, what: String) {
        if !std::mem::replace(&mut self.refreshes.odd, true) {
            self.log(LogClass::Remote, format!("Got {what}, ignoring"));
        }
    }

    pub(crate) fn refresh_timeout(&mut self, now: Instant) {
        let until = std::mem::take(&mut self.refreshes.until);
        let (due, rest): (Vec<_>, Vec<_>) = until.into_iter().partition(|(_, at)| *at <= now);
        self.refreshes.until = rest;
        for (family, _) in due {
            self.log(LogClass::Remote, format!("Got no end of a refresh of {family}, going on without"));
            self.actions.push_back(Action::Refresh(RouteRefresh::end(family)));
        }
    }
}
