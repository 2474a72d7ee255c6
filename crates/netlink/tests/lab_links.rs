//! Links and addresses of the real kernel, dumped and as news.

mod common;

use anyhow::{Context, Result, ensure};
use common::namespace::{index, interfaces, ip, lab};
use godwit_netlink::{Address, Event, Link, Monitor, dump};

async fn hear<T>(monitor: &mut Monitor, wanted: impl Fn(&Event) -> Option<T>) -> Result<T> {
    loop {
        if let Some(found) = monitor.next().await?.iter().find_map(&wanted) {
            return Ok(found);
        }
    }
}

async fn link(name: &str) -> Result<Link> {
    let all = dump::links().await?;
    let found = all.into_iter().find_map(|event| match event {
        Event::Link(link) if link.name == name => Some(link),
        _ => None,
    });
    found.with_context(|| format!("no {name} in the dump"))
}

async fn addresses(ifindex: u32) -> Result<Vec<Address>> {
    let all = dump::addresses().await?;
    let on_it = |event| match event {
        Event::Address(address) if address.ifindex == ifindex => Some(address),
        _ => None,
    };
    Ok(all.into_iter().filter_map(on_it).collect())
}

#[test]
fn lab_links() -> Result<()> {
    lab(|| async {
        interfaces()?;
        let lo = link("lo").await?;
        ensure!(lo.loopback && lo.admin_up && lo.index == 1 && !lo.broadcast, "{lo:?}");
        let mut monitor = Monitor::open()?;
        ip("link add br0 type bridge")?;
        ip("link add port0 mtu 1400 type veth peer name far")?;
        ip("link set far up")?;
        let port = |event: &Event| match event {
            Event::Link(link) if link.name == "port0" => Some(link.clone()),
            _ => None,
        };
        let found = hear(&mut monitor, port).await?;
        ensure!(!found.admin_up && found.mtu == 1400 && found.broadcast && !found.loopback, "{found:?}");
        ip("link set port0 master br0 up")?;
        let up = |event: &Event| port(event).filter(|link| link.link_up && link.master.is_some());
        let found = hear(&mut monitor, up).await?;
        ensure!(found.admin_up && found.master == Some(index("br0")?), "{found:?}");
        ensure!(link("port0").await? == found);
        ip("link set port0 name port1")?;
        let renamed = |event: &Event| match event {
            Event::Link(link) if link.index == found.index && link.name == "port1" => Some(()),
            _ => None,
        };
        hear(&mut monitor, renamed).await?;
        ip("link set port1 down")?;
        let down = |event: &Event| match event {
            Event::Link(link) if link.index == found.index && !link.admin_up => Some(()),
            _ => None,
        };
        hear(&mut monitor, down).await?;
        ip("link del port1")?;
        hear(&mut monitor, |event| (*event == Event::LinkGone(found.index)).then_some(())).await?;
        ensure!(link("port1").await.is_err());
        Ok(())
    })
}

#[test]
fn lab_addresses() -> Result<()> {
    lab(|| async {
        interfaces()?;
        let eth0 = index("eth0")?;
        let mut found = addresses(eth0).await?;
        found.retain(|a| a.scope == 0);
        let expected = |text: &str| Address {
            ifindex: eth0,
            address: text.parse().expect("an address"),
            peer: None,
            secondary: false,
            tentative: false,
            scope: 0,
        };
        ensure!(found == [expected("192.0.2.1/24"), expected("2001:db8::1/64")], "{found:?}");
        let mut monitor = Monitor::open()?;
        ip("address add 192.0.2.5/24 dev eth0")?;
        ip("address add 10.9.0.1 peer 10.9.0.2/32 dev eth0 scope link")?;
        let second = Address { secondary: true, ..expected("192.0.2.5/24") };
        let peer = Some("10.9.0.2".parse()?);
        let pointed = Address { peer, scope: 253, ..expected("10.9.0.1/32") };
        for address in [&second, &pointed] {
            let same = |event: &Event| (*event == Event::Address(address.clone())).then_some(());
            hear(&mut monitor, same).await?;
        }
        ip("address del 10.9.0.1 peer 10.9.0.2/32 dev eth0")?;
        hear(&mut monitor, |event| (*event == Event::AddressGone(pointed.clone())).then_some(())).await?;
        ensure!(!addresses(eth0).await?.contains(&pointed));
        // A link that goes takes its addresses along.
        ip("link del eth0")?;
        let last = expected("2001:db8::1/64");
        hear(&mut monitor, |event| (*event == Event::AddressGone(last.clone())).then_some(())).await?;
        ensure!(addresses(eth0).await?.is_empty());
        Ok(())
    })
}

#[test]
fn lab_an_ipv6_address_is_tentative_at_first() -> Result<()> {
    lab(|| async {
        ip("link add near type veth peer name far")?;
        ip("link set far up")?;
        ip("link set near up")?;
        let mut monitor = Monitor::open()?;
        ip("address add 2001:db8::1/64 dev near")?;
        let state = |event: &Event| match event {
            Event::Address(address) if address.scope == 0 => Some(address.tentative),
            _ => None,
        };
        // Duplicate address detection takes a second or two; then it is told of.
        while hear(&mut monitor, state).await? {}
        Ok(())
    })
}
