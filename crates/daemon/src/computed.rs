//! Direct and static: protocols whose routes follow from the configuration and the interfaces.

mod fixed;

use std::collections::HashMap;
use std::sync::Arc;

use godwit_api::{ProtocolState, ProtocolStatus};
use godwit_config::{ChannelConfig, DebugFlags, DirectConfig, ProtocolConfig, ProtocolKind, StaticTarget};
use godwit_filter::{Destination, NextHop, RouteAttributes, RouteSource, Scope};
use godwit_rib::{NetKey, SourceInfo};
use godwit_wire::AddressFamily;
use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};
use tokio::sync::{mpsc, oneshot};

use self::fixed::{dormant, static_routes};
use crate::feeder::{Feeder, Import};
use crate::links::{Link, LinkTable, matches};
use crate::protocol::{Command, Context, base_status, channel_status, channels_of, counters, trace};

/// Runs a direct or static protocol until it is told to stop.
///
/// `announced` is told when its first routes are on their way: of equal routes the first to come is
/// best, so protocols announce in the order of the configuration.
pub(crate) async fn run(
    config: ProtocolConfig,
    mut context: Context,
    mut commands: mpsc::Receiver<Command>,
    announced: oneshot::Sender<()>,
) {
    let mut protocol = Computed::new(config, &context);
    protocol.tell_invalid();
    protocol.find_lookup_tables(&context).await;
    let links = context.links.borrow_and_update().clone();
    protocol.sync(&links).await;
    let _ = announced.send(());
    loop {
        tokio::select! {
            changed = context.links.changed() => {
                if changed.is_err() {
                    return;
                }
                let links = context.links.borrow_and_update().clone();
                protocol.sync(&links).await;
            }
            command = commands.recv() => match command {
                Some(Command::Status(reply)) => {
                    let _ = reply.send(protocol.status().await);
                }
                Some(Command::Channels(reply)) => drop(reply.send(channels_of(&protocol.config))),
                Some(Command::Reload(_, reply)) => {
                    let links = context.links.borrow().clone();
                    protocol.sync(&links).await;
                    let _ = reply.send(!context.dialect16);
                }
                Some(Command::Update(config, _)) => {
                    protocol.update(*config, context.dialect16).await;
                    protocol.find_lookup_tables(&context).await;
                    let links = context.links.borrow().clone();
                    protocol.sync(&links).await;
                }
                Some(Command::Hostname(_) | Command::Imported(..)) => {}
                Some(Command::Stop(_, done)) => {
                    protocol.stop().await;
                    let _ = done.send(());
                    return;
                }
                None => return,
            },
        }
    }
}

struct Computed {
    config: ProtocolConfig,
    /// What `source` of a static route to an interface is.
    device_source: RouteSource,
    links: Arc<LinkTable>,
    since: u64,
    /// Where next hops are looked up: for each channel, IPv4 and IPv6 ones.
    lookup_tables: Vec<[u16; 2]>,
    ipv4: Option<Feeder<Ipv4Network>>,
    ipv6: Option<Feeder<Ipv6Network>>,
}

impl Computed {
    fn new(config: ProtocolConfig, context: &Context) -> Self {
        let info = SourceInfo {
            protocol: config.name.as_str().into(),
            type_rank: if matches!(config.kind, ProtocolKind::Direct(_)) { 3 } else { 2 },
            bgp: None,
        };
        let told = |family| trace(&config, family, context.dialect16);
        let channel = |family| config.channels.iter().find(|c| c.family == family);
        let ipv4 = channel(AddressFamily::IPV4).and_then(|c| {
            let (table, trace) = (context.ipv4(&c.table)?, told(c.family));
            Some(Feeder::new(table, info.clone(), Import::of(c), context.seed, trace))
        });
        let ipv6 = channel(AddressFamily::IPV6).and_then(|c| {
            let (table, trace) = (context.ipv6(&c.table)?, told(c.family));
            Some(Feeder::new(table, info.clone(), Import::of(c), context.seed, trace))
        });
        // BIRD 1.6 tells static routes to interfaces apart, BIRD 2 does not.
        let device_source = if context.dialect16 { RouteSource::StaticDevice } else { RouteSource::Static };
        let since = crate::clock::unix_millis();
        Self { config, device_source, links: Arc::default(), since, lookup_tables: Vec::new(), ipv4, ipv6 }
    }

