//! Answers to questions about routes, a page at a time.

mod imported;

use std::sync::Arc;

use godwit_api::{Cursor, ExportMode, NetSelector, RoutePage, RouteQuery, RouteView, UnixMillis};
use godwit_filter::{Destination, NextHop, RouteAttributes, Subject, Verdict};
use godwit_rib::{Exporter, ExporterKind, NetKey, NetView, PathView, Preview, Resolution};

pub(crate) use imported::{Imported, imported, resolve, show as show_imported};

use crate::limits::{PAGE_NETS_MAX, PAGE_ROUTES_MAX};
use crate::links::LinkTable;
use crate::table::TableShell;

/// Fills one page from one table; `table_index` is its place in the question's list of tables.
pub(crate) fn page<K: NetKey>(
    shell: &TableShell<K>,
    query: &RouteQuery,
    links: &Arc<LinkTable>,
    table_index: u32,
) -> RoutePage {
    let mut page = PageBuilder { query, links, table_index, routes: Vec::new(), shown: 0, seen: 0, nets: 0 };
    let mut next = None;
    let sent = query.channel_table.as_ref().and_then(|of| shell.exporter_of(&of.protocol));
    let beside = match sent {
        _ if query.filtered => query.channel_table.is_none().then_some(Beside::Filtered),
        Some(exporter) => Some(Beside::Exported(exporter)),
        None => None,
    };
    if query.filtered || query.channel_table.is_some() {
        next = beside.and_then(|beside| page.beside(shell, beside));
        let counts = vec![(page.shown, page.seen, page.nets)];
        return RoutePage { tables: vec![shell.name.clone()], routes: page.routes, counts, next };
    }
    let exporter = query.export.as_ref().and_then(|(_, name)| shell.exporter_of(name));
    match query.nets {
        NetSelector::All | NetSelector::In(_) => {
            let first = query.cursor.map_or(0, |c| c.net);
            for (looked, net) in shell.table.nets_from(first).enumerate() {
                if page.routes.len() >= PAGE_ROUTES_MAX || looked >= PAGE_NETS_MAX {
                    next = Some(Cursor { table: table_index, net: net.id(), key: None });
                    break;
                }
                if selected(query.nets, net.key()) {
                    page.net(&net, exporter);
                }
            }
        }
        NetSelector::Exact(net) => {
            if let Some(net) = K::from_net(net).and_then(|key| shell.table.net(key)) {
                page.net(&net, exporter);
            }
        }
        NetSelector::ForAddress(address) => {
            if let Some(net) = shell.table.longest(address) {
                page.net(&net, exporter);
            }
        }
        NetSelector::ForPrefix(net) => {
            if let Some(net) = K::from_net(net).and_then(|key| shell.table.longest_for(key)) {
                page.net(&net, exporter);
            }
        }
    }
    let counts = vec![(page.shown, page.seen, page.nets)];
    RoutePage { tables: vec![shell.name.clone()], routes: page.routes, counts, next }
}

fn selected<K: NetKey>(nets: NetSelector, key: K) -> bool {
    match nets {
        NetSelector::In(outer) => {
            K::from_net(outer).is_some_and(|o| key.len() >= o.len() && o.contains_bits(key.bits()))
        }
        _ => true,
    }
}

/// What is kept beside a table's own routes.
#[derive(Clone, Copy)]
enum Beside<'a> {
    /// What import filters refused.
    Filtered,
    /// What was exported.
    Exported(&'a Exporter),
}

struct PageBuilder<'a> {
    query: &'a RouteQuery,
    links: &'a Arc<LinkTable>,
    table_index: u32,
    routes: Vec<RouteView>,
    shown: u64,
    seen: u64,
    nets: u64,
}

