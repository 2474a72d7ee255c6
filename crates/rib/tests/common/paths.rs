//! A neighbor that is sent every path (RFC 7911), and paths with identifiers to put in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use godwit_filter::{NoSurroundings, RouteAttributes};
use godwit_rib::{
    BgpExport, ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, NetKey, RouteBatch, SourceId,
    Table,
};
use godwit_wire::{
    AttributeContext, MessageType, PathAttributes, ipv4_path_nlri, ipv6_path_nlri, next_frame,
    parse_attributes, split_update,
};
use ipnetwork::IpNetwork;

/// What it holds: of each net the paths by their identifiers. Reading checks that only what it holds
/// is withdrawn, and that nothing is said twice at once.
#[derive(Debug)]
pub(crate) struct PathPeer {
    pub(crate) id: ExporterId,
    pub(crate) held: BTreeMap<(IpNetwork, u32), PathAttributes>,
    /// Announced and withdrawn since [`PathPeer::listen`] was called last, in order.
    pub(crate) announced: Vec<(IpNetwork, u32)>,
    pub(crate) withdrawn: Vec<(IpNetwork, u32)>,
    /// Messages since then.
    pub(crate) messages: usize,
    context: AttributeContext,
}

impl PathPeer {
    pub(crate) fn new<K: NetKey>(
        table: &mut Table<K>,
        export: BgpExport,
        policy: ExportPolicy,
        own: Option<SourceId>,
    ) -> Self {
        let context = super::peer::reading(&export);
        let kind = ExporterKind::Bgp(Arc::new(BgpExport { add_path: true, ..export }));
        let id = table.add_exporter(Exporter::new(kind, policy, own, Arc::new(NoSurroundings)));
        Self { id, held: BTreeMap::new(), announced: Vec::new(), withdrawn: Vec::new(), messages: 0, context }
    }

    /// Hears everything there is to hear; the paths announced and withdrawn.
    pub(crate) fn listen<K: NetKey>(&mut self, table: &mut Table<K>) -> (usize, usize) {
        self.announced.clear();
        self.withdrawn.clear();
        self.messages = 0;
        while table.has_export(self.id) {
            self.listen_once(table, usize::MAX);
        }
        (self.announced.len(), self.withdrawn.len())
    }

    /// Hears of at most `nets_max` nets.
    pub(crate) fn listen_once<K: NetKey>(&mut self, table: &mut Table<K>, nets_max: usize) {
        let Some(exported) = table.export(self.id, nets_max) else { return };
        let Exported::Updates(bytes) = exported else { panic!("routes for a BGP neighbor") };
        let mut bytes = &bytes[..];
        assert!(!bytes.is_empty(), "an export of nothing");
        let mut said = BTreeSet::new();
        while !bytes.is_empty() {
            let frame = next_frame(bytes, 4096).unwrap().unwrap();
            assert_eq!(frame.kind, MessageType::Update);
            self.messages += 1;
            self.update(frame.body, &mut said);
            bytes = &bytes[frame.len..];
        }
    }

    fn update(&mut self, body: &[u8], said: &mut BTreeSet<(IpNetwork, u32)>) {
        let update = split_update(body).unwrap();
        let parsed = parse_attributes(update.attributes, !update.nlri.is_empty(), &self.context).unwrap();
        assert_eq!(parsed.errors, [], "a fault in what was sent");
        let v4 = |(id, net)| (IpNetwork::V4(net), id);
        let v6 = |(id, net)| (IpNetwork::V6(net), id);
        let mut gone: Vec<_> = ipv4_path_nlri(update.withdrawn).unwrap().map(v4).collect();
        gone.extend(parsed.mp_unreach.iter().flat_map(|u| ipv6_path_nlri(u.nlri).unwrap().map(v6)));
        for path in gone {
            assert!(said.insert(path), "{path:?} twice in one export");
            assert!(self.held.remove(&path).is_some(), "{path:?} is withdrawn and was not announced");
            self.withdrawn.push(path);
        }
        let mut paths: Vec<_> = ipv4_path_nlri(update.nlri).unwrap().map(v4).collect();
        let mut attributes = parsed.attributes;
        if let Some(reach) = &parsed.mp_reach {
            attributes.next_hop = reach.next_hop;
            paths.extend(ipv6_path_nlri(reach.nlri).unwrap().map(v6));
        }
        for path in paths {
            assert_ne!(path.1, 0);
            assert!(said.insert(path), "{path:?} twice in one export");
            self.held.insert(path, attributes.clone());
            self.announced.push(path);
        }
    }

    /// The paths of a net, by identifier.
    pub(crate) fn paths(&self, net: IpNetwork) -> Vec<(u32, &PathAttributes)> {
        self.held.range((net, 0)..=(net, u32::MAX)).map(|((_, id), a)| (*id, a)).collect()
    }
}

/// Announces paths with one attribute set.
pub(crate) fn announce_paths<K: NetKey>(
    table: &mut Table<K>,
    from: SourceId,
    paths: &[(u32, K)],
    attributes: &RouteAttributes,
) -> bool {
    let set = super::hashed(attributes);
    let mut batch = RouteBatch::default();
    for (id, net) in paths {
        batch.path_ids.push(*id);
        batch.announce(*net, &set);
    }
    table.apply(from, batch, 1_000).import
}

pub(crate) fn withdraw_paths<K: NetKey>(table: &mut Table<K>, from: SourceId, paths: &[(u32, K)]) {
    let mut batch = RouteBatch::default();
    for (id, net) in paths {
        batch.path_ids.push(*id);
        batch.withdraw(*net);
    }
    table.apply(from, batch, 2_000);
}
