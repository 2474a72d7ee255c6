//! Routes that are computed as a whole and announced by difference: direct and static.

use std::collections::BTreeMap;
use std::sync::Arc;

use godwit_config::ChannelConfig;
use godwit_filter::{RouteAttributes, Subject, Surroundings, Verdict};
use godwit_rib::{ExportPolicy, HashedAttributes, NetKey, RouteBatch, SourceId, SourceInfo, Trace};

use crate::protocol::policy;
use crate::table::{TableHandle, TableMessage};

/// What a channel imports.
pub(crate) struct Import {
    policy: ExportPolicy,
    /// What the policy refuses is kept to be looked at.
    keep_filtered: bool,
}

impl Import {
    /// As a channel's configuration says.
    pub(crate) fn of(channel: &ChannelConfig) -> Self {
        Self { policy: policy(&channel.import), keep_filtered: channel.keep_filtered }
    }
}

/// What has become of a route.
#[derive(Clone)]
enum Fate {
    Imported(HashedAttributes),
    Kept(HashedAttributes),
    Filtered,
}

impl PartialEq for Fate {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Imported(a), Self::Imported(b)) | (Self::Kept(a), Self::Kept(b)) => {
                a.attributes() == b.attributes()
            }
            (Self::Filtered, Self::Filtered) => true,
            _ => false,
        }
    }
}

/// A protocol's routes in one table, by net and index (several sources for one net).
pub(crate) struct Feeder<K: NetKey> {
    table: TableHandle<K>,
    info: SourceInfo,
    import: Import,
    seed: u64,
    sources: Vec<SourceId>,
    trace: Option<Trace>,
    current: BTreeMap<(K, u32), Fate>,
}

impl<K: NetKey> Feeder<K> {
    pub(crate) fn new(
        table: TableHandle<K>,
        info: SourceInfo,
        import: Import,
        seed: u64,
        trace: Option<Trace>,
    ) -> Self {
        Self { table, info, import, seed, sources: Vec::new(), trace, current: BTreeMap::new() }
    }

    /// Changes what is imported; the next [`Feeder::sync`] applies it to every route.
    pub(crate) fn set_import(&mut self, import: Import) {
        self.import = import;
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
            let (accepted, attributes) = self.decide(net, attributes, surroundings);
            let fate = if accepted || self.import.keep_filtered {
                // Equal ones in a row are one set, hashed once.
                let set = match &last {
                    Some(last) if *last.attributes() == attributes => last.clone(),
                    _ => last.insert(HashedAttributes::new(attributes, self.seed)).clone(),
                };
                if accepted { Fate::Imported(set) } else { Fate::Kept(set) }
            } else {
                Fate::Filtered
            };
            if self.current.get(&(net, index)) != Some(&fate) {
                let batch = batches.entry(index).or_default();
                batch.counters.updates.received += 1;
                batch.counters.updates.filtered += u64::from(!accepted);
                match &fate {
                    Fate::Imported(set) => batch.announce(net, set),
                    Fate::Kept(set) => batch.keep(net, set),
                    Fate::Filtered => batch.filtered(net),
                }
            }
            next.insert((net, index), fate);
        }
        for ((net, index), old) in &self.current {
            if *old != Fate::Filtered && !next.contains_key(&(*net, *index)) {
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

    /// Whether a route is imported, and as what.
    fn decide(
        &self,
        net: K,
        attributes: Arc<RouteAttributes>,
        surroundings: &dyn Surroundings,
    ) -> (bool, Arc<RouteAttributes>) {
        match &self.import.policy {
            ExportPolicy::All => (true, attributes),
            ExportPolicy::None => (false, attributes),
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
                let attributes = match outcome.attributes {
                    Some(mut changed) => {
                        changed.enter_table();
                        Arc::from(changed)
                    }
                    None => attributes,
                };
                (outcome.verdict == Verdict::Accept, attributes)
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
