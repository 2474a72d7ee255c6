//! ADD-PATH (RFC 7911) between godwit and others: several paths of a net go from a godwit through
//! another speaker to a godwit, and through a godwit that is a route reflector.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Frr, Namespace, Program, Router, until};

const NET: &str = "10.9.0.0/24";

/// What is in the middle.
enum Middle {
    Bird(Router),
    Frr(Frr),
}

impl Middle {
    fn log(&self) -> String {
        match self {
            Self::Bird(bird) => {
                bird.log() + &bird.birdc("show protocols all") + &bird.birdc("show route all")
            }
            Self::Frr(frr) => frr.log() + &frr.vtysh(&["show bgp ipv4 unicast"]).unwrap_or_default(),
        }
    }
}

/// The families of a chain: channel, addresses of the first link and of the second, and the net.
struct Plan {
    channel: &'static str,
    ends: [[&'static str; 2]; 2],
    len: u8,
    net: &'static str,
}

const IPV4: Plan = Plan {
    channel: "ipv4",
    ends: [["192.0.2.1", "192.0.2.2"], ["198.51.100.2", "198.51.100.3"]],
    len: 24,
    net: NET,
};

const IPV6: Plan = Plan {
    channel: "ipv6",
    ends: [["2001:db8:1::1", "2001:db8:1::2"], ["2001:db8:2::2", "2001:db8:2::3"]],
    len: 64,
    net: "2001:db8:9::/48",
};

/// Two static routes of one net that differ in a community, in BIRD 2's words.
fn two_routes(channel: &str, net: &str) -> String {
    [1, 2].map(|n| one_route(channel, net, n)).concat()
}

fn one_route(channel: &str, net: &str, n: u8) -> String {
    format!(
        "protocol static s{n} {{ {channel}; route {net} blackhole {{ bgp_community = -empty-; bgp_community.add((65001,{n})); }}; }}\n"
    )
}

impl Plan {
    /// The first one, who has two paths.
    fn source(&self) -> String {
        let ([local, remote], channel) = (self.ends[0], self.channel);
        format!(
            "log stderr all; router id 1.1.1.1; protocol device {{ }} {}
             protocol bgp middle {{ local {local} as 65001; neighbor {remote} as 65002; passive;
               {channel} {{ import none; export all; add paths on; }}; }}",
            two_routes(channel, self.net)
        )
    }

    /// The last one, who shall have them all.
    fn sink(&self) -> String {
        let ([remote, local], channel) = (self.ends[1], self.channel);
        format!(
            "log stderr all; router id 3.3.3.3; protocol device {{ }}
             protocol bgp middle {{ local {local} as 65003; neighbor {remote} as 65002; passive;
               {channel} {{ import all; export none; add paths rx; }}; }}"
        )
    }

    fn bird2(&self) -> String {
        let channel = self.channel;
        let mut out = "log stderr all; router id 2.2.2.2; protocol device { }\n".to_owned();
        for (name, [local, remote], asn) in self.sessions() {
            let _ = write!(
                out,
                "protocol bgp {name} {{ local {local} as 65002; neighbor {remote} as {asn};
                   connect delay time 1; {channel} {{ import all; export all; add paths on; }}; }}\n"
            );
        }
        out
    }

    fn bird16(&self) -> String {
        let mut out = "log stderr all; router id 2.2.2.2; protocol device { }\n".to_owned();
        for (name, [local, remote], asn) in self.sessions() {
            let _ = write!(
                out,
                "protocol bgp {name} {{ local {local} as 65002; neighbor {remote} as {asn};
                   connect delay time 1; import all; export all; add paths on; }}\n"
            );
        }
        out
    }

    fn frr(&self) -> String {
        let mut out = "router bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n \
             no bgp default ipv4-unicast\n"
            .to_owned();
        let mut family = format!(" address-family {} unicast\n", self.channel);
        for (_, [_, remote], asn) in self.sessions() {
            let _ = write!(out, " neighbor {remote} remote-as {asn}\n neighbor {remote} timers connect 1\n");
            let _ =
                write!(family, "  neighbor {remote} activate\n  neighbor {remote} addpath-tx-all-paths\n");
        }
        out + &family + " exit-address-family\n"
    }

    /// The middle's: name, addresses, the neighbor's AS.
    fn sessions(&self) -> [(&'static str, [&'static str; 2], u32); 2] {
        let [[source, to_source], [to_sink, sink]] = self.ends;
        [("west", [to_source, source], 65001), ("east", [to_sink, sink], 65003)]
    }
}

/// How often a word stands in a text.
fn count(text: &str, word: &str) -> usize {
    text.matches(word).count()
}

