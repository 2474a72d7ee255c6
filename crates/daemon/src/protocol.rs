//! What all protocols' tasks have in common: the context they run in and the commands they take.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use godwit_api::{
    ChannelCounters, ChannelStatus, ProtocolState, ProtocolStatus, RouteQuery, UnixMillis, policy_text,
};
use godwit_config::{ChannelConfig, DebugFlags, Policy, ProtocolConfig, ProtocolKind};
use godwit_rib::{
    ExportCounters, ExportPolicy, ExporterId, ImportCounters, NetKey, RowCounters, SourceId, Trace,
};
use godwit_wire::AddressFamily;
use ipnetwork::{Ipv4Network, Ipv6Network};
use tokio::sync::{mpsc, oneshot, watch};

use crate::directory::Directory;
use crate::links::LinkTable;
use crate::query::Imported;
use crate::recovery::Recovery;
use crate::table::TableHandle;

/// A table of either family.
#[derive(Clone, Debug)]
pub(crate) enum AnyTable {
    Ipv4(TableHandle<Ipv4Network>),
    Ipv6(TableHandle<Ipv6Network>),
}

/// The tables by name.
pub(crate) type Tables = BTreeMap<String, AnyTable>;

/// What a protocol's task needs of the router around it.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) tables: Arc<Tables>,
    pub(crate) links: watch::Receiver<Arc<LinkTable>>,
    pub(crate) directory: Directory,
    pub(crate) kernel: crate::kernel::KernelEvents,
    pub(crate) recovery: Recovery,
    pub(crate) router_id: Ipv4Addr,
    /// The configuration was written for BIRD 1.6.
    pub(crate) dialect16: bool,
    /// This is a node of Calico: Felix has a say in the kernel's routes.
    pub(crate) calico: bool,
    /// The name that is announced to neighbors.
    pub(crate) hostname: Option<Arc<str>>,
    /// Hash seed of this process.
    pub(crate) seed: u64,
}

impl Context {
    pub(crate) fn ipv4(&self, name: &str) -> Option<TableHandle<Ipv4Network>> {
        match self.tables.get(name)? {
            AnyTable::Ipv4(table) => Some(table.clone()),
            AnyTable::Ipv6(_) => None,
        }
    }

    pub(crate) fn ipv6(&self, name: &str) -> Option<TableHandle<Ipv6Network>> {
        match self.tables.get(name)? {
            AnyTable::Ipv6(table) => Some(table.clone()),
            AnyTable::Ipv4(_) => None,
        }
    }

    /// Where a channel's next hops are looked up, IPv4 and IPv6 ones: the numbers that its table has for other tables.
    pub(crate) async fn lookup_tables(&self, config: &ProtocolConfig, channel: &ChannelConfig) -> [u16; 2] {
        let mut numbers = [0; 2];
        for (number, family) in numbers.iter_mut().zip([AddressFamily::IPV4, AddressFamily::IPV6]) {
            let is_session = matches!(config.kind, ProtocolKind::Bgp(_));
            let of_both = if is_session { channel.bgp.extended_next_hop } else { !self.dialect16 };
            if family != channel.family && !of_both {
                continue;
            }
            let other = self.tables.get(config.igp_table(channel, family)).cloned();
            *number = match self.tables.get(&channel.table) {
                Some(AnyTable::Ipv4(table)) => table.lookup_table(other).await,
                Some(AnyTable::Ipv6(table)) => table.lookup_table(other).await,
                None => 0,
            };
        }
        numbers
    }
}

/// Why a protocol stops.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum StopReason {
    /// `disable`, with the operator's words (RFC 9003).
    Disabled(Option<String>),
    /// `restart`, with the operator's words.
    Restarted(Option<String>),
    /// It is gone from the configuration.
    Removed,
    /// Its options changed.
    Reconfigured,
    /// The router stops.
    Shutdown,
    /// The router stops to be started again: neighbors and kernel are to keep the routes.
    Graceful,
}

/// Which way `reload` goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ReloadDirection {
    pub(crate) import: bool,
    pub(crate) export: bool,
}

