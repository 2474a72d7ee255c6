//! What the neighbor has said it has, as anybody would read it: a table must not have more of it than that.

use std::collections::BTreeSet;

use godwit_rib::NetKey;
use godwit_wire::{
    AddressFamily, AttributeContext, Treatment, end_of_rib_family, parse_attributes, split_update,
};

/// Nets, with path identifiers where there are such.
pub(super) struct Said<K> {
    /// Said before the last mark, and not since.
    before: BTreeSet<(K, Option<u32>)>,
    since: BTreeSet<(K, Option<u32>)>,
}

impl<K: NetKey> Said<K> {
    pub(super) fn new() -> Self {
        Self { before: BTreeSet::new(), since: BTreeSet::new() }
    }

    pub(super) fn has(&self, net: K, path_id: Option<u32>) -> bool {
        self.before.contains(&(net, path_id)) || self.since.contains(&(net, path_id))
    }

    /// From here on everything is said again; whether what was not said again since the last mark goes at once.
    pub(super) fn mark(&mut self, forgets: bool) {
        if forgets {
            self.before.clear();
        }
        self.before.append(&mut self.since);
    }

    /// What was not said again goes.
    pub(super) fn sweep(&mut self) {
        self.before.clear();
    }

    pub(super) fn clear(&mut self) {
        (self.before, self.since) = (BTreeSet::new(), BTreeSet::new());
    }

    /// An UPDATE. Of one that is refused, what it announces may have been taken, and what it withdraws not.
    pub(super) fn update(&mut self, body: &[u8], context: &AttributeContext, add_path: bool, is_refused: bool) {
        let Ok(frame) = split_update(body) else { return };
        let has_nlri = !frame.nlri.is_empty();
        let Ok(parsed) = parse_attributes(frame.attributes, has_nlri, context) else { return };
        if end_of_rib_family(&frame).is_some() {
            return;
        }
        let is_ipv4 = K::FAMILY == AddressFamily::IPV4;
        let unreach = parsed.mp_unreach.filter(|unreach| unreach.family == K::FAMILY);
        let reach = parsed.mp_reach.filter(|reach| reach.family == K::FAMILY);
        let withdrawn =
            [if is_ipv4 { frame.withdrawn } else { &[] }, unreach.map_or(&[][..], |unreach| unreach.nlri)];
        let announced = [reach.map_or(&[][..], |reach| reach.nlri), if is_ipv4 { frame.nlri } else { &[] }];
        for net in withdrawn.into_iter().flat_map(|field| nets::<K>(field, add_path)) {
            if !is_refused {
                self.since.remove(&net);
                self.before.remove(&net);
            }
        }
        for net in announced.into_iter().flat_map(|field| nets::<K>(field, add_path)) {
            if parsed.verdict < Treatment::Withdraw {
                self.before.remove(&net);
                self.since.insert(net);
            } else if !is_refused {
                self.before.remove(&net);
                self.since.remove(&net);
            }
        }
    }
}

fn nets<K: NetKey>(field: &[u8], add_path: bool) -> Vec<(K, Option<u32>)> {
    if add_path {
        K::path_nlri(field).map(|nets| nets.map(|(id, net)| (net, Some(id))).collect()).unwrap_or_default()
    } else {
        K::nlri(field).map(|nets| nets.map(|net| (net, None)).collect()).unwrap_or_default()
    }
}
