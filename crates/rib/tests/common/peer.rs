//! A neighbor at the far end of an exporter: it reads every message and keeps what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use godwit_filter::{NoSurroundings, RouteAttributes};
use godwit_rib::{
    BgpExport, ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, NetKey, SourceId, SourceInfo,
    Table,
};
use godwit_wire::{
    AddressFamily, AttributeContext, MessageType, PathAttributes, ipv4_nlri, ipv6_nlri, next_frame,
    parse_attributes, split_update,
};
use ipnetwork::IpNetwork;

/// One thing a peer was told of a net.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    Announced(IpNetwork),
    Withdrawn(IpNetwork),
}

/// A BGP neighbor. Reading a message checks it: its length, that it parses without a fault, and
/// that only what was announced is withdrawn.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) id: ExporterId,
    /// What it holds.
    pub(crate) nets: BTreeMap<IpNetwork, PathAttributes>,
    /// What it was told since [`Peer::listen`] was called last, in order.
    pub(crate) said: Vec<Said>,
    /// Messages since then.
    pub(crate) messages: usize,
    context: AttributeContext,
    message_len_max: usize,
}

/// How whoever is exported to reads.
pub(super) fn reading(export: &BgpExport) -> AttributeContext {
    AttributeContext {
        external: !export.internal,
        confederation: export.interior,
        four_octet_as: export.four_octet_as,
        // LOCAL_PREF is to be seen here where it should not have been sent.
        allow_local_pref: true,
        allow_as_sets: true,
        aigp: true,
        extended_next_hop: if export.extended_next_hop { vec![AddressFamily::IPV4] } else { Vec::new() },
        families: vec![AddressFamily::IPV4, AddressFamily::IPV6],
    }
}

impl Peer {
    pub(crate) fn new<K: NetKey>(
        table: &mut Table<K>,
        export: BgpExport,
        policy: ExportPolicy,
        own: Option<SourceId>,
    ) -> Self {
        let kind = ExporterKind::Bgp(Arc::new(export.clone()));
        Self::of(table, &export, Exporter::new(kind, policy, own, Arc::new(NoSurroundings)))
    }

    /// One of which is kept what it was sent (`export table`).
    pub(crate) fn with_table<K: NetKey>(
        table: &mut Table<K>,
        export: BgpExport,
        policy: ExportPolicy,
    ) -> Self {
        let kind = ExporterKind::Bgp(Arc::new(export.clone()));
        let mut exporter = Exporter::new(kind, policy, None, Arc::new(NoSurroundings));
        exporter.keep_exported();
        Self::of(table, &export, exporter)
    }

    fn of<K: NetKey>(table: &mut Table<K>, export: &BgpExport, exporter: Exporter) -> Self {
        let context = reading(export);
        let message_len_max = export.message_len_max;
        let id = table.add_exporter(exporter);
        Self { id, nets: BTreeMap::new(), said: Vec::new(), messages: 0, context, message_len_max }
    }

    /// Hears everything there is to hear, in one go.
    pub(crate) fn listen<K: NetKey>(&mut self, table: &mut Table<K>) -> &[Said] {
        self.said.clear();
        self.messages = 0;
        while table.has_export(self.id) {
            self.listen_once(table, usize::MAX);
        }
        &self.said
    }

    /// Hears of at most `nets_max` changes.
    pub(crate) fn listen_once<K: NetKey>(&mut self, table: &mut Table<K>, nets_max: usize) {
        match table.export(self.id, nets_max) {
            Some(Exported::Updates(bytes)) => self.hear(&bytes),
            Some(Exported::Routes(_)) => panic!("routes for a BGP neighbor"),
            None => {}
        }
    }

    fn hear(&mut self, mut bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an export of nothing");
        let mut announced = BTreeSet::new();
        while !bytes.is_empty() {
            let frame = next_frame(bytes, self.message_len_max).unwrap().unwrap();
            assert_eq!(frame.kind, MessageType::Update);
            self.messages += 1;
            self.update(frame.body, &mut announced);
            bytes = &bytes[frame.len..];
        }
    }

    fn update(&mut self, body: &[u8], announced: &mut BTreeSet<IpNetwork>) {
        let update = split_update(body).unwrap();
        let parsed = parse_attributes(update.attributes, !update.nlri.is_empty(), &self.context).unwrap();
        assert_eq!(parsed.errors, [], "a fault in what was sent");
        let mut gone: Vec<IpNetwork> = ipv4_nlri(update.withdrawn).unwrap().map(IpNetwork::V4).collect();
        if let Some(unreach) = &parsed.mp_unreach {
            assert_eq!(unreach.family, AddressFamily::IPV6);
            gone.extend(ipv6_nlri(unreach.nlri).unwrap().map(IpNetwork::V6));
        }
        for net in gone {
            assert!(self.nets.remove(&net).is_some(), "{net} is withdrawn and was not announced");
            self.said.push(Said::Withdrawn(net));
        }
        let nets = ipv4_nlri(update.nlri).unwrap().map(IpNetwork::V4);
        self.announced(nets, &parsed.attributes, announced);
        if let Some(reach) = &parsed.mp_reach {
            let mut attributes = parsed.attributes.clone();
            attributes.next_hop = reach.next_hop;
            attributes.rare_mut().link_local_next_hop = reach.link_local;
            attributes.normalise();
            if reach.family == AddressFamily::IPV6 {
                let nets = ipv6_nlri(reach.nlri).unwrap().map(IpNetwork::V6);
                self.announced(nets, &attributes, announced);
            } else {
                assert_eq!(reach.family, AddressFamily::IPV4);
                let nets = ipv4_nlri(reach.nlri).unwrap().map(IpNetwork::V4);
                self.announced(nets, &attributes, announced);
            }
        }
    }

    fn announced(
        &mut self,
        nets: impl Iterator<Item = IpNetwork>,
        attributes: &PathAttributes,
        announced: &mut BTreeSet<IpNetwork>,
    ) {
        for net in nets {
            assert!(announced.insert(net), "{net} is announced twice in one export");
            self.nets.insert(net, attributes.clone());
            self.said.push(Said::Announced(net));
        }
    }
}

/// What a neighbor is told of a single route, if anything.
pub(crate) fn told(
    source: SourceInfo,
    path: &RouteAttributes,
    export: BgpExport,
    policy: ExportPolicy,
) -> Option<PathAttributes> {
    told_of(super::net("198.51.100.0/24"), source, path, export, policy)
}

/// The same in a table of IPv6.
pub(crate) fn told6(
    source: SourceInfo,
    path: &RouteAttributes,
    export: BgpExport,
    policy: ExportPolicy,
) -> Option<PathAttributes> {
    told_of(super::net6("2001:db8:1::/48"), source, path, export, policy)
}

fn told_of<K: NetKey>(
    net: K,
    source: SourceInfo,
    path: &RouteAttributes,
    export: BgpExport,
    policy: ExportPolicy,
) -> Option<PathAttributes> {
    let mut table = Table::new(1);
    let source = table.add_source(source, None);
    let mut peer = Peer::new(&mut table, export, policy, None);
    super::announce(&mut table, source, net, path);
    peer.listen(&mut table);
    peer.nets.into_values().next()
}
