//! `import table`: a new import policy takes hold of routes of a neighbor that cannot be asked for them again, and the
//! session stays; BIRD 2 and godwit alike.

use anyhow::{Result, ensure};
use godwit_lab::{Namespace, Program, Router};

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
