//! `show route`.

use std::sync::Arc;

use godwit_api::{RoutePage, RouteView, Times};
use godwit_config::Dialect;
use godwit_filter::{AttributeValue, Destination, NextHop, RouteSource};
use godwit_wire::well_known::LLGR_STALE;
use godwit_wire::{Origin, SegmentKind};
use ipnetwork::IpNetwork;

use super::attributes;
use super::interfaces::scope;
use crate::Framer;

/// Lays out a listing of routes page by page.
#[derive(Debug, Default)]
pub struct RouteLines {
    /// `all`: attributes too.
    pub all: bool,
    /// `stats`: counts after the routes of each table.
    pub stats: bool,
    /// `count`: counts only.
    pub count: bool,
    /// Tables were named: each gets its heading even if it is empty.
    pub tables_named: bool,
    /// One net was asked for: it is an error if there is none.
    pub one_net: bool,
    tables: Vec<Arc<str>>,
    counts: Vec<(u64, u64, u64)>,
    table: Option<usize>,
    headed: bool,
    any_heading: bool,
    any_route: bool,
    net: Option<IpNetwork>,
}

impl RouteLines {
    /// Adds a page.
    pub fn page(&mut self, out: &mut Framer, page: &RoutePage, times: &Times<'_>) {
        if self.tables.len() < page.tables.len() {
            self.tables.clone_from(&page.tables);
        }
        // Routes of a net may go on in the next page: the counts of a table stand after its last.
        for r in &page.routes {
            self.enter(out, r.table as usize, times.dialect);
            if !self.count {
                self.route(out, r, times);
            }
        }
        for (i, c) in page.counts.iter().enumerate() {
            if self.counts.len() <= i {
                self.counts.resize(i + 1, (0, 0, 0));
            }
            if let Some(sum) = self.counts.get_mut(i) {
                sum.0 += c.0;
                sum.1 += c.1;
                sum.2 += c.2;
            }
        }
    }

    /// Ends the reply.
    pub fn finish(&mut self, out: &mut Framer, dialect: Dialect) {
        self.enter(out, self.tables.len(), dialect);
        // In 1.6 a net that is there, though nothing of it is shown, is no error.
        let there = dialect == Dialect::Bird16 && self.counts.iter().any(|c| c.2 > 0);
        if self.one_net && !self.any_route && !there && !self.count && !self.stats {
            let text = if dialect == Dialect::Bird16 { "Network not in table" } else { "Network not found" };
            out.end(8001, text);
            return;
        }
        if !(self.count || self.stats) {
            out.end(0, "");
            return;
        }
        let total = self.counts.iter().fold((0, 0, 0), |a, c| (a.0 + c.0, a.1 + c.1, a.2 + c.2));
        let text = format!("{} of {} routes for {} networks", total.0, total.1, total.2);
        match dialect {
            Dialect::Bird16 => out.end(14, &text),
            Dialect::Bird2 if self.tables.len() > 1 => {
                out.end(14, &format!("Total: {text} in {} tables", self.tables.len()));
            }
            Dialect::Bird2 => out.end(0, ""),
        }
    }

    /// Leaves tables up to `table` behind, with what an end of theirs shows.
    fn enter(&mut self, out: &mut Framer, table: usize, dialect: Dialect) {
        while self.table.is_none_or(|t| t < table) {
            if let Some(t) = self.table {
                self.leave(out, t, dialect);
            }
            let next = self.table.map_or(0, |t| t + 1);
            self.table = Some(next);
            self.headed = false;
            self.net = None;
        }
    }

    fn leave(&mut self, out: &mut Framer, t: usize, dialect: Dialect) {
        let Some(name) = self.tables.get(t).cloned() else { return };
        if dialect == Dialect::Bird16 {
            return;
        }
        if !self.count && (self.stats || self.tables_named) && !self.one_net {
            self.heading(out, dialect);
        }
        if self.count || self.stats {
            let (shown, seen, nets) = self.counts.get(t).copied().unwrap_or_default();
            out.line(1007, &format!("{shown} of {seen} routes for {nets} networks in table {name}"));
        }
        if self.stats && !self.count && self.tables.len() > 1 {
            out.line(1007, "");
        }
    }

    fn heading(&mut self, out: &mut Framer, dialect: Dialect) {
        if self.headed || dialect == Dialect::Bird16 {
            return;
        }
        self.headed = true;
        if std::mem::replace(&mut self.any_heading, true) && !self.stats {
            out.line(1007, "");
        }
        let name = self.table.and_then(|t| self.tables.get(t)).map_or("", |n| n);
        out.line(1007, &format!("Table {name}:"));
    }

