//! One kernel table of one family: the routes wanted against those observed.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::IpNetwork;

use crate::PROTOCOL_BIRD;
use crate::model::{Family, KernelRoute, RouteHop, RouteKind, WEIGHT_MAX};

/// A route that is to be in the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// What it does.
    pub kind: RouteKind,
    /// The preferred source address.
    pub prefsrc: Option<IpAddr>,
    /// The metric, where the table has none of its own.
    pub metric: u32,
}

/// A change to make in the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Put a route where none of ours is. Refused if somebody else has one for the same destination
    /// and metric: the kernel would let us put ours in its place.
    Add(KernelRoute),
    /// Put a route there, in place of ours for the same destination and metric.
    Replace(KernelRoute),
    /// Take one of ours away.
    Delete(KernelRoute),
}

impl Operation {
    /// The destination.
    pub fn net(&self) -> IpNetwork {
        match self {
            Self::Add(route) | Self::Replace(route) | Self::Delete(route) => route.net,
        }
    }
}

/// News of routes that others installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alien {
    /// This is now the best foreign route of its net: the one with the lowest metric.
    Best(KernelRoute),
    /// No foreign route is left for the net.
    None(IpNetwork),
}

/// What happened so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FibCounters {
    /// Routes put in place.
    pub replaced: u64,
    /// Routes taken away.
    pub deleted: u64,
    /// Changes the kernel refused.
    pub refused: u64,
    /// Routes of ours that somebody else removed or changed.
    pub disturbed: u64,
}

#[derive(Debug, Default)]
struct Entry {
    wanted: Option<Wanted>,
    /// The kernel has our route as wanted, as far as we know.
    in_place: bool,
    /// A route of ours may be in the kernel: it must be deleted when it is not wanted.
    installed: Option<u32>,
    queued: bool,
    /// Seen since the resync began.
    seen: bool,
}

/// The wanted and the observed state of a kernel table.
///
/// It only ever changes routes whose protocol is 12 and, if the table has a metric of its own, whose
/// metric is that one.
#[derive(Debug)]
pub struct Fib {
    table: u32,
    family: Family,
    /// `metric` of the kernel protocol; 0: each route's own.
    metric: u32,
    learn: bool,
    entries: HashMap<IpNetwork, Entry>,
    queue: VecDeque<IpNetwork>,
    /// Routes of ours, from an earlier life, that nobody has asked for yet.
    strays: BTreeMap<(IpNetwork, u32), KernelRoute>,
    /// The first full feed is through, so what is not wanted may go.
    fed: bool,
    /// A first dump was read to its end; nothing is changed before.
    synced: bool,
    aliens: BTreeMap<IpNetwork, Vec<KernelRoute>>,
    aliens_seen: BTreeSet<(IpNetwork, u32, u8)>,
    resyncing: bool,
    /// What the kernel refused, with its error number.
    refused: BTreeMap<IpNetwork, i32>,
    counters: FibCounters,
}

impl Fib {
    /// An empty picture of a table.
    pub fn new(table: u32, family: Family, metric: u32, learn: bool) -> Self {
        Self {
            table,
            family,
            metric,
            learn,
            entries: HashMap::new(),
            queue: VecDeque::new(),
            strays: BTreeMap::new(),
            fed: false,
            synced: false,
            aliens: BTreeMap::new(),
            aliens_seen: BTreeSet::new(),
            resyncing: false,
            refused: BTreeMap::new(),
            counters: FibCounters::default(),
        }
    }

    /// Sets what a net's route is to be; `None`: none of ours.
    pub fn want(&mut self, net: IpNetwork, wanted: Option<Wanted>) {
        if let Some(w) = &wanted {
            let metric = self.effective_metric(w.metric);
            // What is left from an earlier life is taken over rather than deleted and made again.
            if let Some(stray) = self.strays.remove(&(net, metric)) {
                let same = self.is_as_wanted(&stray, w);
                self.leave_behind(net, metric);
                let entry = self.entries.entry(net).or_default();
                entry.installed = Some(metric);
                entry.in_place = same;
                if same {
                    self.refused.remove(&net);
                    entry.wanted = wanted;
                    return;
                }
            }
        }
        let entry = self.entries.entry(net).or_default();
        if entry.wanted == wanted && (entry.in_place || entry.queued) {
            return;
        }
        entry.wanted = wanted;
        entry.in_place = false;
        self.refused.remove(&net);
        if entry.wanted.is_none() && entry.installed.is_none() && !entry.queued {
            self.entries.remove(&net);
            return;
        }
        if !entry.queued {
            entry.queued = true;
            self.queue.push_back(net);
        }
    }

