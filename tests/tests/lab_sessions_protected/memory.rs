//! The kernel's option memory: each key on a listening socket takes a piece of it.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, until};

const SESSIONS: usize = 300;
/// What older kernels start with.
const LIMIT: u64 = 20_480;

/// Each session is between addresses of its own, here and there.
fn address(ours: bool, n: usize) -> String {
    format!("10.{}.{}.{}", if ours { 8 } else { 9 }, n / 200, n % 200 + 1)
}

fn sessions(ours: bool) -> Result<String> {
    let id = if ours { 1 } else { 2 };
    let mut text = format!("log stderr all; router id {id}.{id}.{id}.{id}; protocol device {{ }}\n");
    for n in 0..SESSIONS {
        let (local, remote) = (address(ours, n), address(!ours, n));
        // BIRD lets eight connections wait to be accepted: should one of ours be lost so, its own comes.
        let later = if ours { "" } else { "connect delay time 2; connect retry time 5;" };
        writeln!(
            text,
            "protocol bgp n{n} {{ local {local} as 6500{id}; neighbor {remote} as 6500{}; {later} password \"p{n}\";
               ipv4 {{ import all; export none; }}; }}",
            3 - id
        )?;
    }
    Ok(text)
}

#[test]
fn lab_more_passwords_than_option_memory() -> Result<()> {
    let of_the_machine = std::fs::read_to_string("/proc/sys/net/core/optmem_max")?;
    let (a, b) = (Namespace::new("a")?, Namespace::new("b")?);
    let addresses = |ours| (0..SESSIONS).map(|n| format!("{}/15", address(ours, n))).collect::<Vec<_>>();
    let (ours, theirs) = (addresses(true), addresses(false));
    let [ours, theirs] = [&ours, &theirs].map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
    Namespace::join((&a, "va", &ours), (&b, "vb", &theirs))?;
    a.run("sysctl", &["-qw", &format!("net.core.optmem_max={LIMIT}")])
        .context("a kernel in which net.core.optmem_max belongs to the namespace")?;
    let _bird = Router::start(&b, Program::Bird2, &sessions(false)?)?;
    let godwit = Router::start(&a, Program::Godwit, &sessions(true)?)?;

    // Those that fit work, the others are down and say why.
    let refused = "Idle          Error: No room for its TCP MD5 key: sysctl -w net.core.optmem_max=";
    let count = |word: &str| godwit.birdc("show protocols").lines().filter(|l| l.contains(word)).count();
    until("each session to be up or refused", || {
        let (up, down) = (count("Established"), count(refused));
        up > 100 && down > 100 && up + down == SESSIONS
    })
    .with_context(|| format!("{}{}", godwit.birdc("show protocols"), godwit.log()))?;
    let up = count("Established");
    let log = godwit.log();
    let said = format!(
        "{up} of {SESSIONS} are set, net.core.optmem_max is {LIMIT}; run `sysctl -w net.core.optmem_max="
    );
    ensure!(log.contains(&said), "not said: {said}: {log}");
    // Each once, though each tries again and again.
    ensure!(log.matches("the session stays down").count() == SESSIONS - up, "{log}");
    let shown = godwit.birdc("show protocols");
    let first = shown.lines().find(|l| l.contains("Established")).and_then(|l| l.split(' ').next());
    let first = first.context("a session")?.to_owned();
    let since = godwit.since(&first);

    // What it says is done, and it is enough.
    let (_, value) = log.split_once(&said).context("the value")?;
    let value: String = value.chars().take_while(char::is_ascii_digit).collect();
    a.run("sysctl", &["-qw", &format!("net.core.optmem_max={value}")])?;
    until("all sessions", || count("Established") == SESSIONS)
        .with_context(|| format!("{}{}", godwit.birdc("show protocols"), godwit.log()))?;
    ensure!(godwit.since(&first) == since, "a session that was up was restarted");
    ensure!(
        std::fs::read_to_string("/proc/sys/net/core/optmem_max")? == of_the_machine,
        "not ours to change"
    );
    Ok(())
}
