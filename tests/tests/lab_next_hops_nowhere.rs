//! Next hops that are nobody's address, and those that could only be reached by way of another route that has to be
//! looked up: what becomes of such routes, and what is said of them, as with BIRD 2.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use godwit_lab::{Namespace, Program, Router, same_lines, settles, until, without_times};

const TELLER: &str = "log stderr all; router id 2.2.2.2; protocol device { }
    protocol static { ipv4;
      route 172.16.0.0/24 blackhole { bgp_next_hop = 127.0.0.1; };
      route 172.16.1.0/24 blackhole { bgp_next_hop = 224.0.0.1; };
      route 172.16.2.0/24 blackhole { bgp_next_hop = 240.0.0.1; };
      route 172.16.3.0/24 blackhole { bgp_next_hop = 255.255.255.255; };
      route 172.16.5.0/24 blackhole { bgp_next_hop = 192.0.2.1; };
      route 172.16.6.0/24 blackhole { bgp_next_hop = 10.5.0.1; };
      route 172.16.7.0/24 blackhole { bgp_next_hop = 172.16.7.1; };
      route 172.16.8.0/24 blackhole { bgp_next_hop = 169.254.0.1; };
      route 172.16.9.0/24 blackhole { bgp_next_hop = 192.0.2.255; };
      route 172.16.11.0/24 blackhole { bgp_next_hop = 0.1.2.3; };
      route 172.16.12.0/24 blackhole;
      route 10.5.0.0/16 blackhole; }
    protocol static six { ipv6;
      route 2001:db8:1::/48 blackhole { bgp_next_hop = ::1; };
      route 2001:db8:2::/48 blackhole { bgp_next_hop = ff02::1; };
      route 2001:db8:5::/48 blackhole { bgp_next_hop = 2001:db8::1; };
      route 2001:db8:6::/48 blackhole; }
    protocol bgp inside { local 192.0.2.2 as 65001; neighbor 192.0.2.1 as 65001; passive;
      ipv4 { next hop keep; import none; export all; }; ipv6 { next hop keep; import none; export all; }; }
    protocol bgp outside { local 192.0.2.3 as 65002; neighbor 192.0.2.4 as 65001; passive;
      ipv4 { next hop keep; import none; export all; }; ipv6 { next hop keep; import none; export all; }; }";

