//! What filters do with routes.

use crate::common::Node;
use crate::common::routes::{Route, exported, imported, number, text};
use godwit_control::Family;
use godwit_control::settings::Release;

const POOLS: &str = "
---
{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: plain}, spec: {cidr: 172.16.0.0/16}}
---
{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: ipip}, spec: {cidr: 172.17.0.0/16, ipipMode: Always}}
---
{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: cross}, spec: {cidr: 172.18.0.0/16, ipipMode: CrossSubnet}}
---
{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: vxlan}, spec: {cidr: 172.19.0.0/16, vxlanMode: Always}}
---
{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: hidden}, spec: {cidr: 172.20.0.0/16, disableBGPExport: true}}
---
{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: off}, spec: {cidr: 172.21.0.0/16, disabled: true}}
---
{kind: BlockAffinity, apiVersion: projectcalico.org/v3, metadata: {name: b1}, spec: {node: node-a, cidr: 172.16.1.0/26, state: confirmed}}
---
{kind: BlockAffinity, apiVersion: projectcalico.org/v3, metadata: {name: b2}, spec: {node: node-a, cidr: 172.16.2.0/26, state: pendingDeletion}}
---
{kind: BlockAffinity, apiVersion: projectcalico.org/v3, metadata: {name: b3}, spec: {node: node-a, cidr: 172.16.3.0/26, state: pending}}
---
{kind: BlockAffinity, apiVersion: projectcalico.org/v3, metadata: {name: b4}, spec: {node: node-a, cidr: 172.16.4.1/32, state: confirmed}}
---
{kind: BlockAffinity, apiVersion: projectcalico.org/v3, metadata: {name: b5}, spec: {node: node-b, cidr: 172.16.5.0/26, state: confirmed}}
---
{kind: BlockAffinity, apiVersion: crd.projectcalico.org/v1, metadata: {name: b6}, spec: {node: node-a, cidr: 172.16.6.0/26, state: confirmed, deleted: 'true'}}
---
";

const TOR: &str = "
---
{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: tor}, spec: {peerIP: 192.0.2.1, asNumber: 65001}}
---
";

/// LOCAL_PREF of an ordinary route.
const NORMAL: u32 = 2_147_482_623;

fn node() -> Node {
    Node::new(&format!("{POOLS}{TOR}"))
}

/// Whether a route goes to the mesh, and to the router outside.
fn goes(node: &Node, route: &Route) -> (bool, bool) {
    let to = |name: &str| exported(node.protocol(name), route.clone()).is_some();
    (to("Mesh_10_0_0_3"), to("Global_192_0_2_1"))
}

/// Whether a route goes to the kernel.
fn programmed(node: &Node, route: &Route) -> bool {
    exported(node.protocol("kernel1"), route.clone()).is_some()
}

#[test]
fn own_blocks_go_out_whole() {
    let node = node();
    assert_eq!(goes(&node, &Route::blackhole("172.16.1.0/26")), (true, true));
    assert_eq!(goes(&node, &Route::workload("172.16.1.5/32")), (false, false));
    // A workload that has just moved here has the better priority.
    let moved = Route::workload("172.16.1.5/32").with("krt_metric", 512);
    assert_eq!(goes(&node, &moved), (true, true));
}

/// Trap 10.
#[test]
fn a_block_that_is_being_released_lets_its_addresses_out() {
    let node = node();
    assert_eq!(goes(&node, &Route::blackhole("172.16.2.0/26")), (true, true));
    assert_eq!(goes(&node, &Route::workload("172.16.2.5/32")), (true, true));
}

/// Traps 10 and 11.
#[test]
fn blackholes_are_for_own_blocks_that_are_more_than_an_address() {
    assert_eq!(node().static_routes(Family::V4), ["172.16.1.0/26", "172.16.2.0/26"]);
}

#[test]
fn addresses_of_others_blocks_on_our_node_go_out_as_they_are() {
    assert_eq!(goes(&node(), &Route::workload("172.16.5.9/32")), (true, true));
    assert_eq!(goes(&node(), &Route::workload("172.16.4.1/32")), (true, true), "a block of one address");
}

