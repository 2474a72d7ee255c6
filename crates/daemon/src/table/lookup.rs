//! Next hops that are looked up in another table (`igp table`, next hops of the other family).
//!
//! Between the two tables stands a small task, the courier. It may wait, they never do: a table puts down what is to be
//! asked or answered when there is a place for it, and else keeps it, only the last of each next hop.

use std::any::Any;

use godwit_filter::Recursion;
use godwit_rib::{LookUp, NetKey, Resolution, WatcherId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::{TableHandle, TableMessage, TableShell};
use crate::limits::LOOKUP_WAIT_MAX;
use crate::protocol::AnyTable;

/// Next hops with where they go.
type Answers = Vec<(Recursion, Resolution)>;

/// A table's handle that does not keep the table alive.
struct Weak<K: NetKey>(mpsc::WeakSender<TableMessage<K>>);

impl<K: NetKey> Weak<K> {
    fn of(table: &TableHandle<K>) -> Self {
        Self(table.tx.downgrade())
    }

    fn get(&self) -> Option<TableHandle<K>> {
        self.0.upgrade().map(|tx| TableHandle { tx })
    }
}

/// Another table in which a table looks next hops up.
#[derive(Debug)]
pub(super) struct Asked {
    /// What tells it from others.
    table: AnyWeak,
    number: u16,
    tx: mpsc::Sender<Vec<LookUp>>,
}

#[derive(Debug)]
enum AnyWeak {
    Ipv4(mpsc::WeakSender<TableMessage<ipnetwork::Ipv4Network>>),
    Ipv6(mpsc::WeakSender<TableMessage<ipnetwork::Ipv6Network>>),
}

impl AnyWeak {
    fn is(&self, table: &AnyTable) -> bool {
        match (self, table) {
            (Self::Ipv4(weak), AnyTable::Ipv4(t)) => weak.upgrade().is_some_and(|tx| tx.same_channel(&t.tx)),
            (Self::Ipv6(weak), AnyTable::Ipv6(t)) => weak.upgrade().is_some_and(|tx| tx.same_channel(&t.tx)),
            _ => false,
        }
    }
}

/// Another table that looks next hops up here.
#[derive(Debug)]
pub(super) struct Asker {
    watcher: WatcherId,
    tx: mpsc::Sender<Answers>,
}

/// Answers that are taken when the table has followed the ones before.
#[derive(Debug)]
pub(super) struct Delivery {
    number: u16,
    answers: Answers,
    /// Dropped when that is done.
    _taken: oneshot::Sender<()>,
}

impl<K: NetKey> TableHandle<K> {
    /// The number by which next hops name another table to be looked up in ([`Recursion::table`]); 0 is this table itself.
    /// One that names none where there is no such table.
    pub(crate) async fn lookup_table(&self, other: Option<AnyTable>) -> u16 {
        const NONE: u16 = u16::MAX;
        let Some(other) = other else { return NONE };
        if self.is(&other) {
            return 0;
        }
        let own = Weak::of(self);
        self.call(move |shell| shell.lookup_table(own, &other)).await.flatten().unwrap_or(NONE)
    }

    fn is(&self, other: &AnyTable) -> bool {
        let other: &dyn Any = match other {
            AnyTable::Ipv4(table) => table,
            AnyTable::Ipv6(table) => table,
        };
        other.downcast_ref::<Self>().is_some_and(|table| table.tx.same_channel(&self.tx))
    }
}

impl<K: NetKey> TableShell<K> {
    /// Logs what there is to say of next hops, as long as it is not too much.
    pub(super) fn tell_remarks(&mut self) {
        for line in self.table.take_remarks() {
            if !self.remarks.allows(std::time::Instant::now()) {
                continue;
            }
            if let Some(count) = self.remarks.left_out() {
                tracing::warn!("{}: {count} more lines about next hops were not logged", self.name);
            }
            tracing::warn!("{line}");
        }
    }

    fn lookup_table(&mut self, own: Weak<K>, other: &AnyTable) -> Option<u16> {
        if let Some(known) = self.asked.iter().find(|asked| asked.table.is(other)) {
            return Some(known.number);
        }
        let number = self.table.add_lookup_table()?;
        let (tx, rx) = mpsc::channel(1);
        let table = match other {
            AnyTable::Ipv4(other) => {
                crate::task::spawn(carry(own, Weak::of(other), number, rx));
                AnyWeak::Ipv4(other.tx.downgrade())
            }
            AnyTable::Ipv6(other) => {
                crate::task::spawn(carry(own, Weak::of(other), number, rx));
                AnyWeak::Ipv6(other.tx.downgrade())
            }
        };
        self.asked.push(Asked { table, number, tx });
        Some(number)
    }

    /// Puts down what is to be asked and answered, where there is a place; takes answers.
    pub(super) fn look_up(&mut self) {
        if !self.table.follows_next_hops() {
            for Delivery { number, answers, .. } in self.deliveries.drain(..) {
                self.table.answered(number, answers);
            }
        }
        for asked in &self.asked {
            if self.table.has_lookups(asked.number)
                && let Ok(place) = asked.tx.try_reserve()
            {
                place.send(self.table.take_lookups(asked.number));
            }
        }
        for asker in &self.askers {
            if self.table.has_answers(asker.watcher)
                && let Ok(place) = asker.tx.try_reserve()
            {
                place.send(self.table.take_answers(asker.watcher));
            }
        }
    }

    /// Whether what is exported may still change, as next hops are being looked up.
    pub(super) fn is_looking_up(&self) -> bool {
        self.table.has_job() || self.table.awaits_lookups()
    }

    /// Whether to say nothing yet: what waits only for another table's answer would be told to be unreachable. Not for
    /// long, whatever becomes of the answer.
    pub(super) fn waits_for_answers(&mut self) -> bool {
        if !self.table.awaits_lookups() {
            self.silent_since = None;
            return false;
        }
        let waits = self.silent_since.get_or_insert_with(Instant::now).elapsed() < LOOKUP_WAIT_MAX;
        if !waits {
            self.silent_since = None;
        }
        waits
    }

    fn add_asker(&mut self, tx: mpsc::Sender<Answers>) -> WatcherId {
        let next = self.askers.iter().map(|asker| asker.watcher.0 + 1).max();
        let watcher = WatcherId(next.unwrap_or_default());
        self.askers.push(Asker { watcher, tx });
        watcher
    }

    fn remove_asker(&mut self, watcher: WatcherId) {
        self.askers.retain(|asker| asker.watcher != watcher);
        self.table.remove_watcher(watcher);
    }

    fn is_gone(&mut self, number: u16) {
        self.asked.retain(|asked| asked.number != number);
        self.deliveries.retain(|delivery| delivery.number != number);
        self.table.lookup_table_is_gone(number);
    }
}

/// Carries what a table asks to another one, and the answers back, until one of them ends.
async fn carry<K: NetKey, J: NetKey>(
    from: Weak<K>,
    to: Weak<J>,
    number: u16,
    mut asked: mpsc::Receiver<Vec<LookUp>>,
) {
    let (tx, mut answers) = mpsc::channel(1);
    let watcher = match to.get() {
        Some(table) => table.call(move |shell| shell.add_asker(tx)).await,
        None => None,
    };
    if let Some(watcher) = watcher {
        while carry_one(&from, &to, (number, watcher), &mut asked, &mut answers).await.is_some() {}
        if let Some(table) = to.get() {
            table.call(move |shell| shell.remove_asker(watcher)).await;
        }
    }
    if let Some(table) = from.get() {
        table.call(move |shell| shell.is_gone(number)).await;
    }
}

/// One way or the other; none when one of the tables has ended.
async fn carry_one<K: NetKey, J: NetKey>(
    from: &Weak<K>,
    to: &Weak<J>,
    (number, watcher): (u16, WatcherId),
    asked: &mut mpsc::Receiver<Vec<LookUp>>,
    answers: &mut mpsc::Receiver<Answers>,
) -> Option<()> {
    tokio::select! {
        lookups = asked.recv() => {
            let lookups = lookups?;
            to.get()?.call(move |shell| shell.table.look_up(watcher, &lookups)).await?;
            // There is room for more.
            from.get()?.reserve().await?.send(TableMessage::Credit);
        }
        answers = answers.recv() => {
            let answers = answers?;
            let (taken, done) = oneshot::channel();
            let delivery = Delivery { number, answers, _taken: taken };
            from.get()?.call(move |shell| shell.deliveries.push(delivery)).await?;
            // An error is how it says that it is done.
            let _ = done.await;
            to.get()?.reserve().await?.send(TableMessage::Credit);
        }
    }
    Some(())
}
