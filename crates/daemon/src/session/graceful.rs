//! Graceful restart (RFC 4724) in a session's task: routes that stay while the neighbor is away, and what we
//! wait for after a restart of ours.

use std::time::{Duration, Instant};

use godwit_config::{BgpConfig, ChannelConfig, DebugFlags, GracefulRestartMode, ProtocolConfig};
use godwit_fsm::{Down, GracefulRestartConfig, LongLivedConfig, Negotiated, PeerConfig};
use godwit_wire::AddressFamily;

use crate::protocol::Context;
use crate::recovery::{Lock, Recovery};

use super::Task;

/// How long End-of-RIB is waited for of a neighbor that has restarted as well. RFC 4724 §4.1 says not at all,
/// so that two do not wait for each other; but then the kernel's routes would go before the neighbor has said
/// anything. That we announce what we have without waiting, and wait no longer than this, serves both.
const RESTARTED_TOO: Duration = Duration::from_secs(10);

/// The families whose routes stay while a neighbor is away.
const FAMILIES: [AddressFamily; 2] = [AddressFamily::IPV4, AddressFamily::IPV6];

/// What a session has to wait for after a restart of ours.
pub(super) struct OwnRestart {
    /// It goes on, and the neighbor may hold our routes of before.
    pub(super) active: bool,
    locks: Vec<(AddressFamily, Lock)>,
    /// Until when it waits for a neighbor that has restarted as well.
    until: Option<Instant>,
}

impl OwnRestart {
    /// Takes the locks of a session that is started.
    pub(super) fn begin(config: &ProtocolConfig, bgp: &BgpConfig, recovery: &Recovery) -> Self {
        let families = kept_families(config, bgp);
        let locks: Vec<_> = families.into_iter().filter_map(|f| Some((f, recovery.lock()?))).collect();
        Self { active: !locks.is_empty(), locks, until: None }
    }

    /// The lock of a family, which is held no longer.
    pub(super) fn take(&mut self, family: AddressFamily) -> Option<Lock> {
        let place = self.locks.iter().position(|(of, _)| *of == family)?;
        Some(self.locks.swap_remove(place).1)
    }

    /// Whether End-of-RIB of a family is waited for.
    pub(super) fn waits_for(&self, family: AddressFamily) -> bool {
        self.locks.iter().any(|(of, _)| *of == family)
    }

    /// Gives up waiting for what this neighbor will not say, and does not wait long for one that has
    /// restarted and may wait itself.
    fn established(&mut self, negotiated: &Negotiated, now: Instant) {
        let capability = negotiated.remote_open.graceful_restart();
        self.locks.retain(|(family, _)| capability.is_some() && negotiated.families.contains(family));
        if capability.is_some_and(|graceful| graceful.restarting) && !self.locks.is_empty() {
            self.until.get_or_insert(now + RESTARTED_TOO);
        }
    }

    /// When [`OwnRestart::give_up`] is to be called.
    pub(super) fn timeout(&self) -> Option<Instant> {
        self.until.filter(|_| !self.locks.is_empty())
    }

    /// The neighbor took too long.
    pub(super) fn give_up(&mut self) {
        self.locks.clear();
    }
}

/// The families that graceful restart is on for.
fn kept_families(config: &ProtocolConfig, bgp: &BgpConfig) -> Vec<AddressFamily> {
    config.channels.iter().filter(|c| bgp.restarts(&c.bgp)).map(|c| c.family).collect()
}

/// Long-lived graceful restart of each family; none: it is off.
fn long_lived(config: &ProtocolConfig, bgp: &BgpConfig) -> Option<Vec<LongLivedConfig>> {
    let of = |c: &ChannelConfig| LongLivedConfig {
        family: c.family,
        stale_time_secs: bgp.asks_for_long(&c.bgp).then(|| bgp.stale_time(&c.bgp)),
        bounds_secs: (
            c.bgp.min_long_lived_stale_time_secs.unwrap_or(bgp.min_long_lived_stale_time_secs),
            c.bgp.max_long_lived_stale_time_secs.unwrap_or(bgp.max_long_lived_stale_time_secs),
        ),
    };
    (bgp.long_lived_mode() != GracefulRestartMode::Off).then(|| config.channels.iter().map(of).collect())
}

