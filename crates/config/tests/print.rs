//! What is printed is read as what it was printed of.
#![allow(clippy::disallowed_methods, clippy::unnecessary_debug_formatting)]

mod common;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use common::{files, findings, folder, good, read_as};
use godwit_config::{
    BgpConfig, Dialect, LoadOptions, Neighbor, NeighborAs, Password, Policy, ProtocolConfig, ProtocolKind,
    RouterConfig, TcpAoAlgorithm, TcpAoKey, TcpAoPreference, compare, load, print, print_without_secrets,
};
use proptest::prelude::*;

fn options(path: &Path) -> LoadOptions {
    LoadOptions { ipv6_daemon: path.to_string_lossy().contains("ipv6"), ..LoadOptions::default() }
}

/// Reads a file with what it includes from beside it; warnings are none of this test's business.
fn load_file(path: &Path, text: &str) -> RouterConfig {
    let loaded = load(&path.to_string_lossy(), text, &options(path), &mut |pattern, from| {
        let file = Path::new(from).with_file_name(pattern);
        let text = std::fs::read_to_string(&file).map_err(|e| e.to_string())?;
        Ok(vec![(file.to_string_lossy().into_owned(), text)])
    });
    let said = findings(&loaded);
    loaded.config.unwrap_or_else(|| panic!("{path:?}: {said:?}"))
}

/// Every configuration of this repository that is one: samples, and what is made for this test.
fn all() -> Vec<(std::path::PathBuf, RouterConfig)> {
    let mut list = Vec::new();
    for ending in [".conf", ".toml"] {
        for place in ["../../config", "tests/print"] {
            for (path, text) in files(&folder(place), ending) {
                if !path.to_string_lossy().contains('_') {
                    let config = load_file(&path, &text);
                    list.push((path, config));
                }
            }
        }
    }
    assert!(list.len() >= 12, "{} files", list.len());
    list
}

#[test]
fn all_configurations_come_back() {
    for (path, config) in all() {
        let text = print(&config);
        let again = load(&text_name(&path), &text, &options(&path), &mut |_, _| Err("nothing".into()));
        let said = findings(&again);
        let again = again.config.unwrap_or_else(|| panic!("{path:?}: {said:?}\n{text}"));
        for (was, now) in config.protocols.iter().zip(&again.protocols) {
            assert_eq!(was, now, "{path:?}\n{text}");
        }
        assert_eq!(again.program.symbols(), config.program.symbols(), "{path:?}\n{text}");
        assert_eq!(again, config, "{path:?}\n{text}");
        // And what is printed of that is the same text.
        assert_eq!(print(&again), text, "{path:?}");
    }
}

fn text_name(path: &Path) -> String {
    path.with_extension("printed.conf").to_string_lossy().into_owned()
}

