//! The shell of a table: a task that owns it, takes batches and calls, and hands changes to those
//! who can take them. It never waits for anyone but its own queue.

mod lookup;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use godwit_rib::{
    Exported, Exporter, ExporterId, NetKey, RouteBatch, SourceId, SourceInfo, SourceLimit, Table, Trace,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::limits::{EXPORT_NETS_MAX, STEP_NETS_MAX, TABLE_QUEUE_LEN};
use crate::log_limit::LogLimit;
use crate::over_limit::OverLimit;

type Call<K> = Box<dyn FnOnce(&mut TableShell<K>) + Send>;

/// What a table's task is told.
pub(crate) enum TableMessage<K: NetKey> {
    /// Routes of a source.
    Routes {
        source: SourceId,
        batch: RouteBatch<K>,
        /// Told when a limit of the source is passed.
        over_limit: Option<Arc<OverLimit>>,
    },
    /// A reader that was short of room has some again.
    Credit,
    /// Anything rare, done with the table in hand.
    Call(Call<K>),
}

/// What an exporter's reader gets.
#[derive(Debug)]
pub(crate) enum Chunk<K> {
    /// Whole UPDATE messages.
    Updates(Bytes),
    /// Routes for a kernel table.
    Routes(Vec<(K, Option<godwit_rib::WantedRoute>)>),
    /// The whole table has been sent once (since the start or the last refresh).
    Fed,
}

/// The reading end of an exporter.
pub(crate) struct ChunkReceiver<K: NetKey> {
    table: TableHandle<K>,
    id: ExporterId,
    rx: mpsc::Receiver<Chunk<K>>,
    blocked: Arc<AtomicBool>,
    /// So many chunks were on their way when [`ChunkReceiver::fence`] was called.
    before_fence: usize,
}

impl<K: NetKey> ChunkReceiver<K> {
    /// The next chunk; `None` when the table has removed the exporter. It can be dropped at any
    /// point without losing a chunk or the word to the table that there is room again.
    pub(crate) async fn recv(&mut self) -> Option<Chunk<K>> {
        if self.blocked.load(Ordering::Acquire) {
            let permit = self.table.reserve().await?;
            self.blocked.store(false, Ordering::Release);
            permit.send(TableMessage::Credit);
        }
        loop {
            let chunk = self.rx.recv().await;
            let old = self.before_fence > 0;
            self.before_fence = self.before_fence.saturating_sub(1);
            // The one that counts is yet to come.
            if !(old && matches!(chunk, Some(Chunk::Fed))) {
                return chunk;
            }
        }
    }

    /// Asks for another [`Chunk::Fed`] when all that is in the table now has been said; it is the next
    /// one that comes.
    pub(crate) async fn fence(&mut self) {
        // What is still looked up may change what is said.
        while self.table.call(|shell| shell.is_looking_up()).await == Some(true) {}
        let id = self.id;
        let queued = self.table.call(move |shell| shell.fence(id)).await;
        self.before_fence = queued.unwrap_or_default();
    }

    /// The exporter's id in its table.
    pub(crate) fn id(&self) -> ExporterId {
        self.id
    }
}

/// A table's task, from outside.
#[derive(Debug)]
pub(crate) struct TableHandle<K: NetKey> {
    tx: mpsc::Sender<TableMessage<K>>,
}

impl<K: NetKey> Clone for TableHandle<K> {
    fn clone(&self) -> Self {
        Self { tx: self.tx.clone() }
    }
}

impl<K: NetKey> TableHandle<K> {
    /// Runs `f` in the table's task. `None` when the task has ended.
    pub(crate) async fn call<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut TableShell<K>) -> R + Send + 'static,
    ) -> Option<R> {
        let (tx, rx) = oneshot::channel();
        let call: Call<K> = Box::new(move |shell| {
            let _ = tx.send(f(shell));
        });
        self.tx.send(TableMessage::Call(call)).await.ok()?;
        rx.await.ok()
    }

    /// A place in the queue, if there is one now.
    pub(crate) fn try_reserve(&self) -> Option<mpsc::Permit<'_, TableMessage<K>>> {
        self.tx.try_reserve().ok()
    }

    /// A place in the queue, waited for without holding anything.
    pub(crate) async fn reserve(&self) -> Option<mpsc::Permit<'_, TableMessage<K>>> {
        self.tx.reserve().await.ok()
    }

    /// Adds a source of routes, of which `trace` says what is told.
    pub(crate) async fn add_source(
        &self,
        info: SourceInfo,
        limit: Option<SourceLimit>,
        trace: Option<Trace>,
    ) -> Option<SourceId> {
        self.call(move |shell| {
            let source = shell.table.add_source(info, limit);
            shell.table.set_source_trace(source, trace);
            source
        })
        .await
    }

    /// Adds an exporter with room for `chunks` unread chunks.
    pub(crate) async fn add_exporter(
        &self,
        protocol: Arc<str>,
        exporter: Exporter,
        chunks: usize,
        over_limit: Option<Arc<OverLimit>>,
    ) -> Option<ChunkReceiver<K>> {
        let (tx, rx) = mpsc::channel(chunks);
        let blocked = Arc::new(AtomicBool::new(false));
        let reader_blocked = blocked.clone();
        let id = self
            .call(move |shell| {
                let id = shell.table.add_exporter(exporter);
                shell.readers.push(Reader { id, protocol, tx, blocked, over_limit });
                id
            })
            .await?;
        Some(ChunkReceiver { table: self.clone(), id, rx, blocked: reader_blocked, before_fence: 0 })
    }

    /// Removes an exporter.
    pub(crate) async fn remove_exporter(&self, id: ExporterId) {
        self.call(move |shell| {
            shell.readers.retain(|r| r.id != id);
            shell.table.remove_exporter(id);
        })
        .await;
    }
}

