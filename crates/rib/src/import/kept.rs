//! `import table`: what a neighbor has announced, as it was before the import filter.

use std::collections::BTreeMap;
use std::sync::Arc;

use godwit_filter::RouteAttributes;
use godwit_wire::AddressFamily;
use ipnetwork::IpNetwork;

use crate::attrs::HashedAttributes;
use crate::key::NetKey;

use super::ImportStep;

/// A route that is kept.
#[derive(Clone, Debug)]
pub struct ImportedRoute {
    /// Its net.
    pub net: IpNetwork,
    /// The path identifier it came with (RFC 7911), if the neighbor uses such.
    pub path_id: Option<u32>,
    /// Before the import filter.
    pub attributes: Arc<RouteAttributes>,
    /// When it came, milliseconds since the Unix epoch.
    pub since: u64,
}

#[derive(Debug)]
struct KeptRoute {
    set: HashedAttributes,
    since: u64,
    /// It was not announced again since the neighbor began to announce all it has (RFC 7313 §4).
    stale: bool,
}

/// Routes by net and path identifier (RFC 7911). Nothing is kept unless it is on.
#[derive(Debug)]
pub(super) struct Kept<K> {
    is_on: bool,
    /// Routes came before it was on, or are not as they would come now.
    is_outdated: bool,
    routes: BTreeMap<(K, Option<u32>), KeptRoute>,
    /// The time of what comes, milliseconds since the Unix epoch.
    now: u64,
}

impl<K> Default for Kept<K> {
    fn default() -> Self {
        Self { is_on: false, is_outdated: false, routes: BTreeMap::new(), now: 0 }
    }
}

impl<K: NetKey> Kept<K> {
    /// Switches it on or off; what is kept goes with the latter.
    pub(super) fn set(&mut self, is_on: bool) {
        if self.is_on != is_on {
            *self = Self { is_on, is_outdated: true, routes: BTreeMap::new(), now: self.now };
        }
    }

    /// From now on everything is as it comes.
    pub(super) fn begins(&mut self) {
        self.is_outdated = false;
    }

    /// What is kept would not be made so any more.
    pub(super) fn is_made_otherwise(&mut self) {
        self.is_outdated = true;
    }

    /// Whether it has all there is, as it came.
    pub(super) fn is_complete(&self) -> bool {
        self.is_on && !self.is_outdated
    }

    pub(super) fn announced(&mut self, net: K, path_id: Option<u32>, set: &HashedAttributes) {
        if !self.is_on {
            return;
        }
        match self.routes.get_mut(&(net, path_id)) {
            // It has not come anew.
            Some(known) if known.set.attributes() == set.attributes() => known.stale = false,
            _ => {
                let route = KeptRoute { set: set.clone(), since: self.now, stale: false };
                self.routes.insert((net, path_id), route);
            }
        }
    }

    pub(super) fn gone(&mut self, net: K, path_id: Option<u32>) {
        if self.is_on {
            self.routes.remove(&(net, path_id));
        }
    }

    /// The neighbor begins to announce all it has again.
    pub(super) fn refresh_begins(&mut self) {
        self.routes.values_mut().for_each(|route| route.stale = true);
    }

    /// It has done so: it has nothing else.
    pub(super) fn refresh_ends(&mut self) {
        self.routes.retain(|_, route| !route.stale);
    }

    /// All routes but those that are stale: whether the neighbor has them still is for it to say.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, Option<u32>, &HashedAttributes)> {
        let fresh = self.routes.iter().filter(|(_, route)| !route.stale);
        fresh.map(|((net, path_id), route)| (*net, *path_id, &route.set))
    }

    /// The routes from a net on.
    fn from(&self, first: Option<IpNetwork>) -> impl Iterator<Item = ImportedRoute> {
        let first = first.and_then(K::from_net).unwrap_or_else(|| K::from_bits(0, 0));
        self.routes.range((first, None)..).map(|((net, path_id), route)| ImportedRoute {
            net: net.to_net(),
            path_id: *path_id,
            attributes: route.set.attributes().clone(),
            since: route.since,
        })
    }

    /// The longest net that covers another.
    fn longest(&self, net: IpNetwork) -> Option<IpNetwork> {
        let net = K::from_net(net)?;
        let has = |key: &K| self.routes.range((*key, None)..=(*key, Some(u32::MAX))).next().is_some();
        let covering = (0..=net.len()).rev().map(|len| K::from_bits(net.bits(), len));
        covering.into_iter().find(has).map(NetKey::to_net)
    }
}

impl ImportStep {
    /// Sets the time at which what comes from now on has come, if it is kept: milliseconds since the Unix epoch.
    pub fn set_time(&mut self, now: u64) {
        self.ipv4.kept_mut().now = now;
        self.ipv6.kept_mut().now = now;
    }

    /// What is kept of a family in the order of nets (`import table`), from a net on.
    pub fn imported_from(
        &self,
        family: AddressFamily,
        first: Option<IpNetwork>,
    ) -> Box<dyn Iterator<Item = ImportedRoute> + '_> {
        match family {
            AddressFamily::IPV4 => Box::new(self.ipv4.kept().from(first)),
            AddressFamily::IPV6 => Box::new(self.ipv6.kept().from(first)),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// The longest net that is kept and covers another.
    pub fn imported_longest(&self, net: IpNetwork) -> Option<IpNetwork> {
        if net.is_ipv4() { self.ipv4.kept().longest(net) } else { self.ipv6.kept().longest(net) }
    }
}
