//! The table of a family, what the session and others put into it, and who is told of it.

use std::sync::Arc;

use godwit_filter::RouteAttributes;
use godwit_rib::{
    BgpExport, BgpSource, ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, LimitsPassed, NetKey,
    RouteBatch, SourceId, SourceLimit, Table,
};

use crate::session::common::{self, Link, SEED};
use crate::session::expected::{Expected, comparable, expected};
use crate::session::far_end::FarEnd;
use crate::session::said::Said;

/// Somebody who is told.
pub(super) struct Listener<K: NetKey> {
    id: ExporterId,
    own: Option<SourceId>,
    far_end: FarEnd<K>,
}

/// The channel of the established session.
pub(super) struct Channel<K: NetKey> {
    pub(super) source: SourceId,
    pub(super) session: BgpSource,
    pub(super) listener: Listener<K>,
    /// Paths of an earlier session are there and were not announced again.
    pub(super) stale: bool,
    /// The neighbor announces everything again, between marks.
    pub(super) refreshing: bool,
}

pub(super) struct Family<K: NetKey> {
    pub(super) table: Table<K>,
    pub(super) up: Option<Channel<K>>,
    /// What the neighbor, which is away, has left.
    pub(super) held: Option<(SourceId, BgpSource)>,
    pub(super) others: Vec<SourceId>,
    listeners: Vec<Listener<K>>,
    pub(super) said: Said<K>,
    now: u64,
}

fn listen<K: NetKey>(
    table: &mut Table<K>,
    export: BgpExport,
    policy: ExportPolicy,
    own: Option<SourceId>,
) -> Listener<K> {
    let far_end = FarEnd::new(&export);
    let kind = ExporterKind::Bgp(Arc::new(export));
    let id = table.add_exporter(Exporter::new(kind, policy, own, Arc::new(Link)));
    Listener { id, own, far_end }
}

impl<K: NetKey> Listener<K> {
    fn hear(&mut self, table: &mut Table<K>, nets_max: usize) {
        match table.export(self.id, nets_max) {
            Some(Exported::Updates(octets)) => self.far_end.hear(&octets),
            Some(Exported::Routes(_)) => panic!("routes for a BGP neighbor"),
            None => {}
        }
        let exporter = table.exporter_mut(self.id).expect("it is there");
        exporter.take_fed();
        exporter.take_messages();
    }

    fn hear_all(&mut self, table: &mut Table<K>) {
        for _ in 0..10_000 {
            if !table.has_export(self.id) {
                return;
            }
            self.hear(table, 100);
        }
        panic!("it never comes to an end");
    }

    /// What it holds is what the table has: as one is told who begins to listen now, and as the paths say.
    fn check(&self, table: &mut Table<K>) {
        let exporter = table.exporter(self.id).expect("it is there");
        let (export, policy) = (exporter.bgp().expect("of BGP").clone(), exporter.policy().clone());
        assert_eq!(exporter.counters().0, self.far_end.held.len() as u64);
        let is_plain = policy == ExportPolicy::All;
        let mut fresh = listen(table, export.clone(), policy, self.own);
        fresh.hear_all(table);
        assert_eq!(fresh.far_end.held, self.far_end.held);
        table.remove_exporter(fresh.id);
        if is_plain {
            for view in table.nets_from(0) {
                let count = if export.add_path { usize::MAX } else { 1 };
                let paths = view.paths().take(count).filter(|path| Some(path.source_id) != self.own);
                let all = paths.map(|path| expected::<K>(&path, &export)).collect();
                self.check_net(view.key(), &export, all);
            }
        }
    }

    /// What is held of a net is what is to be told of its paths.
    fn check_net(&self, net: K, export: &BgpExport, all: Vec<Expected>) {
        let told = self.far_end.held.range((net, 0)..=(net, u32::MAX));
        let is_overfull = told.clone().any(|(told, _)| self.far_end.overfull.contains(told));
        if is_overfull || all.iter().any(|one| matches!(one, Expected::Perhaps)) {
            return;
        }
        let mut told: Vec<_> = told.map(|(_, attributes)| comparable(attributes)).collect();
        for one in all {
            let Expected::This(attributes) = one else { continue };
            let mut out = bytes::BytesMut::new();
            let fits = if export.add_path {
                K::encode_announce(&attributes, &[(0, net)], export, &mut out)
            } else {
                K::encode_announce(&attributes, &[net], export, &mut out)
            };
            if fits.is_ok() {
                let wanted = comparable(&attributes);
                let Some(place) = told.iter().position(|one| *one == wanted) else {
                    panic!("{net} is to be told with {wanted:#?}, and not as {told:#?}");
                };
                told.swap_remove(place);
            }
        }
        assert!(told.is_empty(), "of {net} this must not be told: {told:#?}");
    }
}

