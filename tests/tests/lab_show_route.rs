//! `show route` in all its forms is as with BIRD: metrics, marks, headings, routes by way of link-local next hops, and what
//! `secondary` sends.

use anyhow::Result;
use godwit_lab::{Namespace, Program, Router, same_lines, settles, without_times};

/// Routes with next hops near and far, of which BIRD 2 gives some a distance (AIGP), and one long-lived stale one.
const FAR: &str = "log stderr all; router id 10.0.0.2; protocol device { }
    protocol static { ipv4; route 172.16.0.0/24 blackhole { igp_metric = 100; };
      route 172.16.1.0/24 blackhole; route 172.16.2.0/24 blackhole; route 172.16.3.0/24 blackhole;
      route 172.16.4.0/24 blackhole; route 172.16.5.0/24 blackhole; route 172.16.6.0/24 blackhole; }
    protocol static six { ipv6; route 2001:db8:1::/48 blackhole; }
    protocol bgp far { passive; local 10.9.2.2 as 65002; neighbor 10.9.2.1 as 65000;
      ipv4 { import all; aigp originate; export filter {
        if net = 172.16.1.0/24 then bgp_next_hop = 10.20.0.1;
        if net = 172.16.2.0/24 then bgp_next_hop = 10.21.0.1;
        if net = 172.16.3.0/24 then bgp_next_hop = 10.99.0.1;
        if net = 172.16.4.0/24 then bgp_next_hop = 10.24.0.1;
        if net = 172.16.5.0/24 then bgp_next_hop = 10.23.0.1;
        if net = 172.16.6.0/24 then bgp_community.add((65535,6));
        accept; }; }; }";

/// A session between link-local addresses, for both families.
const LINK: &str = "
    protocol bgp beside { passive; local fe80::2 as 65002; neighbor fe80::1%'eth0' as 65000;
      ipv4 { extended next hop; import all; export all; }; ipv6 { import all; export all; }; }";

const NEAR: &str = "log stderr all; router id 10.0.0.3; protocol device { }
    protocol static { ipv4; route 172.16.1.0/24 blackhole; route 172.16.5.0/24 blackhole; }
    protocol bgp near { passive; local 10.9.3.2 as 65003; neighbor 10.9.3.1 as 65000;
      ipv4 { import all; export all; }; }";

const HUB_2: &str = "log stderr all; router id 10.0.0.1; protocol device { } protocol direct { ipv4; }
    ipv4 table master4; ipv4 table ranked sorted; ipv4 table linked; ipv6 table master6; ipv4 table nothing;
    protocol static fixed { ipv4; route 10.20.0.0/16 via 10.9.2.2 { igp_metric = 10; }; route 10.21.0.0/16 via 10.9.2.2;
      route 10.22.0.0/16 via 10.9.2.2 { igp_metric = 0; }; route 10.23.0.0/16 recursive 10.20.0.1;
      route 10.24.0.0/16 blackhole; route 10.25.0.0/16 recursive 10.99.0.1;
      route 10.29.0.0/16 recursive 10.20.0.1 { igp_metric = 7; }; }
    protocol static one { ipv4 { table ranked; preference 50; }; route 172.16.1.0/24 unreachable;
      route 172.16.7.0/24 blackhole; route 172.16.8.0/24 blackhole; route 172.16.9.0/24 blackhole; }
    protocol static two { ipv4 { table ranked; preference 40; }; route 172.16.1.0/24 unreachable;
      route 172.16.7.0/24 prohibit; route 172.16.8.0/24 unreachable; route 172.16.9.0/24 prohibit; }
    protocol bgp far { local 10.9.2.1 as 65000; neighbor 10.9.2.2 as 65002; connect delay time 1;
      ipv4 { gateway recursive; aigp on; import all; export none; }; }
    protocol bgp beside { local fe80::1 as 65000; neighbor fe80::2%'veth2' as 65002; connect delay time 1;
      ipv4 { table linked; extended next hop; import all; export none; }; ipv6 { import all; export none; }; }
    protocol bgp near { local 10.9.3.1 as 65000; neighbor 10.9.3.2 as 65003; connect delay time 1;
      ipv4 { table ranked; secondary; import all;
        export where !(proto = \"one\" && net = 172.16.8.0/24) && net != 172.16.9.0/24; }; }";

const HUB_16: &str = "log stderr all; router id 10.0.0.1; protocol device { } protocol direct { }
    protocol static fixed { route 10.20.0.0/16 via 10.9.2.2; route 10.21.0.0/16 via 10.9.2.2;
      route 10.23.0.0/16 recursive 10.20.0.1; route 10.24.0.0/16 blackhole; route 10.25.0.0/16 recursive 10.99.0.1; }
    protocol bgp far { local 10.9.2.1 as 65000; neighbor 10.9.2.2 as 65002; connect delay time 1;
      gateway recursive; import all; export none; }
    protocol bgp near { local 10.9.3.1 as 65000; neighbor 10.9.3.2 as 65003; connect delay time 1;
      import all; export none; }";

const QUESTIONS: [&str; 22] = [
    "show route table all",
    "show route all table linked",
    "show route all table master6",
    "show route all",
    "show route primary",
    "show route count",
    "show route table ranked export near",
    "show route table ranked exported near",
    "show route table ranked preexport near",
    "show route table ranked noexport near",
    "show route table ranked export near count",
    "show route table ranked noexport near count",
    "show route export near",
    "show route export near protocol two",
    "show route table master4 export far",
    "show route table master4 noexport far",
    "show route table master4 protocol near",
    "show route table master4 where false",
    "show route table nothing",
    "show route table nothing stats",
    "show route protocol fixed",
    "show route for 172.16.4.1",
];

fn answers(program: Program, bird16: bool) -> Result<Vec<String>> {
    let (hub, one, two) = (Namespace::new("hub")?, Namespace::new("n2")?, Namespace::new("n3")?);
    Namespace::join(
        (&hub, "veth2", &["10.9.2.1/24", "fe80::1/64"]),
        (&one, "eth0", &["10.9.2.2/24", "fe80::2/64"]),
    )?;
    Namespace::join((&hub, "veth3", &["10.9.3.1/24"]), (&two, "eth0", &["10.9.3.2/24"]))?;
    // 1.6 does not know AIGP.
    let far = if bird16 { FAR.replace("aigp originate;", "") } else { format!("{FAR}{LINK}") };
    let _far = Router::start(&one, Program::Bird2, &far)?;
    let _near = Router::start(&two, Program::Bird2, NEAR)?;
    let router = Router::start(&hub, program, if bird16 { HUB_16 } else { HUB_2 })?;
    for session in if bird16 { &["far", "near"][..] } else { &["far", "near", "beside"] } {
        router.established(session)?;
    }
    for (session, last) in [("far", "172.16.6.0/24"), ("near", "172.16.5.0/24")] {
        let of_session = format!("show route protocol {session}");
        godwit_lab::until("its routes", || router.birdc(&of_session).contains(last))?;
    }
    settles("the routes", || without_times(&router.birdc("show route")))?;
    let of_dialect =
        |question: &&&str| !bird16 || !question.contains("table") && !question.contains("export");
    let asked = QUESTIONS.iter().filter(of_dialect);
    Ok(asked.map(|question| format!("{question}\n{}", without_times(&router.birdc(question)))).collect())
}

#[test]
fn lab_routes_are_shown_as_with_bird2() -> Result<()> {
    same_lines(Program::Bird2, |program| answers(program, false))
}

#[test]
fn lab_routes_are_shown_as_with_bird16() -> Result<()> {
    same_lines(Program::Bird16, |program| answers(program, true))
}
