use bytes::BytesMut;
use godwit_wire::{
    PathAttributes, Treatment, end_of_rib_family, ipv4_nlri, ipv4_path_nlri, ipv6_nlri, ipv6_path_nlri,
    parse_attributes, split_update, withdraw_ipv4,
};

use crate::wire;

/// The body of an UPDATE, on every kind of session (the first octet): attributes that are accepted
/// are written to something that is accepted and reads the same.
pub fn wire_update(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    let context = wire::context(*kind);
    let Ok(frame) = split_update(body) else { return };
    let parsed = match parse_attributes(frame.attributes, !frame.nlri.is_empty(), &context) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert_eq!(error.notification().code, 3);
            assert!(error.to_string().contains('<'), "the octets at fault are in what is logged");
            return;
        }
    };
    wire::check_errors(&parsed);
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
        wire::round(parsed.attributes, &nets);
    }
}
