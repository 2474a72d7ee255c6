//! What is printed is read as what it was printed of.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{files, findings, folder, good, read_as};
use godwit_config::{
    BgpConfig, Dialect, LoadOptions, Neighbor, NeighborAs, Password, ProtocolConfig, ProtocolKind,
    RouterConfig, load, print, print_without_secrets,
};

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

#[test]
fn defaults_are_left_out() {
    let text = "router id 192.0.2.1;
        protocol bgp a { local as 1; neighbor 192.0.2.2 as 2; hold time 240; passive off; import all; connect retry time 120; }";
    let expected = "router id 192.0.2.1;\n\nprotocol bgp a {\n  local as 1;\n  neighbor 192.0.2.2 as 2;\n}\n";
    assert_eq!(print(&good(read_as(text, Dialect::Bird16))), expected);
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
