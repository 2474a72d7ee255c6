//! The task that hears the kernel: keeps the table of links, passes route events on.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use godwit_filter::Scope;
use godwit_netlink::{Address, Event, Link as KernelLink, Monitor, NetlinkError, dump};
use tokio::sync::watch;

use crate::kernel::KernelEvents;
use crate::links::{Link, LinkAddress, LinkTable};

/// Reads links and addresses once and then follows the kernel's reports. Returns when the first
/// reading is done.
pub(crate) async fn start(events: KernelEvents) -> Result<watch::Receiver<Arc<LinkTable>>, NetlinkError> {
    let monitor = Monitor::open()?;
    let mut state = State::default();
    state.read().await?;
    let (tx, rx) = watch::channel(Arc::new(state.table()));
    crate::task::spawn(run(monitor, state, tx, events));
    Ok(rx)
}

async fn run(
    mut monitor: Monitor,
    mut state: State,
    tx: watch::Sender<Arc<LinkTable>>,
    events: KernelEvents,
) {
    loop {
        let batch = match monitor.next().await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!("Netlink: {error}; reading everything again");
                tokio::time::sleep(Duration::from_secs(1)).await;
                match Monitor::open() {
                    Ok(opened) => monitor = opened,
                    Err(_) => continue,
                }
                vec![Event::Overrun]
            }
        };
        let mut routes = Vec::new();
        let mut links_changed = false;
        for event in batch {
            match event {
                Event::Route(_) | Event::RouteGone(_) => routes.push(event),
                Event::Overrun => {
                    tracing::warn!("Netlink: reports were lost; reading everything again");
                    routes.push(Event::Overrun);
                    if let Err(error) = state.read().await {
                        tracing::error!("Netlink: {error}");
                    }
                    links_changed = true;
                }
                event => links_changed |= state.apply(event),
            }
        }
        if links_changed {
            let table = Arc::new(state.table());
            tx.send_if_modified(|current| {
                let changed = **current != *table;
                *current = table;
                changed
            });
        }
        if !routes.is_empty() {
            events.send(routes);
        }
    }
}

#[derive(Default)]
struct State {
    /// With the number of the last thing each lost: [`Link::lost`].
    links: BTreeMap<u32, (KernelLink, u64)>,
    addresses: Vec<Address>,
    losses: u64,
}

impl State {
    async fn read(&mut self) -> Result<(), NetlinkError> {
        let links = dump::links().await?;
        let addresses = dump::addresses().await?;
        self.links.clear();
        self.addresses.clear();
        for event in links.into_iter().chain(addresses) {
            self.apply(event);
        }
        Ok(())
    }

    /// Whether anything changed.
    fn apply(&mut self, event: Event) -> bool {
        match event {
            Event::Link(link) => {
                let known = self.links.get(&link.index);
                if known.is_some_and(|(known, _)| *known == link) {
                    return false;
                }
                let same = known.filter(|(known, _)| loses_nothing(known, &link)).map(|(_, lost)| *lost);
                let lost = same.unwrap_or_else(|| self.one_more_loss());
                self.links.insert(link.index, (link, lost));
                true
            }
            Event::LinkGone(index) => {
                self.addresses.retain(|a| a.ifindex != index);
                self.links.remove(&index).is_some()
            }
            Event::Address(address) => {
                let same = |a: &Address| a.ifindex == address.ifindex && a.address == address.address;
                match self.addresses.iter_mut().find(|a| same(a)) {
                    Some(known) if *known == address => return false,
                    Some(known) => *known = address,
                    None => self.addresses.push(address),
                }
                true
            }
            Event::AddressGone(address) => {
                let before = self.addresses.len();
                self.addresses.retain(|a| a.ifindex != address.ifindex || a.address != address.address);
                let changed = before != self.addresses.len();
                if changed {
                    let lost = self.one_more_loss();
                    self.links.get_mut(&address.ifindex).into_iter().for_each(|link| link.1 = lost);
                }
                changed
            }
            Event::Route(_) | Event::RouteGone(_) | Event::Overrun => false,
        }
    }

