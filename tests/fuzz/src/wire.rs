//! What targets of the wire crate share: sessions, and attributes that make the round.

use bytes::BytesMut;
use godwit_wire::{
    AddressFamily, AttributeContext, EXTENDED_MESSAGE_LEN_MAX, EncodeContext, ParsedAttributes,
    PathAttributes, Treatment, announce_ipv4, next_frame, parse_attributes, split_update,
};
use ipnetwork::Ipv4Network;

/// Families that may be negotiated though their nets are not read: with next hops like those of the first two, and not.
const OTHERS: [AddressFamily; 3] = [
    AddressFamily { afi: 1, safi: 4 },
    AddressFamily { afi: 2, safi: 128 },
    AddressFamily { afi: 1, safi: 133 },
];

/// A session for each octet.
pub(super) fn context(kind: u8) -> AttributeContext {
    let both = vec![AddressFamily::IPV4, AddressFamily::IPV6];
    let all = [both.as_slice(), &OTHERS].concat();
    AttributeContext {
        external: kind & 1 != 0,
        four_octet_as: kind & 2 != 0,
        allow_local_pref: kind & 4 != 0,
        allow_as_sets: kind & 8 != 0,
        confederation: kind & 16 != 0,
        aigp: kind & 32 != 0,
        extended_next_hop: if kind & 64 != 0 { both } else { Vec::new() },
        families: if kind & 128 != 0 { all } else { vec![AddressFamily::IPV4] },
    }
}

/// The verdict is the strongest error's, and each error tells of itself.
pub(super) fn check_errors(parsed: &ParsedAttributes<'_>) {
    let strongest = parsed.errors.iter().map(|e| e.treatment).max().unwrap_or_default();
    assert_eq!(parsed.verdict, strongest);
    for error in &parsed.errors {
        assert!(!error.to_string().chars().any(char::is_control));
    }
}

/// Attributes that were accepted are written to something that is accepted and reads the same, with an
/// IPv4 next hop and with an IPv6 one. An internal session asks for LOCAL_PREF, which an external neighbor
/// need not have sent.
pub(super) fn round(mut attributes: PathAttributes, nets: &[Ipv4Network]) {
    attributes.local_pref.get_or_insert(100);
    attributes.communities = sorted(&attributes.communities);
    if let Some(rare) = attributes.rare.as_mut() {
        rare.ext_communities = sorted(&rare.ext_communities);
        rare.large_communities = sorted(&rare.large_communities);
    }
    let encode = EncodeContext {
        four_octet_as: true,
        message_len_max: EXTENDED_MESSAGE_LEN_MAX,
        aigp: true,
        extended_next_hop: true,
    };
    let mut out = BytesMut::new();
    if announce_ipv4(&attributes, nets, &encode, &mut out).is_err() {
        return;
    }
    let message = next_frame(&out, EXTENDED_MESSAGE_LEN_MAX).expect("ours").expect("whole");
    let frame = split_update(message.body).expect("ours");
    // Internal, 4-octet ASes, AS_SETs, a confederation, AIGP, next hops of either family.
    let internal = context(2 | 8 | 16 | 32 | 64 | 128);
    let parsed = parse_attributes(frame.attributes, !frame.nlri.is_empty(), &internal).expect("ours");
    assert_eq!(parsed.verdict, Treatment::Accept);
    let next_hop = parsed.mp_reach.map_or(parsed.attributes.next_hop, |reach| reach.next_hop);
    assert_eq!(PathAttributes { next_hop, ..parsed.attributes }, attributes);
}

fn sorted<T: Ord + Copy>(items: &[T]) -> Box<[T]> {
    let mut sorted = items.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.into()
}
