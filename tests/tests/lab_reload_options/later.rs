//! What stays and yet has changed: with the next OPEN, or at once.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Namespace, Program, Router, stays, until};

fn config(own: &str, channel: &str) -> String {
    format!(
        "log stderr all; debug protocols {{ states, events }}; router id 1.1.1.1; protocol device {{ scan time 1; }}
         protocol bgp peer {{ local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002; connect delay time 1;
           error wait time 1, 1; {own} ipv4 {{ import all; export none; }};
           ipv6 {{ import all; export none; {channel} }}; }}"
    )
}

/// The neighbor, which does not notice what becomes of its link: what it says of it would come when the link is back.
fn peer(ipv6: bool) -> String {
    let ipv6 = if ipv6 { "ipv6 { import all; export none; };" } else { "" };
    format!(
        "log stderr all; router id 2.2.2.2; protocol device {{ }}
         protocol bgp own {{ local 192.0.2.2 as 65002; neighbor 192.0.2.1 as 65001; multihop; passive; error wait time 1, 1;
           ipv4 {{ import all; export none; }}; {ipv6} }}"
    )
}

struct Lab {
    theirs: Namespace,
    ours: Namespace,
    peer: Router,
    router: Router,
}

impl Lab {
    fn new(program: Program, ipv6: bool) -> Result<Self> {
        let [ours, theirs] = [Namespace::new("own")?, Namespace::new("peer")?];
        Namespace::join((&ours, "v0", &["192.0.2.1/24"]), (&theirs, "v1", &["192.0.2.2/24"]))?;
        let peer = Router::start(&theirs, Program::Bird2, &peer(ipv6))?;
        let router = Router::start(&ours, program, &config("", ""))?;
        let lab = Self { theirs, ours, peer, router };
        lab.router.established("peer")?;
        Ok(lab)
    }

    /// Another configuration, which the session does not notice.
    fn configure(&self, own: &str, channel: &str) -> Result<()> {
        let since = self.router.since("peer");
        let count = || self.router.log().matches("<INFO> Reconfigured").count();
        let before = count();
        self.router.configure(&config(own, channel))?;
        until("the configuration to be in use", || count() > before).with_context(|| self.router.log())?;
        let shown = self.router.birdc("show protocols peer");
        ensure!(shown.contains("Established") && shown.contains(&since), "{shown}{}", self.router.log());
        Ok(())
    }
}

/// It is refused that does not speak a family any more, or has not spoken it.
fn mandatory(program: Program, spoken: bool) -> Result<()> {
    let lab = Lab::new(program, spoken)?;
    if spoken {
        lab.configure("", "mandatory;")?;
        lab.peer.configure(&peer(false))?;
    } else {
        lab.router.configure(&config("", "mandatory;"))?;
    }
    until("the neighbor to be refused", || lab.router.log().contains("Required capability missing"))
        .with_context(|| format!("{}{}", lab.router.log(), lab.peer.log()))?;
    ensure!(lab.router.log().contains("Restarting protocol peer") != spoken, "{}", lab.router.log());
    ensure!(!lab.router.birdc("show protocols peer").contains("Established"), "{}", lab.router.log());
    lab.router.configure(&config("", ""))?;
    lab.router.established("peer").map(drop)
}

#[test]
fn lab_reload_options_mandatory_ends_a_session_without_the_family() -> Result<()> {
    mandatory(Program::Bird2, false).context("bird2")?;
    mandatory(Program::Godwit, false).context("godwit")
}

#[test]
fn lab_reload_options_mandatory_holds_from_the_next_time_on() -> Result<()> {
    mandatory(Program::Bird2, true).context("bird2")?;
    mandatory(Program::Godwit, true).context("godwit")
}

/// Without `check link` a session waits for its hold timer when the carrier is gone.
fn check_link(program: Program) -> Result<()> {
    let lab = Lab::new(program, false)?;
    lab.configure("check link off;", "")?;
    lab.theirs.ip(&["link", "set", "v1", "down"])?;
    let up = || lab.router.birdc("show protocols peer").contains("Established");
    stays("the session without a carrier", Duration::from_secs(2), up).with_context(|| lab.router.log())?;
    lab.theirs.ip(&["link", "set", "v1", "up"])?;
    let carrier = |shown: &str| shown.split_once("v0 ").is_some_and(|(_, v0)| v0.contains("LinkUp"));
    until("the carrier to be back", || carrier(&lab.router.birdc("show interfaces")))
        .with_context(|| lab.router.birdc("show interfaces"))?;
    ensure!(lab.ours.ip(&["link", "show", "v0"])?.contains("LOWER_UP"), "there is a carrier");
    lab.configure("check link on;", "")?;
    lab.theirs.ip(&["link", "set", "v1", "down"])?;
    until("the session to end with its carrier", || !up()).with_context(|| lab.router.log())?;
    Ok(())
}

#[test]
fn lab_reload_options_check_link_holds_at_once() -> Result<()> {
    check_link(Program::Bird2).context("bird2")?;
    check_link(Program::Godwit).context("godwit")
}

/// Another name of the router is announced the next time.
fn hostname(program: Program) -> Result<()> {
    let lab = Lab::new(program, false)?;
    let named = |name: &str| format!("hostname \"{name}\"; {}", config("advertise hostname;", ""));
    let knows = |name: &str| lab.peer.detail("own", "Hostname:") == name;
    lab.router.configure(&named("one"))?;
    until("the first name to be known", || knows("one")).with_context(|| lab.router.log())?;
    lab.router.established("peer")?;
    let (since, logged) = (lab.router.since("peer"), lab.router.log().len());
    lab.router.configure(&named("two"))?;
    let log = || lab.router.log().get(logged..).unwrap_or_default().to_owned();
    until("the configuration to be in use", || log().contains("<INFO> Reconfigured"))?;
    ensure!(knows("one") && lab.router.since("peer") == since, "{}", lab.router.log());
    lab.peer.birdc("restart own");
    until("the other name to be known", || knows("two")).with_context(|| lab.router.log()).map(drop)
}

#[test]
fn lab_reload_options_another_hostname_is_announced_the_next_time() -> Result<()> {
    hostname(Program::Bird2).context("bird2")?;
    hostname(Program::Godwit).context("godwit")
}

/// Another router id is none that a session can take while it runs, unless it has one of its own.
fn router_id(program: Program) -> Result<()> {
    let lab = Lab::new(program, false)?;
    let other = |own: &str| config(own, "").replacen("router id 1.1.1.1;", "router id 1.1.1.9;", 1);
    let restarts = || lab.router.log().matches("Restarting protocol peer").count();
    lab.configure("router id 1.1.1.1;", "")?;
    ensure!(restarts() == 0, "it is the same: {}", lab.router.log());
    lab.router.configure(&other("router id 1.1.1.1;"))?;
    until("the configuration to be in use", || lab.router.birdc("show status").contains("1.1.1.9"))?;
    ensure!(restarts() == 0, "it is still the same: {}", lab.router.log());
    lab.router.configure(&other(""))?;
    until("the session to take the router's", || restarts() == 1).with_context(|| lab.router.log())?;
    until("the neighbor to know", || lab.peer.detail("own", "Neighbor ID:") == "1.1.1.9").map(drop)
}

#[test]
fn lab_reload_options_router_id_is_the_sessions_own_or_the_routers() -> Result<()> {
    router_id(Program::Bird2).context("bird2")?;
    router_id(Program::Godwit).context("godwit")
}
