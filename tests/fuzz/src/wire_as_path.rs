use godwit_wire::{AsPath, SegmentKind, is_private_as};

/// The wire form of an AS_PATH, and an AS (the first four octets): whatever is done to the path, it stays
/// well-formed.
pub fn wire_as_path(data: &[u8]) {
    let Some((asn, wire)) = data.split_first_chunk::<4>() else { return };
    let asn = u32::from_be_bytes(*asn);
    let Some(path) = AsPath::from_wire(wire) else { return };
    assert_eq!(path.as_wire(), wire);
    let times = (asn % 600) as usize;
    let bare = path.without_confederation();
    assert!(!bare.has_confederation() && bare.path_len() == path.path_len());
    assert!(!path.without_private_ases().without_confederation().ases().any(is_private_as));
    for other in [
        bare,
        path.without_private_ases(),
        path.with_private_ases_replaced(asn),
        path.with_replaced(path.ases().next().unwrap_or(1), asn),
        path.prepended(SegmentKind::Sequence, asn, times),
        path.prepended(SegmentKind::ConfedSequence, asn, times),
    ] {
        assert_eq!(AsPath::from_wire(other.as_wire()).as_ref(), Some(&other));
        let _ = (other.to_string(), other.first_as(), other.leading_as(), other.origin_as());
    }
}
