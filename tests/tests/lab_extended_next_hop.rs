//! IPv4 routes over an IPv6 session with IPv6 next hops (RFC 8950): from BIRD 2 into godwit and its kernel, and on to
//! another BIRD 2.

use std::time::Duration;

use anyhow::Result;
use godwit_lab::{Namespace, Program, Router, stays, until};

fn bird(n: u8, more: &str) -> String {
    format!(
        "log stderr all; router id 10.0.0.{n}; protocol device {{ }} {more}
         protocol bgp middle {{ passive; local 2001:db8:{n}::2 as 6500{n}; neighbor 2001:db8:{n}::1 as 65000;
           ipv4 {{ import all; export where source = RTS_STATIC; extended next hop; }}; }}"
    )
}

const MIDDLE: &str = "log stderr all; router id 10.0.0.1; protocol device { scan time 1; }
    protocol kernel { ipv4 { export all; }; }
    protocol static { ipv4; route 172.17.0.0/24 blackhole; }
    protocol bgp n2 { local 2001:db8:2::1 as 65000; neighbor 2001:db8:2::2 as 65002; connect delay time 1;
      ipv4 { import all; export all; extended next hop; }; }
    protocol bgp n3 { local 2001:db8:3::1 as 65000; neighbor 2001:db8:3::2 as 65003; connect delay time 1;
      ipv4 { import all; export all; extended next hop; }; }";

#[test]
fn lab_extended_next_hops_with_bird2() -> Result<()> {
    let [hub, two, three] = ["hub", "two", "three"].map(Namespace::new);
    let (hub, two, three) = (hub?, two?, three?);
    Namespace::join((&hub, "veth2", &["2001:db8:2::1/64"]), (&two, "eth0", &["2001:db8:2::2/64"]))?;
    Namespace::join((&hub, "veth3", &["2001:db8:3::1/64"]), (&three, "eth0", &["2001:db8:3::2/64"]))?;
    let _two = Router::start(
        &two,
        Program::Bird2,
        &bird(2, "protocol static { ipv4; route 172.16.0.0/24 blackhole; }"),
    )?;
    let three = Router::start(&three, Program::Bird2, &bird(3, ""))?;
    let middle = Router::start(&hub, Program::Godwit, MIDDLE)?;
    middle.established("n2")?;
    middle.established("n3")?;
    middle.has_route("172.16.0.0/24", &["via 2001:db8:2::2 on veth2", "BGP.next_hop: 2001:db8:2::2"])?;
    until("the kernel's route", || {
        hub.routes("172.16.0.0/24").iter().any(|route| route.contains("via inet6 2001:db8:2::2 dev veth2"))
    })?;
    for prefix in ["172.16.0.0/24", "172.17.0.0/24"] {
        three.has_route(prefix, &["via 2001:db8:3::1 on eth0", "BGP.next_hop: 2001:db8:3::1"])?;
    }
    Ok(())
}

/// RFC 8950 §5: an IPv6 next hop that stays as it is (a reflector's) does not go to who has not said that it reads it.
/// One that need not stay becomes the IPv4 address of who announces it.
fn to_who_cannot_read(program: Program, asn: u32) -> Result<()> {
    let [hub, two, three] = ["hub", "two", "three"].map(Namespace::new);
    let (hub, two, three) = (hub?, two?, three?);
    Namespace::join((&hub, "veth2", &["2001:db8:2::1/64"]), (&two, "eth0", &["2001:db8:2::2/64"]))?;
    Namespace::join((&hub, "veth3", &["192.0.2.1/24"]), (&three, "eth0", &["192.0.2.3/24"]))?;
    let client = if asn == 65000 { "rr client;" } else { "" };
    let middle = format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ scan time 1; }}
         protocol static {{ ipv4; route 172.17.0.0/24 blackhole; }}
         protocol bgp n2 {{ local 2001:db8:2::1 as 65000; neighbor 2001:db8:2::2 as {asn}; connect delay time 1; {client}
           ipv4 {{ import all; export none; extended next hop; }}; }}
         protocol bgp n3 {{ local 192.0.2.1 as 65000; neighbor 192.0.2.3 as 65000; connect delay time 1; rr client;
           ipv4 {{ import all; export all; }}; }}"
    );
    let sender = format!(
        "log stderr all; router id 10.0.0.2; protocol device {{ }} protocol static {{ ipv4; route 172.16.0.0/24 blackhole; }}
         protocol bgp middle {{ passive; local 2001:db8:2::2 as {asn}; neighbor 2001:db8:2::1 as 65000;
           ipv4 {{ import all; export where source = RTS_STATIC; extended next hop; }}; }}"
    );
    let reader = "log stderr all; router id 10.0.0.3; protocol device { }
         protocol bgp middle { passive; local 192.0.2.3 as 65000; neighbor 192.0.2.1 as 65000;
           ipv4 { import all; export none; }; }";
    let _two = Router::start(&two, Program::Bird2, &sender)?;
    let three = Router::start(&three, Program::Bird2, reader)?;
    let middle = Router::start(&hub, program, &middle)?;
    middle.established("n3")?;
    middle.has_route("172.16.0.0/24", &["BGP.next_hop: 2001:db8:2::2"])?;
    three.has_route("172.17.0.0/24", &["BGP.next_hop: 192.0.2.1"])?;
    if asn != 65000 {
        three.has_route("172.16.0.0/24", &["BGP.next_hop: 192.0.2.1"])?;
        return Ok(());
    }
    let said = match program {
        Program::Bird2 => "n3: Invalid route 172.16.0.0/24 withdrawn",
        _ => "n3: 172.16.0.0/24: the next hop is of another family",
    };
    until(said, || middle.log().contains(said))?;
    if program == Program::Godwit {
        let counted = || {
            let row = middle.detail("n3", "Export updates:");
            row.split_whitespace().map(str::to_owned).collect::<Vec<_>>() == ["2", "1", "0", "---", "1"]
        };
        until("it to be counted", counted)?;
    }
    stays("it away", Duration::from_secs(1), || three.route("172.16.0.0/24").is_empty())
}

#[test]
fn lab_a_next_hop_that_stays_goes_only_to_who_reads_it() -> Result<()> {
    for (program, asn) in [Program::Bird2, Program::Godwit].into_iter().flat_map(|p| [(p, 65000), (p, 65002)])
    {
        to_who_cannot_read(program, asn)?;
    }
    Ok(())
}
