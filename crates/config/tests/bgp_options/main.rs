//! Each option of a session and its channels: the same in both languages, what its change needs, and whether the
//! programs it comes from take it.
#![allow(clippy::disallowed_methods)]

#[path = "../common/mod.rs"]
mod common;
mod judges;
mod options;

use std::sync::Arc;

use common::{findings, first_error, good, read_as, read_toml, session, warnings};
use godwit_config::{
    BgpConfig, ChangeKind, Dialect, Extra, LoadOptions, Neighbor, NeighborAs, Password, PrivateAs,
    ProtocolConfig, ProtocolKind, RouterConfig, diff, print, validate,
};
use options::Needs::{Restart, Routes};
use options::Of::{Channel, Session};
use options::{Needs, OPTIONS, OWN, conf, toml};

fn needs(old: &RouterConfig, new: &RouterConfig) -> Needs {
    match diff(old, new).protocol("b") {
        Some(ChangeKind::Restart { reason }) => Restart(reason),
        Some(ChangeKind::Modify { reimport, reexport }) => Routes(*reimport, *reexport),
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_languages_say_the_same_and_a_change_needs_what_it_needs() {
    let plain = good(read_as(&conf(Session, ""), Dialect::Bird2));
    for (of, option, key, change) in OPTIONS {
        let config = good(read_as(&conf(*of, option), Dialect::Bird2));
        assert_eq!(config, good(read_toml(&toml(*of, key))), "{option}");
        assert_eq!(needs(&plain, &config), *change, "{option}");
        assert_eq!(needs(&config, &plain), *change, "{option}");
        assert_eq!(validate(&config), Vec::new(), "{option}");
        let again = read_as(&print(&config), Dialect::Bird2);
        assert_eq!(good(again), config, "{option}");
    }
}

#[test]
fn toml_refuses_as_sets_by_default_and_bird_does_not() {
    let sets = |config: &RouterConfig| session(config).1.allow_as_sets;
    let without = toml(Session, "").replace("allow-as-sets = true\n", "");
    assert!(!sets(&good(read_toml(&without))));
    assert!(sets(&good(read_as(&conf(Session, ""), Dialect::Bird2))));
}

#[test]
fn options_of_our_own_are_not_bird_s() {
    let plain = good(read_toml(&toml(Session, "")));
    for (of, key, option, comment, change) in OWN {
        let config = good(read_toml(&toml(*of, key)));
        assert_eq!(needs(&plain, &config), *change, "{key}");
        assert!(print(&config).contains(comment), "{}", print(&config));
        // A bird.conf has none of them, an extra file has.
        let said = first_error(&read_as(&conf(*of, option), Dialect::Bird2)).unwrap_or_default();
        assert!(said.contains("syntax error"), "{option}: {said}");
    }
}

/// A router of the kind that something else computes, with a password for its neighbor.
fn computed() -> Arc<RouterConfig> {
    let neighbor = Neighbor::Address { address: [192, 0, 2, 2].into(), interface: None };
    let mut bgp = BgpConfig::new(1, neighbor, NeighborAs::Number(2));
    bgp.password = Some(Password::new("x"));
    bgp.check_link = false;
    let mut peer = ProtocolConfig::new("b", ProtocolKind::Bgp(Box::new(bgp)));
    let router = RouterConfig::new(Dialect::Bird16, false);
    let family = router.tables.first().expect("a table").family;
    peer.channels = vec![godwit_config::ChannelConfig::new(family, "master", 100)];
    Arc::new(RouterConfig { protocols: vec![Arc::new(peer)], ..router })
}

fn laid(name: &str, text: &str) -> Arc<RouterConfig> {
    let mut extra = Extra::load(name, text, &LoadOptions::default(), &mut |_, _| Err("nothing".into()))
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let applied = extra.apply(&[computed()]);
    assert_eq!(applied.remarks, Vec::<String>::new(), "{text}");
    applied.routers.first().expect("the router").clone()
}

#[test]
fn every_option_can_be_laid_over_a_session() {
    let own = OWN.iter().map(|(of, key, option, _, _)| (of, option, key));
    for (of, option, key) in OPTIONS.iter().map(|(of, option, key, _)| (of, option, key)).chain(own) {
        // The neighbor is told by who computed it, and with that the interface. In 1.6 this is of sessions alone.
        if key.contains("interface") || (*of == Channel && option.contains("long lived")) {
            continue;
        }
        let table = if *of == Session { "" } else { ".ipv4" };
        let a = laid("extra.conf", &format!("template bgp \"b\" {{ {option} }}"));
        let b = laid("extra.toml", &format!("[override.bgp.b{table}]\n{key}\n"));
        assert_eq!(a, b, "{option}");
        if !option.contains("password") {
            assert_ne!(a, computed(), "{option}");
        }
        let keys = option.contains("keys");
        assert_eq!(session(&a).1.password.is_none(), keys, "{option}");
    }
    let unsigned = laid("extra.conf", "template bgp \"*\" { authentication none; }");
    assert_eq!(session(&unsigned).1.password, None);
    let replaced = laid("extra.toml", "[override.bgp.b.ipv4]\nremove-private-as = 'replace'\n");
    let channel = session(&replaced).0.channels.first().expect("a channel");
    assert_eq!(channel.bgp.private_as, PrivateAs::Replace);
}

#[test]
fn a_template_s_password_gives_way_to_keys_and_keys_to_a_password() {
    let text = "template bgp t { local as 1; password \"old\"; }
        template bgp k from t { authentication ao; keys { key { id 1; secret \"x\"; }; }; }
        protocol bgp a from k { neighbor 192.0.2.2 as 2; ipv4 { import all; export none; }; }
        protocol bgp b from k { neighbor 192.0.2.3 as 2; authentication md5; ipv4 { import all; export none; }; }";
    let config = good(read_as(text, Dialect::Bird2));
    let of = |name: &str| match &config.protocol(name).expect("the session").kind {
        ProtocolKind::Bgp(bgp) => (bgp.password.is_some(), bgp.tcp_ao_keys.len()),
        _ => panic!("no session"),
    };
    assert_eq!((of("a"), of("b")), ((false, 1), (true, 0)));
    let text = "[bgp-template.t]\nlocal-as = 1\nneighbor-as = 2\ntcp-ao-keys = [{ id = 1, secret = 'x' }]
        ipv4 = { import = 'all', export = 'none' }
        [bgp.a]\nfrom = 't'\nneighbor = '192.0.2.2'\npassword = 'y'\n";
    let config = good(read_toml(text));
    assert_eq!(session(&config).1.tcp_ao_keys, Vec::new());
}

/// What newer BIRDs refuse, or what makes no sense; nobody to compare the words with is installed.
#[test]
fn what_is_wrong_with_newer_options() {
    for (option, expected) in [
        ("authentication ao;", "Keys must be specified for AO authentication"),
        ("authentication md5;", "Password must be specified for MD5 authentication"),
        ("keys { key { id 1; secret \"x\"; }; };", "Keys are used with `authentication ao` only"),
        ("authentication ao; keys { key { id 1; }; };", "Secret of the key must be specified"),
        ("authentication ao; keys { key { secret \"x\"; }; };", "Send ID of the key must be specified"),
        ("authentication ao; keys { key { id 256; secret \"x\"; }; };", "Key ID must be in range 0-255"),
        (
            "authentication ao; keys { key { id 1; secret \"x\"; }; key { id 1; secret \"y\"; }; };",
            "Send IDs of keys must be unique",
        ),
        (
            "authentication ao; keys { key { id 1; secret \"x\"; deprecated; }; };",
            "At least one key must not be deprecated",
        ),
        (
            "authentication ao; keys { key { id 1; secret \"\"; }; };",
            "Secret of a key must have 1 to 80 octets",
        ),
        ("interface range \"e*\";", "Interface range requires strict bind"),
        ("onlink;", "Onlink neighbor requires defined interface"),
        ("multihop; onlink;", "Multihop BGP cannot be onlink"),
        (
            "min graceful restart time 9; max graceful restart time 8;",
            "Min graceful restart time exceeds max graceful restart time",
        ),
    ] {
        let said = first_error(&read_as(&conf(Session, option), Dialect::Bird2)).unwrap_or_default();
        assert!(said.ends_with(expected), "{option}: {said}");
    }
    let loaded = read_as(&conf(Session, "long lived stale time 16777216;"), Dialect::Bird2);
    assert_eq!(warnings(&loaded), ["Long lived stale time must be less than 16777216: 16777215 is used"]);
    let text = toml(Session, "require = ['roads']");
    assert!(findings(&read_toml(&text)).concat().contains("`roads` is none of"), "{text}");
}
