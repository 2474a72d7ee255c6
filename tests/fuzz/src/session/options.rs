//! What a session is configured with, and the neighbors beside it that are told of its routes.

use std::net::IpAddr;
use std::time::Duration;

use godwit_filter::Surroundings as _;
use godwit_fsm::{GracefulRestartConfig, LongLivedConfig, Negotiated, PeerConfig, RemoteAs, Required};
use godwit_rib::{
    AigpPolicy, BgpExport, BgpImport, BgpSource, ChannelImport, ExportPolicy, NextHopPolicy, PrivateAsPolicy,
    SourceLimit,
};
use godwit_wire::{AddPathFamily, AddressFamily, AttributeContext, MESSAGE_LEN_MAX, Role};

use crate::session::common::{self, ETH0, LOCAL_AS, Link, ip};
use crate::session::input::Input;

/// The neighbor's AS where it is external; its address; its identifier.
pub(super) const PEER_AS: u32 = 65001;
pub(super) const PEER_ID: [u8; 4] = [10, 0, 0, 1];
/// The AS of our confederation, if we are in one.
pub(super) const CONFEDERATION: u32 = 64900;
/// A family that may be negotiated and has no table.
pub(super) const FLOW4: AddressFamily = AddressFamily { afi: 1, safi: 133 };

pub(super) struct Options {
    pub(super) peer: PeerConfig,
    pub(super) peer_address: IpAddr,
    pub(super) confederation: bool,
    pub(super) multihop: bool,
    pub(super) rr_client: bool,
    pub(super) channel: ChannelImport,
    pub(super) limit: Option<SourceLimit>,
    pub(super) is_told: ExportPolicy,
    /// Of the import: LOCAL_PREF from outside, AS_SETs, our AS once, the first AS must be the neighbor's.
    import: [bool; 8],
    /// What the neighbor is sent: as it is told in [`Options::export`].
    export: [bool; 8],
}

/// A policy of each kind; the filters touch what the encoder has to put in order.
pub(super) fn policy(which: u8) -> ExportPolicy {
    match which % 4 {
        0 | 1 => ExportPolicy::All,
        2 => ExportPolicy::None,
        _ => FILTER.with(Clone::clone),
    }
}

thread_local! {
    static FILTER: ExportPolicy = common::filter(
        "if net.len > 28 then reject; bgp_community.add((1, 1)); bgp_community.delete([(65535, *)]); \
         bgp_path.prepend(65010); bgp_local_pref = 50; bgp_med = 7; accept;",
    );
}

impl Options {
    pub(super) fn new(input: &mut Input<'_>) -> Self {
        let [passive, plain, refresh, enhanced, extended, narrow, notification, restarting] = input.bits();
        let [is_long_lived, receive4, send4, receive6, send6, next_hop6, confederation, multihop] =
            input.bits();
        let remote_as = input.pick(&[RemoteAs::External, RemoteAs::Internal, RemoteAs::Number(PEER_AS)]);
        let both = vec![AddressFamily::IPV4, AddressFamily::IPV6];
        let families = match input.below(4) {
            0 => both.clone(),
            1 => vec![AddressFamily::IPV4],
            2 => vec![AddressFamily::IPV6],
            _ => vec![FLOW4, AddressFamily::IPV6, AddressFamily::IPV4],
        };
        let on = GracefulRestartConfig::On { restart_time_secs: 100 };
        let graceful_restart = input.pick(&[on, GracefulRestartConfig::Aware, GracefulRestartConfig::Off]);
        let most = input.pick(&[1000, 0, 5]);
        let long = |family| LongLivedConfig { family, stale_time_secs: Some(200), bounds_secs: (0, most) };
        let add_path = |family, receive, send| AddPathFamily { family, receive, send };
        let local_role =
            input.pick(&[None, None, None, Some(Role::Provider), Some(Role::Customer), Some(Role::Peer)]);
        let [import_table, recursive, aigp, link_local, rr_client, v6, strict, limited] = input.bits();
        let secs = Duration::from_secs;
        let peer = PeerConfig {
            passive,
            capabilities: !plain,
            route_refresh: !refresh,
            enhanced_route_refresh: !enhanced,
            extended_messages: extended,
            four_octet_as: !narrow,
            graceful_notification: notification,
            restarting,
            families: families.clone(),
            restart_families: families.clone(),
            add_path: vec![
                add_path(AddressFamily::IPV4, receive4, send4),
                add_path(AddressFamily::IPV6, receive6, send6),
            ],
            extended_next_hop: if next_hop6 { vec![AddressFamily::IPV4] } else { Vec::new() },
            hold_time_secs: input.pick(&[240, 90, 3, 0, u16::MAX]),
            startup_hold_time_secs: input.pick(&[240, 0, 3]),
            keepalive_time_secs: input.pick(&[None, Some(1), Some(400)]),
            send_hold_time_secs: input.pick(&[None, Some(0), Some(1)]),
            connect_delay: input.pick(&[None, Some(secs(5))]),
            connect_retry: secs(input.pick(&[120, 0, 7])),
            error_wait: (secs(input.pick(&[60, 0])), secs(300)),
            disable_after_error: input.below(8) == 7,
            disable_after_cease: input.pick(&[0, 0, 0, 0xff7f]),
            long_lived: is_long_lived.then(|| families.iter().copied().map(long).collect()),
            graceful_restart,
            local_role,
            required: Required { roles: strict, ..Required::default() },
            ..PeerConfig::new(LOCAL_AS, remote_as, [10, 0, 0, 254].into(), AddressFamily::IPV4)
        };
        Self {
            peer,
            peer_address: ip(if v6 { "2001:db8::1" } else { "192.0.2.1" }),
            confederation,
            multihop,
            rr_client,
            channel: ChannelImport {
                policy: policy(input.byte()),
                preference: 100,
                recursive,
                lookup_tables: [0; 2],
                prefer_link_local: link_local,
                import_table,
                keep_filtered: import_table,
                aigp,
                add_path: false,
            },
            limit: limited.then(|| SourceLimit { max: input.below(9).into(), refuse: input.below(2) == 1 }),
            is_told: policy(input.byte()),
            import: input.bits(),
            export: input.bits(),
        }
    }

