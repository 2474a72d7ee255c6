use std::future::poll_fn;
use std::net::Ipv4Addr;

use godwit_config::{Neighbor, NeighborAs, Password};
use godwit_sockopt::set_md5_key;
use socket2::{Domain, Type};
use tokio::sync::mpsc::error::TryRecvError;

use crate::secret::fake::Fake;

use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A session with whoever connects from here, on a socket of its own.
fn session(at: SocketAddr, password: Option<&str>) -> BgpConfig {
    let neighbor = Neighbor::Address { address: HERE, interface: None };
    let mut bgp = BgpConfig::new(64_512, neighbor, NeighborAs::Number(64_513));
    bgp.local_address = Some(at.ip());
    bgp.strict_bind = true;
    bgp.local_port = at.port();
    bgp.password = password.map(Password::new);
    bgp
}

async fn listening() -> (Directory, SocketAddr, Arc<TcpListener>) {
    let directory = Directory::default();
    let listener = Arc::new(TcpListener::bind((HERE, 0)).await.unwrap());
    let at = listener.local_addr().unwrap();
    directory.add_socket(&at.into(), listener.clone());
    (directory, at, listener)
}

/// Connects, which the kernel lets happen before anybody accepts.
fn connect(to: SocketAddr, key: Option<&[u8]>) -> socket2::Socket {
    let socket = socket2::Socket::new(Domain::for_address(to), Type::STREAM, None).unwrap();
    if let Some(key) = key {
        set_md5_key(&socket, to.ip().into(), key).unwrap();
    }
    socket.connect(&to.into()).unwrap();
    socket
}

#[tokio::test]
async fn who_connected_before_the_key_was_there_does_not_come_in() {
    let (directory, at, listener) = listening().await;
    let early = connect(at, None);
    let (to, mut incoming) = mpsc::channel(4);
    let door = directory.open(&session(at, Some("secret")), HERE, to).unwrap();
    assert!(incoming.try_recv().is_err_and(|e| e == TryRecvError::Empty));
    let late = connect(at, Some(b"secret"));
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    let taken = incoming.try_recv().unwrap();
    assert_eq!(taken.peer, late.local_addr().unwrap().as_socket().unwrap());
    drop(early);

    // With the door goes the key.
    drop(door);
    drop(connect(at, None));
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(incoming.try_recv().is_err());
}

#[tokio::test]
async fn a_session_without_a_password_needs_no_socket() {
    let (directory, at, _) = listening().await;
    let (to, _incoming) = mpsc::channel(4);
    let elsewhere = SocketAddr::new(at.ip(), at.port() ^ 1);
    let error = directory.open(&session(elsewhere, Some("x")), HERE, to.clone()).unwrap_err();
    assert!(matches!(error, NoDoor::NotListening), "{error}");
    directory.open(&session(elsewhere, None), HERE, to.clone()).unwrap();
    for len in [0, 81] {
        let error = directory.open(&session(at, Some(&"x".repeat(len))), HERE, to.clone()).unwrap_err();
        assert!(error.brief().starts_with("Error: TCP MD5: the password"), "{}", error.brief());
    }
}

#[tokio::test]
async fn an_address_has_one_password() {
    let (directory, at, listener) = listening().await;
    let (to, _incoming) = mpsc::channel(4);
    let first = directory.open(&session(at, Some("one")), HERE, to).unwrap();
    for other in [Some("two"), None] {
        let (to, _incoming) = mpsc::channel(4);
        let error = directory.open(&session(at, other), HERE, to).unwrap_err();
        assert!(matches!(error, NoDoor::OtherPassword(_)), "{error}");
    }
    // The next life of a session is there before the last one is quite gone: the key stays.
    let (to, mut incoming) = mpsc::channel(4);
    let _second = directory.open(&session(at, Some("one")), HERE, to).unwrap();
    drop(first);
    let _client = connect(at, Some(b"one"));
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(incoming.try_recv().is_ok());
}

#[tokio::test]
async fn where_all_are_near_nobody_from_afar_connects() {
    let (directory, at, listener) = listening().await;
    // The loopback sends with 64.
    let far = || {
        let socket = socket2::Socket::new(Domain::for_address(at), Type::STREAM, None).unwrap();
        socket.connect_timeout(&at.into(), std::time::Duration::from_millis(100)).is_err()
    };
    let mut near = session(at, None);
    near.ttl_security = true;
    let (to, _incoming) = mpsc::channel(4);
    let door = directory.open(&near, HERE, to.clone()).unwrap();
    assert!(far(), "a connection from afar");
    // Another session on the same socket, with neighbors anywhere.
    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let other = directory.open(&session(at, None), elsewhere, to).unwrap();
    assert!(!far());
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    drop(other);
    assert!(far());
    drop(door);
    assert!(!far());
}

