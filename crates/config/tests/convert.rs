//! Configurations in another language: the same router, or a word on why not.
#![allow(clippy::disallowed_methods, clippy::unnecessary_debug_formatting)]

mod common;

use std::path::Path;

use common::{files, findings, folder, read, read_as, read_toml};
use godwit_config::{Dialect, Language, LoadOptions, Loaded, RouterConfig, compare, convert, load};

fn loaded(read: Loaded) -> RouterConfig {
    let said = findings(&read);
    read.config.unwrap_or_else(|| panic!("{said:?}"))
}

/// What was written, read again.
fn converted(config: &RouterConfig, language: Language) -> RouterConfig {
    let text = convert(config, language).unwrap_or_else(|problems| panic!("{problems:#?}")).text;
    match language {
        Language::Bird2 => loaded(read_as(&text, Dialect::Bird2)),
        Language::Toml => loaded(read_toml(&text)),
    }
}

/// What differs, the language apart.
fn differences(was: &RouterConfig, now: &RouterConfig) -> Vec<String> {
    let found = compare(was, now);
    found.iter().filter(|d| d.option != "dialect").map(ToString::to_string).collect()
}

const OLD: &str = "
router id 192.0.2.9;
define OURS = 64512;
table more;
roa table signed { roa 10.0.0.0/8 max 24 as 3; }
function mine() { return bgp_path.last = OURS; }
filter outward { if mine() then accept; reject; }
template bgp inner { local as OURS; multihop; rr client; import all; export filter outward; }
protocol device { scan time 7; }
protocol direct { interface -\"cali*\", \"*\"; }
protocol kernel { learn; persist; export filter outward; merge paths on limit 4; }
protocol kernel k2 { table more; kernel table 100; export all; device routes; }
protocol static { route 10.0.0.0/8 multipath via 192.0.2.1 weight 2 via 192.0.2.2; route 10.1.0.0/16 recursive 192.0.2.3;
  route 10.2.0.0/16 blackhole { bgp_path.prepend(1); }; }
protocol pipe { peer table more; export where source = RTS_STATIC; }
protocol bgp one from inner { neighbor 192.0.2.2 as OURS; source address 192.0.2.1; password \"a 'b'\"; add paths rx;
  graceful restart; next hop self; import limit 9 action warn; bfd on; }
protocol bgp two { local as OURS; neighbor 192.0.2.3 as 64513; hold time 9; ttl security; gateway recursive; table more; }
";

#[test]
fn a_file_of_16_becomes_the_same_router() {
    let was = loaded(read(OLD));
    assert_eq!(was.dialect, Dialect::Bird16);
    for language in [Language::Bird2, Language::Toml] {
        let now = converted(&was, language);
        let found = differences(&was, &now);
        let expected = [
            // 1.6 has ROAs in its tables, and keeps routes of interfaces out of the kernel by itself.
            "router: roa table signed roa:",
            "protocol kernel1: device routes: off | on",
            "protocol kernel1: ipv4 export filter",
            "protocol signed_roas: protocol: none | Static",
            // It has it off, and in 2.x that is said.
            "protocol one: ipv4 aigp: none | off",
        ];
        let known = |line: &String| expected.iter().any(|known| line.starts_with(known));
        let strange: Vec<_> = found.iter().filter(|line| !known(line)).collect();
        assert_eq!(strange, Vec::<&String>::new());
        // BIRD 2 itself takes it: see the lab below.
        assert_eq!(now.protocols.len(), was.protocols.len() + 1);
    }
}

#[test]
fn what_cannot_be_said_is_refused() {
    let refused = |text: &str| {
        let config = loaded(read_as(&format!("protocol device {{ }}\n{text}"), Dialect::Bird16));
        convert(&config, Language::Bird2).expect_err("no such thing").join("; ")
    };
    let session = "protocol bgp x { local as 1; neighbor 192.0.2.1 as 2;";
    assert_eq!(
        refused("table t; protocol pipe x { peer table t; mode opaque; }"),
        "x: 2.x has no `mode opaque`"
    );
    assert_eq!(refused(&format!("{session} missing lladdr drop; }}")), "x: 2.x has no `missing lladdr`");
    assert_eq!(refused(&format!("{session} advertise ipv4 off; }}")), "x: 2.x has no `advertise ipv4`");
    let listen = refused(&format!("listen bgp address 192.0.2.7; {session} }}"));
    assert!(listen.starts_with("x: in 2.x sessions listen on their own address"), "{listen}");
}

#[test]
fn where_it_listens_goes_with_the_sessions() {
    let text = "listen bgp address 192.0.2.7 port 1790; protocol device { }
        protocol bgp x { local as 1; neighbor 192.0.2.1 as 2; source address 192.0.2.7; }";
    let now = converted(&loaded(read(text)), Language::Bird2);
    let (_, bgp) = common::session(&now);
    assert_eq!(bgp.listen_address(None).to_string(), "192.0.2.7:1790");
}

/// Reads a file with what it includes from beside it.
fn read_file(path: &Path, text: &str) -> Loaded {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ipv6_daemon = name.starts_with("bird6") || name.contains("ipv6");
    let options = LoadOptions { ipv6_daemon, ..LoadOptions::default() };
    load(&path.to_string_lossy(), text, &options, &mut |pattern, from| {
        let file = Path::new(from).with_file_name(pattern);
        let text = std::fs::read_to_string(&file).map_err(|e| e.to_string())?;
        Ok(vec![(file.to_string_lossy().into_owned(), text)])
    })
}

/// Files of this repository, and Calico's where they are, with every option there is among them.
#[test]
fn files_become_what_they_were() {
    let mut list = Vec::new();
    for place in ["../../config", "tests/print"] {
        list.extend(files(&folder(place), ".conf"));
    }
    if let Ok(entries) = std::fs::read_dir(folder("../../../shared/data/calico-cases")) {
        for entry in entries.flatten() {
            let expected = entry.path().join("expected");
            if expected.is_dir() {
                list.extend(files(&expected, "bird.cfg").into_iter().chain(files(&expected, "bird6.cfg")));
            }
        }
    }
    let (mut count, mut refused) = (0, Vec::new());
    for (path, text) in list {
        let Some(was) = read_file(&path, &text).config else { continue };
        for language in [Language::Bird2, Language::Toml] {
            count += 1;
            match convert(&was, language) {
                Ok(_) => {}
                Err(problems) => {
                    refused.push(format!("{} {language:?}: {}", path.display(), problems.join("; ")));
                }
            }
        }
    }
    assert!(count >= 20, "{count} files");
    let known = |line: &String| {
        let refusals = [
            "2.x has no `missing lladdr`",
            "2.x has no `advertise ipv4`",
            "2.x sessions listen on their own",
        ];
        refusals.iter().any(|known| line.contains(known))
    };
    let strange: Vec<&String> = refused.iter().filter(|line| !known(line)).collect();
    assert!(strange.is_empty(), "{strange:#?}");
}

/// Needs Debian's bird2, and fails without it.
#[test]
fn lab_bird_takes_what_was_written() {
    let text = convert(&loaded(read(OLD)), Language::Bird2).expect("all of it can be said").text;
    let file = std::env::temp_dir().join(format!("godwit-convert-{}.conf", std::process::id()));
    std::fs::write(&file, &text).expect("a file");
    let output = std::process::Command::new("/usr/sbin/bird").arg("-p").arg("-c").arg(&file).output();
    let output = output.expect("/usr/sbin/bird of the package bird2");
    let _ = std::fs::remove_file(&file);
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
}
