//! What the kernel says of its routes: a dump or news. Foreign ones go into the table.

use std::net::IpAddr;
use std::sync::Arc;

use godwit_filter::{Destination, NextHop, RouteAttributes, RouteSource, Subject, Verdict};
use godwit_netlink::{Alien, Event, KernelRoute, RouteHop, RouteKind, dump};
use godwit_rib::{ExportPolicy, HashedAttributes, NetKey, RouteBatch};

use crate::table::TableMessage;

use super::{Kernel, attributes};

impl<K: NetKey> Kernel<K> {
    pub(super) async fn events(&mut self, events: &[Event]) {
        let mut batch = RouteBatch::default();
        for event in events {
            let news = match event {
                Event::Route(route) => self.fib.observe(route, false),
                Event::RouteGone(route) => self.fib.observe(route, true),
                Event::Overrun => {
                    self.resync().await;
                    None
                }
                _ => None,
            };
            if let Some(news) = news {
                self.learn(&news, &mut batch);
            }
        }
        self.send(batch).await;
        let contested = self.fib.take_contested();
        let mut marks = Vec::new();
        for net in contested {
            tracing::warn!(
                "{}: {net}: something else removes this route again and again; it is put back more and more rarely",
                self.config.name
            );
            marks.extend(self.mark(net, true));
        }
        self.show_refused(marks).await;
    }

    /// Whether a net's route is wanted and, as far as is known, not in the kernel.
    fn is_not_there(&self, key: K) -> bool {
        let net = key.to_net();
        self.fib.is_refused(&net) || self.fib.is_waiting(&net) || self.withheld.contains(&key)
    }

    /// Reads the whole kernel table and compares.
    pub(super) async fn resync(&mut self) {
        // Without learning only our own routes matter; the kernel leaves the others out.
        let protocol = (!self.options.learn).then_some(godwit_netlink::PROTOCOL_BIRD);
        let routes = match dump::routes(self.family, self.options.table, protocol).await {
            Ok(routes) => routes,
            Err(error) => {
                tracing::warn!("{}: {error}; the next scan will tell", self.config.name);
                return;
            }
        };
        let mut batch = RouteBatch::default();
        self.fib.begin_resync();
        for route in &routes {
            if let Some(news) = self.fib.observe(route, false) {
                self.learn(&news, &mut batch);
            }
        }
        for news in self.fib.end_resync() {
            self.learn(&news, &mut batch);
        }
        self.send(batch).await;
        // What was refused and is not wanted any more is forgotten.
        self.no_device.retain(|net, _| self.fib.is_refused(net));
        // Somebody may have put there what was refused to us.
        let there: Vec<K> = self.marked.iter().filter(|key| !self.is_not_there(**key)).copied().collect();
        for key in &there {
            self.marked.remove(key);
        }
        self.show_refused(there.into_iter().map(|key| (key, false)).collect()).await;
    }

    /// A foreign route's way into the table (`learn`).
    pub(super) fn learn(&self, news: &Alien, batch: &mut RouteBatch<K>) {
        let route = match news {
            Alien::None(net) => {
                if let Some(key) = K::from_net(*net) {
                    batch.counters.withdraws.received += 1;
                    batch.withdraw(key);
                }
                return;
            }
            Alien::Best(route) => route,
        };
        let Some(key) = K::from_net(route.net) else { return };
        batch.counters.updates.received += 1;
        let attributes = self.learned(route);
        let (accepted, attributes) = match &self.import {
            ExportPolicy::All => (true, attributes),
            ExportPolicy::None => (false, attributes),
            ExportPolicy::Filter(filter) => {
                let links = self.context.links.borrow().clone();
                let subject = Subject {
                    net: route.net,
                    protocol: &self.config.name,
                    attributes: &attributes,
                    surroundings: &*links,
                };
                let outcome = filter.run(&subject);
                let accepted = outcome.verdict == Verdict::Accept;
                (accepted, outcome.attributes.map_or(attributes, |a| *a))
            }
        };
        let set = || HashedAttributes::new(Arc::new(attributes), self.context.seed);
        batch.counters.updates.filtered += u64::from(!accepted);
        match accepted {
            true => batch.announce(key, &set()),
            false if self.channel.keep_filtered => batch.keep(key, &set()),
            false => batch.filtered(key),
        }
    }

    fn learned(&self, route: &KernelRoute) -> RouteAttributes {
        let destination = match &route.kind {
            RouteKind::Blackhole => Destination::Blackhole,
            RouteKind::Unreachable => Destination::Unreachable,
            RouteKind::Prohibit => Destination::Prohibit,
            // A route without any next hop leads nowhere.
            RouteKind::Unicast(hops) => Destination::of_next_hops(hops.iter().map(next_hop).collect())
                .unwrap_or(Destination::Unreachable),
        };
        let mut attributes = RouteAttributes::new(RouteSource::Inherit, self.channel.preference, destination);
        attributes::learn(&mut attributes, route, self.context.dialect16);
        attributes
    }

    pub(super) async fn send(&self, batch: RouteBatch<K>) {
        if batch.is_empty() {
            return;
        }
        if let Some(permit) = self.table.reserve().await {
            permit.send(TableMessage::Routes { source: self.source, batch, over_limit: None });
        }
    }
}

fn next_hop(hop: &RouteHop) -> NextHop {
    // The kernel shows a route to an interface of ours as one without a gateway.
    let gateway = hop.gateway.filter(|g: &IpAddr| !g.is_unspecified());
    NextHop { gateway, ifindex: hop.ifindex, weight: hop.weight, onlink: hop.onlink }
}