/// Trap 9.
#[test]
fn a_disabled_pool_is_announced_and_a_hidden_one_is_not() {
    let node = node();
    assert_eq!(goes(&node, &Route::workload("172.21.0.1/32")), (true, true));
    assert_eq!(goes(&node, &Route::workload("172.20.0.1/32")), (false, false));
    assert!(programmed(&node, &Route::bgp("172.20.1.0/26", NORMAL)), "the kernel has it all the same");
}

#[test]
fn what_is_in_no_pool_stays_here() {
    let node = node();
    assert_eq!(goes(&node, &Route::bgp("0.0.0.0/0", 100)), (false, false));
    assert_eq!(goes(&node, &Route::workload("192.0.2.77/32")), (false, false));
}

#[test]
fn tunnels_of_felix_are_for_outside_only() {
    let node = node();
    for interface in ["vxlan.calico", "wireguard.cali", "tunl0"] {
        assert_eq!(goes(&node, &Route::felix("172.19.5.0/26", interface)), (false, true), "{interface}");
    }
    assert_eq!(goes(&node, &Route::felix("172.19.5.0/26", "bpfin.cali")), (false, false));
}

/// Trap 20.
#[test]
fn routes_that_felix_programs_without_a_tunnel_are_not_ours_to_announce() {
    let manifest = format!("{POOLS}{TOR}");
    assert_eq!(goes(&node(), &Route::felix("172.16.9.0/26", "eth0")), (false, true));
    let exact = Node::exact(Release::V3_33, &manifest);
    assert_eq!(goes(&exact, &Route::felix("172.16.9.0/26", "eth0")), (true, true), "Calico's gap");
}

/// Trap 5.
#[test]
fn local_pref_and_the_kernels_metric_add_up() {
    let node = node();
    let out = |route| exported(node.protocol("Mesh_10_0_0_3"), route).expect("passes").bgp.local_pref;
    assert_eq!(out(Route::blackhole("172.16.1.0/26")), Some(NORMAL));
    assert_eq!(out(Route::workload("172.16.5.9/32").with("krt_metric", 512)), Some(2_147_483_135));
    let metric = |lp| {
        let route = exported(node.protocol("kernel1"), Route::bgp("192.0.2.0/24", lp)).expect("passes");
        (number(&route, "krt_metric"), route.preference)
    };
    assert_eq!(metric(NORMAL), (Some(1024), 100));
    assert_eq!(metric(2_147_483_135), (Some(512), 200));
    assert_eq!(metric(100), (Some(2_147_483_547), 100));
}

#[test]
fn a_better_priority_beats_the_kernels_route_on_import() {
    let node = node();
    let preference = |lp| {
        imported(node.protocol("Mesh_10_0_0_3"), Route::bgp("172.16.5.9/32", lp)).expect("passes").preference
    };
    assert_eq!(preference(NORMAL), 100);
    assert_eq!(preference(NORMAL + 1), 200);
}

#[test]
fn before_3_32_there_are_no_priorities() {
    let node = Node::exact(Release::V3_31, &format!("{POOLS}{TOR}"));
    let route = exported(node.protocol("Mesh_10_0_0_3"), Route::blackhole("172.16.1.0/26")).expect("passes");
    assert_eq!((route.bgp.local_pref, number(&route, "krt_metric")), (None, None));
    let moved = Route::workload("172.16.1.5/32").with("krt_metric", 512);
    assert_eq!(goes(&node, &moved), (false, false));
}

/// Trap 20: who programs what.
#[test]
fn each_release_and_setting_has_its_owner_of_routes() {
    let routes = |release, setting: &str| {
        let setting =
            if setting.is_empty() { String::new() } else { format!("programClusterRoutes: {setting}") };
        let node = Node::exact(
            release,
            &format!(
                "{POOLS}{{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {{name: default}}, spec: {{{setting}}}}}"
            ),
        );
        ["172.16.9.0/26", "172.17.9.0/26", "172.18.9.0/26", "172.19.9.0/26", "192.0.2.0/24"]
            .map(|net| programmed(&node, &Route::bgp(net, NORMAL)))
    };
    let (plain, ipip, both, none) = (
        [true, false, false, false, true],
        [false, true, true, false, true],
        [true, true, true, false, true],
        [false, false, false, false, true],
    );
    assert_eq!(routes(Release::V3_31, "Disabled"), both, "there was no such setting");
    assert_eq!(routes(Release::V3_32, ""), both);
    assert_eq!(routes(Release::V3_32, "Disabled"), none);
    assert_eq!(routes(Release::V3_33, ""), plain);
    assert_eq!(routes(Release::V3_33, "EnabledIPIPOnly"), ipip);
    assert_eq!(routes(Release::V3_33, "Enabled"), both);
    assert_eq!(routes(Release::V3_33, "Disabled"), none);
    assert_eq!(routes(Release::V3_33, "Nonsense"), plain);
}

