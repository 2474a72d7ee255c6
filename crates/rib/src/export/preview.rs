//! What would be exported, asked without exporting: `show route export P` and its kin.

use std::sync::Arc;

use godwit_filter::{RouteAttributes, Subject, Verdict};

use crate::key::NetKey;
use crate::table::{NetView, PathView};

use super::check::{Refused, export_check};
use super::rewrite::rewrite;
use super::sent::sent_id;
use super::{ExportPolicy, Exporter, ExporterKind};

/// What an exporter does with a net's best path.
#[derive(Clone, Debug)]
pub enum Preview {
    /// It is refused before the filter.
    Refused(Refused),
    /// The filter refuses it.
    Filtered,
    /// It passes, with these attributes.
    Passed(Arc<RouteAttributes>),
}

impl Exporter {
    /// What the exporter does with a net's best path now.
    pub fn preview<K: NetKey>(&self, net: &NetView<'_, K>) -> Option<Preview> {
        Some(self.preview_path(net.key(), &net.paths().next()?))
    }

    /// What the exporter does with a path of a net now, if the path is for it to look at: the best
    /// one, or any where [`Exporter::sends_every_path`].
    pub fn preview_path<K: NetKey>(&self, net: K, path: &PathView<'_>) -> Preview {
        if Some(path.source_id) == self.own_source {
            return Preview::Refused(Refused::SplitHorizon);
        }
        if self.is_left_to_the_kernel(path.attributes) {
            return Preview::Refused(Refused::DeviceRoute);
        }
        if let ExporterKind::Bgp(export) = &self.kind
            && let Err(refused) = export_check(path.attributes, path.source, export)
        {
            return Preview::Refused(refused);
        }
        let filter = match &self.policy {
            ExportPolicy::All => return Preview::Passed(path.attributes.clone()),
            ExportPolicy::None => return Preview::Filtered,
            ExportPolicy::Filter(filter) => filter,
        };
        let mut before = path.attributes.clone();
        // 1.6 shows its filter what the neighbor would get. A next hop that cannot be sent is refused
        // later, and not seen by who asks.
        if let ExporterKind::Bgp(export) = &self.kind
            && export.rewrite_before_filter
            && let Ok(bgp) = rewrite(path.attributes, path.source, path.resolution, export)
        {
            Arc::make_mut(&mut before).bgp = bgp;
        }
        let outcome = filter.run(&Subject {
            net: net.to_net(),
            protocol: &path.source.protocol,
            attributes: &before,
            surroundings: &*self.surroundings,
        });
        if outcome.verdict != Verdict::Accept {
            return Preview::Filtered;
        }
        Preview::Passed(outcome.attributes.map_or(before, Arc::from))
    }

    /// Whether a net was sent and not withdrawn since.
    pub fn has_exported<K: NetKey>(&self, net: &NetView<'_, K>) -> bool {
        self.has_sent(net.id())
    }

    /// Whether a path of a net was sent and not withdrawn since.
    pub fn has_exported_path<K: NetKey>(&self, net: &NetView<'_, K>, path: &PathView<'_>) -> bool {
        match &self.paths {
            Some(sent) => sent.get(net.id(), sent_id(path.key)).is_some(),
            // With `secondary` it is the first that passes; who asks knows which that is.
            None => (path.best || self.secondary) && self.has_sent(net.id()),
        }
    }
}
