//! Framing and the small messages: OPEN, NOTIFICATION, ROUTE-REFRESH, octet for octet.

mod common;

use std::net::Ipv4Addr;

use bytes::BytesMut;
use common::hex;
use godwit_wire::{
    AddressFamily, Capability, EXTENDED_MESSAGE_LEN_MAX, GracefulRestart, GracefulRestartFamily, HEADER_LEN,
    MESSAGE_LEN_MAX, MessageError, MessageType, Open, RefreshKind, RouteRefresh, encode_keepalive,
    next_frame,
};

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    header((HEADER_LEN + body.len()) as u16, kind).into_iter().chain(body.iter().copied()).collect()
}

fn header(len: u16, kind: u8) -> Vec<u8> {
    [&[0xff; 16][..], &len.to_be_bytes(), &[kind]].concat()
}

fn code(error: &MessageError) -> (u8, u8) {
    let n = error.notification();
    (n.code, n.subcode)
}

#[test]
fn marker() {
    for at in 0..16 {
        let mut bad = message(4, &[]);
        bad[at] = 0xfe;
        assert_eq!(code(&next_frame(&bad, MESSAGE_LEN_MAX).unwrap_err()), (1, 1));
        // It is seen as soon as it is there.
        assert_eq!(next_frame(&bad[..=at], MESSAGE_LEN_MAX), Err(MessageError::Marker));
        assert_eq!(next_frame(&bad[..at], MESSAGE_LEN_MAX), Ok(None));
    }
}

#[test]
fn bad_lengths() {
    let cases = [
        (0, 4),
        (18, 4),
        (19, 1),
        (28, 1),
        (22, 2),
        (20, 3),
        (20, 4),
        (4097, 1),
        (4097, 2),
        (4097, 3),
        (4097, 5),
        (65_535, 2),
    ];
    for (len, kind) in cases {
        let error = next_frame(&header(len, kind), MESSAGE_LEN_MAX).unwrap_err();
        let n = error.notification();
        assert_eq!((n.code, n.subcode, &n.data[..]), (1, 2, &len.to_be_bytes()[..]), "{len} of type {kind}");
    }
    // With extended messages, OPEN and KEEPALIVE stay as short as they were (RFC 8654 §4).
    for kind in [1, 4] {
        assert_eq!(
            next_frame(&header(4097, kind), EXTENDED_MESSAGE_LEN_MAX),
            Err(MessageError::Length(4097))
        );
    }
    for kind in [2, 3, 5] {
        assert_eq!(next_frame(&header(4097, kind), EXTENDED_MESSAGE_LEN_MAX), Ok(None));
    }
    let long = message(2, &vec![0; 65_535 - HEADER_LEN]);
    assert_eq!(next_frame(&long, EXTENDED_MESSAGE_LEN_MAX).unwrap().unwrap().len, 65_535);
}

#[test]
fn bad_types() {
    for kind in [0, 6, 255] {
        let n = next_frame(&header(19, kind), MESSAGE_LEN_MAX).unwrap_err().notification();
        assert_eq!((n.code, n.subcode, &n.data[..]), (1, 3, &[kind][..]));
    }
}

#[test]
fn a_stream_cut_anywhere_is_the_same_stream() {
    let stream =
        [message(4, &[]), message(2, &[0, 0, 0, 0]), message(3, &[6, 2]), message(5, &[0, 1, 0, 1])].concat();
    let mut ends = Vec::new();
    let mut from = 0;
    while let Some(frame) = next_frame(&stream[from..], MESSAGE_LEN_MAX).unwrap() {
        assert_eq!(frame.body.len() + HEADER_LEN, frame.len);
        from += frame.len;
        ends.push((from, frame.kind));
    }
    let kinds: Vec<_> = ends.iter().map(|e| e.1).collect();
    use MessageType::*;
    assert_eq!(kinds, [Keepalive, Update, Notification, RouteRefresh]);
    let mut start = 0;
    for (end, kind) in ends {
        for cut in start..end {
            assert_eq!(next_frame(&stream[start..cut], MESSAGE_LEN_MAX), Ok(None));
        }
        assert_eq!(next_frame(&stream[start..end], MESSAGE_LEN_MAX).unwrap().unwrap().kind, kind);
        start = end;
    }
}

