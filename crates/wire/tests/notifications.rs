//! NOTIFICATION: octets and words.

mod common;

use bytes::{Bytes, BytesMut};
use common::hex;
use godwit_wire::{HEADER_LEN, MESSAGE_LEN_MAX, Notification, cease, next_frame};

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = ((HEADER_LEN + body.len()) as u16).to_be_bytes();
    [&[0xff; 16][..], &len, &[kind], body].concat()
}

/// `disable p "maintenance ü"` on BIRD 2.0.12.
#[test]
fn shutdown_communication_of_bird() {
    let body = hex("06 02 0e 6d61696e74656e616e636520c3bc");
    let n = Notification::parse(&body).unwrap();
    assert_eq!(n.shutdown_message().as_deref(), Some("maintenance ü"));
    assert_eq!(n, Notification::cease(cease::ADMINISTRATIVE_SHUTDOWN, Some("maintenance ü")));
    let mut out = BytesMut::new();
    n.encode(&mut out);
    assert_eq!(out[..], message(3, &body));
}

#[test]
fn shutdown_communication() {
    let of = |data: &[u8]| Notification { code: 6, subcode: 2, data: Bytes::copy_from_slice(data) };
    assert_eq!(of(&[]).shutdown_message(), None);
    assert_eq!(of(&[0]).shutdown_message(), None);
    assert_eq!(of(&[5, b'a']).shutdown_message(), None, "length beyond the data");
    assert_eq!(of(&[3, b'a', b'\n', b'b', b'c']).shutdown_message().as_deref(), Some("a b"));
    assert_eq!(of(&[4, b'a', 0x1b, 0, 0x7f]).shutdown_message().as_deref(), Some("a   "));
    let garbage = of(&[&[255][..], &[0xff; 255]].concat()).shutdown_message().unwrap();
    assert_eq!(garbage, "\u{fffd}".repeat(255));
    assert_eq!(Notification::cease(cease::HARD_RESET, None).shutdown_message(), None);
    // Cut at a character, never inside one.
    let long = Notification::cease(cease::ADMINISTRATIVE_RESET, Some(&"ü".repeat(200)));
    assert_eq!(long.data.len(), 255);
    assert_eq!(long.shutdown_message().unwrap(), "ü".repeat(127));
}

#[test]
fn notification_lengths_and_texts() {
    for body in [&[][..], &[6]] {
        let n = Notification::parse(body).unwrap_err().notification();
        assert_eq!(
            (n.code, n.subcode, &n.data[..]),
            (1, 2, &((HEADER_LEN + body.len()) as u16).to_be_bytes()[..])
        );
    }
    let texts = [
        ((1, 1), "Connection not synchronized"),
        ((2, 6), "Unacceptable hold time"),
        ((3, 10), "Invalid network field"),
        ((4, 0), "Hold timer expired"),
        ((5, 3), "Unexpected message in Established state"),
        ((6, 2), "Administrative shutdown"),
        ((6, 7), "Connection collision resolution"),
        ((6, 9), "Hard reset"),
        ((6, 10), "BFD down"),
        ((7, 1), "Invalid ROUTE-REFRESH message length"),
        ((2, 9), "Unknown error 2.9"),
        ((255, 255), "Unknown error 255.255"),
        ((0, 0), "Unknown error 0.0"),
    ];
    for ((code, subcode), text) in texts {
        assert_eq!(Notification::new(code, subcode).describe(), text);
    }
    let mut out = BytesMut::new();
    Notification { code: 7, subcode: 1, data: vec![1; 60_000].into() }.encode(&mut out);
    assert_eq!(out.len(), MESSAGE_LEN_MAX, "data is cut to what every neighbor takes");
}

/// RFC 8538 §3.1: what is really meant stands inside.
#[test]
fn hard_reset() {
    let said = Notification::cease(cease::ADMINISTRATIVE_SHUTDOWN, Some("noon"));
    let hard = Notification::hard_reset(&said);
    assert_eq!((hard.code, hard.subcode, &hard.data[..]), (6, 9, &b"\x06\x02\x04noon"[..]));
    assert_eq!(hard.inner(), Some(said.clone()));
    assert!(hard.is_hard_reset() && hard.is_cease() && !said.is_hard_reset() && said.inner().is_none());
    assert_eq!(hard.describe(), "Hard reset: Administrative shutdown");
    assert_eq!(hard.describe_with_data(), "Hard reset: Administrative shutdown: \"noon\"");
    assert_eq!(hard.shutdown_message().as_deref(), Some("noon"));
    let peer = Notification::hard_reset(&Notification { code: 2, subcode: 2, data: vec![0xfd, 0xe9].into() });
    assert_eq!(peer.describe_with_data(), "Hard reset: Bad peer AS: 65001");

    // Some send it bare, or with half of what is due.
    for data in [&[][..], &[6]] {
        let bare = Notification { code: 6, subcode: 9, data: Bytes::copy_from_slice(data) };
        assert_eq!((bare.inner(), bare.describe()), (None, "Hard reset".to_owned()));
    }
    // One inside the other is looked into once.
    let nested = (0..2000).fold(said, |inner, _| Notification::hard_reset(&inner));
    assert_eq!((nested.describe(), nested.shutdown_message()), ("Hard reset".to_owned(), None));
    let mut out = BytesMut::new();
    let long = Notification { code: 3, subcode: 1, data: vec![1; 5000].into() };
    Notification::hard_reset(&long).encode(&mut out);
    assert_eq!(next_frame(&out, MESSAGE_LEN_MAX).unwrap().unwrap().len, MESSAGE_LEN_MAX);
}

/// RFC 9003 §2: text that would forge lines or hide others.
#[test]
fn shutdown_communication_of_hostile_neighbors() {
    let of = |text: &str| {
        let data = [&[text.len() as u8][..], text.as_bytes()].concat();
        Notification { code: 6, subcode: 2, data: data.into() }.describe_with_data()
    };
    assert_eq!(of("a\u{202e}b\u{2028}c\u{9b}d"), "Administrative shutdown: \"a b c d\"");
    let full = Notification::cease(cease::ADMINISTRATIVE_SHUTDOWN, Some(&"x".repeat(255)));
    assert_eq!((full.data.len(), full.data[0]), (256, 255), "RFC 9003 allows what RFC 8203 did not");
    assert_eq!(full.shutdown_message().unwrap().len(), 255);
    // Octets behind the text are not shown, and a length that is a lie shows all as octets.
    let tail = Notification { code: 6, subcode: 4, data: Bytes::from_static(b"\x02hi and more") };
    assert_eq!(tail.describe_with_data(), "Administrative reset: \"hi\"");
    let lie = Notification { code: 6, subcode: 4, data: Bytes::from_static(b"\x09hi") };
    assert_eq!(lie.describe_with_data(), "Administrative reset: 096869");
}
