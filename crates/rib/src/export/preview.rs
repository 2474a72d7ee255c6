//! What would be exported, asked without exporting: `show route export P` and its kin.

use std::sync::Arc;

use godwit_filter::{RouteAttributes, Subject, Verdict};

use crate::key::NetKey;
use crate::table::{NetView, PathView};

use super::check::{Refused, export_check};
use super::rewrite::rewrite;
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
        let best: PathView<'_> = net.paths().next()?;
        if Some(best.source_id) == self.own_source {
            return Some(Preview::Refused(Refused::SplitHorizon));
        }
        if let ExporterKind::Bgp(export) = &self.kind
            && let Err(refused) = export_check(best.attributes, best.source, export)
        {
            return Some(Preview::Refused(refused));
        }
        let filter = match &self.policy {
            ExportPolicy::All => return Some(Preview::Passed(best.attributes.clone())),
            ExportPolicy::None => return Some(Preview::Filtered),
            ExportPolicy::Filter(filter) => filter,
        };
        let mut before = best.attributes.clone();
        // 1.6 shows its filter what the neighbor would get. A next hop that cannot be sent is refused
        // later, and not seen by who asks.
        if let ExporterKind::Bgp(export) = &self.kind
            && export.rewrite_before_filter
            && let Ok(bgp) = rewrite(best.attributes, best.source, best.resolution, export)
        {
            Arc::make_mut(&mut before).bgp = bgp;
        }
        let outcome = filter.run(&Subject {
            net: net.key().to_net(),
            protocol: &best.source.protocol,
            attributes: &before,
            surroundings: &*self.surroundings,
        });
        if outcome.verdict != Verdict::Accept {
            return Some(Preview::Filtered);
        }
        Some(Preview::Passed(outcome.attributes.map_or(before, Arc::from)))
    }

    /// Whether a net was sent and not withdrawn since.
    pub fn has_exported<K: NetKey>(&self, net: &NetView<'_, K>) -> bool {
        self.has_sent(net.id())
    }
}
