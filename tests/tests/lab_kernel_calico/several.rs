//! Several next hops, and the tunnel.

use anyhow::{Result, ensure};
use godwit_lab::{Program, Router, until};

use super::{Lab, Monitor, kernel, kernel_is};

const SHARED: &str = "10.65.0.0/26";
const SHARED6: &str = "2001:db8:65::/64";
const SINGLE: &str = "10.65.1.0/26";

const NODE16: &str = r#"
log stderr all;
router id 192.0.2.1;
protocol device { scan time 2; }
template bgp node { local as 64512; multihop; gateway recursive; import all; export all;
  connect delay time 1; connect retry time 1; error wait time 1, 1; }
protocol direct { interface -"cali*", -"kube-ipvs*", "*"; }
protocol bgp a from node { neighbor 192.0.2.2 as 64512; source address 192.0.2.1; }
protocol bgp b from node { neighbor 198.51.100.2 as 64512; source address 198.51.100.1; }
"#;

/// Both neighbors have the same net: one route over both, in both families. One leaves and comes back.
#[test]
fn lab_equal_paths_are_one_route() -> Result<()> {
    let lab = Lab::new("ecmp")?;
    let config = "log stderr all;
        router id 192.0.2.1;
        protocol device {}
        protocol direct { ipv4; ipv6; }
        protocol kernel { merge paths on; ipv4 { export where source = RTS_BGP; }; }
        protocol kernel { merge paths on; ipv6 { export where source = RTS_BGP; }; }
        template bgp node { local as 64512; connect delay time 1; connect retry time 1; error wait time 1, 1; }
        protocol bgp a4 from node { neighbor 192.0.2.2 as 64512; ipv4 { import all; gateway recursive; }; }
        protocol bgp b4 from node { neighbor 198.51.100.2 as 64512; ipv4 { import all; gateway recursive; }; }
        protocol bgp a6 from node { neighbor 2001:db8:a::2 as 64512; ipv6 { import all; gateway recursive; }; }
        protocol bgp b6 from node { neighbor 2001:db8:b::2 as 64512; ipv6 { import all; gateway recursive; }; }";
    let nets = |r: &str| [r.to_owned()];
    let (four, six) = (nets(SHARED), nets(SHARED6));
    let _a = lab.neighbor(0, &[&four[0], SINGLE], &[&six[0]])?;
    let b = lab.neighbor(1, &[&four[0]], &[&six[0]])?;
    let both = [
        "10.65.0.0/26 proto bird metric 32",
        "nexthop via 192.0.2.2 dev na weight 1",
        "nexthop via 198.51.100.2 dev nb weight 1",
    ];
    let both6 = [
        "2001:db8:65::/64 proto bird metric 32",
        "nexthop via 2001:db8:a::2 dev na weight 1",
        "nexthop via 2001:db8:b::2 dev nb weight 1",
    ];
    let as_expected = |node: &Router| -> Result<()> {
        kernel_is(&lab.node, SHARED, &both, node)?;
        kernel_is(&lab.node, SHARED6, &both6, node)?;
        kernel_is(&lab.node, SINGLE, &["10.65.1.0/26 via 192.0.2.2 dev na proto bird metric 32"], node)
    };
    // What BIRD makes of it.
    let mut bird = Router::start(&lab.node, Program::Bird2, config)?;
    as_expected(&bird)?;
    bird.process().stop();
    let node = Router::start(&lab.node, Program::Godwit, config)?;
    as_expected(&node)?;
    ensure!(!node.log().contains("merge paths"), "{}", node.log());
    let monitor = Monitor::start(&lab.node)?;
    b.birdc("disable all");
    kernel_is(&lab.node, SHARED, &["10.65.0.0/26 via 192.0.2.2 dev na proto bird metric 32"], &node)?;
    kernel_is(
        &lab.node,
        SHARED6,
        &["2001:db8:65::/64 via 2001:db8:a::2 dev na proto bird metric 32"],
        &node,
    )?;
    b.birdc("enable all");
    kernel_is(&lab.node, SHARED, &both, &node)?;
    kernel_is(&lab.node, SHARED6, &both6, &node)?;
    // Each time in place: there was a route at every moment.
    let told = monitor.of_ours()?;
    ensure!(!told.is_empty() && !told.iter().any(|l| l.contains("Deleted")), "{told:#?}");
    Ok(())
}