#[test]
fn how_near_a_neighbor_must_be() {
    let mut bgp = session(SocketAddr::new(HERE, 179), None);
    assert_eq!(minimum_ttl(&bgp), None);
    bgp.ttl_security = true;
    // As BIRD has it.
    for (multihop, expected) in [(None, 255), (Some(1), 255), (Some(2), 254), (Some(64), 192), (Some(255), 1)]
    {
        bgp.multihop = multihop;
        assert_eq!(minimum_ttl(&bgp), Some(expected));
    }
}

#[test]
fn what_lacks_is_said_with_what_to_do() {
    let memory = OptionMemory { set: 1, wanted: 300, limit: Some(20_480) };
    let brief = NoDoor::OptionMemory(memory).brief();
    assert!(brief.ends_with("sysctl -w net.core.optmem_max=98304"), "{brief}");
}

fn range(at: SocketAddr, net: &str, password: Option<&str>) -> (BgpConfig, IpNetwork) {
    let net: IpNetwork = net.parse().unwrap();
    let mut bgp = session(at, password);
    bgp.neighbor = Neighbor::Range(net);
    bgp.multihop = Some(2);
    (bgp, net)
}

#[tokio::test]
async fn a_range_has_whom_nobody_else_has() {
    let (directory, at, listener) = listening().await;
    let mut doors = Vec::new();
    let mut open = |net: &str| {
        let (to, incoming) = mpsc::channel(4);
        let (bgp, net) = range(at, net, None);
        doors.push(directory.open_range(&bgp, net, to).unwrap());
        incoming
    };
    // The longest is the one, whatever the order.
    let (mut narrow, mut wide, mut elsewhere) =
        (open("127.0.0.0/30"), open("127.0.0.0/8"), open("10.0.0.0/8"));
    let _client = connect(at, None);
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(narrow.try_recv().is_ok() && wide.try_recv().is_err());
    let (to, mut own) = mpsc::channel(4);
    let door = directory.open(&session(at, None), HERE, to).unwrap();
    let _client = connect(at, None);
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(own.try_recv().is_ok() && narrow.try_recv().is_err());
    drop((door, doors.remove(0)));
    let _client = connect(at, None);
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(wide.try_recv().is_ok() && elsewhere.try_recv().is_err());
}

#[tokio::test]
async fn a_session_of_a_range_keeps_the_key_when_the_range_goes() {
    let (directory, at, listener) = listening().await;
    let (to, _newcomers) = mpsc::channel(4);
    let (bgp, net) = range(at, "127.0.0.0/8", Some("secret"));
    let of_range = directory.open_range(&bgp, net, to.clone()).unwrap();
    // A range has one password too.
    let (other, _) = range(at, "127.0.0.0/8", Some("another"));
    assert!(matches!(directory.open_range(&other, net, to).unwrap_err(), NoDoor::OtherPassword(_)));
    let (to, mut incoming) = mpsc::channel(4);
    let door = directory.open(&session(at, Some("secret")), HERE, to).unwrap();
    let _client = connect(at, Some(b"secret"));
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(incoming.try_recv().is_ok());
    drop(of_range);
    let unsigned = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    assert!(unsigned.connect_timeout(&at.into(), std::time::Duration::from_millis(100)).is_err());
    let _client = connect(at, Some(b"secret"));
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(incoming.try_recv().is_ok());
    drop(door);
    drop(connect(at, None));
}

