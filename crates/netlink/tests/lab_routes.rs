//! Plans against the real kernel, each lab in a network namespace of its own.

mod common;

use anyhow::{Result, ensure};
use common::namespace::{index, interfaces, ip, ip_json, lab};
use common::table::Table;
use common::{net, wanted};
use godwit_netlink::{Event, Family, RouteHop, RouteKind, Wanted};
use ipnetwork::IpNetwork;

const EEXIST: i32 = 17;
const ENETUNREACH: i32 = 101;
const EHOSTUNREACH: i32 = 113;

/// Enough to need several sends, datagrams and dumps.
const COUNT: u32 = 10_000;

fn gateway(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "192.0.2.9",
        Family::Ipv6 => "2001:db8::9",
    }
}

fn number(family: Family, i: u32) -> IpNetwork {
    match family {
        Family::Ipv4 => net(&format!("10.{}.{}.0/24", i >> 8, i & 255)),
        Family::Ipv6 => net(&format!("2001:db8:1:{i:x}::/64")),
    }
}

fn flag(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "-4",
        Family::Ipv6 => "-6",
    }
}

fn hop(address: &str, ifindex: u32, weight: u16) -> RouteHop {
    RouteHop { gateway: address.parse().ok(), ifindex, weight, onlink: false }
}

fn to(address: &str, ifindex: u32) -> RouteKind {
    RouteKind::Unicast(vec![hop(address, ifindex, 1)])
}

