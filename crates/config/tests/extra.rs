//! A file of the operator's own over routers that something else computes.
#![allow(clippy::disallowed_methods)]

mod common;

use std::fmt::Write as _;
use std::sync::Arc;

use common::good;
use godwit_config::{
    BgpConfig, ChangeKind, Dialect, Extra, LoadOptions, NextHopMode, Policy, ProtocolConfig, ProtocolKind,
    RouterConfig, StaticTarget, diff, load, validate,
};

const COMMON: &str = "
function calico_export_to_bgp_peers(bool internal) { if internal then accept; reject; }
filter calico_kernel_programming { accept; }
protocol kernel kernel1 { learn; persist; scan time 2; export filter calico_kernel_programming; merge paths on; }
protocol device device1 { scan time 2; }
protocol direct direct1 { interface -\"cali*\", \"*\"; }
template bgp bgp_template {
  local as 64512; multihop; gateway recursive; import all; add paths on; graceful restart;
  export filter { calico_export_to_bgp_peers(true); };
}
";

/// What Calico's datastore might give, with so many peers of the mesh.
fn router(ipv6: bool, peers: usize) -> RouterConfig {
    let mut text = COMMON.to_owned();
    for i in 1..=peers {
        let (name, address) = if ipv6 {
            (format!("Mesh_fd00__{i:x}"), format!("fd00::{i:x}"))
        } else {
            let (a, b) = (i / 250, i % 250 + 1);
            (format!("Mesh_10_0_{a}_{b}"), format!("10.0.{a}.{b}"))
        };
        let _ = writeln!(text, "protocol bgp {name} from bgp_template {{ neighbor {address} as 64512; }}");
    }
    let options = LoadOptions { dialect: Some(Dialect::Bird16), ipv6_daemon: ipv6, ..LoadOptions::default() };
    good(load("bird.cfg", &text, &options, &mut |_, _| Err("nothing to include".into())))
}

fn routers(peers: usize) -> [Arc<RouterConfig>; 2] {
    [false, true].map(|ipv6| Arc::new(router(ipv6, peers)))
}

fn extra(name: &str, text: &str) -> Extra {
    let included = |pattern: &str, _: &str| match pattern {
        "more.conf" => Ok(vec![("more.conf".to_owned(), "define HOLD = 9;\n".to_owned())]),
        _ => Err(format!("Unable to open {pattern}")),
    };
    let loaded = Extra::load(name, text, &LoadOptions::default(), &mut { included });
    loaded.unwrap_or_else(|error| panic!("{error}"))
}

fn refused(name: &str, text: &str) -> Vec<String> {
    let nothing = &mut |_: &str, _: &str| Err("nothing to include".into());
    Extra::load(name, text, &LoadOptions::default(), nothing).expect_err("refused").lines().collect()
}

/// The two routers with a text over them, and what was left out.
fn over(name: &str, text: &str, peers: usize) -> (Arc<RouterConfig>, Arc<RouterConfig>, Vec<String>) {
    let applied = extra(name, text).apply(&routers(peers));
    let [v4, v6] = <[_; 2]>::try_from(applied.routers).expect("two routers");
    for router in [&v4, &v6] {
        assert_eq!(validate(router), Vec::new());
    }
    (v4, v6, applied.remarks)
}

fn protocol<'r>(router: &'r RouterConfig, name: &str) -> &'r ProtocolConfig {
    router.protocol(name).unwrap_or_else(|| panic!("no {name}"))
}

fn session<'r>(router: &'r RouterConfig, name: &str) -> &'r BgpConfig {
    let ProtocolKind::Bgp(bgp) = &protocol(router, name).kind else { panic!("{name} is no session") };
    bgp
}

const BIRD: &str = r#"
include "more.conf";
define UPSTREAM = 65001;
function is_private() { return net ~ [ 10.0.0.0/8+ ]; }
filter to_upstream {
  if is_private() then reject;
  calico_export_to_bgp_peers(false);
}
template bgp base { local as 64512; multihop; hold time HOLD; }
protocol bgp upstream4 from base { neighbor 192.0.2.1 as UPSTREAM; import none; export filter to_upstream; }
protocol bgp upstream6 from base { neighbor 2001:db8::1 as UPSTREAM; import none; export all; }
protocol static more { route 203.0.113.0/24 blackhole; route 2001:db8:1::/48 blackhole; }
template bgp "Mesh_*" {
  hold time HOLD;
  keepalive time 3;
  import limit 1000 action block;
  next hop self;
  export filter { if is_private() then reject; calico_export_to_bgp_peers(true); };
}
template bgp "Mesh_10_0_0_2" { hold time 30; description "the slow one"; }
template kernel "kernel1" { metric 50; merge paths off; }
"#;

