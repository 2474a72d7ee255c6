//! What is logged of sessions and of what the operator does, line for line as BIRD logs it.

use anyhow::{Context, Result, bail, ensure};
use godwit_lab::{LIMIT, Namespace, Program, Router, until, wait_for};
use similar::TextDiff;

const TIMES: &str = "connect delay time 1; connect retry time 2; error wait time 1, 2;";

fn config(more: &str, channel: &str) -> String {
    format!(
        "log stderr all; router id 192.0.2.1; protocol device {{ }}
         protocol static own {{ ipv4; route 10.1.0.0/24 blackhole; }}
         protocol bgp peer {{ local 192.0.2.1 as 64512; neighbor 192.0.2.2 as 64513; passive; {TIMES} {more}
           ipv4 {{ {channel} }}; }}"
    )
}

fn neighbor(asn: u32) -> String {
    format!(
        "log stderr all; debug protocols all; router id 192.0.2.2; protocol device {{ }}
         protocol static {{ ipv4; route 10.2.0.0/24 blackhole; route 10.3.0.0/24 blackhole; }}
         protocol bgp peer {{ local 192.0.2.2 as {asn}; neighbor 192.0.2.1 as 64512; {TIMES} hold time 15;
           ipv4 {{ import all; export all; }}; }}"
    )
}

/// The log without its times.
fn lines(router: &Router) -> String {
    let log = router.log();
    log.lines().map(|l| l.split_once('<').map_or(l, |(_, line)| line).to_owned() + "\n").collect()
}

/// The state when it is no longer on its way to another.
fn settled(router: &Router) -> Result<String> {
    let passing = |state: &str| ["stop", "flush"].iter().any(|word| state.contains(&format!(" {word} ")));
    let (state, _) = wait_for("the state to settle", LIMIT, || Some(state(router)).filter(|s| !passing(s)))?;
    Ok(state)
}

/// The line of `show protocols` for the session without the time.
fn state(router: &Router) -> String {
    let shown = router.birdc("show protocols peer");
    let line = shown.lines().find(|l| l.starts_with("peer")).unwrap_or_default();
    let words = line.split_whitespace().enumerate().filter(|(n, _)| *n != 4);
    words.map(|(_, word)| word).collect::<Vec<_>>().join(" ") + "\n"
}

/// Waits until the neighbor is Established too and has read all that a session begins with. BIRD closes its
/// connection without reading what is there, and the kernel then resets it: its last words are lost.
fn heard(neighbor: &Router) -> Result<()> {
    neighbor.established("peer")?;
    let all = |log: String| {
        log.rsplit_once("BGP session established").is_some_and(|(_, since)| since.contains("Got END-OF-RIB"))
    };
    until("End-of-RIB at the neighbor", || all(neighbor.log())).with_context(|| neighbor.log())?;
    Ok(())
}

/// Has a configuration read; BIRD may answer before all of it runs.
fn configure(router: &Router, config: &str, command: &str) -> Result<()> {
    std::fs::write(router.config(), config)?;
    let count = || router.log().matches("Reconfigured").count();
    let before = count();
    router.birdc(command);
    until("the configuration to run", || count() > before).with_context(|| router.log())?;
    Ok(())
}

/// What the log and `show protocols` say while a session and its operator go through all that is common.
fn story(program: Program) -> Result<String> {
    let (a, b) = (Namespace::new("a")?, Namespace::new("b")?);
    Namespace::join((&a, "va", &["192.0.2.1/24"]), (&b, "vb", &["192.0.2.2/24"]))?;
    let all = "import all; export all;";
    let mut router = Router::start(&a, program, &config("", all))?;
    let mut other = Router::start(&b, Program::Bird2, &neighbor(64_513))?;
    let mut told = String::new();
    router.established("peer")?;

    for command in
        ["reload in peer", "reload out peer", "disable peer \"noon\"", "enable peer", "restart peer"]
    {
        router.birdc(command);
        if command.starts_with("disable") {
            ensure!(router.detail("peer", "Message:") == "noon", "{}", router.birdc("show protocols all"));
        } else {
            router.established("peer")?;
        }
    }
    heard(&other)?;
    other.birdc("disable peer \"back at noon\"");
    until("its words", || router.log().contains("back at noon"))
        .with_context(|| format!("{}the neighbor:\n{}", router.log(), other.log()))?;
    told += &settled(&router)?;
    other.birdc("enable peer");
    router.established("peer")?;

    configure(&router, &config("", "import none; export all;"), "configure")?;
    configure(&router, &config("description \"x\";", all), "configure")?;
    configure(&router, "", "configure undo")?;
    ensure!(router.birdc("configure undo").contains("Nothing to do"), "undone twice");
    configure(&router, &config("", all), "configure soft")?;
    configure(&router, &(config("", all) + "protocol static two { ipv4; }"), "configure")?;
    configure(&router, &(config("", all) + "protocol static two { disabled; ipv4; }"), "configure")?;
    configure(&router, &config("", all), "configure")?;
    router.established("peer")?;

    b.ip(&["link", "set", "vb", "down"])?;
    until("the link to be missed", || state(&router).contains("Link down"))
        .with_context(|| state(&router))?;
    told += &settled(&router)?;
    b.ip(&["link", "set", "vb", "up"])?;
    router.established("peer")?;

    other.process().signal(nix::sys::signal::Signal::SIGSTOP);
    until("the hold time to pass", || router.log().contains("Hold timer")).with_context(|| router.log())?;
    told += &settled(&router)?;
    other.process().kill();

    configure(&router, &config("", "import limit 1 action disable; import all; export all;"), "configure")?;
    let other = Router::start(&b, Program::Bird2, &neighbor(64_513))?;
    until("the limit to be hit", || state(&router).starts_with("peer BGP --- down"))
        .with_context(|| router.log())?;
    told += &settled(&router)?;
    drop(other);

    configure(&router, &config("", all), "configure")?;
    let _other = Router::start(&b, Program::Bird2, &neighbor(64_999))?;
    until("the wrong AS", || router.log().contains("64999")).with_context(|| router.log())?;
    told += &settled(&router)?;
    router.process().stop();
    // How often the neighbor tried with its wrong AS is a matter of time; strangers are BIRD's only
    // while it has another session that listens; that a session stopped by itself is ours to say.
    let mut log = lines(&router);
    let wrong = "RMT> peer: Error: Bad peer AS: 64999\n";
    while log.contains(&wrong.repeat(2)) {
        log = log.replace(&wrong.repeat(2), wrong);
    }
    let said = |l: &&str| !l.contains("Unexpected connect") && !l.contains("peer: stopped:");
    Ok(told + &log.lines().filter(said).collect::<Vec<_>>().join("\n"))
}

#[test]
fn lab_the_log_says_what_birds_says() -> Result<()> {
    let mut differences = Vec::new();
    // A story of many processes now and then has a turn of its own, in BIRD as in godwit; what differs
    // each time is a difference.
    for _ in 0..3 {
        let (bird, godwit) = (story(Program::Bird2)?, story(Program::Godwit)?);
        if bird == godwit {
            return Ok(());
        }
        differences.push(TextDiff::from_lines(&bird, &godwit).unified_diff().to_string());
    }
    bail!("{}", differences.join("\n"))
}
