use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use ipnetwork::Ipv4Network;
use socket2::{Domain, Socket, Type};

use super::*;

const HERE: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

fn listener(at: IpAddr) -> TcpListener {
    TcpListener::bind(SocketAddr::new(at, 0)).unwrap()
}

/// Begins to connect; with a key, if any.
fn connect(to: SocketAddr, key: Option<&[u8]>) -> Socket {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None).unwrap();
    if let Some(key) = key {
        set_md5_key(&socket, to.ip().into(), key).unwrap();
    }
    socket.set_nonblocking(true).unwrap();
    let _ = socket.connect(&to.into());
    socket
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "waited for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_connected(socket: &Socket) -> bool {
    socket.peer_addr().is_ok()
}

/// A counter of `TcpExt:` in this network namespace. Tests share it: it only ever rises.
fn counter(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/net/netstat").unwrap();
    let mut lines = text.lines().filter(|l| l.starts_with("TcpExt:"));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let mut pairs = names.split(' ').zip(values.split(' '));
    pairs.find(|(n, _)| *n == name).unwrap().1.parse().unwrap()
}

#[test]
fn with_the_same_key_they_connect() {
    for address in HERE {
        let listener = listener(address);
        let to = listener.local_addr().unwrap();
        set_md5_key(&listener, address.into(), b"secret \0 \xff").unwrap();
        let socket = connect(to, Some(b"secret \0 \xff"));
        until("the connection", || is_connected(&socket));
        let (taken, _) = listener.accept().unwrap();
        taken.set_nonblocking(false).unwrap();
        socket.send(b"hello").unwrap();
        let mut buffer = [0; 5];
        std::io::Read::read_exact(&mut &taken, &mut buffer).unwrap();
        assert_eq!(&buffer, b"hello");
    }
}

#[test]
fn with_another_key_or_none_they_do_not() {
    for address in HERE {
        let listener = listener(address);
        let to = listener.local_addr().unwrap();
        set_md5_key(&listener, address.into(), b"secret").unwrap();
        for (key, dropped) in [(Some(&b"Secret"[..]), "TCPMD5Failure"), (None, "TCPMD5NotFound")] {
            let before = counter(dropped);
            let socket = connect(to, key);
            until(dropped, || counter(dropped) > before);
            assert!(!is_connected(&socket), "{key:?}");
        }
        // A signature where none is expected.
        remove_md5_key(&listener, address.into()).unwrap();
        let before = counter("TCPMD5Unexpected");
        let socket = connect(to, Some(b"secret"));
        until("the drop", || counter("TCPMD5Unexpected") > before);
        assert!(!is_connected(&socket));
        let socket = connect(to, None);
        until("a connection without a key", || is_connected(&socket));
    }
}

#[test]
fn a_key_is_replaced_and_removed() {
    let listener = listener(HERE[0]);
    let to = listener.local_addr().unwrap();
    for key in [&b"one"[..], &[b'x'; MD5_KEY_LEN_MAX]] {
        set_md5_key(&listener, HERE[0].into(), key).unwrap();
        let socket = connect(to, Some(key));
        until("the connection", || is_connected(&socket));
    }
    // What connected keeps its key.
    let old = connect(to, Some(&[b'x'; MD5_KEY_LEN_MAX]));
    until("the connection", || is_connected(&old));
    for _ in 0..2 {
        remove_md5_key(&listener, HERE[0].into()).unwrap();
    }
    let socket = connect(to, None);
    until("the connection", || is_connected(&socket));
    assert_eq!(old.send(b"still there").unwrap(), 11);
}

