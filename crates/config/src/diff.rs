//! What a new configuration changes (bird.md §4.9). Protocols are matched by name.

/// The first of the named fields that differs, by the name the configuration has for it.
macro_rules! first_difference {
    ($old:expr, $new:expr, $($field:ident => $name:literal),+ $(,)?) => {{
        $(if $old.$field != $new.$field { return Some($name); })+
        None
    }};
}

mod channels;
mod session;

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use godwit_wire::AddressFamily;

use self::session::bgp;
use crate::model::{
    Dialect, KernelConfig, ProtocolConfig, ProtocolKind, RouterConfig, RouterId, StaticConfig,
};

/// The difference between two configurations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConfigDiff {
    /// Every protocol of the new configuration in its order, then those that are gone.
    pub protocols: Vec<ProtocolChange>,
    /// Names of tables only the new one has, or has with another family.
    pub tables_added: Vec<String>,
    /// Names of tables only the old one has, or has with another family.
    pub tables_removed: Vec<String>,
    /// What changed for the whole router.
    pub globals: Vec<GlobalChange>,
}

impl ConfigDiff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.protocols.iter().all(|p| p.kind == ChangeKind::Unchanged)
            && self.tables_added.is_empty()
            && self.tables_removed.is_empty()
            && self.globals.is_empty()
    }

    /// What happens to a protocol; `None` if neither configuration has it.
    pub fn protocol(&self, name: &str) -> Option<&ChangeKind> {
        self.protocols.iter().find(|p| p.name == name).map(|p| &p.kind)
    }
}

/// What happens to one protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProtocolChange {
    /// Its name.
    pub name: String,
    /// What is to be done.
    pub kind: ChangeKind,
    /// Channels both configurations have and that changed.
    pub channels: Vec<ChannelChange>,
    /// For [`ChangeKind::Restart`]: the channels that make it restart; an option of the protocol's may do so, too. Those
    /// that are gone are the last.
    pub faults: Vec<ChannelFault>,
}

impl ProtocolChange {
    /// If it would restart only for channels that are gone, and those are down, nothing makes it restart: it is modified.
    /// BIRD 2 does the same.
    pub fn without_channels_that_were_down(&mut self, is_up: impl Fn(AddressFamily) -> bool) {
        self.faults.retain(|fault| !matches!(fault, ChannelFault::Gone(family) if !is_up(*family)));
        if self.kind == RESTART_FOR_CHANNEL && self.faults.is_empty() {
            self.kind = modify(&self.channels);
        }
    }

    /// Whether [`Self::without_channels_that_were_down`] may change it.
    pub fn depends_on_channels(&self) -> bool {
        self.faults.iter().any(|fault| matches!(fault, ChannelFault::Gone(_)))
    }
}

/// A protocol restarts for a channel that is new or gone.
const RESTART_FOR_CHANNEL: ChangeKind = ChangeKind::Restart { reason: "channels" };

/// A channel that cannot be as it is configured while its protocol runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelFault {
    /// It is new.
    New(AddressFamily),
    /// An option changed that holds from its start on.
    Changed(AddressFamily),
    /// It is gone.
    Gone(AddressFamily),
}

/// What is to be done about a protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It cannot change while it runs.
    Restart {
        /// The option that forces it, as the configuration spells it.
        reason: &'static str,
    },
    /// It takes the new configuration while it runs.
    Modify {
        /// Some channel must run its import policy over all routes again.
        reimport: bool,
        /// Some channel must run its export policy over all routes again.
        reexport: bool,
    },
    /// Nothing.
    Unchanged,
}

/// What a modified channel needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelChange {
    /// Which channel.
    pub family: AddressFamily,
    /// Import its routes again: by route refresh or from what it holds.
    pub reimport: bool,
    /// Export the table's routes again.
    pub reexport: bool,
}

/// A change that is not of one protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GlobalChange {
    /// The language, and with it how the control socket answers.
    Dialect,
    /// `router id`.
    RouterId,
    /// `hostname`.
    Hostname,
    /// `log`.
    Log,
    /// `debug protocols`; the protocols that follow it are listed as modified too.
    Debug,
    /// `debug commands`.
    DebugCommands,
    /// `timeformat`.
    TimeFormats,
    /// `graceful restart wait`.
    GracefulRestartWait,
    /// `listen bgp`.
    Listen,
    /// The symbols expressions on the control socket can name.
    Program,
}

/// The difference from `old` to `new`.
pub fn diff(old: &RouterConfig, new: &RouterConfig) -> ConfigDiff {
    let router =
        Routers { reason: router_reason(old, new), ids: [old, new].map(fixed_id), dialect: new.dialect };
    let was: HashMap<&str, &Arc<ProtocolConfig>> =
        old.protocols.iter().map(|p| (p.name.as_str(), p)).collect();
    let mut protocols: Vec<ProtocolChange> = new
        .protocols
        .iter()
        .map(|now| match was.get(now.name.as_str()) {
            Some(was) => protocol(was, now, &router),
            None => change(now, ChangeKind::Added),
        })
        .collect();
    let kept: HashSet<&str> = new.protocols.iter().map(|p| p.name.as_str()).collect();
    let gone = old.protocols.iter().filter(|p| !kept.contains(p.name.as_str()));
    protocols.extend(gone.map(|p| change(p, ChangeKind::Removed)));
    let only_in = |a: &RouterConfig, b: &RouterConfig| {
        a.tables.iter().filter(|t| !b.tables.contains(t)).map(|t| t.name.clone()).collect()
    };
    ConfigDiff {
        protocols,
        tables_added: only_in(new, old),
        tables_removed: only_in(old, new),
        globals: globals(old, new),
    }
}