/// Options of both dialects at the protocol, then those that belong into a channel of 2.x.
const SESSION: &[&str] = &[
    "description \"x # y\";",
    "disabled;",
    "debug { events };",
    "debug all;",
    "router id 192.0.2.7;",
    "local 192.0.2.1 port 7 as 2;",
    "source address 192.0.2.4;",
    "neighbor as 3;",
    "neighbor port 9 as 1;",
    "neighbor internal;",
    "multihop;",
    "multihop 9;",
    "direct;",
    "interface \"eth0.5\";",
    "check link;",
    "check link off;",
    "password \"a'b\";",
    "passive;",
    "rr client;",
    "rs client;",
    "rr cluster id 5;",
    "hold time 0;",
    "hold time 60;",
    "startup hold time 3;",
    "keepalive time 20;",
    "connect delay time 0;",
    "connect delay time 7;",
    "connect retry time 8;",
    "error wait time 1, 1;",
    "error forget time 2;",
    "path metric off;",
    "default bgp_med 4;",
    "allow local as 3;",
    "allow local as;",
    "interpret communities off;",
    "capabilities off;",
    "graceful restart;",
    "graceful restart off;",
    "graceful restart time 3;",
    "ttl security;",
    "interface \"eth1\"; onlink;",
    "strict bind; free bind;",
    "strict bind; interface range \"eth*\", -\"lo\";",
    "dynamic name \"some_\"; dynamic name digits 2;",
    "authentication ao; keys { key { id 1; secret \"x\"; preferred; }; key { send id 2; recv id 3; secret \"y z\"; algorithm cmac aes128; deprecated; }; };",
    "authentication md5; password \"p\";",
    "confederation 65000;",
    "confederation 65000; confederation member;",
    "local role customer; require roles;",
    "min hold time 9; min keepalive time 3;",
    "send hold time 0;",
    "send hold time 77;",
    "disable after cease;",
    "disable after cease { connection collision, cease };",
    "allow bgp_med; advertise hostname; advertise ipv4 off;",
    "enable extended messages; enable enhanced route refresh off;",
    "require long lived graceful restart; require as4;",
    "min graceful restart time 5; max graceful restart time 50;",
    "long lived graceful restart;",
    "long lived graceful restart off;",
    "long lived stale time 5; max long lived stale time 60;",
    "disable rx;",
    "bfd { min rx interval 5 us; graceful; };",
    "bfd graceful;",
];
const CHANNEL: &[&str] = &[
    "table other;",
    "table 'sorted-1';",
    "secondary;",
    "import all;",
    "import none;",
    "import filter named;",
    "import filter 'na-med';",
    "import where 'f-1'(net);",
    "export filter { /* in place */ if 'f-1'(net) then { reject; } accept; };",
    "export filter\nint i;\n{ i = 5; # five\n accept; };",
    "export where (1, 2) ~ bgp_community;",
    "preference 9;",
    "import keep filtered;",
    "import limit 5 action block;",
    "receive limit off;",
    "next hop self;",
    "next hop self ibgp;",
    "next hop self off;",
    "next hop keep;",
    "next hop keep off;",
    "next hop address 192.0.2.200;",
    "gateway direct;",
    "gateway recursive;",
    "igp table other;",
    "add paths rx;",
    "mandatory;",
    "next hop prefer global;",
    "link local next hop format single;",
    "missing lladdr ignore;",
    "extended next hop; require extended next hop;",
    "cost 6;",
    "aigp;",
    "aigp originate;",
    "import table; export table;",
    "require add paths;",
    "long lived graceful restart on;",
    "long lived stale time 8; min long lived stale time 7;",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn any_session_comes_back(
        session in prop::collection::vec(prop::sample::select(SESSION), 0..8),
        channel in prop::collection::vec(prop::sample::select(CHANNEL), 0..6),
        old in any::<bool>(),
    ) {
        let dialect = if old { Dialect::Bird16 } else { Dialect::Bird2 };
        let (session, channel) = (session.join("\n"), channel.join("\n"));
        let (table, channel) = if old {
            ("", channel)
        } else {
            ("ipv4 ", format!("ipv4 {{ import all; export none; {channel} }};"))
        };
        let text = format!(
            "{table}table other; {table}table 'sorted-1' sorted;
             debug protocols {{ states }};
             define EIGHT = 8;
             function 'f-1'(prefix p) {{ return p.len > EIGHT; }}
             filter named {{ if 'f-1'(net) then accept; reject; }}
             filter 'na-med' {{ accept; }}
             protocol device d {{ }}
             protocol bgp peer {{ local as 1; neighbor 198.51.100.1 as 2; {session} {channel} }}"
        );
        // Not all go together.
        let config = read_as(&text, dialect).config;
        prop_assume!(config.is_some());
        let config = config.unwrap_or_default();
        let printed = print(&config);
        let again = read_as(&printed, dialect);
        let said = findings(&again);
        prop_assert_eq!(again.config.as_ref(), Some(&config), "{}\n{}\n{:?}", text, printed, said);
        prop_assert!(compare(&config, &config).is_empty());
    }
}

#[test]
fn defaults_are_left_out() {
    let text = "router id 192.0.2.1;
        protocol bgp a { local as 1; neighbor 192.0.2.2 as 2; hold time 240; passive off; import all; connect retry time 120; }";
    let expected = "router id 192.0.2.1;\n\nprotocol bgp a {\n  local as 1;\n  neighbor 192.0.2.2 as 2;\n}\n";
    assert_eq!(print(&good(read_as(text, Dialect::Bird16))), expected);
}

