//! The attribute lines of `show route all`.

use std::net::Ipv4Addr;

use godwit_filter::{
    AttributeValue, KERNEL_FEATURE_BITS, KERNEL_FEATURES, KERNEL_LOCK, KERNEL_LOCK_BITS, RouteAttributes,
};
use godwit_wire::{Origin, PathAttributes, UnknownAttribute};

/// A list goes on in a new line once a line is longer than this, by the longest item it may hold.
const WRAP_COMMUNITIES: usize = 474;
const WRAP_WIDE: usize = 432;
/// A single value is cut so that its line has this many octets, the last three made dots.
const CUT_AT: usize = 492;

/// It stands before all others.
const IGP_METRIC: &str = "igp_metric";

/// The attribute lines of a route, each with its leading tab, in BIRD's order.
pub fn lines(route: &RouteAttributes) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(AttributeValue::Int(metric)) = route.extra(IGP_METRIC) {
        single(&mut out, IGP_METRIC, &metric.to_string());
    }
    path_attributes(&mut out, &route.bgp);
    extra(&mut out, route);
    out
}

fn path_attributes(out: &mut Vec<String>, bgp: &PathAttributes) {
    if let Some(origin) = bgp.origin {
        let name = match origin {
            Origin::Igp => "IGP",
            Origin::Egp => "EGP",
            Origin::Incomplete => "Incomplete",
        };
        single(out, "BGP.origin", name);
    }
    if let Some(path) = &bgp.as_path {
        single(out, "BGP.as_path", &path.to_string());
    }
    let rare = bgp.rare.as_deref();
    if let Some(hop) = bgp.next_hop {
        match rare.and_then(|r| r.link_local_next_hop) {
            Some(local) => single(out, "BGP.next_hop", &format!("{hop} {local}")),
            None => single(out, "BGP.next_hop", &hop.to_string()),
        }
    }
    if let Some(med) = bgp.med {
        single(out, "BGP.med", &med.to_string());
    }
    if let Some(pref) = bgp.local_pref {
        single(out, "BGP.local_pref", &pref.to_string());
    }
    if rare.is_some_and(|r| r.atomic_aggregate) {
        single(out, "BGP.atomic_aggr", "");
    }
    if let Some(a) = rare.and_then(|r| r.aggregator) {
        single(out, "BGP.aggregator", &format!("{} AS{}", a.address, a.asn));
    }
    if !bgp.communities.is_empty() {
        let items = bgp.communities.iter().map(|c| format!("({},{})", c >> 16, c & 0xffff));
        list(out, "BGP.community", WRAP_COMMUNITIES, items);
    }
    let Some(rare) = rare else { return };
    if let Some(id) = rare.originator_id {
        single(out, "BGP.originator_id", &id.to_string());
    }
    if !rare.cluster_list.is_empty() {
        list(
            out,
            "BGP.cluster_list",
            WRAP_COMMUNITIES,
            rare.cluster_list.iter().map(|c| Ipv4Addr::from(*c).to_string()),
        );
    }
    if !rare.ext_communities.is_empty() {
        list(out, "BGP.ext_community", WRAP_WIDE, rare.ext_communities.iter().map(ToString::to_string));
    }
    let (before, after): (Vec<_>, Vec<_>) = rare.unknown.iter().partition(|a| a.code < 32);
    for a in before {
        unknown(out, a);
    }
    if let Some(metric) = rare.aigp {
        single(out, "BGP.aigp", &metric.to_string());
    }
    if !rare.large_communities.is_empty() {
        list(out, "BGP.large_community", WRAP_WIDE, rare.large_communities.iter().map(ToString::to_string));
    }
    if let Some(asn) = rare.only_to_customer {
        single(out, "BGP.otc", &asn.to_string());
    }
    for a in after {
        unknown(out, a);
    }
}

fn unknown(out: &mut Vec<String>, a: &UnknownAttribute) {
    let transitive = if a.flags & 0x40 != 0 { " [t]" } else { "" };
    // BIRD cuts what does not fit a line too; more octets than this never show.
    let hex: Vec<String> = a.value.iter().take(200).map(|b| format!("{b:02x}")).collect();
    single(out, &format!("BGP.{:02x}{transitive}", a.code), &hex.join(" "));
}

fn words(list: impl Iterator<Item = String>) -> String {
    list.collect::<Vec<_>>().join(" ")
}