    /// Everything that is wanted has been said once: what is left over from an earlier life goes.
    pub fn feed_complete(&mut self) {
        self.fed = true;
    }

    /// A full dump follows.
    pub fn begin_resync(&mut self) {
        self.resyncing = true;
        self.aliens_seen.clear();
        self.strays.clear();
        self.entries.values_mut().for_each(|e| e.seen = false);
    }

    /// The dump was complete: what was not in it is not there. Foreign routes that went missing are
    /// returned.
    pub fn end_resync(&mut self) -> Vec<Alien> {
        self.resyncing = false;
        self.synced = true;
        let mut lost = Vec::new();
        for (net, entry) in &mut self.entries {
            if entry.seen {
                continue;
            }
            entry.installed = None;
            if entry.wanted.is_some() && entry.in_place {
                entry.in_place = false;
                self.counters.disturbed += 1;
                if !entry.queued {
                    entry.queued = true;
                    lost.push(*net);
                }
            }
        }
        self.queue.extend(lost);
        let gone: Vec<KernelRoute> = self
            .aliens
            .values()
            .flatten()
            .filter(|r| !self.aliens_seen.contains(&(r.net, r.metric, r.protocol)))
            .cloned()
            .collect();
        gone.iter().filter_map(|route| self.alien(route, true)).collect()
    }

    /// A route is there (or, with `gone`, no longer). News of foreign routes are returned.
    pub fn observe(&mut self, route: &KernelRoute, gone: bool) -> Option<Alien> {
        if route.table != self.table || Family::of(&route.net) != self.family {
            return None;
        }
        if route.protocol == PROTOCOL_BIRD {
            if self.metric == 0 || route.metric == self.metric {
                self.own(route, gone);
            }
            return None;
        }
        if gone {
            self.vacated(route);
        } else {
            self.displaced(route);
        }
        if self.resyncing && !gone {
            self.aliens_seen.insert((route.net, route.metric, route.protocol));
        }
        self.alien(route, gone)
    }

    fn own(&mut self, route: &KernelRoute, gone: bool) {
        let wanted = self.entries.get(&route.net).and_then(|e| e.wanted.clone());
        let Some(wanted) = wanted.filter(|w| self.effective_metric(w.metric) == route.metric) else {
            // What is queued takes the route away that it knows of.
            let known = self.entries.get(&route.net).is_some_and(|e| e.installed == Some(route.metric));
            if gone {
                self.strays.remove(&(route.net, route.metric));
            } else if !known {
                self.strays.insert((route.net, route.metric), route.clone());
            }
            return;
        };
        let same = !gone && self.is_as_wanted(route, &wanted);
        if !gone {
            self.leave_behind(route.net, route.metric);
        }
        let Some(entry) = self.entries.get_mut(&route.net) else { return };
        entry.seen = !gone;
        if !gone {
            entry.installed = Some(route.metric);
        }
        // News may be older than what we did since: a route that is gone may be there again.
        if same {
            entry.in_place = true;
            self.refused.remove(&route.net);
        } else if entry.in_place {
            self.counters.disturbed += 1;
            entry.in_place = false;
            if !entry.queued {
                entry.queued = true;
                self.queue.push_back(route.net);
            }
        }
    }

    /// Somebody else has a route where we know of ours. The kernel says no more than this of one that was
    /// replaced, and a later change of ours must not hit his.
    fn displaced(&mut self, by: &KernelRoute) {
        self.strays.remove(&(by.net, by.metric));
        if let Some(entry) = self.entries.get_mut(&by.net)
            && entry.installed == Some(by.metric)
        {
            entry.installed = None;
        }
    }

    /// Somebody else's route is gone: ours may take the place it had, now rather than at the next try.
    fn vacated(&mut self, by: &KernelRoute) {
        let (table, family) = (self.metric, self.family);
        if let Some(entry) = self.entries.get_mut(&by.net)
            && entry.wanted.as_ref().is_some_and(|w| effective_metric(table, family, w.metric) == by.metric)
            && entry.installed.is_none()
        {
            entry.in_place = false;
            if !entry.queued {
                entry.queued = true;
                self.queue.push_back(by.net);
            }
        }
    }

    /// A route of ours with this metric takes the place of the one we know of. One with another metric
    /// is left over then.
    fn leave_behind(&mut self, net: IpNetwork, metric: u32) {
        let known = self.entries.get(&net).and_then(|e| e.installed);
        if let Some(old) = known.filter(|old| *old != metric) {
            self.strays.insert((net, old), self.identity(net, old));
        }
    }