impl<K: NetKey> Family<K> {
    pub(super) fn new(exports: Vec<(BgpExport, ExportPolicy)>) -> Self {
        let mut table = Table::new(SEED);
        let others = vec![
            table.add_source(common::bgp(common::external(7)), None),
            table.add_source(common::bgp(common::internal(8)), None),
            table.add_source(common::other("static1", 1), None),
        ];
        let own = [Some(others[0]), None];
        let of = |((export, policy), own)| listen(&mut table, export, policy, own);
        let listeners = exports.into_iter().zip(own).map(of).collect();
        Self { table, up: None, held: None, others, listeners, said: Said::new(), now: 1_000_000 }
    }

    /// Another source than the session announces a net, or withdraws it.
    pub(super) fn other(&mut self, which: u8, net: K, path: Option<&RouteAttributes>) {
        let mut batch = RouteBatch::default();
        match path {
            Some(path) => batch.announce(net, &common::hashed(path)),
            None => batch.withdraw(net),
        }
        let source = self.others[usize::from(which) % self.others.len()];
        self.table.apply(source, batch, self.now);
    }

    /// The session is established: with what an earlier one left, if the neighbor has kept forwarding.
    pub(super) fn begin(
        &mut self,
        session: BgpSource,
        kept: bool,
        told: (BgpExport, ExportPolicy),
        limit: Option<SourceLimit>,
        keep_filtered: bool,
    ) {
        let held = self.held.take();
        let kept = held.filter(|(source, of)| {
            let goes_on = kept && *of == session;
            if !goes_on {
                self.table.flush_source(*source);
            }
            goes_on
        });
        let stale = kept.is_some();
        let source = match kept {
            Some((source, _)) => source,
            None => {
                self.said.clear();
                self.table.add_source(common::bgp(session.clone()), limit)
            }
        };
        self.table.set_keep_filtered(source, keep_filtered);
        let listener = listen(&mut self.table, told.0, told.1, Some(source));
        self.up = Some(Channel { source, session, listener, stale, refreshing: false });
    }

    /// The session is over; whether its routes stay.
    pub(super) fn end(&mut self, stays: bool) {
        let Some(up) = self.up.take() else { return };
        self.table.remove_exporter(up.listener.id);
        if !stays {
            self.said.clear();
            return self.table.flush_source(up.source);
        }
        self.said.mark(!up.refreshing);
        if up.refreshing {
            self.table.mark_refresh(up.source);
        } else {
            self.table.mark_stale(up.source);
        }
        self.held = Some((up.source, up.session));
    }

    /// What was left goes.
    pub(super) fn expire(&mut self) {
        if let Some((source, _)) = self.held.take() {
            self.said.clear();
            self.table.flush_source(source);
        }
    }

    pub(super) fn make_long_lived(&mut self) {
        if let Some((source, _)) = &self.held {
            self.table.make_long_lived(*source, SEED);
        }
    }

    /// Gives the table what the session has gathered.
    pub(super) fn hand_over(&mut self, batch: &mut RouteBatch<K>) -> LimitsPassed {
        let batch = std::mem::take(batch);
        let Some(up) = &self.up else {
            assert!(batch.is_empty(), "routes of a family that has no channel");
            return LimitsPassed::default();
        };
        self.now += 1;
        self.table.apply(up.source, batch, self.now)
    }

    pub(super) fn end_of_rib(&mut self) {
        if let Some(up) = &mut self.up
            && std::mem::take(&mut up.stale)
        {
            self.said.sweep();
            self.table.sweep_stale(up.source);
        }
    }

    pub(super) fn refresh_begins(&mut self) {
        if let Some(up) = self.up.as_mut().filter(|up| !up.stale) {
            up.refreshing = true;
            self.said.mark(false);
            self.table.mark_refresh(up.source);
        }
    }

