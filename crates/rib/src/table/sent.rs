//! What exporters with an `export table` have sent, by nets, and what sessions with an `import table` have got.

use crate::export::Exporter;
use crate::import::ImportedRoute;
use crate::key::NetKey;
use crate::nexthop::Resolution;
use crate::source::SourceId;

use super::{PathView, Table};

impl<K: NetKey> Table<K> {
    /// The nets of which an exporter keeps what it sent, from an id on, with the ids to go on from.
    pub fn exported_from<'a>(
        &'a self,
        exporter: &'a Exporter,
        cursor: u32,
    ) -> impl Iterator<Item = (u32, K)> + 'a {
        exporter.kept_nets(cursor).filter_map(|id| Some((id, self.key(id)?)))
    }

    /// What an exporter keeps of a net, as its filter left it and with the time it was sent.
    pub fn exported_paths<'a>(&'a self, exporter: &'a Exporter, key: K) -> Vec<PathView<'a>> {
        let Some(id) = self.find(key) else { return Vec::new() };
        let routes = exporter.kept_of(id).enumerate();
        let view = |(i, route): (usize, &'a crate::export::KeptRoute)| {
            let paths = &self.nets.get(id as usize)?.paths;
            let path = paths.iter().find(|path| path.source == route.path);
            Some(PathView {
                attributes: &route.attributes,
                source: &self.slot(route.path)?.info,
                source_id: self.main_source(route.path),
                path_id: self.path_id(route.path),
                key: route.path,
                since: route.since,
                best: i == 0,
                resolution: path.and_then(|path| self.next_hops.resolution(self.attrs.next_hop(path.attrs))),
            })
        };
        routes.filter_map(view).collect()
    }

    /// A route as it came from a source (`import table`). `first`: of its net.
    pub fn imported_path<'a>(
        &'a self,
        source: SourceId,
        route: &'a ImportedRoute,
        resolution: Option<&'a Resolution>,
        first: bool,
    ) -> Option<PathView<'a>> {
        Some(PathView {
            attributes: &route.attributes,
            source: &self.slot(source)?.info,
            source_id: source,
            path_id: route.path_id,
            key: source,
            since: route.since,
            best: first,
            resolution,
        })
    }

    /// The longest net that covers `key` of which an exporter keeps what it sent.
    pub fn exported_longest(&self, exporter: &Exporter, key: K) -> Option<K> {
        let has_some = |key: &K| self.find(*key).is_some_and(|id| exporter.kept_of(id).next().is_some());
        (0..=key.len()).rev().map(|len| K::from_bits(key.bits(), len)).find(has_some)
    }
}
