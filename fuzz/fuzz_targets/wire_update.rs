//! The body of an UPDATE, on every kind of session (the first octet): attributes that are accepted
//! are written to something that is accepted and reads the same.
#![no_main]

use bytes::BytesMut;
use godwit_wire::{
    AddressFamily, AttributeContext, EXTENDED_MESSAGE_LEN_MAX, EncodeContext, PathAttributes, Treatment,
    announce_ipv4, end_of_rib_family, ipv4_nlri, ipv4_path_nlri, ipv6_nlri, ipv6_path_nlri, next_frame,
    parse_attributes, split_update, withdraw_ipv4,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, body)) = data.split_first() else { return };
    let context = AttributeContext {
        external: kind & 1 != 0,
        four_octet_as: kind & 2 != 0,
        allow_local_pref: kind & 4 != 0,
        allow_as_sets: kind & 8 != 0,
        families: vec![AddressFamily::IPV4, AddressFamily::IPV6],
        ..AttributeContext::default()
    };
    let Ok(frame) = split_update(body) else { return };
    let parsed = match parse_attributes(frame.attributes, !frame.nlri.is_empty(), &context) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert_eq!(error.notification().code, 3);
            return;
        }
    };
    if end_of_rib_family(&frame).is_some() {
        assert!(parsed.mp_reach.is_none() && parsed.attributes == PathAttributes::default());
    }
    for nlri in
        [parsed.mp_reach.as_ref().map(|m| m.nlri), parsed.mp_unreach.map(|m| m.nlri)].into_iter().flatten()
    {
        let _ = ipv6_nlri(nlri).map(Iterator::count);
        let _ = ipv6_path_nlri(nlri).map(Iterator::count);
    }
    if let Ok(paths) = ipv4_path_nlri(frame.nlri) {
        let paths: Vec<_> = paths.collect();
        let mut out = BytesMut::new();
        withdraw_ipv4(&paths, 4096, &mut out);
    }
    let Ok(nets) = ipv4_nlri(frame.nlri) else { return };
    let nets: Vec<_> = nets.collect();
    let mut out = BytesMut::new();
    withdraw_ipv4(&nets, 4096, &mut out);
    if parsed.verdict != Treatment::Withdraw && !nets.is_empty() {
        again(parsed.attributes, &nets);
    }
});

fn again(mut attributes: PathAttributes, nets: &[ipnetwork::Ipv4Network]) {
    // An internal session asks for it; an external neighbor need not have sent it.
    attributes.local_pref.get_or_insert(100);
    sort(&mut attributes.communities);
    if let Some(rare) = attributes.rare.as_mut() {
        sort(&mut rare.ext_communities);
        sort(&mut rare.large_communities);
    }
    let encode = EncodeContext { four_octet_as: true, message_len_max: EXTENDED_MESSAGE_LEN_MAX, ..EncodeContext::PLAIN };
    let mut out = BytesMut::new();
    if announce_ipv4(&attributes, nets, &encode, &mut out).is_err() {
        return;
    }
    let message = next_frame(&out, EXTENDED_MESSAGE_LEN_MAX).expect("ours").expect("whole");
    let frame = split_update(message.body).expect("ours");
    let internal = AttributeContext {
        external: false,
        four_octet_as: true,
        allow_local_pref: false,
        allow_as_sets: false,
        families: Vec::new(),
        ..AttributeContext::default()
    };
    let parsed = parse_attributes(frame.attributes, true, &internal).expect("ours");
    assert_eq!(parsed.verdict, Treatment::Accept);
    assert_eq!(parsed.attributes, attributes);
}

fn sort<T: Ord + Copy>(items: &mut Box<[T]>) {
    let mut sorted = items.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    *items = sorted.into();
}