    /// Has the tables that recursive routes need linked to those of the channels.
    async fn find_lookup_tables(&mut self, context: &Context) {
        let ProtocolKind::Static(config) = &self.config.kind else { return };
        self.lookup_tables.clear();
        if config.routes.iter().any(|route| matches!(route.target, StaticTarget::Recursive(_))) {
            for channel in &self.config.channels {
                self.lookup_tables.push(context.lookup_tables(&self.config, channel).await);
            }
        }
    }

    async fn update(&mut self, config: ProtocolConfig, dialect16: bool) {
        for channel in &config.channels {
            match (channel.family, &mut self.ipv4, &mut self.ipv6) {
                (AddressFamily::IPV4, Some(feeder), _) => {
                    feeder.set_import(Import::of(channel));
                    feeder.set_trace(trace(&config, channel.family, dialect16)).await;
                }
                (AddressFamily::IPV6, _, Some(feeder)) => {
                    feeder.set_import(Import::of(channel));
                    feeder.set_trace(trace(&config, channel.family, dialect16)).await;
                }
                _ => {}
            }
        }
        if self.config.kind != config.kind {
            self.config = config;
            self.tell_invalid();
        } else {
            self.config = config;
        }
    }

    /// Says which next hops of static routes can never be used.
    fn tell_invalid(&self) {
        if let ProtocolKind::Static(config) = &self.config.kind {
            fixed::tell_invalid(config);
        }
    }

    async fn sync(&mut self, links: &Arc<LinkTable>) {
        let old = std::mem::replace(&mut self.links, links.clone());
        let told = matches!(self.config.kind, ProtocolKind::Direct(_));
        if told && self.config.debug.has(DebugFlags::INTERFACES) {
            tell_changes(&self.config.name, &old, links);
        }
        let channels = &self.config.channels;
        let routes = match &self.config.kind {
            ProtocolKind::Direct(direct) => direct_routes(direct, links, channels),
            ProtocolKind::Static(config) => {
                let collected = Collected::new(channels, config.routes.len());
                let tables = &self.lookup_tables;
                static_routes(config, links, &self.config.name, self.device_source, collected, tables)
            }
            _ => Vec::new(),
        };
        if let Some(feeder) = &mut self.ipv4 {
            feeder.sync(of_family(&routes), &**links).await;
        }
        if let Some(feeder) = &mut self.ipv6 {
            feeder.sync(of_family(&routes), &**links).await;
        }
    }

    async fn status(&self) -> ProtocolStatus {
        let mut status = base_status(&self.config, ProtocolState::Up, self.since);
        if let ProtocolKind::Static(config) = &self.config.kind {
            status.dormant_next_hops = dormant(config, &self.links);
        }
        for channel in &self.config.channels {
            let mut s = channel_status(channel, "UP");
            s.counters = match (channel.family, &self.ipv4, &self.ipv6) {
                (AddressFamily::IPV4, Some(f), _) => counters(f.table(), f.sources().to_vec(), None).await,
                (AddressFamily::IPV6, _, Some(f)) => counters(f.table(), f.sources().to_vec(), None).await,
                _ => s.counters,
            };
            status.channels.push(s);
        }
        status
    }

    async fn stop(&mut self) {
        if let Some(feeder) = &mut self.ipv4 {
            feeder.stop().await;
        }
        if let Some(feeder) = &mut self.ipv6 {
            feeder.stop().await;
        }
    }
}

/// A route of a computed protocol: its net, its number among those of the net, and what it says.
type Route = (IpNetwork, u32, Arc<RouteAttributes>);

/// The routes of one family.
fn of_family<K: NetKey>(routes: &[Route]) -> impl Iterator<Item = (K, u32, Arc<RouteAttributes>)> + Send {
    routes.iter().filter_map(|(net, index, attributes)| {
        // A net of the other family is not this channel's.
        let key = (net.is_ipv4() == (K::BITS == 32)).then(|| K::from_net(*net)).flatten()?;
        Some((key, *index, attributes.clone()))
    })
}