const TOML: &str = r#"
filters = '''
function is_private() { return net ~ [ 10.0.0.0/8+ ]; }
filter to_upstream {
  if is_private() then reject;
  calico_export_to_bgp_peers(false);
}
'''

[bgp-template.base]
local-as = 64512
multihop = true
hold-time = 9

[bgp.upstream4]
from = "base"
neighbor = "192.0.2.1"
neighbor-as = 65001
ipv4 = { import = "none", export = "filter to_upstream" }

[bgp.upstream6]
from = "base"
neighbor = "2001:db8::1"
neighbor-as = 65001
ipv6 = { import = "none", export = "all" }

[static.more]
routes = [
  { net = "203.0.113.0/24", type = "blackhole" },
  { net = "2001:db8:1::/48", type = "blackhole" },
]
ipv4 = {}
ipv6 = {}

[override.bgp."Mesh_*"]
hold-time = 9
keepalive-time = 3
[override.bgp."Mesh_*".ipv4]
import-limit = { max = 1000, action = "block" }
next-hop-self = true
export = "filter { if is_private() then reject; calico_export_to_bgp_peers(true); }"
[override.bgp."Mesh_*".ipv6]
import-limit = { max = 1000, action = "block" }

[override.bgp.Mesh_10_0_0_2]
hold-time = 30
description = "the slow one"

[override.kernel.kernel1]
metric = 50
merge-paths = false
"#;

#[test]
fn protocols_and_patterns_in_both_languages() {
    for (name, text) in [("extra.conf", BIRD), ("extra.toml", TOML)] {
        let (v4, v6, remarks) = over(name, text, 3);
        assert_eq!(remarks, Vec::<String>::new(), "{name}");
        assert_eq!((v4.protocols.len(), v6.protocols.len()), (8, 8), "{name}");

        assert_eq!(session(&v4, "upstream4").hold_time_secs, 9);
        assert!(v4.protocol("upstream6").is_none() && v6.protocol("upstream4").is_none());
        assert!(matches!(&protocol(&v4, "upstream4").channels[0].export,
            Policy::Filter(f) if f.name() == Some("to_upstream")));
        assert_eq!(protocol(&v6, "upstream6").channels[0].table, "master");
        for (router, net) in [(&v4, "203.0.113.0/24"), (&v6, "2001:db8:1::/48")] {
            let ProtocolKind::Static(routes) = &protocol(router, "more").kind else { panic!("more") };
            assert_eq!(routes.routes.len(), 1);
            assert_eq!(
                (routes.routes[0].net.to_string().as_str(), &routes.routes[0].target),
                (net, &StaticTarget::Blackhole)
            );
        }

        let was = router(false, 3);
        let peer = protocol(&v4, "Mesh_10_0_0_3");
        let bgp = session(&v4, "Mesh_10_0_0_3");
        assert_eq!((bgp.hold_time_secs, bgp.keepalive_time_secs), (9, Some(3)));
        assert_eq!(
            BgpConfig { hold_time_secs: 240, keepalive_time_secs: None, ..bgp.clone() },
            *session(&was, "Mesh_10_0_0_3"),
            "{name}: nothing else"
        );
        let channel = &peer.channels[0];
        assert_eq!(channel.import_limit.map(|l| l.max), Some(1000));
        assert_eq!((channel.bgp.next_hop_self, channel.bgp.add_paths), (NextHopMode::All, (true, true)));
        assert_eq!(channel.import, Policy::All);
        assert_ne!(channel.export, protocol(&was, "Mesh_10_0_0_3").channels[0].export);

        // The later one wins, where it says something.
        let slow = session(&v4, "Mesh_10_0_0_2");
        assert_eq!((slow.hold_time_secs, slow.keepalive_time_secs), (30, Some(3)));
        assert_eq!(protocol(&v4, "Mesh_10_0_0_2").description.as_deref(), Some("the slow one"));
        assert_eq!(session(&v6, "Mesh_fd00__2").hold_time_secs, 9);

        let ProtocolKind::Kernel(kernel) = &protocol(&v6, "kernel1").kind else { panic!("kernel1") };
        assert_eq!((kernel.metric, kernel.merge_paths, kernel.learn, kernel.persist), (50, None, true, true));
    }
}

