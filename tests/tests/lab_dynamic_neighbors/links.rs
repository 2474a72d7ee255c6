//! Neighbors that are known by their links.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Process, Program, Router, Scratch, need_program, run, until};

/// The router with two links, at the other end of each of which somebody has the same address.
struct Twins {
    hub: Namespace,
    others: [Namespace; 2],
}

impl Twins {
    fn new() -> Result<Self> {
        let (hub, a, b) = (Namespace::new("llhub")?, Namespace::new("lla")?, Namespace::new("llb")?);
        for (link, other) in [("down1", &a), ("down2", &b)] {
            Namespace::join((&hub, link, &[]), (other, "eth9", &[]))?;
            hub.link_local(link, "fe80::1/64")?;
            other.link_local("eth9", "fe80::2/64")?;
        }
        Ok(Self { hub, others: [a, b] })
    }

    /// Somebody who connects, or waits.
    fn other(&self, n: usize, options: &str) -> Result<Router> {
        let config = format!(
            "log stderr all; router id 10.0.0.{n}; protocol device {{ }}
             protocol static {{ ipv6; route 2001:db8:{n}::/48 blackhole; }}
             protocol bgp up {{ local fe80::2 as 6500{n}; neighbor fe80::1%'eth9' as 65001; {options}
               connect delay time 1; connect retry time 1; error wait time 1, 2;
               ipv6 {{ import all; export where source = RTS_STATIC; }}; }}"
        );
        let space = self.others.get(n - 2).context("no such neighbor")?;
        Router::start(space, Program::Bird2, &config)
    }
}

fn session(name: &str, neighbor: &str, options: &str) -> String {
    format!(
        "protocol bgp {name} {{ local as 65001; neighbor {neighbor} external; {options}
           connect delay time 1; connect retry time 1; ipv6 {{ import all; export all; }}; }}\n"
    )
}

fn config(sessions: &str) -> String {
    format!("log stderr all; router id 10.0.0.1; protocol device {{ }}\n{sessions}")
}

fn twins(program: Program, ours: &str, theirs: &str) -> Result<()> {
    let lab = Twins::new()?;
    let both = session("one", "fe80::2%'down1'", ours)
        + &session("two", "fe80::2", &format!("interface \"down2\"; {ours}"));
    let hub = Router::start(&lab.hub, program, &config(&both))?;
    let others = [lab.other(2, theirs)?, lab.other(3, theirs)?];
    for (name, other) in ["one", "two"].into_iter().zip(&others) {
        hub.established(name)
            .with_context(|| format!("the other: {}{}", other.birdc("show protocols all"), other.log()))?;
    }
    for (name, n) in [("one", 2), ("two", 3)] {
        let link = format!("down{}", n - 1);
        ensure!(
            hub.detail(name, "Neighbor AS:") == format!("6500{n}"),
            "{}",
            hub.birdc("show protocols all")
        );
        ensure!(hub.detail(name, "Neighbor address:") == format!("fe80::2%{link}"), "{name}");
        hub.has_route(&format!("2001:db8:{n}::/48"), &[name, &format!("via fe80::2 on {link}")])?;
    }
    Ok(())
}

#[test]
fn lab_one_link_local_address_on_two_links_they_connect() -> Result<()> {
    twins(Program::Godwit, "passive;", "")
}

#[test]
fn lab_one_link_local_address_on_two_links_we_connect() -> Result<()> {
    twins(Program::Godwit, "", "passive;")
}

#[test]
fn lab_one_link_local_address_on_two_links_bound_strictly() -> Result<()> {
    let bound = "local fe80::1; strict bind; passive;";
    twins(Program::Bird2, bound, "")?;
    twins(Program::Godwit, bound, "")
}

/// Two ranges of everybody, each on a link.
fn ranges(program: Program) -> Result<Vec<String>> {
    let lab = Twins::new()?;
    let both = session("first", "range fe80::/10", "interface \"down1\"; dynamic name \"first\";")
        + &session("second", "range fe80::/10", "interface \"down2\"; dynamic name \"second\";");
    let hub = Router::start(
        &lab.hub,
        program,
        &config(&both.replace("first {", "left {").replace("second {", "right {")),
    )?;
    let _others = [lab.other(2, "")?, lab.other(3, "")?];
    for name in ["first1", "second1"] {
        until("the session", || hub.birdc("show protocols").contains(name)).with_context(|| hub.log())?;
        hub.established(name)?;
    }
    let words = ["Neighbor address:", "Neighbor AS:", "Source address:"];
    Ok(["first1", "second1"].iter().flat_map(|name| words.map(|word| hub.detail(name, word))).collect())
}

