//! Capabilities beyond the oldest ones: octet for octet, and what of them cannot be.

use std::net::Ipv4Addr;

use bytes::{Bytes, BytesMut};
use godwit_wire::{
    AddressFamily, Capability, EXTENDED_MESSAGE_LEN_MAX, ExtendedNextHopFamily, Hostname, LongLivedFamily,
    MESSAGE_LEN_MAX, Notification, Open, Role, next_frame,
};

const ROLES: [Role; 5] = [Role::Provider, Role::RsServer, Role::RsClient, Role::Customer, Role::Peer];

fn open(capabilities: Vec<Capability>) -> Open {
    Open { asn: 65000, hold_time_secs: 90, identifier: Ipv4Addr::new(1, 1, 1, 1), capabilities }
}

/// The OPEN with capabilities of these codes and values, read.
fn read(list: &[(u8, &[u8])]) -> Open {
    let tlvs: Vec<u8> =
        list.iter().flat_map(|(code, value)| [&[*code, value.len() as u8][..], value].concat()).collect();
    // The extended form takes any length (RFC 9072).
    let (total, len) = ((tlvs.len() as u16 + 3).to_be_bytes(), (tlvs.len() as u16).to_be_bytes());
    let fixed = [4, 0xfd, 0xe8, 0, 90, 1, 1, 1, 1, 255, 255];
    Open::parse(&[&fixed[..], &total, &[2], &len, &tlvs].concat()).unwrap()
}

/// One capability is written to these octets and read from them.
#[track_caller]
fn both_ways(capability: Capability, octets: &[u8]) {
    let mut out = BytesMut::new();
    open(vec![capability.clone()]).encode(&mut out);
    let frame = next_frame(&out, MESSAGE_LEN_MAX).unwrap().unwrap();
    assert_eq!(frame.body[12..], *octets, "{capability:?}");
    assert_eq!(Open::parse(frame.body).unwrap().capabilities, [capability]);
}

#[test]
fn each_both_ways() {
    let (ipv4, ipv6) = (AddressFamily::IPV4, AddressFamily::IPV6);
    let over = |family| ExtendedNextHopFamily { family, next_hop_afi: 2 };
    both_ways(Capability::ExtendedNextHop(vec![over(ipv4)]), &[5, 6, 0, 1, 0, 1, 0, 2]);
    let vpn = AddressFamily { afi: 1, safi: 128 };
    let two = [5, 12, 0, 1, 0, 1, 0, 2, 0, 1, 0, 128, 0, 2];
    both_ways(Capability::ExtendedNextHop(vec![over(ipv4), over(vpn)]), &two);
    both_ways(Capability::ExtendedMessage, &[6, 0]);
    for (code, role) in ROLES.into_iter().enumerate() {
        both_ways(Capability::Role(role), &[9, 1, code as u8]);
    }
    both_ways(Capability::LongLivedGracefulRestart(vec![]), &[71, 0]);
    let stale = |family, forwarding_preserved, stale_time_secs| LongLivedFamily {
        family,
        forwarding_preserved,
        stale_time_secs,
    };
    both_ways(
        Capability::LongLivedGracefulRestart(vec![stale(ipv4, true, 3600), stale(ipv6, false, 0xff_ffff)]),
        &[71, 14, 0, 1, 1, 0x80, 0, 0x0e, 0x10, 0, 2, 1, 0, 0xff, 0xff, 0xff],
    );
    both_ways(Capability::Hostname(Hostname::new("node")), b"\x49\x06\x04node\x00");
    let full = Hostname { host: Bytes::from_static(b"n"), domain: Bytes::from_static(b"example.org") };
    both_ways(Capability::Hostname(full), b"\x49\x0e\x01n\x0bexample.org");
}

#[test]
fn wrong_values_are_kept_and_ignored() {
    let wrong: [(u8, &[u8]); 17] = [
        (5, &[1]),
        (5, &[0, 1, 0, 1, 0]),
        (5, &[0, 1, 0, 1, 0, 2, 0]),
        (6, &[0]),
        (6, &[0xff; 255]),
        (9, &[]),
        (9, &[5]),
        (9, &[255]),
        (9, &[0, 0]),
        (71, &[0, 1, 1, 0, 0, 0]),
        (71, &[0; 8]),
        (73, &[]),
        (73, &[1]),
        (73, &[255, b'a']),
        (73, &[1, b'a', 1]),
        (73, &[1, b'a', 0, 0]),
        (73, &[0, 255]),
    ];
    for (code, value) in wrong {
        let read = read(&[(code, value), (2, &[])]);
        let kept = Capability::Unknown { code, value: Bytes::copy_from_slice(value) };
        assert_eq!(read.capabilities, [kept, Capability::RouteRefresh]);
        assert_eq!(read.message_len_max(), MESSAGE_LEN_MAX);
        assert_eq!((read.long_lived_graceful_restart(), read.hostname()), (None, None));
        assert!(read.extended_next_hop(2).is_empty());
    }
}

