//! The nets of an UPDATE, with path identifiers (RFC 7911) or without, into a batch.

use std::net::IpAddr;

use crate::attrs::HashedAttributes;
use crate::key::NetKey;
use crate::table::RouteBatch;

use super::kept::Kept;
use super::{ChannelImport, Context, Links, UpdateSummary};

/// Where what is read goes.
pub(super) struct Taken<'a, K> {
    pub(super) kept: &'a mut Kept<K>,
    pub(super) batch: &'a mut RouteBatch<K>,
}

impl Context {
    /// Takes announced nets, which have these attributes; none: they are gone.
    pub(super) fn announce_each<K: NetKey>(
        &self,
        nets: impl Iterator<Item = (Option<u32>, K)>,
        channel: &ChannelImport,
        set: Option<&HashedAttributes>,
        links: &dyn Links,
        to: &mut Taken<'_, K>,
        summary: &mut UpdateSummary,
    ) {
        let mut filtered: Option<HashedAttributes> = None;
        for (path_id, net) in nets {
            to.batch.path_ids.extend(path_id);
            let Some(set) = set else {
                to.kept.gone(net, path_id);
                to.batch.counters.withdraws.received += 1;
                to.batch.malformed(net);
                continue;
            };
            to.batch.counters.updates.received += 1;
            if !is_valid(net) {
                to.batch.counters.updates.rejected += 1;
                to.batch.invalid(net);
                continue;
            }
            to.kept.announced(net, path_id, set);
            self.decide(channel, net, set, links, &mut filtered, summary).put(net, set, to.batch);
        }
    }

    /// Runs the policy over all that is kept of a family.
    pub(super) fn decide_again<K: NetKey>(
        &self,
        channel: &ChannelImport,
        kept: &Kept<K>,
        links: &dyn Links,
        batch: &mut RouteBatch<K>,
        summary: &mut UpdateSummary,
    ) {
        let mut filtered: Option<HashedAttributes> = None;
        for (net, path_id, set) in kept.iter() {
            batch.path_ids.extend(path_id);
            self.decide(channel, net, set, links, &mut filtered, summary).put(net, set, batch);
        }
    }

    /// What the policy makes of a route.
    fn decide<K: NetKey>(
        &self,
        channel: &ChannelImport,
        net: K,
        set: &HashedAttributes,
        links: &dyn Links,
        filtered: &mut Option<HashedAttributes>,
        summary: &mut UpdateSummary,
    ) -> Decision {
        match &channel.policy {
            crate::ExportPolicy::All => Decision::AsItIs,
            crate::ExportPolicy::None if channel.keep_filtered => Decision::Kept(set.clone()),
            crate::ExportPolicy::None => Decision::Refused,
            crate::ExportPolicy::Filter(filter) => {
                self.run(filter, net, set, links, channel.keep_filtered, filtered, summary)
            }
        }
    }
}

/// What a policy makes of a route.
pub(super) enum Decision {
    AsItIs,
    With(HashedAttributes),
    Refused,
    /// Refused, but to be kept.
    Kept(HashedAttributes),
}

impl Decision {
    fn put<K: NetKey>(self, net: K, set: &HashedAttributes, batch: &mut RouteBatch<K>) {
        match self {
            Self::AsItIs => batch.announce(net, set),
            Self::With(changed) => batch.announce(net, &changed),
            Self::Refused => {
                batch.counters.updates.filtered += 1;
                batch.filtered(net);
            }
            Self::Kept(changed) => {
                batch.counters.updates.filtered += 1;
                batch.keep(net, &changed);
            }
        }
    }
}

/// A net that came with a path identifier.
pub(super) fn with_id<K>((id, net): (u32, K)) -> (Option<u32>, K) {
    (Some(id), net)
}

/// A net that came without.
pub(super) fn plain<K>(net: K) -> (Option<u32>, K) {
    (None, net)
}

/// Takes withdrawn nets.
pub(super) fn withdraw_each<K: NetKey>(
    nets: impl Iterator<Item = (Option<u32>, K)>,
    kept: &mut Kept<K>,
    batch: &mut RouteBatch<K>,
) {
    for (path_id, net) in nets {
        kept.gone(net, path_id);
        batch.path_ids.extend(path_id);
        batch.counters.withdraws.received += 1;
        batch.withdraw(net);
    }
}

/// Whether a net may be in a routing table: not multicast, not this host's, not a link's.
fn is_valid<K: NetKey>(net: K) -> bool {
    match net.to_net().ip() {
        IpAddr::V4(a) => {
            let [first, ..] = a.octets();
            !(a.is_multicast() || a.is_broadcast() || first == 127 || (first == 0 && net.len() > 0))
        }
        IpAddr::V6(a) => !(a.is_multicast() || a.is_loopback() || a.is_unicast_link_local()),
    }
}
