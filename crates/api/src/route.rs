use std::net::IpAddr;
use std::sync::Arc;

use godwit_filter::{Destination, Filter, NextHop, RouteAttributes};
use godwit_wire::AddressFamily;
use ipnetwork::IpNetwork;

use crate::UnixMillis;

/// A question about routes, answered a page at a time: the asker takes the next page when it has
/// used up this one, so a slow reader holds nothing back and nothing piles up.
#[derive(Clone, Debug, Default)]
pub struct RouteQuery {
    /// Which nets.
    pub nets: NetSelector,
    /// Which tables by name; empty: those of the protocol named, else the default ones.
    pub tables: Vec<String>,
    /// Only routes of this protocol.
    pub protocol: Option<String>,
    /// Only routes that this filter accepts, as it leaves them.
    pub filter: Option<Arc<Filter>>,
    /// Only the best route of each net.
    pub primary: bool,
    /// Only routes that were kept though rejected.
    pub filtered: bool,
    /// Routes as exported to a protocol.
    pub export: Option<(ExportMode, String)>,
    /// What is kept of the routes of a protocol's channel, after the tables that are named.
    pub channel_table: Option<ChannelTable>,
    /// Only counts, no routes.
    pub count_only: bool,
    /// Where to go on: from the last page's [`RoutePage::next`].
    pub cursor: Option<Cursor>,
}

/// Which nets a [`RouteQuery`] is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NetSelector {
    /// All.
    #[default]
    All,
    /// This one exactly.
    Exact(IpNetwork),
    /// The longest match of an address.
    ForAddress(IpAddr),
    /// The longest match of a prefix.
    ForPrefix(IpNetwork),
    /// Those inside.
    In(IpNetwork),
}

/// Which routes towards a protocol are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportMode {
    /// Those that pass the protocol's own checks.
    PreExport,
    /// Those that pass the filter too, as it leaves them.
    Export,
    /// Those that pass the checks and not the filter.
    NoExport,
    /// Those that were sent.
    Exported,
}

/// `import table` or `export table` of a protocol's channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelTable {
    /// What came, as it was before the import filter; else what was sent.
    pub import: bool,
    /// The protocol.
    pub protocol: String,
    /// The channel's family.
    pub family: AddressFamily,
}

/// A place in a listing of routes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cursor {
    /// Index into the list of tables asked for.
    pub table: u32,
    /// The next net's id within it.
    pub net: u32,
    /// The next net itself, in a table without ids: what a session keeps of what came.
    pub key: Option<IpNetwork>,
}

/// A page of routes.
#[derive(Clone, Debug, Default)]
pub struct RoutePage {
    /// The tables that the answer covers, in order; [`RouteView::table`] indexes it.
    pub tables: Vec<Arc<str>>,
    /// The routes; those of one net follow each other, best first.
    pub routes: Vec<RouteView>,
    /// Counts per table, of this page: (shown routes, seen routes, seen nets).
    pub counts: Vec<(u64, u64, u64)>,
    /// Where the next page begins; none: this was the last.
    pub next: Option<Cursor>,
}

/// One route.
#[derive(Clone, Debug)]
pub struct RouteView {
    /// Index into [`RoutePage::tables`].
    pub table: u32,
    /// The net.
    pub net: IpNetwork,
    /// The protocol instance it came from.
    pub protocol: Arc<str>,
    /// Attributes as stored, or as a filter left them.
    pub attributes: Arc<RouteAttributes>,
    /// Where it goes, next hops resolved; empty unless unicast.
    pub next_hops: Vec<(NextHop, Arc<str>)>,
    /// How packets are dropped, of a recursive route that leads nowhere: blackhole, unreachable or prohibit.
    pub dropped: Option<Destination>,
    /// How far it is by AIGP (RFC 7311), if it has that.
    pub total_aigp: Option<u64>,
    /// The metric of the route to a recursive next hop, where one is known.
    pub igp_metric: Option<u32>,
    /// The router that sent it.
    pub from: Option<IpAddr>,
    /// When it came.
    pub since: UnixMillis,
    /// It is the best of its net.
    pub primary: bool,
    /// The kernel refused it.
    pub kernel_refused: bool,
}