#[derive(Debug)]
struct Reader<K> {
    id: ExporterId,
    /// The protocol it exports to.
    protocol: Arc<str>,
    tx: mpsc::Sender<Chunk<K>>,
    /// The table has something to say and found no room.
    blocked: Arc<AtomicBool>,
    /// Told when more is exported than may be.
    over_limit: Option<Arc<OverLimit>>,
}

/// A table and those who read from it.
#[derive(Debug)]
pub(crate) struct TableShell<K: NetKey> {
    /// The table's name.
    pub(crate) name: Arc<str>,
    pub(crate) table: Table<K>,
    readers: Vec<Reader<K>>,
    /// Tables where next hops of this one are looked up.
    asked: Vec<lookup::Asked>,
    /// What they have answered.
    deliveries: Vec<lookup::Delivery>,
    /// Tables whose next hops are looked up here.
    askers: Vec<lookup::Asker>,
    /// Since when nothing is exported, as answers are awaited.
    silent_since: Option<Instant>,
    /// What is said of next hops.
    remarks: LogLimit,
}

/// Starts a table's task.
pub(crate) fn spawn<K: NetKey>(name: &str, seed: u64) -> TableHandle<K> {
    let (tx, rx) = mpsc::channel(TABLE_QUEUE_LEN);
    let shell = TableShell {
        name: name.into(),
        table: Table::new(seed),
        readers: Vec::new(),
        asked: Vec::new(),
        deliveries: Vec::new(),
        askers: Vec::new(),
        silent_since: None,
        remarks: LogLimit::default(),
    };
    crate::task::spawn(shell.run(rx));
    TableHandle { tx }
}

impl<K: NetKey> TableShell<K> {
    async fn run(mut self, mut rx: mpsc::Receiver<TableMessage<K>>) {
        loop {
            // Work of our own is done a slice at a time, between messages.
            let busy = self.table.has_job() || self.can_export();
            let message = if busy {
                match rx.try_recv() {
                    Ok(message) => Some(message),
                    Err(mpsc::error::TryRecvError::Empty) => None,
                    Err(mpsc::error::TryRecvError::Disconnected) => return,
                }
            } else {
                match rx.recv().await {
                    Some(message) => Some(message),
                    None => return,
                }
            };
            if let Some(message) = message {
                self.handle(message);
            }
            if self.table.has_job() {
                self.table.step(STEP_NETS_MAX);
            }
            for line in self.table.take_traces() {
                tracing::debug!("{line}");
            }
            for line in self.table.take_warnings() {
                tracing::warn!(class = "RMT", "{line}");
            }
            self.tell_remarks();
            self.look_up();
            if !self.waits_for_answers() {
                self.export();
            }
            if busy {
                tokio::task::yield_now().await;
            }
        }
    }

    fn handle(&mut self, message: TableMessage<K>) {
        match message {
            TableMessage::Routes { source, batch, over_limit } => {
                let passed = self.table.apply(source, batch, crate::clock::unix_millis());
                if let Some(over) = over_limit {
                    over.passed(K::FAMILY, passed);
                }
            }
            TableMessage::Credit => {}
            TableMessage::Call(call) => call(self),
        }
    }

    /// Has a reader told once more that it has everything; how many chunks it has not read yet.
    fn fence(&mut self, id: ExporterId) -> usize {
        if let Some(exporter) = self.table.exporter_mut(id) {
            exporter.fence();
        }
        let reader = self.readers.iter().find(|r| r.id == id);
        reader.map_or(0, |r| r.tx.max_capacity() - r.tx.capacity())
    }

    /// The exporter to a protocol.
    pub(crate) fn exporter_of(&self, protocol: &str) -> Option<&Exporter> {
        let reader = self.readers.iter().find(|r| *r.protocol == *protocol)?;
        self.table.exporter(reader.id)
    }

    fn can_export(&self) -> bool {
        self.readers
            .iter()
            .any(|r| r.tx.capacity() > 0 && !r.blocked.load(Ordering::Acquire) && self.table.has_export(r.id))
    }

    /// One slice for every reader that has room.
    fn export(&mut self) {
        for reader in &self.readers {
            if !self.table.has_export(reader.id) {
                continue;
            }
            // Two places: one for the changes and one for the word that the feed is through.
            if reader.tx.capacity() < 2 {
                reader.blocked.store(true, Ordering::Release);
                // The reader may have emptied its queue before it could see the flag.
                if reader.tx.capacity() < 2 {
                    continue;
                }
                reader.blocked.store(false, Ordering::Release);
            }
            if let Some(exporter) = self.table.exporter_mut(reader.id).filter(|e| e.keeps_exported()) {
                exporter.set_time(crate::clock::unix_millis());
            }
            if let Some(exported) = self.table.export(reader.id, EXPORT_NETS_MAX) {
                let chunk = match exported {
                    Exported::Updates(bytes) => Chunk::Updates(bytes),
                    Exported::Routes(routes) => Chunk::Routes(routes),
                };
                let _ = reader.tx.try_send(chunk);
            }
            let Some(exporter) = self.table.exporter_mut(reader.id) else { continue };
            if exporter.take_limit_passed()
                && let Some(over) = &reader.over_limit
            {
                over.export_passed(K::FAMILY);
            }
            if exporter.take_fed() {
                let _ = reader.tx.try_send(Chunk::Fed);
            }
            for line in exporter.take_traces() {
                tracing::debug!("{line}");
            }
            for fault in exporter.take_faults() {
                tracing::warn!("{}: {fault}", reader.protocol);
            }
            for message in exporter.take_messages() {
                tracing::warn!("{message}");
            }
        }
    }
}