/// Collects routes: equal ones in a row share what they say.
struct Collected<'a> {
    channels: &'a [ChannelConfig],
    routes: Vec<Route>,
    numbers: Numbers,
}

impl<'a> Collected<'a> {
    fn new(channels: &'a [ChannelConfig], room: usize) -> Self {
        Self { channels, routes: Vec::with_capacity(room), numbers: Numbers::default() }
    }

    /// The place of the channel a net belongs to, and its preference; none if there is no such channel.
    fn channel(&self, net: &IpNetwork) -> Option<(usize, u16)> {
        let family = if net.is_ipv4() { AddressFamily::IPV4 } else { AddressFamily::IPV6 };
        let place = self.channels.iter().position(|c| c.family == family)?;
        Some((place, self.channels.get(place)?.preference))
    }

    fn push(&mut self, net: IpNetwork, attributes: RouteAttributes) {
        let last = self.routes.last().filter(|(_, _, last)| **last == attributes);
        let shared = last.map_or_else(|| Arc::new(attributes), |(_, _, last)| last.clone());
        self.routes.push((net, self.numbers.next(net), shared));
    }
}

/// `debug interfaces`: what is new since the last look.
fn tell_changes(protocol: &str, old: &LinkTable, new: &LinkTable) {
    let tell = |what: String| tracing::debug!("{protocol} < {what}");
    let addresses = |link: &Link, other: Option<&Link>, what: &str| {
        for address in &link.addresses {
            let known = other.is_some_and(|o| o.addresses.iter().any(|a| a.address == address.address));
            if let Some(net) = address.prefix().filter(|_| !known) {
                tell(format!("address {net} on interface {} {what}", link.name));
            }
        }
    };
    for link in &new.links {
        let before = old.by_index(link.index);
        let name = &link.name;
        match before.map(|b| (b.admin_up, b.link_up, b.mtu)) {
            None if link.admin_up => tell(format!("interface {name} goes up")),
            None => tell(format!("interface {name} created")),
            Some((false, _, _)) if link.admin_up => tell(format!("interface {name} goes up")),
            Some((true, _, _)) if !link.admin_up => tell(format!("interface {name} goes down")),
            Some((_, link_up, _)) if link_up != link.link_up => {
                tell(format!("interface {name} changes link"));
            }
            Some((_, _, mtu)) if mtu != link.mtu => tell(format!("interface {name} changes MTU")),
            Some(_) => {}
        }
        addresses(link, before, "added");
        if let Some(before) = before {
            addresses(before, Some(link), "removed");
        }
    }
    for gone in old.links.iter().filter(|l| new.by_index(l.index).is_none()) {
        addresses(gone, None, "removed");
        tell(format!("interface {} goes down", gone.name));
    }
}

/// Tells several routes of one net apart.
#[derive(Default)]
struct Numbers(HashMap<IpNetwork, u32>);

impl Numbers {
    /// How many routes of this net came before.
    fn next(&mut self, net: IpNetwork) -> u32 {
        let next = self.0.entry(net).or_default();
        *next += 1;
        *next - 1
    }
}

/// The prefixes of primary addresses on matching interfaces that are up.
fn direct_routes(config: &DirectConfig, links: &LinkTable, channels: &[ChannelConfig]) -> Vec<Route> {
    let mut collected = Collected::new(channels, 0);
    for (link, address) in links.addresses() {
        let up = link.admin_up && (link.link_up || !config.check_link);
        let selected = config.interfaces.is_empty() || matches(&config.interfaces, &link.name, address);
        if !up || !selected || address.secondary || address.scope <= Scope::Link {
            continue;
        }
        let Some(net) = address.prefix() else { continue };
        let Some((_, preference)) = collected.channel(&net) else { continue };
        let hop = NextHop { gateway: None, ifindex: link.index, weight: 1, onlink: false };
        // One net on two interfaces is two routes.
        collected.push(net, RouteAttributes::new(RouteSource::Device, preference, Destination::Unicast(hop)));
    }
    collected.routes
}
