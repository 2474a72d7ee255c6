//! Route refresh (RFC 2918), with marks around what is announced again if both ends know them (RFC 7313).

use godwit_fsm::{LogClass, Outbound};
use godwit_wire::{AddressFamily, RefreshKind, RouteRefresh};

use super::Task;
use super::channels::FeedEnd;

impl Task {
    /// The neighbor asks for a family's routes again, or marks where it announces its own.
    pub(super) async fn refresh(&mut self, refresh: RouteRefresh) {
        let Some(up) = &mut self.up else { return };
        match refresh.kind() {
            Some(RefreshKind::Begin) => {
                if !up.refresh_begins(refresh.family) {
                    let text = format!(
                        "Got the begin of a refresh of {} before End-of-RIB, ignoring",
                        refresh.family
                    );
                    self.log(LogClass::Remote, &text);
                }
            }
            Some(RefreshKind::End) => up.refresh_ends(refresh.family),
            Some(RefreshKind::Request) if !up.negotiated().enhanced_route_refresh => {
                up.refeed_family(refresh.family).await;
            }
            Some(RefreshKind::Request) if up.wants_refresh(refresh.family) => {
                self.answer(refresh.family).await;
            }
            // An answer is on its way: this is answered after it.
            Some(RefreshKind::Request) | None => {}
        }
    }

    /// Announces a family's routes again, between marks.
    async fn answer(&mut self, family: AddressFamily) {
        let Some(direction) = self.up.as_ref().map(|up| up.direction()) else { return };
        self.send(direction, &Outbound::RouteRefresh(RouteRefresh::begin(family)));
        if let Some(up) = &mut self.up {
            up.refeed_family(family).await;
        }
    }

    /// All of a family was announced. If somebody has asked for it meanwhile, it is once more.
    pub(super) async fn refreshed(&mut self, family: AddressFamily, end: FeedEnd) {
        let Some(direction) = self.up.as_ref().map(|up| up.direction()) else { return };
        match end.word {
            Some(word) => self.chunk(word),
            None => self.send(direction, &Outbound::RouteRefresh(RouteRefresh::end(family))),
        }
        if end.again {
            self.answer(family).await;
        }
    }
}
