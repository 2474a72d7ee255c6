//! UPDATE bodies put together by hand, and the import step that reads them.

use std::net::Ipv4Addr;

use godwit_filter::RouteAttributes;
use godwit_rib::{BgpImport, ChannelImport, ExportPolicy, ImportStep, NetKey, RouteBatch};
use godwit_wire::{AddressFamily, AttributeContext};

use super::{LOCAL_AS, SEED, ip};

pub(crate) fn attribute(flags: u8, code: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![flags, code, u8::try_from(value.len()).unwrap()];
    out.extend_from_slice(value);
    out
}

pub(crate) fn origin(value: u8) -> Vec<u8> {
    attribute(0x40, 1, &[value])
}

/// AS_PATH of one sequence, 4-octet ASes.
pub(crate) fn as_path(ases: &[u32]) -> Vec<u8> {
    let mut value = vec![2, u8::try_from(ases.len()).unwrap()];
    value.extend(ases.iter().flat_map(|a| a.to_be_bytes()));
    attribute(0x40, 2, if ases.is_empty() { &[] } else { &value })
}

pub(crate) fn next_hop(address: [u8; 4]) -> Vec<u8> {
    attribute(0x40, 3, &address)
}

pub(crate) fn local_pref(value: u32) -> Vec<u8> {
    attribute(0x40, 5, &value.to_be_bytes())
}

/// MP_REACH_NLRI for IPv6 unicast.
pub(crate) fn mp_reach(next_hop: &[u8], nlri: &[u8]) -> Vec<u8> {
    let mut value = vec![0, 2, 1, u8::try_from(next_hop.len()).unwrap()];
    value.extend_from_slice(next_hop);
    value.push(0);
    value.extend_from_slice(nlri);
    attribute(0x80, 14, &value)
}

/// MP_UNREACH_NLRI for IPv6 unicast.
pub(crate) fn mp_unreach(nlri: &[u8]) -> Vec<u8> {
    attribute(0x80, 15, &[&[0, 2, 1], nlri].concat())
}

/// What the external neighbor 192.0.2.1 of AS 65001 sends: ORIGIN, AS_PATH, NEXT_HOP.
pub(crate) fn good() -> Vec<u8> {
    [origin(0), as_path(&[65001, 65002]), next_hop([192, 0, 2, 1])].concat()
}

/// The body of an UPDATE from its three fields.
pub(crate) fn body(withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Vec<u8> {
    let mut out = u16::try_from(withdrawn.len()).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(withdrawn);
    out.extend_from_slice(&u16::try_from(attributes.len()).unwrap().to_be_bytes());
    out.extend_from_slice(attributes);
    out.extend_from_slice(nlri);
    out
}

/// 198.51.100.0/24 as NLRI.
pub(crate) const A: [u8; 4] = [24, 198, 51, 100];
/// 203.0.113.0/24 as NLRI.
pub(crate) const B: [u8; 4] = [24, 203, 0, 113];
/// 2001:db8:1::/48 as NLRI.
pub(crate) const A6: [u8; 7] = [48, 0x20, 1, 0xd, 0xb8, 0, 1];
/// 2001:db8::1.
pub(crate) const GLOBAL: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// The session with the external neighbor 192.0.2.1 of AS 65001.
pub(crate) fn session() -> BgpImport {
    BgpImport {
        next_hop_is_peer_else: false,
        protocol: "peer1".into(),
        local_as: LOCAL_AS,
        peer_as: 65001,
        public_as: LOCAL_AS,
        internal: false,
        router_id: Ipv4Addr::new(10, 0, 0, 254),
        cluster_id: Some(0x0a00_00fe),
        peer_address: ip("192.0.2.1"),
        allow_local_as: 0,
        enforce_first_as: false,
        role: None,
        default_local_pref: 100,
        ifindex: Some(super::ETH0),
        onlink: false,
        attributes: AttributeContext {
            external: true,
            four_octet_as: true,
            allow_local_pref: false,
            allow_as_sets: true,
            families: vec![AddressFamily::IPV4, AddressFamily::IPV6],
            ..AttributeContext::default()
        },
    }
}

/// The same with an internal neighbor.
pub(crate) fn internal_session() -> BgpImport {
    let mut session = session();
    session.internal = true;
    session.peer_as = LOCAL_AS;
    session.attributes.external = false;
    session
}

pub(crate) fn channel(policy: ExportPolicy) -> ChannelImport {
    ChannelImport {
        policy,
        preference: 100,
        recursive: false,
        lookup_tables: [0, 0],
        prefer_link_local: false,
        import_table: false,
        aigp: false,
        add_path: false,
        keep_filtered: false,
    }
}

/// A step with both channels under one policy.
pub(crate) fn step(session: BgpImport, policy: ExportPolicy) -> ImportStep {
    ImportStep::new(session, Some(channel(policy.clone())), Some(channel(policy)), SEED)
}

/// What a batch says, net by net: the attributes, or `None` for a withdrawal.
pub(crate) fn flat<K: NetKey>(batch: &RouteBatch<K>) -> Vec<(K, Option<RouteAttributes>)> {
    let mut nets = batch.nets.iter();
    let mut out = Vec::new();
    for (change, count) in &batch.changes {
        for net in nets.by_ref().take(*count as usize) {
            out.push((*net, change.announced().map(|s| (**s.attributes()).clone())));
        }
    }
    assert_eq!(out.len(), batch.nets.len(), "counts and nets agree");
    out
}
