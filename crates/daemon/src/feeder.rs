//! Routes that are computed as a whole and announced by difference: direct and static.

use std::collections::BTreeMap;
use std::sync::Arc;

use godwit_filter::{RouteAttributes, Subject, Surroundings, Verdict};
use godwit_rib::{ExportPolicy, HashedAttributes, NetKey, RouteBatch, SourceId, SourceInfo, Trace};

use crate::table::{TableHandle, TableMessage};

/// A protocol's routes in one table, by net and index (several sources for one net).
pub(crate) struct Feeder<K: NetKey> {
    table: TableHandle<K>,
    info: SourceInfo,
    policy: ExportPolicy,
    seed: u64,
    sources: Vec<SourceId>,
    trace: Option<Trace>,
    /// What the filter let through; none: it refused the route.
    current: BTreeMap<(K, u32), Option<HashedAttributes>>,
}

impl<K: NetKey> Feeder<K> {
    pub(crate) fn new(
        table: TableHandle<K>,
        info: SourceInfo,
        policy: ExportPolicy,
        seed: u64,
        trace: Option<Trace>,
    ) -> Self {
        Self { table, info, policy, seed, sources: Vec::new(), trace, current: BTreeMap::new() }
    }

    /// Changes the import policy; the next [`Feeder::sync`] applies it to every route.
    pub(crate) fn set_policy(&mut self, policy: ExportPolicy) {
        self.policy = policy;
    }

    /// Changes what is told of its routes.
    pub(crate) async fn set_trace(&mut self, trace: Option<Trace>) {
        if self.trace == trace {
            return;
        }
        self.trace = trace;
        for source in self.sources.clone() {
            let trace = self.trace.clone();
            self.table.call(move |shell| shell.table.set_source_trace(source, trace)).await;
        }
    }

    /// Makes the table hold exactly `wanted` from this protocol. The index tells several routes of
    /// one net apart; each index is a source of its own.
    pub(crate) async fn sync(
        &mut self,
        wanted: impl Iterator<Item = (K, u32, Arc<RouteAttributes>)> + Send,
        surroundings: &dyn Surroundings,
    ) {
        let mut next = BTreeMap::new();
        let mut batches: BTreeMap<u32, RouteBatch<K>> = BTreeMap::new();
        let mut last: Option<HashedAttributes> = None;
        for (net, index, attributes) in wanted {
            let attributes = self.import(net, attributes, surroundings);
            // Equal ones in a row are one set, hashed once.
            let set = attributes.map(|new| match &last {
                Some(last) if Arc::ptr_eq(last.attributes(), &new) || *last.attributes() == new => {
                    last.clone()
                }
                _ => last.insert(HashedAttributes::new(new, self.seed)).clone(),
            });
            let old = self.current.get(&(net, index));
            let same = old.is_some_and(|old| match (old, &set) {
                (Some(old), Some(new)) => old.attributes() == new.attributes(),
                (None, None) => true,
                _ => false,
            });
            if !same {
                let batch = batches.entry(index).or_default();
                batch.counters.updates.received += 1;
                if let Some(set) = &set {
                    batch.announce(net, set);
                } else {
                    batch.counters.updates.filtered += 1;
                    batch.filtered(net);
                }
            }
            next.insert((net, index), set);
        }
        for ((net, index), old) in &self.current {
            if old.is_some() && !next.contains_key(&(*net, *index)) {
                let batch = batches.entry(*index).or_default();
                batch.counters.withdraws.received += 1;
                batch.withdraw(*net);
            }
        }
        self.current = next;
        for (index, batch) in batches {
            let Some(source) = self.source(index).await else { return };
            let Some(permit) = self.table.reserve().await else { return };
            permit.send(TableMessage::Routes { source, batch, over_limit: None });
        }
    }

    fn import(
        &self,
        net: K,
        attributes: Arc<RouteAttributes>,
        surroundings: &dyn Surroundings,
    ) -> Option<Arc<RouteAttributes>> {
        match &self.policy {
            ExportPolicy::All => Some(attributes),
            ExportPolicy::None => None,
            ExportPolicy::Filter(filter) => {
                let outcome = filter.run(&Subject {
                    net: net.to_net(),
                    protocol: &self.info.protocol,
                    attributes: &attributes,
                    surroundings,
                });
                outcome.messages.iter().for_each(|m| tracing::info!("{m}"));
                if let Some(error) = &outcome.error {
                    tracing::error!("{error}");
                }
                if outcome.verdict != Verdict::Accept {
                    return None;
                }
                Some(match outcome.attributes {
                    Some(mut changed) => {
                        changed.enter_table();
                        Arc::from(changed)
                    }
                    None => attributes,
                })
            }
        }
    }

    async fn source(&mut self, index: u32) -> Option<SourceId> {
        while self.sources.len() <= index as usize {
            let info = self.info.clone();
            let source = self.table.add_source(info, None, self.trace.clone()).await?;
            self.sources.push(source);
        }
        self.sources.get(index as usize).copied()
    }

    /// The sources in use, for counters.
    pub(crate) fn sources(&self) -> &[SourceId] {
        &self.sources
    }

    /// The table.
    pub(crate) fn table(&self) -> &TableHandle<K> {
        &self.table
    }

    /// Removes every route.
    pub(crate) async fn stop(&mut self) {
        self.current.clear();
        for source in std::mem::take(&mut self.sources) {
            self.table.call(move |shell| shell.table.flush_source(source)).await;
        }
    }
}
