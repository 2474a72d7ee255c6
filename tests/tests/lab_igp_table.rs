//! Next hops that are looked up in another table: godwit has the routes that BIRD 2 has, in its tables and in the
//! kernel's, and follows the other table's changes as BIRD 2 does.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use godwit_lab::{Namespace, Program, Router, until};

/// Says of each net another next hop; twice, the second time from further away.
const NEIGHBOR: &str = "log stderr all; router id 10.0.0.2; protocol device { }
    protocol static { ipv4; route 203.0.1.0/24 blackhole; route 203.0.2.0/24 blackhole; route 203.0.3.0/24 blackhole;
      route 203.0.4.0/24 blackhole; route 203.0.7.0/24 blackhole; route 203.0.8.0/24 blackhole;
      route 203.0.9.0/24 blackhole; route 203.0.10.0/24 blackhole; }
    protocol static { ipv6; route 2001:db8:f1::/48 blackhole; route 2001:db8:f2::/48 blackhole; }
    filter out4 {
      if net = 203.0.1.0/24 then bgp_next_hop = 10.9.1.1;
      if net = 203.0.2.0/24 then bgp_next_hop = 10.9.2.1;
      if net = 203.0.3.0/24 then bgp_next_hop = 10.9.3.1;
      if net = 203.0.4.0/24 then bgp_next_hop = 10.9.4.1;
      if net = 203.0.7.0/24 then bgp_next_hop = 10.0.0.77;
      if net = 203.0.8.0/24 then bgp_next_hop = 10.9.8.1;
      if net = 203.0.9.0/24 then bgp_next_hop = 2001:db8:9::1;
      if net = 203.0.10.0/24 then bgp_next_hop = 2001:db8::77;
      accept; }
    filter out6 { if net = 2001:db8:f1::/48 then bgp_next_hop = 2001:db8:9::1; accept; }
    protocol bgp p { local 10.0.0.2 as 65001; neighbor 10.0.0.1 as 65000; multihop; connect delay time 1;
      ipv4 { import none; export filter out4; extended next hop; }; ipv6 { import none; export filter out6; }; }
    protocol bgp q { local 10.0.0.3 as 65001; neighbor 10.0.0.4 as 65000; multihop; connect delay time 1;
      ipv4 { import none; export filter { bgp_path.prepend(65001); accept; }; }; }";

const ROUTER: &str = "log stderr all; router id 10.0.0.1; ipv4 table igp4; ipv6 table igp6; protocol device { }
    protocol direct { ipv4 { table igp4; }; ipv6 { table igp6; }; }
    protocol kernel { ipv4 { import none; export all; }; kernel table 100; }
    protocol kernel { ipv6 { import none; export all; }; kernel table 100; }
    protocol static drops { ipv4 { table igp4; };
      route 10.9.1.0/24 blackhole; route 10.9.2.0/24 unreachable; route 10.9.3.0/24 prohibit; }
    protocol static wide { ipv4 { table igp4; }; route 10.8.0.0/15 via 10.0.0.2 { igp_metric = 30; };
      route 10.9.8.0/24 recursive 10.0.0.2; }
    protocol static narrow { ipv4 { table igp4; }; route 10.9.4.0/24 via 10.0.0.9; route 10.9.1.0/25 via 10.0.0.9; }
    protocol static six { ipv6 { table igp6; }; route 2001:db8:9::/48 via 2001:db8::2; }
    protocol static elsewhere { ipv4 { table master4; }; route 10.9.0.0/16 via 10.0.0.66; }
    protocol static looks { ipv4; igp table igp4; igp table igp6; route 198.51.1.0/24 recursive 10.9.4.7;
      route 198.51.2.0/24 recursive 10.9.1.7; route 198.51.3.0/24 recursive 10.0.0.9;
      route 198.51.4.0/24 recursive 10.0.0.1; route 198.51.5.0/24 recursive 2001:db8:9::1;
      route 198.51.6.0/24 recursive 10.77.0.1; }
    protocol static looks6 { ipv6; igp table igp6; route 2001:db8:aa::/48 recursive 2001:db8:9::7; }
    protocol bgp p { local 10.0.0.1 as 65000; neighbor 10.0.0.2 as 65001; multihop; passive;
      ipv4 { import all; export none; extended next hop; igp table igp4; igp table igp6; };
      ipv6 { import all; export none; igp table igp6; }; }
    protocol bgp q { local 10.0.0.4 as 65000; neighbor 10.0.0.3 as 65001; multihop; passive;
      ipv4 { import all; export none; igp table igp4; }; }";

struct Lab {
    router: Router,
    here: Namespace,
    _neighbor: Router,
    _there: Namespace,
}

fn lab(program: Program) -> Result<Lab> {
    let (here, there) = (Namespace::new("here")?, Namespace::new("there")?);
    let (left, right) =
        (["10.0.0.1/24", "10.0.0.4/24", "2001:db8::1/64"], ["10.0.0.2/24", "10.0.0.3/24", "2001:db8::2/64"]);
    Namespace::join((&here, "eth0", &left), (&there, "eth0", &right))?;
    let neighbor = Router::start(&there, Program::Bird2, NEIGHBOR)?;
    let router = Router::start(&here, program, ROUTER)?;
    router.established("p")?;
    router.established("q")?;
    Ok(Lab { router, here, _neighbor: neighbor, _there: there })
}

