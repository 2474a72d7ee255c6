//! IPv4 routes over an IPv6 session with IPv6 next hops (RFC 8950): from BIRD 2 into godwit and its kernel, and on to
//! another BIRD 2.

use anyhow::Result;
use godwit_lab::{Namespace, Program, Router, until};

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
