//! What FRR sends (routes of both families, extended next hops, End-of-RIB, withdrawals) is taken, and counted, as BIRD 2
//! takes it.

use anyhow::{Context as _, Result};
use godwit_lab::{Frr, Namespace, Program, Router, same_lines, settles, until};

/// A session: what FRR says of it, and we.
struct Session {
    name: &'static str,
    ipv6: bool,
    /// FRR keeps its link-local address.
    link_local: bool,
    families: [bool; 2],
    /// Options of FRR's neighbor, of our session, of our IPv4 channel.
    theirs: &'static str,
    here: &'static str,
    here_ipv4: &'static str,
}

const PLAIN: Session = Session {
    name: "ipv4",
    ipv6: false,
    link_local: false,
    families: [true, false],
    theirs: "",
    here: "",
    here_ipv4: "",
};
const SIX: Session = Session { name: "ipv6", ipv6: true, families: [false, true], ..PLAIN };

const SESSIONS: &[Session] = &[
    PLAIN,
    SIX,
    Session { name: "ipv6 with a link-local address", link_local: true, ..SIX },
    Session {
        name: "extended next hop",
        families: [true, false],
        theirs: "capability extended-nexthop",
        here_ipv4: "extended next hop;",
        ..SIX
    },
    Session {
        name: "extended next hop with a link-local address",
        link_local: true,
        families: [true, true],
        theirs: "capability extended-nexthop",
        here_ipv4: "extended next hop;",
        ..SIX
    },
    Session {
        name: "both, extended next hop there only",
        families: [true, true],
        theirs: "capability extended-nexthop",
        ..SIX
    },
    Session { name: "both over ipv6, no extended next hop", families: [true, true], ..SIX },
    Session { name: "inside", here: "multihop;", ..PLAIN },
];

impl Session {
    fn asn(&self) -> u32 {
        if self.name == "inside" { 65000 } else { 65002 }
    }

    fn ends(&self) -> [&'static str; 2] {
        if self.ipv6 { ["2001:db8:2::1", "2001:db8:2::2"] } else { ["10.9.2.1", "10.9.2.2"] }
    }

    fn frr(&self) -> String {
        let ([ours, _], asn) = (self.ends(), self.asn());
        let theirs = if self.theirs.is_empty() {
            String::new()
        } else {
            format!(" neighbor {ours} {}\n", self.theirs)
        };
        let family = |name: &str, is_on: bool, nets: [&str; 2]| {
            if !is_on {
                return String::new();
            }
            let nets = nets.map(|net| format!("  network {net}\n")).concat();
            format!(
                " address-family {name} unicast\n{nets}  neighbor {ours} activate\n exit-address-family\n"
            )
        };
        format!(
            "router bgp {asn}\n bgp router-id 10.0.0.2\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
             no bgp default ipv4-unicast\n neighbor {ours} remote-as 65000\n neighbor {ours} passive\n{theirs}{}{}",
            family("ipv4", self.families[0], ["172.16.0.0/24", "172.16.1.0/24"]),
            family("ipv6", self.families[1], ["2001:db8:a::/48", "2001:db8:b::/48"])
        )
    }

    fn middle(&self) -> String {
        let ([ours, theirs], asn) = (self.ends(), self.asn());
        let channel = |family: &str, is_on: bool, more: &str| {
            if is_on {
                format!("{family} {{ import all; export where source = RTS_STATIC; {more} }};")
            } else {
                String::new()
            }
        };
        format!(
            "log stderr all; router id 10.0.0.1; protocol device {{ }}
             protocol direct {{ ipv4; }}
             protocol static own4 {{ disabled; ipv4; route 172.17.0.0/24 blackhole; }}
             protocol static own6 {{ disabled; ipv6; route 2001:db8:f::/48 blackhole; }}
             protocol bgp n2 {{ local {ours} as 65000; neighbor {theirs} as {asn}; {}
               connect delay time 1; connect retry time 1; error wait time 1, 2; {} {} }}",
            self.here,
            channel("ipv4", self.families[0], self.here_ipv4),
            channel("ipv6", self.families[1], "")
        )
    }
}

/// What is there, and what was counted.
fn state(router: &Router) -> String {
    let all = router.birdc("show protocols all n2");
    let counted = all.lines().map(str::trim).filter(|line| {
        ["Channel", "Routes:", "Import ", "Export "].iter().any(|word| line.starts_with(word))
    });
    let counted = counted.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    counted.chain(router.routes()).collect::<Vec<_>>().join("\n")
}

/// How many updates and withdrawals came.
fn received(router: &Router) -> usize {
    let all = router.birdc("show protocols all n2");
    let rows = all.lines().filter_map(|line| {
        let row = line.trim().strip_prefix("Import ")?;
        row.split_once(':')?.1.split_whitespace().next()?.parse::<usize>().ok()
    });
    rows.sum()
}

fn states(program: Program) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for session in SESSIONS {
        let (hub, space) = (Namespace::new("hub")?, Namespace::new("frr")?);
        Namespace::join(
            (&hub, "veth2", &["10.9.2.1/24", "2001:db8:2::1/64"]),
            (&space, "eth0", &["10.9.2.2/24", "2001:db8:2::2/64"]),
        )?;
        // The address that the kernel makes up is another one each time.
        if session.link_local {
            space.ip(&["addr", "add", "fe80::2/64", "dev", "eth0", "nodad"])?;
        }
        hub.no_link_local("veth2")?;
        let frr = Frr::start(&space, &session.frr())?;
        let router = Router::start(&hub, program, &session.middle())?;
        router.established("n2")?;
        let name = session.name;
        let channels = session.families.iter().filter(|is_on| **is_on).count();
        // What is no route to us counts as a withdrawal.
        let come = |what: &str, count: usize| {
            until(what, || received(&router) >= count)
                .with_context(|| format!("{program:?} {name}: {}", state(&router)))?;
            settles("the routes", || state(&router)).map(|state| format!("{name}, {what}: {state}"))
        };
        let mut count = 2 * channels;
        lines.push(come("what FRR says at first", count)?);
        router.birdc("enable own4");
        router.birdc("enable own6");
        if session.asn() != 65000 {
            // FRR takes back what it has of us, though it never said it.
            count += channels;
        }
        lines.push(come("what FRR says of our routes", count)?);
        let (family, goes) =
            if session.families[0] { ("ipv4", "172.16.1.0/24") } else { ("ipv6", "2001:db8:b::/48") };
        let [bgp, family] =
            [format!("router bgp {}", session.asn()), format!("address-family {family} unicast")];
        frr.vtysh(&["configure terminal", &bgp, &family, &format!("no network {goes}")])?;
        lines.push(come("what FRR takes back", count + 1)?);
    }
    Ok(lines)
}

#[test]
fn lab_frr_s_routes_are_taken_as_by_bird2() -> Result<()> {
    same_lines(Program::Bird2, states)
}
