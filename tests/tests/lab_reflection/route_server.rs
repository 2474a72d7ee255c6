//! A route server (RFC 7947) for BIRD 2, FRR and GoBGP, with one neighbor that is no client.

use anyhow::{Context as _, Result};
use godwit_lab::{Frr, GoBgp, Program, Router, until};

use crate::lan::{Lan, config, net};
use crate::told::{Speaker, Told};

const SERVER: u8 = 1;
/// BIRD twice, FRR, GoBGP: clients. Then one that is none.
const CLIENTS: [u8; 4] = [2, 3, 4, 5];
const OTHER: u8 = 6;

fn asn(n: u8) -> u32 {
    200 + u32::from(n)
}

fn frr(n: u8) -> String {
    format!(
        "router bgp {asn}\n bgp router-id 10.0.0.{n}\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
         no bgp enforce-first-as\n neighbor 10.9.0.{SERVER} remote-as 65000\n neighbor 10.9.0.{SERVER} timers connect 1\n \
         address-family ipv4 unicast\n  network {net} route-map metric\n  neighbor 10.9.0.{SERVER} prefix-list own out\n \
         exit-address-family\nip prefix-list own permit {net}\nroute-map metric permit 10\n set metric 3{n}\n",
        asn = asn(n),
        net = net(n)
    )
}

fn gobgp(n: u8) -> String {
    format!(
        "[global.config]\nas = {}\nrouter-id = \"10.0.0.{n}\"\n[[neighbors]]\n[neighbors.config]\n\
         neighbor-address = \"10.9.0.{SERVER}\"\npeer-as = 65000\n[neighbors.timers.config]\nconnect-retry = 1\n\
         idle-hold-time-after-reset = 1\n[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\n\
         afi-safi-name = \"ipv4-unicast\"\n",
        asn(n)
    )
}

fn served(program: Program) -> Result<()> {
    let lan = Lan::new(1..7)?;
    let bird =
        |n| Router::start(lan.machine(n), Program::Bird2, &config((n, asn(n)), true, &[(SERVER, 65000, "")]));
    let mut speakers: Vec<(u8, Box<dyn Speaker>)> = Vec::new();
    for n in [2, 3, OTHER] {
        speakers.push((n, Box::new(bird(n)?)));
    }
    speakers.push((4, Box::new(Frr::start(lan.machine(4), &frr(4))?)));
    let gobgp = GoBgp::start(lan.machine(5), &gobgp(5))?;
    let own = net(5);
    gobgp.ask(&["global", "rib", "add", &own, "nexthop", "10.9.0.5", "med", "35", "-a", "ipv4"])?;
    speakers.push((5, Box::new(gobgp)));
    let mut ends = CLIENTS.map(|n| (n, asn(n), "rs client;")).to_vec();
    ends.push((OTHER, asn(OTHER), ""));
    let server = Router::start(lan.machine(SERVER), program, &config((SERVER, 65000), false, &ends))?;
    for (to, speaker) in &speakers {
        for from in CLIENTS.into_iter().filter(|from| from != to) {
            let mut wanted = Told {
                path: asn(from).to_string(),
                hop: format!("10.9.0.{from}"),
                med: format!("3{from}"),
                ..Told::default()
            };
            if *to == OTHER {
                (wanted.path, wanted.med) = (format!("65000 {}", wanted.path), String::new());
            }
            let mut heard = None;
            until("it", || {
                heard = speaker.told(&net(from));
                if let Some(heard) = &heard {
                    // It is not sent, and each program makes up its own.
                    wanted.pref.clone_from(&heard.pref);
                }
                heard.as_ref() == Some(&wanted)
            })
            .with_context(|| {
                let (said, shown) = (speaker.said(), server.birdc("show route all") + &server.log());
                format!("{program:?} {from} to {to}\nwanted {wanted:?}\nheard {heard:?}\n{said}\n{shown}")
            })?;
        }
    }
    Ok(())
}

/// Path, next hop and metric stay as they were announced, and who is no client gets them as from any router.
#[test]
fn lab_a_route_server_is_not_seen() -> Result<()> {
    served(Program::Bird2)?;
    served(Program::Godwit)
}
