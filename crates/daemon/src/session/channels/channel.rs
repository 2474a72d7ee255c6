//! The channel of one family: a source and an exporter of a table.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use godwit_fsm::Negotiated;
use godwit_rib::{BgpSource, Exporter, NetKey, RouteBatch, SourceId};

use super::{FeedEnd, UpEvent};
use crate::links::LinkTable;
use crate::over_limit::OverLimit;
use crate::recovery::Lock;
use crate::session::held::Held;
use crate::table::{Chunk, ChunkReceiver, TableHandle, TableMessage, TableShell};

/// One family's channel.
pub(in crate::session) struct Channel<K: NetKey> {
    pub(in crate::session) table: TableHandle<K>,
    pub(in crate::session) source: SourceId,
    pub(in crate::session) chunks: ChunkReceiver<K>,
    /// What the table had no room for yet.
    pub(super) pending: VecDeque<Pending<K>>,
    pub(super) over_limit: Arc<OverLimit>,
    /// The session the source's paths come over.
    pub(super) session: BgpSource,
    /// They come with path identifiers.
    pub(super) add_path: bool,
    /// Paths of an earlier session are there, to be announced again or to go.
    pub(in crate::session) stale: bool,
    /// And for long (RFC 9494).
    pub(in crate::session) long_lived: bool,
    /// It has not sent its own yet, and will.
    pub(super) begins: bool,
    /// The first feed is through, and End-of-RIB told.
    pub(super) fed: bool,
    /// The neighbor is sent everything once more, between marks (RFC 7313).
    pub(super) answers: bool,
    /// It has asked for it again meanwhile.
    pub(super) asked: bool,
    /// The neighbor announces all it has once more: what it has announced before is stale until then.
    pub(super) refreshing: bool,
    /// It is not told yet: after a restart of ours there is more to come.
    pub(super) withheld: bool,
}

/// What a session has for a table.
pub(super) enum Pending<K: NetKey> {
    /// Routes.
    Routes(RouteBatch<K>),
    /// What came until now is stale.
    Stale,
    /// What was stale already when the session was last lost goes.
    EarlierGoes,
    /// Their end: what is stale goes (if something is), and the lock is held no longer.
    EndOfRib(bool, Option<Lock>),
}

impl<K: NetKey> Channel<K> {
    pub(super) fn hand_over(&mut self, batch: &mut RouteBatch<K>) {
        if !batch.is_empty() {
            self.pending.push_back(Pending::Routes(std::mem::take(batch)));
        }
        while !self.pending.is_empty()
            && let Some(permit) = self.table.try_reserve()
            && let Some(pending) = self.pending.pop_front()
        {
            permit.send(message(pending, self.source, &self.over_limit));
        }
    }

    pub(super) fn end_of_rib(&mut self, batch: &mut RouteBatch<K>, lock: Option<Lock>) {
        self.begins = false;
        let stale = std::mem::take(&mut self.stale);
        self.long_lived = false;
        if !stale && lock.is_none() {
            return;
        }
        self.hand_over(batch);
        self.pending.push_back(Pending::EndOfRib(stale, lock));
        self.hand_over(batch);
    }

    /// What was stale already when the session was last lost goes.
    pub(super) fn sweep_earlier(&mut self, batch: &mut RouteBatch<K>) {
        self.hand_over(batch);
        self.pending.push_back(Pending::EarlierGoes);
        self.hand_over(batch);
    }

    /// Whether everything can be sent again now.
    pub(super) fn wants_refresh(&mut self) -> bool {
        // RFC 7313 §4: not before End-of-RIB.
        let now = self.fed && !self.answers;
        (self.answers, self.asked) = (self.fed, !now);
        now
    }

    /// All has gone out that was to go: what is to be said then.
    fn feed_ended(&mut self) -> UpEvent {
        let first = !self.fed && !self.withheld;
        self.fed |= first;
        let answered = !first && std::mem::take(&mut self.answers);
        let again = self.fed && std::mem::take(&mut self.asked);
        self.answers |= again;
        let word = if answered { None } else { Some(fed::<K>(first)) };
        UpEvent::Refreshed(K::FAMILY, FeedEnd { word, again })
    }

    /// Whether it may: RFC 7313 §4: not before End-of-RIB; until then what is stale is so since before the session.
    pub(super) fn refresh_begins(&mut self, batch: &mut RouteBatch<K>) -> bool {
        let may = !self.stale && !self.begins;
        if may {
            self.refreshing = true;
            self.hand_over(batch);
            self.pending.push_back(Pending::Stale);
            self.hand_over(batch);
        }
        may
    }