/// The destinations of our routes as `ip` shows them, with their gateways.
fn shown(family: Family) -> Result<Vec<(String, String)>> {
    let text = |route: &serde_json::Value, key: &str| {
        route.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let routes = ip_json(&format!("{} route show proto bird", flag(family)))?;
    Ok(routes.iter().map(|r| (text(r, "dst"), text(r, "gateway"))).collect())
}

async fn ten_thousand(family: Family) -> Result<()> {
    interfaces()?;
    let eth0 = index("eth0")?;
    let mut table = Table::main(family).await?;
    for i in 0..COUNT {
        table.fib.want(number(family, i), Some(wanted(to(gateway(family), eth0))));
    }
    ensure!(table.program().await?.is_empty());
    let mut found = shown(family)?;
    found.sort();
    let mut expected: Vec<_> =
        (0..COUNT).map(|i| (number(family, i).to_string(), gateway(family).to_owned())).collect();
    expected.sort();
    ensure!(found == expected, "{} routes, the first is {:?}", found.len(), found.first());
    table.check("all of them").await?;
    // The kernel told of each, which is no reason to do anything.
    let last = number(family, COUNT - 1);
    table.hear(|event| matches!(event, Event::Route(route) if route.net == last)).await?;
    ensure!(!table.fib.has_plan());
    // Every second one goes another way, every fourth one goes.
    for i in (0..COUNT).step_by(2) {
        let kind = if i % 4 == 0 { None } else { Some(wanted(RouteKind::Blackhole)) };
        table.fib.want(number(family, i), kind);
    }
    ensure!(table.program().await?.is_empty());
    table.check("three quarters").await?;
    ensure!(shown(family)?.len() == COUNT as usize * 3 / 4);
    for i in 0..COUNT {
        table.fib.want(number(family, i), None);
    }
    ensure!(table.program().await?.is_empty());
    ensure!(shown(family)?.is_empty());
    let counters = table.fib.counters();
    ensure!((counters.deleted, counters.refused, counters.disturbed) == (10_000, 0, 0), "{counters:?}");
    Ok(())
}

#[test]
fn lab_ten_thousand_ipv4_routes() -> Result<()> {
    lab(|| ten_thousand(Family::Ipv4))
}

#[test]
fn lab_ten_thousand_ipv6_routes() -> Result<()> {
    lab(|| ten_thousand(Family::Ipv6))
}

/// Kinds of routes the kernel shows in different ways.
fn kinds(family: Family, eth0: u32, eth1: u32) -> Vec<(&'static str, RouteKind)> {
    let (a, b) = match family {
        Family::Ipv4 => (["192.0.2.9", "192.0.2.10"], "198.51.100.9"),
        Family::Ipv6 => (["2001:db8::9", "2001:db8::10"], "2001:db8:f::9"),
    };
    let device = RouteHop { gateway: None, ..hop("::", eth0, 1) };
    vec![
        ("gateway", to(a[0], eth0)),
        ("other gateway", to(a[1], eth0)),
        ("weight of one", RouteKind::Unicast(vec![hop(a[0], eth0, 9)])),
        ("no interface", to(a[1], 0)),
        ("two", RouteKind::Unicast(vec![hop(a[0], eth0, 1), hop(b, eth1, 1)])),
        (
            "three by weight",
            RouteKind::Unicast(vec![hop(b, eth1, 256), hop(a[0], eth0, 3), hop(a[1], eth0, 1)]),
        ),
        ("device", RouteKind::Unicast(vec![device])),
        ("blackhole", RouteKind::Blackhole),
        ("unreachable", RouteKind::Unreachable),
        ("prohibit", RouteKind::Prohibit),
    ]
}

/// From every kind to every other.
async fn every_change(family: Family, number: u32) -> Result<()> {
    interfaces()?;
    ip("address add 2001:db8:f::1/64 dev eth1 nodad")?;
    let kinds = kinds(family, index("eth0")?, index("eth1")?);
    let mut table = Table::numbered(family, number).await?;
    let n = if family == Family::Ipv4 { net("10.0.0.0/8") } else { net("2001:db8:1::/48") };
    for (from, first) in &kinds {
        for (other, second) in &kinds {
            for (what, kind) in [(from, first), (other, second)] {
                let refused = table.set(n, Some(wanted(kind.clone()))).await?;
                ensure!(refused.is_none(), "{from} to {other}: {what} refused: {refused:?}");
                table.check(&format!("{from} to {other}, at {what}")).await?;
            }
        }
        ensure!(table.set(n, None).await?.is_none());
    }
    let left = ip(&format!("{} route show table {number} proto bird", flag(family)))?;
    ensure!(left.is_empty(), "left: {left}");
    // The news of all that, read at last, lead to nothing either.
    let end = if family == Family::Ipv4 { net("10.1.0.0/16") } else { net("2001:db8:2::/48") };
    table.set(end, Some(wanted(RouteKind::Blackhole))).await?;
    table.hear(|event| matches!(event, Event::Route(route) if route.net == end)).await?;
    table.program().await?;
    table.check("after all news").await
}

#[test]
fn lab_every_change_of_an_ipv4_route() -> Result<()> {
    lab(|| every_change(Family::Ipv4, common::MAIN))
}

#[test]
fn lab_every_change_of_an_ipv6_route() -> Result<()> {
    lab(|| every_change(Family::Ipv6, common::MAIN))
}

#[test]
fn lab_every_change_in_a_table_past_255() -> Result<()> {
    lab(|| every_change(Family::Ipv4, 70_000))
}

async fn deleted(family: Family) -> Result<()> {
    interfaces()?;
    let eth0 = index("eth0")?;
    let mut table = Table::main(family).await?;
    let n = number(family, 1);
    table.set(n, Some(wanted(to(gateway(family), eth0)))).await?;
    ip(&format!("{} route del {n}", flag(family)))?;
    table.hear(|event| matches!(event, Event::RouteGone(route) if route.net == n)).await?;
    ensure!(table.fib.counters().disturbed == 1);
    table.program().await?;
    ensure!(shown(family)? == [(n.to_string(), gateway(family).to_owned())]);
    // So is a change of it.
    ip(&format!("{} route replace blackhole {n} proto bird", flag(family)))?;
    let changed = |event: &Event| match event {
        Event::Route(route) => route.net == n && route.kind == RouteKind::Blackhole,
        _ => false,
    };
    table.hear(changed).await?;
    ensure!(table.program().await?.is_empty());
    ensure!(shown(family)? == [(n.to_string(), gateway(family).to_owned())]);
    table.check("in the end").await
}

#[test]
fn lab_a_deleted_ipv4_route_is_noticed() -> Result<()> {
    lab(|| deleted(Family::Ipv4))
}

#[test]
fn lab_a_deleted_ipv6_route_is_noticed() -> Result<()> {
    lab(|| deleted(Family::Ipv6))
}

async fn foreign(family: Family) -> Result<()> {
    interfaces()?;
    let eth0 = index("eth0")?;
    let mut table = Table::main(family).await?;
    let n = number(family, 1);
    let metric = if family == Family::Ipv4 { 0 } else { 1024 };
    let show = || ip(&format!("{} route show {n}", flag(family)));
    ip(&format!("{} route add blackhole {n} proto static metric {metric}", flag(family)))?;
    let before = show()?;
    for kind in [to(gateway(family), eth0), RouteKind::Unreachable] {
        let refused = table.set(n, Some(wanted(kind))).await?;
        ensure!(refused == Some(EEXIST), "{refused:?}: {}", show()?);
    }
    ensure!(show()? == before);
    // With another metric there is room for both.
    let beside = Wanted { metric: 7, ..wanted(to(gateway(family), eth0)) };
    ensure!(table.set(n, Some(beside)).await?.is_none());
    ensure!(show()?.contains(before.trim()) && shown(family)?.len() == 1);
    ensure!(table.set(n, None).await?.is_none());
    ensure!(show()? == before);
    // When he goes there is room.
    ensure!(table.set(n, Some(wanted(to(gateway(family), eth0)))).await? == Some(EEXIST));
    ip(&format!("{} route del blackhole {n} proto static", flag(family)))?;
    table.fib.retry_refused();
    ensure!(table.program().await?.is_empty());
    ensure!(shown(family)?.len() == 1);
    // And when he takes our place he keeps it.
    ip(&format!("{} route replace blackhole {n} proto static metric {metric}", flag(family)))?;
    table.hear(|event| matches!(event, Event::Route(route) if route.net == n && route.protocol == 4)).await?;
    let taken = show()?;
    ensure!(table.set(n, Some(wanted(RouteKind::Prohibit))).await? == Some(EEXIST));
    ensure!(show()? == taken && taken == before, "{taken}");
    Ok(())
}

#[test]
fn lab_foreign_ipv4_routes_stay() -> Result<()> {
    lab(|| foreign(Family::Ipv4))
}

#[test]
fn lab_foreign_ipv6_routes_stay() -> Result<()> {
    lab(|| foreign(Family::Ipv6))
}

/// A neighbor may announce the very prefix of an interface.
#[test]
fn lab_the_route_of_an_interface_stays() -> Result<()> {
    lab(|| async {
        interfaces()?;
        let mut table = Table::main(Family::Ipv4).await?;
        let refused =
            table.set(net("192.0.2.0/24"), Some(wanted(to("198.51.100.9", index("eth1")?)))).await?;
        ensure!(refused == Some(EEXIST), "{refused:?}");
        let show = ip("route show 192.0.2.0/24")?;
        ensure!(show.contains("dev eth0 proto kernel"), "{show}");
        Ok(())
    })
}

#[test]
fn lab_one_bad_route_among_many_is_named() -> Result<()> {
    lab(|| async {
        interfaces()?;
        let eth0 = index("eth0")?;
        let mut table = Table::main(Family::Ipv4).await?;
        // The first and the last of a send, and some between.
        let bad = [0, 77, 127, 128, 300, 999];
        for i in 0..1_000 {
            let gateway = if bad.contains(&i) { "203.0.113.1" } else { "192.0.2.9" };
            table.fib.want(number(Family::Ipv4, i), Some(wanted(to(gateway, eth0))));
        }
        let codes = table.program().await?;
        ensure!(codes.len() == bad.len(), "{codes:?}");
        ensure!(codes.iter().all(|code| [ENETUNREACH, EHOSTUNREACH].contains(code)), "{codes:?}");
        ensure!(table.fib.has_refused() && table.fib.wanted_count() == 1_000);
        let missing = |i: &u32| -> Result<bool> {
            Ok(ip(&format!("route show {}", number(Family::Ipv4, *i)))?.is_empty())
        };
        for i in &bad {
            ensure!(missing(i)?, "{i}");
        }
        ensure!(shown(Family::Ipv4)?.len() == 1_000 - bad.len());
        // The way there is, later.
        ip("address add 203.0.113.2/24 dev eth0")?;
        ensure!(table.fib.retry_refused() == bad.len());
        ensure!(table.program().await?.is_empty());
        ensure!(shown(Family::Ipv4)?.len() == 1_000);
        ensure!(!table.fib.has_refused() || table.resync().await.is_ok());
        table.check("in the end").await?;
        ensure!(!table.fib.has_refused());
        Ok(())
    })
}
