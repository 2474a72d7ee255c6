//! The next hop that is announced: the first rule that applies, for both families.

mod common;

use std::net::{IpAddr, Ipv6Addr};

use common::peer::{Peer, told, told6};
use common::{
    ETH0, announce, any, bgp, external, filter, internal, ip, net, net6, other, path, path_with, path6,
    settle, static_route, to_external, to_internal, via, withdraw,
};
use godwit_filter::{Destination, NextHop, RouteAttributes, Surroundings};
use godwit_rib::{
    BgpExport, BgpSource, ExportPolicy, Exported, LinkLocalFormat, MissingLinkLocal, NextHopPolicy,
    SourceInfo, Table,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

const OWN: &str = "192.0.2.254";
const ETH1: u32 = 3;

fn sent(source: SourceInfo, path: &RouteAttributes, to: BgpExport, policy: ExportPolicy) -> String {
    let next_hop = told(source, path, to, policy).and_then(|a| a.next_hop);
    next_hop.map_or("not sent".into(), |a| a.to_string())
}

fn fixed(destination: Destination, to: BgpExport) -> String {
    sent(other("static1", 1), &static_route(destination), to, ExportPolicy::All)
}

fn hop(gateway: Option<&str>, ifindex: u32) -> NextHop {
    NextHop { gateway: gateway.map(ip), ifindex, weight: 1, onlink: false }
}

#[test]
fn without_options() {
    let pass = |from, to| sent(bgp(from), &path(), to, ExportPolicy::All);
    assert_eq!(pass(external(1), to_internal(2)), "192.0.2.1", "kept inside");
    let inside = |to| {
        let far = path_with(|p| p.destination = Destination::Unicast(hop(Some("10.1.2.3"), ETH1)));
        sent(bgp(internal(1)), &far, to, ExportPolicy::All)
    };
    assert_eq!(inside(to_external(2)), OWN, "of a session over no link, by way of another link");
    assert_eq!(pass(internal(1), to_external(2)), "192.0.2.1", "the gateway is on the neighbor's link");
    assert_eq!(pass(external(1), to_external(2)), "192.0.2.1", "third party on one link");
    assert_eq!(pass(external(1), BgpExport { ifindex: ETH1, ..to_external(2) }), OWN, "another link");
    assert_eq!(pass(external(1), BgpExport { ifindex: 0, ..to_external(2) }), OWN, "multihop");
    let far = BgpSource { ifindex: 0, ..external(1) };
    assert_eq!(pass(far, BgpExport { ifindex: 0, ..to_external(2) }), OWN, "two sessions over no link");
}

#[test]
fn next_hop_self_and_keep() {
    let with = |own, keep, to: BgpExport| BgpExport { next_hop_self: own, next_hop_keep: keep, ..to };
    let (off, all, ibgp, ebgp) =
        (NextHopPolicy::Off, NextHopPolicy::All, NextHopPolicy::Internal, NextHopPolicy::External);
    let client = || BgpSource { rr_client: true, ..internal(1) };
    let kept = "192.0.2.1";
    // Where no other rule keeps it.
    let elsewhere = || BgpExport { ifindex: ETH1, ..to_external(2) };
    let cases = [
        ("self", external(1), with(all, off, to_internal(2)), OWN),
        ("self", external(1), with(all, off, to_external(2)), OWN),
        ("self", client(), with(all, off, to_internal(2)), OWN),
        ("self ebgp, from outside", external(1), with(ebgp, off, to_internal(2)), OWN),
        ("self ebgp, from inside", client(), with(ebgp, off, to_internal(2)), kept),
        ("self ibgp, from outside", external(1), with(ibgp, off, to_internal(2)), kept),
        ("self ibgp, from inside", client(), with(ibgp, off, to_internal(2)), OWN),
        ("keep", internal(1), with(off, all, elsewhere()), kept),
        ("keep ibgp, from inside", internal(1), with(off, ibgp, elsewhere()), kept),
        ("keep ebgp, from inside", internal(1), with(off, ebgp, elsewhere()), OWN),
        ("keep, from outside", external(1), with(off, all, elsewhere()), kept),
        ("keep ibgp, from outside", external(1), with(off, ibgp, elsewhere()), OWN),
        ("keep ebgp, from outside", external(1), with(off, ebgp, elsewhere()), kept),
        ("self before keep", external(1), with(all, all, to_external(2)), OWN),
    ];
    for (case, from, to, expected) in cases {
        assert_eq!(sent(bgp(from), &path(), to, ExportPolicy::All), expected, "{case}");
    }
    // Of local routes there is no session to go by.
    let gateway = || via("192.0.2.9");
    assert_eq!(fixed(gateway(), with(all, off, to_internal(2))), OWN);
    assert_eq!(fixed(gateway(), with(ebgp, off, to_internal(2))), "192.0.2.9");
    assert_eq!(fixed(gateway(), with(ibgp, off, to_internal(2))), "192.0.2.9");
}

#[test]
fn the_export_filter_sets_it() {
    let set = || filter("bgp_next_hop = 192.0.2.50; accept;");
    let pass = |from, to| sent(bgp(from), &path(), to, set());
    assert_eq!(pass(external(1), to_internal(2)), "192.0.2.50");
    assert_eq!(pass(internal(1), to_external(2)), "192.0.2.50");
    let own = BgpExport { next_hop_self: NextHopPolicy::All, ..to_external(2) };
    assert_eq!(pass(external(1), own), OWN, "next hop self comes first");
}

#[test]
fn routes_without_a_next_hop_attribute() {
    assert_eq!(fixed(via("10.1.2.3"), to_internal(2)), "10.1.2.3", "the gateway, inside");
    assert_eq!(fixed(via("192.0.2.9"), to_external(2)), "192.0.2.9", "the gateway, on one link");
    assert_eq!(fixed(Destination::Unicast(hop(Some("10.1.2.3"), ETH1)), to_external(2)), OWN, "on another");
    assert_eq!(fixed(via("192.0.2.9"), BgpExport { ifindex: 0, ..to_external(2) }), OWN, "multihop");
    let unknown = Destination::Unicast(hop(Some("10.1.2.3"), 0));
    assert_eq!(fixed(unknown, BgpExport { ifindex: 0, ..to_external(2) }), OWN, "multihop, on no known link");
    assert_eq!(fixed(Destination::Unicast(hop(None, ETH0)), to_internal(2)), OWN, "no gateway");
    assert_eq!(fixed(Destination::Blackhole, to_internal(2)), OWN);
    let several = [hop(Some("10.1.2.3"), ETH0), hop(Some("10.1.2.4"), ETH0)];
    assert_eq!(fixed(Destination::Multipath(several.into()), to_internal(2)), OWN, "several gateways");
    assert_eq!(fixed(via("169.254.1.1"), to_internal(2)), OWN, "a gateway of the link only");
    assert_eq!(fixed(via("2001:db8::9"), to_internal(2)), OWN, "a gateway of the other family");
}

/// A local route to a next hop that is looked up goes out with the gateway that was found.
#[test]
fn a_recursive_local_route() {
    let mut table = Table::<Ipv4Network>::new(1);
    let igp = table.add_source(other("igp", 3), None);
    let source = table.add_source(other("static1", 1), None);
    let mut peer = Peer::new(&mut table, to_internal(2), ExportPolicy::All, None);
    announce(&mut table, igp, net("10.9.0.0/16"), &static_route(via("192.0.2.9")));
    announce(
        &mut table,
        source,
        net("203.0.113.0/24"),
        &static_route(Destination::Recursive(ip("10.9.0.1"))),
    );
    peer.listen(&mut table);
    assert_eq!(peer.nets[&any("203.0.113.0/24")].next_hop, Some(ip("192.0.2.9")));
    withdraw(&mut table, igp, net("10.9.0.0/16"));
    settle(&mut table);
    peer.listen(&mut table);
    assert_eq!(peer.nets[&any("203.0.113.0/24")].next_hop, Some(ip(OWN)), "it resolves no more");
}

#[test]
fn a_next_hop_of_the_other_family_is_our_own() {
    let foreign = path_with(|p| p.bgp.next_hop = Some(ip("2001:db8::1")));
    assert_eq!(sent(bgp(external(1)), &foreign, to_internal(2), ExportPolicy::All), OWN);
    let nowhere = path_with(|p| p.bgp.next_hop = Some(ip("0.0.0.0")));
    assert_eq!(
        sent(bgp(external(1)), &nowhere, to_internal(2), ExportPolicy::All),
        "192.0.2.1",
        "the gateway"
    );
}

/// A neighbor is not told to send packets to itself, nor of a next hop nobody knows.
#[test]
fn what_cannot_be_announced() {
    assert_eq!(sent(bgp(external(1)), &path(), to_external(1), ExportPolicy::All), "not sent");
    assert_eq!(sent(bgp(external(1)), &path(), to_internal(1), ExportPolicy::All), "not sent");
    let nothing = BgpExport { own_next_hop: None, next_hop_self: NextHopPolicy::All, ..to_internal(2) };
    assert_eq!(sent(bgp(external(1)), &path(), nothing, ExportPolicy::All), "not sent");
}

#[test]
fn ipv6_with_a_link_local_address() {
    let own = |to: BgpExport| BgpExport {
        peer_address: ip("2001:db8::99"),
        own_next_hop: Some(ip("2001:db8::fe")),
        own_link_local: Some("fe80::fe".parse().unwrap()),
        ..to
    };
    let pair = |source, path: &RouteAttributes, to| {
        let sent = told6(source, path, to, ExportPolicy::All).unwrap();
        (
            sent.next_hop.unwrap().to_string(),
            sent.rare.and_then(|r| r.link_local_next_hop).map(|a| a.to_string()),
        )
    };
    let ours = ("2001:db8::fe".to_string(), Some("fe80::fe".to_string()));
    let theirs = ("2001:db8::1".to_string(), Some("fe80::1".to_string()));
    let global_only = ("2001:db8::1".to_string(), None);
    let mut both = path6();
    both.bgp.rare_mut().link_local_next_hop = Some("fe80::1".parse().unwrap());

    assert_eq!(pair(bgp(external(1)), &both, BgpExport { ifindex: ETH1, ..own(to_external(2)) }), ours);
    assert_eq!(pair(bgp(external(1)), &path6(), own(to_external(2))), global_only);
    assert_eq!(pair(bgp(external(1)), &both, own(to_external(2))), theirs, "on one link");
    // RFC 2545 §3: a link-local address goes only to those on its link.
    assert_eq!(
        pair(bgp(external(1)), &both, own(to_internal(2))),
        global_only,
        "to an internal neighbor elsewhere"
    );
    let keep = BgpExport { ifindex: ETH1, next_hop_keep: NextHopPolicy::All, ..own(to_external(2)) };
    assert_eq!(pair(bgp(external(1)), &both, keep), global_only, "kept, to another link");
}

/// RFC 8950: nets of IPv4 with next hops of IPv6, to those who take such.
#[test]
fn what_of_the_other_family_goes_to_whom() {
    let path = path_with(|p| {
        p.destination = via("2001:db8::1");
        p.bgp.next_hop = Some(ip("2001:db8::1"));
    });
    let extended = |to| BgpExport { extended_next_hop: true, own_next_hop: Some(ip("2001:db8::fe")), ..to };
    let sent = |path: &RouteAttributes, to| {
        let sent = common::peer::told(bgp(external(1)), path, to, ExportPolicy::All);
        sent.and_then(|a| a.next_hop).map(|a| a.to_string())
    };
    assert_eq!(sent(&path, extended(to_internal(2))).as_deref(), Some("2001:db8::1"), "it stays");
    assert_eq!(sent(&path, extended(to_external(2))).as_deref(), Some("2001:db8::1"), "on one link too");
    let elsewhere = || BgpExport { ifindex: ETH1, ..to_external(2) };
    assert_eq!(sent(&path, extended(elsewhere())).as_deref(), Some("2001:db8::fe"), "our own is of IPv6");
    assert_eq!(sent(&path, elsewhere()).as_deref(), Some("192.0.2.254"), "else it has to be of IPv4");
    assert_eq!(sent(&path, to_internal(2)).as_deref(), Some("192.0.2.254"));
    let four = common::path();
    assert_eq!(
        sent(&four, extended(to_internal(2))).as_deref(),
        Some("192.0.2.1"),
        "IPv4 is understood as well"
    );
}

/// RFC 8950 §5: what is to stay as it is does not go to who cannot read it, as with BIRD. It becomes ours where it
/// need not stay (see above).
#[test]
fn what_stays_goes_only_to_those_who_can_read_it() {
    let path = path_with(|p| {
        p.destination = via("2001:db8::1");
        p.bgp.next_hop = Some(ip("2001:db8::1"));
    });
    for policy in [NextHopPolicy::Off, NextHopPolicy::All] {
        let mut table = Table::<Ipv4Network>::new(1);
        let source = table.add_source(bgp(external(1)), None);
        let to = BgpExport { next_hop_keep: policy, ..to_internal(2) };
        let mut peer = Peer::new(&mut table, to, ExportPolicy::All, None);
        announce(&mut table, source, net("198.51.100.0/24"), &path);
        peer.listen(&mut table);
        let exporter = table.exporter_mut(peer.id).unwrap();
        let (faults, updates) = (exporter.take_faults(), exporter.counters().1.updates);
        if policy == NextHopPolicy::Off {
            assert_eq!((updates.accepted, updates.rejected, faults), (1, 0, vec![]));
            continue;
        }
        assert_eq!((updates.accepted, updates.rejected), (0, 1));
        assert_eq!(
            faults,
            ["198.51.100.0/24: the next hop is of another family, which the neighbor does not understand"]
        );
    }
}

/// A next hop without a global address, as the neighbor wants it written.
#[test]
fn a_link_local_address_alone() {
    let ours = "fe80::fe";
    let with = |link_local_format, own_next_hop: &str| {
        let export = BgpExport {
            peer_address: ip("fe80::99"),
            own_next_hop: Some(ip(own_next_hop)),
            own_link_local: Some(ours.parse().unwrap()),
            link_local_format,
            next_hop_self: NextHopPolicy::All,
            ..to_external(2)
        };
        let mut table = Table::<Ipv6Network>::new(1);
        let source = table.add_source(bgp(external(1)), None);
        let peer = Peer::new(&mut table, export, ExportPolicy::All, None);
        announce(&mut table, source, net6("2001:db8:1::/48"), &path6());
        let Some(Exported::Updates(message)) = table.export(peer.id, 1) else { panic!("an UPDATE") };
        // MP_REACH_NLRI stands first, and its next hop behind header, lengths, family.
        let (len, rest) = message[30..].split_first().unwrap();
        let addresses = rest[..usize::from(*len)].chunks(16);
        let text = |octets: &[u8]| Ipv6Addr::from(<[u8; 16]>::try_from(octets).unwrap()).to_string();
        addresses.map(text).collect::<Vec<_>>()
    };
    assert_eq!(with(LinkLocalFormat::Native, ours), ["::", ours]);
    assert_eq!(with(LinkLocalFormat::Double, ours), [ours, ours]);
    assert_eq!(with(LinkLocalFormat::Single, ours), [ours]);
    for format in [LinkLocalFormat::Native, LinkLocalFormat::Single, LinkLocalFormat::Double] {
        assert_eq!(
            with(format, "2001:db8::fe"),
            ["2001:db8::fe", ours],
            "with a global one there is no question"
        );
    }
}

/// Where addresses are: all of 2001:db8::/64 is on the one link.
#[derive(Debug)]
struct Near;

impl Surroundings for Near {
    fn interface_name(&self, _: u32) -> Option<std::sync::Arc<str>> {
        None
    }

    fn interface_index(&self, _: &str) -> Option<u32> {
        None
    }

    fn neighbor_interface(&self, address: IpAddr) -> Option<u32> {
        address.to_string().starts_with("2001:db8::").then_some(ETH0)
    }
}

/// `missing lladdr` of BIRD 1.6: what is done about a next hop on the neighbor's link that has a global address only.
#[test]
fn a_link_local_address_that_is_missing() {
    let sent = |policy, next_hop: &str, ifindex| {
        let export = BgpExport {
            peer_address: ip("2001:db8::99"),
            own_next_hop: Some(ip("2001:db8::fe")),
            own_link_local: Some("fe80::fe".parse().unwrap()),
            missing_link_local: Some(policy),
            next_hop_keep: NextHopPolicy::All,
            rewrite_before_filter: true,
            ifindex,
            ..to_external(2)
        };
        let mut table = Table::<Ipv6Network>::new(1);
        let source = table.add_source(bgp(external(1)), None);
        let mut peer = Peer::new(&mut table, export, ExportPolicy::All, None);
        table.exporter_mut(peer.id).unwrap().set_surroundings(std::sync::Arc::new(Near));
        let mut path = path6();
        path.bgp.next_hop = Some(ip(next_hop));
        announce(&mut table, source, net6("2001:db8:1::/48"), &path);
        peer.listen(&mut table);
        peer.nets.into_values().next().map(|sent| {
            let link_local = sent.rare.and_then(|r| r.link_local_next_hop);
            format!("{} {}", sent.next_hop.unwrap(), link_local.map_or(String::new(), |a| a.to_string()))
        })
    };
    let (own, near, far) = ("2001:db8::fe", "2001:db8::7", "2001:db8:7::7");
    let ours = Some("2001:db8::fe fe80::fe".to_string());
    for policy in [MissingLinkLocal::Own, MissingLinkLocal::Drop, MissingLinkLocal::Ignore] {
        assert_eq!(sent(policy, own, ETH0), ours, "{policy:?}");
        assert_eq!(sent(policy, far, ETH0).as_deref(), Some("2001:db8:7::7 "), "{policy:?}: not on the link");
        assert_eq!(
            sent(policy, near, 0).as_deref(),
            Some("2001:db8::7 "),
            "{policy:?}: the session is on none"
        );
    }
    assert_eq!(sent(MissingLinkLocal::Own, near, ETH0), ours);
    assert_eq!(sent(MissingLinkLocal::Drop, near, ETH0), None);
    assert_eq!(sent(MissingLinkLocal::Ignore, near, ETH0).as_deref(), Some("2001:db8::7 "));
}