#[test]
fn one_filter_serves_every_protocol() {
    let (v4, ..) = over("extra.conf", BIRD, 3);
    let filter = |name: &str| match &protocol(&v4, name).channels[0].export {
        Policy::Filter(filter) => filter.clone(),
        other => panic!("{other:?}"),
    };
    assert!(Arc::ptr_eq(&filter("Mesh_10_0_0_2"), &filter("Mesh_10_0_0_3")));
}

#[test]
fn what_does_not_change_stays_the_same() {
    for (name, text) in [("extra.conf", BIRD), ("extra.toml", TOML)] {
        let mut extra = extra(name, text);
        let [v4, v6] = routers(1000);
        let first = extra.apply(&[v4.clone(), v6.clone()]);
        let again = extra.apply(&[v4.clone(), v6.clone()]);
        assert!(first.routers.iter().zip(&again.routers).all(|(a, b)| Arc::ptr_eq(a, b)));

        // One peer changes and one goes, and with it a symbol: only these are made again.
        let mut now = (*v4).clone();
        now.protocols.pop();
        let at = now.protocols.iter().position(|p| p.name == "Mesh_10_0_1_7").expect("a peer");
        let changed = ProtocolConfig { disabled: true, ..(*now.protocols[at]).clone() };
        now.protocols[at] = Arc::new(changed);
        now.program = Arc::new((*now.program).clone());
        let then = extra.apply(&[Arc::new(now), v6]);
        assert!(Arc::ptr_eq(&first.routers[1], &then.routers[1]));
        let (old, new) = (&first.routers[0], &then.routers[0]);
        let made = new
            .protocols
            .iter()
            .filter(|p| !old.protocol(&p.name).is_some_and(|before| Arc::ptr_eq(before, p)));
        assert_eq!(made.map(|p| p.name.as_str()).collect::<Vec<_>>(), ["Mesh_10_0_1_7"], "{name}");
        let changes = diff(old, new);
        let unchanged = changes.protocols.iter().filter(|p| p.kind == ChangeKind::Unchanged).count();
        assert_eq!(unchanged, changes.protocols.len() - 2, "{name}");

        // The same values from a datastore that is read anew.
        let fresh = extra.apply(&routers(1000));
        assert!(diff(&first.routers[0], &fresh.routers[0]).is_empty());
    }
}

#[test]
fn a_change_of_the_generated_filters_reaches_what_calls_them() {
    let mut extra = extra("extra.conf", BIRD);
    let first = extra.apply(&routers(2));
    let text = COMMON.replace("if internal then accept; reject;", "accept;");
    let options = LoadOptions { dialect: Some(Dialect::Bird16), ..LoadOptions::default() };
    let text =
        format!("{text} protocol bgp Mesh_10_0_0_2 from bgp_template {{ neighbor 10.0.0.2 as 64512; }}");
    let now = good(load("bird.cfg", &text, &options, &mut |_, _| Err("nothing to include".into())));
    let then = extra.apply(&[Arc::new(now), Arc::new(router(true, 2))]);
    let changes = diff(&first.routers[0], &then.routers[0]);
    for name in ["Mesh_10_0_0_2", "upstream4"] {
        let wanted = ChangeKind::Modify { reimport: false, reexport: true };
        assert_eq!(changes.protocol(name), Some(&wanted), "{name}");
    }
}