impl Lab {
    /// The routes of all tables and of the kernel's, each on a line.
    fn routes(&self) -> BTreeSet<String> {
        let mut routes = self.shown();
        for family in ["-4", "-6"] {
            let kernel = self.here.ip(&[family, "route", "show", "table", "100"]).unwrap_or_default();
            routes.extend(kernel.lines().map(|line| format!("kernel: {line}")));
        }
        routes
    }

    fn shown(&self) -> BTreeSet<String> {
        let shown = self.router.birdc("show route table all");
        let (mut table, mut net) = ("", "");
        let mut routes: Vec<String> = Vec::new();
        for line in shown.lines() {
            if let Some(name) = line.strip_prefix("Table ") {
                table = name;
            } else if let (Some(hop), Some(last)) = (line.strip_prefix('\t'), routes.last_mut()) {
                last.push(' ');
                last.push_str(hop);
            } else if !line.is_empty() {
                net = if line.starts_with(' ') { net } else { line.split(' ').next().unwrap_or_default() };
                // Without the time.
                let words = line.trim_start_matches(net).split_whitespace();
                let words: Vec<&str> =
                    words.filter(|word| !word.contains(':') || word.contains("::")).collect();
                routes.push(format!("{table} {net} {}", words.join(" ").replace(']', "")));
            }
        }
        routes.into_iter().collect()
    }
}

#[test]
fn lab_next_hops_are_looked_up_where_bird2_looks() -> Result<()> {
    let [bird, godwit] = [lab(Program::Bird2)?, lab(Program::Godwit)?];
    let agree = |step: &str, there: &str| {
        let agree = until(&format!("the same routes: {step}"), || {
            let expected = bird.routes();
            expected.iter().any(|route| route.contains(there)) && godwit.routes() == expected
        });
        let (expected, ours) = (bird.routes(), godwit.routes());
        agree.with_context(|| {
            let only = |a: &BTreeSet<String>, b| a.difference(b).cloned().collect::<Vec<_>>().join("\n");
            format!("{there}\nBIRD:\n{}\ngodwit:\n{}", only(&expected, &ours), only(&ours, &expected))
        })
    };
    agree("at first", "kernel: 203.0.10.0/24 via inet6 2001:db8::77 dev eth0")?;
    let steps = [
        // The next hop of the best path leads to where packets are dropped.
        ("disable narrow", "kernel: blackhole 203.0.1.0/24"),
        // A shorter route counts now; and the way to it is known, with a distance.
        ("disable drops", "kernel: 203.0.2.0/24 via 10.0.0.2"),
        ("disable wide", "kernel: unreachable 198.51.1.0/24"),
        ("disable six", "kernel: unreachable 2001:db8:aa::/48"),
        ("enable narrow", "kernel: 203.0.4.0/24 via 10.0.0.9"),
        ("enable six", "kernel: 203.0.9.0/24 via inet6 2001:db8::2"),
        ("enable drops", "kernel: prohibit 203.0.3.0/24"),
        ("disable looks", "203.0.4.0/24"),
        ("restart q", "203.0.4.0/24"),
    ];
    for (command, there) in steps {
        for lab in [&bird, &godwit] {
            lab.router.birdc(command);
        }
        agree(command, there)?;
    }
    for (at, bird, ours) in ["p", "q", "looks"]
        .map(|p| (p, bird.router.birdc(&format!("show protocols all {p}")), &godwit.router))
    {
        let tables =
            |text: &str| text.lines().filter(|l| l.contains("IGP")).map(str::to_owned).collect::<Vec<_>>();
        let ours = ours.birdc(&format!("show protocols all {at}"));
        if tables(&ours) != tables(&bird) {
            bail!("{at}: {bird}\n{ours}");
        }
    }
    Ok(())
}

/// The option comes and goes with a reload, and a table with it.
#[test]
fn lab_an_igp_table_that_comes_and_goes() -> Result<()> {
    let lab = lab(Program::Godwit)?;
    let goes = |to: &str| {
        let route = format!("203.0.4.0/24 via {to} dev eth0");
        let all = || lab.here.ip(&["route", "show", "table", "100"]).unwrap_or_default();
        until(&route, || all().contains(&route)).with_context(|| format!("{}{}", all(), lab.router.log()))
    };
    goes("10.0.0.9")?;
    let without = ROUTER.replace("igp table igp4;", "").replace("{ table igp4; }", "");
    let without = without.replace("ipv4 table igp4; ", "").replace("ipv4 { table igp4; }; ", "ipv4; ");
    for _ in 0..2 {
        lab.router.configure(&without)?;
        lab.router.established("p")?;
        goes("10.0.0.9")?;
        lab.router.birdc("disable narrow");
        // Of its own table, where this one is longer than that of `wide`.
        goes("10.0.0.66")?;
        lab.router.configure(ROUTER)?;
        lab.router.birdc("disable narrow");
        goes("10.0.0.2")?;
        lab.router.birdc("enable narrow");
        goes("10.0.0.9")?;
    }
    Ok(())
}