impl PageBuilder<'_> {
    fn net<K: NetKey>(&mut self, net: &NetView<'_, K>, exporter: Option<&Exporter>) {
        self.nets += 1;
        let refused = net.kernel_refused();
        if let Some((mode, _)) = &self.query.export {
            let Some(exporter) = exporter else { return };
            let secondary = exporter.sends_first_that_passes();
            let paths: Vec<PathView<'_>> = match exporter.sends_every_path() {
                true => net.paths().collect(),
                false if secondary => net.ranked_paths(),
                false => net.paths().take(1).collect(),
            };
            self.seen += paths.len() as u64;
            let is_first_alone = secondary && matches!(mode, ExportMode::Export | ExportMode::Exported);
            let mut has_passed = false;
            for path in paths {
                if is_first_alone && has_passed {
                    break;
                }
                let passed = exported(*mode, exporter, net, &path);
                has_passed |= passed.is_some();
                if let Some(attributes) = passed.filter(|_| self.of_protocol(&path)) {
                    let hops = merged(*mode, exporter, net, &path, &attributes);
                    self.path(net.key(), &path, attributes, refused && path.best, hops);
                }
            }
            return;
        }
        for path in net.paths() {
            self.seen += 1;
            if (self.query.primary && !path.best) || !self.of_protocol(&path) {
                continue;
            }
            self.path(net.key(), &path, path.attributes.clone(), refused && path.best, None);
        }
    }

    /// What is kept beside a table's own routes.
    fn beside<K: NetKey>(&mut self, shell: &TableShell<K>, beside: Beside<'_>) -> Option<Cursor> {
        let table = &shell.table;
        let longest = |key: K| match beside {
            // As BIRD has it, among the nets that are in the table.
            Beside::Filtered => table.longest_for(key).map(|net| net.key()),
            Beside::Exported(exporter) => table.exported_longest(exporter, key),
        };
        let net = match self.query.nets {
            NetSelector::All | NetSelector::In(_) => {
                let first = self.query.cursor.map_or(0, |c| c.net);
                let nets: &mut dyn Iterator<Item = (u32, K)> = match beside {
                    Beside::Filtered => &mut table.filtered_from(first),
                    Beside::Exported(exporter) => &mut table.exported_from(exporter, first),
                };
                for (looked, (id, net)) in nets.enumerate() {
                    if self.routes.len() >= PAGE_ROUTES_MAX || looked >= PAGE_NETS_MAX {
                        return Some(Cursor { table: self.table_index, net: id, key: None });
                    }
                    if selected(self.query.nets, net) {
                        self.net_beside(shell, beside, net);
                    }
                }
                return None;
            }
            NetSelector::Exact(net) => K::from_net(net),
            NetSelector::ForAddress(address) => {
                K::address_bits(address).and_then(|bits| longest(K::from_bits(bits, K::BITS)))
            }
            NetSelector::ForPrefix(net) => K::from_net(net).and_then(longest),
        };
        if let Some(net) = net {
            self.net_beside(shell, beside, net);
        }
        None
    }

    fn net_beside<K: NetKey>(&mut self, shell: &TableShell<K>, beside: Beside<'_>, net: K) {
        let paths = match beside {
            Beside::Filtered => shell.table.filtered_paths(net).collect(),
            Beside::Exported(exporter) => shell.table.exported_paths(exporter, net),
        };
        for (i, path) in paths.into_iter().enumerate() {
            self.nets += u64::from(i == 0);
            self.seen += 1;
            if self.of_protocol(&path) {
                self.path(net, &path, path.attributes.clone(), false, None);
            }
        }
    }

    fn of_protocol(&self, path: &PathView<'_>) -> bool {
        self.query.protocol.as_deref().is_none_or(|p| *path.source.protocol == *p)
    }

    fn path<K: NetKey>(
        &mut self,
        net: K,
        path: &PathView<'_>,
        mut attributes: Arc<RouteAttributes>,
        kernel_refused: bool,
        merged: Option<Vec<NextHop>>,
    ) {
        if let Some(filter) = &self.query.filter {
            let outcome = filter.run(&Subject {
                net: net.to_net(),
                protocol: &path.source.protocol,
                attributes: &attributes,
                surroundings: &**self.links,
            });
            if outcome.verdict != Verdict::Accept {
                return;
            }
            if let Some(changed) = outcome.attributes {
                attributes = Arc::from(changed);
            }
        }
        self.shown += 1;
        if self.query.count_only {
            return;
        }
        let (hops, dropped, igp_metric) = next_hops(&attributes, path);
        // As BIRD has it what was merged is a route of its own, which is not in the table.
        let primary = path.best && merged.is_none();
        let hops = merged.unwrap_or(hops);
        self.routes.push(RouteView {
            table: self.table_index,
            net: net.to_net(),
            protocol: path.source.protocol.clone(),
            next_hops: hops
                .into_iter()
                .map(|hop| {
                    let name = self.links.name(hop.ifindex);
                    (hop, name)
                })
                .collect(),
            dropped,
            total_aigp: path.total_aigp(),
            igp_metric,
            from: attributes.from,
            attributes,
            since: UnixMillis(path.since),
            primary,
            kernel_refused,
        });
    }
}

