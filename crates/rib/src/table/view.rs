//! Reading a table: for `show route` and for tests.

use std::net::IpAddr;
use std::sync::Arc;

use godwit_filter::RouteAttributes;

use crate::best::{Candidate, is_better, is_mergeable, is_of_one_group, total_aigp};
use crate::key::NetKey;
use crate::nexthop::Resolution;
use crate::source::{SourceId, SourceInfo};

use super::{Path, Table};

/// A net as it is now.
#[derive(Clone, Copy)]
pub struct NetView<'a, K: NetKey> {
    table: &'a Table<K>,
    id: u32,
}

/// One path of a net.
#[derive(Clone, Copy)]
pub struct PathView<'a> {
    /// Its attributes as the import filter left them.
    pub attributes: &'a Arc<RouteAttributes>,
    /// Where it came from.
    pub source: &'a SourceInfo,
    /// The source's id.
    pub source_id: SourceId,
    /// The path identifier it came with (RFC 7911), if its source uses such.
    pub path_id: Option<u32>,
    /// Tells it from all other paths of the net: the source's id, or one of the source and path identifier.
    pub(crate) key: SourceId,
    /// When it came, milliseconds since the Unix epoch.
    pub since: u64,
    /// It is the net's best.
    pub best: bool,
    /// What a recursive next hop resolves to.
    pub resolution: Option<&'a Resolution>,
}

impl PathView<'_> {
    /// How far it is by AIGP (RFC 7311 §4.1), if that is known.
    pub fn total_aigp(&self) -> Option<u64> {
        let (attributes, source, resolution) = (self.attributes, self.source, self.resolution);
        Some(total_aigp(&Candidate { attributes, source, resolution })).filter(|total| *total != u64::MAX)
    }
}

impl<'a, K: NetKey> NetView<'a, K> {
    /// The net's id, for [`Table::nets_from`].
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The net.
    pub fn key(&self) -> K {
        self.table.nets[self.id as usize].key
    }

    /// Its paths, the best first.
    pub fn paths(&self) -> impl Iterator<Item = PathView<'a>> + 'a {
        let table = self.table;
        table.nets[self.id as usize]
            .paths
            .iter()
            .enumerate()
            .filter_map(move |(i, p)| table.path_view(p, i == 0))
    }

    /// Its paths, each before those that are worse.
    pub fn ranked_paths(&self) -> Vec<PathView<'a>> {
        let table = self.table;
        table.ranking(self.id).into_iter().filter_map(|place| table.path_at(self.id, place)).collect()
    }

    /// The paths as good as the best one, which can share the traffic with it.
    pub fn mergeable_paths(&self) -> Vec<PathView<'a>> {
        self.table.mergeable_paths(self.id)
    }

    /// The kernel refused the net's best path.
    pub fn kernel_refused(&self) -> bool {
        self.table.exporters.iter().flatten().any(|e| e.is_refused(self.id))
    }
}

impl<K: NetKey> Table<K> {
    /// Notes whether the kernel refused the route of a net, for an exporter to a kernel table.
    pub fn set_refused(&mut self, exporter: crate::ExporterId, key: K, refused: bool) {
        if let Some(id) = self.find(key)
            && let Some(exporter) = self.exporter_mut(exporter)
        {
            exporter.set_refused(id, refused);
        }
    }

    pub(super) fn path_view<'a>(&'a self, path: &Path, best: bool) -> Option<PathView<'a>> {
        Some(PathView {
            attributes: self.attrs.get(path.attrs),
            source: &self.slot(path.source)?.info,
            source_id: self.main_source(path.source),
            path_id: self.path_id(path.source),
            key: path.source,
            since: path.since.millis(),
            best,
            resolution: self.next_hops.resolution(self.attrs.next_hop(path.attrs)),
        })
    }

    pub(crate) fn best_path(&self, id: u32) -> Option<PathView<'_>> {
        self.path_view(self.nets.get(id as usize)?.paths.first()?, true)
    }

    /// The paths that can share the traffic with the best one.
    pub(crate) fn mergeable_paths(&self, id: u32) -> Vec<PathView<'_>> {
        let Some([best, others @ ..]) = self.nets.get(id as usize).map(|net| net.paths.as_slice()) else {
            return Vec::new();
        };
        let Some(best) = self.candidate(best) else { return Vec::new() };
        let hides = |better: &Path, than: &Candidate<'_>| {
            let better = self.candidate(better).filter(|c| is_of_one_group(c, than));
            better.is_some_and(|c| is_better(&c, than) && !is_mergeable(&c, than))
        };
        let is_hidden = |c: &Candidate<'_>| self.deterministic > 0 && others.iter().any(|o| hides(o, c));
        let mergeable = others
            .iter()
            .filter(|path| self.candidate(path).is_some_and(|c| is_mergeable(&best, &c) && !is_hidden(&c)));
        mergeable.filter_map(|path| self.path_view(path, false)).collect()
    }

    /// The best path's attribute set, source id and key; what export needs first.
    pub(crate) fn best_ids(&self, id: u32) -> Option<(crate::AttrId, SourceId)> {
        self.nets.get(id as usize)?.paths.first().map(|p| (p.attrs, self.main_source(p.source)))
    }

    /// The ids of all paths of a net, the best first: attribute set, source, and what tells the path
    /// from the net's others.
    pub(crate) fn path_ids(&self, id: u32) -> impl Iterator<Item = (crate::AttrId, SourceId, SourceId)> {
        let paths = self.nets.get(id as usize).map_or(&[][..], |n| &n.paths);
        paths.iter().map(|p| (p.attrs, self.main_source(p.source), p.source))
    }

    /// The path of a net at a place in the order of [`Table::path_ids`].
    pub(crate) fn path_at(&self, id: u32, position: usize) -> Option<PathView<'_>> {
        self.path_view(self.nets.get(id as usize)?.paths.get(position)?, position == 0)
    }

    pub(crate) fn key(&self, id: u32) -> Option<K> {
        self.nets.get(id as usize).map(|n| n.key)
    }

    pub(crate) fn id_end(&self) -> u32 {
        self.nets.len() as u32
    }

    /// The nets with paths whose id is `cursor` or above, in the order of ids. A listing goes on
    /// from the last id plus one; nets that come and go meanwhile may be missed or seen.
    pub fn nets_from(&self, cursor: u32) -> impl Iterator<Item = NetView<'_, K>> {
        (cursor..self.nets.len() as u32)
            .filter(|id| !self.nets[*id as usize].paths.is_empty())
            .map(|id| NetView { table: self, id })
    }

    /// A net by its prefix, if it has a path.
    pub fn net(&self, key: K) -> Option<NetView<'_, K>> {
        let id = self.find(key)?;
        (!self.nets[id as usize].paths.is_empty()).then_some(NetView { table: self, id })
    }

    /// The longest net that covers an address.
    pub fn longest(&self, address: IpAddr) -> Option<NetView<'_, K>> {
        let id = self.longest_match(K::address_bits(address)?, K::BITS)?;
        Some(NetView { table: self, id })
    }

    /// The longest net that covers a prefix.
    pub fn longest_for(&self, key: K) -> Option<NetView<'_, K>> {
        let id = self.longest_match(key.bits(), key.len())?;
        Some(NetView { table: self, id })
    }
}