    fn route(&mut self, out: &mut Framer, r: &RouteView, times: &Times<'_>) {
        self.any_route = true;
        self.heading(out, times.dialect);
        let first = self.net.replace(r.net) != Some(r.net);
        let net = if first { r.net.to_string() } else { String::new() };
        let hops = resolved(r);
        let gateway = hops.first().and_then(|h| h.0.gateway);
        let from = match r.from {
            Some(from) if Some(from) != gateway => format!(" from {from}"),
            _ => String::new(),
        };
        let mark = match (r.primary, r.kernel_refused) {
            (true, true) => " !",
            (true, false) => " *",
            _ => "",
        };
        let tail = format!(
            "[{} {}{from}]{mark} ({}{}{}){}",
            r.protocol,
            times.route(r.since),
            r.attributes.preference,
            stale(r),
            metric(r, times.dialect),
            origin(r)
        );
        match times.dialect {
            Dialect::Bird2 => {
                out.line(1007, &format!("{net:<20} {} {tail}", destination(r)));
                for (hop, interface) in hops {
                    out.line(1007, &next_hop(hop, interface, hops.len() > 1));
                }
            }
            Dialect::Bird16 => {
                let via = match hops {
                    [] => destination(r).into(),
                    [(hop, interface)] => match hop.gateway {
                        Some(ip) => format!("via {ip} on {interface}"),
                        None => format!("dev {interface}"),
                    },
                    _ => "multipath".into(),
                };
                out.line(1007, &format!("{net:<18} {via} {tail}"));
                for (hop, interface) in if hops.len() > 1 { hops } else { &[] } {
                    let ip = hop.gateway.map_or(String::new(), |g| format!("via {g} on "));
                    out.line(1007, &format!("\t{ip}{interface} weight {}", hop.weight));
                }
            }
        }
        if self.all {
            let cast = if times.dialect == Dialect::Bird16 { "unicast " } else { "" };
            let a = &r.attributes;
            out.line(1008, &format!("\tType: {} {cast}{}", source(a.source), scope(a.scope)));
            for line in attributes::lines(a) {
                out.line(1012, &line);
            }
        }
    }
}

fn resolved(r: &RouteView) -> &[(NextHop, Arc<str>)] {
    if r.dropped.is_some() { &[] } else { &r.next_hops }
}

fn destination(r: &RouteView) -> &'static str {
    match r.dropped.as_ref().unwrap_or(&r.attributes.destination) {
        Destination::Blackhole => "blackhole",
        Destination::Unreachable => "unreachable",
        Destination::Prohibit => "prohibited",
        _ if r.next_hops.is_empty() => "unreachable",
        _ => "unicast",
    }
}

fn next_hop(hop: &NextHop, interface: &str, several: bool) -> String {
    let onlink = if hop.onlink { " onlink" } else { "" };
    match hop.gateway {
        // BIRD 2.0.12 shows the weight of gateways only.
        Some(ip) if several => format!("\tvia {ip} on {interface}{onlink} weight {}", hop.weight),
        Some(ip) => format!("\tvia {ip} on {interface}{onlink}"),
        None => format!("\tdev {interface}{onlink}"),
    }
}

/// Long-lived stale (RFC 9494).
fn stale(r: &RouteView) -> &'static str {
    let bgp = r.attributes.source == RouteSource::Bgp;
    if bgp && r.attributes.bgp.communities.contains(&LLGR_STALE) { "s" } else { "" }
}

/// The metric that a static route was given.
fn own_metric(r: &RouteView) -> String {
    match r.attributes.extra("igp_metric") {
        Some(AttributeValue::Int(n)) if r.attributes.source == RouteSource::Static => format!("/{n}"),
        _ => String::new(),
    }
}

fn metric(r: &RouteView, dialect: Dialect) -> String {
    let recursive = r.attributes.destination.is_recursive();
    let bgp = r.attributes.source == RouteSource::Bgp;
    match (dialect, r.igp_metric) {
        (Dialect::Bird16, _) if !(bgp && recursive) => String::new(),
        (Dialect::Bird16, _) if r.dropped.is_some() => "/-".into(),
        (Dialect::Bird16, None) => "/?".into(),
        (Dialect::Bird16, Some(n)) => format!("/{n}"),
        (Dialect::Bird2, _) if !bgp => own_metric(r),
        (Dialect::Bird2, metric) => match (r.total_aigp, metric) {
            (Some(total), _) => format!("/{total}"),
            (None, Some(0)) => String::new(),
            (None, _) if r.dropped == Some(Destination::Unreachable) => "/-".into(),
            (None, None) if recursive => "/?".into(),
            (None, Some(n)) => format!("/{n}"),
            (None, _) => String::new(),
        },
    }
}

fn origin(r: &RouteView) -> String {
    if r.attributes.source != RouteSource::Bgp {
        return String::new();
    }
    let bgp = &r.attributes.bgp;
    let letter = match bgp.origin {
        Some(Origin::Igp) => "i",
        Some(Origin::Egp) => "e",
        _ => "?",
    };
    // Of a path that has not left our confederation it is the member.
    let last = bgp.as_path.as_ref().and_then(|path| path.segments().last());
    let last = last.filter(|s| matches!(s.kind, SegmentKind::Sequence | SegmentKind::ConfedSequence));
    match last.and_then(|segment| segment.ases().next_back()) {
        Some(asn) => format!(" [AS{asn}{letter}]"),
        None => format!(" [{letter}]"),
    }
}

fn source(s: RouteSource) -> &'static str {
    match s {
        RouteSource::Static => "static",
        RouteSource::Inherit => "inherit",
        RouteSource::Device => "device",
        RouteSource::StaticDevice => "static-device",
        RouteSource::Redirect => "redirect",
        RouteSource::Bgp => "BGP",
        RouteSource::Pipe => "pipe",
    }
}
