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
    links: BTreeMap<u32, KernelLink>,
    addresses: Vec<Address>,
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
                let changed = self.links.get(&link.index) != Some(&link);
                self.links.insert(link.index, link);
                changed
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
                before != self.addresses.len()
            }
            Event::Route(_) | Event::RouteGone(_) | Event::Overrun => false,
        }
    }

    fn table(&self) -> LinkTable {
        let links = self.links.values().map(|link| Link {
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
