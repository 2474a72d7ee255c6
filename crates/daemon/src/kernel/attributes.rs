//! Kernel attributes of a route (`krt_…`) as the kernel has them, and back.

use godwit_filter::{AttributeValue, RouteAttributes};
use godwit_netlink::{KernelRoute, Metrics, RouteKind};

// rtnetlink(7), rtm_scope.
const RT_SCOPE_UNIVERSE: u8 = 0;
const RT_SCOPE_LINK: u8 = 253;

/// The kernel's metrics (RTAX_*), each with the attribute it is. The first and that of features are sets of bits:
/// filters name those one by one.
const METRICS: [(u16, &str); 15] = [
    (1, godwit_filter::KERNEL_LOCK),
    (2, "krt_mtu"),
    (3, "krt_window"),
    (4, "krt_rtt"),
    (5, "krt_rttvar"),
    (6, "krt_sstresh"),
    (7, "krt_cwnd"),
    (8, "krt_advmss"),
    (9, "krt_reordering"),
    (10, "krt_hoplimit"),
    (11, "krt_initcwnd"),
    (12, godwit_filter::KERNEL_FEATURES),
    (13, "krt_rto_min"),
    (14, "krt_initrwnd"),
    (15, "krt_quickack"),
];

/// A number among the attributes.
pub(super) fn number(attributes: &RouteAttributes, name: &str) -> Option<u32> {
    match attributes.extra(name) {
        Some(AttributeValue::Int(n)) => Some(*n),
        _ => None,
    }
}

/// The kernel's metrics that a route is to have.
pub(super) fn metrics(attributes: &RouteAttributes) -> Metrics {
    let mut metrics = Metrics::default();
    if attributes.extra.is_some() {
        for (which, name) in METRICS {
            metrics.set(which, number(attributes, name).unwrap_or(0));
        }
    }
    metrics
}

/// What a foreign route is known by.
pub(super) fn learn(attributes: &mut RouteAttributes, route: &KernelRoute, dialect16: bool) {
    let mut set = |name: &str, n: u32| attributes.set_extra(name, Some(AttributeValue::Int(n)));
    set("krt_source", route.protocol.into());
    set("krt_metric", route.metric);
    // BIRD 1.6 expects the scope of a link where there is no gateway, and mentions only what differs.
    let hops = match &route.kind {
        RouteKind::Unicast(hops) => hops.as_slice(),
        RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit => &[],
    };
    let device = !hops.is_empty() && hops.iter().all(|h| h.gateway.is_none());
    let usual = if dialect16 && device { RT_SCOPE_LINK } else { RT_SCOPE_UNIVERSE };
    if route.scope != usual {
        set("krt_scope", route.scope.into());
    }
    // Several next hops have their own: 1.6 does not look there.
    if route.realm != 0 && !(dialect16 && hops.len() > 1) {
        set("krt_realm", route.realm);
    }
    for (which, value) in route.metrics.iter() {
        if let Some((_, name)) = METRICS.iter().find(|(number, _)| *number == which) {
            set(name, value);
        }
    }
    if let Some(prefsrc) = route.prefsrc {
        attributes.set_extra("krt_prefsrc", Some(AttributeValue::Ip(prefsrc)));
    }
}
