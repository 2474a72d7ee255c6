//! godwit and the kernel, beside BIRD where BIRD says what is right.

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, until};

const HEAD: &str = "router id 10.0.0.1;\nprotocol device {}\n";

/// `va` with 192.0.2.1/24 and `vb` with 198.51.100.1/24, each with a link-local address of its own.
fn host(label: &str) -> Result<Namespace> {
    let host = Namespace::new(label)?;
    let ends =
        [("va", "va1", ["192.0.2.1/24", "fe80::a/64"]), ("vb", "vb1", ["198.51.100.1/24", "fe80::b/64"])];
    for (device, other, addresses) in ends {
        host.ip(&["link", "add", device, "type", "veth", "peer", "name", other])?;
        for end in [device, other] {
            host.ip(&["link", "set", end, "addrgenmode", "none"])?;
            host.ip(&["link", "set", end, "up"])?;
        }
        for address in addresses {
            let nodad: &[&str] = if address.contains(':') { &["nodad"] } else { &[] };
            host.ip(&[&["addr", "add", address, "dev", device], nodad].concat())?;
        }
    }
    Ok(host)
}

fn main_table(host: &Namespace) -> Result<Vec<String>> {
    let both = host.ip(&["-4", "route", "show", "proto", "bird"])?;
    let both = both + &host.ip(&["-6", "route", "show", "proto", "bird"])?;
    Ok(both.lines().map(|l| l.trim().to_owned()).collect())
}

/// Which next hops can be used, and how they look in the kernel, is what BIRD says.
#[test]
fn lab_static_next_hops_are_those_of_bird() -> Result<()> {
    let config = format!(
        "{HEAD}protocol static s4 {{ ipv4;
           route 10.0.0.0/24 via 192.0.2.2;
           route 10.0.1.0/24 via 192.0.2.1;
           route 10.0.2.0/24 via 192.0.2.0;
           route 10.0.3.0/24 via 192.0.2.255;
           route 10.0.4.0/24 via 192.0.2.2%va;
           route 10.0.5.0/24 via 192.0.2.2%vb;
           route 10.0.6.0/24 via 203.0.113.1%va;
           route 10.0.7.0/24 via 203.0.113.7%va onlink;
           route 10.0.8.0/24 via fe80::1%va;
           route 10.0.9.0/24 via fe80::1%va via 198.51.100.2;
         }}
         protocol static s6 {{ ipv6;
           route 2001:db8:1::/64 via fe80::1;
           route 2001:db8:2::/64 via fe80::1%vb;
           route 2001:db8:3::/64 via 2001:db8::1%vb;
         }}
         protocol kernel k4 {{ learn; ipv4 {{ export where source = RTS_STATIC; }}; }}
         protocol kernel k6 {{ learn; ipv6 {{ export all; }}; }}"
    );
    let mut seen = Vec::new();
    for program in [Program::Bird2, Program::Godwit] {
        let host = host("hops")?;
        // A foreign route that goes the same way: what `learn` makes of it.
        host.ip(&["route", "add", "10.9.0.0/16", "via", "inet6", "fe80::1", "dev", "va"])?;
        let router = Router::start(&host, program, &config)?;
        router.has_route("10.9.0.0/16", &["via fe80::1 on va"])?;
        until("the routes in the kernel", || main_table(&host).is_ok_and(|t| t.len() >= 9))
            .with_context(|| format!("{program:?} {:?} {}", main_table(&host), router.log()))?;
        seen.push((main_table(&host)?, router.birdc("show static")));
    }
    ensure!(seen[0] == seen[1], "{seen:#?}");
    Ok(())
}

/// `show interfaces` with a carrier that is gone, a peer prefix and unusual addresses.
#[test]
fn lab_interfaces_look_as_in_bird() -> Result<()> {
    for (other, config) in [
        (Program::Bird2, HEAD),
        (Program::Bird16, "router id 10.0.0.1;\nprotocol device {}\nprotocol direct {}\n"),
    ] {
        let host = host("shown")?;
        host.ip(&["link", "set", "va1", "down"])?;
        if other == Program::Bird2 {
            for address in ["169.254.7.1/16", "240.0.0.1/24", "0.0.0.5/8"] {
                host.ip(&["addr", "add", address, "dev", "vb"])?;
            }
            host.ip(&["addr", "add", "10.52.0.1/24", "peer", "10.53.0.0/24", "dev", "vb"])?;
        }
        let (ours, theirs) =
            (Router::start(&host, Program::Godwit, config)?, Router::start(&host, other, config)?);
        for command in ["show interfaces", "show interfaces summary"] {
            let (a, b) = (ours.birdc(command), theirs.birdc(command));
            ensure!(a == b, "{command}\ngodwit:\n{a}\n{other:?}:\n{b}");
        }
    }
    Ok(())
}

