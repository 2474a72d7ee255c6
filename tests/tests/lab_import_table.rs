//! `import table`: a new import policy takes hold of routes of a neighbor that cannot be asked for them again, and the
//! session stays; and what is kept is shown; BIRD 2 and godwit alike.

use anyhow::{Result, ensure};
use godwit_lab::{Namespace, Program, Router, same_lines, settles, until, without_times};

const NEIGHBOR: &str = "log stderr all; router id 10.0.0.2; protocol device { }
    protocol static { ipv4; route 172.16.0.0/24 blackhole; route 172.16.1.0/24 blackhole; }
    protocol bgp middle { passive; enable route refresh off; local 10.9.2.2 as 65002; neighbor 10.9.2.1 as 65000;
      ipv4 { import none; export all; }; }";

fn middle(policy: &str) -> String {
    format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ }}
         protocol bgp n2 {{ local 10.9.2.1 as 65000; neighbor 10.9.2.2 as 65002; connect delay time 1;
           ipv4 {{ import {policy}; export none; import table; }}; }}"
    )
}

#[test]
fn lab_a_new_policy_needs_no_route_refresh() -> Result<()> {
    let (hub, space) = (Namespace::new("hub")?, Namespace::new("n2")?);
    Namespace::join((&hub, "veth2", &["10.9.2.1/24"]), (&space, "eth0", &["10.9.2.2/24"]))?;
    for program in [Program::Bird2, Program::Godwit] {
        let _neighbor = Router::start(&space, Program::Bird2, NEIGHBOR)?;
        let router = Router::start(&hub, program, &middle("where net = 172.16.0.0/24"))?;
        router.established("n2")?;
        router.has_route("172.16.0.0/24", &["BGP.local_pref: 100"])?;
        let since = router.since("n2");
        router.configure(&middle("filter { bgp_local_pref = 7; accept; }"))?;
        for prefix in ["172.16.0.0/24", "172.16.1.0/24"] {
            router.has_route(prefix, &["BGP.local_pref: 7"])?;
        }
        router.configure(&middle("where net = 172.16.1.0/24"))?;
        router.has_route("172.16.1.0/24", &["BGP.local_pref: 100"])?;
        router.lost_route("172.16.0.0/24")?;
        ensure!(router.since("n2") == since, "{program:?}: the session went down\n{}", router.log());
    }
    Ok(())
}

const TELLER: &str = "log stderr all; router id 10.0.0.2; protocol device { }
    protocol static one { ipv4; route 172.16.0.0/24 blackhole; route 172.16.1.0/24 blackhole;
      route 172.16.1.128/25 blackhole { bgp_community.add((1, 2)); bgp_next_hop = 10.77.0.1; };
      route 172.16.3.0/24 blackhole { bgp_next_hop = 99.0.0.1; }; }
    protocol static two { ipv4 { preference 100; }; route 172.16.0.0/24 blackhole; }
    protocol static six { ipv6; route 2001:db8:77::/48 blackhole; }
    protocol bgp outside { passive; local 10.9.2.2 as 65002; neighbor 10.9.2.1 as 65000;
      ipv4 { import all; export where net != 172.16.3.0/24 && net != 172.16.1.128/25; }; ipv6 { import none; export all; }; }
    protocol bgp inside { passive; local 10.9.2.3 as 65000; neighbor 10.9.2.4 as 65000;
      ipv4 { add paths; import none; export all; }; }";

const KEEPER: &str = "log stderr all; router id 10.0.0.1; protocol device { } protocol direct { ipv4; }
    ipv4 table master4; ipv4 table linked; ipv6 table master6;
    protocol static fixed { ipv4; route 10.77.0.0/24 blackhole; }
    protocol bgp outside { local 10.9.2.1 as 65000; neighbor 10.9.2.2 as 65002; connect delay time 1;
      ipv4 { import where net != 172.16.1.0/24; export all; import table; export table; };
      ipv6 { import none; export none; import table; }; }
    protocol bgp inside { local 10.9.2.4 as 65000; neighbor 10.9.2.3 as 65000; connect delay time 1;
      ipv4 { table linked; igp table master4; add paths; import none; export none; import table; }; }
    protocol bgp nobody { local 10.9.2.1 as 65000; neighbor 10.9.2.9 as 65009; connect delay time 1;
      ipv4 { import none; export none; import table; }; }";

const QUESTIONS: [&str; 22] = [
    "show route import table outside.ipv4",
    "show route all import table outside.ipv4",
    "show route import table outside.ipv6",
    "show route import table inside.ipv4",
    "show route all import table inside.ipv4",
    "show route primary import table inside.ipv4",
    "show route import table inside.ipv4 count",
    "show route import table nobody.ipv4",
    "show route import table fixed.ipv4",
    "show route 172.16.1.0/24 import table outside.ipv4",
    "show route for 172.16.1.200 import table inside.ipv4",
    "show route for 172.16.1.0/26 import table inside.ipv4",
    "show route for 172.17.1.0/26 import table inside.ipv4",
    "show route in 172.16.1.0/24 import table inside.ipv4",
    "show route import table outside.ipv4 stats",
    "show route import table outside.ipv4 filtered",
    "show route import table outside.ipv4 filtered count",
    "show route import table outside.ipv4 protocol outside",
    "show route import table outside.ipv4 protocol fixed",
    "show route import table outside.ipv4 export outside",
    "show route import table outside.ipv4 where net ~ [172.16.1.0/24+]",
    "show route all export table outside.ipv4",
];

#[test]
fn lab_an_import_table_is_shown_as_with_bird2() -> Result<()> {
    same_lines(Program::Bird2, |program| {
        let (hub, space) = (Namespace::new("hub")?, Namespace::new("n2")?);
        Namespace::join(
            (&hub, "veth2", &["10.9.2.1/24", "10.9.2.4/24", "2001:db8:9::1/64"]),
            (&space, "eth0", &["10.9.2.2/24", "10.9.2.3/24", "2001:db8:9::2/64"]),
        )?;
        let _teller = Router::start(&space, Program::Bird2, TELLER)?;
        let router = Router::start(&hub, program, KEEPER)?;
        for session in ["outside", "inside"] {
            router.established(session)?;
        }
        for (table, last) in [("outside.ipv4", "172.16.1.0/24"), ("inside.ipv4", "172.16.3.0/24")] {
            let question = format!("show route import table {table}");
            until("what came", || router.birdc(&question).contains(last))?;
        }
        settles("the routes", || QUESTIONS.map(|question| without_times(&router.birdc(question))))?;
        let answer = |question: &str| format!("{question}\n{}", without_times(&router.birdc(question)));
        Ok(QUESTIONS.map(answer).to_vec())
    })
}
