//! Recovery after a restart of ours (RFC 4724 §4.1): until the neighbors have said everything again, or
//! for some minutes at most, the kernel keeps the routes of our earlier life.

use std::convert::Infallible;

use godwit_config::{ProtocolKind, RouterConfig};
use godwit_wire::AddressFamily;
use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, Instant};

/// What a channel holds from which End-of-RIB is waited for. The recovery is over when all are dropped.
pub(crate) type Lock = mpsc::Sender<Infallible>;

/// The recovery as protocols see it.
#[derive(Clone, Debug)]
pub(crate) struct Recovery {
    active: watch::Receiver<bool>,
    locks: mpsc::WeakSender<Infallible>,
    /// Families whose routes have stayed in the kernel.
    preserved: Vec<AddressFamily>,
}

impl Recovery {
    /// Whether it goes on.
    pub(crate) fn is_active(&self) -> bool {
        *self.active.borrow()
    }

    /// Makes it wait for one channel more; none when there is nothing to wait for any more.
    pub(crate) fn lock(&self) -> Option<Lock> {
        if self.is_active() { self.locks.upgrade() } else { None }
    }

    /// Whether routes of a family have stayed in the kernel over our restart.
    pub(crate) fn has_preserved(&self, family: AddressFamily) -> bool {
        self.is_active() && self.preserved.contains(&family)
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) {
        if self.active.wait_for(|active| !active).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The recovery as the supervisor leads it.
#[derive(Debug)]
pub(crate) struct RecoveryWait {
    active: watch::Sender<bool>,
    locks: mpsc::Receiver<Infallible>,
    /// Handed on while protocols are started; dropped when those that there are have theirs.
    first: Option<Lock>,
    weak: mpsc::WeakSender<Infallible>,
    started: Instant,
}

impl RecoveryWait {
    /// One that goes on, or (with `wanted` false) none at all.
    pub(crate) fn new(wanted: bool) -> Self {
        // Nothing is ever sent.
        let (first, locks) = mpsc::channel(1);
        if wanted {
            tracing::info!("Graceful restart started");
        }
        let weak = first.downgrade();
        Self { active: watch::channel(wanted).0, locks, first: Some(first), weak, started: Instant::now() }
    }

    pub(crate) fn is_active(&self) -> bool {
        *self.active.borrow()
    }

    /// For the protocols of a configuration.
    pub(crate) fn handle(&self, config: &RouterConfig) -> Recovery {
        let families = [AddressFamily::IPV4, AddressFamily::IPV6];
        let preserved = families.into_iter().filter(|family| preserves(config, *family)).collect();
        Recovery { active: self.active.subscribe(), locks: self.weak.clone(), preserved }
    }

    /// The protocols there are have their locks.
    pub(crate) fn all_started(&mut self) {
        self.first = None;
    }

    /// Waits until there is nothing to wait for any more, `wait` from the start at most.
    pub(crate) async fn over(&mut self, wait: Duration) {
        if !self.is_active() {
            return std::future::pending().await;
        }
        let deadline = self.started + wait;
        tokio::select! {
            _ = self.locks.recv() => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }

    /// It is over.
    pub(crate) fn end(&mut self) {
        if self.active.send_replace(false) {
            tracing::info!("Graceful restart done");
        }
    }

    /// Channels waited for, milliseconds left, and the whole wait in seconds; none when it is over.
    pub(crate) fn status(&self, wait_secs: u32) -> Option<(u32, u32, u32)> {
        if !self.is_active() {
            return None;
        }
        let waiting = self.locks.sender_strong_count().saturating_sub(self.first.iter().len());
        let end = self.started + Duration::from_secs(wait_secs.into());
        let left = end.saturating_duration_since(Instant::now());
        let number = |n: u128| u32::try_from(n).unwrap_or(u32::MAX);
        Some((number(waiting as u128), number(left.as_millis()), wait_secs))
    }
}

/// Whether every kernel table of a family is one whose routes stay. Where there is none, others forward.
fn preserves(config: &RouterConfig, family: AddressFamily) -> bool {
    let of_family = config.protocols.iter().filter(|p| p.channels.iter().any(|c| c.family == family));
    let mut tables = of_family.filter_map(|p| match &p.kind {
        ProtocolKind::Kernel(kernel) => Some(kernel),
        _ => None,
    });
    tables.all(|kernel| kernel.keeps_routes(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_lasts_as_long_as_somebody_holds_a_lock() {
        let mut wait = RecoveryWait::new(true);
        let mut recovery = wait.handle(&RouterConfig::default());
        let locks = [recovery.lock().unwrap(), recovery.lock().unwrap()];
        let (waiting, left, whole) = wait.status(240).unwrap();
        assert!((waiting, whole) == (2, 240) && (239_000..=240_000).contains(&left), "{waiting} {left}");
        wait.all_started();
        let [one, other] = locks;
        drop(one);
        assert_eq!(wait.status(240).unwrap().0, 1);
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, wait.over(Duration::from_secs(240))).await.is_err());
        drop(other);
        wait.over(Duration::from_secs(240)).await;
        assert!(recovery.is_active());
        wait.end();
        recovery.ended().await;
        assert_eq!((wait.status(240), recovery.lock().is_none()), (None, true));
    }

    #[tokio::test]
    async fn it_lasts_no_longer_than_the_wait() {
        let mut wait = RecoveryWait::new(true);
        let _lock = wait.handle(&RouterConfig::default()).lock().unwrap();
        wait.all_started();
        wait.over(Duration::from_millis(20)).await;
    }

    #[tokio::test]
    async fn with_nobody_to_wait_for_it_is_over_at_once() {
        let mut wait = RecoveryWait::new(true);
        wait.all_started();
        wait.over(Duration::from_secs(240)).await;
        let none = RecoveryWait::new(false);
        assert_eq!((none.status(240), none.handle(&RouterConfig::default()).lock().is_none()), (None, true));
    }
}
