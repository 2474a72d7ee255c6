//! How a table tells a session that limits of its channels are passed.

use std::sync::atomic::{AtomicU8, Ordering};

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

/// Which limits are passed, a bit for each; the session is woken.
#[derive(Debug, Default)]
pub(crate) struct OverLimit {
    ipv4: AtomicU8,
    ipv6: AtomicU8,
    pub(crate) wake: tokio::sync::Notify,
}

impl OverLimit {
    fn of(&self, family: AddressFamily) -> &AtomicU8 {
        if family == AddressFamily::IPV6 { &self.ipv6 } else { &self.ipv4 }
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
            self.wake.notify_one();
        }
    }

    /// Whether a limit of a channel was passed since this was last asked.
    pub(crate) fn take(&self, family: AddressFamily, kind: LimitKind) -> bool {
        self.of(family).fetch_and(!kind.bit(), Ordering::AcqRel) & kind.bit() != 0
    }
}
