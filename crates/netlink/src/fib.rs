//! One kernel table of one family: the routes wanted against those observed.

mod compare;
mod contest;
mod interface;
mod observe;
mod plan;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use self::compare::{effective_metric, same_kind, same_realm, scope};
use crate::PROTOCOL_BIRD;
use crate::metrics::Metrics;
use crate::model::{Family, KernelRoute, RouteKind};

/// A route that is to be in the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// What it does.
    pub kind: RouteKind,
    /// The preferred source address.
    pub prefsrc: Option<IpAddr>,
    /// The metric, where the table has none of its own.
    pub metric: u32,
    /// The scope as the kernel numbers it, where it is not the usual one. IPv6 routes have none.
    pub scope: Option<u8>,
    /// The realms (RTA_FLOW); 0 is none. IPv6 routes have none.
    pub realm: u32,
    /// What connections over it are to expect.
    pub metrics: Metrics,
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
    /// During recovery: what is there is of an earlier life, and looks like this.
    inherited: Option<Box<KernelRoute>>,
    /// In the queue, or held.
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
    /// What an earlier life left stays as it is for now.
    recovering: bool,
    /// Nets that are to change when recovery is over.
    held: BTreeSet<IpNetwork>,
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
    contests: BTreeMap<IpNetwork, contest::Contest>,
    contested: Vec<IpNetwork>,
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
            recovering: false,
            held: BTreeSet::new(),
            strays: BTreeMap::new(),
            fed: false,
            synced: false,
            aliens: BTreeMap::new(),
            aliens_seen: BTreeSet::new(),
            resyncing: false,
            refused: BTreeMap::new(),
            contests: BTreeMap::new(),
            contested: Vec::new(),
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
                entry.inherited = self.recovering.then(|| Box::new(stray));
                if same {
                    self.refused.remove(&net);
                    entry.wanted = wanted;
                    return;
                }
            }
        }
        let waits = self.is_waiting(&net);
        let entry = self.entries.entry(net).or_default();
        if entry.wanted == wanted && (entry.in_place || entry.queued || waits) {
            return;
        }
        // Another route: somebody's objections were to the last.
        self.contests.remove(&net);
        entry.wanted = wanted;
        entry.in_place = false;
        self.refused.remove(&net);
        if self.is_as_inherited(&net) {
            // It stays what it has been all along; should it be queued, there is nothing to do.
            if let Some(entry) = self.entries.get_mut(&net) {
                entry.in_place = true;
            }
            return;
        }
        let entry = self.entries.entry(net).or_default();
        if entry.wanted.is_none() && entry.installed.is_none() && !entry.queued {
            self.entries.remove(&net);
            return;
        }
        if !entry.queued {
            entry.queued = true;
            self.queue.push_back(net);
        }
    }

    /// While this is on, routes of ours that an earlier life left in the kernel are neither changed nor
    /// taken away, whatever is wanted of their nets: graceful restart (RFC 4724 §4.1). The latest wish is
    /// remembered. Nets where the kernel has none of ours get theirs at once. Switched off, what was held
    /// is done by the next plans, and what nobody asked for goes once [`Fib::feed_complete`] was said.
    /// To be switched on before the first dump.
    pub fn set_recovering(&mut self, on: bool) {
        self.recovering = on;
        if !on {
            self.queue.extend(std::mem::take(&mut self.held));
            self.entries.values_mut().for_each(|e| e.inherited = None);
        }
    }

    /// Nets that wait for the end of recovery.
    pub fn held_count(&self) -> usize {
        self.held.len()
    }

    /// Everything that is wanted has been said once: what is left over from an earlier life goes.
    pub fn feed_complete(&mut self) {
        self.fed = true;
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
        self.set_recovering(false);
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
            realm: 0,
            metrics: Metrics::default(),
        }
    }

    fn kernel_route(&self, net: IpNetwork, wanted: Wanted) -> KernelRoute {
        let metric = self.effective_metric(wanted.metric);
        KernelRoute {
            scope: scope(self.family, &wanted),
            realm: if self.family == Family::Ipv4 { wanted.realm } else { 0 },
            kind: wanted.kind,
            prefsrc: wanted.prefsrc,
            metric,
            metrics: wanted.metrics,
            ..self.identity(net, metric)
        }
    }

    /// Whether a route of an earlier life is to stay as it is.
    fn is_as_inherited(&self, net: &IpNetwork) -> bool {
        let entry = self.entries.get(net);
        let both = entry.and_then(|e| Some((e.inherited.as_deref()?, e.wanted.as_ref()?)));
        both.is_some_and(|(found, wanted)| self.is_as_wanted(found, wanted))
    }

    /// Whether a net has to wait: recovery is on, and the kernel has a route of an earlier life for it.
    fn is_held(&self, net: IpNetwork) -> bool {
        self.recovering
            && (self.entries.get(&net).is_some_and(|e| e.inherited.is_some())
                || self.strays.range((net, 0)..=(net, u32::MAX)).next().is_some())
    }

    /// What a net was held for has changed: the next plan looks at it again.
    fn release(&mut self, net: IpNetwork) {
        if self.held.remove(&net) {
            self.queue.push_back(net);
        }
    }

    fn is_as_wanted(&self, route: &KernelRoute, wanted: &Wanted) -> bool {
        wanted.prefsrc == route.prefsrc
            && route.metric == self.effective_metric(wanted.metric)
            && same_kind(&route.kind, &wanted.kind)
            && route.scope == scope(self.family, wanted)
            && same_realm(self.family, route.realm, wanted.realm)
            && route.metrics == wanted.metrics.as_kept()
    }
}