    fn one_more_loss(&mut self) -> u64 {
        self.losses += 1;
        self.losses
    }

    fn table(&self) -> LinkTable {
        let links = self.links.values().map(|(link, lost)| Link {
            index: link.index,
            name: link.name.as_str().into(),
            master: link.master,
            admin_up: link.admin_up,
            link_up: link.link_up,
            loopback: link.loopback,
            point_to_point: link.point_to_point,
            broadcast: link.broadcast,
            multicast: link.multicast,
            mtu: link.mtu,
            addresses: self.addresses_of(link.index),
            lost: *lost,
        });
        LinkTable { links: links.collect() }
    }

    fn addresses_of(&self, index: u32) -> Vec<LinkAddress> {
        let mut list: Vec<LinkAddress> = self
            .addresses
            .iter()
            .filter(|a| a.ifindex == index && !a.tentative && is_address(a.address.ip()))
            .map(|a| LinkAddress {
                address: a.address,
                peer: a.peer,
                secondary: a.secondary,
                scope: scope(a),
            })
            .collect();
        list.sort_by_key(|a| !a.address.is_ipv4());
        list
    }
}

/// Whether routes through an interface stay when it changes like this. In another bridge or VRF they do not.
fn loses_nothing(before: &KernelLink, after: &KernelLink) -> bool {
    before.master == after.master && before.admin_up <= after.admin_up && before.link_up <= after.link_up
}

/// Whether it can be an interface's: 0.0.0.0/8 and multicast cannot.
fn is_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => a.octets()[0] != 0 && !a.is_multicast(),
        IpAddr::V6(a) => !a.is_unspecified() && !a.is_multicast(),
    }
}

/// BIRD's classes: 127/8 and ::1 are host scope whatever the kernel says, IPv6
/// link-local is link scope (169.254.0.0/16 is not), 240.0.0.0/4 is site scope.
fn scope(address: &Address) -> Scope {
    match address.address.ip() {
        IpAddr::V4(a) if a.is_loopback() => return Scope::Host,
        IpAddr::V6(a) if a.is_loopback() => return Scope::Host,
        IpAddr::V6(a) if a.is_unicast_link_local() => return Scope::Link,
        IpAddr::V4(a) if a.is_private() || a.octets()[0] >= 240 => return Scope::Site,
        IpAddr::V6(a) if a.is_unique_local() => return Scope::Site,
        _ => {}
    }
    Scope::Universe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(index: u32, up: bool) -> Event {
        Event::Link(KernelLink { index, admin_up: up, link_up: up, ..KernelLink::default() })
    }

    fn address(ifindex: u32) -> Address {
        let address = "192.0.2.1/24".parse().expect("an address");
        Address { ifindex, address, peer: None, secondary: false, tentative: false, scope: 0 }
    }

    #[test]
    fn what_was_lost_between_two_looks_shows() {
        let mut state = State::default();
        let mut lost = |events: Vec<Event>| {
            for event in events {
                state.apply(event);
            }
            state.table().links.iter().map(|l| (l.index, l.lost)).collect::<Vec<_>>()
        };
        let start = lost(vec![link(1, false), link(2, true)]);
        assert_eq!(lost(vec![link(1, true), link(2, true), Event::Address(address(1))]), start);
        let flapped = lost(vec![link(1, false), link(1, true)]);
        assert!(flapped[0] != start[0] && flapped[1] == start[1], "{flapped:?}");
        let moved = lost(vec![Event::AddressGone(address(1))]);
        assert!(moved[0] != flapped[0] && moved[1] == start[1], "{moved:?}");
        // Another interface that got the same number.
        let other = lost(vec![Event::LinkGone(2), link(2, true)]);
        assert!(other[0] == moved[0] && other[1] != start[1], "{other:?}");
    }
}
