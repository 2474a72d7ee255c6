//! What a change of each option of a session and its channels does to it: the same as with bird2. Each option is that
//! of a session of its own, so that two configurations are enough for all.

mod later;
mod options;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Namespace, Program, Router, settles, until};

use options::{Kind, OPTIONS, Option};

const FILTERS: &str = "filter f1 { accept; }
    filter f2 { if net ~ [10.9.0.0/16+] then reject; accept; }
    ipv4 table t9; ipv4 table ordered sorted;";

fn name(number: usize) -> String {
    format!("p{number:03}")
}

fn address(number: usize) -> String {
    format!("192.0.{}.{}", 2 + number / 200, 10 + number % 200)
}

/// Ours, by which the neighbor's BIRD tells the sessions apart.
fn own_address(number: usize) -> String {
    format!("192.0.{}.{}", 102 + number / 200, 10 + number % 200)
}

/// A session with options before `|` and those of its channel after it.
fn session(number: usize, option: &Option, options: &str) -> String {
    let (own, channel) = options.split_once('|').unwrap_or((options, ""));
    let theirs = address(number);
    let asn = if option.kind == Kind::Internal { 65001 } else { 65002 };
    let neighbor = if own.contains("neighbor ") { "" } else { "neighbor THEIRS as ASN;" };
    let own = format!("local OURS as 65001; {neighbor} {own}").replace("THEIRS", &theirs);
    let own = own.replace("OURS", &own_address(number)).replace("ASN", &asn.to_string());
    let (channel, more) = channel.split_once('|').unwrap_or((channel, ""));
    // Not all at once: BIRD has room for eight connections that it has not taken yet.
    let times = format!("connect delay time {}; error wait time 1, 1;", 1 + number / 40);
    format!(
        "protocol bgp {} {{ {} {own} ipv4 {{ import all; export none; {channel} }}; {more} }}\n",
        name(number),
        if own.contains("connect delay") { "" } else { &times },
    )
}

fn config(program: Program, changed: bool) -> String {
    let mut text = format!(
        "log stderr all; router id 1.1.1.1; protocol device {{ scan time 1; }} {FILTERS}
         protocol static {{ ipv4; route 10.1.0.0/24 blackhole; }}\n"
    );
    for (number, option) in options_of(program) {
        text += &session(number, option, if changed { option.after } else { option.before });
    }
    text
}

/// Those it knows.
fn options_of(program: Program) -> impl Iterator<Item = (usize, &'static Option)> {
    OPTIONS.iter().enumerate().filter(move |(_, o)| program == Program::Godwit || o.newer.is_none())
}

fn peer() -> String {
    let mut text = "log stderr all; router id 2.2.2.2; protocol device { scan time 1; }\n".to_owned();
    for (number, option) in OPTIONS.iter().enumerate() {
        let asn = if option.kind == Kind::Internal { 65001 } else { 65002 };
        let (address, ours) = (address(number), own_address(number));
        let _ = writeln!(
            text,
            "protocol bgp {} {{ local {address} as {asn}; neighbor {ours} as 65001; passive;
               error wait time 1, 1;
               ipv4 {{ import none; export none; }}; }}",
            name(number)
        );
    }
    text
}

/// What became of each session.
fn outcome(program: Program) -> Result<BTreeMap<usize, String>> {
    let [ours, theirs] = [Namespace::new("own")?, Namespace::new("peers")?];
    let all =
        |of: fn(usize) -> String| (0..OPTIONS.len()).map(|n| format!("{}/16", of(n))).collect::<Vec<_>>();
    let (own, other) = (all(own_address), all(address));
    let [mut own, other] = [&own, &other].map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
    own.push("192.0.2.3/16");
    Namespace::join((&ours, "v0", &own), (&theirs, "v1", &other))?;
    let peer = Router::start(&theirs, Program::Bird2, &peer())?;
    let router = Router::start(&ours, program, &config(program, false))?;
    let all = || router.birdc("show protocols");
    let line = |shown: &str, number: usize| -> String {
        shown.lines().find(|l| l.starts_with(&name(number))).unwrap_or_default().to_owned()
    };
    until("the sessions to be up", || {
        let shown = all();
        options_of(program).all(|(n, o)| o.kind == Kind::Down || line(&shown, n).contains("Established"))
    })
    .with_context(|| format!("{}{}{}", all(), router.log(), peer.log()))?;
    let since = settles("the sessions", all)?;
    let logged = router.log().len();
    let log = || router.log().get(logged..).unwrap_or_default().to_owned();
    let said = router.configure(&config(program, true))?;
    until("the new configuration to be in use", || log().contains("<INFO> Reconfigured"))
        .with_context(|| said + &router.log())?;
    // A session may find out by itself that it has to restart.
    let (log, now) = settles("what is said of it", || (log(), all()))
        .with_context(|| format!("{program:?}: {}", log()))?;
    let mut outcomes = BTreeMap::new();
    for (number, option) in options_of(program) {
        let name = name(number);
        let has = |what: &str| log.lines().any(|l| l.ends_with(what));
        let what = if has(&format!("Restarting protocol {name}")) {
            let faults = ["add", "reconfigure", "remove"].map(|what| {
                let fault = |family: &str| has(&format!("Cannot {what} channel {name}.{family}"));
                ["ipv4", "ipv6"]
                    .into_iter()
                    .filter(|f| fault(f))
                    .fold(String::new(), |text, f| text + ", cannot " + what + " " + f)
            });
            outcomes.insert(number, format!("restarts{}", faults.map(|f: String| f).concat()));
            continue;
        } else if has(&format!("Disabling protocol {name}")) {
            "ends"
        } else {
            let [was, is] = [&since, &now].map(|shown| line(shown, number));
            ensure!(option.kind == Kind::Down || was == is, "{option:?} did not stay: {was}\n{is}");
            ensure!(
                !has(&format!("Reloading channel {name}.ipv6")),
                "{program:?} {option:?}: it is down\n{log}"
            );
            if has(&format!("Reloading channel {name}.ipv4")) { "reloads" } else { "stays" }
        };
        outcomes.insert(number, what.to_owned());
    }
    Ok(outcomes)
}

#[test]
fn lab_reload_options_do_what_they_do_with_bird2() -> Result<()> {
    let theirs = std::thread::spawn(|| outcome(Program::Bird2));
    let ours = outcome(Program::Godwit);
    // Whatever came of ours: what a thread has started ends with it, not with the process.
    let theirs = theirs.join().map_err(|_| anyhow::anyhow!("it panicked"))??;
    let ours = ours?;
    let mut wrong = String::new();
    for (number, option) in OPTIONS.iter().enumerate() {
        let mut is = ours[&number].as_str();
        if option.newer.is_some() || option.otherwise.is_some() {
            // Only what becomes of the session is known.
            is = is.split(',').next().unwrap_or_default();
        }
        let (wanted, whose) = match (option.newer, option.otherwise, theirs.get(&number)) {
            (Some(wanted), ..) => (wanted, "a newer BIRD"),
            (_, Some((ours, theirs_too)), Some(theirs)) => {
                ensure!(theirs.split(',').next() == Some(theirs_too), "{option:?}: bird2 {theirs}");
                (ours, "godwit of its own will")
            }
            (.., Some(theirs)) => (theirs.as_str(), "bird2"),
            (.., None) => ("?", "nobody"),
        };
        if is != wanted {
            let _ =
                writeln!(wrong, "`{}` to `{}`: godwit {is}, {whose} {wanted}", option.before, option.after);
        }
    }
    ensure!(wrong.is_empty(), "{wrong}");
    Ok(())
}
