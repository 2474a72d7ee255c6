//! `ttl security`: on a wire, and with a router in between.

use anyhow::{Context, Result};
use godwit_lab::{Namespace, Program, Router};

use super::pair::{Family, Options, Other, Pair};

#[test]
fn lab_ttl_security_on_a_wire() -> Result<()> {
    for family in [Family::Ipv4, Family::Ipv6, Family::LinkLocal] {
        for (ours, theirs) in [("passive;", ""), ("", "passive;")] {
            let options = Options::new(&format!("ttl security; {ours}"), &format!("ttl security; {theirs}"));
            Pair::start(Other::Bird2, family, &options)?.comes_up()?;
        }
    }
    Ok(())
}

#[test]
fn lab_ttl_security_with_the_others() -> Result<()> {
    let bird16 = |who: &str| Options::new("ttl security;", &format!("direct; ttl security on; {who}"));
    let frr = |more: &str| Options::new("ttl security;", &format!("ttl-security hops 1{more}"));
    for family in [Family::Ipv4, Family::Ipv6] {
        Pair::start(Other::Bird16, family, &bird16(""))?.comes_up()?;
        Pair::start(Other::Bird16, family, &bird16("passive;"))?.comes_up()?;
        Pair::start(Other::Frr, family, &frr(""))?.comes_up()?;
        Pair::start(Other::Frr, family, &frr("\npassive"))?.comes_up()?;
    }
    Ok(())
}

/// Whoever connects, and at whichever end the check is.
#[test]
fn lab_ttl_security_keeps_lower_ttls_out() -> Result<()> {
    for (ours, theirs) in [
        // TTL 1.
        ("ttl security;", ""),
        ("ttl security; passive;", ""),
        ("ttl security;", "passive;"),
        // TTL 64.
        ("ttl security;", "multihop;"),
        ("ttl security; multihop 2;", "multihop;"),
    ] {
        for family in [Family::Ipv4, Family::Ipv6] {
            let pair = Pair::start(Other::Bird2, family, &Options::new(ours, theirs))?;
            // Not even its OPEN came in, or it would have had an answer.
            pair.stays_down_at_both().with_context(|| format!("{ours} | {theirs}"))?;
        }
    }
    Ok(())
}

/// What godwit sends without it does not get past who has it.
#[test]
fn lab_without_ttl_security_we_are_not_let_in() -> Result<()> {
    for family in [Family::Ipv4, Family::Ipv6] {
        Pair::start(Other::Bird2, family, &Options::new("", "ttl security;"))?.stays_down_there()?;
    }
    Ok(())
}

/// godwit at 10.0.1.1, a router, BIRD at 10.0.2.2.
struct Far {
    _namespaces: [Namespace; 3],
    godwit: Router,
    bird: Router,
}

impl Far {
    fn start(options: &str) -> Result<Self> {
        let (a, r, b) = (Namespace::new("a")?, Namespace::new("r")?, Namespace::new("b")?);
        Namespace::join((&a, "va", &["10.0.1.1/24"]), (&r, "vra", &["10.0.1.254/24"]))?;
        Namespace::join((&b, "vb", &["10.0.2.2/24"]), (&r, "vrb", &["10.0.2.254/24"]))?;
        r.run("sysctl", &["-qw", "net.ipv4.ip_forward=1"])?;
        a.ip(&["route", "add", "default", "via", "10.0.1.254"])?;
        b.ip(&["route", "add", "default", "via", "10.0.2.254"])?;
        let config = |id: u8, local: &str, remote: &str| {
            format!(
                "log stderr all; router id {id}.{id}.{id}.{id}; protocol device {{ }}
                 protocol bgp peer {{ local {local} as 6500{id}; neighbor {remote} as 6500{}; {options}
                   connect delay time 1; ipv4 {{ import all; export none; }}; }}",
                3 - id
            )
        };
        let godwit = Router::start(&a, Program::Godwit, &config(1, "10.0.1.1", "10.0.2.2"))?;
        let bird = Router::start(&b, Program::Bird2, &config(2, "10.0.2.2", "10.0.1.1"))?;
        Ok(Self { _namespaces: [a, r, b], godwit, bird })
    }
}

#[test]
fn lab_ttl_security_over_a_router() -> Result<()> {
    for password in ["", "password \"secret\";"] {
        let far = Far::start(&format!("multihop 2; ttl security; {password}"))?;
        far.godwit.established("peer").with_context(|| far.bird.log())?;
        far.bird.established("peer")?;
    }
    Ok(())
}

/// A hop more than is allowed.
#[test]
fn lab_ttl_security_keeps_a_farther_neighbor_out() -> Result<()> {
    let far = Far::start("multihop 1; ttl security;")?;
    godwit_lab::stays("no session", std::time::Duration::from_secs(4), || {
        !far.godwit.birdc("show protocols peer").contains("Established")
    })
}