/// A route in the way of ours: it stays, ours is marked; when it goes, ours comes, and the mark goes.
#[test]
fn lab_a_refused_route_comes_and_loses_its_mark() -> Result<()> {
    let host = host("mark")?;
    let foreign = ["10.0.0.0/24", "via", "198.51.100.2", "metric", "32"];
    host.ip(&[&["route", "add"][..], &foreign].concat())?;
    let config = format!(
        "{HEAD}protocol static s {{ ipv4; route 10.0.0.0/24 via 192.0.2.2; }}
         protocol kernel k {{ scan time 1000; ipv4 {{ export all; }}; }}"
    );
    let router = Router::start(&host, Program::Godwit, &config)?;
    let marked = || router.route("10.0.0.0/24").contains("] ! (200)");
    until("the mark", marked).with_context(|| router.route("10.0.0.0/24"))?;
    ensure!(host.routes("10.0.0.0/24") == ["10.0.0.0/24 via 198.51.100.2 dev vb metric 32"]);
    host.ip(&[&["route", "del"][..], &foreign].concat())?;
    until("ours in the kernel", || host.routes("10.0.0.0/24").iter().any(|r| r.contains("192.0.2.2")))?;
    until("the mark to go", || !marked()).with_context(|| router.route("10.0.0.0/24"))?;
    // It was said once, whatever happened to the links since.
    ensure!(router.log().matches("10.0.0.0/24: File exists").count() <= 1, "{}", router.log());
    Ok(())
}

/// `persist` takes effect without a restart, both ways; a source address of an earlier life does not stay.
#[test]
fn lab_persist_changes_while_it_runs() -> Result<()> {
    let host = host("persist")?;
    let config = |persist: &str, filter: &str| {
        format!(
            "{HEAD}protocol static s {{ ipv4; route 10.0.0.0/24 via 192.0.2.2; }}
             protocol kernel k {{ {persist} ipv4 {{ export {filter}; }}; }}"
        )
    };
    let from = "filter { krt_prefsrc = 198.51.100.1; accept; }";
    let mut router = Router::start(&host, Program::Godwit, &config("", from))?;
    let in_kernel = |part: &str| host.routes("10.0.0.0/24").iter().any(|r| r.contains(part));
    until("the route", || in_kernel("src 198.51.100.1"))?;
    let since = router.since("k");
    router.configure(&config("persist;", from))?;
    ensure!(router.since("k") == since, "it was restarted");
    router.process().stop();
    ensure!(in_kernel("192.0.2.2"), "the route is gone");
    let mut router = Router::start(&host, Program::Godwit, &config("persist;", "all"))?;
    until("the source address to go", || in_kernel("192.0.2.2") && !in_kernel("src"))?;
    router.configure(&config("", "all"))?;
    router.process().stop();
    ensure!(!in_kernel("192.0.2.2"), "the route stayed");
    Ok(())
}

/// Two protocols on one kernel table would take each other's routes for leftovers: the second stays out, as
/// in BIRD, until the first has gone.
#[test]
fn lab_a_kernel_table_has_one_owner() -> Result<()> {
    let host = host("owner")?;
    let config = |first: &str| {
        format!(
            "{HEAD}ipv4 table t2;
             protocol static s {{ ipv4; route 10.0.0.0/24 via 192.0.2.2; }}
             protocol static s2 {{ ipv4 {{ table t2; }}; route 10.0.1.0/24 via 192.0.2.2; }}
             protocol kernel k1 {{ {first} ipv4 {{ export all; }}; }}
             protocol kernel k2 {{ ipv4 {{ table t2; export all; }}; }}"
        )
    };
    let router = Router::start(&host, Program::Godwit, &config(""))?;
    until("the first one's route", || !host.routes("10.0.0.0/24").is_empty())?;
    let state = router.birdc("show protocols k2");
    ensure!(state.contains("start"), "{state}");
    ensure!(
        router.log().is_empty() || router.log().contains("k2: Kernel table 254 already registered by k1")
    );
    ensure!(host.routes("10.0.1.0/24").is_empty());
    router.configure(&config("disabled;"))?;
    until("the first one's route to go", || host.routes("10.0.0.0/24").is_empty())?;
    router.birdc("restart k2");
    until("the second one's route", || !host.routes("10.0.1.0/24").is_empty())
        .with_context(|| router.log())?;
    Ok(())
}
