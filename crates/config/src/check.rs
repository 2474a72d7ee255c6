//! What holds between options, in the order and words BIRD checks it (bird.md §1.12).

mod others;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use godwit_wire::AddressFamily;

use self::others::bfd;
pub(crate) use self::others::{bfd_neighbor, bfd_times, pipe, rpki};
use crate::model::{
    BgpConfig, ChannelConfig, Dialect, GatewayMode, GracefulRestartMode, Neighbor, ProtocolConfig,
    ProtocolKind, Roa, RouterConfig, TcpAoKey, TcpAoPreference,
};

/// Something wrong with a configuration as a whole.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}{message}", protocol.as_ref().map(|p| format!("{p}: ")).unwrap_or_default())]
pub struct Problem {
    /// The protocol it is about.
    pub protocol: Option<String>,
    /// What is wrong, in BIRD's words where it has some.
    pub message: String,
}

/// What a front end knows of a session that its configuration does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct SessionFacts {
    /// The neighbor is said to be internal (`true`) or external, beside its AS.
    pub(crate) internal: Option<bool>,
    /// The dialect whose rules and words hold.
    pub(crate) dialect: Dialect,
}

/// Checks a finished configuration. A front end has done so for what it read; this is for one that
/// was put together by other means.
pub fn validate(config: &RouterConfig) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    for (at, protocol) in config.protocols.iter().enumerate() {
        let mut add = |message: Option<String>| {
            let protocol = Some(protocol.name.clone());
            problems.extend(message.map(|message| Problem { protocol, message }));
        };
        let before = config.protocols.get(..at).unwrap_or_default();
        if !names.insert(protocol.name.as_str()) {
            add(Some(format!("Symbol '{}' already defined", protocol.name)));
        }
        if let ProtocolKind::Bgp(bgp) = &protocol.kind {
            let facts = SessionFacts { dialect: config.dialect, ..SessionFacts::default() };
            add(session(bgp, &facts));
            for channel in &protocol.channels {
                add(bgp_channel(bgp, channel, config, config.dialect));
            }
        }
        add(tables(protocol, config));
        add(protocol_kind(protocol, before));
    }
    problems
}

/// Every channel's table is there and holds the channel's family.
fn tables(protocol: &ProtocolConfig, config: &RouterConfig) -> Option<String> {
    let missing = |name: &str| Some(format!("Table '{name}' is not defined"));
    let unicast = |name: &str, family| match config.table(name) {
        None => missing(name),
        Some(table) if table.family != family => Some("Incompatible table type".into()),
        Some(_) => None,
    };
    let of_roas = |name: &str, family| match config.roa_table(name) {
        None => missing(name),
        Some(table) if table.family != family => Some("Incompatible table type".into()),
        Some(_) => None,
    };
    let roa_channels = match &protocol.kind {
        ProtocolKind::Static(config) => config.roa_channel.as_deref().map(std::slice::from_ref),
        ProtocolKind::Rpki(config) => Some(config.channels.as_slice()),
        ProtocolKind::Pipe(pipe) => {
            let (family, table) = (pipe.channel.family, &pipe.channel.table);
            return [table, &pipe.peer_table]
                .into_iter()
                .find_map(|name| if pipe.roa { of_roas(name, family) } else { unicast(name, family) });
        }
        _ => None,
    };
    let mut of_roas = roa_channels.unwrap_or_default().iter().map(|c| of_roas(&c.table, c.family));
    let mut routes = protocol.channels.iter().map(|c| unicast(&c.table, c.family));
    of_roas.find_map(|problem| problem).or_else(|| routes.find_map(|problem| problem))
}