const HEARER: &str = "log stderr all; router id 1.1.1.1; protocol device { }
    protocol direct { ipv4; ipv6; interface \"v0\"; }
    protocol bgp inside { local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65001; connect delay time 1;
      ipv4 { import all; export none; }; ipv6 { import all; export none; }; }
    ipv4 table direct4; ipv6 table direct6;
    protocol bgp outside { local 192.0.2.4 as 65001; neighbor 192.0.2.3 as 65002; connect delay time 1;
      ipv4 { table direct4; import all; export none; }; ipv6 { table direct6; import all; export none; }; }
    protocol static fixed { ipv4;
      route 10.77.0.0/24 blackhole;
      route 10.80.0.0/24 recursive 127.0.0.1;
      route 10.80.2.0/24 recursive 192.0.2.2;
      route 10.80.3.0/24 recursive 10.80.2.1;
      route 10.80.5.0/24 recursive 224.0.0.1;
      route 10.81.1.0/24 via 127.0.0.1;
      route 10.81.2.0/24 via 224.0.0.1%v0 onlink;
      route 10.81.3.0/24 via 240.0.0.1%v0 onlink;
      route 10.81.4.0/24 via 0.0.0.0%v0 onlink;
      route 10.81.5.0/24 via 0.1.2.3%v0 onlink;
      route 10.81.6.0/24 via 255.255.255.255%v0 onlink;
      route 10.81.7.0/24 via 169.254.0.1%v0 onlink;
      route 10.81.9.0/24 via 127.0.0.1 via 192.0.2.2;
      route 10.81.10.0/24 via 10.99.0.1; }
    protocol static six { ipv6;
      route 2001:db8:81::/48 via ::1;
      route 2001:db8:82::/48 via ff02::1%v0;
      route 2001:db8:83::/48 via fe80::9%v0;
      route 2001:db8:84::/48 via fe80::9; }";

const QUESTIONS: [&str; 6] = [
    "show route table master4",
    "show route table master6",
    "show route table direct4",
    "show route table direct6",
    "show static fixed",
    "show static six",
];

/// What is said of next hops, each thing once.
fn said(log: &str) -> BTreeSet<String> {
    let lines = log.lines().filter_map(|line| Some(line.split_once("<WARN> ")?.1));
    let is_of_next_hop =
        |line: &&str| line.contains("resolvable through") || line.starts_with("Invalid next hop");
    lines.filter(is_of_next_hop).map(str::to_owned).collect()
}

#[test]
fn lab_next_hops_that_lead_nowhere_are_as_with_bird2() -> Result<()> {
    same_lines(Program::Bird2, |program| {
        let (ours, theirs) = (Namespace::new("own")?, Namespace::new("peer")?);
        Namespace::join(
            (&ours, "v0", &["192.0.2.1/24", "192.0.2.4/24", "2001:db8::1/64"]),
            (&theirs, "v1", &["192.0.2.2/24", "192.0.2.3/24", "2001:db8::2/64"]),
        )?;
        let _teller = Router::start(&theirs, Program::Bird2, TELLER)?;
        let router = Router::start(&ours, program, HEARER)?;
        for session in ["inside", "outside"] {
            router.established(session)?;
        }
        for (question, last) in [
            ("show route table master4", "172.16.12.0/24"),
            ("show route table master6", "2001:db8:6::/48"),
            // BIRD may have begun before the link had its address of its own.
            ("show route table master6", "2001:db8:83::/48"),
            ("show route table direct4", "172.16.12.0/24"),
            ("show route table direct6", "2001:db8:6::/48"),
        ] {
            until("the last route", || router.birdc(question).contains(last))
                .with_context(|| router.log())?;
        }
        settles("the routes", || QUESTIONS.map(|question| without_times(&router.birdc(question))))?;
        let mut answers: Vec<String> = QUESTIONS
            .iter()
            .map(|question| format!("{question}\n{}", without_times(&router.birdc(question))))
            .collect();
        answers.push(
            settles("what is said", || said(&router.log()))?.into_iter().collect::<Vec<_>>().join("\n"),
        );
        Ok(answers)
    })
}

const TELLER_16: &str = "log stderr all; router id 2.2.2.2; protocol device { }
    protocol static { ipv4;
      route 172.16.5.0/24 blackhole { bgp_next_hop = 192.0.2.1; };
      route 172.16.6.0/24 blackhole { bgp_next_hop = 10.5.0.1; };
      route 172.16.9.0/24 blackhole { bgp_next_hop = 192.0.2.255; };
      route 172.16.10.0/24 blackhole { bgp_next_hop = 192.0.2.9; };
      route 172.16.12.0/24 blackhole; }
    protocol bgp inside { local 192.0.2.2 as 65001; neighbor 192.0.2.1 as 65001; passive; strict bind;
      ipv4 { next hop keep; import none; export all; }; }
    protocol bgp outside { local 192.0.2.3 as 65002; neighbor 192.0.2.4 as 65001; passive; strict bind;
      ipv4 { next hop keep; import none; export all; }; }";

const HEARER_16: &str = "log stderr all; router id 1.1.1.1; protocol device { }
    protocol bgp inside { local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65001; connect delay time 1;
      direct; gateway direct; import all; export none; }
    protocol bgp outside { local 192.0.2.4 as 65001; neighbor 192.0.2.3 as 65002; connect delay time 1;
      import all; export none; }";

#[test]
fn lab_next_hops_on_no_link_are_the_neighbor_as_with_bird16() -> Result<()> {
    same_lines(Program::Bird16, |program| {
        let (ours, theirs) = (Namespace::new("own")?, Namespace::new("peer")?);
        Namespace::join(
            (&ours, "v0", &["192.0.2.1/24", "192.0.2.4/24"]),
            (&theirs, "v1", &["192.0.2.2/24", "192.0.2.3/24"]),
        )?;
        let _teller = Router::start(&theirs, Program::Bird2, TELLER_16)?;
        let router = Router::start(&ours, program, HEARER_16)?;
        let mut answers = Vec::new();
        for session in ["inside", "outside"] {
            router.established(session)?;
            let question = format!("show route protocol {session} all");
            until("the last route", || router.birdc(&question).contains("172.16.12.0/24"))
                .with_context(|| router.log())?;
            settles("the routes", || without_times(&router.birdc(&question)))?;
            // Which of both is the best is not the question.
            answers.push(without_times(&router.birdc(&question)).replace("] * (", "] ("));
        }
        Ok(answers)
    })
}