/// `krt_tunnel`: to the BGP next hop through the interface, if there is one; else the plain way. Per next hop.
#[test]
fn lab_routes_go_through_the_tunnel_while_it_is_there() -> Result<()> {
    let lab = Lab::new("tunl")?;
    lab.add_tunnel()?;
    let _a = lab.neighbor(0, &[SHARED, SINGLE, "10.65.2.0/26"], &[])?;
    let _b = lab.neighbor(1, &[SHARED, "10.65.2.0/26"], &[])?;
    let config = format!(
        "{NODE16}
        filter programming {{
          if source = RTS_STATIC then {{ krt_tunnel = \"tunl0\"; accept; }}
          if source != RTS_BGP then reject;
          # CrossSubnet: the first neighbor is in our subnet, for one net.
          if net = 10.65.2.0/26 && bgp_next_hop ~ 192.0.2.0/24 then krt_tunnel = \"\"; else krt_tunnel = \"tunl0\";
          accept;
        }}
        protocol static {{ route 10.65.9.0/26 blackhole; route 10.65.10.0/26 via 192.0.2.2; }}
        protocol kernel {{ learn; persist; scan time 1; import all; export filter programming;
          graceful restart; merge paths on; }}"
    );
    let mut node = Router::start(&lab.node, Program::Godwit, &config)?;
    let single = "10.65.1.0/26 via 192.0.2.2 dev tunl0 proto bird onlink";
    kernel_is(&lab.node, SINGLE, &[single], &node)?;
    let shared = [
        "10.65.0.0/26 proto bird",
        "nexthop via 192.0.2.2 dev tunl0 weight 1 onlink",
        "nexthop via 198.51.100.2 dev tunl0 weight 1 onlink",
    ];
    kernel_is(&lab.node, SHARED, &shared, &node)?;
    let mixed = [
        "10.65.2.0/26 proto bird",
        "nexthop via 192.0.2.2 dev na weight 1",
        "nexthop via 198.51.100.2 dev tunl0 weight 1 onlink",
    ];
    kernel_is(&lab.node, "10.65.2.0/26", &mixed, &node)?;
    // Without a BGP next hop there is nothing to do with a tunnel.
    kernel_is(&lab.node, "10.65.9.0/26", &["blackhole 10.65.9.0/26 proto bird"], &node)?;
    kernel_is(&lab.node, "10.65.10.0/26", &["10.65.10.0/26 via 192.0.2.2 dev na proto bird"], &node)?;
    // Scans find nothing to do.
    let monitor = Monitor::start(&lab.node)?;
    std::thread::sleep(std::time::Duration::from_millis(2500));
    ensure!(monitor.of_ours()?.is_empty(), "{:#?}", monitor.of_ours());
    // The interface goes, and comes back with another number.
    lab.node.ip(&["link", "del", "tunl0"])?;
    kernel_is(&lab.node, SINGLE, &["10.65.1.0/26 via 192.0.2.2 dev na proto bird"], &node)?;
    until("plain next hops", || kernel(&lab.node, SHARED).iter().all(|l| !l.contains("tunl0")))?;
    ensure!(!node.log().contains("Netlink"), "{}", node.log());
    lab.add_tunnel()?;
    kernel_is(&lab.node, SINGLE, &[single], &node)?;
    kernel_is(&lab.node, SHARED, &shared, &node)?;
    ensure!(!node.log().contains("no effect"), "{}", node.log());
    // `persist`.
    node.process().stop();
    ensure!(kernel(&lab.node, SHARED) == shared && kernel(&lab.node, SINGLE) == [single]);
    Ok(())
}