#[test]
fn who_is_on_another_link_is_not_of_the_range() {
    use crate::links::{Link, LinkAddress};
    use godwit_config::InterfacePattern;

    let link = |index: u32, name: &str| Link {
        index,
        name: name.into(),
        admin_up: true,
        addresses: vec![LinkAddress {
            address: format!("10.0.{index}.1/24").parse().unwrap(),
            peer: None,
            secondary: false,
            scope: godwit_filter::Scope::Universe,
        }],
        ..Link::default()
    };
    let links = LinkTable { links: vec![link(1, "eth0"), link(2, "tun0")] };
    let at = SocketAddr::new(HERE, 179);
    let takes = |net: &str, options: &dyn Fn(&mut BgpConfig), peer: &str| {
        let (mut bgp, net) = range(at, net, None);
        bgp.multihop = None;
        options(&mut bgp);
        let (to, _) = mpsc::channel(1);
        RangeEntry::new(&bgp, net, to).takes(peer.parse().unwrap(), Some(&links))
    };
    let pattern =
        |name: &str| vec![InterfacePattern { negative: false, name: Some(name.into()), prefix: None }];
    assert!(takes("10.0.0.0/8", &|_| {}, "10.0.2.9:1"));
    assert!(!takes("10.0.0.0/8", &|_| {}, "10.0.9.9:1") && !takes("10.0.2.0/24", &|_| {}, "10.0.1.9:1"));
    assert!(takes("10.0.0.0/8", &|bgp| bgp.multihop = Some(9), "10.0.9.9:1"));
    assert!(takes("10.0.0.0/8", &|bgp| bgp.interface_range = pattern("eth*"), "10.0.1.9:1"));
    assert!(!takes("10.0.0.0/8", &|bgp| bgp.interface_range = pattern("eth*"), "10.0.2.9:1"));
    // As BIRD has it, link-local ones are let in only where their link is named.
    let scoped = "[fe80::2%2]:1";
    assert!(!takes("fe80::/10", &|_| {}, scoped));
    assert!(takes("fe80::/10", &|bgp| bgp.range_interface = Some("tun0".into()), scoped));
    assert!(!takes("fe80::/10", &|bgp| bgp.range_interface = Some("eth0".into()), scoped));
    assert!(takes("fe80::/10", &|bgp| bgp.interface_range = pattern("*0"), scoped));
}

fn keys_of(ids: &[(u8, godwit_config::TcpAoPreference)]) -> Vec<godwit_config::TcpAoKey> {
    let key = |(id, preference): &(u8, _)| godwit_config::TcpAoKey {
        send_id: *id,
        recv_id: *id + 100,
        algorithm: godwit_config::TcpAoAlgorithm::HmacSha1,
        secret: Password::new("hush"),
        preference: *preference,
    };
    ids.iter().map(key).collect()
}

/// A directory whose kernel has TCP-AO and writes down what it is told.
async fn with_a_fake() -> (Directory, SocketAddr, Arc<TcpListener>, Fake) {
    let (directory, at, listener) = listening().await;
    let fake = Fake::default();
    directory.lock().keys = state::KeyGiver(Box::new(fake.clone()));
    (directory, at, listener, fake)
}

#[tokio::test]
async fn keys_of_tcp_ao_come_and_go_with_the_door() {
    use godwit_config::TcpAoPreference::{Normal, Preferred};
    let (directory, at, listener, fake) = with_a_fake().await;
    let mut bgp = session(at, None);
    bgp.tcp_ao_keys = keys_of(&[(1, Normal), (2, Preferred)]);
    let (to, mut incoming) = mpsc::channel(4);
    let door = directory.open(&bgp, HERE, to).unwrap();
    let both = ["ao 127.0.0.1/32 1/101 hmac(sha1) hush", "ao 127.0.0.1/32 2/102 hmac(sha1) hush"];
    assert_eq!(fake.told(), both);
    // What is accepted is asked for the preferred key.
    let _client = connect(at, None);
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(incoming.try_recv().is_ok());
    assert_eq!(fake.told(), ["request 102"]);
    // Other keys, or a password, are another session's; the next life of this one finds its keys there.
    let mut other = session(at, None);
    other.tcp_ao_keys = keys_of(&[(1, Normal)]);
    let (to, _incoming) = mpsc::channel(4);
    let error = directory.open(&other, HERE, to.clone()).unwrap_err();
    assert!(error.brief().starts_with("Error: TCP-AO: another session"), "{}", error.brief());
    assert!(directory.open(&session(at, Some("x")), HERE, to.clone()).is_err());
    let next = directory.open(&bgp, HERE, to).unwrap();
    drop(door);
    assert_eq!(fake.told(), Vec::<String>::new());
    drop(next);
    assert_eq!(fake.told(), ["no ao 127.0.0.1/32 1/101", "no ao 127.0.0.1/32 2/102"]);
    // With other keys it is another life; a neighbor beside it does not notice.
    let (to, _incoming) = mpsc::channel(4);
    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let _stays = directory.open(&session(at, Some("md5")), elsewhere, to.clone()).unwrap();
    let _door = directory.open(&other, HERE, to).unwrap();
    assert_eq!(fake.told(), ["md5 127.0.0.2/32 md5", both[0]]);
}