    pub(super) fn refresh_ends(&mut self) {
        if let Some(up) = &mut self.up
            && std::mem::take(&mut up.refreshing)
        {
            self.said.sweep();
            self.table.sweep_stale(up.source);
        }
    }

    pub(super) fn refeed(&mut self) {
        let id = self.up.as_ref().map(|up| up.listener.id);
        if let Some(exporter) = id.and_then(|id| self.table.exporter_mut(id)) {
            exporter.refeed();
        }
    }

    /// Another policy for one of those who listen.
    pub(super) fn set_policy(&mut self, which: u8, policy: ExportPolicy) {
        let listeners = self.listeners.iter().chain(self.up.as_ref().map(|up| &up.listener));
        let ids: Vec<_> = listeners.map(|l| l.id).collect();
        let id = ids[usize::from(which) % ids.len()];
        self.table.exporter_mut(id).expect("it is there").set_policy(policy);
    }

    /// A slice of the work that waits, and of what there is to hear.
    pub(super) fn go_on(&mut self, nets_max: u8) {
        self.table.step(nets_max.into());
        for listener in self.listeners.iter_mut().chain(self.up.as_mut().map(|up| &mut up.listener)) {
            listener.hear(&mut self.table, nets_max.into());
        }
    }

    fn work(&mut self) {
        for _ in 0..100_000 {
            if !self.table.step(50) {
                return;
            }
        }
        panic!("work on the table never comes to an end");
    }

    /// Does all that waits, and looks whether everything is as it should be.
    pub(super) fn settle(&mut self) {
        self.work();
        for listener in self.listeners.iter_mut().chain(self.up.as_mut().map(|up| &mut up.listener)) {
            listener.hear_all(&mut self.table);
        }
        for listener in self.listeners.iter().chain(self.up.as_ref().map(|up| &up.listener)) {
            listener.check(&mut self.table);
        }
        self.work();
        let session = self.session();
        if let Some(up) = self.up.as_ref().filter(|up| !up.stale && !up.refreshing) {
            assert!(!self.table.has_stale(up.source), "what is stale is to be gone");
        }
        for (net, path_id) in self.nets_of_session() {
            assert!(self.said.has(net, path_id), "{net} ({path_id:?}) is not the neighbor's any more");
        }
        let counters: Vec<_> =
            self.others.iter().copied().chain(session).map(|id| self.table.source_counters(id)).collect();
        let (paths, best) = counters.iter().fold((0, 0), |(paths, best), c| (paths + c.0, best + c.1));
        assert_eq!((paths, best), (self.table.path_count(), self.table.net_count()));
        let kept = session.map_or(0, |session| self.table.filtered_count(session));
        assert!(self.table.attrs().len() as u64 <= paths + kept, "attribute sets nobody has");
        for (_, net) in self.table.filtered_from(0) {
            for path in self.table.filtered_paths(net) {
                assert!(self.said.has(net, path.path_id), "{net} is kept and not the neighbor's any more");
            }
        }
    }

    /// Nobody has anything left, and nobody is told of anything any more.
    pub(super) fn finish(&mut self) {
        assert!(self.up.is_none() && self.held.is_none());
        self.others.drain(..).for_each(|source| self.table.flush_source(source));
        self.settle();
        assert!(self.listeners.iter().all(|listener| listener.far_end.held.is_empty()));
        assert_eq!((self.table.path_count(), self.table.net_count()), (0, 0));
        assert!(self.table.attrs().is_empty(), "attribute sets nobody has");
    }

    fn session(&self) -> Option<SourceId> {
        self.up.as_ref().map(|up| up.source).or(self.held.as_ref().map(|(source, _)| *source))
    }

    /// The nets of the session's paths, with the path identifiers they came with.
    pub(super) fn nets_of_session(&self) -> Vec<(K, Option<u32>)> {
        let Some(source) = self.session() else { return Vec::new() };
        let mut nets = Vec::new();
        for view in self.table.nets_from(0) {
            let ours = view.paths().filter(|path| path.source_id == source);
            nets.extend(ours.map(|path| (view.key(), path.path_id)));
        }
        nets
    }
}
