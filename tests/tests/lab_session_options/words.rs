//! NOTIFICATIONs and what is said with them.

use anyhow::{Context, Result, ensure};
use godwit_lab::speaker::{NOTIFICATION, Speaker, message};
use godwit_lab::{Frr, Process, Program, Scratch, birdc_text, until};

use crate::lab::Place;

#[test]
fn lab_what_the_operator_says_reaches_the_other_end() -> Result<()> {
    let place = Place::new()?;
    let (godwit, bird) = (place.godwit("", "", "")?, place.bird("", "", "")?);
    for (says, hears) in [(&bird, &godwit), (&godwit, &bird)] {
        says.established("peer")?;
        hears.established("peer")?;
        for (command, text) in [("disable", "Administrative shutdown"), ("restart", "Administrative reset")] {
            says.birdc(&format!("{command} peer \"until noon\""));
            until(&format!("{command} to be heard"), || {
                hears.log().contains(&format!("peer: Received: {text}: \"until noon\""))
                    && hears.birdc("show protocols all peer").contains("Message:        until noon")
            })
            .with_context(|| hears.log() + &hears.birdc("show protocols all peer"))?;
            says.birdc("enable peer");
            says.established("peer")?;
            hears.established("peer")?;
        }
    }
    Ok(())
}

#[test]
fn lab_a_hard_reset_is_shown_with_what_it_is_about() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("passive;", "", "")?;
    let mut speaker = Speaker::established(&place.peer, "192.0.2.2", "192.0.2.1", 65002)?;
    godwit.established("peer")?;
    speaker.send(&message(NOTIFICATION, b"\x06\x09\x06\x02\x04noon"))?;
    until("it to be heard", || {
        godwit.log().contains("peer: Received: Hard reset: Administrative shutdown: \"noon\"")
    })
    .with_context(|| godwit.log())?;
    let error = godwit.detail("peer", "Last error:");
    ensure!(error == "Received: Hard reset: Administrative shutdown", "{error}");
    Ok(())
}

#[test]
fn lab_a_cease_that_is_listed_disables_the_session() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("disable after cease { administrative shutdown };", "", "")?;
    let bird = place.bird("", "", "")?;
    godwit.established("peer")?;
    bird.birdc("restart peer");
    until("it to be another session", || godwit.log().contains("Received: Administrative reset"))?;
    godwit.established("peer")?;
    bird.birdc("disable peer");
    until("it to be down", || {
        let shown = godwit.birdc("show protocols peer");
        shown.lines().any(|l| l.starts_with("peer") && l.contains(" down "))
    })
    .with_context(|| godwit.log())?;
    let error = godwit.detail("peer", "Last error:");
    ensure!(error == "Received: Administrative shutdown", "{error}");
    Ok(())
}

/// godwit from a TOML file, since BIRD has no word for the N bit.
struct Toml {
    process: Process,
    scratch: Scratch,
}

impl Toml {
    fn start(place: &Place, config: &str) -> Result<Self> {
        let scratch = Scratch::new("toml")?;
        let config = scratch.write("godwit.toml", config)?;
        let mut command = place.ours.command(Program::Godwit.path()?);
        command.arg("-f").arg("-c").arg(config).arg("-s").arg(scratch.file("ctl"));
        command.arg("-P").arg(scratch.file("pid"));
        let process = Process::start(command, scratch.file("log"))?;
        Ok(Self { process, scratch })
    }

    fn birdc(&self, command: &str) -> String {
        birdc_text(&self.scratch.file("ctl"), command)
    }

    fn log(&self) -> String {
        self.process.log()
    }
}

/// RFC 8538 with FRR: both have the N bit, so that an administrative reset needs a Hard Reset to be one, and a change
/// of the configuration takes no routes away.
#[test]
fn lab_with_the_n_bit_only_a_hard_reset_takes_routes_away() -> Result<()> {
    let place = Place::new()?;
    let godwit = Toml::start(
        &place,
        "[router]\nid = '1.1.1.1'\n[[log]]\nto = 'stderr'\n[device]\n[bgp.peer]\nlocal-as = 65001\n\
         local-address = '192.0.2.1'\nneighbor = '192.0.2.2'\nneighbor-as = 65002\nconnect-delay-time = 1\n\
         error-wait-time = [1, 2]\ngraceful-restart = true\ngraceful-notification = true\n\
         [bgp.peer.ipv4]\nimport = 'all'\nexport = 'all'\n",
    )?;
    let frr = Frr::start(
        &place.peer,
        "router bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
         bgp graceful-restart\n bgp graceful-restart preserve-fw-state\n bgp graceful-restart notification\n \
         bgp log-neighbor-changes\n no bgp hard-administrative-reset\n \
         neighbor 192.0.2.1 remote-as 65001\n neighbor 192.0.2.1 timers connect 1\n \
         address-family ipv4 unicast\n  network 10.3.0.0/16\n exit-address-family\n",
    )?;
    let logs = || format!("{}\n{}", godwit.log(), frr.log());
    let has_route = || godwit.birdc("show route").contains("10.3.0.0/16");
    until("the route", has_route).with_context(logs)?;
    let said = frr.vtysh(&["show bgp neighbors 192.0.2.1"])?;
    ensure!(said.contains("N bit: True"), "{said}");
    // One that is not hard: the routes stay while the session is built anew.
    frr.vtysh(&["clear bgp 192.0.2.1"])?;
    until("its word", || godwit.log().contains("peer: Received: Administrative reset")).with_context(logs)?;
    ensure!(has_route(), "{}", logs());
    until("the session", || godwit.birdc("show protocols").contains("Established")).with_context(logs)?;
    // And one that is.
    frr.vtysh(&["configure", "router bgp 65002", "bgp hard-administrative-reset"])?;
    frr.vtysh(&["clear bgp 192.0.2.1"])?;
    until("its word", || godwit.log().contains("peer: Received: Hard reset: Administrative reset"))
        .with_context(logs)?;
    until("the session", || godwit.birdc("show protocols").contains("Established")).with_context(logs)?;
    // Ours. What FRR shows as the last reset may already be that of a connection after it.
    godwit.birdc("restart peer");
    let word = "%NOTIFICATION(Hard Reset): received from neighbor 192.0.2.1";
    until("FRR to hear it", || frr.log().contains(word)).with_context(logs).map(drop)
}