    pub(super) fn refresh_ends(&mut self, batch: &mut RouteBatch<K>) {
        if std::mem::take(&mut self.refreshing) {
            self.hand_over(batch);
            self.pending.push_back(Pending::EndOfRib(true, None));
            self.hand_over(batch);
        }
    }

    pub(super) async fn recovered(&mut self) {
        if std::mem::take(&mut self.withheld) {
            self.chunks.fence().await;
        }
    }

    pub(super) async fn event(channel: Option<&mut Self>, room: bool) -> UpEvent {
        let Some(channel) = channel else { return std::future::pending().await };
        let Self { table, source, chunks, pending, over_limit, .. } = channel;
        let chunk = tokio::select! {
            permit = table.reserve(), if !pending.is_empty() => {
                let (Some(permit), Some(next)) = (permit, pending.pop_front()) else { return UpEvent::Gone };
                permit.send(message(next, *source, over_limit));
                return UpEvent::Flushed;
            }
            chunk = chunks.recv(), if room => chunk,
            // Nothing to give to the table, and no room for what it gives.
            else => return std::future::pending().await,
        };
        match chunk {
            Some(Chunk::Updates(bytes)) => UpEvent::Send(bytes),
            Some(Chunk::Fed) => channel.feed_ended(),
            Some(Chunk::Routes(_)) => UpEvent::Flushed,
            None => UpEvent::Gone,
        }
    }

    /// The session is lost. What is stale already stays if `stays_stale`, and else goes.
    pub(super) async fn hold(mut self, negotiated: &Negotiated, stays_stale: bool) -> Option<Held<K>> {
        self.table.remove_exporter(self.chunks.id()).await;
        let refreshing = self.refreshing;
        let Self { table, source, session, add_path, long_lived, .. } = self;
        let held = Held { table, source, session, add_path, long_lived: long_lived && stays_stale };
        if !negotiated.keeps_family(K::FAMILY) {
            held.flush().await;
            return None;
        }
        // What came before the connection was lost is as good as the rest.
        let source = held.source;
        while let Some(pending) = self.pending.pop_front() {
            held.table.reserve().await?.send(message(pending, source, &self.over_limit));
        }
        let mark = move |shell: &mut TableShell<K>| {
            if stays_stale {
                shell.table.mark_stale_again(source);
            } else if refreshing {
                // Those that are stale by the neighbor's own mark are as good as the rest.
                shell.table.mark_refresh(source);
            } else {
                shell.table.mark_stale(source);
            }
        };
        held.table.call(mark).await;
        Some(held)
    }

    pub(super) async fn stop(self) {
        self.table.remove_exporter(self.chunks.id()).await;
        let source = self.source;
        self.table.call(move |shell| shell.table.flush_source(source)).await;
    }
}

/// Tells a table what waited for room there.
fn message<K: NetKey>(pending: Pending<K>, source: SourceId, over_limit: &Arc<OverLimit>) -> TableMessage<K> {
    match pending {
        Pending::Routes(batch) => {
            TableMessage::Routes { source, batch, over_limit: Some(over_limit.clone()) }
        }
        Pending::Stale => TableMessage::Call(Box::new(move |shell| shell.table.mark_refresh(source))),
        Pending::EarlierGoes => {
            TableMessage::Call(Box::new(move |shell| shell.table.sweep_stale_earlier(source)))
        }
        Pending::EndOfRib(stale, lock) => TableMessage::Call(Box::new(move |shell| {
            if stale {
                shell.table.sweep_stale(source);
            }
            drop(lock);
        })),
    }
}

/// The whole table was sent, for the first time or again: End-of-RIB, which also neighbors without graceful restart are
/// told, as with BIRD: it is an empty UPDATE to them (RFC 4724 §2).
fn fed<K: NetKey>(first: bool) -> Bytes {
    let mut out = BytesMut::new();
    if first {
        godwit_wire::end_of_rib(K::FAMILY, &mut out);
    }
    out.freeze()
}

pub(super) async fn refeed<K: NetKey>(channel: Option<&Channel<K>>) {
    let Some(channel) = channel else { return };
    let id = channel.chunks.id();
    channel.table.call(move |shell| shell.table.exporter_mut(id).map(Exporter::refeed)).await;
}

pub(super) async fn set_surroundings<K: NetKey>(channel: Option<&Channel<K>>, links: Arc<LinkTable>) {
    let Some(channel) = channel else { return };
    let id = channel.chunks.id();
    channel.table.call(move |shell| shell.table.exporter_mut(id).map(|e| e.set_surroundings(links))).await;
}
