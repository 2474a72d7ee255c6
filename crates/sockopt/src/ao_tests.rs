use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;

fn key<'a>(algorithm: &'a str, secret: &'a [u8], first: bool) -> AoKey<'a> {
    AoKey { send_id: 3, recv_id: 4, algorithm, secret, first }
}

/// Octets at these places, zeros everywhere else.
fn at(len: usize, parts: &[(usize, &[u8])]) -> Vec<u8> {
    let mut octets = vec![0; len];
    for (place, part) in parts {
        octets[*place..*place + part.len()].copy_from_slice(part);
    }
    octets
}

const V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn word(bits_from_the_first: &[u32]) -> [u8; 4] {
    let bit = |n: &u32| if cfg!(target_endian = "little") { 1u32 << n } else { 1 << (31 - n) };
    bits_from_the_first.iter().map(bit).sum::<u32>().to_ne_bytes()
}

#[test]
fn a_key_is_laid_out_as_the_kernel_has_it() {
    let family = (libc::AF_INET as u16).to_ne_bytes();
    let add = AoAdd::new(V4.into(), &key("hmac(sha1)", b"secret", true)).unwrap();
    let expected = [
        (0, &family[..]),
        (4, &[192, 0, 2, 1]),
        (128, b"hmac(sha1)"),
        (196, &word(&[0, 1])),
        (202, &[32, 3, 4, 12, 0, 6]),
        (208, b"secret"),
    ];
    assert_eq!(add.0.to_vec(), at(288, &expected));

    let family = (libc::AF_INET6 as u16).to_ne_bytes();
    let net: IpNetwork = "2001:db8::7/32".parse().unwrap();
    let add = AoAdd::new(net, &key("cmac(aes128)", &[0xff; 80], false)).unwrap();
    let expected = [
        (0, &family[..]),
        (8, &[0x20, 1, 0xd, 0xb8]),
        (128, b"cmac(aes128)"),
        (202, &[32, 3, 4, 12, 0, 80]),
        (208, &[0xff; 80]),
    ];
    assert_eq!(add.0.to_vec(), at(288, &expected), "no host bits; no key is the first on a listening socket");
}

#[test]
fn an_order_to_remove_one_is_laid_out_as_the_kernel_has_it() {
    let family = (libc::AF_INET as u16).to_ne_bytes();
    let expected = [(0, &family[..]), (4, &[192, 0, 2, 1]), (138, &[32, 3, 4])];
    assert_eq!(AoDel::new(V4.into(), 3, 4).0.to_vec(), at(144, &expected));
    let expected = [(0, &word(&[1])[..]), (7, &[9])];
    assert_eq!(AoInfo::next(9).0.to_vec(), at(48, &expected));
}

#[test]
fn keys_no_socket_takes() {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    for len in [0, 81] {
        let error =
            add_ao_key(&listener, V4.into(), &key("hmac(sha1)", &vec![b'x'; len], false)).unwrap_err();
        assert!(matches!(error, AoError::KeyLen(l) if l == len), "{error}");
    }
    let long = "x".repeat(64);
    let error = add_ao_key(&listener, V4.into(), &key(&long, b"x", false)).unwrap_err();
    assert!(matches!(&error, AoError::Algorithm(name) if *name == long), "{error}");
    assert!(AoAdd::new(V4.into(), &key(&long[1..], b"x", false)).is_some());
    let shown = format!("{:?}", key("hmac(sha1)", b"hush", true));
    assert!(!shown.contains("hush"), "{shown}");
}

/// Where the kernel has TCP-AO it takes them; where it has none it says so, and the socket is what it was.
#[test]
fn keys_are_for_kernels_that_know_them() {
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let listener = std::net::TcpListener::bind((address, 0)).unwrap();
        let result = add_ao_key(&listener, address.into(), &key("hmac(sha1)", b"secret", false));
        let removed = remove_ao_key(&listener, address.into(), 3, 4);
        if has_tcp_ao(&listener) {
            result.unwrap();
            removed.unwrap();
        } else {
            assert!(matches!(result, Err(AoError::NotSupported)), "{result:?}");
            assert_eq!(removed.unwrap_err().raw_os_error(), Some(libc::ENOPROTOOPT));
            assert_eq!(request_ao_key(&listener, 1).unwrap_err().raw_os_error(), Some(libc::ENOPROTOOPT));
        }
        std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    }
}
