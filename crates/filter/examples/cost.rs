//! What a run of a filter costs: nanoseconds per route for some filters.
//!
//! `cargo run --release -p godwit-filter --example cost`

use std::hint::black_box;
use std::time::Instant;

use godwit_filter::{
    Destination, Filter, NextHop, NoSurroundings, ProgramBuilder, RouteAttributes, RouteSource, Subject,
};
use godwit_wire::AsPath;
use ipnetwork::{IpNetwork, Ipv4Network};

const ROUNDS: usize = 2_000_000;

fn main() {
    let program = ProgramBuilder::default().finish();
    let filter = |text: &str| program.filter_body(text).unwrap_or_else(|e| panic!("{}", e.message));
    let ten = "{
        if net ~ [10.0.0.0/8+, 172.16.0.0/12+] && defined(bgp_local_pref) && bgp_local_pref > 50
           && bgp_path ~ [= * 65003 =] && (65001,2) ~ bgp_community && source = RTS_BGP
           && net.len <= 24 && bgp_path.len < 10 && proto ~ \"Mesh_*\" && preference = 100
        then accept;
        reject; }";
    let calico = "{
        if (net ~ 169.254.0.0/16) then { reject; }
        if (net = 10.65.0.0/26) then { accept; }
        if (net ~ 10.65.0.0/26) then { reject; }
        if (net ~ 10.66.0.0/16) then { accept; }
        if (net ~ 10.0.0.0/8) then { accept; }
        reject; }";
    let entries: Vec<String> = (0..10_000u32)
        .map(|i| {
            format!(
                "{}/24+",
                std::net::Ipv4Addr::from(0x0a00_0000 + i.wrapping_mul(2_654_435_761) % 65_536 * 256)
            )
        })
        .collect();
    let large = format!("{{ if net ~ [{}] then accept; reject; }}", entries.join(", "));
    let mask = "{ if bgp_path ~ [= * 65009 [65002, 65100..65200] ? * =] then reject;
        if bgp_path ~ [= 65001 * 65003 =] then accept; reject; }";
    // 25 that are added and 25 that are taken away again, one by one.
    let operations =
        (0..25).map(|i| format!("bgp_community.add((65010,{i})); bgp_community.delete([(65010,{i}..{i})]);"));
    let communities = format!("{{ {} accept; }}", operations.collect::<String>());
    let set = "{ bgp_local_pref = 200; bgp_community.add((1,2)); accept; }";
    for (name, filter) in [
        ("accept all", filter("{ accept; }")),
        ("ten terms", filter(ten)),
        ("Calico export", filter(calico)),
        ("prefix set of 10,000", filter(&large)),
        ("a path mask", filter(mask)),
        ("50 community operations", filter(&communities)),
        ("sets two attributes", filter(set)),
    ] {
        println!("{name:<26}{:>8.1} ns", cost(&filter));
    }
}

#[allow(clippy::disallowed_methods)] // a benchmark is what clocks are for
fn cost(filter: &Filter) -> f64 {
    let hop = NextHop { gateway: Some([192, 0, 2, 1].into()), ifindex: 2, weight: 1, onlink: false };
    let mut route = RouteAttributes::new(RouteSource::Bgp, 100, Destination::Unicast(hop));
    route.bgp.as_path = Some(AsPath::from_sequence(&[65001, 65002, 65003]));
    route.bgp.local_pref = Some(100);
    route.bgp.communities = vec![65001 << 16 | 1, 65001 << 16 | 2].into();
    let nets: Vec<IpNetwork> = (0..4096u32)
        .filter_map(|i| Ipv4Network::new((0x0a00_0000 + i * 4096).into(), 24).ok())
        .map(|n| Ipv4Network::new(n.network(), 24).map_or(n, |n| n).into())
        .collect();
    let mut accepted = 0usize;
    let start = Instant::now();
    for i in 0..ROUNDS {
        let net = nets
            .get(i % nets.len())
            .copied()
            .unwrap_or(IpNetwork::V4(Ipv4Network::from(std::net::Ipv4Addr::LOCALHOST)));
        let subject = Subject { net, protocol: "Mesh_1", attributes: &route, surroundings: &NoSurroundings };
        let outcome = filter.run(black_box(&subject));
        accepted += usize::from(outcome.verdict == godwit_filter::Verdict::Accept);
    }
    black_box(accepted);
    start.elapsed().as_nanos() as f64 / ROUNDS as f64
}
