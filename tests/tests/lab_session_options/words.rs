//! NOTIFICATIONs and what is said with them.

use anyhow::{Context, Result, ensure};
use godwit_lab::speaker::{NOTIFICATION, Speaker, message};
use godwit_lab::until;

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
