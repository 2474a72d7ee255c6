//! What would be exported, asked without exporting: `show route export P` and its kin.

use std::sync::Arc;

use godwit_filter::{RouteAttributes, Subject, Verdict};

use crate::key::NetKey;
use crate::table::{NetView, PathView};

use super::check::{Refused, export_check};
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
        let outcome = filter.run(&Subject {
            net: net.key().to_net(),
            protocol: &best.source.protocol,
            attributes: best.attributes,
            surroundings: &*self.surroundings,
        });
        if outcome.verdict != Verdict::Accept {
            return Some(Preview::Filtered);
        }
        Some(Preview::Passed(outcome.attributes.map_or_else(|| best.attributes.clone(), Arc::from)))
    }

    /// Whether a net was sent and not withdrawn since.
    pub fn has_exported<K: NetKey>(&self, net: &NetView<'_, K>) -> bool {
        self.has_sent(net.id())
    }
}