fn chain(plan: &Plan, start: impl Fn(&Namespace) -> Result<Middle>) -> Result<()> {
    let [first, middle, last] = ["first", "middle", "last"].map(Namespace::new);
    let (first, middle, last) = (first?, middle?, last?);
    let [[a, b], [c, d]] = plan.ends.map(|ends| ends.map(|address| format!("{address}/{}", plan.len)));
    Namespace::join((&first, "veth-a", &[&a]), (&middle, "veth-b", &[&b]))?;
    Namespace::join((&middle, "veth-c", &[&c]), (&last, "veth-d", &[&d]))?;
    first.no_link_local("veth-a")?;
    if plan.net.contains(':') {
        // 1.6 ends a session on an interface that has none yet.
        for end in ["veth-b", "veth-c"] {
            middle.has_link_local(end)?;
        }
    }
    let source = Router::start(&first, Program::Godwit, &plan.source())?;
    let sink = Router::start(&last, Program::Godwit, &plan.sink())?;
    let middle = start(&middle)?;
    let logs = || {
        let shown = sink.birdc("show protocols all") + &sink.birdc("show route all");
        format!("source:\n{}\nmiddle:\n{}\nsink:\n{}{shown}", source.log(), middle.log(), sink.log())
    };
    source.established("middle").with_context(logs)?;
    sink.established("middle").with_context(logs)?;
    let has = |paths: usize, of: &'static str| {
        until(&format!("{paths} paths, of {of} among them"), || {
            let shown = sink.route(plan.net);
            count(&shown, "BGP.as_path: 65002 65001") == paths && shown.contains(of)
        })
        .with_context(logs)
    };
    has(2, "(65001,1)")?;
    has(2, "(65001,2)")?;
    ensure!(count(&sink.birdc(&format!("show route {}", plan.net)), "[middle ") == 2);
    ensure!(source.detail("middle", "Routes:").contains("2 exported"), "{}", logs());
    ensure!(source.birdc("show route export middle count").starts_with("2 of 2 routes"), "{}", logs());

    // One path goes, and the other one stays; then it comes back.
    source.birdc("disable s1");
    has(1, "(65001,2)")?;
    source.birdc("enable s1");
    has(2, "(65001,1)")?;
    // Asked for its routes again, the middle has them both, and so has the source.
    let told = || {
        let updates = sink.detail("middle", "Import updates:");
        updates.split_whitespace().next().and_then(|n| n.parse::<u32>().ok()).unwrap_or_default()
    };
    let before = told();
    sink.birdc("reload in middle");
    until("both to be told again", || told() >= before + 2).with_context(logs)?;
    source.birdc("reload out middle");
    has(2, "(65001,2)")?;
    source.birdc("disable s2");
    has(1, "(65001,1)")?;
    source.birdc("disable s1");
    sink.lost_route(plan.net).with_context(logs)?;
    ensure!(!sink.log().contains("<RMT>"), "{}", logs());
    Ok(())
}

#[test]
fn lab_add_path_through_bird2() -> Result<()> {
    for plan in [IPV4, IPV6] {
        chain(&plan, |n| Router::start(n, Program::Bird2, &plan.bird2()).map(Middle::Bird))?;
    }
    Ok(())
}

#[test]
fn lab_add_path_through_bird16() -> Result<()> {
    for (plan, program) in [(IPV4, Program::Bird16), (IPV6, Program::Bird16V6)] {
        chain(&plan, |n| Router::start(n, program, &plan.bird16()).map(Middle::Bird))?;
    }
    Ok(())
}

#[test]
fn lab_add_path_through_frr() -> Result<()> {
    for plan in [IPV4, IPV6] {
        chain(&plan, |n| Frr::start(n, &plan.frr()).map(Middle::Frr))?;
    }
    Ok(())
}

