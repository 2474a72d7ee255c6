//! `import keep filtered`: what an import filter refuses is shown and counted as with BIRD 2 and 1.6, and used by nobody.

use std::fmt::Write as _;

use anyhow::Result;
use godwit_lab::{Namespace, Program, Router, same_lines, settles, without_times};

/// One that announces four routes; `more` is part of its export filter.
fn neighbor(routes: &[u8], more: &str) -> String {
    let routes = routes.iter().fold(String::new(), |mut text, n| {
        let _ = write!(text, "route 172.16.{n}.0/24 blackhole; ");
        text
    });
    format!(
        "log stderr all; router id 10.0.0.2; protocol device {{ }}
         protocol static {{ ipv4; {routes} }}
         protocol bgp middle {{ passive; local 10.9.2.2 as 65002; neighbor 10.9.2.1 as 65000;
           ipv4 {{ import all; export filter {{ {more} accept; }}; }}; }}"
    )
}

/// Another one with a route that the first one has, too.
const OTHER: &str = "log stderr all; router id 10.0.0.3; protocol device { }
    protocol static { ipv4; route 172.16.1.0/24 blackhole; route 172.16.5.0/24 blackhole; }
    protocol bgp middle { passive; local 10.9.3.2 as 65003; neighbor 10.9.3.1 as 65000;
      ipv4 { import all; export filter { bgp_path.prepend(65003); accept; }; }; }";

/// `refused` is what of the first neighbor is refused, a set of prefixes.
fn middle(bird16: bool, refused: &str, limit: &str) -> String {
    let filter = format!("filter {{ bgp_local_pref = 77; if net ~ [{refused}] then reject; accept; }}");
    let channel = |options: String| if bird16 { options } else { format!("ipv4 {{ {options} }};") };
    let fixed = channel("import keep filtered; import where net != 172.18.0.0/24;".into());
    let first =
        channel(format!("import keep filtered; import {filter}; export where source = RTS_BGP; {limit}"));
    let second = channel("import where net != 172.16.5.0/24; export where source = RTS_BGP;".into());
    format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ }}
         protocol static fixed {{ {fixed} route 172.18.0.0/24 blackhole; route 172.18.1.0/24 blackhole; }}
         protocol bgp n2 {{ local 10.9.2.1 as 65000; neighbor 10.9.2.2 as 65002; connect delay time 1; {first} }}
         protocol bgp n3 {{ local 10.9.3.1 as 65000; neighbor 10.9.3.2 as 65003; connect delay time 1; {second} }}"
    )
}

const QUESTIONS: [&str; 24] = [
    "show route",
    "show route filtered",
    "show route all filtered",
    "show route filtered count",
    "show route filtered stats",
    "show route count",
    "show route stats",
    "show route filtered protocol n2",
    "show route filtered protocol n2 count",
    "show route filtered protocol fixed",
    "show route protocol n2",
    "show route filtered where net = 172.16.0.0/24",
    "show route 172.16.0.0/24",
    "show route 172.16.0.0/24 filtered",
    "show route 172.16.2.0/24 filtered",
    "show route for 172.16.0.3",
    "show route for 172.16.0.3 filtered",
    "show route for 172.16.1.3 filtered",
    "show route noexport n3",
    "show route export n3",
    "show route filtered primary",
    "show route filtered primary count",
    "show route primary",
    "show route primary export n3",
];

/// The lines of a channel in `show protocols all` that tell of imports.
fn counters(router: &Router, protocol: &str) -> String {
    let all = router.birdc(&format!("show protocols all {protocol}"));
    let of_import = ["Routes:", "Import updates:", "Import withdraws:", "limit:", "Action:"];
    let lines = all.lines().filter(|line| of_import.iter().any(|what| line.contains(what)));
    lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n")
}

/// All that is shown, at each step.
fn story(program: Program, bird16: bool) -> Result<Vec<String>> {
    let (hub, one, two) = (Namespace::new("hub")?, Namespace::new("n2")?, Namespace::new("n3")?);
    Namespace::join((&hub, "veth2", &["10.9.2.1/24"]), (&one, "eth0", &["10.9.2.2/24"]))?;
    Namespace::join((&hub, "veth3", &["10.9.3.1/24"]), (&two, "eth0", &["10.9.3.2/24"]))?;
    let all = [0, 1, 2, 3];
    let n2 = Router::start(&one, Program::Bird2, &neighbor(&all, ""))?;
    let _n3 = Router::start(&two, Program::Bird2, OTHER)?;
    let refused = "172.16.0.0/24, 172.16.1.0/24";
    let router = Router::start(&hub, program, &middle(bird16, refused, ""))?;
    router.established("n2")?;
    router.established("n3")?;
    router.has_route("172.16.3.0/24", &[])?;
    router.has_route("172.16.1.0/24", &[])?;
    let mut told: Vec<String> = Vec::new();
    let count = |told: &mut Vec<String>, step: &str| -> Result<()> {
        let shown = || {
            format!("{}\n{}", counters(&router, "n2"), without_times(&router.birdc("show route filtered")))
        };
        told.push(format!("{step}\n{}", settles(step, shown)?));
        Ok(())
    };
    count(&mut told, "the beginning")?;
    for question in QUESTIONS {
        told.push(format!("{question}\n{}", without_times(&router.birdc(question))));
    }
    told.push(format!("a static protocol\n{}", counters(&router, "fixed")));
    n2.configure(&neighbor(&all, "if net = 172.16.0.0/24 then bgp_community.add((65002,1));"))?;
    godwit_lab::until("the change to be seen", || {
        router.birdc("show route filtered all").contains("(65002,1)")
    })?;
    count(&mut told, "one that is refused changes")?;
    n2.configure(&neighbor(&[1, 2, 3], ""))?;
    godwit_lab::until("it to be gone", || !router.birdc("show route filtered").contains("172.16.0.0/24"))?;
    count(&mut told, "one that is refused goes")?;
    n2.configure(&neighbor(&[1, 3], ""))?;
    router.lost_route("172.16.2.0/24")?;
    count(&mut told, "one that is not refused goes")?;
    n2.configure(&neighbor(&all, ""))?;
    router.has_route("172.16.2.0/24", &[])?;
    count(&mut told, "both come back")?;
    router.configure(&middle(bird16, "172.16.2.0/24, 172.16.1.0/24", ""))?;
    router.lost_route("172.16.2.0/24")?;
    router.has_route("172.16.0.0/24", &[])?;
    count(&mut told, "others are refused")?;
    for limit in
        ["receive limit 3 action block;", "receive limit 3 action warn;", "import limit 1 action block;"]
    {
        router.configure(&middle(bird16, refused, limit))?;
        router.birdc("restart n2");
        godwit_lab::until("the session to come back", || {
            router.birdc("show protocols n2").contains("Established")
        })?;
        godwit_lab::until("the routes to come", || {
            counters(&router, "n2").contains("updates:              4")
        })?;
        count(&mut told, limit)?;
    }
    router.birdc("disable n2");
    godwit_lab::until("its routes to go", || !router.birdc("show route filtered").contains("n2"))?;
    told.push(format!("it is disabled\n{}", without_times(&router.birdc("show route filtered"))));
    Ok(told)
}

#[test]
fn lab_what_is_refused_is_kept_as_with_bird2() -> Result<()> {
    same_lines(Program::Bird2, |program| story(program, false))
}

#[test]
fn lab_what_is_refused_is_kept_as_with_bird16() -> Result<()> {
    same_lines(Program::Bird16, |program| story(program, true))
}