    /// Keeps the foreign routes of each net; the one with the lowest metric is news when it changes.
    fn alien(&mut self, route: &KernelRoute, gone: bool) -> Option<Alien> {
        // 2 is the kernel's own, 1 a redirect: neither is learned.
        if !self.learn || matches!(route.protocol, 1 | 2) || !is_learnable(&route.net) {
            return None;
        }
        let list = self.aliens.entry(route.net).or_default();
        let before = list.first().cloned();
        list.retain(|r| r.metric != route.metric || (gone && r.protocol != route.protocol));
        if !gone {
            let place = list.partition_point(|r| r.metric < route.metric);
            list.insert(place, route.clone());
        }
        let after = list.first().cloned();
        if after.is_none() {
            self.aliens.remove(&route.net);
        }
        match after {
            after if after == before => None,
            Some(best) => Some(Alien::Best(best)),
            None => Some(Alien::None(route.net)),
        }
    }

    /// The next changes to make, at most `max`. None before the first dump is complete.
    pub fn plan(&mut self, max: usize) -> Vec<Operation> {
        let mut operations = Vec::new();
        if !self.synced {
            return operations;
        }
        while operations.len() < max
            && let Some(net) = self.queue.pop_front()
        {
            let Some(entry) = self.entries.get_mut(&net) else { continue };
            entry.queued = false;
            if entry.in_place {
                // It was seen as wanted in the meantime.
                continue;
            }
            match (&entry.wanted, entry.installed) {
                (Some(wanted), installed) => {
                    let wanted = wanted.clone();
                    let metric = self.effective_metric(wanted.metric);
                    let left = installed.filter(|m| *m != metric);
                    operations.extend(left.map(|old| Operation::Delete(self.identity(net, old))));
                    // With no room for both the new route is the first of the next plan.
                    let full = operations.len() >= max;
                    let Some(entry) = self.entries.get_mut(&net) else { continue };
                    if full {
                        (entry.installed, entry.queued) = (None, true);
                        self.queue.push_front(net);
                        break;
                    }
                    (entry.installed, entry.in_place) = (Some(metric), true);
                    let route = self.kernel_route(net, wanted);
                    operations.push(match installed {
                        Some(old) if old == metric => Operation::Replace(route),
                        _ => Operation::Add(route),
                    });
                }
                (None, Some(metric)) => {
                    operations.push(Operation::Delete(self.identity(net, metric)));
                    self.entries.remove(&net);
                }
                (None, None) => {
                    self.entries.remove(&net);
                }
            }
        }
        if self.fed {
            while operations.len() < max
                && let Some((_, stray)) = self.strays.pop_first()
            {
                operations.push(Operation::Delete(stray));
            }
        }
        operations
    }

    /// Whether [`Fib::plan`] has something to do.
    pub fn has_plan(&self) -> bool {
        self.synced && (!self.queue.is_empty() || (self.fed && !self.strays.is_empty()))
    }

    /// What became of an operation: `None`, or the error number. Whether this is news: not the same
    /// refusal as the last time this was tried.
    pub fn result(&mut self, operation: &Operation, error: Option<i32>) -> bool {
        let last = match (operation, error) {
            (Operation::Delete(_), _) => None,
            (_, Some(code)) => self.refused.insert(operation.net(), code),
            (_, None) => self.refused.remove(&operation.net()),
        };
        match (operation, error) {
            (Operation::Add(_) | Operation::Replace(_), None) => self.counters.replaced += 1,
            (Operation::Delete(_), None) => self.counters.deleted += 1,
            (Operation::Add(route) | Operation::Replace(route), Some(_)) => {
                self.counters.refused += 1;
                if let Some(entry) = self.entries.get_mut(&route.net) {
                    entry.in_place = false;
                    // A route that was to be replaced is still there and goes with the next change.
                    if matches!(operation, Operation::Add(_)) {
                        entry.installed = None;
                    }
                }
            }
            (Operation::Delete(_), Some(_)) => self.counters.refused += 1,
        }
        last != error
    }

    /// Tries everything again that the kernel refused. How many there are.
    pub fn retry_refused(&mut self) -> usize {
        let mut again = Vec::new();
        for net in self.refused.keys() {
            if let Some(entry) = self.entries.get_mut(net).filter(|e| !e.queued) {
                entry.queued = true;
                again.push(*net);
            }
        }
        self.queue.extend(&again);
        again.len()
    }

    /// Forgets the foreign routes, so that the next resync reports them all again.
    pub fn forget_aliens(&mut self) {
        self.aliens.clear();
    }

