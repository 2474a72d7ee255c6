//! What a new configuration changes (bird.md §4.9). Protocols are matched by name.

/// The first of the named fields that differs, by the name the configuration has for it.
macro_rules! first_difference {
    ($old:expr, $new:expr, $($field:ident => $name:literal),+ $(,)?) => {{
        $(if $old.$field != $new.$field { return Some($name); })+
        None
    }};
}

mod session;

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use godwit_wire::AddressFamily;

use self::session::{bgp, bgp_channel, igp_tables};
use crate::model::{
    ChannelConfig, Dialect, KernelConfig, ProtocolConfig, ProtocolKind, RouterConfig, RouterId, StaticConfig,
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
    /// For [`ChangeKind::Modify`]: the channels that changed.
    pub channels: Vec<ChannelChange>,
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
    ProtocolChange { name: of.name.clone(), kind, channels: Vec::new() }
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
    if let Some(reason) = restart_reason(old, new, router) {
        return change(new, ChangeKind::Restart { reason });
    }
    let channels: Vec<ChannelChange> = old
        .channels
        .iter()
        .zip(&new.channels)
        .filter_map(|(a, b)| channel((old, a), (new, b), router))
        .collect();
    let live = old.description != new.description || old.debug != new.debug || old.kind != new.kind;
    if channels.is_empty() && !live {
        return change(new, ChangeKind::Unchanged);
    }
    let kind = ChangeKind::Modify {
        reimport: channels.iter().any(|c| c.reimport),
        reexport: channels.iter().any(|c| c.reexport),
    };
    ProtocolChange { channels, ..change(new, kind) }
}

/// The first option that cannot change while the protocol runs.
fn restart_reason(old: &ProtocolConfig, new: &ProtocolConfig, router: &Routers) -> Option<&'static str> {
    if old.stays_down() != new.stays_down() {
        return Some("disabled");
    }
    let kind = match (&old.kind, &new.kind) {
        (ProtocolKind::Bgp(a), ProtocolKind::Bgp(b)) => {
            // One that is the router's is nothing new.
            let ids = [old, new].map(|p| p.router_id).into_iter().zip(router.ids);
            let mut ids = ids.map(|(own, routers)| own.or(routers));
            let id = old.router_id != new.router_id && ids.next() != ids.next();
            // A session with an id of its own does not care about the router's.
            let reason = router.reason.filter(|what| *what != "router id" || new.router_id.is_none());
            id.then_some("router id").or(reason).or_else(|| bgp(a, b))
        }
        (ProtocolKind::Kernel(a), ProtocolKind::Kernel(b)) => kernel(a, b),
        (ProtocolKind::Static(a), ProtocolKind::Static(b)) => static_routes(a, b),
        // Others take anything while they run.
        (a, b) if a.name() == b.name() => None,
        _ => Some("type"),
    };
    kind.or_else(|| channels(old, new))
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

fn channels(old: &ProtocolConfig, new: &ProtocolConfig) -> Option<&'static str> {
    if old.channels.len() != new.channels.len() {
        return Some("channels");
    }
    old.channels.iter().zip(&new.channels).find_map(|(a, b)| {
        first_difference!(a, b, family => "channels", table => "table").or_else(|| {
            match (&old.kind, &new.kind) {
                (ProtocolKind::Bgp(was), ProtocolKind::Bgp(now)) => {
                    let is_other = igp_tables(old, was, a) != igp_tables(new, now, b);
                    bgp_channel((was, a), (now, b)).or(is_other.then_some("igp table"))
                }
                _ => None,
            }
        })
    })
}

/// What a channel needs that can change while it runs; `None` if nothing changed.
fn channel(
    (old_protocol, old): (&ProtocolConfig, &ChannelConfig),
    (new_protocol, new): (&ProtocolConfig, &ChannelConfig),
    router: &Routers,
) -> Option<ChannelChange> {
    if old == new {
        return None;
    }
    let (was, now) = (&old.bgp, &new.bgp);
    let (mut reimport, mut reexport) = (false, false);
    // What is only said that holds anyhow changes nothing.
    if let (ProtocolKind::Bgp(a), ProtocolKind::Bgp(b)) = (&old_protocol.kind, &new_protocol.kind) {
        // Where 1.6 is spoken, AIGP is on only where that is said.
        let aigp = a.aigp(was) != b.aigp(now) || (router.dialect == Dialect::Bird16 && was.aigp != now.aigp);
        reimport = aigp || a.next_hop_preference(was) != b.next_hop_preference(now);
        reexport = aigp || a.next_hop_keep(was, router.dialect) != b.next_hop_keep(now, router.dialect);
    }
    reimport |= old.import != new.import || old.preference != new.preference || was.cost != now.cost;
    reexport |= old.export != new.export
        || was.next_hop_self != now.next_hop_self
        || was.next_hop_address != now.next_hop_address
        || was.link_local_format != now.link_local_format
        || was.missing_lladdr != now.missing_lladdr
        || was.as_override != now.as_override
        || was.private_as != now.private_as;
    Some(ChannelChange { family: new.family, reimport, reexport })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BgpConfig, Dialect, DirectConfig, Neighbor, NeighborAs};

    fn router(protocols: Vec<Arc<ProtocolConfig>>) -> RouterConfig {
        RouterConfig { protocols, ..RouterConfig::new(Dialect::Bird16, false) }
    }

    fn peer() -> ProtocolConfig {
        let neighbor = Neighbor::Range("10.0.0.0/24".parse().expect("a prefix"));
        let session = BgpConfig::new(64512, neighbor, NeighborAs::Internal);
        ProtocolConfig::new("peer", ProtocolKind::Bgp(Box::new(session)))
    }

    #[test]
    fn what_is_shared_is_unchanged_except_where_the_router_id_makes_it_restart() {
        let direct = ProtocolConfig::new("direct1", ProtocolKind::Direct(DirectConfig::default()));
        let old = router(vec![Arc::new(direct), Arc::new(peer())]);
        let mut new = old.clone();
        assert!(diff(&old, &new).is_empty());
        new.router_id = Some(RouterId::Fixed([192, 0, 2, 1].into()));
        let changes = diff(&old, &new);
        assert_eq!(changes.protocol("direct1"), Some(&ChangeKind::Unchanged));
        assert_eq!(changes.protocol("peer"), Some(&ChangeKind::Restart { reason: "router id" }));
    }

    #[test]
    fn held_is_as_good_as_disabled() {
        let held = |reason: Option<&str>| {
            router(vec![Arc::new(ProtocolConfig { held: reason.map(Into::into), ..peer() })])
        };
        let changes = diff(&held(None), &held(Some("no secret")));
        assert_eq!(changes.protocol("peer"), Some(&ChangeKind::Restart { reason: "disabled" }));
        let changes = diff(&held(Some("no secret")), &held(Some("no key")));
        assert_eq!(changes.protocol("peer"), Some(&ChangeKind::Unchanged));
    }
}