/// The part of a machine's configuration that is about this.
pub(super) fn configure(
    peer: PeerConfig,
    config: &ProtocolConfig,
    bgp: &BgpConfig,
    context: &Context,
) -> PeerConfig {
    let restart_families = kept_families(config, bgp);
    let graceful_restart = match bgp.graceful_restart {
        GracefulRestartMode::Off => GracefulRestartConfig::Off,
        _ if restart_families.is_empty() => GracefulRestartConfig::Aware,
        _ => GracefulRestartConfig::On { restart_time_secs: bgp.graceful_restart_time_secs },
    };
    let long_lived = long_lived(config, bgp);
    let preserved = restart_families.iter().copied().filter(|f| context.recovery.has_preserved(*f));
    PeerConfig {
        graceful_restart,
        long_lived,
        preserved_families: preserved.collect(),
        restarting: !restart_families.is_empty() && context.recovery.is_active(),
        restart_families,
        ..peer
    }
}

impl Task {
    /// A session is up: what can still be waited for.
    pub(super) fn restart_established(&mut self, negotiated: &Negotiated) {
        self.own_restart.established(negotiated, Instant::now());
    }

    /// The established session is over.
    pub(super) async fn down(&mut self, down: &Down) {
        let up = self.up.take();
        if down.graceful {
            self.set_state(godwit_api::ProtocolState::Start);
            if let Some(up) = up {
                self.held = up.hold(&down.stays_stale).await;
            }
            return;
        }
        self.trace(DebugFlags::STATES, "State changed to stop");
        self.trace_end();
        self.trace(DebugFlags::STATES, "Starting");
        self.set_state(godwit_api::ProtocolState::Start);
        self.trace(DebugFlags::EVENTS, "Started");
        if let Some(up) = up {
            up.stop().await;
        }
    }

    /// What the neighbor left behind and has not announced again goes.
    pub(super) async fn stale_expired(&mut self) {
        for family in FAMILIES {
            self.family_expired(family).await;
        }
    }

    /// What it left behind of a family, and has not announced again, goes.
    pub(super) async fn family_expired(&mut self, family: AddressFamily) {
        self.held.flush_family(family).await;
        if let Some(up) = &mut self.up {
            up.end_of_rib(family, None);
        }
    }

    /// What it left behind of some families when it was lost before the last time, and has not announced again, goes.
    pub(super) async fn earlier_expired(&mut self, families: &[AddressFamily]) {
        for family in families {
            self.held.sweep_earlier(*family).await;
            if let Some(up) = &mut self.up {
                up.sweep_earlier(*family);
            }
        }
    }

    /// The restart time is over, and what the neighbor left behind in some families stays for long.
    pub(super) async fn long_lived(&mut self, families: &[AddressFamily]) {
        let seed = self.context.seed;
        if let Some(held) = self.held.ipv4.as_mut().filter(|_| families.contains(&AddressFamily::IPV4)) {
            held.make_long_lived(seed).await;
        }
        if let Some(held) = self.held.ipv6.as_mut().filter(|_| families.contains(&AddressFamily::IPV6)) {
            held.make_long_lived(seed).await;
        }
    }

    /// End-of-RIB of a family.
    pub(super) fn end_of_rib(&mut self, family: AddressFamily) {
        let lock = self.own_restart.take(family);
        if let Some(up) = &mut self.up {
            up.end_of_rib(family, lock);
        }
        self.check_refreshed();
    }

    /// The recovery after a restart of ours is over, for all sessions.
    pub(super) async fn recovered(&mut self) {
        self.own_restart = OwnRestart { active: false, locks: Vec::new(), until: None };
        self.fsm.set_recovered();
        if let Some(up) = &mut self.up {
            up.recovered().await;
        }
    }

    /// Tells the machine in which families a session that is up has nothing stale (left), so that it need not wait.
    pub(super) fn check_refreshed(&mut self) {
        match self.up.as_ref().map(|up| up.is_stale()) {
            Some((true, false)) => self.fsm.set_family_refreshed(AddressFamily::IPV6),
            Some((false, true)) => self.fsm.set_family_refreshed(AddressFamily::IPV4),
            Some((false, false)) => self.fsm.set_refreshed(),
            Some((true, true)) | None => {}
        }
    }
}
