//! The same beside FRR, which stands in godwit's place in turn.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use godwit_lab::{Frr, Program, Router, settles, until};

use crate::{Sides, established, neighbor, router, spaces, told};

/// Words of ours, and what says the same to FRR of its neighbor: `next-hop-self` is of all routes but those that are
/// reflected, with `force` of these too, and nothing tells routes from outside from others. A route map changes what is
/// reflected only with `bgp route-reflector allow-outbound-policy`.
fn modes(sides: Sides) -> Vec<(&'static str, &'static str)> {
    let mut modes = vec![
        ("", ""),
        ("next hop self", "next-hop-self force"),
        ("next hop keep", "attribute-unchanged next-hop"),
        // Ours is an address instead of our own; a route map has it whatever it was.
        ("next hop self; next hop address", "route-map ADDRESS out"),
    ];
    modes.extend(match (sides.from, sides.to) {
        (65000, 65000) => {
            [("next hop self ebgp", "next-hop-self"), ("next hop self ibgp", "next-hop-self force")]
        }
        (65000, _) => [("next hop self ebgp", ""), ("next hop self ibgp", "next-hop-self")],
        _ => [("next hop self ebgp", "next-hop-self"), ("next hop self ibgp", "")],
    });
    modes
}

const OWN: &str = "2001:db8:e2::/48";

/// The nets that the neighbor announces, and one of the router's own in each family.
const NETS: [&str; 8] = [
    "203.0.1.0/24",
    "203.0.2.0/24",
    "203.0.3.0/24",
    "172.16.2.0/24",
    "2001:db8:f1::/48",
    "2001:db8:f2::/48",
    "2001:db8:f3::/48",
    OWN,
];

fn frr(sides: Sides, mode: &str) -> String {
    let Sides { from, to } = sides;
    let mut text = "router bgp 65000\n bgp router-id 10.0.0.1\n no bgp ebgp-requires-policy\n \
        no bgp network import-check\n no bgp default ipv4-unicast\n bgp route-reflector allow-outbound-policy\n"
        .to_owned();
    for (them, asn, us) in [
        ("10.0.0.2", from, "10.0.0.1"),
        ("10.0.0.3", to, "10.0.0.4"),
        ("2001:db8::2", from, "2001:db8::1"),
        ("2001:db8::3", to, "2001:db8::4"),
    ] {
        let _ = write!(
            text,
            " neighbor {them} remote-as {asn}\n neighbor {them} update-source {us}\n neighbor {them} passive\n"
        );
    }
    for (family, from, to, net) in
        [("ipv4", "10.0.0.2", "10.0.0.3", "172.16.2.0/24"), ("ipv6", "2001:db8::2", "2001:db8::3", OWN)]
    {
        let _ = write!(
            text,
            " address-family {family} unicast\n  network {net}\n  neighbor {from} activate\n  neighbor {to} activate\n"
        );
        if sides.are_inside() {
            let _ = writeln!(text, "  neighbor {to} route-reflector-client");
        }
        if !mode.is_empty() {
            let _ = writeln!(text, "  neighbor {to} {mode}");
        }
        text += " exit-address-family\n";
    }
    text + "exit\nroute-map ADDRESS permit 10\n set ip next-hop 10.0.0.99\n set ipv6 next-hop global 2001:db8::99\n"
}

/// What the neighbor has been told once nothing more comes.
fn all_told(neighbor: &Router) -> Result<BTreeSet<String>> {
    established(neighbor)?;
    let of_nets = || {
        let mut told = told(neighbor);
        told.retain(|line| NETS.iter().any(|net| line.starts_with(&format!("{net} "))));
        told
    };
    until("all nets", || of_nets().len() >= NETS.len()).with_context(|| format!("{:?}", of_nets()))?;
    settles("the next hops", of_nets)
}

fn told_by_frr(sides: Sides, mode: &str) -> Result<BTreeSet<String>> {
    let spaces = spaces()?;
    // It has heard of its addresses when sessions begin.
    let frr = Frr::start_with_zebra(&spaces[0], &frr(sides, mode))?;
    let neighbor = Router::start(&spaces[1], Program::Bird2, &neighbor(sides))?;
    all_told(&neighbor).with_context(|| frr.log())
}

fn told_by_godwit(sides: Sides, mode: &str) -> Result<BTreeSet<String>> {
    let spaces = spaces()?;
    let neighbor = Router::start(&spaces[1], Program::Bird2, &neighbor(sides))?;
    let godwit = Router::start(&spaces[0], Program::Godwit, &router(sides, mode))?;
    all_told(&neighbor).with_context(|| godwit.log())
}

/// Without the link-local addresses, which have to be those that go with the others: as BIRD we tell of ours with ours,
/// and of another's the one we were told. FRR adds its own to whatever it tells those outside on its link (so that a
/// third party's address has that of FRR beside it), and inside only to those of its own routes.
fn global(
    told: &BTreeSet<String>,
    link_local: impl Fn(&str, &str) -> &'static str,
) -> Result<BTreeSet<String>> {
    let mut global = BTreeSet::new();
    for line in told {
        let words: Vec<&str> = line.split(' ').collect();
        let [net, next_hop, beside @ ..] = words.as_slice() else { bail!("{line}") };
        let wanted = if next_hop.contains(':') { link_local(net, next_hop) } else { "" };
        ensure!(beside.concat() == wanted, "{line}, not {wanted}");
        global.insert(format!("{net} {next_hop}"));
    }
    Ok(global)
}

fn agree(sides: Sides) -> Result<()> {
    for (ours, theirs) in modes(sides) {
        let (godwit, frr) = std::thread::scope(|scope| {
            let frr = scope.spawn(|| told_by_frr(sides, theirs));
            (told_by_godwit(sides, ours), frr.join())
        });
        let frr =
            frr.map_err(|_| anyhow!("the thread panicked"))?.with_context(|| format!("FRR: {theirs}"))?;
        let frr = global(&frr, |net, _| if sides.to == 65000 && net != OWN { "" } else { "fe80::1" })?;
        let godwit = godwit.with_context(|| format!("godwit: {ours}"))?;
        let godwit = global(&godwit, |_, next_hop| match next_hop {
            "2001:db8::2" => "fe80::2",
            "2001:db8::4" | "2001:db8::99" => "fe80::1",
            _ => "",
        })?;
        ensure!(frr == godwit, "{ours}: FRR {frr:#?}\ngodwit {godwit:#?}");
    }
    Ok(())
}

#[test]
fn lab_frr_s_next_hops_from_outside_to_outside() -> Result<()> {
    agree(Sides { from: 65001, to: 65002 })
}

#[test]
fn lab_frr_s_next_hops_from_outside_to_inside() -> Result<()> {
    agree(Sides { from: 65001, to: 65000 })
}

#[test]
fn lab_frr_s_next_hops_from_inside_to_outside() -> Result<()> {
    agree(Sides { from: 65000, to: 65002 })
}

#[test]
fn lab_frr_s_next_hops_from_inside_to_a_client() -> Result<()> {
    agree(Sides { from: 65000, to: 65000 })
}