    /// Whether the kernel refused a net's route.
    pub fn is_refused(&self, net: &IpNetwork) -> bool {
        self.refused.contains_key(net)
    }

    /// Whether some route is refused.
    pub fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// The deletions of all our routes, for a stop that leaves none. Routes of an earlier life go too.
    pub fn remove_all(&mut self) -> Vec<Operation> {
        let nets: Vec<IpNetwork> = self.entries.keys().copied().collect();
        nets.iter().for_each(|net| self.want(*net, None));
        self.fed = true;
        self.plan(usize::MAX)
    }

    /// What happened so far.
    pub fn counters(&self) -> FibCounters {
        self.counters
    }

    /// Nets with a route wanted.
    pub fn wanted_count(&self) -> usize {
        self.entries.values().filter(|e| e.wanted.is_some()).count()
    }

    fn effective_metric(&self, own: u32) -> u32 {
        effective_metric(self.metric, self.family, own)
    }

    fn identity(&self, net: IpNetwork, metric: u32) -> KernelRoute {
        KernelRoute {
            table: self.table,
            net,
            kind: RouteKind::Unreachable,
            protocol: PROTOCOL_BIRD,
            metric,
            prefsrc: None,
            scope: 0,
        }
    }

    fn kernel_route(&self, net: IpNetwork, wanted: Wanted) -> KernelRoute {
        let metric = self.effective_metric(wanted.metric);
        // RT_SCOPE_LINK for IPv4 routes straight to an interface.
        let device =
            matches!(&wanted.kind, RouteKind::Unicast(hops) if hops.iter().all(|h| h.gateway.is_none()));
        let scope = if device && self.family == Family::Ipv4 { 253 } else { 0 };
        KernelRoute {
            kind: wanted.kind,
            prefsrc: wanted.prefsrc,
            metric,
            scope,
            ..self.identity(net, metric)
        }
    }

    fn is_as_wanted(&self, route: &KernelRoute, wanted: &Wanted) -> bool {
        wanted.prefsrc == route.prefsrc
            && route.metric == self.effective_metric(wanted.metric)
            && same_kind(&route.kind, &wanted.kind)
    }
}

/// The metric a route gets: the table's, or its own. IPv6 has no metric zero: the kernel takes 1024.
fn effective_metric(table: u32, family: Family, own: u32) -> u32 {
    match (table, own, family) {
        (0, 0, Family::Ipv6) => 1024,
        (0, own, _) => own,
        (metric, _, _) => metric,
    }
}

/// Whether a route of the kernel does what is wanted. The kernel keeps next hops in an order of its own,
/// may add flags, finds an interface where none is given, and has no weight for an only next hop.
fn same_kind(found: &RouteKind, wanted: &RouteKind) -> bool {
    let (RouteKind::Unicast(found), RouteKind::Unicast(wanted)) = (found, wanted) else {
        return found == wanted;
    };
    let any_interface = wanted.iter().any(|h| h.ifindex == 0);
    let essence = |hops: &[RouteHop]| {
        let weight = |h: &RouteHop| if hops.len() == 1 { 1 } else { h.weight.clamp(1, WEIGHT_MAX) };
        let interface = |h: &RouteHop| if any_interface { 0 } else { h.ifindex };
        let mut list: Vec<_> = hops.iter().map(|h| (h.gateway, interface(h), weight(h))).collect();
        list.sort_unstable();
        list
    };
    essence(found) == essence(wanted)
}

/// Multicast, link-local and host destinations are not routes to learn, nor what is no address at all.
/// 169.254.0.0/16 and 240.0.0.0/4 are, as in BIRD 2.
fn is_learnable(net: &IpNetwork) -> bool {
    match net.ip() {
        IpAddr::V4(a) => a.is_unspecified() || is_unicast(a),
        IpAddr::V6(a) => match a.segments() {
            // Where an IPv4 address is inside, that decides (RFC 4291 §2.5.5).
            [0, 0, 0, 0, 0, 0 | 0xffff, _, _] if !a.is_unspecified() => {
                let [.., w, x, y, z] = a.octets();
                is_unicast(Ipv4Addr::new(w, x, y, z))
            }
            [0, 0, 0, 0, high, low, ..] => high == 0 && low == 0,
            _ => !(a.is_multicast() || a.is_unicast_link_local()),
        },
    }
}

fn is_unicast(a: Ipv4Addr) -> bool {
    !(a.octets()[0] == 0 || a.is_multicast() || a.is_loopback() || a.is_broadcast())
}
