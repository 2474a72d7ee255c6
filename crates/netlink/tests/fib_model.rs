//! Whatever is wanted, done by others, lost or refused in whatever order: the plan brings the kernel to
//! what is wanted and touches nothing of anybody else.

mod common;

use std::collections::BTreeMap;

use common::kernel::Kernel;
use common::*;
use godwit_netlink::{Family, Fib, PROTOCOL_BIRD, RouteKind, Wanted};
use ipnetwork::IpNetwork;
use proptest::prelude::*;

const NETS: [&str; 4] = ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "0.0.0.0/0"];
const METRICS: [u32; 2] = [0, 5];

#[derive(Clone, Debug)]
enum Step {
    /// Which net, and what it shall be: kind and metric.
    Want(usize, Option<(usize, usize)>),
    /// `Fib::plan` with so many operations, carried out.
    Program(usize),
    /// So many news are read.
    Tell(usize),
    /// A dump of ours, or of all routes, with the news lost or not.
    Dump {
        all: bool,
        lose: bool,
    },
    /// The kernel refuses this net from now on, or no longer.
    Break(usize, bool),
    Retry,
    /// Recovery is over.
    Recovered,
    /// Somebody deletes the route of ours.
    DeleteOurs(usize, usize),
    /// Somebody else adds a route, or puts it in the place of what there is.
    Foreign {
        net: usize,
        metric: usize,
        replace: bool,
    },
    DeleteForeign(usize, usize),
    /// A route with our protocol number that we did not ask for.
    Planted(usize, usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (n, m) = (|| 0..NETS.len(), || 0..METRICS.len());
    prop_oneof![
        6 => (n(), prop::option::weighted(0.7, (0..3_usize, m()))).prop_map(|(n, w)| Step::Want(n, w)),
        4 => (1..4_usize).prop_map(Step::Program),
        4 => (1..4_usize).prop_map(Step::Tell),
        1 => any::<(bool, bool)>().prop_map(|(all, lose)| Step::Dump { all, lose }),
        1 => (n(), any::<bool>()).prop_map(|(n, broken)| Step::Break(n, broken)),
        1 => Just(Step::Retry),
        1 => Just(Step::Recovered),
        1 => (n(), m()).prop_map(|(n, m)| Step::DeleteOurs(n, m)),
        1 => (n(), m(), any::<bool>())
            .prop_map(|(net, metric, replace)| Step::Foreign { net, metric, replace }),
        1 => (n(), m()).prop_map(|(n, m)| Step::DeleteForeign(n, m)),
        1 => (n(), m(), 0..3_usize).prop_map(|(n, m, k)| Step::Planted(n, m, k)),
    ]
}

fn kind(index: usize) -> RouteKind {
    match index {
        0 => via("192.0.2.1"),
        1 => via("192.0.2.2"),
        _ => RouteKind::Blackhole,
    }
}

struct World {
    kernel: Kernel,
    fib: Fib,
    wanted: BTreeMap<IpNetwork, (u32, RouteKind)>,
}

impl World {
    fn step(&mut self, step: &Step) {
        let n = |i: usize| net(NETS[i]);
        match *step {
            Step::Want(i, wanted) => {
                let wanted = wanted.map(|(k, m)| (METRICS[m], kind(k)));
                let of = |(metric, kind): &(u32, RouteKind)| Wanted {
                    metric: *metric,
                    ..common::wanted(kind.clone())
                };
                self.fib.want(n(i), wanted.as_ref().map(of));
                match wanted {
                    Some(wanted) => self.wanted.insert(n(i), wanted),
                    None => self.wanted.remove(&n(i)),
                };
            }
            Step::Program(max) => {
                // A plan may do what it likes, but not with what is somebody else's.
                let before = self.kernel.foreign();
                self.kernel.program(&mut self.fib, max);
                assert_eq!(self.kernel.foreign(), before, "a foreign route was touched");
            }
            Step::Tell(max) => self.kernel.tell(&mut self.fib, max),
            Step::Dump { all, lose } => {
                if lose {
                    self.kernel.lose();
                }
                self.kernel.dump(&mut self.fib, all);
            }
            Step::Break(i, true) => drop(self.kernel.broken.insert(n(i))),
            Step::Break(i, false) => drop(self.kernel.broken.remove(&n(i))),
            Step::Retry => drop(self.fib.retry_refused()),
            Step::Recovered => self.fib.set_recovering(false),
            Step::DeleteOurs(i, m) => {
                let _ = self.kernel.delete(&route(NETS[i], kind(0), PROTOCOL_BIRD, METRICS[m]));
            }
            Step::Foreign { net, metric, replace } => {
                let route = route(NETS[net], via("192.0.2.99"), FOREIGN, METRICS[metric]);
                if replace {
                    self.kernel.put(route);
                } else {
                    let _ = self.kernel.add(route);
                }
                // What we have not heard of we cannot spare: Linux has no replace that looks at the owner.
                self.kernel.tell(&mut self.fib, usize::MAX);
            }
            Step::DeleteForeign(i, m) => {
                let _ = self.kernel.delete(&route(NETS[i], kind(0), FOREIGN, METRICS[m]));
            }
            Step::Planted(i, m, k) => {
                let _ = self.kernel.add(route(NETS[i], kind(k), PROTOCOL_BIRD, METRICS[m]));
            }
        }
    }

    /// Nobody else does anything any more.
    fn settle(&mut self) {
        self.kernel.broken.clear();
        self.fib.set_recovering(false);
        for _ in 0..4 {
            self.step(&Step::Dump { all: false, lose: false });
            self.fib.retry_refused();
            for _ in 0..20 {
                self.step(&Step::Program(usize::MAX));
                self.step(&Step::Tell(usize::MAX));
            }
        }
    }

    /// What our part of the kernel's table must be.
    fn expected(&self) -> BTreeMap<(IpNetwork, u32), RouteKind> {
        let foreign = self.kernel.foreign();
        let wanted = self.wanted.iter().map(|(net, (metric, kind))| ((*net, *metric), kind.clone()));
        wanted.filter(|(key, _)| !foreign.contains_key(key)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_comes_to_what_is_wanted(
        early in prop::collection::vec(step(), 0..10),
        steps in prop::collection::vec(step(), 0..60),
        learn in any::<bool>(),
        recovering in any::<bool>(),
    ) {
        let mut fib = Fib::new(MAIN, Family::Ipv4, 0, learn);
        fib.set_recovering(recovering);
        let mut world = World { kernel: Kernel::default(), fib, wanted: BTreeMap::new() };
        early.iter().for_each(|s| world.step(s));
        world.fib.feed_complete();
        steps.iter().for_each(|s| world.step(s));
        world.settle();
        prop_assert_eq!(world.kernel.ours(), world.expected());
        // And there it rests, but for what stands in somebody else's way.
        prop_assert!(!world.fib.has_plan());
        prop_assert_eq!(world.fib.has_refused(), world.wanted.len() != world.expected().len());
        world.step(&Step::Dump { all: true, lose: false });
        prop_assert!(!world.fib.has_plan());
        prop_assert_eq!(world.fib.wanted_count(), world.wanted.len());
        // In the end nothing of ours is left.
        for operation in world.fib.remove_all() {
            prop_assert_eq!(world.kernel.apply(&operation), None);
        }
        prop_assert_eq!(world.kernel.ours(), BTreeMap::new());
    }
}
