//! Reconfiguration: what did not change does not notice; what is wrong does not run.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Namespace, Program, Router, stays, until};
use nix::sys::signal::Signal;

/// godwit with two neighbors: `kept` on 192.0.2.2, which no test touches, and `other` on 192.0.3.2.
struct Lab {
    _namespaces: [Namespace; 3],
    godwit: Router,
    kept: Router,
    other: Router,
}

impl Lab {
    fn new() -> Result<Self> {
        let (a, b, c) = (Namespace::new("a")?, Namespace::new("b")?, Namespace::new("c")?);
        Namespace::join((&a, "vab", &["192.0.2.1/24"]), (&b, "vb", &["192.0.2.2/24"]))?;
        Namespace::join((&a, "vac", &["192.0.3.1/24"]), (&c, "vc", &["192.0.3.2/24"]))?;
        let kept = Router::start(&b, Program::Bird2, &neighbor(2, 64_513))?;
        let other = Router::start(&c, Program::Bird2, &neighbor(3, 64_514))?;
        let godwit = Router::start(&a, Program::Godwit, &config("export all", "10.1.0.0/24", ""))?;
        godwit.established("kept")?;
        godwit.established("other")?;
        Ok(Self { _namespaces: [a, b, c], godwit, kept, other })
    }

    /// That `kept` has neither restarted nor lost or re-sent a message but keepalives.
    fn kept_is_untouched(&self, before: &Seen) -> Result<()> {
        let now = self.seen();
        ensure!(*before == now, "before: {before:?}, now: {now:?}");
        Ok(())
    }

    fn seen(&self) -> Seen {
        Seen {
            since: self.godwit.since("kept"),
            since_at_peer: to_the_second(&self.kept.since("peer")),
            updates: self.kept.detail("peer", "Import updates:"),
            withdraws: self.kept.detail("peer", "Import withdraws:"),
        }
    }
}

/// BIRD works a time of the day out anew at each command, which moves it by a millisecond.
fn to_the_second(time: &str) -> String {
    time.split('.').next().unwrap_or_default().to_owned()
}

#[derive(PartialEq, Debug)]
struct Seen {
    since: String,
    since_at_peer: String,
    updates: String,
    withdraws: String,
}

fn neighbor(net: u8, asn: u32) -> String {
    format!(
        "log stderr all; router id 192.0.{net}.2; protocol device {{ }}
         protocol static {{ ipv4; route 10.{net}.0.0/24 blackhole; }}
         protocol bgp peer {{ local 192.0.{net}.2 as {asn}; neighbor 192.0.{net}.1 as 64512; passive;
           ipv4 {{ import all; export all; }}; }}"
    )
}

