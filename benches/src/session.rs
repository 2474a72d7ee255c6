//! An external session and what surrounds it.

use std::net::IpAddr;
use std::sync::Arc;

use godwit_filter::Surroundings;
use godwit_rib::{
    AigpPolicy, BgpExport, BgpImport, BgpSource, ChannelImport, ExportPolicy, ImportStep, Links,
    NextHopPolicy, OnLink, PrivateAsPolicy, SourceInfo,
};
use godwit_wire::{AddressFamily, AttributeContext, MESSAGE_LEN_MAX};

use crate::SEED;

/// One interface that leads everywhere.
#[derive(Debug)]
pub struct Cables;

impl Surroundings for Cables {
    fn interface_name(&self, ifindex: u32) -> Option<Arc<str>> {
        (ifindex == 2).then(|| "eth0".into())
    }

    fn interface_index(&self, name: &str) -> Option<u32> {
        (name == "eth0").then_some(2)
    }

    fn neighbor_interface(&self, _: IpAddr) -> Option<u32> {
        Some(2)
    }
}

impl Links for Cables {
    fn on_link(&self, _: IpAddr, _: Option<u32>) -> OnLink {
        OnLink::Yes(2)
    }
}

/// A channel with this policy.
pub fn channel(policy: ExportPolicy) -> ChannelImport {
    ChannelImport {
        policy,
        preference: 100,
        recursive: false,
        lookup_tables: [0; 2],
        prefer_link_local: false,
        import_table: false,
        aigp: false,
        add_path: false,
        keep_filtered: false,
    }
}

/// The import side of the session with the neighbor of AS 65001.
pub fn import(policy: ExportPolicy) -> ImportStep {
    let session = BgpImport {
        protocol: "peer1".into(),
        local_as: 65_000,
        peer_as: 65_001,
        public_as: 65_000,
        internal: false,
        router_id: [10, 0, 0, 1].into(),
        cluster_id: None,
        peer_address: [192, 0, 2, 1].into(),
        allow_local_as: 0,
        enforce_first_as: true,
        role: None,
        default_local_pref: 100,
        ifindex: None,
        onlink: false,
        next_hop_is_peer_else: false,
        attributes: AttributeContext {
            external: true,
            four_octet_as: true,
            allow_local_pref: false,
            allow_as_sets: false,
            families: vec![AddressFamily::IPV4],
            ..AttributeContext::default()
        },
    };
    ImportStep::new(session, Some(channel(policy)), None, SEED)
}

/// The neighbor with this number as a source of paths.
pub fn source(number: u8) -> SourceInfo {
    SourceInfo {
        protocol: format!("peer{number}").into(),
        type_rank: 5,
        bgp: Some(BgpSource {
            peer_address: [192, 0, 2, number].into(),
            peer_id: [10, 0, 1, number].into(),
            peer_as: 65_000 + u32::from(number),
            local_as: 65_000,
            public_as: 65_000,
            internal: false,
            interior: false,
            rr_client: false,
            cluster_id: 0,
            ifindex: 2,
            cost: 0,
            path_metric: true,
            med_metric: false,
            deterministic_med: false,
            igp_metric: true,
            prefer_older: false,
            resolves_to_drops: true,
            default_med: 0,
            default_local_pref: 100,
        }),
    }
}

/// How routes go to another external neighbor.
pub fn export() -> BgpExport {
    BgpExport {
        local_as: 65_000,
        public_as: 65_000,
        internal: false,
        interior: false,
        rr_client: false,
        rs_client: false,
        cluster_id: 0,
        peer_address: [198, 51, 100, 1].into(),
        ifindex: 3,
        own_next_hop: Some([198, 51, 100, 2].into()),
        own_link_local: None,
        link_local_format: godwit_rib::LinkLocalFormat::Native,
        missing_link_local: None,
        next_hop_self: NextHopPolicy::Off,
        next_hop_keep: NextHopPolicy::Off,
        interpret_communities: true,
        default_local_pref: 100,
        allow_local_pref: false,
        long_lived: true,
        role: None,
        aigp: AigpPolicy::Off,
        allow_med: false,
        as_override: None,
        private_as: PrivateAsPolicy::Keep,
        extended_next_hop: false,
        rewrite_before_filter: false,
        four_octet_as: true,
        add_path: false,
        message_len_max: MESSAGE_LEN_MAX,
    }
}
