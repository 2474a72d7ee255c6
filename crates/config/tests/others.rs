//! Pipes, caches of ROAs, BFD and tables of ROAs: read, checked, printed and compared, whatever runs them.
#![allow(clippy::disallowed_methods)]

mod common;

use std::process::Command;

use common::{findings, first_error, read, read_as, read_toml, warnings};
use godwit_config::{
    BfdAuthentication, ChangeKind, Dialect, Loaded, Policy, ProtocolKind, RouterConfig, RpkiRemote,
    RpkiTransport, compare, diff, print, validate,
};

const HEAD_2: &str = "protocol device { }
ipv4 table t4; ipv6 table t6; roa4 table r4; roa4 table r5; roa6 table r6;
";
const HEAD_16: &str = "protocol device { }
table t4; roa table ro4;
";

/// Everything there is, in 2.x.
const ALL_2: &str = "
filter some { accept; }
protocol pipe one { table t4; peer table master4; export none; import filter some; import limit 5 action block; }
protocol pipe roas { table r4; peer table r5; preference 7; disabled; }
protocol rpki cache {
  remote \"rpki.example\" port 8282; refresh keep 900; retry 60; expire keep 7000; ignore max length;
  roa4 { table r5; import filter some; preference 3; }; roa6;
}
protocol rpki safe { remote 192.0.2.1; transport ssh { bird private key \"/a\"; remote public key \"/b\"; user \"u\"; }; roa6; }
protocol static own { roa4; route 10.0.0.0/8 max 24 as 64512; route 10.0.0.0/8 max 8 as 1 { preference = 7; }; }
protocol bfd alive {
  accept ipv4 direct; strict bind;
  interface \"eth*\", -\"lo\" { interval 50 ms; idle tx interval 2 s; multiplier 3; passive;
    authentication meticulous keyed sha1; password \"x\" { id 4; generate from \"2026-01-01\"; to \"2027-01-01 10:00\"; }; };
  interface 10.0.0.0/8;
  multihop { min rx interval 7 us; };
  neighbor 192.0.2.1 dev \"eth0\" local 192.0.2.2; neighbor 2001:db8::1 local 2001:db8::2 multihop;
}";

fn loaded(read: Loaded) -> RouterConfig {
    let said = findings(&read);
    read.config.unwrap_or_else(|| panic!("{said:?}"))
}

fn kind<'c>(config: &'c RouterConfig, name: &str) -> &'c ProtocolKind {
    &config.protocol(name).expect("a protocol").kind
}

#[test]
fn options_are_kept() {
    let read = read(&format!("{HEAD_2}{ALL_2}"));
    assert!(warnings(&read).iter().all(|w| w.starts_with("ROAs are not supported yet")), "{read:?}");
    let config = loaded(read);
    let ProtocolKind::Pipe(pipe) = kind(&config, "one") else { panic!("a pipe") };
    assert_eq!((pipe.channel.table.as_str(), pipe.peer_table.as_str(), pipe.roa), ("t4", "master4", false));
    assert!(matches!((&pipe.channel.import, &pipe.channel.export), (Policy::Filter(_), Policy::None)));
    let ProtocolKind::Pipe(pipe) = kind(&config, "roas") else { panic!("a pipe") };
    assert!(pipe.roa && pipe.preference == Some(7) && pipe.channel.export == Policy::All);
    let ProtocolKind::Rpki(cache) = kind(&config, "cache") else { panic!("a cache") };
    assert_eq!((&cache.remote, cache.port), (&RpkiRemote::Host("rpki.example".into()), Some(8282)));
    assert!(cache.refresh.keep && cache.refresh.secs == 900 && !cache.retry.keep && cache.ignore_max_length);
    let tables: Vec<&str> = cache.channels.iter().map(|c| c.table.as_str()).collect();
    assert_eq!(tables, ["r5", "r6"]);
    let ProtocolKind::Rpki(safe) = kind(&config, "safe") else { panic!("a cache") };
    assert!(matches!(&safe.transport, RpkiTransport::Ssh { user, .. } if user == "u"));
    let ProtocolKind::Static(own) = kind(&config, "own") else { panic!("routes") };
    assert_eq!(own.roas.iter().map(|r| r.roa.max_length).collect::<Vec<_>>(), [24, 8]);
    assert_eq!(own.roa_channel.as_ref().map(|c| c.table.as_str()), Some("r4"));
    let ProtocolKind::Bfd(bfd) = kind(&config, "alive") else { panic!("bfd") };
    assert!(bfd.accept.ipv4 && !bfd.accept.ipv6 && bfd.accept.direct && !bfd.accept.multihop);
    let first = &bfd.interfaces.first().expect("an interface").times;
    assert_eq!(first.authentication, BfdAuthentication::MeticulousKeyedSha1);
    assert_eq!(first.min_rx, first.min_tx);
    assert_eq!(first.passwords.first().expect("a password").times.iter().flatten().count(), 3);
    assert_eq!(validate(&config), []);
}

