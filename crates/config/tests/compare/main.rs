//! Configurations that run the same, and each way not to.

#[path = "../common/mod.rs"]
mod common;
mod options;

use std::sync::Arc;

use common::{files, folder, read_as};
use godwit_config::{Dialect, Difference, LoadOptions, ProtocolKind, RouterConfig, compare, load, print};
use options::SESSION;

/// Reads a text of 1.6; warnings are none of this test's business.
fn old(text: &str) -> RouterConfig {
    let loaded = read_as(text, Dialect::Bird16);
    let said = common::findings(&loaded);
    loaded.config.unwrap_or_else(|| panic!("{said:?}\n{text}"))
}

fn new(text: &str) -> RouterConfig {
    let loaded = read_as(text, Dialect::Bird2);
    let said = common::findings(&loaded);
    loaded.config.unwrap_or_else(|| panic!("{said:?}\n{text}"))
}

fn lines(list: &[Difference]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn agree(a: &str, b: &str) {
    assert_eq!(lines(&compare(&old(a), &old(b))), Vec::<String>::new(), "{a}\n{b}");
}

#[test]
fn a_configuration_runs_as_itself_and_as_what_is_printed_of_it() {
    for ending in [".conf", ".toml"] {
        for (path, text) in files(&folder("../../config"), ending) {
            let read = |text: &str, name: &str| {
                let none = &mut |_: &str, _: &str| Err("nothing".into());
                load(name, text, &LoadOptions::default(), none).config.expect("a configuration")
            };
            let config = read(&text, &path.to_string_lossy());
            let again = read(&print(&config), "printed.conf");
            assert_eq!(lines(&compare(&config, &again)), Vec::<String>::new(), "{path:?}");
        }
    }
}

#[test]
fn what_does_not_matter() {
    // Templates, order, defaults spelled out, names of filters, functions.
    agree(
        "listen bgp port 179;
         template bgp peers { local as 64512; multihop; gateway recursive; import all; hold time 240; }
         filter to_peers { if net ~ 10.0.0.0/8 then accept; reject; }
         protocol device { scan time 60; }
         protocol bgp a from peers { neighbor 192.0.2.2 as 64512; export filter to_peers; passive off; }
         protocol bgp b from peers { neighbor 192.0.2.3 as 64512; next hop keep off; }
         protocol static s { route 10.1.0.0/16 blackhole; route 10.2.0.0/16 multipath via 192.0.2.1 via 192.0.2.9; }",
        "function ours(prefix p) { if net ~ p then { accept; } }
         protocol static s { route 10.2.0.0/16 multipath via 192.0.2.9 via 192.0.2.1; route 10.1.0.0/16 drop { }; }
         protocol bgp b { local as 64512; neighbor 192.0.2.3 internal; }
         protocol bgp a { local as 64512; neighbor 192.0.2.2 as 64512; export filter { ours(10.0.0.0/8); reject; }; }
         protocol device { }",
    );
    agree(
        "protocol static s { import filter { accept; }; export filter { reject; }; }",
        "define A = 5; protocol static s { import where A = 5; export none; }",
    );
}

#[test]
fn a_name_in_the_other_dialect_is_the_same_router() {
    let a = old("protocol bgp a { local as 1; neighbor 192.0.2.2 as 2; import all; export none; }");
    let b = new(
        "protocol bgp a { local as 1; neighbor 192.0.2.2 as 2; check link off; ipv4 { import all; export none; }; }",
    );
    assert_eq!(lines(&compare(&a, &b)), ["router: dialect: BIRD 1.6 | BIRD 2"]);
}

#[test]
fn every_option_of_a_session() {
    let text = |option: &str| {
        format!("table other; protocol bgp a {{ local as 1; neighbor 192.0.2.2 as 2; {option} }}")
    };
    for (option, words, sides) in SESSION {
        let (a, b) = (old(&text(option)), old(&text("")));
        assert_eq!(lines(&compare(&a, &b)), [format!("protocol a: {words}: {sides}")], "{option}");
        let swapped: Vec<&str> = sides.split(" | ").collect();
        let swapped = swapped.into_iter().rev().collect::<Vec<_>>().join(" | ");
        assert_eq!(lines(&compare(&b, &a)), [format!("protocol a: {words}: {swapped}")], "{option}");
    }
}

#[test]
fn every_option_of_other_protocols() {
    for (of, option, words, sides) in [
        ("device", "scan time 5;", "scan time", "5 s | 60 s"),
        ("direct", "interface \"eth*\";", "interface", "\"eth*\" | \"*\""),
        ("direct", "check link;", "check link", "on | off"),
        ("kernel", "persist;", "persist", "on | off"),
        ("kernel", "learn;", "learn", "on | off"),
        ("kernel", "device routes;", "device routes", "on | off"),
        ("kernel", "scan time 5;", "scan time", "5 s | 60 s"),
        ("kernel", "kernel table 5;", "kernel table", "5 | 254"),
        ("kernel", "metric 5;", "metric", "5 | 0"),
        ("kernel", "graceful restart;", "graceful restart", "on | off"),
        ("kernel", "merge paths;", "merge paths", "on limit 16 | off"),
        ("static", "check link;", "check link", "on | off"),
        ("static", "igp table other;", "igp table", "other | none"),
        ("static", "route 10.0.0.0/8 blackhole;", "route 10.0.0.0/8", "blackhole | none"),
        ("static", "route 10.0.0.0/8 via 192.0.2.1;", "route 10.0.0.0/8", "via 192.0.2.1 | none"),
        (
            "static",
            "route 10.0.0.0/8 prohibit { bgp_med = 5; };",
            "route 10.0.0.0/8",
            "prohibit { bgp_med = 5; accept; } | none",
        ),
    ] {
        let text = |option: &str| format!("table other; protocol {of} a {{ {option} }}");
        let list = compare(&old(&text(option)), &old(&text("")));
        assert_eq!(lines(&list), [format!("protocol a: {words}: {sides}")], "{option}");
    }
}

#[test]
fn every_statement() {
    for (statement, expected) in [
        ("router id 192.0.2.1;", "router id: 192.0.2.1 | none"),
        ("router id from \"eth0\";", "router id: from \"eth0\" | none"),
        ("listen bgp port 1179;", "listen bgp: address any port 1179 | address any port 179"),
        ("listen bgp address 192.0.2.1;", "listen bgp: address 192.0.2.1 port 179 | address any port 179"),
        ("table other;", "table other: ipv4 | none"),
        ("debug commands 2;", "debug commands: 2 | 0"),
        ("graceful restart wait 5;", "graceful restart wait: 5 s | 240 s"),
        ("log syslog all;", "log: syslog name bird all | none"),
        ("timeformat base \"%T\";", "timeformat base: %T | none"),
    ] {
        let text = |statement: &str| format!("{statement} protocol device {{ }}");
        let list = compare(&old(&text(statement)), &old(&text("")));
        assert_eq!(lines(&list), [format!("router: {expected}")], "{statement}");
    }
    let list = compare(&old("debug protocols all; protocol device d { }"), &old("protocol device d { }"));
    assert_eq!(lines(&list), ["router: debug protocols: all | off", "protocol d: debug: all | off"]);
}

#[test]
fn protocols_that_are_not_there() {
    let list = compare(
        &old("protocol device d { } protocol direct x { } protocol static y { }"),
        &old("protocol device d { } protocol kernel z { } protocol direct y { }"),
    );
    let expected = [
        "protocol x: protocol: Direct | none",
        "protocol y: type: Static | Direct",
        "protocol z: protocol: none | Kernel",
    ];
    assert_eq!(lines(&list), expected);
}

/// What each of these needs is on both sides.
#[test]
fn options_that_need_others() {
    for (needs, option, expected) in [
        ("interface \"eth0\";", "onlink;", "onlink: on | off"),
        (
            "strict bind; source address 192.0.2.1;",
            "interface range \"eth*\";",
            "interface range: \"eth*\" | none",
        ),
        ("confederation 7;", "confederation member;", "confederation member: on | off"),
        ("local role peer;", "require roles;", "require roles: on | off"),
    ] {
        let text = |option: &str| {
            old(&format!("protocol bgp a {{ local as 1; neighbor 192.0.2.2 as 2; {needs} {option} }}"))
        };
        assert_eq!(lines(&compare(&text(option), &text(""))), [format!("protocol a: {expected}")]);
    }
}

#[test]
fn options_that_are_those_of_a_channel_of_2() {
    let text = |option: &str| {
        new(&format!(
            "protocol bgp a {{ local as 1; neighbor 192.0.2.2 as 2; ipv4 {{ import all; export none; {option} }}; }}"
        ))
    };
    for (option, expected) in [
        ("long lived graceful restart;", "ipv4 long lived graceful restart: on | none"),
        ("long lived stale time 5;", "ipv4 long lived stale time: 5 s | none"),
        ("min long lived stale time 5;", "ipv4 min long lived stale time: 5 s | none"),
        ("max long lived stale time 5;", "ipv4 max long lived stale time: 5 s | none"),
        ("cost 7;", "ipv4 cost: 7 | none"),
    ] {
        assert_eq!(lines(&compare(&text(option), &text(""))), [format!("protocol a: {expected}")]);
    }
}

#[test]
fn channels_of_2_are_told_apart() {
    let text = |channels: &str| {
        new(&format!("protocol bgp a {{ local as 1; neighbor 192.0.2.2 as 2; {channels} }}"))
    };
    let both = text("ipv4 { import all; export none; }; ipv6 { import all; export none; };");
    let one = text("ipv4 { import all; export none; preference 5; };");
    assert_eq!(
        lines(&compare(&both, &one)),
        ["protocol a: ipv4 preference: 100 | 5", "protocol a: channel ipv6: on | none"]
    );
    let told =
        text("ipv4 { import all; export none; graceful restart; }; ipv6 { import all; export none; };");
    assert_eq!(lines(&compare(&told, &both)), ["protocol a: ipv4 graceful restart: on | none"]);
}

#[test]
fn the_same_change_of_a_policy_is_told_once() {
    let text = |more: &str| {
        let peer = |i: u8| {
            format!(
                "protocol bgp Mesh_{i} {{ local as 1; neighbor 192.0.2.{i} as 1;
                 export filter {{
                   if defined(ifname) then {{ if ifname ~ \"tunl0\" then reject; }}
                   out();
                   reject;
                 }}; }}\n"
            )
        };
        let peers = (2..6).map(peer).collect::<Vec<_>>().concat();
        old(&format!("function out() {{ if net ~ 10.0.0.0/8 then accept; {more} }}\n{peers}"))
    };
    let list = compare(&text(""), &text("if net ~ 172.16.0.0/12 then accept;"));
    assert_eq!(list.len(), 1, "{:?}", lines(&list));
    let one = list.first().expect("one");
    assert_eq!(one.subject, "protocols Mesh_2, Mesh_3, Mesh_4, Mesh_5");
    assert_eq!(one.option, "export filter");
    assert_eq!((one.left.as_deref(), one.right.as_deref()), (Some("filter"), Some("filter")));
    let diff = one.diff.as_deref().expect("a diff");
    assert!(diff.contains("\n+if net ~ 172.16.0.0/12 then accept;\n"), "{diff}");
    assert!(diff.contains("\n if net ~ 10.0.0.0/8 then accept;\n"), "{diff}");
    assert!(!diff.contains("ifname"), "more context than is wanted: {diff}");
}

#[test]
fn all_and_none_are_policies_too() {
    let text = |policy: &str| old(&format!("protocol static s {{ export {policy}; }}"));
    let list = compare(&text("all"), &text("filter { if net ~ 10.0.0.0/8 then accept; reject; }"));
    let one = list.first().expect("one");
    assert_eq!((one.left.as_deref(), one.right.as_deref()), (Some("all"), Some("filter")));
    assert!(one.diff.as_deref().is_some_and(|d| d.contains("-accept;") && d.contains("+reject;")), "{one}");
    assert!(compare(&text("all"), &text("where true")).is_empty());
}

#[test]
fn passwords_are_compared_and_not_shown() {
    let text = |word: &str| {
        old(&format!("protocol bgp a {{ local as 1; neighbor 192.0.2.2 as 2; password \"{word}\"; }}"))
    };
    let list = compare(&text("hunter2"), &text("hunter3"));
    assert_eq!(lines(&list), ["protocol a: password: differs, not shown | differs, not shown"]);
    assert!(!format!("{list:?}").contains("hunter"));
    assert!(compare(&text("hunter2"), &text("hunter2")).is_empty());
}

#[test]
fn held_is_disabled_with_a_reason() {
    let a = old("protocol bgp a { local as 1; neighbor 192.0.2.2 as 2; }");
    let mut b = a.clone();
    for peer in &mut b.protocols {
        Arc::make_mut(peer).held = Some("no secret".into());
    }
    assert_eq!(lines(&compare(&a, &b)), ["protocol a: disabled: off | on (no secret)"]);
    let mut c = b.clone();
    for peer in &mut c.protocols {
        let peer = Arc::make_mut(peer);
        (peer.held, peer.disabled) = (None, true);
    }
    assert!(compare(&b, &c).is_empty());
    assert!(c.protocols.iter().all(|p| matches!(p.kind, ProtocolKind::Bgp(_))));
}
