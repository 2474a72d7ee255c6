//! `export table`: what was sent is shown as with BIRD 2, what would only repeat it is not sent, and `reload out` sends all.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use godwit_lab::{Namespace, Program, Router, same_lines, settles, without_times};

fn source(routes: &[u8], med: u32) -> String {
    let routes = routes.iter().fold(String::new(), |mut text, n| {
        let _ = write!(text, "route 172.16.{n}.0/24 blackhole; ");
        text
    });
    format!(
        "log stderr all; router id 10.0.0.2; protocol device {{ }}
         protocol static {{ ipv4; {routes} }}
         protocol bgp middle {{ passive; local 10.9.2.2 as 65002; neighbor 10.9.2.1 as 65000;
           ipv4 {{ import all; export filter {{ if net = 172.16.3.0/24 then bgp_med = {med}; accept; }}; }}; }}"
    )
}

const LISTENER: &str = "log stderr all; router id 10.0.0.3; protocol device { }
    protocol static { ipv4; route 172.16.5.0/24 blackhole; }
    protocol bgp middle { passive; local 10.9.3.2 as 65003; neighbor 10.9.3.1 as 65000;
      ipv4 { import all; export all; }; }";

/// What it sends does not depend on the MED that comes.
fn middle(mark: u32) -> String {
    format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ }}
         protocol static fixed {{ ipv4; route 172.18.0.0/24 blackhole; route 172.18.1.0/24 blackhole; }}
         protocol bgp n2 {{ local 10.9.2.1 as 65000; neighbor 10.9.2.2 as 65002; connect delay time 1;
           ipv4 {{ import all; export none; }}; }}
         protocol bgp n3 {{ local 10.9.3.1 as 65000; neighbor 10.9.3.2 as 65003; connect delay time 1;
           ipv4 {{ import all; export table; export filter {{
             bgp_community.add((65000,5));
             if net = 172.16.3.0/24 then {{ bgp_med = 13; bgp_community.add((65000,{mark})); }}
             if net = 172.18.1.0/24 then reject; accept; }}; }}; }}"
    )
}

const QUESTIONS: [&str; 18] = [
    "show route export table n3.ipv4",
    "show route all export table n3.ipv4",
    "show route export table n3.ipv4 count",
    "show route export table n3.ipv4 stats",
    "show route export table n3.ipv4 protocol n2",
    "show route export table n3.ipv4 where net = 172.16.0.0/24",
    "show route export table n3.ipv4 172.16.0.0/24",
    "show route export table n3.ipv4 10.0.0.0/8",
    "show route export table n3.ipv4 for 172.16.0.1",
    "show route export table n3.ipv4 for 10.0.0.1",
    "show route export table n3.ipv4 in 172.16.0.0/23",
    "show route export table n3.ipv4 primary",
    "show route export table n3.ipv4 filtered",
    "show route export table n3.ipv4 export n3",
    "show route table master4 export table n3.ipv4",
    "show route export table n2.ipv4",
    "show route export table n3.ipv6",
    "show route export table fixed.ipv4",
];

/// How many announcements the listener has heard.
fn heard(listener: &Router) -> Result<u64> {
    let count = listener.detail("middle", "Import updates:");
    count.split_whitespace().next().and_then(|n| n.parse().ok()).context("no counters")
}

fn story(program: Program) -> Result<Vec<String>> {
    let (hub, one, two) = (Namespace::new("hub")?, Namespace::new("n2")?, Namespace::new("n3")?);
    Namespace::join((&hub, "veth2", &["10.9.2.1/24"]), (&one, "eth0", &["10.9.2.2/24"]))?;
    Namespace::join((&hub, "veth3", &["10.9.3.1/24"]), (&two, "eth0", &["10.9.3.2/24"]))?;
    let n2 = Router::start(&one, Program::Bird2, &source(&[0, 1, 3], 4))?;
    let n3 = Router::start(&two, Program::Bird2, LISTENER)?;
    let router = Router::start(&hub, program, &middle(13))?;
    router.established("n2")?;
    router.established("n3")?;
    for net in ["172.16.0.0/24", "172.16.1.0/24", "172.16.3.0/24", "172.18.0.0/24"] {
        n3.has_route(net, &["(65000,5)"])?;
    }
    router.has_route("172.16.5.0/24", &[])?;
    let mut told: Vec<String> =
        QUESTIONS.iter().map(|q| format!("{q}\n{}", without_times(&router.birdc(q)))).collect();
    let table = || without_times(&router.birdc("show route all export table n3.ipv4"));
    // Each step with how much the listener hears of it, and what is kept then.
    let mut step = |name: &str, done: &dyn Fn() -> Result<()>| -> Result<()> {
        let before = heard(&n3)?;
        done()?;
        let after = settles(name, || heard(&n3).unwrap_or_default())?;
        let exported = router.detail("n3", "Routes:");
        told.push(format!("{name}: {} {exported}\n{}", after - before, table()));
        Ok(())
    };
    step("what the filter hides changes", &|| {
        n2.configure(&source(&[0, 1, 3], 5))?;
        router.has_route("172.16.3.0/24", &["BGP.med: 5"]).map(drop)
    })?;
    step("reload out", &|| {
        let before = heard(&n3)?;
        router.birdc("reload out n3");
        godwit_lab::until("all to be sent again", || heard(&n3).is_ok_and(|now| now == before + 4)).map(drop)
    })?;
    step("another filter", &|| {
        router.configure(&middle(14))?;
        n3.has_route("172.16.3.0/24", &["(65000,14)"]).map(drop)
    })?;
    step("one goes", &|| {
        n2.configure(&source(&[1, 3], 5))?;
        n3.lost_route("172.16.0.0/24").map(drop)
    })?;
    step("one comes", &|| {
        n2.configure(&source(&[1, 2, 3], 5))?;
        n3.has_route("172.16.2.0/24", &[]).map(drop)
    })?;
    router.birdc("disable n3");
    n3.lost_route("172.16.1.0/24")?;
    told.push(format!("it is disabled\n{}", without_times(&router.birdc(QUESTIONS[0]))));
    Ok(told)
}

#[test]
fn lab_what_is_sent_is_kept_as_with_bird2() -> Result<()> {
    same_lines(Program::Bird2, story)
}