fn exported<K: NetKey>(
    mode: ExportMode,
    exporter: &Exporter,
    net: &NetView<'_, K>,
    path: &PathView<'_>,
) -> Option<Arc<RouteAttributes>> {
    let preview = exporter.preview_path(net.key(), path);
    match (mode, preview) {
        (_, Preview::Refused(_)) => None,
        (ExportMode::PreExport, _) => Some(path.attributes.clone()),
        (ExportMode::NoExport, Preview::Filtered) => Some(path.attributes.clone()),
        (ExportMode::Export, Preview::Passed(attributes)) => Some(attributes),
        (ExportMode::Exported, Preview::Passed(attributes)) => {
            exporter.has_exported_path(net, path).then_some(attributes)
        }
        _ => None,
    }
}

/// With `merge paths`, the next hops of all paths that are merged with the best one of a net, if there are any:
/// those of the best path and the lowest.
fn merged<K: NetKey>(
    mode: ExportMode,
    exporter: &Exporter,
    net: &NetView<'_, K>,
    best: &PathView<'_>,
    attributes: &RouteAttributes,
) -> Option<Vec<NextHop>> {
    let ExporterKind::Kernel { merge_paths: Some(limit) } = exporter.kind() else { return None };
    let mut list = next_hops(attributes, best).0;
    if mode != ExportMode::Export || list.is_empty() {
        return None;
    }
    let mut others: Vec<NextHop> = Vec::new();
    for path in net.mergeable_paths() {
        if let Preview::Passed(attributes) = exporter.preview_path(net.key(), &path) {
            others.extend(next_hops(&attributes, &path).0);
        }
    }
    if others.is_empty() {
        return None;
    }
    let order = |hop: &NextHop| (hop.gateway, hop.ifindex, hop.weight);
    others.sort_unstable_by_key(order);
    for hop in others {
        if !list.iter().any(|known| order(known) == order(&hop)) {
            list.push(hop);
        }
    }
    list.truncate((*limit).max(1) as usize);
    list.sort_unstable_by_key(order);
    Some(list)
}

fn next_hops(
    attributes: &RouteAttributes,
    path: &PathView<'_>,
) -> (Vec<NextHop>, Option<Destination>, Option<u32>) {
    if !attributes.destination.is_recursive() {
        let cost = path.source.bgp.as_ref().map(|source| source.cost);
        return (attributes.destination.next_hops().to_vec(), None, cost);
    }
    match path.resolution {
        Some(Resolution::Hops { hops, igp_metric }) => (hops.to_vec(), None, *igp_metric),
        Some(Resolution::Dropped { to, igp_metric }) => (Vec::new(), Some(to.clone()), *igp_metric),
        Some(Resolution::Unresolved) | None => (Vec::new(), Some(Destination::Unreachable), Some(0)),
    }
}
