//! What sessions keep of what came (`import table`).

use std::collections::BTreeMap;
use std::sync::Arc;

use godwit_api::{Cursor, NetSelector, RoutePage, RouteQuery};
use godwit_filter::{Destination, Recursion};
use godwit_rib::{ImportStep, ImportedRoute, NetKey, Resolution, SourceId};
use godwit_wire::AddressFamily;
use ipnetwork::IpNetwork;

use super::{PageBuilder, selected};
use crate::limits::{PAGE_NETS_MAX, PAGE_ROUTES_MAX};
use crate::links::LinkTable;
use crate::table::TableShell;

/// The routes of a page, those of one net one after the other, and the net to go on with.
pub(crate) struct Imported {
    /// The session's source in its table.
    pub(crate) source: SourceId,
    pub(crate) routes: Vec<ImportedRoute>,
    pub(crate) next: Option<IpNetwork>,
    /// What next hops resolve to that are looked up in another table than the session's.
    pub(crate) elsewhere: BTreeMap<Recursion, Resolution>,
}

impl Imported {
    /// The next hops that are looked up in another table, in that for IPv4 ones or that for IPv6 ones.
    pub(crate) fn looked_up_elsewhere(&self, ipv4: bool) -> Vec<Recursion> {
        let hops = self.routes.iter().filter_map(|route| route.attributes.destination.recursion());
        hops.filter(|hop| hop.table != 0 && hop.address.is_ipv4() == ipv4).collect()
    }
}

/// What next hops resolve to in a table.
pub(crate) fn resolve<K: NetKey>(shell: &TableShell<K>, hops: &[Recursion]) -> Vec<(Recursion, Resolution)> {
    let here = |hop: &Recursion| Destination::of_recursion(Recursion { table: 0, ..*hop });
    hops.iter().filter_map(|hop| Some((*hop, shell.table.resolution_of(&here(hop))?))).collect()
}

/// What a session has for a page.
pub(crate) fn imported<K: NetKey>(import: &ImportStep, query: &RouteQuery, source: SourceId) -> Imported {
    let of = |net: Option<IpNetwork>| {
        let routes = net.map(|net| {
            let all = import.imported_from(K::FAMILY, Some(net));
            all.take_while(|route| route.net == net).collect()
        });
        Imported { source, routes: routes.unwrap_or_default(), next: None, elsewhere: BTreeMap::new() }
    };
    let longest = |net: IpNetwork| import.imported_longest(net).filter(|_| K::from_net(net).is_some());
    match query.nets {
        NetSelector::All | NetSelector::In(_) => some(import, K::FAMILY, query, source),
        NetSelector::Exact(net) => of(K::from_net(net).map(NetKey::to_net)),
        NetSelector::ForAddress(address) => of(longest(address.into())),
        NetSelector::ForPrefix(net) => of(longest(net)),
    }
}

fn some(import: &ImportStep, family: AddressFamily, query: &RouteQuery, source: SourceId) -> Imported {
    let mut page = Imported { source, routes: Vec::new(), next: None, elsewhere: BTreeMap::new() };
    let is_wanted = |net: IpNetwork| match query.nets {
        NetSelector::In(outer) => net.prefix() >= outer.prefix() && outer.contains(net.network()),
        _ => true,
    };
    for (looked, route) in import.imported_from(family, query.cursor.and_then(|c| c.key)).enumerate() {
        let is_full = page.routes.len() >= PAGE_ROUTES_MAX || looked >= PAGE_NETS_MAX;
        // Only whole nets.
        if is_full && page.routes.last().is_none_or(|last| last.net != route.net) {
            page.next = Some(route.net);
            break;
        }
        if is_wanted(route.net) {
            page.routes.push(route);
        }
    }
    page
}

/// The page of it, as the session's table resolves next hops.
pub(crate) fn show<K: NetKey>(
    shell: &TableShell<K>,
    query: &RouteQuery,
    links: &Arc<LinkTable>,
    table_index: u32,
    imported: &Imported,
) -> RoutePage {
    let mut page = PageBuilder { query, links, table_index, routes: Vec::new(), shown: 0, seen: 0, nets: 0 };
    let mut last: Option<IpNetwork> = None;
    // Nothing of it is filtered yet.
    let routes = imported.routes.iter().filter(|_| !query.filtered);
    for route in routes {
        let Some(net) = K::from_net(route.net).filter(|net| selected(query.nets, *net)) else { continue };
        let first = last.replace(route.net) != Some(route.net);
        let resolution = match &route.attributes.destination {
            Destination::RecursiveBy(hop) if hop.table != 0 => imported.elsewhere.get(hop).cloned(),
            destination => shell.table.resolution_of(destination),
        };
        let path = shell.table.imported_path(imported.source, route, resolution.as_ref(), first);
        page.nets += u64::from(first);
        page.seen += 1;
        if let Some(path) = path.filter(|path| page.of_protocol(path) && (first || !query.primary)) {
            page.path(net, &path, path.attributes.clone(), false, None);
        }
    }
    let next = imported.next.map(|net| Cursor { table: table_index, key: Some(net), ..Cursor::default() });
    let counts = vec![(page.shown, page.seen, page.nets)];
    RoutePage { tables: vec![shell.name.clone()], routes: page.routes, counts, next }
}