/// What changed for the whole router that no running session survives.
fn router_reason(old: &RouterConfig, new: &RouterConfig) -> Option<&'static str> {
    let new_id = match (&old.router_id, &new.router_id) {
        // Only a configured id replaces the one in use.
        (was, now @ Some(RouterId::Fixed(_))) => was != now,
        _ => false,
    };
    [(old.dialect != new.dialect, "dialect"), (new_id, "router id"), (old.listen != new.listen, "listen bgp")]
        .into_iter()
        .find_map(|(changed, what)| changed.then_some(what))
}

/// What protocols have to know of the two routers.
struct Routers {
    /// Why every session that has no id of its own restarts.
    reason: Option<&'static str>,
    /// The ids that are configured.
    ids: [Option<Ipv4Addr>; 2],
    dialect: Dialect,
}

fn fixed_id(router: &RouterConfig) -> Option<Ipv4Addr> {
    match router.router_id {
        Some(RouterId::Fixed(id)) => Some(id),
        _ => None,
    }
}

fn change(of: &ProtocolConfig, kind: ChangeKind) -> ProtocolChange {
    ProtocolChange { name: of.name.clone(), kind, channels: Vec::new(), faults: Vec::new() }
}

fn globals(old: &RouterConfig, new: &RouterConfig) -> Vec<GlobalChange> {
    [
        (old.dialect != new.dialect, GlobalChange::Dialect),
        (old.router_id != new.router_id, GlobalChange::RouterId),
        (old.hostname != new.hostname, GlobalChange::Hostname),
        (old.log != new.log, GlobalChange::Log),
        (old.debug != new.debug, GlobalChange::Debug),
        (old.debug_commands != new.debug_commands, GlobalChange::DebugCommands),
        (old.time_formats != new.time_formats, GlobalChange::TimeFormats),
        (old.graceful_restart_wait_secs != new.graceful_restart_wait_secs, GlobalChange::GracefulRestartWait),
        (old.listen != new.listen, GlobalChange::Listen),
        (old.program != new.program, GlobalChange::Program),
    ]
    .into_iter()
    .filter_map(|(changed, what)| changed.then_some(what))
    .collect()
}

/// A protocol both configurations have.
fn protocol(old: &Arc<ProtocolConfig>, new: &Arc<ProtocolConfig>, router: &Routers) -> ProtocolChange {
    if Arc::ptr_eq(old, new) && router.reason.is_none() {
        return change(new, ChangeKind::Unchanged);
    }
    if let Some(reason) = reason_to_begin_anew(old, new, router) {
        return change(new, ChangeKind::Restart { reason });
    }
    let channels = channels::changes((old, new), router);
    let (of_channels, faults) = channels::faults(old, new);
    if let Some(reason) = option_that_restarts(old, new).or(of_channels) {
        return ProtocolChange { channels, faults, ..change(new, ChangeKind::Restart { reason }) };
    }
    let live = old.description != new.description || old.debug != new.debug || old.kind != new.kind;
    if channels.is_empty() && !live {
        return change(new, ChangeKind::Unchanged);
    }
    ProtocolChange { kind: modify(&channels), channels, ..change(new, ChangeKind::Unchanged) }
}

fn modify(channels: &[ChannelChange]) -> ChangeKind {
    ChangeKind::Modify {
        reimport: channels.iter().any(|c| c.reimport),
        reexport: channels.iter().any(|c| c.reexport),
    }
}

/// Why it is not the same protocol any more, whatever its options.
fn reason_to_begin_anew(
    old: &ProtocolConfig,
    new: &ProtocolConfig,
    router: &Routers,
) -> Option<&'static str> {
    if old.stays_down() != new.stays_down() {
        return Some("disabled");
    }
    match (&old.kind, &new.kind) {
        (ProtocolKind::Bgp(_), ProtocolKind::Bgp(_)) => {
            // One that is the router's is nothing new.
            let ids = [old, new].map(|p| p.router_id).into_iter().zip(router.ids);
            let mut ids = ids.map(|(own, routers)| own.or(routers));
            let id = old.router_id != new.router_id && ids.next() != ids.next();
            // A session with an id of its own does not care about the router's.
            let reason = router.reason.filter(|what| *what != "router id" || new.router_id.is_none());
            id.then_some("router id").or(reason)
        }
        (was, now) => (std::mem::discriminant(was) != std::mem::discriminant(now)).then_some("type"),
    }
}

/// The first option of a protocol, not of its channels, that cannot change while it runs.
fn option_that_restarts(old: &ProtocolConfig, new: &ProtocolConfig) -> Option<&'static str> {
    match (&old.kind, &new.kind) {
        (ProtocolKind::Bgp(a), ProtocolKind::Bgp(b)) => bgp(a, b),
        (ProtocolKind::Kernel(a), ProtocolKind::Kernel(b)) => kernel(a, b),
        (ProtocolKind::Static(a), ProtocolKind::Static(b)) => static_routes(a, b),
        _ => None,
    }
}

/// `persist` and `graceful restart` matter only when the protocol stops or starts.
fn kernel(old: &KernelConfig, new: &KernelConfig) -> Option<&'static str> {
    first_difference!(old, new,
        scan_time_secs => "scan time",
        learn => "learn",
        device_routes => "device routes",
        table => "kernel table",
        metric => "metric",
        merge_paths => "merge paths",
    )
}

/// Routes come and go while the protocol runs.
fn static_routes(old: &StaticConfig, new: &StaticConfig) -> Option<&'static str> {
    first_difference!(old, new, igp_tables => "igp table")
}

#[cfg(test)]
mod tests;