/// What a protocol's task is told.
pub(crate) enum Command {
    /// How are you?
    Status(oneshot::Sender<ProtocolStatus>),
    /// The families whose channels are up.
    Channels(oneshot::Sender<Vec<AddressFamily>>),
    /// A page of what is kept of a family's routes as they came (`import table`), if its channel is up.
    Imported(AddressFamily, Box<RouteQuery>, oneshot::Sender<Option<Imported>>),
    /// End, and say when done.
    Stop(StopReason, oneshot::Sender<()>),
    /// Run the policies over all routes again; whether that can be done.
    Reload(ReloadDirection, oneshot::Sender<bool>),
    /// New policies and other parts that do not need a restart.
    Update(Box<ProtocolConfig>, ReloadDirection),
    /// Another name is announced to neighbors from the next time on.
    Hostname(Option<Arc<str>>),
}

/// A protocol's task from outside.
pub(crate) type CommandSender = mpsc::Sender<Command>;

/// The policy as tables run it.
pub(crate) fn policy(policy: &Policy) -> ExportPolicy {
    match policy {
        Policy::All => ExportPolicy::All,
        Policy::None => ExportPolicy::None,
        Policy::Filter(filter) => ExportPolicy::Filter(filter.clone()),
    }
}

/// The families of all its channels.
pub(crate) fn channels_of(protocol: &ProtocolConfig) -> Vec<AddressFamily> {
    protocol.channels.iter().map(|channel| channel.family).collect()
}

/// A protocol's status with nothing of its own yet.
pub(crate) fn base_status(config: &ProtocolConfig, state: ProtocolState, since: u64) -> ProtocolStatus {
    let single = matches!(
        config.kind,
        godwit_config::ProtocolKind::Kernel(_) | godwit_config::ProtocolKind::Static(_)
    );
    ProtocolStatus {
        name: config.name.clone(),
        kind: config.kind.name(),
        table: config.channels.first().filter(|_| single).map(|c| c.table.clone()),
        state,
        since: UnixMillis(since),
        description: config.description.clone(),
        message: None,
        router_id: config.router_id,
        bgp: None,
        dormant_next_hops: Vec::new(),
        channels: Vec::new(),
    }
}

/// A channel's status without counters.
pub(crate) fn channel_status(channel: &ChannelConfig, state: &'static str) -> ChannelStatus {
    ChannelStatus {
        family: channel.family,
        state,
        table: channel.table.clone(),
        preference: channel.preference,
        import: policy_text(&channel.import),
        export: policy_text(&channel.export),
        limits: [channel.receive_limit, channel.import_limit, channel.export_limit]
            .map(|limit| limit.map(|l| (l, false))),
        counters: ChannelCounters::default(),
        bgp_next_hop: None,
        igp_tables: [None, None],
        recovery: None,
        neighbor_restarting: false,
        long_lived: false,
        long_lived_timer: None,
    }
}

/// What `debug` asks to be told of a channel's routes.
pub(crate) fn trace(config: &ProtocolConfig, family: AddressFamily, dialect16: bool) -> Option<Trace> {
    let (routes, filters) = (config.debug.has(DebugFlags::ROUTES), config.debug.has(DebugFlags::FILTERS));
    // 1.6 has no channels to name.
    let label = if dialect16 { config.name.clone() } else { format!("{}.{family}", config.name) };
    (routes || filters).then(|| Trace { label: label.into(), routes, filters })
}

/// Asks a table for a channel's counters.
pub(crate) async fn counters<K: NetKey>(
    table: &TableHandle<K>,
    sources: Vec<SourceId>,
    exporter: Option<ExporterId>,
) -> ChannelCounters {
    table
        .call(move |shell| {
            let mut counters = ChannelCounters::default();
            let mut import = ImportCounters::default();
            for source in sources {
                let (imported, preferred, row) = shell.table.source_counters(source);
                counters.imported += imported;
                counters.preferred += preferred;
                counters.filtered += shell.table.filtered_count(source);
                import += row;
            }
            let mut export = ExportCounters::default();
            if let Some(exporter) = exporter.and_then(|id| shell.table.exporter(id)) {
                (counters.exported, export) = exporter.counters();
            }
            counters.import_updates = row(import.updates);
            counters.import_withdraws = row(import.withdraws);
            counters.export_updates = row(export.updates);
            counters.export_withdraws = row(export.withdraws);
            counters
        })
        .await
        .unwrap_or_default()
}

fn row(c: RowCounters) -> godwit_api::UpdateCounters {
    godwit_api::UpdateCounters {
        received: c.received,
        rejected: c.rejected,
        filtered: c.filtered,
        ignored: c.ignored,
        accepted: c.accepted,
    }
}