    /// The neighbor's AS.
    pub(super) fn peer_as(&self) -> u32 {
        if self.peer.remote_as == RemoteAs::Internal { LOCAL_AS } else { PEER_AS }
    }

    fn public_as(&self) -> u32 {
        if self.confederation { CONFEDERATION } else { LOCAL_AS }
    }

    fn is_interior(&self, negotiated: &Negotiated) -> bool {
        negotiated.internal || self.confederation
    }

    fn ifindex(&self) -> u32 {
        if self.multihop { 0 } else { Link.interface_index("eth0").expect("it is there") }
    }

    pub(super) fn source(&self, negotiated: &Negotiated) -> BgpSource {
        BgpSource {
            peer_address: self.peer_address,
            peer_id: negotiated.peer_id,
            peer_as: negotiated.peer_as,
            public_as: self.public_as(),
            internal: negotiated.internal,
            interior: self.is_interior(negotiated),
            rr_client: self.rr_client,
            ifindex: self.ifindex(),
            ..common::external(1)
        }
    }

    pub(super) fn import(&self, negotiated: &Negotiated) -> BgpImport {
        let [allow_local_pref, refuse_as_sets, own_as_once, enforce_first_as, ..] = self.import;
        BgpImport {
            next_hop_is_peer_else: false,
            peer_as: negotiated.peer_as,
            public_as: self.public_as(),
            internal: negotiated.internal,
            peer_address: self.peer_address,
            cluster_id: self.rr_client.then_some(common::external(1).cluster_id),
            allow_local_as: own_as_once.into(),
            enforce_first_as: enforce_first_as && !negotiated.internal,
            role: negotiated.role,
            ifindex: (!self.multihop).then_some(ETH0),
            attributes: AttributeContext {
                external: !negotiated.internal,
                confederation: self.confederation,
                four_octet_as: negotiated.four_octet_as,
                allow_local_pref,
                allow_as_sets: !refuse_as_sets,
                aigp: self.channel.aigp,
                families: negotiated.families.clone(),
                extended_next_hop: negotiated.extended_next_hop.clone(),
            },
            ..common::update::session()
        }
    }

    pub(super) fn channel(&self, family: AddressFamily, negotiated: &Negotiated) -> ChannelImport {
        ChannelImport { add_path: negotiated.add_path(family).0, ..self.channel.clone() }
    }

    /// What the neighbor itself is sent.
    pub(super) fn export(&self, family: AddressFamily, negotiated: &Negotiated) -> BgpExport {
        let extended = negotiated.extended_next_hop.contains(&family);
        let own4 = family == AddressFamily::IPV4 && !(extended && self.peer_address.is_ipv6());
        BgpExport {
            public_as: self.public_as(),
            internal: negotiated.internal,
            interior: self.is_interior(negotiated),
            peer_address: self.peer_address,
            rr_client: self.rr_client,
            ifindex: self.ifindex(),
            long_lived: negotiated.remote_open.long_lived_graceful_restart().is_some(),
            role: negotiated.role,
            extended_next_hop: extended,
            four_octet_as: negotiated.four_octet_as,
            add_path: negotiated.add_path(family).1,
            message_len_max: negotiated.message_len_max,
            ..told(self.export, own4)
        }
    }
}

/// Options of what a neighbor is sent, from a bit each.
fn told(bits: [bool; 8], ipv4: bool) -> BgpExport {
    let [
        allow_local_pref,
        allow_med,
        aigp,
        own_next_hop,
        remove_private,
        replace_private,
        as_override,
        rs_client,
    ] = bits;
    BgpExport {
        own_next_hop: Some(ip(if ipv4 { "192.0.2.254" } else { "2001:db8::fe" })),
        own_link_local: Some("fe80::fe".parse().expect("an address")),
        next_hop_self: if own_next_hop { NextHopPolicy::All } else { NextHopPolicy::Off },
        allow_local_pref,
        allow_med,
        aigp: if aigp { AigpPolicy::On } else { AigpPolicy::Off },
        private_as: match (remove_private, replace_private) {
            (true, _) => PrivateAsPolicy::Remove,
            (_, true) => PrivateAsPolicy::Replace,
            _ => PrivateAsPolicy::Keep,
        },
        as_override: as_override.then_some(65003),
        rs_client,
        ..common::to_external(1)
    }
}

/// Neighbor N beside the session, as it is sent routes of a family.
pub(super) fn beside(n: u8, family: AddressFamily, input: &mut Input<'_>) -> BgpExport {
    let [internal, multihop, narrow, add_path, next_hop6, extended, rr_client, stale] = input.bits();
    let options = input.bits();
    BgpExport {
        peer_address: IpAddr::from([192, 0, 2, n]),
        internal,
        interior: internal,
        ifindex: if multihop { 0 } else { ETH0 },
        four_octet_as: !narrow,
        add_path,
        extended_next_hop: next_hop6 && family == AddressFamily::IPV4,
        message_len_max: if extended { 65_535 } else { MESSAGE_LEN_MAX },
        rr_client,
        long_lived: !stale,
        ..told(options, family == AddressFamily::IPV4)
    }
}

/// What the neighbor's OPEN says where it is as it should be.
pub(super) fn peer_id() -> std::net::Ipv4Addr {
    PEER_ID.into()
}
