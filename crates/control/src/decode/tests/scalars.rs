//! Single values.

use std::time::Duration;

use super::super::text::{FromText, Interface, InterfacePattern, Prefix, as_number};
use super::*;
use crate::resource::{Community, PeerAddress};

#[test]
fn durations_are_those_of_go() {
    for (text, expected) in [
        ("0", Some(0)),
        ("+0", Some(0)),
        ("0s", Some(0)),
        ("10s", Some(10_000_000_000)),
        ("+10s", Some(10_000_000_000)),
        ("1m30s", Some(90_000_000_000)),
        ("500ms", Some(500_000_000)),
        ("1h2m3.5s", Some(3_723_500_000_000)),
        (".5s", Some(500_000_000)),
        ("1.s", Some(1_000_000_000)),
        ("1.5h", Some(5_400_000_000_000)),
        ("30s1m", Some(90_000_000_000)),
        ("1us1\u{b5}s1\u{3bc}s", Some(3_000)),
        ("7ns", Some(7)),
        ("0.9ns", Some(0)),
        ("0.3333333333333333333333h", Some(1_200_000_000_000 - 1)),
        ("2562047h", Some(2_562_047 * 3_600_000_000_000)),
        ("2562048h", None),
        ("99999999999999999999s", None),
        ("", None),
        ("+", None),
        ("10", None),
        ("00", None),
        ("s", None),
        (".s", None),
        ("1..5s", None),
        ("-10s", None),
        ("10 s", None),
        ("1d", None),
        ("10S", None),
        ("1s ", None),
        ("1m+30s", None),
        ("1µ", None),
    ] {
        assert_eq!(Duration::from_text(text).ok(), expected.map(Duration::from_nanos), "{text:?}");
    }
}

#[test]
fn as_numbers() {
    for (text, expected) in [
        ("64512", Some(64512)),
        ("0", Some(0)),
        ("4294967295", Some(u32::MAX)),
        ("4294967296", None),
        ("1.0", Some(65536)),
        ("1.10", Some(65546)),
        ("65535.65535", Some(u32::MAX)),
        ("65536.0", None),
        ("0.65536", None),
        ("1.", None),
        (".1", None),
        ("1.2.3", None),
        ("+1", None),
        ("-1", None),
        (" 1", None),
        ("0x10", None),
        ("", None),
    ] {
        assert_eq!(as_number(text), expected, "{text:?}");
    }
}

#[test]
fn addresses_of_peers() {
    for (text, ip, port) in [
        ("10.0.0.1", "10.0.0.1", None),
        ("10.0.0.1:179", "10.0.0.1", Some(179)),
        ("10.0.0.1:65535", "10.0.0.1", Some(65535)),
        ("fd00::1", "fd00::1", None),
        ("FD00::0001", "fd00::1", None),
        ("[fd00::1]:1790", "fd00::1", Some(1790)),
        ("::ffff:10.0.0.1", "10.0.0.1", None),
        // Not unicast, yet what people number their labs with.
        ("ffee::10", "ffee::10", None),
    ] {
        let expected = PeerAddress { ip: ip.parse().expect("an address"), port };
        assert_eq!(PeerAddress::from_text(text), Ok(expected), "{text}");
    }
    for text in [
        "x",
        "10.0.0",
        "10.0.0.1/32",
        "010.0.0.1",
        "10.0.0.1:",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:+1",
        "10.0.0.1:1:2",
        "[fd00::1]",
        "[fd00::1]:",
        "[fd00::1]:0",
        "[fd00::1",
        "[10.0.0.1]:179",
        "[]:1",
        "fd00::1%eth0",
        "fd00::1]:1",
        " 10.0.0.1",
        "host:179",
        ":179",
        "0.0.0.0",
        "::",
    ] {
        assert!(PeerAddress::from_text(text).is_err(), "{text}");
    }
}

#[test]
fn prefixes() {
    for (text, expected) in [
        ("10.0.0.0/16", Some("10.0.0.0/16")),
        ("10.0.1.2/16", Some("10.0.0.0/16")),
        ("0.0.0.0/0", Some("0.0.0.0/0")),
        ("fd00::1/64", Some("fd00::/64")),
        ("10.0.0.0/33", None),
        ("fd00::/129", None),
        ("10.0.0.0", None),
        ("10.0.0.0/", None),
        ("10.0.0.0/+8", None),
        ("10.0.0.0/255.0.0.0", None),
        ("10.0.0.0/8/8", None),
        ("10.0/8", None),
        ("", None),
    ] {
        assert_eq!(Prefix::from_text(text).ok().map(|p| p.0), expected.map(net), "{text:?}");
    }
    assert_eq!(Interface::from_text("10.0.0.5/24").map(|i| i.0), Ok(net("10.0.0.5/24")), "host bits stay");
    assert_eq!(Interface::from_text("10.0.0.5").map(|i| i.0), Ok(net("10.0.0.5/32")));
    assert!(Interface::from_text("10.0.0.5/255.255.255.0").is_err());
}

#[test]
fn communities() {
    for (text, expected) in [
        ("65000:100", Some(Community::Standard(65000, 100))),
        ("0:0", Some(Community::Standard(0, 0))),
        ("65535:65535", Some(Community::Standard(65535, 65535))),
        ("65536:1", None),
        ("1:65536", None),
        ("4294967295:0:4294967295", Some(Community::Large(u32::MAX, 0, u32::MAX))),
        ("4294967296:0:0", None),
        ("1", None),
        ("1:", None),
        ("1:2:3:4", None),
        ("1:+2", None),
        ("1: 2", None),
        ("a:b", None),
    ] {
        assert_eq!(Community::from_text(text).ok(), expected, "{text}");
    }
}

#[test]
fn patterns_of_interfaces() {
    for text in ["eth0", "cali*", "*", "wg-v6.cali", "a_B-9.*", "123456789012345"] {
        assert!(InterfacePattern::from_text(text).is_ok(), "{text}");
    }
    for text in ["", "1234567890123456", "eth?", "eth 0", "eth0\"", "eth0\n", "a;b", "é"] {
        assert!(InterfacePattern::from_text(text).is_err(), "{text:?}");
    }
}
