//! The difference between two configurations: what has to change for the one to become the other.

use crate::model::{
    BgpChannelConfig, BgpConfig, ChannelConfig, KernelConfig, ProtocolConfig, ProtocolKind, RouterConfig,
};

/// The difference between two configurations.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ConfigDiff {
    /// Protocols of either configuration: those removed first, then the new one's in order.
    pub protocols: Vec<ProtocolChange>,
}

/// What becomes of a protocol.
#[derive(Clone, PartialEq, Debug)]
pub struct ProtocolChange {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub kind: ChangeKind,
}

/// What becomes of a protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is stopped and started again.
    Restart {
        /// The part that differs.
        reason: &'static str,
    },
    /// It goes on with other parameters.
    Modify {
        /// The import side of a channel differs: routes are to be imported anew.
        reimport: bool,
        /// The export side differs: routes are to be exported anew.
        reexport: bool,
    },
    /// Nothing differs.
    Unchanged,
}

/// Compares two configurations. Protocols are the same by name.
pub fn diff(old: &RouterConfig, new: &RouterConfig) -> ConfigDiff {
    let find = |config: &'_ RouterConfig, name: &str| config.protocols.iter().position(|p| p.name == name);
    let removed = old.protocols.iter().filter(|p| find(new, &p.name).is_none());
    let mut protocols: Vec<ProtocolChange> =
        removed.map(|p| ProtocolChange { name: p.name.clone(), kind: ChangeKind::Removed }).collect();
    let router = old.router_id != new.router_id || old.dialect != new.dialect || old.listen != new.listen;
    for protocol in &new.protocols {
        let before = find(old, &protocol.name).and_then(|i| old.protocols.get(i));
        let kind = match before {
            None => ChangeKind::Added,
            Some(before) if router && matches!(protocol.kind, ProtocolKind::Bgp(_)) && before.router_id.is_none() => {
                ChangeKind::Restart { reason: "router id" }
            }
            Some(before) => compare(before, protocol),
        };
        protocols.push(ProtocolChange { name: protocol.name.clone(), kind });
    }
    ConfigDiff { protocols }
}

fn compare(old: &ProtocolConfig, new: &ProtocolConfig) -> ChangeKind {
    if old == new {
        return ChangeKind::Unchanged;
    }
    let restart = |reason| ChangeKind::Restart { reason };
    if old.disabled != new.disabled {
        return restart("disabled");
    }
    if old.router_id != new.router_id {
        return restart("router id");
    }
    if let Some(reason) = kind_differs(&old.kind, &new.kind) {
        return restart(reason);
    }
    if old.channels.len() != new.channels.len() {
        return restart("channels");
    }
    let (mut reimport, mut reexport) = (false, false);
    for (a, b) in old.channels.iter().zip(&new.channels) {
        if let Some(reason) = channel_differs(a, b) {
            return restart(reason);
        }
        reimport |= a.import != b.import || a.preference != b.preference;
        reexport |= a.export != b.export;
    }
    ChangeKind::Modify { reimport, reexport }
}

/// Why a protocol of this kind has to restart.
fn kind_differs(old: &ProtocolKind, new: &ProtocolKind) -> Option<&'static str> {
    match (old, new) {
        (ProtocolKind::Device(_), ProtocolKind::Device(_))
        | (ProtocolKind::Direct(_), ProtocolKind::Direct(_))
        | (ProtocolKind::Static(_), ProtocolKind::Static(_)) => None,
        (ProtocolKind::Kernel(a), ProtocolKind::Kernel(b)) => {
            let KernelConfig { persist, graceful_restart, .. } = b.clone();
            let same = *b == KernelConfig { persist, graceful_restart, ..a.clone() };
            (!same).then_some("kernel options")
        }
        (ProtocolKind::Bgp(a), ProtocolKind::Bgp(b)) => bgp_differs(a, b),
        _ => Some("type"),
    }
}

/// Every option of a session counts: the neighbor was told, or acts on it.
fn bgp_differs(old: &BgpConfig, new: &BgpConfig) -> Option<&'static str> {
    (old != new).then_some("session options")
}

fn channel_differs(old: &ChannelConfig, new: &ChannelConfig) -> Option<&'static str> {
    if old.family != new.family {
        return Some("channel type");
    }
    if old.table != new.table {
        return Some("table");
    }
    if old.keep_filtered != new.keep_filtered
        || [old.receive_limit, old.import_limit, old.export_limit]
            != [new.receive_limit, new.import_limit, new.export_limit]
    {
        return Some("limits");
    }
    let BgpChannelConfig { .. } = &new.bgp;
    (old.bgp != new.bgp).then_some("channel options")
}