#[tokio::test]
async fn who_is_not_signed_with_the_keys_does_not_come_in() {
    let (directory, at, listener, fake) = with_a_fake().await;
    directory.lock().keys = state::KeyGiver(Box::new(Fake { unsigned: true, ..fake.clone() }));
    let mut bgp = session(at, None);
    bgp.tcp_ao_keys = keys_of(&[(1, godwit_config::TcpAoPreference::Normal)]);
    let (to, mut incoming) = mpsc::channel(4);
    let _door = directory.open(&bgp, HERE, to).unwrap();
    let _client = connect(at, None);
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(incoming.try_recv().is_err());
}

#[tokio::test]
async fn a_kernel_without_tcp_ao_says_so() {
    let (directory, at, listener) = listening().await;
    let mut bgp = session(at, None);
    bgp.tcp_ao_keys = keys_of(&[(1, godwit_config::TcpAoPreference::Normal)]);
    let (to, _incoming) = mpsc::channel(4);
    match directory.open(&bgp, HERE, to) {
        // It has it.
        Ok(_) => assert!(godwit_sockopt::has_tcp_ao(&listener)),
        Err(error) => assert_eq!(
            error.brief(),
            "Error: TCP-AO: key 1/101: this kernel has none: it needs Linux 6.7 or newer with CONFIG_TCP_AO"
        ),
    }
}

#[tokio::test]
async fn a_range_has_keys_of_tcp_ao() {
    use godwit_config::TcpAoPreference::Normal;
    let (directory, at, listener, fake) = with_a_fake().await;
    let (mut bgp, net) = range(at, "127.0.0.0/8", None);
    bgp.tcp_ao_keys = keys_of(&[(1, Normal)]);
    let (to, mut newcomers) = mpsc::channel(4);
    let of_range = directory.open_range(&bgp, net, to).unwrap();
    assert_eq!(fake.told(), ["ao 127.0.0.0/8 1/101 hmac(sha1) hush"]);
    // Who connects is asked for it; the session that is made for it needs no key of its own.
    let _client = connect(at, None);
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(newcomers.try_recv().is_ok());
    let mut own = session(at, None);
    own.tcp_ao_keys = keys_of(&[(1, Normal)]);
    let (to, mut incoming) = mpsc::channel(4);
    let door = directory.open(&own, HERE, to).unwrap();
    assert_eq!(fake.told(), ["request 101"]);
    // The range's keys go before those come that stand in for them: both cannot be there.
    drop(of_range);
    assert_eq!(fake.told(), ["no ao 127.0.0.0/8 1/101", "ao 127.0.0.1/32 1/101 hmac(sha1) hush"]);
    let _client = connect(at, None);
    poll_fn(|cx| directory.poll_accept(&at.into(), &listener, cx)).await.unwrap();
    assert!(incoming.try_recv().is_ok());
    drop(door);
    assert_eq!(fake.told(), ["request 101", "no ao 127.0.0.1/32 1/101"]);
}

#[tokio::test]
async fn in_a_range_with_keys_of_tcp_ao_other_keys_have_other_ids() {
    use godwit_config::TcpAoPreference::Normal;
    let (directory, at, _listener, fake) = with_a_fake().await;
    let (mut bgp, net) = range(at, "127.0.0.0/8", None);
    bgp.tcp_ao_keys = keys_of(&[(1, Normal)]);
    let (to, _newcomers) = mpsc::channel(4);
    let _range = directory.open_range(&bgp, net, to.clone()).unwrap();
    let mut own = session(at, None);
    own.tcp_ao_keys = keys_of(&[(2, Normal), (1, Normal)]);
    let error = directory.open(&own, HERE, to.clone()).unwrap_err();
    assert!(error.brief().contains("give them other IDs"), "{}", error.brief());
    own.tcp_ao_keys = keys_of(&[(2, Normal)]);
    let _door = directory.open(&own, HERE, to).unwrap();
    let told = fake.told();
    assert_eq!(told.last().map(String::as_str), Some("ao 127.0.0.1/32 2/102 hmac(sha1) hush"));
}
