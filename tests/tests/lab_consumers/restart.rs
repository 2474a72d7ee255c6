//! Readiness while the node comes back from a restart: a neighbor does not say what it has, or goes again.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use godwit_lab::speaker::{LONG_HOLD_TIME, OPEN, Speaker, UPDATE, message};
use godwit_lab::{Namespace, Program, Router, until};

use crate::probes::{NotReady, ready};
use crate::scene::Family;

const US: &str = "10.9.0.1";
const NEIGHBOR: &str = "10.9.0.2";

/// A node with one neighbor, which has to come by itself.
fn config(wait_secs: u32) -> String {
    format!(
        "log stderr all; router id {US}; graceful restart wait {wait_secs};
         protocol kernel {{ learn; persist; scan time 2; import all; export all; graceful restart; }}
         protocol device {{ }}
         protocol bgp Mesh_10_9_0_2 {{ local as 64512; neighbor {NEIGHBOR} as 64512; source address {US};
           multihop; passive on; graceful restart; import all; export all; }}"
    )
}

/// OPEN of a neighbor that takes part in graceful restart, over IPv4, and has kept its routes.
fn open() -> Vec<u8> {
    let capabilities = [&[1, 4, 0, 1, 0, 1][..], &[64, 6, 0, 120, 0, 1, 1, 0x80]].concat();
    let length = u8::try_from(capabilities.len()).unwrap_or(u8::MAX);
    let fixed = [&[4][..], &64512_u16.to_be_bytes(), &LONG_HOLD_TIME.to_be_bytes(), &[10, 9, 0, 2]].concat();
    message(OPEN, &[&fixed[..], &[length + 2, 2, length], &capabilities].concat())
}

fn connect(namespace: &Namespace) -> Result<Speaker> {
    Speaker::opened(namespace, NEIGHBOR, US, &open())
}

/// What the probe says of a node that is young, and of the same if it were older; and what comes of it.
fn story(program: Program) -> Result<()> {
    let [node, other] = [Namespace::new("node")?, Namespace::new("other")?];
    Namespace::join((&node, "eth0", &["10.9.0.1/24"]), (&other, "eth0", &["10.9.0.2/24"]))?;
    let recover = |command: &mut Command| {
        command.arg("-R");
    };
    let start = |wait_secs| Router::start_with(&node, program, &config(wait_secs), recover);
    let becomes = |router: &Router, young, wanted: Result<(), NotReady>| {
        until(&format!("readiness to be {wanted:?}"), || {
            ready(router.socket(), Family::V4, young).is_ok_and(|ready| ready == wanted)
        })
        .with_context(|| {
            let socket = router.socket();
            format!("{:?} {}{}", ready(socket, Family::V4, young), router.birdc("show status"), router.log())
        })
    };

    let router = start(240)?;
    let away = || Err(NotReady::Peers(vec![NEIGHBOR.to_owned()]));
    becomes(&router, true, away())?;
    becomes(&router, false, Err(NotReady::NoPeer))?;
    // It is there, and does not say that this was all.
    let speaker = connect(&other)?;
    becomes(&router, true, Err(NotReady::GracefulRestart))?;
    becomes(&router, false, Ok(()))?;
    // It goes without having said so, and comes again.
    drop(speaker);
    becomes(&router, true, away())?;
    let mut speaker = connect(&other)?;
    becomes(&router, true, Err(NotReady::GracefulRestart))?;
    speaker.send(&message(UPDATE, &[0; 4]))?;
    becomes(&router, true, Ok(()))?;
    drop((speaker, router));

    // It never does, and nobody waits for ever: on a busy machine longer, so that there is time to see it.
    for wait_secs in [5, 20, 80] {
        let router = start(wait_secs)?;
        let _speaker = connect(&other)?;
        let mut first = Err(NotReady::NoPeer);
        until("a session", || {
            first = ready(router.socket(), Family::V4, true).unwrap_or(Err(NotReady::NoPeer));
            matches!(first, Ok(()) | Err(NotReady::GracefulRestart))
        })
        .with_context(|| router.log())?;
        if first.is_err() {
            return becomes(&router, true, Ok(())).map(drop);
        }
    }
    bail!("a restart is over before it has begun")
}

#[test]
fn lab_readiness_waits_for_the_end_of_a_restart_with_bird() -> Result<()> {
    story(Program::Bird16)
}

#[test]
fn lab_readiness_waits_for_the_end_of_a_restart() -> Result<()> {
    story(Program::Godwit)
}