fn extra(out: &mut Vec<String>, route: &RouteAttributes) {
    let Some(list) = route.extra.as_deref() else { return };
    // Kernel attributes first by their numbers, then the rest by name.
    let rank = |name: &str| KERNEL.iter().position(|k| *k == name).unwrap_or(KERNEL.len());
    let mut sorted: Vec<_> = list.iter().filter(|a| *a.name != *IGP_METRIC).collect();
    sorted.sort_by_key(|a| rank(&a.name));
    for a in sorted {
        let value = match &a.value {
            AttributeValue::Int(set) if *a.name == *KERNEL_LOCK => bits(*set, &KERNEL_LOCK_BITS),
            AttributeValue::Int(set) if *a.name == *KERNEL_FEATURES => bits(*set, &KERNEL_FEATURE_BITS),
            AttributeValue::Int(n) => n.to_string(),
            AttributeValue::Bool(true) => "TRUE".into(),
            AttributeValue::Bool(false) => "FALSE".into(),
            AttributeValue::Ip(ip) => ip.to_string(),
            AttributeValue::String(s) => s.to_string(),
            AttributeValue::Bytes(octets) => words(octets.iter().map(|o| format!("{o:02x}"))),
            AttributeValue::Path(path) => path.to_string(),
            AttributeValue::Clist(list) => {
                words(list.iter().map(|c| format!("({},{})", c >> 16, c & 0xffff)))
            }
            AttributeValue::Eclist(list) => words(list.iter().map(ToString::to_string)),
            AttributeValue::Lclist(list) => words(list.iter().map(ToString::to_string)),
        };
        match a.name.strip_prefix("krt_") {
            Some(short) if value.is_empty() => out.push(format!("\tKernel.{short}:")),
            Some(short) => single(out, &format!("Kernel.{short}"), &value),
            None => single(out, &a.name, &value),
        }
    }
}

const KERNEL: [&str; 21] = [
    "krt_source",
    "krt_metric",
    "krt_prefsrc",
    "krt_realm",
    "krt_scope",
    "krt_tunnel",
    KERNEL_LOCK,
    "krt_mtu",
    "krt_window",
    "krt_rtt",
    "krt_rttvar",
    "krt_sstresh",
    "krt_cwnd",
    "krt_advmss",
    "krt_reordering",
    "krt_hoplimit",
    "krt_initcwnd",
    KERNEL_FEATURES,
    "krt_rto_min",
    "krt_initrwnd",
    "krt_quickack",
];

/// The names of the bits that are set, and as one number those that have none.
fn bits(mut set: u32, names: &[(&str, u32)]) -> String {
    let mut words = Vec::new();
    for (name, place) in names {
        if set & (1 << place) != 0 {
            words.push((*name).to_owned());
            set &= !(1 << place);
        }
    }
    if set != 0 {
        words.push(format!("{set:08x}"));
    }
    words.join(" ")
}

fn single(out: &mut Vec<String>, name: &str, value: &str) {
    let line = format!("\t{name}: {value}");
    out.push(match line.get(..CUT_AT - 3) {
        Some(start) if line.len() > CUT_AT => format!("{start}..."),
        _ => line,
    });
}

fn list(out: &mut Vec<String>, name: &str, wrap: usize, items: impl Iterator<Item = String>) {
    let mut line = format!("\t{name}: ");
    let mut first = true;
    for item in items {
        if !first && line.len() > wrap {
            out.push(std::mem::replace(&mut line, "\t\t".into()));
            first = true;
        }
        if !first {
            line.push(' ');
        }
        line.push_str(&item);
        first = false;
    }
    out.push(line);
}

#[cfg(test)]
mod tests {
    use godwit_filter::{Destination, RouteSource};

    use super::*;

    #[test]
    fn kernel_attributes_have_an_order_and_bits_have_names() {
        let mut route = RouteAttributes::new(RouteSource::Inherit, 10, Destination::Unreachable);
        let numbers = [("krt_mtu", 1400), ("krt_metric", 5), ("krt_quickack", 1), ("krt_realm", 0x0003_0007)];
        let sets = [(KERNEL_LOCK, 1 << 16 | 1 << 13 | 1 << 2), (KERNEL_FEATURES, 0)];
        for (name, n) in numbers.into_iter().chain(sets) {
            route.set_extra(name, Some(AttributeValue::Int(n)));
        }
        let expected = [
            "\tKernel.metric: 5",
            "\tKernel.realm: 196615",
            "\tKernel.lock: mtu rto_min 00010000",
            "\tKernel.mtu: 1400",
            "\tKernel.features:",
            "\tKernel.quickack: 1",
        ];
        assert_eq!(lines(&route), expected);
    }
}