#[test]
fn lab_ranges_of_link_local_addresses_are_told_apart_by_their_links() -> Result<()> {
    let ours = ranges(Program::Godwit)?;
    ensure!(ours == ranges(Program::Bird2)?, "{ours:?}");
    ensure!(ours.first().is_some_and(|a| a == "fe80::2%down1"), "{ours:?}");
    Ok(())
}

#[test]
fn lab_interfaces_of_a_range_by_pattern() -> Result<()> {
    let lab = Twins::new()?;
    let range = session("all", "range fe80::/10", "strict bind; interface range \"down*\";")
        .replace("all {", "every {");
    let hub = Router::start(&lab.hub, Program::Godwit, &config(&range))?;
    let _others = [lab.other(2, "")?, lab.other(3, "")?];
    hub.established("dynbgp1")?;
    hub.established("dynbgp2")?;
    let mut addresses = ["dynbgp1", "dynbgp2"].map(|name| hub.detail(name, "Neighbor address:"));
    addresses.sort();
    ensure!(addresses == ["fe80::2%down1", "fe80::2%down2"], "{addresses:?}");
    // One of them is not meant any more.
    hub.configure(&config(&range.replace("down*", "*2")))?;
    until("one session", || hub.detail("dynbgp1", "Neighbor address:") == "fe80::2%down2")?;
    ensure!(
        hub.birdc("show protocols dynbgp2").contains("CF_SYM_UNDEFINED"),
        "{}",
        hub.birdc("show protocols")
    );
    Ok(())
}

/// FRR with zebra, which finds out by router advertisements who is on its link.
struct Unnumbered {
    _zebra: Process,
    bgpd: Process,
    scratch: Scratch,
}

impl Unnumbered {
    fn start(space: &Namespace) -> Result<Self> {
        let scratch = Scratch::new("unnumbered")?;
        // zebra is not root for long.
        std::fs::set_permissions(scratch.path(), Permissions::from_mode(0o777))?;
        let zebra = "interface eth9\n no ipv6 nd suppress-ra\n ipv6 nd ra-interval 3\n";
        let bgpd = "router bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n \
            no bgp network import-check\n no bgp default ipv4-unicast\n \
            neighbor eth9 interface remote-as external\n neighbor eth9 timers connect 1\n \
            address-family ipv6 unicast\n  network 2001:db8:2::/48\n  neighbor eth9 activate\n exit-address-family\n";
        let start = |name: &str, config: &str, flags: &[&str]| {
            let mut command = space.command(need_program(&format!("/usr/lib/frr/{name}"), "frr")?);
            command.arg("-f").arg(scratch.write(&format!("{name}.conf"), config)?).args(flags);
            command.arg("-i").arg(scratch.file(&format!("{name}.pid"))).args(["-P", "0", "--log", "stdout"]);
            command.arg("-z").arg(scratch.file("zserv.api")).arg("--vty_socket").arg(scratch.path());
            Process::start(command, scratch.file(&format!("{name}.log")))
        };
        let zebra = start("zebra", zebra, &["-u", "frr", "-g", "frr"])?;
        until("zebra to answer", || scratch.file("zserv.api").exists()).with_context(|| zebra.log())?;
        let bgpd = start("bgpd", bgpd, &["-S", "-n", "-u", "root", "-g", "root"])?;
        Ok(Self { _zebra: zebra, bgpd, scratch })
    }

    fn routes(&self) -> String {
        let socket = self.scratch.path().to_string_lossy();
        run("vtysh", &["--vty_socket", &*socket, "-c", "show bgp ipv6"]).unwrap_or_default()
    }
}

#[test]
fn lab_frr_unnumbered() -> Result<()> {
    let lab = Twins::new()?;
    let [space, _] = &lab.others;
    let routes = "protocol static { ipv6; route 2001:db8:1::/48 blackhole; }\n";
    let range = session("every", "range fe80::/10", "interface \"down1\"; passive;");
    let hub = Router::start(&lab.hub, Program::Godwit, &config(&(routes.to_owned() + &range)))?;
    // FRR must hear of us before it talks to us, which is not a BGP daemon's work.
    let _advertises = Router::start(
        &lab.hub,
        Program::Bird2,
        &config("protocol radv { interface \"down1\" { min ra interval 3; max ra interval 4; }; }"),
    )?;
    let frr = Unnumbered::start(space)?;
    hub.established("dynbgp1").with_context(|| frr.bgpd.log())?;
    ensure!(hub.detail("dynbgp1", "Neighbor AS:") == "65002", "{}", hub.birdc("show protocols all"));
    hub.has_route("2001:db8:2::/48", &["dynbgp1", "via fe80::", " on down1"])?;
    let best = "*> 2001:db8:1::/48  eth9 ";
    until("our route", || frr.routes().contains(best)).with_context(|| frr.routes() + &frr.bgpd.log())?;
    Ok(())
}
