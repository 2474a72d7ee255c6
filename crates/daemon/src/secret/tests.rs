use std::net::Ipv4Addr;
use std::os::fd::AsFd;

use godwit_config::{Neighbor, NeighborAs, TcpAoAlgorithm};

use super::fake::Fake;
use super::*;

pub(super) fn key(id: u8, secret: &str, preference: TcpAoPreference) -> TcpAoKey {
    let secret = Password::new(secret);
    TcpAoKey { send_id: id, recv_id: id + 100, algorithm: TcpAoAlgorithm::HmacSha256, secret, preference }
}

const PEER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

fn given(secret: &Secret, of: Use) -> Vec<String> {
    let fake = Fake::default();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    secret.set(&fake, socket.as_fd(), std::net::IpAddr::from(PEER).into(), of).unwrap();
    fake.told()
}

#[test]
fn a_session_has_a_password_or_keys_or_neither() {
    let neighbor = Neighbor::Address { address: PEER.into(), interface: None };
    let mut bgp = BgpConfig::new(64_512, neighbor, NeighborAs::External);
    assert_eq!(Secret::of(&bgp), None);
    bgp.tcp_ao_keys = vec![key(1, "a", TcpAoPreference::Normal)];
    assert_eq!(Secret::of(&bgp).unwrap().name(), "TCP-AO");
    assert_eq!(Secret::of(&bgp).unwrap().pieces(), 2);
    bgp.tcp_ao_keys = Vec::new();
    bgp.password = Some(Password::new("secret"));
    assert_eq!(Secret::of(&bgp).unwrap().name(), "TCP MD5");
    assert_eq!(given(&Secret::of(&bgp).unwrap(), Use::Connect), ["md5 192.0.2.1/32 secret"]);
}

#[test]
fn the_preferred_key_is_the_first() {
    use TcpAoPreference::{Deprecated, Normal, Preferred};
    let of = |keys: [TcpAoPreference; 3]| {
        let all: Vec<_> = (1..).zip(keys).map(|(id, preference)| key(id, "x", preference)).collect();
        let told = given(&Secret::Ao(all), Use::Connect);
        assert_eq!(
            told.len(),
            3,
            "the socket has all of them, the deprecated too: the neighbor may use it still"
        );
        let first: Vec<usize> = (0..3).filter(|n| told[*n].ends_with(" first")).collect();
        first
    };
    assert_eq!(of([Normal, Normal, Preferred]), [2]);
    assert_eq!(of([Deprecated, Normal, Normal]), [1]);
    assert_eq!(of([Preferred, Normal, Preferred]), [0]);
    assert_eq!(of([Normal, Deprecated, Deprecated]), [0]);
}

#[test]
fn a_listening_socket_has_no_first_key() {
    let all = Secret::Ao(vec![
        key(1, "old", TcpAoPreference::Deprecated),
        key(2, "new", TcpAoPreference::Preferred),
    ]);
    let expected = ["ao 192.0.2.1/32 1/101 hmac(sha256) old", "ao 192.0.2.1/32 2/102 hmac(sha256) new"];
    assert_eq!(given(&all, Use::Listen), expected);
    assert_eq!(given(&all, Use::Connect)[1], format!("{} first", expected[1]));
    // What comes in is asked for it instead.
    let fake = Fake::default();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    all.request(&fake, socket.as_fd()).unwrap();
    assert_eq!(fake.told(), ["request 102"]);
    let unsigned = Fake { unsigned: true, ..Fake::default() };
    assert!(all.request(&unsigned, socket.as_fd()).is_err());
    assert!(Secret::Md5(Password::new("x")).request(&unsigned, socket.as_fd()).is_ok());
}

#[test]
fn all_keys_are_there_or_none() {
    let all = Secret::Ao((1..=3).map(|id| key(id, "x", TcpAoPreference::Normal)).collect());
    let fake = Fake { refused: Some(3), ..Fake::default() };
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let peer = IpNetwork::from(std::net::IpAddr::from(PEER));
    let error = all.set(&fake, socket.as_fd(), peer, Use::Listen).unwrap_err();
    assert!(error.to_string().starts_with("key 3/103: there is a key with one of these IDs"), "{error}");
    assert_eq!(fake.told()[2..], ["no ao 192.0.2.1/32 1/101", "no ao 192.0.2.1/32 2/102"]);
}

/// As crypto(7) and the kernel's own tests of TCP-AO write them.
#[test]
fn algorithms_have_the_kernels_names() {
    let names = TcpAoAlgorithm::ALL
        .map(|algorithm| kernel_name(&TcpAoKey { algorithm, ..key(1, "x", TcpAoPreference::Normal) }));
    let expected = [
        "hmac(md5)",
        "hmac(sha1)",
        "hmac(sha224)",
        "hmac(sha256)",
        "hmac(sha384)",
        "hmac(sha512)",
        "cmac(aes128)",
    ];
    assert_eq!(names, expected);
}
