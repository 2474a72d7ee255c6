//! A protocol while it is read: what `from` copies.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::net_type::NetType;
use super::pipe::Pipe;
use super::rpki::Rpki;
use crate::model::{BgpConfig, ChannelConfig, Neighbor, NeighborAs, Policy, ProtocolConfig, ProtocolKind};

/// A protocol or template as far as it was read.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Common and type options. A session's neighbor is not in it yet.
    pub(super) config: ProtocolConfig,
    /// Whether it is a template.
    pub(super) template: bool,
    /// The channels; in 1.6 one, which holds the protocol's own options.
    pub(super) channels: Vec<Channel>,
    /// What a session needs to be complete or is checked against.
    pub(super) session: Session,
    /// The same of a pipe.
    pub(super) pipe: Pipe,
    /// The same of an RPKI protocol.
    pub(super) rpki: Rpki,
}

/// What a channel has been told.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    /// What it carries.
    pub(super) net_type: NetType,
    /// Whether this protocol itself opened it, rather than what it copies.
    pub(super) opened: bool,
    /// `table`.
    pub(super) table: Option<String>,
    /// `import`.
    pub(super) import: Option<Policy>,
    /// `export`.
    pub(super) export: Option<Policy>,
    /// `preference`.
    pub(super) preference: Option<u16>,
    /// Everything else.
    pub(super) rest: ChannelConfig,
}

/// The neighbor's address, or all there may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Remote {
    Address(IpAddr),
    Range(IpNetwork),
}

/// `internal` or `external` in place of the neighbor's AS, or with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PeerType {
    Internal,
    External,
}

/// `direct` or `multihop N`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    Direct,
    Hops(u8),
}

/// `authentication`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Method {
    None,
    Md5,
    Ao,
}

/// What a session has been told that its configuration does not hold as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    pub(super) remote: Option<Remote>,
    pub(super) interface: Option<String>,
    pub(super) remote_as: Option<u32>,
    pub(super) peer_type: Option<PeerType>,
    pub(super) reach: Option<Reach>,
    pub(super) check_link: Option<bool>,
    pub(super) authentication: Option<Method>,
}

impl Draft {
    /// A protocol that is finished, to be told more.
    pub(super) fn of(config: &ProtocolConfig) -> Self {
        let channel = |channel: &ChannelConfig| Channel {
            net_type: NetType::Unicast(channel.family),
            opened: true,
            table: Some(channel.table.clone()),
            import: Some(channel.import.clone()),
            export: Some(channel.export.clone()),
            preference: Some(channel.preference),
            rest: channel.clone(),
        };
        let session = match &config.kind {
            ProtocolKind::Bgp(bgp) => Session::of(bgp),
            _ => Session::default(),
        };
        let channels = config.channels.iter().map(channel).collect();
        let (pipe, rpki) = (Pipe::default(), Rpki::default());
        Self { config: config.clone(), template: false, channels, session, pipe, rpki }
    }
}

impl Session {
    fn of(bgp: &BgpConfig) -> Self {
        let (remote, interface) = match &bgp.neighbor {
            Neighbor::Address { address, interface } => (Remote::Address(*address), interface.clone()),
            Neighbor::Range(net) => (Remote::Range(*net), bgp.range_interface.clone()),
        };
        let (remote_as, peer_type) = match bgp.neighbor_as {
            NeighborAs::Number(n) => (Some(n), None),
            NeighborAs::Internal => (None, Some(PeerType::Internal)),
            NeighborAs::External => (None, Some(PeerType::External)),
        };
        Self {
            remote: Some(remote),
            interface,
            remote_as,
            peer_type,
            reach: Some(bgp.multihop.map_or(Reach::Direct, Reach::Hops)),
            check_link: Some(bgp.check_link),
            authentication: (!bgp.tcp_ao_keys.is_empty()).then_some(Method::Ao),
        }
    }
}