fn config(other_export: &str, route: &str, more: &str) -> String {
    format!(
        "log stderr all;
router id 192.0.2.1;
protocol device {{ }}
protocol static origin {{ ipv4; route 10.1.0.0/24 blackhole; }}
protocol static more {{ ipv4; route {route} blackhole; }}
protocol bgp kept {{
  local 192.0.2.1 as 64512; neighbor 192.0.2.2 as 64513; connect delay time 1;
  ipv4 {{ import all; export where proto = \"origin\"; }};
}}
protocol bgp other {{
  local 192.0.3.1 as 64512; neighbor 192.0.3.2 as 64514; connect delay time 1; {more}
  ipv4 {{ import all; {other_export}; }};
}}
"
    )
}

#[test]
fn lab_reload_leaves_the_others_alone() -> Result<()> {
    let lab = Lab::new()?;
    lab.kept.has_route("10.1.0.0/24", &[])?;
    lab.other.has_route("10.2.0.0/24", &[])?;
    let before = lab.seen();
    let other_before = lab.godwit.since("other");

    // A filter: routes change, the session stays.
    let shown = lab.godwit.configure(&config("export none", "10.1.0.0/24", ""))?;
    ensure!(shown.contains("Reconfigured"), "{shown}");
    lab.other.lost_route("10.2.0.0/24")?;
    ensure!(lab.godwit.since("other") == other_before, "a filter restarted the session");
    lab.kept_is_untouched(&before)?;

    // A session option: that session restarts, and only that.
    lab.godwit.configure(&config("export all", "10.1.0.0/24", "hold time 30;"))?;
    until("the changed session to restart", || lab.godwit.since("other") != other_before)?;
    lab.godwit.established("other")?;
    lab.other.has_route("10.2.0.0/24", &[])?;
    lab.kept_is_untouched(&before)?;

    // A static route comes.
    lab.godwit.configure(&config("export all", "10.9.0.0/24", "hold time 30;"))?;
    lab.other.has_route("10.9.0.0/24", &[])?;
    lab.kept_is_untouched(&before)
}

#[test]
fn lab_reload_by_signal() -> Result<()> {
    let mut lab = Lab::new()?;
    lab.kept.has_route("10.1.0.0/24", &[])?;
    let before = lab.seen();
    std::fs::write(lab.godwit.config(), config("export all", "10.9.0.0/24", ""))?;
    lab.godwit.process().signal(Signal::SIGHUP);
    lab.other.has_route("10.9.0.0/24", &[])?;
    lab.kept_is_untouched(&before)
}

#[test]
fn lab_reload_of_a_bad_file_changes_nothing() -> Result<()> {
    let mut lab = Lab::new()?;
    lab.kept.has_route("10.1.0.0/24", &[])?;
    lab.other.has_route("10.2.0.0/24", &[])?;
    let (before, other_before) = (lab.seen(), lab.godwit.since("other"));

    let shown = lab.godwit.configure(&config("export blah", "10.1.0.0/24", ""))?;
    ensure!(shown.contains("bird.conf:12:") && !shown.contains("Reconfigured"), "{shown}");
    let shown = lab.godwit.birdc("configure check");
    ensure!(shown.contains("bird.conf:12:"), "{shown}");
    // `godwit check` says the same of the file, with its line and the caret.
    let checked = Command::new(godwit_lab::godwit()?).arg("check").arg(lab.godwit.config()).output()?;
    let told = String::from_utf8(checked.stderr)?;
    ensure!(told.contains("^^^^"), "{told}");
    let (_, below) = shown
        .split_once("Reading configuration from")
        .and_then(|(_, rest)| rest.split_once('\n'))
        .with_context(|| shown.clone())?;
    let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    ensure!(lines(below) == lines(&told), "{shown}\n{told}");
    lab.godwit.process().signal(Signal::SIGHUP);
    until("the error to be logged", || lab.godwit.log().contains("bird.conf:12:"))?;
    stays("both sessions", Duration::from_millis(500), || {
        lab.godwit.since("other") == other_before && lab.seen() == before
    })?;
    ensure!(lab.godwit.route("10.2.0.0/24").contains("via 192.0.2.2"));

    // `configure check` of a good file does not run it.
    std::fs::write(lab.godwit.config(), config("export none", "10.1.0.0/24", ""))?;
    let shown = lab.godwit.birdc("configure check");
    ensure!(shown.contains("Configuration OK"), "{shown}");
    stays("the route", Duration::from_millis(300), || !lab.other.route("10.2.0.0/24").is_empty())
}

#[test]
fn lab_protocols_are_disabled_enabled_restarted() -> Result<()> {
    let lab = Lab::new()?;
    lab.other.has_route("10.1.0.0/24", &[])?;
    let before = lab.seen();
    ensure!(lab.godwit.birdc("disable other").contains("other: disabled"));
    lab.other.lost_route("10.1.0.0/24")?;
    lab.godwit.lost_route("10.3.0.0/24")?;
    ensure!(lab.godwit.birdc("show protocols other").contains("down"));
    ensure!(lab.godwit.birdc("enable \"oth*\"").contains("other: enabled"));
    lab.godwit.established("other")?;
    lab.other.has_route("10.1.0.0/24", &[])?;
    let since = lab.godwit.since("other");
    ensure!(lab.godwit.birdc("restart other").contains("other: restarted"));
    until("the restart", || lab.godwit.since("other") != since)?;
    lab.godwit.established("other")?;
    ensure!(lab.godwit.birdc("reload other").contains("other: reloading"));
    lab.godwit.has_route("10.3.0.0/24", &[])?;
    lab.kept_is_untouched(&before)
}

/// Of equal routes the first to come is best, and they come in the order of the configuration.
#[test]
fn lab_of_equal_routes_the_first_protocols_is_best() -> Result<()> {
    let a = Namespace::new("a")?;
    let mut config = String::from("log stderr all; router id 10.0.0.1; protocol device { }\n");
    for n in 0..30 {
        writeln!(config, "protocol static p{n} {{ ipv4; route 10.1.0.0/24 blackhole; }}")?;
    }
    for program in [Program::Bird2, Program::Godwit] {
        let router = Router::start(&a, program, &config)?;
        until("all routes", || router.birdc("show route count").contains("30 of 30 routes"))?;
        let best = router.birdc("show route primary 10.1.0.0/24");
        ensure!(best.contains("[p0 "), "{program:?}: {best}");
    }
    Ok(())
}

#[test]
fn lab_reload_makes_protocols_enabled_as_the_file_says() -> Result<()> {
    for program in [Program::Bird2, Program::Godwit] {
        let namespace = Namespace::new("enabled")?;
        let config = "log stderr all; router id 192.0.2.1; protocol device { }
            protocol static wanted { ipv4; route 10.1.0.0/24 blackhole; }
            protocol static spare { disabled; ipv4; route 10.2.0.0/24 blackhole; }";
        let router = Router::start(&namespace, program, config)?;
        let up = |name: &str| router.birdc(&format!("show protocols {name}")).contains(" up ");
        ensure!(router.birdc("disable wanted").contains("wanted: disabled"), "{program:?}");
        ensure!(router.birdc("enable spare").contains("spare: enabled"), "{program:?}");
        until("the operator's word", || up("spare") && !up("wanted"))?;
        // `debug` is no reload.
        router.birdc("debug all all");
        ensure!(up("spare") && !up("wanted"), "{program:?}: {}", router.birdc("show protocols"));
        router.configure(config)?;
        until("the file's word", || up("wanted") && !up("spare"))?;
        for line in ["Enabling protocol wanted", "Disabling protocol spare"] {
            // Once by the operator, of the other one; once by the file.
            ensure!(router.log().contains(line), "{program:?}: no {line}: {}", router.log());
        }
        ensure!(router.birdc("configure undo").contains("Reconfigur"), "{program:?}");
        until("the undo", || router.log().matches("<INFO> Reconfigured").count() == 2)?;
        ensure!(router.birdc("configure undo").contains("Nothing to do"), "{program:?}: undone twice");
    }
    Ok(())
}

#[test]
fn lab_channel_options_change_while_the_session_runs() -> Result<()> {
    let lab = Lab::new()?;
    lab.other.has_route("10.2.0.0/24", &["BGP.next_hop: 192.0.3.1"])?;
    lab.godwit.has_route("10.3.0.0/24", &[])?;
    let (before, other_before) = (lab.seen(), lab.godwit.since("other"));

    let address = "export all; next hop address 192.0.3.77";
    lab.godwit.configure(&config(address, "10.1.0.0/24", ""))?;
    lab.other.has_route("10.2.0.0/24", &["BGP.next_hop: 192.0.3.77"])?;

    let limit = "export all; import limit 0 action warn";
    lab.godwit.configure(&config(limit, "10.1.0.0/24", ""))?;
    let line = "Protocol other hits route import limit (0), action: warn";
    until("the limit to be noticed", || lab.godwit.log().contains(line))?;
    ensure!(lab.godwit.detail("other", "Import limit:").contains("[HIT]"));
    lab.other.has_route("10.2.0.0/24", &["BGP.next_hop: 192.0.3.1"])?;

    ensure!(lab.godwit.since("other") == other_before, "the session was restarted");
    lab.kept_is_untouched(&before)
}