#[test]
fn keepalive() {
    let mut out = BytesMut::new();
    encode_keepalive(&mut out);
    assert_eq!(out[..], message(4, &[]));
}

/// The OPEN of BIRD 2.0.12 with graceful restart, two families, and an AS of two octets.
#[test]
fn open_of_bird() {
    let body =
        hex("04 fde8 00f0 0a090909 26 02 24 0104 00010001 0104 00020001 0200 400a 0078 00010100 00020100
         4104 0000fde8 4600 4700");
    let open = Open::parse(&body).unwrap();
    let family = |family| GracefulRestartFamily { family, forwarding_preserved: false };
    assert_eq!(
        open,
        Open {
            asn: 65000,
            hold_time_secs: 240,
            identifier: Ipv4Addr::new(10, 9, 9, 9),
            capabilities: vec![
                Capability::Multiprotocol(AddressFamily::IPV4),
                Capability::Multiprotocol(AddressFamily::IPV6),
                Capability::RouteRefresh,
                Capability::GracefulRestart(GracefulRestart {
                    restarting: false,
                    notification: false,
                    restart_time_secs: 120,
                    families: vec![family(AddressFamily::IPV4), family(AddressFamily::IPV6)],
                }),
                Capability::FourOctetAs(65000),
                Capability::EnhancedRouteRefresh,
                Capability::LongLivedGracefulRestart(Vec::new()),
            ],
        }
    );
    assert_eq!(open.effective_as(), 65000);
    assert_eq!(open.families(), [AddressFamily::IPV4, AddressFamily::IPV6]);
    let mut out = BytesMut::new();
    open.encode(&mut out);
    assert_eq!(out[..], message(1, &body));
}

fn open_with(parameters: &[u8]) -> Result<Open, MessageError> {
    open_of(u8::try_from(parameters.len()).unwrap(), parameters)
}

fn open_of(len: u8, parameters: &[u8]) -> Result<Open, MessageError> {
    Open::parse(&[&[4, 0xfd, 0xe8, 0, 90, 1, 1, 1, 1, len][..], parameters].concat())
}

#[test]
fn open_fixed_fields() {
    let with = |version: u8, hold: u16| {
        let [h, l] = hold.to_be_bytes();
        Open::parse(&[version, 0xfd, 0xe8, h, l, 1, 1, 1, 1, 0])
    };
    for version in [0, 3, 5, 255] {
        let n = with(version, 90).unwrap_err().notification();
        assert_eq!((n.code, n.subcode, &n.data[..]), (2, 1, &[0, 4][..]), "the version we speak is the data");
    }
    for hold in [1, 2] {
        assert_eq!(code(&with(4, hold).unwrap_err()), (2, 6));
    }
    for hold in [0, 3, 65_535] {
        assert_eq!(with(4, hold).unwrap().hold_time_secs, hold);
    }
    for len in 0..10 {
        assert_eq!(code(&Open::parse(&vec![4; len]).unwrap_err()), (2, 0));
    }
}

#[test]
fn open_parameters() {
    assert_eq!(open_with(&[]).unwrap().families(), [AddressFamily::IPV4], "no capabilities: IPv4 unicast");
    for bad in [1, 2, 250, 254] {
        assert_eq!(code(&open_of(bad, &[2, 0, 2]).unwrap_err()), (2, 0), "length {bad} of 3");
    }
    assert_eq!(code(&open_with(&[1, 1, 0]).unwrap_err()), (2, 4), "authentication");
    assert_eq!(code(&open_with(&[77, 0]).unwrap_err()), (2, 4));
    // RFC 9072 §3: in another place than the first its mark is no parameter.
    assert_eq!(code(&open_with(&[2, 0, 255, 0]).unwrap_err()), (2, 4));
    assert_eq!(code(&open_with(&[2, 10, 65, 4]).unwrap_err()), (2, 0), "parameter overruns the message");
    assert_eq!(
        code(&open_with(&[2, 4, 65, 12, 0, 0]).unwrap_err()),
        (2, 0),
        "capability overruns its parameter"
    );
    assert_eq!(code(&open_with(&[2, 1, 65]).unwrap_err()), (2, 0));
    // One parameter for each capability is fine too.
    let split = open_with(&[2, 2, 2, 0, 2, 6, 65, 4, 0, 1, 0, 0]).unwrap();
    assert_eq!(split.capabilities, [Capability::RouteRefresh, Capability::FourOctetAs(65_536)]);
    assert_eq!(split.effective_as(), 65_536);
    // The last AS4 counts.
    let twice = open_with(&[2, 12, 65, 4, 0, 0, 0, 1, 65, 4, 0, 0, 0, 2]).unwrap();
    assert_eq!(twice.four_octet_as(), Some(2));
}

/// RFC 9072, in both directions and cut short everywhere.
#[test]
fn open_extended_parameters() {
    let refresh = [2, 0, 2, 2, 0];
    for len in [255, 254, 9, 1] {
        let open = open_of(len, &[&[255, 0, 5][..], &refresh].concat()).unwrap();
        assert_eq!(open.capabilities, [Capability::RouteRefresh], "old length {len}");
    }
    assert_eq!(open_of(255, &[255, 0, 0]).unwrap().capabilities, [], "nothing inside");
    for total in [0, 4, 6, 255] {
        let error = open_of(255, &[&[255, 0, total][..], &refresh].concat()).unwrap_err();
        assert_eq!(code(&error), (2, 0), "total {total} of 5");
    }
    for cut in [&[][..], &[255], &[255, 0], &[255, 0, 2, 0, 1], &[255, 0, 1, 2], &[255, 0, 5, 2, 0, 9, 2, 0]]
    {
        assert_eq!(code(&open_of(255, cut).unwrap_err()), (2, 0), "{cut:?}");
    }

    let encoded = |values: &[usize]| {
        let capabilities =
            values.iter().map(|n| Capability::Unknown { code: 200, value: vec![7; *n].into() }).collect();
        let open = Open { asn: 1, hold_time_secs: 90, identifier: Ipv4Addr::new(1, 1, 1, 1), capabilities };
        let mut out = BytesMut::new();
        open.encode(&mut out);
        let frame = next_frame(&out, MESSAGE_LEN_MAX).unwrap().unwrap();
        assert_eq!(Open::parse(frame.body).unwrap(), open);
        frame.body[9..12].to_vec()
    };
    // 253 octets of capabilities are the most that fit in the plain form.
    assert_eq!(encoded(&[251]), [255, 2, 253]);
    assert_eq!(encoded(&[252]), [255, 255, 1]);
    assert_eq!(encoded(&[100, 100, 100]), [255, 255, 1]);
    assert_eq!(encoded(&[0]), [4, 2, 2]);
}

/// Every code with no octets, one, and as many as fit: never a crash, and no session lost over a
/// capability but AS4.
#[test]
fn capabilities_of_wrong_lengths() {
    for capability in 0..=255u8 {
        for len in [0usize, 1, 2, 3, 4, 5, 6, 8, 251] {
            let tlv = [&[capability, len as u8][..], &vec![1; len]].concat();
            let parsed = open_with(&[&[2, tlv.len() as u8][..], &tlv].concat());
            if capability == 65 && len != 4 {
                assert_eq!(code(&parsed.unwrap_err()), (2, 0));
            } else {
                let open = parsed.unwrap();
                assert_eq!(open.capabilities.len(), 1);
                assert_eq!(
                    open.families(),
                    match (capability, len) {
                        (1, 4) => [AddressFamily { afi: 0x101, safi: 1 }],
                        _ => [AddressFamily::IPV4],
                    }
                );
            }
        }
    }
    let graceful = |value: &[u8]| {
        let tlv = [&[64, value.len() as u8][..], value].concat();
        open_with(&[&[2, tlv.len() as u8][..], &tlv].concat()).unwrap().graceful_restart().cloned()
    };
    for bad in [&[][..], &[0], &[0, 1, 0], &[0, 1, 0, 1, 1]] {
        assert_eq!(graceful(bad), None, "{bad:?}");
    }
    let full = graceful(&[0xcf, 0xff, 0, 2, 1, 0xff]).unwrap();
    assert!(full.restarting && full.notification && full.families[0].forwarding_preserved);
    assert_eq!((full.restart_time_secs, full.families[0].family), (4095, AddressFamily::IPV6));
    let none = graceful(&[0x30, 0, 0, 1, 1, 0x7f]).unwrap();
    assert!(!none.restarting && !none.notification && !none.families[0].forwarding_preserved);
    assert_eq!(none.restart_time_secs, 0);
}

#[test]
fn an_open_of_nothing_but_capabilities() {
    let pairs: Vec<u8> = [2, 0].repeat(126);
    assert_eq!(open_with(&[&[2, 252][..], &pairs].concat()).unwrap().capabilities.len(), 126);
    let capabilities = vec![Capability::FourOctetAs(1); 5000];
    let open = Open { asn: 1, hold_time_secs: 90, identifier: Ipv4Addr::LOCALHOST, capabilities };
    let mut out = BytesMut::new();
    open.encode(&mut out);
    assert!(next_frame(&out, MESSAGE_LEN_MAX).unwrap().is_some(), "too many are left out");
}

#[test]
fn route_refresh() {
    let mut out = BytesMut::new();
    let request = RouteRefresh { family: AddressFamily::IPV6, subtype: 0 };
    request.encode(&mut out);
    assert_eq!(out[..], message(5, &[0, 2, 0, 1]));
    assert_eq!(RouteRefresh::parse(&[0, 2, 0, 1]), Ok(request));
    for subtype in 0..=255 {
        assert_eq!(RouteRefresh::parse(&[0x40, 4, subtype, 71]).unwrap().subtype, subtype, "never an error");
    }
    // Lengths count only where the subtype does (RFC 7313 §5).
    for subtype in [3, 255] {
        let longer = RouteRefresh::parse(&[0, 2, subtype, 1, 9, 9]).unwrap();
        assert_eq!((longer.family, longer.subtype, longer.kind()), (AddressFamily::IPV6, subtype, None));
    }
    let marks = [
        (RouteRefresh::request(AddressFamily::IPV6), RefreshKind::Request),
        (RouteRefresh::begin(AddressFamily::IPV6), RefreshKind::Begin),
        (RouteRefresh::end(AddressFamily::IPV6), RefreshKind::End),
    ];
    for (subtype, (refresh, kind)) in marks.into_iter().enumerate() {
        let subtype = subtype as u8;
        assert_eq!((refresh.subtype, refresh.kind()), (subtype, Some(kind)));
        let mut out = BytesMut::new();
        refresh.encode(&mut out);
        assert_eq!(out[..], message(5, &[0, 2, subtype, 1]));
        for body in [&[0, 2, subtype][..], &[0, 2, subtype, 1, 0], &[0, 2, subtype, 1, 0, 0, 0, 0]] {
            let n = RouteRefresh::parse(body).unwrap_err().notification();
            assert_eq!((n.code, n.subcode, &n.data[..]), (7, 1, &message(5, body)[..]), "subtype {subtype}");
        }
    }
    for len in [0, 1, 3, 5, 11] {
        let n = RouteRefresh::parse(&vec![0; len]).unwrap_err().notification();
        assert_eq!((n.code, n.subcode), (7, 1));
        assert_eq!(n.data[..], message(5, &vec![0; len]), "the message is the data");
    }
}
