//! Next hops and link-local addresses: where one is missing (BIRD 1.6's `missing lladdr`), where there is nothing else
//! (`link local next hop format`), and neighbors that no address covers (`onlink`).

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use godwit_lab::{Namespace, Program, Router, until};

/// Two namespaces on one link, whose link-local addresses are `fe80::1` and `fe80::2`.
fn link(ours: &[&str], theirs: &[&str]) -> Result<(Namespace, Namespace)> {
    let (here, there) = (Namespace::new("here")?, Namespace::new("there")?);
    Namespace::join((&here, "eth0", ours), (&there, "eth0", theirs))?;
    for (namespace, address) in [(&here, "fe80::1/64"), (&there, "fe80::2/64")] {
        namespace.link_local("eth0", address)?;
    }
    Ok((here, there))
}

/// Each net with its next hop.
fn told(neighbor: &Router) -> BTreeSet<String> {
    let (mut told, mut net) = (BTreeSet::new(), String::new());
    for line in neighbor.birdc("show route all").lines() {
        if let Some(next_hop) = line.trim().strip_prefix("BGP.next_hop:") {
            told.insert(format!("{net}{next_hop}"));
        } else if !line.starts_with(['\t', ' ']) {
            net = line.split(' ').next().unwrap_or_default().into();
        }
    }
    told
}

fn missing(options: &str, asn: u32) -> String {
    format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ }}
         protocol static {{ route 2001:db8:e1::/48 via 2001:db8::77; route 2001:db8:e2::/48 unreachable;
           route 2001:db8:e3::/48 unreachable; route 2001:db8:e4::/48 unreachable;
           route 2001:db8:e5::/48 recursive 2001:db8:9::1; route 2001:db8:9::/48 via 2001:db8::78; }}
         filter to_neighbor {{
           if net = 2001:db8:e2::/48 then bgp_next_hop = 2001:db8:77::1;
           if net = 2001:db8:e3::/48 then bgp_next_hop = 2001:db8::79;
           if net = 2001:db8:e4::/48 then bgp_next_hop = 2001:db8::1;
           accept; }}
         protocol bgp there {{ direct; passive; local 2001:db8::1 as 65000; neighbor 2001:db8::2 as {asn};
           import all; export filter to_neighbor; {options} }}"
    )
}

#[test]
fn lab_missing_link_local_addresses_are_as_with_bird16() -> Result<()> {
    for asn in [65000, 65001] {
        let neighbor = format!(
            "log stderr all; router id 10.0.0.2; protocol device {{ }}
             protocol bgp here {{ direct; connect delay time 1; error wait time 1, 2;
               local 2001:db8::2 as {asn}; neighbor 2001:db8::1 as 65000;
               ipv6 {{ import all; export none; gateway recursive; }}; }}"
        );
        let start = |program| -> Result<_> {
            let (here, there) = link(&["2001:db8::1/64"], &["2001:db8::2/64"])?;
            let neighbor = Router::start(&there, Program::Bird2, &neighbor)?;
            Ok((Router::start(&here, program, &missing("", asn))?, neighbor, here, there))
        };
        let (bird, godwit) = (start(Program::Bird16V6)?, start(Program::GodwitV6)?);
        let server = if asn == 65000 { "" } else { "rs client;" };
        for options in ["", "missing lladdr self;", "missing lladdr drop;", "missing lladdr ignore;", server]
        {
            for (router, neighbor, ..) in [&bird, &godwit] {
                router.configure(&missing(options, asn))?;
                router.established("there")?;
                neighbor.established("here")?;
            }
            // The last to be told, whatever the rest.
            let expected = if options.contains("drop") { 2 } else { 6 };
            let (theirs, ours) = (|| told(&bird.1), || told(&godwit.1));
            until(&format!("the same next hops with '{options}'"), || {
                theirs().len() == expected && ours() == theirs()
            })
            .with_context(|| format!("BIRD: {:#?}\ngodwit: {:#?}", theirs(), ours()))?;
        }
    }
    Ok(())
}

/// With BIRD 2, which takes all three.
#[test]
fn lab_link_local_next_hops_alone() -> Result<()> {
    let (here, there) = link(&[], &[])?;
    let there = (
        Router::start(
            &there,
            Program::Bird2,
            "log stderr all; router id 10.0.0.2; protocol device { }
             protocol static { ipv6; route 2001:db8:f1::/48 blackhole; }
             protocol bgp here { connect delay time 1; error wait time 1, 2; local as 65001;
               neighbor fe80::1%'eth0' as 65000; ipv6 { import all; export where source = RTS_STATIC; }; }",
        )?,
        there,
    );
    let config = |options: &str| {
        format!(
            "log stderr all; router id 10.0.0.1; protocol device {{ }}
             protocol static {{ ipv6; route 2001:db8:e1::/48 blackhole; }}
             protocol bgp there {{ connect delay time 1; local as 65000; neighbor fe80::2%'eth0' as 65001;
               ipv6 {{ import all; export all; {options} }}; }}"
        )
    };
    let ours = Router::start(&here, Program::Godwit, &config(""))?;
    for format in ["native", "single", "double"] {
        ours.configure(&config(&format!("link local next hop format {format};")))?;
        ours.established("there")?;
        there.0.has_route("2001:db8:e1::/48", &["via fe80::1 on eth0", "BGP.next_hop: :: fe80::1"])?;
        ours.has_route("2001:db8:f1::/48", &["via fe80::2 on eth0", "BGP.next_hop: :: fe80::2"])?;
    }
    Ok(())
}

/// The neighbor's address is in no network of ours.
#[test]
fn lab_a_neighbor_onlink() -> Result<()> {
    let (here, there) = link(&["10.0.0.1/32"], &["10.9.9.2/32"])?;
    here.ip(&["route", "add", "10.9.9.2/32", "dev", "eth0"])?;
    there.ip(&["route", "add", "10.0.0.1/32", "dev", "eth0"])?;
    let neighbor = Router::start(
        &there,
        Program::Bird2,
        "log stderr all; router id 10.9.9.2; protocol device { }
         protocol static { ipv4; route 203.0.1.0/24 blackhole; route 203.0.2.0/24 blackhole; }
         filter to_router { if net = 203.0.2.0/24 then bgp_next_hop = 10.9.9.3; accept; }
         protocol bgp here { multihop; connect delay time 1; error wait time 1, 2; local 10.9.9.2 as 65001;
           neighbor 10.0.0.1 as 65000; ipv4 { import none; export filter to_router; }; }",
    )?;
    let router = Router::start(
        &here,
        Program::Godwit,
        "log stderr all; router id 10.0.0.1; protocol device { } protocol kernel { ipv4 { export all; }; kernel table 100; }
         protocol bgp there { interface \"eth0\"; onlink; connect delay time 1; local 10.0.0.1 as 65000;
           neighbor 10.9.9.2 as 65001; ipv4 { import all; export none; }; }",
    )?;
    router.established("there")?;
    neighbor.established("here")?;
    router.has_route("203.0.1.0/24", &["via 10.9.9.2 on eth0 onlink"])?;
    let kernel = || here.routes_in("100", "203.0.1.0/24").join("\n");
    until("the kernel's route", || {
        kernel().contains("via 10.9.9.2 dev eth0") && kernel().contains("onlink")
    })?;
    // Others are not on the link for that.
    anyhow::ensure!(router.route("203.0.2.0/24").is_empty(), "{}", router.birdc("show route all"));
    Ok(())
}
