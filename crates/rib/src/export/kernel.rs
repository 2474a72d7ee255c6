//! What a kernel table is told: routes, with all their next hops resolved.

use std::net::IpAddr;
use std::sync::Arc;

use godwit_filter::{Destination, RouteAttributes, RouteSource};

use crate::key::NetKey;
use crate::nexthop::Resolution;
use crate::table::{PathView, Table};

use super::{Exporter, ExporterKind};

/// One path of a route for a kernel table.
#[derive(Clone, PartialEq, Debug)]
pub struct WantedPath {
    /// The attributes after the export filter.
    pub attributes: Arc<RouteAttributes>,
    /// Where it goes, recursive next hops resolved: never [`Destination::Recursive`].
    pub destination: Destination,
    /// The address of the BGP neighbor it came from, and the interface of a single-hop session with it (else 0).
    pub neighbor: Option<(IpAddr, u32)>,
}

impl WantedPath {
    fn new(path: &PathView<'_>, changed: Option<Box<RouteAttributes>>) -> Self {
        let attributes = changed.map_or_else(|| path.attributes.clone(), Arc::from);
        let neighbor = path.source.bgp.as_ref().map(|bgp| (bgp.peer_address, bgp.ifindex));
        Self { destination: destination(&attributes, path), attributes, neighbor }
    }
}

/// A route for a kernel table.
#[derive(Clone, PartialEq, Debug)]
pub struct WantedRoute {
    /// The best path: what the route is, and its attributes.
    pub best: WantedPath,
    /// With `merge paths` the paths as good as the best one that the filter accepts too; their next hops
    /// are to be used beside those of the best. All of them have next hops, as has the best then.
    pub merged: Vec<WantedPath>,
}

impl WantedRoute {
    /// The best path, and those merged with it.
    pub fn paths(&self) -> impl Iterator<Item = &WantedPath> {
        std::iter::once(&self.best).chain(&self.merged)
    }
}

impl Exporter {
    /// Leaves the routes of interface addresses to the kernel (1.6 without `device routes`).
    pub fn leave_device_routes(&mut self) {
        self.leaves_device_routes = true;
    }

    pub(super) fn is_left_to_the_kernel(&self, attributes: &RouteAttributes) -> bool {
        self.leaves_device_routes && attributes.source == RouteSource::Device
    }

    /// Whether this one has to know of paths that are not the best.
    pub(crate) fn hears_of_every_path(&self) -> bool {
        self.sends_every_path()
            || self.secondary
            || matches!(self.kind, ExporterKind::Kernel { merge_paths: Some(_) })
    }

    pub(super) fn drain_routes<K: NetKey>(
        &mut self,
        table: &Table<K>,
        ids: &[u32],
        merge_paths: bool,
    ) -> Vec<(K, Option<WantedRoute>)> {
        let mut routes = Vec::with_capacity(ids.len());
        for &id in ids {
            let Some(key) = table.key(id) else { continue };
            let wanted = self.wanted(table, key, id, merge_paths);
            match wanted.filter(|_| self.is_within_limit(id, 0)) {
                Some(route) => {
                    self.sent.insert(id);
                    self.counters.updates.accepted += 1;
                    routes.push((key, Some(route)));
                }
                None if self.sent.remove(id) => {
                    self.refused.remove(id);
                    self.has_less();
                    self.counters.withdraws.accepted += 1;
                    routes.push((key, None));
                }
                None => {}
            }
        }
        routes
    }

    fn wanted<K: NetKey>(
        &mut self,
        table: &Table<K>,
        key: K,
        id: u32,
        merge_paths: bool,
    ) -> Option<WantedRoute> {
        let best = table.best_path(id)?;
        self.counters.updates.received += 1;
        if Some(best.source_id) == self.own_source || self.is_left_to_the_kernel(best.attributes) {
            self.counters.updates.rejected += 1;
            return None;
        }
        let changed = self.filter(key, &best)?;
        let best_path = WantedPath::new(&best, changed);
        let mut merged = Vec::new();
        if merge_paths && is_unicast(&best_path.destination) {
            for path in table.mergeable_paths(id) {
                let Some(changed) = self.pass(key, &path) else { continue };
                let path = WantedPath::new(&path, changed);
                merged.extend(is_unicast(&path.destination).then_some(path));
            }
        }
        Some(WantedRoute { best: best_path, merged })
    }
}

/// Where a path goes after the filter.
fn destination(attributes: &RouteAttributes, path: &PathView<'_>) -> Destination {
    match (&attributes.destination, path.resolution) {
        (other, _) if !other.is_recursive() => other.clone(),
        (_, Some(Resolution::Hops { hops, .. })) => {
            Destination::of_next_hops(hops.to_vec()).unwrap_or(Destination::Unreachable)
        }
        (_, Some(Resolution::Dropped { to, .. })) => to.clone(),
        _ => Destination::Unreachable,
    }
}

fn is_unicast(destination: &Destination) -> bool {
    !destination.next_hops().is_empty()
}
