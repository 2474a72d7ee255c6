//! What a neighbor that restarts has left in the tables (RFC 4724 §4.2).

use godwit_rib::{BgpSource, NetKey, SourceId};
use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::table::TableHandle;

/// The routes of one family, without the channel they came through.
pub(super) struct Held<K: NetKey> {
    pub(super) table: TableHandle<K>,
    pub(super) source: SourceId,
    /// The session they came over. One that is not the same cannot go on with them.
    pub(super) session: BgpSource,
}

/// The routes of both.
#[derive(Default)]
pub(super) struct HeldRoutes {
    pub(super) ipv4: Option<Held<Ipv4Network>>,
    pub(super) ipv6: Option<Held<Ipv6Network>>,
}

impl<K: NetKey> Held<K> {
    /// They go.
    pub(super) async fn flush(self) {
        let source = self.source;
        self.table.call(move |shell| shell.table.flush_source(source)).await;
    }
}

impl HeldRoutes {
    /// They go.
    pub(super) async fn flush(&mut self) {
        if let Some(held) = self.ipv4.take() {
            held.flush().await;
        }
        if let Some(held) = self.ipv6.take() {
            held.flush().await;
        }
    }
}