#[test]
fn tunnels_are_for_what_crosses_subnets_or_for_all() {
    let node = Node::exact(Release::V3_32, POOLS);
    let tunnel = |route| {
        let route = exported(node.protocol("kernel1"), route).expect("passes");
        text(&route, "krt_tunnel").map(str::to_owned)
    };
    assert_eq!(tunnel(Route::bgp("172.16.9.0/26", NORMAL)), None);
    assert_eq!(tunnel(Route::bgp("172.17.9.0/26", NORMAL)).as_deref(), Some("tunl0"));
    assert_eq!(tunnel(Route::bgp("172.18.9.0/26", NORMAL)).as_deref(), Some(""));
    assert_eq!(tunnel(Route::bgp("172.18.9.0/26", NORMAL).far()).as_deref(), Some("tunl0"));
}

#[test]
fn the_lowest_name_decides_about_a_pool_that_is_there_twice() {
    let twice = "
{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: a}, spec: {cidr: 172.30.0.0/16, disableBGPExport: true}}
---
{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: b}, spec: {cidr: 172.30.0.0/16}}
";
    let node = Node::new(&format!("{twice}{TOR}"));
    assert_eq!(goes(&node, &Route::workload("172.30.0.1/32")), (false, false));
}

#[test]
fn wireguard_is_felixs() {
    let node = Node::new(
        "
{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-a}, spec: {bgp: {ipv4Address: 10.0.0.2/24}, wireguard: {interfaceIPv4Address: 10.9.0.1}}}
---
{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-b}, spec: {bgp: {ipv4Address: 10.0.0.3/24}, wireguard: {interfaceIPv4Address: 10.9.0.2}}}
",
    );
    assert!(!programmed(&node, &Route::bgp("192.0.2.0/24", NORMAL)), "its next hop is node-b");
    assert!(programmed(&node, &Route::bgp("192.0.2.0/24", NORMAL).far()));
}

/// A filter with rules of a direction, named by the peer outside.
fn filtered(direction: &str, rules: &str) -> Node {
    Node::new(&format!(
        "{POOLS}
{{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {{name: tor}}, spec: {{peerIP: 192.0.2.1, asNumber: 65001, filters: [f]}}}}
---
{{kind: BGPFilter, apiVersion: projectcalico.org/v3, metadata: {{name: f}}, spec: {{{direction}: [{rules}]}}}}
"
    ))
}

/// Trap 6.
#[test]
fn what_a_filter_accepts_skips_everything_after_it() {
    let export = filtered("exportV4", "{action: Accept, cidr: 172.20.0.0/16, matchOperator: In}");
    assert_eq!(goes(&export, &Route::workload("172.20.0.1/32")), (false, true), "a hidden pool");
    let import = filtered("importV4", "{action: Accept}");
    let route = Route::bgp("172.16.5.9/32", NORMAL + 1);
    let preference = imported(import.protocol("Global_192_0_2_1"), route).map(|r| r.preference);
    assert_eq!(preference, Some(100), "not raised");
}

/// Trap 7.
#[test]
fn filters_are_not_for_the_mesh() {
    let node = filtered("exportV4", "{action: Reject}");
    assert_eq!(goes(&node, &Route::blackhole("172.16.1.0/26")), (true, false));
}

