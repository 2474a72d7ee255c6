//! OPENs as neighbors may send them.

use godwit_wire::{Capability, GracefulRestart, GracefulRestartFamily, LongLivedFamily, Open, Role};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::FAMILIES;
use crate::common::{HIGH, LOW, open_b};

fn capability() -> impl Strategy<Value = Capability> {
    let graceful = subsequence(FAMILIES.to_vec(), 0..=2).prop_map(|families| {
        let family = |family| GracefulRestartFamily { family, forwarding_preserved: true };
        let families = families.into_iter().map(family).collect();
        Capability::GracefulRestart(GracefulRestart {
            families,
            restart_time_secs: 90,
            notification: true,
            ..GracefulRestart::default()
        })
    });
    let long = |family| {
        (0u32..200).prop_map(move |stale_time_secs| LongLivedFamily {
            family,
            forwarding_preserved: true,
            stale_time_secs,
        })
    };
    let long_lived = vec(select(FAMILIES.to_vec()).prop_flat_map(long), 0..3);
    prop_oneof![
        select(FAMILIES.to_vec()).prop_map(Capability::Multiprotocol),
        Just(Capability::RouteRefresh),
        graceful,
        long_lived.prop_map(Capability::LongLivedGracefulRestart),
        Just(Capability::EnhancedRouteRefresh),
        select(vec![Role::Peer, Role::Customer]).prop_map(Capability::Role),
        prop_oneof![4 => Just(65002), 1 => any::<u32>()].prop_map(Capability::FourOctetAs),
    ]
}

pub(crate) fn open() -> impl Strategy<Value = Open> {
    let asn = select(vec![0, 23456, 65001, 65002, 65003]);
    let identifier = select(vec![[0; 4].into(), LOW, HIGH, [10, 0, 0, 1].into()]);
    let any = (asn, 0u16..400, identifier, vec(capability(), 0..6));
    prop_oneof![
        // One that is mostly good, or hardly anything would ever be established.
        3 => Just(open_b(FAMILIES.map(Capability::Multiprotocol).to_vec())),
        2 => vec(capability(), 1..6).prop_map(|more| {
            open_b(FAMILIES.map(Capability::Multiprotocol).into_iter().chain(more).collect())
        }),
        1 => any.prop_map(|(asn, hold_time_secs, identifier, capabilities)| Open {
            asn, hold_time_secs, identifier, capabilities
        }),
    ]
}
