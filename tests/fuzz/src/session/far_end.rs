//! A neighbor that an exporter talks to: it reads every message with our own parser, which must find no fault, and
//! holds what it is told.

use std::collections::{BTreeMap, BTreeSet};

use godwit_rib::{BgpExport, NetKey};
use godwit_wire::{
    AddressFamily, AttributeContext, Fault, MessageError, MessageType, PathAttributes, next_frame,
    parse_attributes, split_update,
};

/// A net and its path identifier, 0 where there are none.
pub(super) type Told<K> = (K, u32);

#[derive(Debug)]
pub(super) struct FarEnd<K> {
    pub(super) held: BTreeMap<Told<K>, PathAttributes>,
    /// Of those, what has more of something than we take ourselves: only that it was told is known.
    pub(super) overfull: BTreeSet<Told<K>>,
    context: AttributeContext,
    len_max: usize,
    add_path: bool,
}

impl<K: NetKey> FarEnd<K> {
    pub(super) fn new(export: &BgpExport) -> Self {
        Self {
            held: BTreeMap::new(),
            overfull: BTreeSet::new(),
            context: AttributeContext {
                external: !export.internal,
                confederation: export.interior,
                four_octet_as: export.four_octet_as,
                // What should not have been sent is to be seen.
                allow_local_pref: true,
                allow_as_sets: true,
                aigp: true,
                extended_next_hop: if export.extended_next_hop {
                    vec![AddressFamily::IPV4]
                } else {
                    Vec::new()
                },
                families: vec![K::FAMILY],
            },
            len_max: export.message_len_max,
            add_path: export.add_path,
        }
    }

    /// Reads what came of one export.
    pub(super) fn hear(&mut self, mut octets: &[u8]) {
        assert!(!octets.is_empty(), "an export of nothing");
        let mut announced = BTreeSet::new();
        while !octets.is_empty() {
            let frame = next_frame(octets, self.len_max).expect("ours").expect("a whole message");
            assert_eq!(frame.kind, MessageType::Update);
            self.update(frame.body, &mut announced);
            octets = &octets[frame.len..];
        }
    }

    fn update(&mut self, body: &[u8], announced: &mut BTreeSet<Told<K>>) {
        let frame = split_update(body).expect("ours");
        let parsed = parse_attributes(frame.attributes, !frame.nlri.is_empty(), &self.context).expect("ours");
        // The path has become longer by us, the list of clusters, too: a limit is no fault.
        let overfull = !parsed.errors.is_empty() && parsed.errors.iter().all(|e| e.fault == Fault::TooMany);
        assert!(overfull || parsed.errors.is_empty(), "{:?}", parsed.errors);
        let is_ipv4 = K::FAMILY == AddressFamily::IPV4;
        assert!(is_ipv4 || frame.withdrawn.is_empty() && frame.nlri.is_empty());
        let unreach = parsed.mp_unreach.map_or(&[][..], |unreach| unreach.nlri);
        for field in [frame.withdrawn, unreach] {
            for told in self.nets(field).expect("ours") {
                assert!(self.held.remove(&told).is_some(), "{told:?} is withdrawn and was not announced");
                self.overfull.remove(&told);
            }
        }
        let mut attributes = parsed.attributes;
        let mut nets = self.nets(frame.nlri).expect("ours");
        if let Some(reach) = parsed.mp_reach {
            assert!(frame.nlri.is_empty() && reach.family == K::FAMILY);
            nets = self.nets(reach.nlri).expect("ours");
            attributes.next_hop = reach.next_hop;
            attributes.rare_mut().link_local_next_hop = reach.link_local;
            attributes.normalise();
        }
        for told in nets {
            assert!(announced.insert(told), "{told:?} is announced twice in one export");
            self.held.insert(told, attributes.clone());
            if overfull {
                self.overfull.insert(told);
            } else {
                self.overfull.remove(&told);
            }
        }
    }

    fn nets(&self, field: &[u8]) -> Result<Vec<Told<K>>, MessageError> {
        if self.add_path {
            Ok(K::path_nlri(field)?.map(|(id, net)| (net, id)).collect())
        } else {
            Ok(K::nlri(field)?.map(|net| (net, 0)).collect())
        }
    }
}
