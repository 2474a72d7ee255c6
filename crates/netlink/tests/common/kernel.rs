//! A kernel table as Linux keeps it, as far as its rules matter to a plan.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use godwit_netlink::{Fib, KernelRoute, Operation, PROTOCOL_BIRD, RouteKind};
use ipnetwork::IpNetwork;

const EEXIST: i32 = 17;
const ESRCH: i32 = 3;
const EINVAL: i32 = 22;

/// The table, and news of it that nobody has read yet.
#[derive(Debug, Default)]
pub struct Kernel {
    pub routes: BTreeMap<(IpNetwork, u32), KernelRoute>,
    /// What it would take, but refuses now.
    pub broken: BTreeSet<IpNetwork>,
    news: VecDeque<(KernelRoute, bool)>,
}

impl Kernel {
    /// Carries out an operation; as the programmer does, it takes no offence at a deletion of nothing.
    pub fn apply(&mut self, operation: &Operation) -> Option<i32> {
        match operation {
            Operation::Add(r) | Operation::Replace(r) if self.broken.contains(&r.net) => Some(EINVAL),
            Operation::Add(r) => self.add(r.clone()).err(),
            Operation::Replace(r) => {
                self.put(r.clone());
                None
            }
            Operation::Delete(r) => self.delete(r).err().filter(|code| *code != ESRCH),
        }
    }

    /// NLM_F_CREATE with NLM_F_EXCL.
    pub fn add(&mut self, route: KernelRoute) -> Result<(), i32> {
        if self.routes.contains_key(&(route.net, route.metric)) {
            return Err(EEXIST);
        }
        self.put(route);
        Ok(())
    }

    /// NLM_F_CREATE with NLM_F_REPLACE: whosever route was there, it is gone without a word.
    pub fn put(&mut self, route: KernelRoute) {
        let old = self.routes.insert((route.net, route.metric), route.clone());
        if old.as_ref() != Some(&route) {
            self.news.push_back((route, false));
        }
    }

    /// RTM_DELROUTE: a metric of zero is any.
    pub fn delete(&mut self, route: &KernelRoute) -> Result<(), i32> {
        let fits = |r: &&KernelRoute| {
            let metric = route.metric == 0 || r.metric == route.metric;
            r.net == route.net && r.protocol == route.protocol && metric
        };
        let found = self.routes.values().find(fits).cloned().ok_or(ESRCH)?;
        self.routes.remove(&(found.net, found.metric));
        self.news.push_back((found, true));
        Ok(())
    }

    /// Tells at most `max` news.
    pub fn tell(&mut self, fib: &mut Fib, max: usize) {
        for (route, gone) in self.news.drain(..max.min(self.news.len())) {
            let _ = fib.observe(&route, gone);
        }
    }

    /// The news are lost.
    pub fn lose(&mut self) {
        self.news.clear();
    }

    /// A dump, of our routes only or of all.
    pub fn dump(&self, fib: &mut Fib, all: bool) {
        fib.begin_resync();
        for route in self.routes.values().filter(|r| all || r.protocol == PROTOCOL_BIRD) {
            let _ = fib.observe(route, false);
        }
        let _ = fib.end_resync();
    }

    /// One plan of at most `max` operations. Whether there was one.
    pub fn program(&mut self, fib: &mut Fib, max: usize) -> bool {
        let plan = fib.plan(max);
        assert!(plan.len() <= max, "{} operations instead of {max}", plan.len());
        for operation in &plan {
            let error = self.apply(operation);
            fib.result(operation, error);
        }
        !plan.is_empty()
    }

    /// The routes somebody else made.
    pub fn foreign(&self) -> BTreeMap<(IpNetwork, u32), KernelRoute> {
        let foreign = self.routes.iter().filter(|(_, r)| r.protocol != PROTOCOL_BIRD);
        foreign.map(|(key, route)| (*key, route.clone())).collect()
    }

    /// What our routes do.
    pub fn ours(&self) -> BTreeMap<(IpNetwork, u32), RouteKind> {
        let ours = self.routes.iter().filter(|(_, r)| r.protocol == PROTOCOL_BIRD);
        ours.map(|(key, route)| (*key, route.kind.clone())).collect()
    }
}
