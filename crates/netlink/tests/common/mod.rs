//! Routes for tests, and a kernel to try plans on.
#![allow(dead_code, unreachable_pub)]

pub mod kernel;
pub mod namespace;
pub mod table;

use godwit_netlink::{
    Family, Fib, KernelRoute, Metrics, Operation, PROTOCOL_BIRD, RouteHop, RouteKind, Wanted,
};
use ipnetwork::IpNetwork;

/// RTPROT_STATIC: somebody else.
pub const FOREIGN: u8 = 4;
/// The main table.
pub const MAIN: u32 = 254;

pub fn net(text: &str) -> IpNetwork {
    text.parse().expect("a prefix")
}

pub fn hop(gateway: &str, ifindex: u32) -> RouteHop {
    RouteHop { gateway: Some(gateway.parse().expect("an address")), ifindex, weight: 1, onlink: false }
}

pub fn via(gateway: &str) -> RouteKind {
    RouteKind::Unicast(vec![hop(gateway, 2)])
}

pub fn wanted(kind: RouteKind) -> Wanted {
    Wanted { kind, prefsrc: None, metric: 0, scope: None, realm: 0, metrics: Metrics::default() }
}

pub fn route(prefix: &str, kind: RouteKind, protocol: u8, metric: u32) -> KernelRoute {
    KernelRoute {
        table: MAIN,
        net: net(prefix),
        kind,
        protocol,
        metric,
        prefsrc: None,
        scope: 0,
        realm: 0,
        metrics: Metrics::default(),
    }
}

pub fn ours(prefix: &str, kind: RouteKind) -> KernelRoute {
    route(prefix, kind, PROTOCOL_BIRD, 0)
}

/// A picture of an empty IPv4 main table after the first dump.
pub fn empty_fib() -> Fib {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, true);
    dump(&mut fib, &[]);
    fib.feed_complete();
    fib
}

/// A whole dump of a table.
pub fn dump(fib: &mut Fib, routes: &[KernelRoute]) {
    fib.begin_resync();
    for route in routes {
        let _ = fib.observe(route, false);
    }
    let _ = fib.end_resync();
}

/// Plans, and says all went well.
pub fn applied(fib: &mut Fib) -> Vec<Operation> {
    let plan = fib.plan(usize::MAX);
    plan.iter().for_each(|operation| {
        fib.result(operation, None);
    });
    plan
}

/// A plan in short, e.g. `+10.0.0.0/8 =10.1.0.0/16 -10.2.0.0/16`.
pub fn short(plan: &[Operation]) -> String {
    let one = |operation: &Operation| match operation {
        Operation::Add(route) => format!("+{}", route.net),
        Operation::Replace(route) => format!("={}", route.net),
        Operation::Delete(route) => format!("-{}", route.net),
    };
    plan.iter().map(one).collect::<Vec<_>>().join(" ")
}