/// A route reflector of ours between two that announce one net and one that asks for all paths.
#[test]
fn lab_add_path_route_reflector() -> Result<()> {
    let reflector = Namespace::new("reflector")?;
    let clients = [1, 2, 3].map(|_| Namespace::new("client"));
    let mut config = "log stderr all; router id 10.0.0.254; protocol device { }\n".to_owned();
    let mut spaces = Vec::new();
    for (n, client) in (1..).zip(clients) {
        let client = client?;
        let (near, far) = (format!("veth-r{n}"), format!("veth-c{n}"));
        Namespace::join(
            (&reflector, &near, &[&format!("10.0.{n}.254/24")]),
            (&client, &far, &[&format!("10.0.{n}.1/24")]),
        )?;
        let _ = write!(
            config,
            "protocol bgp client{n} {{ local 10.0.{n}.254 as 65000; neighbor 10.0.{n}.1 as 65000; direct;
               rr client; passive; ipv4 {{ import all; export all; next hop self; add paths on; }}; }}\n"
        );
        spaces.push(client);
    }
    let client = |n: u8, rest: &str| {
        format!(
            "log stderr all; router id 10.0.0.{n}; protocol device {{ }} {rest}
             protocol bgp reflector {{ local 10.0.{n}.1 as 65000; neighbor 10.0.{n}.254 as 65000; direct;
               connect delay time 1; ipv4 {{ import all; export all; add paths on; }}; }}"
        )
    };
    let ours = Router::start(&reflector, Program::Godwit, &config)?;
    let one = Router::start(&spaces[0], Program::Bird2, &client(1, &two_routes("ipv4", NET)))?;
    let mut two = Router::start(&spaces[1], Program::Godwit, &client(2, &one_route("ipv4", NET, 7)))?;
    let three = Router::start(&spaces[2], Program::Bird2, &client(3, ""))?;
    let logs = || {
        let shown = |r: &Router| r.log() + &r.birdc("show protocols all") + &r.birdc("show route all");
        format!("reflector:\n{}\n1:\n{}\n3:\n{}", shown(&ours), shown(&one), shown(&three))
    };
    for session in ["client1", "client2", "client3"] {
        ours.established(session).with_context(logs)?;
    }
    let has = |router: &Router, communities: &[u8]| {
        until(&format!("{communities:?}"), || {
            let shown = router.birdc("show route all protocol reflector");
            let expected = |n: &u8| shown.contains(&format!("BGP.community: (65001,{n})"));
            communities.iter().all(expected) && count(&shown, "BGP.community:") == communities.len()
        })
        .with_context(logs)
    };
    // Everyone has what the others have, and not what it sent itself.
    has(&three, &[1, 2, 7])?;
    has(&one, &[7])?;
    has(&two, &[1, 2])?;
    ensure!(count(&ours.birdc(&format!("show route {NET}")), "[client") == 3, "{}", logs());
    ensure!(
        ours.birdc("show route export client1 count").starts_with("1 of 3 routes for 1 networks"),
        "{}",
        logs()
    );
    let all = ours.birdc("show route all");
    one.birdc("disable s1");
    has(&three, &[2, 7])?;
    has(&two, &[2])?;
    has(&one, &[7])?;
    two.process().stop();
    has(&three, &[2])?;
    one.birdc("enable s1");
    has(&three, &[1, 2])?;
    ensure!(count(&all, "BGP.community:") == 3, "{all}");
    Ok(())
}

/// 1.6's words for what is in use, beside those of the real one.
#[test]
fn lab_add_path_status_words() -> Result<()> {
    let (own, other) = (Namespace::new("own")?, Namespace::new("other")?);
    Namespace::join((&own, "veth-own", &["192.0.2.1/24"]), (&other, "veth-other", &["192.0.2.2/24"]))?;
    let config = |id: u8, remote: u8, paths: &str, passive: &str| {
        format!(
            "log stderr all; router id {id}.{id}.{id}.{id}; protocol device {{ }}
             protocol bgp session {{ local 192.0.2.{id} as 65000; neighbor 192.0.2.{remote} as 65000; {passive} direct;
               connect delay time 1; graceful restart off; import all; export all; add paths {paths}; }}"
        )
    };
    for (ours, theirs) in [("on", "on"), ("rx", "on"), ("on", "rx"), ("tx", "tx"), ("tx", "rx")] {
        let godwit = Router::start(&own, Program::Godwit, &config(1, 2, ours, "passive;"))?;
        let bird = Router::start(&other, Program::Bird16, &config(2, 1, theirs, ""))?;
        godwit.established("session").with_context(|| bird.log())?;
        bird.established("session")?;
        let words = |router: &Router, what: &str| {
            let of = |w: &&str| w.starts_with("add-path");
            router.detail("session", what).split(' ').filter(of).map(str::to_owned).collect::<Vec<_>>()
        };
        let turned = |words: Vec<String>| {
            let mut turned: Vec<_> = words
                .iter()
                .map(|w| if w.ends_with("rx") { "add-path-tx" } else { "add-path-rx" }.to_owned())
                .collect();
            turned.sort();
            turned
        };
        let shown = godwit.birdc("show protocols all") + &bird.birdc("show protocols all");
        ensure!(
            words(&godwit, "Session:") == turned(words(&bird, "Session:")),
            "{ours} and {theirs}: {shown}"
        );
        let caps = |paths: &str| match paths {
            "on" => vec!["add-path-rx", "add-path-tx"],
            "rx" => vec!["add-path-rx"],
            _ => vec!["add-path-tx"],
        };
        ensure!(words(&godwit, "Neighbor caps:") == caps(theirs), "{ours} and {theirs}: {shown}");
        ensure!(words(&bird, "Neighbor caps:") == caps(ours), "{ours} and {theirs}: {shown}");
    }
    Ok(())
}
