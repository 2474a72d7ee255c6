//! What becomes of a protocol's channels.

use super::session::{bgp_channel, igp_tables};
use super::{ChannelChange, ChannelFault, Routers};
use crate::model::{ChannelConfig, Dialect, ProtocolConfig, ProtocolKind};

fn of<'a>(protocol: &'a ProtocolConfig, like: &ChannelConfig) -> Option<&'a ChannelConfig> {
    protocol.channels.iter().find(|c| c.family == like.family)
}

/// The channels that cannot be as they are configured while the protocol runs, and the first option that is why.
pub(super) fn faults(
    old: &ProtocolConfig,
    new: &ProtocolConfig,
) -> (Option<&'static str>, Vec<ChannelFault>) {
    let of_new = new.channels.iter().filter_map(|channel| match of(old, channel) {
        None => Some(("channels", ChannelFault::New(channel.family))),
        Some(was) => restart_reason((old, was), (new, channel))
            .map(|reason| (reason, ChannelFault::Changed(channel.family))),
    });
    let gone = old.channels.iter().filter(|channel| of(new, channel).is_none());
    let gone = gone.map(|channel| ("channels", ChannelFault::Gone(channel.family)));
    let (reasons, faults): (Vec<&'static str>, _) = of_new.chain(gone).unzip();
    (reasons.first().copied(), faults)
}

/// The first option of a channel that holds from its start on.
fn restart_reason(
    (old_protocol, old): (&ProtocolConfig, &ChannelConfig),
    (new_protocol, new): (&ProtocolConfig, &ChannelConfig),
) -> Option<&'static str> {
    first_difference!(old, new, table => "table").or_else(|| match (&old_protocol.kind, &new_protocol.kind) {
        (ProtocolKind::Bgp(was), ProtocolKind::Bgp(now)) => {
            let is_other = igp_tables(old_protocol, was, old) != igp_tables(new_protocol, now, new);
            bgp_channel((was, old), (now, new)).or(is_other.then_some("igp table"))
        }
        _ => None,
    })
}

/// What the channels need that both have, if anything changed of them.
pub(super) fn changes(
    (old, new): (&ProtocolConfig, &ProtocolConfig),
    router: &Routers,
) -> Vec<ChannelChange> {
    let both = new.channels.iter().filter_map(|channel| Some((of(old, channel)?, channel)));
    both.filter_map(|(was, now)| change((old, was), (new, now), router)).collect()
}

/// What a channel needs that can change while it runs; `None` if nothing changed.
fn change(
    (old_protocol, old): (&ProtocolConfig, &ChannelConfig),
    (new_protocol, new): (&ProtocolConfig, &ChannelConfig),
    router: &Routers,
) -> Option<ChannelChange> {
    if old == new {
        return None;
    }
    let (was, now) = (&old.bgp, &new.bgp);
    let (mut reimport, mut reexport) = (false, false);
    // What is only said that holds anyhow changes nothing.
    if let (ProtocolKind::Bgp(a), ProtocolKind::Bgp(b)) = (&old_protocol.kind, &new_protocol.kind) {
        // Where 1.6 is spoken, AIGP is on only where that is said.
        let aigp = a.aigp(was) != b.aigp(now) || (router.dialect == Dialect::Bird16 && was.aigp != now.aigp);
        reimport = aigp || a.next_hop_preference(was) != b.next_hop_preference(now);
        reexport = aigp || a.next_hop_keep(was, router.dialect) != b.next_hop_keep(now, router.dialect);
    }
    reimport |= old.import != new.import || old.preference != new.preference || was.cost != now.cost;
    reexport |= old.export != new.export
        || was.next_hop_self != now.next_hop_self
        || was.next_hop_address != now.next_hop_address
        || was.link_local_format != now.link_local_format
        || was.missing_lladdr != now.missing_lladdr
        || was.as_override != now.as_override
        || was.private_as != now.private_as;
    Some(ChannelChange { family: new.family, reimport, reexport })
}