/// Some switches of BIRD 1.6 take no value.
#[test]
fn words_of_1_6_that_stand_alone() {
    let text = "router id 192.0.2.1;
        protocol bgp a { local as 1; neighbor 192.0.2.2 as 1; rr client; next hop keep; }
        protocol bgp b { local as 1; neighbor 192.0.2.3 as 2; rs client; next hop self; }";
    let printed = print(&good(read_as(text, Dialect::Bird16)));
    for words in ["rr client", "next hop keep", "rs client", "next hop self"] {
        assert!(printed.contains(&format!("\n  {words};\n")), "{printed}");
    }
}

fn with_password(password: Password) -> RouterConfig {
    let neighbor = Neighbor::Address { address: [192, 0, 2, 2].into(), interface: None };
    let mut session = BgpConfig::new(64512, neighbor, NeighborAs::Number(64513));
    // As the front end of 1.6 leaves it.
    session.check_link = false;
    session.password = Some(password);
    let peer = ProtocolConfig::new("peer", ProtocolKind::Bgp(Box::new(session)));
    RouterConfig { protocols: vec![Arc::new(peer)], ..RouterConfig::new(Dialect::Bird16, false) }
}

#[test]
fn passwords_are_only_where_they_are_wanted() {
    let config = with_password(Password::new("hunter2"));
    assert!(print(&config).contains("  password \"hunter2\";\n"), "{}", print(&config));
    let text = print_without_secrets(&config);
    assert!(!text.contains("hunter2") && text.contains("# password: not shown\n"), "{text}");
}

#[test]
fn a_password_no_string_can_hold_keeps_the_session_down() {
    for octets in [&b"a\"b"[..], b"a\n", b"\xff\xfe"] {
        let text = print(&with_password(Password::new(octets)));
        assert!(
            text.contains("  # password: has octets that cannot be written here\n  disabled;\n"),
            "{text}"
        );
        let config = good(read_as(&text, Dialect::Bird16));
        assert!(config.protocol("peer").is_some_and(|p| p.disabled), "{text}");
    }
}

#[test]
fn keys_are_only_where_they_are_wanted() {
    let with = |secret: &[u8]| {
        let mut config = with_password(Password::new("x"));
        for peer in &mut config.protocols {
            let ProtocolKind::Bgp(bgp) = &mut Arc::make_mut(peer).kind else { continue };
            bgp.password = None;
            let (secret, preference) = (Password::new(secret), TcpAoPreference::Normal);
            let algorithm = TcpAoAlgorithm::HmacSha256;
            bgp.tcp_ao_keys = vec![TcpAoKey { send_id: 1, recv_id: 2, algorithm, secret, preference }];
        }
        config
    };
    let config = with(b"hunter2");
    assert!(print(&config).contains("secret \"hunter2\";"), "{}", print(&config));
    let text = print_without_secrets(&config);
    assert!(!text.contains("hunter2") && text.contains("  # keys: not shown\n"), "{text}");
    let text = print(&with(b"a\"b"));
    assert!(text.contains("  # keys: one has octets that cannot be written here\n  disabled;\n"), "{text}");
    assert!(!format!("{config:?}").contains("hunter"));
}

#[test]
fn what_is_held_is_disabled_with_its_reason() {
    let mut config = with_password(Password::new("x"));
    for peer in &mut config.protocols {
        Arc::make_mut(peer).held = Some("secret kube-system/bgp\nhas no key 'a'".into());
    }
    let text = print(&config);
    assert!(text.contains("  # held: secret kube-system/bgp has no key 'a'\n  disabled;\n"), "{text}");
    let again = good(read_as(&text, Dialect::Bird16));
    let peer = again.protocol("peer").expect("the peer");
    assert!(peer.disabled && peer.held.is_none() && peer.stays_down());
}

#[test]
fn the_text_of_a_policy_many_have_is_kept_once() {
    let peer = |i: u8| {
        let policy = "export filter { if net ~ 10.0.0.0/8 then accept; reject; }";
        format!("protocol bgp p{i} {{ local as 1; neighbor 192.0.2.{i} as 1; {policy}; }}\n")
    };
    let config = good(read_as(&(1..4).map(peer).collect::<Vec<_>>().concat(), Dialect::Bird16));
    let channels = config.protocols.iter().flat_map(|p| &p.channels);
    let texts: HashSet<*const u8> = channels
        .filter_map(|c| match &c.export {
            Policy::Filter(filter) => filter.text().map(str::as_ptr),
            _ => None,
        })
        .collect();
    assert_eq!(texts.len(), 1);
}
