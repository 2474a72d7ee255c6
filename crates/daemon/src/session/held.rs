//! What a neighbor that restarts has left in the tables (RFC 4724 §4.2).

use godwit_rib::{BgpSource, NetKey, SourceId};
use godwit_wire::AddressFamily;
use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::table::TableHandle;

/// The routes of one family, without the channel they came through.
pub(super) struct Held<K: NetKey> {
    pub(super) table: TableHandle<K>,
    pub(super) source: SourceId,
    /// The session they came over. One that is not the same cannot go on with them.
    pub(super) session: BgpSource,
    /// They came with path identifiers (RFC 7911): without them the neighbor could not withdraw them one by one, nor with
    /// them those that came without.
    pub(super) add_path: bool,
    /// They stay for long (RFC 9494).
    pub(super) long_lived: bool,
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

    /// Those go that were left behind before the others.
    async fn sweep_earlier(&mut self) {
        let source = self.source;
        self.table.call(move |shell| shell.table.sweep_stale_earlier(source)).await;
    }

    /// They stay for long, but those that are not to.
    pub(super) async fn make_long_lived(&mut self, seed: u64) {
        self.long_lived = true;
        let source = self.source;
        self.table.call(move |shell| shell.table.make_long_lived(source, seed)).await;
    }
}

impl HeldRoutes {
    /// Those of a family go.
    pub(super) async fn flush_family(&mut self, family: AddressFamily) {
        match family {
            AddressFamily::IPV4 => {
                if let Some(held) = self.ipv4.take() {
                    held.flush().await;
                }
            }
            AddressFamily::IPV6 => {
                if let Some(held) = self.ipv6.take() {
                    held.flush().await;
                }
            }
            _ => {}
        }
    }

    /// Those of a family go that were left behind before the others.
    pub(super) async fn sweep_earlier(&mut self, family: AddressFamily) {
        match (family, &mut self.ipv4, &mut self.ipv6) {
            (AddressFamily::IPV4, Some(held), _) => held.sweep_earlier().await,
            (AddressFamily::IPV6, _, Some(held)) => held.sweep_earlier().await,
            _ => {}
        }
    }

    /// They go.
    pub(super) async fn flush(&mut self) {
        self.flush_family(AddressFamily::IPV4).await;
        self.flush_family(AddressFamily::IPV6).await;
    }
}