/// What a protocol that is no session must have. `before` are the protocols before it.
pub(crate) fn protocol_kind(protocol: &ProtocolConfig, before: &[Arc<ProtocolConfig>]) -> Option<String> {
    match &protocol.kind {
        ProtocolKind::Device(_) => before
            .iter()
            .any(|p| matches!(p.kind, ProtocolKind::Device(_)))
            .then(|| "Kernel device protocol already defined".into()),
        ProtocolKind::Kernel(_) => {
            let Some(channel) = protocol.channels.first() else {
                return Some("Channel not specified".into());
            };
            let same = |p: &&Arc<ProtocolConfig>| {
                let kernel = matches!(p.kind, ProtocolKind::Kernel(_));
                kernel && p.channels.iter().any(|c| c.table == channel.table)
            };
            before.iter().find(same).map(|other| {
                format!("Kernel syncer ({}) already attached to table {}", other.name, channel.table)
            })
        }
        ProtocolKind::Static(config) => {
            let ipv6 = |channel: &ChannelConfig| channel.family == AddressFamily::IPV6;
            if let Some(channel) = &config.roa_channel {
                if let Some(route) = config.routes.first() {
                    return Some(format!("Route {} incompatible with channel type", route.net));
                }
                let stranger = config.roas.iter().find(|r| r.roa.net.is_ipv6() != ipv6(channel))?;
                return Some(roa_out_of_place(&stranger.roa));
            }
            let Some(channel) = protocol.channels.first() else {
                return Some("Channel not specified".into());
            };
            if let Some(stranger) = config.roas.first() {
                return Some(roa_out_of_place(&stranger.roa));
            }
            let fits = |net: &ipnetwork::IpNetwork| net.is_ipv6() == (channel.family == AddressFamily::IPV6);
            let stranger = config.routes.iter().find(|r| !fits(&r.net))?;
            Some(format!("Route {} incompatible with channel type", stranger.net))
        }
        ProtocolKind::Pipe(config) => pipe(config).map(str::to_owned),
        ProtocolKind::Rpki(config) => rpki(config).map(str::to_owned),
        ProtocolKind::Bfd(config) => bfd(config).map(str::to_owned),
        ProtocolKind::Direct(_) | ProtocolKind::Bgp(_) => None,
    }
}

fn roa_out_of_place(Roa { net, max_length, origin }: &Roa) -> String {
    format!("Route {net}-{max_length} AS{origin} incompatible with channel type")
}

/// What is wrong with a session, channels apart.
pub(crate) fn session(config: &BgpConfig, facts: &SessionFacts) -> Option<String> {
    let bird16 = facts.dialect == Dialect::Bird16;
    let internal = facts.internal.unwrap_or_else(|| config.is_internal());
    let same_as = config.is_internal();
    let number = matches!(config.neighbor_as, crate::model::NeighborAs::Number(_));
    let multihop = config.multihop.is_some();
    let interface = matches!(&config.neighbor, Neighbor::Address { interface: Some(_), .. });
    let link_local = link_local(config);
    let keepalive = config.keepalive_time_secs.map_or(config.hold_time_secs / 3, |k| k);
    let as4_missing = match config.neighbor_as {
        crate::model::NeighborAs::Number(n) => n > 0xffff && !config.four_octet_as,
        _ => false,
    };
    let link_local_16 = "Link-local neighbor address requires specified interface";
    let dynamic = matches!(config.neighbor, Neighbor::Range(_));
    let rules: [(bool, &str); 20] = [
        (internal && number && !same_as, "IBGP cannot have different ASNs"),
        (!internal && number && same_as, "EBGP cannot have the same ASNs"),
        (
            link_local && !interface,
            if bird16 { link_local_16 } else { "Link-local addresses require defined interface" },
        ),
        (as4_missing, "Neighbor AS number out of range (AS4 not available)"),
        (config.rr_client && !internal, "Only internal neighbor can be RR client"),
        (config.rs_client && internal, "Only external neighbor can be RS client"),
        (config.local_role.is_some() && internal, "Local role cannot be set on IBGP sessions"),
        (config.require.roles && config.local_role.is_none(), "Local role must be set if roles are required"),
        (
            config.confederation_member && config.confederation.is_none(),
            "Confederation ID must be set for member sessions",
        ),
        (link_local && multihop, "Multihop BGP cannot be used with link-local addresses"),
        (interface && multihop, "Multihop BGP cannot be bound to interface"),
        (config.check_link && multihop, "Multihop BGP cannot depend on link state"),
        (
            config.bfd.is_some() && multihop && config.local_address.is_none(),
            if bird16 {
                "Multihop BGP with BFD requires specified source address"
            } else {
                "Multihop BGP with BFD requires specified local address"
            },
        ),
        (
            config.graceful_restart == GracefulRestartMode::Off
                && config.long_lived_graceful_restart.is_some_and(|mode| mode != GracefulRestartMode::Off),
            "Long-lived graceful restart requires basic graceful restart",
        ),
        (config.enforce_first_as && internal, "Enforce first AS check is requires EBGP sessions"),
        (
            !bird16 && config.keepalive_time_secs.is_some_and(|k| k > config.hold_time_secs),
            "Keepalive time must be at most hold time",
        ),
        (config.onlink && multihop, "Multihop BGP cannot be onlink"),
        (config.onlink && !interface && !dynamic, "Onlink neighbor requires defined interface"),
        (
            config.min_graceful_restart_time_secs > config.max_graceful_restart_time_secs,
            "Min graceful restart time exceeds max graceful restart time",
        ),
        (
            config.min_long_lived_stale_time_secs > config.max_long_lived_stale_time_secs,
            "Min long lived stale time exceeds max long lived stale time",
        ),
    ];
    if let Some(message) = binding(config) {
        return Some(message.to_owned());
    }
    if let Some((_, message)) = rules.iter().find(|(broken, _)| *broken) {
        return Some((*message).to_owned());
    }
    let (min_hold, hold) = (config.min_hold_time_secs, config.hold_time_secs);
    if min_hold > hold.into() {
        return Some(format!("Min hold time ({min_hold}) exceeds hold time ({hold})"));
    }
    let min_keepalive = config.min_keepalive_time_secs;
    if min_keepalive > keepalive.into() {
        return Some(format!("Min keepalive time ({min_keepalive}) exceeds keepalive time ({keepalive})"));
    }
    keys(config).map(str::to_owned)
}