#[test]
fn what_is_printed_is_read_again() {
    let text_16 = "filter some { accept; }
        roa table own { roa 10.0.0.0/8 max 16 as 3; roa 10.1.0.0/16 max 24 as 4; }
        template pipe both { mode opaque; }
        protocol pipe from both { peer table t4; export all; import filter some; preference 7; }
        protocol bfd { interface \"a\"; neighbor 192.0.2.1; }";
    for text in [format!("{HEAD_2}{ALL_2}"), format!("{HEAD_16}{text_16}")] {
        let config = loaded(read(&text));
        let printed = print(&config);
        let again = loaded(read_as(&printed, config.dialect));
        for (was, now) in config.protocols.iter().zip(&again.protocols) {
            assert_eq!(was, now, "{printed}");
        }
        assert_eq!(again.roa_tables, config.roa_tables);
        assert_eq!(compare(&config, &again), []);
        assert!(diff(&config, &again).protocols.iter().all(|p| p.kind == ChangeKind::Unchanged));
    }
}

#[test]
fn differences_are_found() {
    let config = loaded(read(&format!("{HEAD_2}{ALL_2}")));
    let changes = [
        ("export none; import", "export all; import", "one", "export filter"),
        ("preference 7; disabled", "preference 8; disabled", "roas", "pipe preference"),
        ("port 8282", "port 8283", "cache", "port"),
        ("user \"u\"", "user \"v\"", "safe", "user"),
        ("max 24 as 64512", "max 23 as 64512", "own", "roa 10.0.0.0/8"),
        ("multiplier 3", "multiplier 4", "alive", "interface 1"),
        ("password \"x\"", "password \"y\"", "alive", "password"),
    ];
    for (was, now, protocol, option) in changes {
        let other = loaded(read(&format!("{HEAD_2}{}", ALL_2.replace(was, now))));
        let found = compare(&config, &other);
        let subjects: Vec<(&str, &str)> =
            found.iter().map(|d| (d.subject.as_str(), d.option.as_str())).collect();
        assert_eq!(subjects, [(format!("protocol {protocol}").as_str(), option)], "{found:?}");
        assert!(matches!(diff(&config, &other).protocol(protocol), Some(ChangeKind::Modify { .. })));
    }
}

#[test]
fn toml_has_the_same() {
    let toml = r#"
        filters = "filter some { accept; }"
        tables = { t4 = "ipv4", t6 = "ipv6", r4 = "roa4", r5 = "roa4", r6 = "roa6" }
        device = {}
        [pipe.one]
        table = "t4"
        peer-table = "master4"
        export = "none"
        import = "some"
        import-limit = { max = 5, action = "block" }
        [pipe.roas]
        table = "r4"
        peer-table = "r5"
        preference = 7
        disabled = true
        [rpki.cache]
        remote = "rpki.example"
        port = 8282
        refresh = { secs = 900, keep = true }
        retry = 60
        expire = { secs = 7000, keep = true }
        ignore-max-length = true
        roa4 = { table = "r5", import = "some", preference = 3 }
        roa6 = {}
        [rpki.safe]
        remote = "192.0.2.1"
        ssh = { user = "u", private-key = "/a", public-key = "/b" }
        roa6 = {}
        [static.own]
        roa4 = {}
        roas = [
            { net = "10.0.0.0/8", max-length = 24, origin = 64512 },
            { net = "10.0.0.0/8", max-length = 8, origin = 1, set = "preference = 7;" },
        ]
        [bfd.alive]
        accept = ["ipv4", "direct"]
        strict-bind = true
        multihop = { min-rx-ms = 7 }
        neighbors = [
            { address = "192.0.2.1", interface = "eth0", local = "192.0.2.2" },
            { address = "2001:db8::1", local = "2001:db8::2", multihop = true },
        ]
        [[bfd.alive.interfaces]]
        patterns = ["eth*", "-lo"]
        min-rx-ms = 50
        min-tx-ms = 50
        idle-tx-ms = 2000
        multiplier = 3
        passive = true
        authentication = "meticulous keyed sha1"
        passwords = [{ secret = "x", id = 4, generate-from = "2026-01-01", generate-to = "2027-01-01 10:00", accept-to = "2027-01-01 10:00" }]
        [[bfd.alive.interfaces]]
        patterns = "10.0.0.0/8"
    "#;
    let bird = loaded(read(&format!("{HEAD_2}{}", ALL_2.replace("7 us", "7 ms"))));
    assert_eq!(compare(&loaded(read_toml(toml)), &bird), []);
    for (was, now, said) in [
        (
            "peer-table = \"r5\"",
            "peer-table = \"t4\"",
            "Primary table and peer table must have the same type",
        ),
        ("retry = 60", "retry = 0", "Minimum allowed retry interval is 1 second"),
        ("max-length = 24", "max-length = 4", "Invalid max prefix length 4"),
        ("peer-table = \"master4\"", "peer-table = \"t4\"", "Primary table and peer table must be different"),
        (
            "multihop = true",
            "multihop = true, interface = \"e\"",
            "Neighbor cannot set both interface and multihop",
        ),
    ] {
        let read = read_toml(&toml.replace(was, now));
        assert!(findings(&read).iter().any(|line| line.ends_with(said)), "{now}: {:?}", findings(&read));
    }
}

/// What is wrong, in the words of 2.0.12.
const WRONG_2: &[&str] = &[
    "protocol pipe x { }",
    "protocol pipe x { table t4; }",
    "protocol pipe x { peer table t4; }",
    "protocol pipe x { table t4; peer table t4; }",
    "protocol pipe x { table t4; peer table t6; }",
    "protocol pipe x { table t4; peer table master4; receive limit 5; }",
    "protocol pipe x { table t4; peer table master4; import keep filtered; }",
    "protocol pipe x { table t4; peer table nothing; }",
    "protocol pipe x { table t4; peer table master4; ipv4; }",
    "protocol pipe x { table t4; peer table master4; mode opaque; }",
    "protocol rpki x { roa4; }",
    "protocol rpki x { remote \"h\"; }",
    "protocol rpki x { roa4; remote \"h\"; remote \"g\"; }",
    "protocol rpki x { roa4; remote \"h\"; refresh 0; }",
    "protocol rpki x { roa4; remote \"h\"; refresh 86401; }",
    "protocol rpki x { roa4; remote \"h\"; retry 7201; }",
    "protocol rpki x { roa4; remote \"h\"; expire 599; }",
    "protocol rpki x { roa4; remote \"h\"; port 70000; }",
    "protocol rpki x { roa4; remote \"h\"; transport ssh { }; }",
    "protocol rpki x { roa4; remote \"h\"; transport tcp; transport tcp; }",
    "protocol rpki x { ipv4; remote \"h\"; }",
    "protocol rpki x { roa4; remote \"h\"; import all; }",
    "protocol kernel x { roa4; }",
    "protocol static x { roa4; route 10.0.0.0/8 max 4 as 5; }",
    "protocol static x { roa4; route 10.0.0.0/8 max 33 as 5; }",
    "protocol static x { roa4; route 10.0.0.0/8 max 24 as 5 blackhole; }",
    "protocol static x { roa4; route 10.0.0.0/8 blackhole; }",
    "protocol static x { ipv4; route 10.0.0.0/8 max 24 as 5; }",
    "protocol static x { roa4; route 2001:db8::/32 max 48 as 5; }",
    "protocol bfd x { neighbor 192.0.2.1 multihop; }",
    "protocol bfd x { neighbor 192.0.2.1 dev \"e\" local 192.0.2.2 multihop; }",
    "protocol bfd x { interval 5 ms; }",
    "protocol bfd x { interface \"e\" { interval 5; }; }",
    "protocol bfd x { interface \"e\" { password \"x\" { id 256; }; }; }",
    "protocol bfd x { interface \"e\" { password \"x\" { from \"2020\"; }; }; }",
];

/// The same in those of 1.6.8.
const WRONG_16: &[&str] = &[
    "protocol pipe x { }",
    "protocol pipe x { table t4; peer table t4; }",
    "protocol pipe x { peer table t4; receive limit 5; }",
    "protocol pipe x { peer table t4; import keep filtered; }",
    "protocol pipe x { peer table t4; mode open; }",
    "protocol pipe x { peer table ro4; }",
    "protocol rpki x { }",
    "roa table x { roa 10.0.0.0/8 as 3; }",
    "protocol bfd x { neighbor 192.0.2.1 multihop; }",
];

/// Needs Debian's bird2 and, from the labs, bird 1.6.8; fails without them.
#[test]
fn lab_bird_says_the_same_of_what_is_wrong() {
    let old = common::folder("../../target/peers/bird16/usr/sbin/bird");
    let judges = [
        (Dialect::Bird2, HEAD_2, WRONG_2, "/usr/sbin/bird".into()),
        (Dialect::Bird16, HEAD_16, WRONG_16, old),
    ];
    let file = std::env::temp_dir().join(format!("godwit-others-{}.conf", std::process::id()));
    let mut wrong = Vec::new();
    for (dialect, head, texts, program) in judges {
        for text in texts {
            let text = format!("{head}{text}\n");
            std::fs::write(&file, &text).expect("a file");
            let output = Command::new(&program).arg("-p").arg("-c").arg(&file).output().expect("the program");
            let output = String::from_utf8_lossy(&output.stderr).into_owned();
            let theirs = output.rsplit_once(".conf:").map_or("", |(_, rest)| rest.trim());
            let theirs = theirs.split_once(' ').map_or("", |(_, message)| message);
            let ours = first_error(&read_as(&text, dialect)).unwrap_or_default();
            let ours = ours.split_once(' ').map_or("", |(_, message)| message);
            let syntax = |of: &str| of.starts_with("syntax error");
            if ours.is_empty() || (ours != theirs && !(syntax(ours) && syntax(theirs))) {
                wrong.push(format!("{text}: bird: {theirs}; godwit: {ours}"));
            }
        }
    }
    let _ = std::fs::remove_file(&file);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_protocols_are_refused_by_name() {
    for of in ["rip", "ospf", "babel", "radv", "l3vpn", "aggregator"] {
        let read = read(&format!("protocol device {{ }}\nprotocol {of} {{ some {{ thing; }}; }}\n"));
        let said = first_error(&read).unwrap_or_default();
        assert!(said.starts_with(&format!("2 protocol {of} is out of scope")), "{said}");
        assert_eq!(findings(&read).len(), 1, "{:?}", findings(&read));
    }
}

#[test]
fn protocols_that_change_no_route_are_only_warned_of() {
    for of in ["mrt", "perf", "bmp"] {
        let read = read(&format!("protocol device {{ }}\nprotocol {of} {{ some {{ thing; }}; }}\n"));
        let told = format!("test.conf:2:10 protocol {of} has no effect: godwit has no such protocol");
        assert_eq!((findings(&read), first_error(&read)), (vec![told], None));
    }
}
