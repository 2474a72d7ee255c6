use bytes::BytesMut;
use godwit_wire::{
    AddressFamily, AsPath, AttributeContext, EncodeContext, EncodeError, Fault, MESSAGE_LEN_MAX,
    MessageError, NlriItem, Origin, PathAttributes, Treatment, announce_ipv4, announce_ipv6, ipv4_nlri,
    ipv4_path_nlri, ipv6_nlri, ipv6_path_nlri, next_frame, parse_attributes, split_update, withdraw_ipv4,
    withdraw_ipv6,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

/// A field of prefixes, of both families, with path identifiers and without: what is read is written to a field that
/// reads the same, and to messages that announce and withdraw the same. The field in attributes of any family, of
/// which most are not ours to read.
pub fn wire_nlri(data: &[u8]) {
    check(data, |field| ipv4_nlri(field).map(Iterator::collect));
    check(data, |field| ipv6_nlri(field).map(Iterator::collect));
    check(data, |field| ipv4_path_nlri(field).map(Iterator::collect));
    check(data, |field| ipv6_path_nlri(field).map(Iterator::collect));
    for family in FAMILIES {
        carry(family, data);
    }
}

/// Unicast, multicast, labelled, VPN, flow specifications, EVPN, and one of nobody.
const FAMILIES: [AddressFamily; 9] = {
    const fn of(afi: u16, safi: u8) -> AddressFamily {
        AddressFamily { afi, safi }
    }
    [of(1, 1), of(2, 1), of(1, 2), of(1, 4), of(2, 4), of(2, 128), of(1, 133), of(25, 70), of(0, 0)]
};

/// A prefix with or without a path identifier, as it goes into messages.
trait Item: NlriItem + PartialEq + std::fmt::Debug {
    fn is_canonical(&self) -> bool;
    fn announce(nets: &[Self], out: &mut BytesMut) -> Result<(), EncodeError>;
    fn withdraw(nets: &[Self], out: &mut BytesMut);
}

macro_rules! item {
    ($item:ty, $net:ident, $announce:ident, $withdraw:ident, $of:expr) => {
        impl Item for $item {
            fn is_canonical(&self) -> bool {
                let net: $net = $of(*self);
                net.ip() == net.network()
            }

            fn announce(nets: &[Self], out: &mut BytesMut) -> Result<(), EncodeError> {
                let context = EncodeContext { extended_next_hop: true, ..EncodeContext::PLAIN };
                $announce(&attributes(), nets, &context, out)
            }

            fn withdraw(nets: &[Self], out: &mut BytesMut) {
                $withdraw(nets, MESSAGE_LEN_MAX, out);
            }
        }
    };
}

item!(Ipv4Network, Ipv4Network, announce_ipv4, withdraw_ipv4, |net| net);
item!(Ipv6Network, Ipv6Network, announce_ipv6, withdraw_ipv6, |net| net);
item!((u32, Ipv4Network), Ipv4Network, announce_ipv4, withdraw_ipv4, |(_, net)| net);
item!((u32, Ipv6Network), Ipv6Network, announce_ipv6, withdraw_ipv6, |(_, net)| net);

fn attributes() -> PathAttributes {
    PathAttributes {
        origin: Some(Origin::Igp),
        as_path: Some(AsPath::empty()),
        next_hop: Some("2001:db8::1".parse().expect("an address")),
        local_pref: Some(100),
        ..PathAttributes::default()
    }
}

/// An internal session with these families.
fn context(families: &[AddressFamily]) -> AttributeContext {
    AttributeContext {
        four_octet_as: true,
        extended_next_hop: families.iter().copied().filter(|f| f.afi == 1).collect(),
        families: families.to_vec(),
        ..AttributeContext::default()
    }
}

fn check<N: Item>(field: &[u8], read: impl Fn(&[u8]) -> Result<Vec<N>, MessageError>) {
    let nets = match read(field) {
        Ok(nets) => nets,
        Err(error) => {
            assert_eq!((error.notification().code, error.notification().subcode), (3, 10));
            return;
        }
    };
    let mut out = BytesMut::new();
    for net in &nets {
        assert!(net.is_canonical());
        let before = out.len();
        net.put(&mut out);
        assert!(out.len() - before == net.nlri_len() && net.nlri_len() <= N::LEN_MAX);
    }
    assert_eq!(out.len(), field.len());
    assert_eq!(read(&out).expect("ours"), nets);
    // Cut short, it is refused, or the end of it is missing and nothing else.
    if let Some(shorter) = field.len().checked_sub(1).and_then(|len| read(&field[..len]).ok()) {
        assert_eq!(shorter[..], nets[..nets.len() - 1]);
    }
    let mut messages = BytesMut::new();
    N::announce(&nets, &mut messages).expect("there is room");
    assert_eq!(in_messages(&messages, &read), nets);
    messages.clear();
    N::withdraw(&nets, &mut messages);
    assert_eq!(in_messages(&messages, &read), nets);
}

/// The nets of UPDATEs, whichever field they are in.
fn in_messages<N>(mut messages: &[u8], read: &impl Fn(&[u8]) -> Result<Vec<N>, MessageError>) -> Vec<N> {
    let mut nets = Vec::new();
    while !messages.is_empty() {
        let message = next_frame(messages, MESSAGE_LEN_MAX).expect("ours").expect("whole");
        let frame = split_update(message.body).expect("ours");
        let context = context(&[AddressFamily::IPV4, AddressFamily::IPV6]);
        let parsed = parse_attributes(frame.attributes, !frame.nlri.is_empty(), &context).expect("ours");
        assert_eq!(parsed.verdict, Treatment::Accept);
        let fields = [
            frame.withdrawn,
            frame.nlri,
            parsed.mp_reach.map_or(&[], |reach| reach.nlri),
            parsed.mp_unreach.map_or(&[], |unreach| unreach.nlri),
        ];
        let before = nets.len();
        for field in fields {
            nets.extend(read(field).expect("ours"));
        }
        assert!(nets.len() > before, "an UPDATE of nothing");
        messages = &messages[message.len..];
    }
    nets
}

/// The field in MP_REACH_NLRI, behind a next hop of 16 octets, and in MP_UNREACH_NLRI: it is given on as it is where
/// the family is negotiated, and left alone where it is not.
fn carry(family: AddressFamily, field: &[u8]) {
    let Ok(len) = u16::try_from(field.len() + 21) else { return };
    let [high, low] = family.afi.to_be_bytes();
    let mut block = vec![0x90, 14];
    block.extend(len.to_be_bytes());
    block.extend([high, low, family.safi, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    block.extend(field);
    block.extend([0x90, 15]);
    block.extend((len - 18).to_be_bytes());
    block.extend([high, low, family.safi]);
    block.extend(field);
    block.extend([0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 5, 4, 0, 0, 0, 100]);
    let parsed = parse_attributes(&block, false, &context(&[family])).expect("it is well-formed");
    assert_eq!((parsed.verdict, parsed.errors.as_slice()), (Treatment::Accept, &[][..]));
    let (reach, unreach) = (parsed.mp_reach.expect("there"), parsed.mp_unreach.expect("there"));
    assert_eq!((reach.family, reach.nlri), (family, field));
    assert_eq!((unreach.family, unreach.nlri), (family, field));
    let parsed = parse_attributes(&block, false, &context(&[])).expect("it is well-formed");
    assert!(parsed.mp_reach.is_none() && parsed.mp_unreach.is_none());
    assert_eq!(parsed.errors.len(), 2);
    assert!(parsed.errors.iter().all(|e| e.fault == Fault::Family && e.treatment == Treatment::Discard));
}
