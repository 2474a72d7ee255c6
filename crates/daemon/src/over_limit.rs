//! How a table tells a session that limits of its channels are passed.

use std::sync::atomic::{AtomicU8, Ordering};

use godwit_api::ChannelStatus;
use godwit_config::{ChannelConfig, Limit};
use godwit_rib::LimitsPassed;
use godwit_wire::AddressFamily;

/// A limit of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LimitKind {
    Receive,
    Import,
    Export,
}

impl LimitKind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Receive, Self::Import, Self::Export];

    /// The word of the configuration.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Import => "import",
            Self::Export => "export",
        }
    }

    /// What a channel has of it.
    pub(crate) fn of(self, channel: &ChannelConfig) -> Option<Limit> {
        match self {
            Self::Receive => channel.receive_limit,
            Self::Import => channel.import_limit,
            Self::Export => channel.export_limit,
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Which limits of one session are passed, a bit for each; it is woken.
#[derive(Debug, Default)]
pub(crate) struct OverLimit {
    ipv4: AtomicU8,
    ipv6: AtomicU8,
    /// Which were ever passed: IPv4, IPv6.
    hit: [AtomicU8; 2],
    pub(crate) wake: tokio::sync::Notify,
}

impl OverLimit {
    fn of(&self, family: AddressFamily) -> &AtomicU8 {
        if family == AddressFamily::IPV6 { &self.ipv6 } else { &self.ipv4 }
    }

    fn hit_of(&self, family: AddressFamily) -> &AtomicU8 {
        let [ipv4, ipv6] = &self.hit;
        if family == AddressFamily::IPV6 { ipv6 } else { ipv4 }
    }

    /// Marks the limits that were passed in a channel that is down now.
    pub(crate) fn mark_hit(&self, channel: &mut ChannelStatus) {
        let hit = self.hit_of(channel.family).load(Ordering::Acquire);
        for (limit, kind) in channel.limits.iter_mut().zip(LimitKind::ALL) {
            if let Some((_, was_passed)) = limit {
                *was_passed = hit & kind.bit() != 0;
            }
        }
    }

    /// Tells the session of limits on what comes, if some are passed.
    pub(crate) fn passed(&self, family: AddressFamily, passed: LimitsPassed) {
        let receive = if passed.receive { LimitKind::Receive.bit() } else { 0 };
        self.tell(family, receive | if passed.import { LimitKind::Import.bit() } else { 0 });
    }

    /// Tells it of the one on what goes.
    pub(crate) fn export_passed(&self, family: AddressFamily) {
        self.tell(family, LimitKind::Export.bit());
    }

    fn tell(&self, family: AddressFamily, bits: u8) {
        if bits != 0 {
            self.of(family).fetch_or(bits, Ordering::AcqRel);
            self.hit_of(family).fetch_or(bits, Ordering::AcqRel);
            self.wake.notify_one();
        }
    }

    /// Whether a limit of a channel was passed since this was last asked.
    pub(crate) fn take(&self, family: AddressFamily, kind: LimitKind) -> bool {
        self.of(family).fetch_and(!kind.bit(), Ordering::AcqRel) & kind.bit() != 0
    }
}
