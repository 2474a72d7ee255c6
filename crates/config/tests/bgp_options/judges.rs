//! The programs the options come from.

use std::path::{Path, PathBuf};
use std::process::Command;

use godwit_config::Dialect;

use crate::common::{first_error, folder, read_as};
use crate::options::Of::{self, Channel, Session};
use crate::options::{OPTIONS, conf, conf16};

/// What the programs are asked about beside [`OPTIONS`]. Both had them in this form when they were last compared.
const MORE: &[(Of, &str)] = &[
    (Session, "confederation 7; confederation member;"),
    (Session, "confederation member;"),
    (Session, "confederation 7; confederation member; local role peer;"),
    (Session, "confederation 7; confederation member; rr client;"),
    (Session, "neighbor as 1; local role peer;"),
    (Session, "require roles;"),
    (Session, "min hold time 500;"),
    (Session, "min keepalive time 90;"),
    (Session, "dynamic name digits 11;"),
    (Session, "dynamic name \"\";"),
    (Session, "long lived graceful restart;"),
    (Session, "graceful restart off; long lived graceful restart;"),
    (Session, "graceful restart off; long lived graceful restart off;"),
    (Session, "setkey off;"),
    (Session, "allow local as;"),
    (Session, "allow local as 3;"),
    (Session, "interpret communities off;"),
    (Session, "disable after cease 1;"),
    (Session, "route limit 5;"),
    (Session, "bfd off;"),
    (Session, "bfd { multiplier 3; }; bfd { graceful; min tx interval 5 us; };"),
    (Session, "multihop; source address 192.0.2.9; bfd;"),
    (Session, "bfd { graceful off; };"),
    (Session, "bfd { interval 5; };"),
    (Channel, "aigp off;"),
    (Channel, "cost 0;"),
    (Channel, "gateway recursive; cost 3;"),
    (Channel, "next hop prefer global;"),
    (Channel, "missing lladdr drop;"),
    (Channel, "secondary;"),
    (Channel, "secondary off;"),
    (Channel, "add paths rx;"),
    (Channel, "import keep filtered;"),
    (Channel, "receive limit off;"),
    (Channel, "validate off;"),
    (Channel, "base table master4;"),
    (Channel, "mandatory;"),
];

/// What neither program knows, as they were last compared.
const IN_NEITHER: &[&str] = &[
    "send hold time 0;",
    "send hold time 600;",
    "allow bgp_med;",
    "enable enhanced route refresh off;",
    "require route refresh; require enhanced route refresh; require as4; require extended messages;",
    "require hostname; require graceful restart; require long lived graceful restart;",
    "min graceful restart time 9;",
    "max graceful restart time 9;",
    "min long lived stale time 9; max long lived stale time 10;",
    "disable rx;",
    "interface \"e0\"; onlink;",
    "strict bind; interface range -\"lo\", \"e*\";",
    "authentication ao; keys { key { id 1; secret \"x\"; preferred; };
         key { send id 2; recv id 3; algorithm hmac sha384; secret \"y\"; deprecated; }; };",
    "authentication md5; password \"x\";",
    "next hop prefer local;",
    "link local next hop format single;",
    "require extended next hop;",
    "require add paths;",
    "min long lived stale time 9; max long lived stale time 10;",
];
/// What BIRD 2.0.12 alone does not know.
const NOT_IN_2_0_12: &[&str] = &["advertise ipv4 off;"];
/// What 1.6.8 alone does not know.
const NOT_IN_1_6: &[&str] = &[
    "free bind;",
    "dynamic name \"x\";",
    "dynamic name digits 4;",
    "confederation 65000;",
    "local role rs_server;",
    "local role peer; require roles;",
    "min hold time 60;",
    "min keepalive time 6;",
    "advertise hostname;",
    "bfd { interval 100 ms; idle tx interval 2 s; multiplier 4; passive; };",
    "extended next hop;",
    "cost 7;",
    "aigp;",
    "aigp originate;",
    "import table;",
    "export table;",
    "confederation 7; confederation member;",
    "confederation 7; confederation member; local role peer;",
    "dynamic name \"\";",
    "bfd { multiplier 3; }; bfd { graceful; min tx interval 5 us; };",
    "aigp off;",
    "gateway recursive; cost 3;",
    "next hop prefer global;",
    "mandatory;",
];

/// What `bird -p` says of a file: nothing if it takes it.
fn said_by(bird: &Path, dialect: Dialect, text: &str) -> String {
    let file =
        std::env::temp_dir().join(format!("godwit-bgp-options-{}-{dialect:?}.conf", std::process::id()));
    std::fs::write(&file, text).expect("a file for bird");
    let output = Command::new(bird).arg("-p").arg("-c").arg(&file).output();
    let _ = std::fs::remove_file(&file);
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", bird.display()));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    match stderr.lines().find_map(|line| line.split_once(".conf:")) {
        _ if output.status.success() => String::new(),
        Some((_, rest)) => rest.split_once(' ').map(|(_, message)| message.to_owned()).unwrap_or_default(),
        None => panic!("{} of {text}: {stderr}", bird.display()),
    }
}

/// Every option a program takes is taken, what it refuses for what it says is refused in the same words, and what it
/// does not know and we take is `newer` or [`IN_NEITHER`].
fn judge(bird: &Path, dialect: Dialect, text: &dyn Fn(Of, &str) -> String, newer: &[&str]) {
    let all = OPTIONS.iter().map(|(of, option, _, _)| (*of, *option)).chain(MORE.iter().copied());
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for (of, option) in all {
        let text = text(of, option);
        let theirs = said_by(bird, dialect, &text);
        let loaded = read_as(&text, dialect);
        let ours =
            first_error(&loaded).map(|e| e.split_once(' ').map(|(_, m)| m.to_owned()).unwrap_or_default());
        let ours = ours.unwrap_or_default();
        // 1.6 takes what follows `local` for an address.
        let strange = theirs.starts_with("syntax error") || theirs == "IP address expected";
        if strange && ours.is_empty() {
            unknown.push(option);
        }
        if ours != theirs && !strange {
            wrong.push(format!("{option}: bird says '{theirs}', godwit '{ours}'"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut newer = [IN_NEITHER, newer].concat();
    unknown.sort_unstable();
    newer.sort_unstable();
    assert_eq!(unknown, newer, "what the program does not know");
}

/// Needs Debian's bird2, and fails without it.
#[test]
fn lab_bird_2_judges_options() {
    judge(Path::new("/usr/sbin/bird"), Dialect::Bird2, &conf, NOT_IN_2_0_12);
}

/// Needs bird 1.6.8 where the labs have it, and fails without it.
#[test]
fn lab_bird_16_judges_options() {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder("../../target"), PathBuf::from);
    let bird = target.join("peers/bird16/usr/sbin/bird");
    judge(&bird, Dialect::Bird16, &|_, option| conf16(option), NOT_IN_1_6);
}