#[test]
fn every_criterion_of_a_rule() {
    let passes = |rule: &str, route: Route| {
        let node = filtered("importV4", &format!("{{action: Accept, {rule}}}, {{action: Reject}}"));
        imported(node.protocol("Global_192_0_2_1"), route).is_some()
    };
    let net = |net: &str| Route::bgp(net, NORMAL);
    for (operator, same, inside, outside) in [
        ("Equal", true, false, false),
        ("NotEqual", false, true, true),
        ("In", true, true, false),
        ("NotIn", false, false, true),
    ] {
        let rule = format!("cidr: 10.8.0.0/16, matchOperator: {operator}");
        assert_eq!(passes(&rule, net("10.8.0.0/16")), same, "{operator}");
        assert_eq!(passes(&rule, net("10.8.1.0/24")), inside, "{operator}");
        assert_eq!(passes(&rule, net("10.9.0.0/16")), outside, "{operator}");
    }
    let lengths = "cidr: 10.8.0.0/16, matchOperator: In, prefixLength: {min: 20, max: 24}";
    assert_eq!(
        ["10.8.0.0/16", "10.8.0.0/20", "10.8.1.0/24", "10.8.1.0/25"].map(|n| passes(lengths, net(n))),
        [false, true, true, false]
    );
    assert!(passes("source: RemotePeers", net("10.8.0.0/16")));
    assert!(!passes("source: RemotePeers", Route::workload("10.8.0.1/32")));
    assert!(passes("interface: 'eth*'", net("10.8.0.0/16")));
    assert!(!passes("interface: 'cali*'", net("10.8.0.0/16")));
    assert!(passes("communities: {values: ['65001:7']}", net("10.8.0.0/16").with_community(65001, 7)));
    assert!(!passes("communities: {values: ['65001:7']}", net("10.8.0.0/16")));
    assert!(passes("peerType: eBGP", net("10.8.0.0/16")));
    assert!(!passes("peerType: iBGP", net("10.8.0.0/16")));
    assert!(passes("priority: 1024", net("10.8.0.0/16")));
    assert!(!passes("priority: 512", net("10.8.0.0/16")));
}

#[test]
fn operations_of_a_rule() {
    let node = filtered(
        "exportV4",
        "{action: Accept, operations: [{addCommunity: {value: '65001:9'}}, {prependASPath: {prefix: [65010, 65011]}}, {setPriority: {value: 512}}]}",
    );
    let route =
        exported(node.protocol("Global_192_0_2_1"), Route::bgp("172.16.7.0/26", NORMAL)).expect("passes");
    assert_eq!(route.bgp.local_pref, Some(2_147_483_135));
    assert!(route.bgp.communities.contains(&(65001 << 16 | 9)));
    let path = route.bgp.as_path.expect("a path").to_string();
    assert!(path.starts_with("65010 65011"), "{path}");
}

#[test]
fn a_filter_that_is_not_there_filters_nothing_and_is_told_of() {
    let node = Node::new(
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: tor}, spec: {peerIP: 192.0.2.1, asNumber: 65001, filters: [nope]}}",
    );
    assert_eq!(node.problems(), ["BGPPeer tor names BGPFilter nope, which is not there: it filters nothing"]);
    assert!(imported(node.protocol("Global_192_0_2_1"), Route::bgp("10.8.0.0/16", 100)).is_some());
}

#[test]
fn a_filter_that_cannot_be_read_lets_nothing_pass_and_only_there() {
    let node = filtered("exportV4", "{action: Perhaps}");
    assert_eq!(goes(&node, &Route::blackhole("172.16.1.0/26")), (true, false));
    let problems = node.problems();
    assert!(
        problems.iter().any(|p| p == "BGPPeer tor names BGPFilter f, which is refused: nothing passes"),
        "{problems:?}"
    );
}

#[test]
fn a_filter_that_becomes_unreadable_stays_as_it_was() {
    let mut node = filtered("exportV4", "{action: Accept, cidr: 172.20.0.0/16, matchOperator: In}");
    node.apply("{kind: BGPFilter, apiVersion: projectcalico.org/v3, metadata: {name: f}, spec: {exportV4: [{action: Perhaps}]}}");
    assert_eq!(goes(&node, &Route::workload("172.20.0.1/32")), (false, true));
    assert_eq!(node.compiler.cluster().refused().len(), 1);
}

#[test]
fn communities_are_added_to_what_is_announced() {
    let settings = "
{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: default}, spec: {
  communities: [{name: pods, value: '65001:77'}],
  prefixAdvertisements: [{cidr: 172.16.0.0/16, communities: [pods, '65001:78', unknown]}]}}
