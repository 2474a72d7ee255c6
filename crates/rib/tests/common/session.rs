//! Neighbors of a model of a table: each is a source of paths and somebody who reads.

use std::net::IpAddr;

use godwit_filter::RouteAttributes;
use godwit_rib::{ExportPolicy, ExporterId, NetKey, SourceId, Table};

use super::{filter, path_with, via};

/// The community `no-export`.
pub(crate) const NO_EXPORT: u32 = 0xffff_ff01;

/// A neighbor whose session is up.
pub(crate) struct Session<P> {
    pub(crate) source: SourceId,
    pub(crate) exporter: ExporterId,
    pub(crate) peer: P,
    /// Which [`policy`] its exports have.
    pub(crate) policy: u8,
}

impl<P> Session<P> {
    pub(crate) fn end<K: NetKey>(self, table: &mut Table<K>) {
        table.remove_exporter(self.exporter);
        table.flush_source(self.source);
    }

    pub(crate) fn refeed<K: NetKey>(&self, table: &mut Table<K>) {
        table.exporter_mut(self.exporter).unwrap().refeed();
    }

    pub(crate) fn set_policy<K: NetKey>(&mut self, table: &mut Table<K>, which: u8) {
        self.policy = which;
        table.exporter_mut(self.exporter).unwrap().set_policy(policy(which));
    }
}

/// One of three policies: all, none, a filter.
pub(crate) fn policy(which: u8) -> ExportPolicy {
    match which {
        0 => ExportPolicy::All,
        1 => ExportPolicy::None,
        _ => filter("if bgp_local_pref >= 100 then { bgp_community.add((1, 1)); accept; } reject;"),
    }
}

/// A path by way of the neighbor's own router 192.0.2.(100 + N), perhaps with the community `no-export`.
pub(crate) fn path_by(n: usize, local_pref: u32, no_export: bool) -> RouteAttributes {
    let hop = IpAddr::from([192, 0, 2, 100 + n as u8]);
    path_with(|p| {
        p.destination = via(&hop.to_string());
        p.bgp.next_hop = Some(hop);
        p.bgp.local_pref = Some(local_pref);
        p.bgp.communities = if no_export { [NO_EXPORT].into() } else { Box::default() };
    })
}