#[test]
fn what_does_not_fit_is_left_out_and_the_rest_applies() {
    let text = r#"
protocol bgp Mesh_10_0_0_2 { local as 64512; neighbor 192.0.2.9 as 64512; }
function calico_export_to_bgp_peers(bool x) { accept; }
filter uses { no_such_function(); }
protocol bgp one { local as 64512; neighbor 192.0.2.1 as 65001; export filter uses; }
protocol bgp two { local as 64512; neighbor 192.0.2.2 as 65001; }
protocol device more { scan time 5; }
template bgp "Node_*" { hold time 9; }
template bgp "Mesh_fd00*" { hold time 9; }
template bgp "Mesh_10_0_0_3" { hold time 9; keepalive time 9; }
template bgp "Mesh_10_0_0_3" { description "kept"; }
"#;
    let (v4, v6, remarks) = over("extra.conf", text, 3);
    let expected = [
        "extra.conf:2:14 is left out: Symbol 'Mesh_10_0_0_2' already defined",
        "extra.conf:3:10 is left out: Symbol 'calico_export_to_bgp_peers' already defined",
        "extra.conf:4:15 is left out: syntax error, unexpected CF_SYM_UNDEFINED",
        "extra.conf:5:79 is left out: No such filter.",
        "extra.conf:7:10 is left out: Kernel device protocol already defined",
        "extra.conf:10:14 is left out for Mesh_10_0_0_3: Keepalive time (9) must be less than hold time (9)",
        "extra.conf:8:14 \"Node_*\" matches no protocol of type BGP",
    ];
    for expected in expected {
        assert!(remarks.iter().any(|r| r.starts_with(expected)), "{expected}\n{}", remarks.join("\n"));
    }
    assert_eq!(remarks.len(), expected.len(), "{}", remarks.join("\n"));
    assert!(v4.protocol("one").is_none() && v4.protocol("two").is_some());
    assert_eq!(session(&v4, "Mesh_10_0_0_3").hold_time_secs, 240);
    assert_eq!(protocol(&v4, "Mesh_10_0_0_3").description.as_deref(), Some("kept"));
    assert_eq!(session(&v6, "Mesh_fd00__1").hold_time_secs, 9);
    // Said in one router, not in both.
    let clash = "protocol static direct1 { route 192.0.2.0/24 blackhole; }";
    let (.., remarks) = over("extra.conf", clash, 1);
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks[0].contains("is the name of a protocol already"), "{remarks:?}");
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    for (text, expected) in [
        ("template bgp 'Mesh_*' { hold time 9; }", "extra.conf:1:14 Unknown character"),
        ("template bgp \"Mesh_*\" { hold tyme 9; }", "extra.conf:1:30 syntax error, unexpected 'tyme'"),
        ("template bgp \"Mesh_*\" { hold time 2; }", "extra.conf:1:35 Hold time must be in range"),
        ("template bgp \"Mesh_*\" from x { }", "extra.conf:1:23 syntax error, unexpected 'from'"),
        ("template kernel \"*\" { hold time 9; }", "extra.conf:1:23 syntax error, unexpected 'hold'"),
        ("router id 10.0.0.1;", "extra.conf:1:1 `router` is no statement of an extra file"),
        ("protocol static { route 10.0.0.0/8 blackhole; }", "extra.conf:1:17 syntax error, unexpected '{'"),
        ("protocol bgp x { neighbor 10.0.0.1 as 1; }", "extra.conf:1:42 Local AS number must be set"),
    ] {
        let lines = refused("extra.conf", text);
        assert!(lines[0].starts_with(expected), "{text}: {lines:?}");
        assert_eq!(lines.len(), 1, "{lines:?}");
    }
    for (text, expected) in [
        ("[router]\nid = \"10.0.0.1\"", "extra.toml:1:2 unknown field `router`"),
        ("[override.bgp.\"*\"]\nhold-tyme = 9", "extra.toml:2:1 unknown field `hold-tyme`"),
        ("[override.bgp.\"*\"]\nhold-time = 2", "extra.toml:2:13 Hold time must be in range"),
        ("[override.bgp.\"*\"]\nfrom = \"x\"", "extra.toml:2:8 an override sets what stands in it"),
        (
            "[override.bgp.\"*\".ipv4]\nexport = \"where x +\"",
            "extra.toml:2:20 syntax error, unexpected end of file",
        ),
    ] {
        let lines = refused("extra.toml", text);
        assert!(lines[0].starts_with(expected), "{text}: {lines:?}");
    }
    let options = LoadOptions::default();
    let shown = Extra::load("x.conf", "log stderr all;", &options, &mut |_, _| Err(String::new()));
    let shown = shown.expect_err("refused").to_string();
    assert!(shown.contains("1 | log stderr all;\n  | ^^^"), "{shown}");
}

#[test]
fn a_pattern_belongs_into_an_extra_file() {
    let text = "template bgp \"Mesh_*\" { hold time 9; }\nprotocol device {}";
    let found = common::findings(&common::read_as(text, Dialect::Bird16));
    assert_eq!(found.len(), 1, "{found:?}");
}