";
    let communities = |node: &Node, net: &str| {
        let route = exported(node.protocol("Mesh_10_0_0_3"), Route::blackhole(net)).expect("passes");
        route.bgp.communities.iter().map(|c| c & 0xffff).collect::<Vec<u32>>()
    };
    let mut node = Node::new(&format!("{POOLS}{settings}"));
    assert_eq!(communities(&node, "172.16.1.0/26"), [77, 78]);
    assert_eq!(communities(&node, "172.21.0.0/26"), [0_u32; 0]);
    // The node's own list replaces the common one, for every prefix.
    node.apply(
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: node.node-a}, spec: {
           prefixAdvertisements: [{cidr: 172.21.0.0/16, communities: ['65001:5']}]}}",
    );
    assert_eq!(communities(&node, "172.16.1.0/26"), [0_u32; 0]);
    assert_eq!(communities(&node, "172.21.0.0/26"), [5]);
}

#[test]
fn hostile_names_stay_within_their_quotes() {
    let name = "x'() { accept; } function 'y";
    let node = Node::new(&format!(
        "{POOLS}
{{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {{name: tor}}, spec: {{peerIP: 192.0.2.1, asNumber: 65001, filters: [\"{name}\"]}}}}
---
{{kind: BGPFilter, apiVersion: projectcalico.org/v3, metadata: {{name: \"{name}\"}}, spec: {{exportV4: [{{action: Reject}}]}}}}
"
    ));
    assert_eq!(goes(&node, &Route::blackhole("172.16.1.0/26")), (true, false));
}

/// With `USE_POD_CIDR` the address of WireGuard follows from the key and the pod CIDR.
#[test]
fn wireguard_of_pod_cidrs_needs_no_address() {
    let node = |name: &str, address: &str| {
        format!(
            "{{kind: Node, apiVersion: v1, metadata: {{name: {name}, annotations: {{projectcalico.org/IPv4Address: {address}/24,
               projectcalico.org/WireguardPublicKey: key}}}}, spec: {{podCIDRs: [10.244.1.0/24]}}}}"
        )
    };
    let manifests = [node("node-a", "10.0.0.2"), node("node-b", "10.0.0.3")];
    let of = |use_pod_cidr| {
        let settings = godwit_control::settings::NodeSettings {
            use_pod_cidr,
            ..crate::common::settings(Release::V3_33)
        };
        Node::of(settings, godwit_control::Fidelity::Godwit, &manifests.each_ref().map(String::as_str))
    };
    assert!(!programmed(&of(true), &Route::bgp("192.0.2.0/24", NORMAL)));
    assert!(programmed(&of(false), &Route::bgp("192.0.2.0/24", NORMAL)));
    assert_eq!(of(true).static_routes(Family::V4), ["10.244.1.0/24"]);
}

/// calico.md §3.12, line by line.
#[test]
fn releases_differ_as_they_are_documented_to() {
    let manifest = format!(
        "{POOLS}{TOR}---
{{kind: Node, apiVersion: projectcalico.org/v3, metadata: {{name: node-b}}, spec: {{bgp: {{ipv4Address: 10.0.0.3/24, asNumber: 65001}}}}}}
"
    );
    let node = |release| Node::exact(release, &manifest);
    // The mesh imports everything as it is.
    let mesh_import =
        |release| node(release).protocol("Mesh_10_0_0_3").channels.first().map(|c| c.import.clone());
    for release in [Release::V3_30, Release::V3_31] {
        assert_eq!(mesh_import(release), Some(godwit_config::Policy::All), "{release}");
    }
    for release in [Release::V3_32, Release::V3_33] {
        assert_ne!(mesh_import(release), Some(godwit_config::Policy::All), "{release}");
    }
    // Tunnels of Felix are kept within the node from sessions of the mesh, other ASes among them…
    let to_mesh = |release, interface| {
        exported(node(release).protocol("Mesh_10_0_0_3"), Route::felix("172.19.5.0/26", interface)).is_some()
    };
    let all = Release::ALL;
    assert_eq!(all.map(|release| to_mesh(release, "vxlan.calico")), [false, false, true, true]);
    // … and those of IPIP since Felix makes them: node-c is of our AS.
    let internal = |release| {
        let node = node(release);
        exported(node.protocol("Mesh_10_0_0_10"), Route::felix("172.17.5.0/26", "tunl0")).is_some()
    };
    assert_eq!(all.map(internal), [true, true, true, false]);
}