#[test]
fn what_an_open_says() {
    let plain = open(vec![]);
    assert_eq!((plain.message_len_max(), plain.role()), (MESSAGE_LEN_MAX, Ok(None)));
    let both = read(&[
        (5, &[0, 1, 0, 1, 0, 2, 0, 1, 0, 1, 0, 2]),
        (5, &[0, 1, 0, 2, 0, 2, 0, 1, 1, 0, 0, 2, 0, 2, 0, 1, 0, 1]),
        (6, &[]),
        (71, &[]),
        (71, &[0, 1, 1, 0x7f, 1, 0, 0]),
        (73, &[1, b'a', 0]),
        (73, &[1, b'b']),
    ]);
    assert_eq!(both.message_len_max(), EXTENDED_MESSAGE_LEN_MAX);
    let multicast = AddressFamily { afi: 1, safi: 2 };
    assert_eq!(both.extended_next_hop(2), [AddressFamily::IPV4, multicast], "SAFI 256 is none there is");
    assert_eq!(both.extended_next_hop(1), [AddressFamily::IPV6]);
    let last = both.long_lived_graceful_restart().unwrap();
    assert_eq!((last.len(), last[0].stale_time_secs, last[0].forwarding_preserved), (1, 65_536, false));
    assert_eq!(both.hostname().unwrap().to_string(), "b", "a missing second name is an empty one");
}

/// RFC 9234 §4.2.
#[test]
fn roles() {
    assert_eq!(read(&[(9, &[3])]).role(), Ok(Some(Role::Customer)));
    assert_eq!(read(&[(9, &[3]), (9, &[3])]).role(), Ok(Some(Role::Customer)), "the same twice is one");
    assert_eq!(read(&[(9, &[3, 3])]).role(), Ok(None), "of another length it is none");
    for several in [&[(9u8, &[3u8][..]), (9, &[4])][..], &[(9, &[5])], &[(9, &[3]), (9, &[77])]] {
        let refused = read(several).role().unwrap_err();
        assert_eq!((refused.code, refused.subcode, refused.describe()), (2, 11, "Role mismatch".into()));
    }
    let fit = |a: Role, b: Role| a.counterpart() == b;
    let pairs: Vec<_> = ROLES
        .iter()
        .flat_map(|a| ROLES.iter().map(move |b| (*a, *b)))
        .filter(|(a, b)| fit(*a, *b))
        .map(|(a, b)| format!("{a}-{b}"))
        .collect();
    assert_eq!(
        pairs,
        ["provider-customer", "rs_server-rs_client", "rs_client-rs_server", "customer-provider", "peer-peer"]
    );
}

#[test]
fn names_of_hostile_neighbors() {
    let shown = |host: &[u8], domain: &[u8]| {
        let value = [&[host.len() as u8][..], host, &[domain.len() as u8], domain].concat();
        read(&[(73, &value)]).hostname().unwrap().to_string()
    };
    assert_eq!(shown(b"node-1", b"example.org"), "node-1.example.org");
    assert_eq!(shown(b"a\n<BUG> b\x1b[2J", b"\0"), "a <BUG> b [2J. ");
    assert_eq!(shown("x\u{202e}y".as_bytes(), b""), "x y");
    assert_eq!(shown(&[0xff; 3], b""), "\u{fffd}\u{fffd}\u{fffd}");
    assert_eq!(shown(b"", b""), "");
    assert_eq!(shown(&[b'h'; 253], b"").len(), 253);
    // A name without the second length octet can be one octet too long to be written again.
    assert_eq!(read(&[(73, &[&[254][..], &[b'h'; 254]].concat())]).hostname(), None);
    let long = Hostname { host: vec![b'h'; 300].into(), domain: vec![b'd'; 9].into() };
    let mut out = BytesMut::new();
    open(vec![Capability::Hostname(long)]).encode(&mut out);
    let read = Open::parse(next_frame(&out, MESSAGE_LEN_MAX).unwrap().unwrap().body).unwrap();
    assert_eq!((read.hostname().unwrap().host.len(), read.hostname().unwrap().domain.len()), (253, 0));
}

/// More families than a capability holds are cut to what it holds, never to half a family.
#[test]
fn as_many_families_as_fit() {
    let family = AddressFamily::IPV6;
    let next_hops = vec![ExtendedNextHopFamily { family, next_hop_afi: 2 }; 100];
    let stale = LongLivedFamily { family, forwarding_preserved: true, stale_time_secs: u32::MAX };
    let mut out = BytesMut::new();
    let capabilities =
        vec![Capability::ExtendedNextHop(next_hops), Capability::LongLivedGracefulRestart(vec![stale; 100])];
    open(capabilities).encode(&mut out);
    let read = Open::parse(next_frame(&out, MESSAGE_LEN_MAX).unwrap().unwrap().body).unwrap();
    assert_eq!(read.extended_next_hop(2), [family]);
    let families = read.long_lived_graceful_restart().unwrap();
    assert_eq!((families.len(), families[35].stale_time_secs), (36, 0x00ff_ffff));
}

/// RFC 5492 §5: the capabilities missed, as they would have been sent.
#[test]
fn missing_capabilities() {
    let n = Notification::missing_capabilities(&[
        Capability::Multiprotocol(AddressFamily::IPV6),
        Capability::ExtendedMessage,
        Capability::FourOctetAs(65000),
    ]);
    assert_eq!((n.code, n.subcode), (2, 7));
    assert_eq!(n.data[..], [1, 4, 0, 2, 0, 1, 6, 0, 65, 4, 0, 0, 0xfd, 0xe8]);
    assert_eq!(n.describe_with_data(), "Required capability missing: 010400020001060041040000fde8");
}