/// What is wrong with where we listen.
pub(crate) fn binding(config: &BgpConfig) -> Option<&'static str> {
    let somewhere = !config.interface_range.is_empty();
    if somewhere && !config.strict_bind {
        return Some("Interface range requires strict bind");
    }
    // Each interface has a socket of its own.
    (config.strict_bind && config.local_address.is_none() && !somewhere)
        .then_some("Local address must be configured for strict bind")
}

/// What is wrong with the keys of TCP-AO.
fn keys(config: &BgpConfig) -> Option<&'static str> {
    let keys = &config.tcp_ao_keys;
    let unique = |id: fn(&TcpAoKey) -> u8| keys.iter().map(id).collect::<HashSet<_>>().len() == keys.len();
    let usable = |key: &TcpAoKey| key.preference != TcpAoPreference::Deprecated;
    if keys.is_empty() {
        None
    } else if config.password.is_some() {
        Some("A session has a password or keys, not both")
    } else if !unique(|key| key.send_id) {
        Some("Send IDs of keys must be unique")
    } else if !unique(|key| key.recv_id) {
        Some("Recv IDs of keys must be unique")
    } else if !keys.iter().all(|key| key.secret.is_usable()) {
        Some("Secret of a key must have 1 to 80 octets")
    } else if !keys.iter().any(usable) {
        Some("At least one key must not be deprecated")
    } else {
        None
    }
}

/// Whether an end of the session is a link-local address.
fn link_local(config: &BgpConfig) -> bool {
    let link_local = |address: &IpAddr| match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let neighbor = match &config.neighbor {
        Neighbor::Address { address, .. } => Some(*address),
        Neighbor::Range(_) => None,
    };
    neighbor.iter().chain(&config.local_address).any(link_local)
}

/// What is wrong with a channel of a session, its policies apart.
pub(crate) fn bgp_channel(
    config: &BgpConfig,
    channel: &ChannelConfig,
    router: &RouterConfig,
    dialect: Dialect,
) -> Option<String> {
    let multihop = config.multihop.is_some();
    if multihop && channel.bgp.gateway == GatewayMode::Direct {
        return Some("Multihop BGP cannot use direct gateway mode".into());
    }
    let fits = |name: &String| {
        let any = dialect != Dialect::Bird2 || channel.bgp.extended_next_hop;
        router.table(name).is_some_and(|table| any || table.family == channel.family)
    };
    let mismatched = config.is_recursive(channel.bgp.gateway) && !channel.bgp.igp_tables.names().all(fits);
    mismatched.then(|| "Mismatched IGP table type".into())
}