#[test]
fn the_longest_prefix_has_the_key() {
    let listener = listener(Ipv4Addr::UNSPECIFIED.into());
    let to = SocketAddr::new(HERE[0], listener.local_addr().unwrap().port());
    let net = |text: &str| text.parse::<Ipv4Network>().unwrap().into();
    set_md5_key(&listener, net("127.0.0.0/8"), b"wide").unwrap();
    let socket = connect(to, Some(b"wide"));
    until("the connection", || is_connected(&socket));
    set_md5_key(&listener, net("127.0.0.1/32"), b"narrow").unwrap();
    let socket = connect(to, Some(b"narrow"));
    until("the connection", || is_connected(&socket));
    remove_md5_key(&listener, net("127.0.0.1/32")).unwrap();
    let socket = connect(to, Some(b"wide"));
    until("the connection", || is_connected(&socket));
    // A host bit that is set does not make another prefix.
    remove_md5_key(&listener, net("127.0.0.1/8")).unwrap();
    let socket = connect(to, None);
    until("the connection", || is_connected(&socket));
}

#[test]
fn keys_no_socket_takes() {
    let listener = listener(HERE[0]);
    for len in [0, MD5_KEY_LEN_MAX + 1] {
        let error = set_md5_key(&listener, HERE[0].into(), &vec![b'x'; len]).unwrap_err();
        assert!(matches!(error, Md5Error::KeyLen(l) if l == len), "{error}");
    }
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let error = set_md5_key(&udp, HERE[0].into(), b"x").unwrap_err();
    assert!(!error.to_string().is_empty());
}

#[test]
fn option_memory_comes_to_an_end() {
    let listener = listener(Ipv4Addr::UNSPECIFIED.into());
    let peer = |n: u32| IpNetwork::from(IpAddr::from((0x0a00_0000 + n).to_be_bytes()));
    let set = (0..1_000_000).find(|n| match set_md5_key(&listener, peer(*n), b"secret") {
        Ok(()) => false,
        Err(Md5Error::OutOfOptionMemory) => true,
        Err(error) => panic!("{error}"),
    });
    let set = set.expect("a limit");
    // One that is there can be replaced, and one that is removed makes room.
    set_md5_key(&listener, peer(0), b"another").unwrap();
    remove_md5_key(&listener, peer(0)).unwrap();
    set_md5_key(&listener, peer(set), b"secret").unwrap();
    let memory = OptionMemory::now(set as usize, set as usize * 2);
    // What a key took here is less than we count on.
    let limit = memory.limit.expect("the limit can be read");
    assert!(memory.enough() > 2 * limit, "{memory}");
}

#[test]
fn what_is_to_be_done_is_said() {
    let memory = OptionMemory { set: 150, wanted: 300, limit: Some(20_480) };
    assert_eq!(
        memory.to_string(),
        "the kernel has no room for another TCP MD5 key: 150 of 300 are set, net.core.optmem_max is 20480; \
         run `sysctl -w net.core.optmem_max=77824`"
    );
    // A limit other options have used up is no reason to say less than there is.
    let memory = OptionMemory { set: 0, wanted: 1, limit: Some(1_000_000) };
    assert!(memory.enough() > 1_000_000);
    let hidden = OptionMemory { set: 1, wanted: 2, limit: None }.to_string();
    assert!(hidden.contains("namespace the machine started with"), "{hidden}");
}

#[test]
fn a_lower_ttl_is_dropped() {
    for address in HERE {
        let listener = listener(address);
        let to = listener.local_addr().unwrap();
        set_minimum_ttl(&listener, address, 255).unwrap();
        // The loopback sends with 64.
        let before = counter("TCPMinTTLDrop");
        let socket = connect(to, None);
        until("the drop", || counter("TCPMinTTLDrop") > before);
        assert!(!is_connected(&socket));
        set_minimum_ttl(&listener, address, 64).unwrap();
        let socket = connect(to, None);
        until("the connection", || is_connected(&socket));
    }
}

#[test]
fn whether_there_is_tcp_ao_is_as_the_kernel_was_built() {
    let listener = listener(HERE[0]);
    // Where the kernel has it, it shows its counters; newer ones show them without it, too.
    let text = std::fs::read_to_string("/proc/net/netstat").unwrap();
    assert!(text.contains("TCPAOGood") || !has_tcp_ao(&listener));
    // The socket is what it was.
    let socket = connect(listener.local_addr().unwrap(), None);
    until("the connection", || is_connected(&socket));
}
