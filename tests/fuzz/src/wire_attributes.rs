use std::net::{IpAddr, Ipv6Addr};

use godwit_wire::{AsPath, Origin, RareAttributes, Treatment, parse_attributes};

use crate::wire;

/// An attribute block on every kind of session (the first octet), with NLRI beside it and without: errors
/// are told, and what is left of it makes the round with any next hop.
pub fn wire_attributes(data: &[u8]) {
    let Some((kind, block)) = data.split_first() else { return };
    let context = wire::context(*kind);
    if let Err(error) = parse_attributes(block, false, &context) {
        assert_eq!(error.notification().code, 3);
    }
    let parsed = match parse_attributes(block, true, &context) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(matches!(error.notification().subcode, 1 | 9));
            assert!(error.to_string().contains('<'), "the octets at fault are in what is logged");
            return;
        }
    };
    wire::check_errors(&parsed);
    if parsed.verdict == Treatment::Withdraw {
        return;
    }
    let mut attributes = parsed.attributes;
    assert!(attributes.rare.as_deref().is_none_or(|r| *r != RareAttributes::default()), "normalised");
    assert!(context.aigp || attributes.aigp().is_none());
    let path = attributes.as_path.as_ref().expect("mandatory");
    assert!(context.confederation || !path.has_confederation());
    let net = "203.0.113.0/24".parse().expect("a net");
    wire::round(attributes.clone(), &[net]);
    attributes.origin = Some(Origin::Igp);
    attributes.as_path = Some(AsPath::empty());
    attributes.next_hop = Some(IpAddr::V6(Ipv6Addr::LOCALHOST.to_bits().wrapping_add(0x2001 << 112).into()));
    wire::round(attributes, &[net]);
}
