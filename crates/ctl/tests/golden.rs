//! What BIRD 2.0.12 and 1.6.8 answered, byte for byte, given the same state.

mod common;

use std::net::IpAddr;
use std::sync::Arc;

use common::{AT, NO_ROUTES_16, text, times, updates};
use godwit_api::*;
use godwit_config::{Dialect, Limit, LimitAction, TimeFormats};
use godwit_ctl::Framer;
use godwit_ctl::format::{self, RouteLines};
use godwit_filter::{Destination, NextHop, RouteAttributes, RouteSource, Scope};
use godwit_wire::{
    AddressFamily, AsPath, Capability, ExtendedCommunity, GracefulRestart, GracefulRestartFamily,
    LargeCommunity, Origin,
};

fn capabilities() -> Vec<Capability> {
    let family = GracefulRestartFamily { family: AddressFamily::IPV4, forwarding_preserved: false };
    vec![
        Capability::Multiprotocol(AddressFamily::IPV4),
        Capability::RouteRefresh,
        Capability::GracefulRestart(GracefulRestart {
            restart_time_secs: 120,
            families: vec![family],
            ..GracefulRestart::default()
        }),
        Capability::FourOctetAs(65002),
        Capability::EnhancedRouteRefresh,
        Capability::LongLivedGracefulRestart(Vec::new()),
    ]
}

fn peer() -> ProtocolStatus {
    ProtocolStatus {
        description: Some("to r2".into()),
        bgp: Some(Box::new(BgpStatus {
            state: "Established",
            neighbor_id: Some([10, 0, 0, 2].into()),
            capabilities: Some((capabilities(), capabilities())),
            four_octet_as: true,
            source_address: Some([192, 0, 2, 1].into()),
            hold_timer: Some((176.776, 240)),
            keepalive_timer: Some((62.542, 80)),
            ..common::session()
        })),
        channels: vec![ChannelStatus {
            state: "UP",
            export: "flt".into(),
            limits: [None, Some((Limit { max: 100, action: LimitAction::Block }, false)), None],
            counters: ChannelCounters {
                imported: 6,
                exported: 5,
                preferred: 5,
                import_updates: updates(6, 0, 6),
                export_updates: updates(10, 5, 5),
                ..ChannelCounters::default()
            },
            bgp_next_hop: Some(([192, 0, 2, 1].into(), None)),
            ..common::channel()
        }],
        ..common::peer()
    }
}

/// A protocol with the heading over it; `kept`: its filtered routes are.
fn under_heading(dialect: Dialect, p: &ProtocolStatus, kept: bool) -> String {
    let mut out = Framer::new();
    let formats = TimeFormats::default();
    format::heading(&mut out, dialect);
    format::protocol(&mut out, p, true, &|_| kept, &times(dialect, &formats));
    text(out)
}

const CAPABILITIES_2: &str = "       Multiprotocol
         AF announced: ipv4
       Route refresh
       Graceful restart
         Restart time: 120
         AF supported: ipv4
         AF preserved:
       4-octet AS numbers
       Enhanced refresh
       Long-lived graceful restart
";

fn peer_2() -> String {
    format!(
        "2002-Name       Proto      Table      State  Since         Info
1002-peer1      BGP        ---        up     19:14:22.969  Established   
1006-  Description:    to r2
   BGP state:          Established
     Neighbor address: 192.0.2.2
     Neighbor AS:      65002
     Local AS:         65001
     Neighbor ID:      10.0.0.2
     Local capabilities
{CAPABILITIES_2}     Neighbor capabilities
{CAPABILITIES_2}     Session:          external AS4
     Source address:   192.0.2.1
     Hold timer:       176.776/240
     Keepalive timer:  62.542/80
   Channel ipv4
     State:          UP
     Table:          master4
     Preference:     100
     Input filter:   ACCEPT
     Output filter:  flt
     Import limit:   100
       Action:       block
     Routes:         6 imported, 0 filtered, 5 exported, 5 preferred
     Route change stats:     received   rejected   filtered    ignored   accepted
       Import updates:              6          0          0          0          6
       Import withdraws:            0          0        ---          0          0
       Export updates:             10          5          0        ---          5
       Export withdraws:            0        ---        ---        ---          0
     BGP Next hop:   192.0.2.1
 
"
    )
}

#[test]
fn protocol_all_2() {
    assert_eq!(under_heading(Dialect::Bird2, &peer(), true), peer_2());
}

fn peer_16() -> String {
    format!(
        "2002-name     proto    table    state  since       info
1002-peer1    BGP      master   start  19:14:22    Idle          Received: Administrative shutdown
1006-  Description:    to r1
   Preference:     100
   Input filter:   ACCEPT
   Output filter:  flt
   Import limit:   50
     Action:       block
{NO_ROUTES_16}   BGP state:          Idle
     Neighbor address: 192.0.2.1
     Neighbor AS:      65001
     Last error:       Received: Administrative shutdown
 
"
    )
}

#[test]
fn protocol_all_16() {
    let mut p = peer();
    p.description = Some("to r1".into());
    p.state = ProtocolState::Start;
    p.channels[0].table = "master".into();
    p.channels[0].counters = ChannelCounters::default();
    p.channels[0].limits[1] = Some((Limit { max: 50, action: LimitAction::Block }, false));
    let bgp = p.bgp.as_mut().unwrap();
    bgp.state = "Idle";
    bgp.neighbor = NeighborStatus::Address([192, 0, 2, 1].into(), None);
    bgp.neighbor_as = 65001;
    bgp.last_error = Some("Received: Administrative shutdown".into());
    assert_eq!(under_heading(Dialect::Bird16, &p, false), peer_16());
}

fn view(net: &str, attributes: RouteAttributes, table: u32) -> RouteView {
    let next_hops = attributes.destination.next_hops().iter().map(|h| (h.clone(), "veth1".into())).collect();
    RouteView {
        table,
        net: net.parse().unwrap(),
        protocol: "st4".into(),
        attributes: Arc::new(attributes),
        next_hops,
        dropped: None,
        total_aigp: None,
        igp_metric: None,
        from: None,
        since: AT,
        primary: true,
        kernel_refused: false,
    }
}

fn hop(gateway: Option<[u8; 4]>, weight: u16) -> NextHop {
    NextHop { gateway: gateway.map(IpAddr::from), ifindex: 2, weight, onlink: false }
}

fn routes() -> RoutePage {
    let new = |d| RouteAttributes::new(RouteSource::Static, 200, d);
    let mut bgp =
        RouteAttributes::new(RouteSource::Bgp, 100, Destination::Unicast(hop(Some([192, 0, 2, 2]), 1)));
    bgp.bgp.origin = Some(Origin::Igp);
    bgp.bgp.as_path = Some(AsPath::from_sequence(&[65002]));
    bgp.bgp.next_hop = Some([192, 0, 2, 2].into());
    bgp.bgp.med = Some(10);
    bgp.bgp.local_pref = Some(100);
    bgp.bgp.communities = vec![0xfde9_0064].into();
    let rare = bgp.bgp.rare_mut();
    rare.ext_communities = vec![ExtendedCommunity(0x0002_fde9_0000_0005)].into();
    rare.large_communities = vec![LargeCommunity { global: 65001, data1: 1, data2: 2 }].into();
    let mut second = view("10.4.0.0/16", bgp, 0);
    second.protocol = "peer1".into();
    second.primary = false;
    let several = Destination::Multipath([hop(Some([192, 0, 2, 2]), 2), hop(None, 1)].into());
    RoutePage {
        tables: vec!["master4".into(), "master6".into()],
        routes: vec![
            view("10.4.0.0/16", new(several), 0),
            second,
            view("10.2.0.0/16", new(Destination::Unreachable), 0),
            view("2001:db8::/32", new(Destination::Blackhole), 1),
        ],
        counts: vec![(3, 3, 2), (1, 1, 1)],
        next: None,
    }
}

fn listing(mut lines: RouteLines, dialect: Dialect, page: &RoutePage) -> String {
    let formats = TimeFormats::default();
    let mut out = Framer::new();
    lines.page(&mut out, page, &times(dialect, &formats));
    lines.finish(&mut out, dialect);
    text(out)
}

#[test]
fn routes_2() {
    assert_eq!(
        listing(RouteLines::default(), Dialect::Bird2, &routes()),
        "1007-Table master4:
 10.4.0.0/16          unicast [st4 19:14:22.969] * (200)
 \tvia 192.0.2.2 on veth1 weight 2
 \tdev veth1
                      unicast [peer1 19:14:22.969] (100) [AS65002i]
 \tvia 192.0.2.2 on veth1
 10.2.0.0/16          unreachable [st4 19:14:22.969] * (200)
 
 Table master6:
 2001:db8::/32        blackhole [st4 19:14:22.969] * (200)
0000 
"
    );
}

#[test]
fn routes_2_with_stats_over_an_empty_table() {
    let mut page = routes();
    page.routes = vec![page.routes.remove(2)];
    page.counts = vec![(1, 1, 1), (0, 0, 0)];
    let mut lines = RouteLines::default();
    lines.stats = true;
    assert_eq!(
        listing(lines, Dialect::Bird2, &page),
        "1007-Table master4:
 10.2.0.0/16          unreachable [st4 19:14:22.969] * (200)
 1 of 1 routes for 1 networks in table master4
 
 Table master6:
 0 of 0 routes for 0 networks in table master6
 
0014 Total: 1 of 1 routes for 1 networks in 2 tables
"
    );
}

#[test]
fn routes_all() {
    let mut page = routes();
    page.routes = vec![page.routes.remove(1)];
    let mut lines = RouteLines::default();
    lines.all = true;
    let attributes = "1012-\tBGP.origin: IGP
 \tBGP.as_path: 65002
 \tBGP.next_hop: 192.0.2.2
 \tBGP.med: 10
 \tBGP.local_pref: 100
 \tBGP.community: (65001,100)
 \tBGP.ext_community: (rt, 65001, 5)
 \tBGP.large_community: (65001, 1, 2)
0000 
";
    assert_eq!(
        listing(lines, Dialect::Bird2, &page),
        format!(
            "1007-Table master4:\n 10.4.0.0/16          unicast [peer1 19:14:22.969] (100) [AS65002i]\n \
             \tvia 192.0.2.2 on veth1\n1008-\tType: BGP univ\n{attributes}"
        )
    );
    let mut lines = RouteLines::default();
    lines.all = true;
    assert_eq!(
        listing(lines, Dialect::Bird16, &page),
        format!(
            "1007-10.4.0.0/16        via 192.0.2.2 on veth1 [peer1 19:14:22] (100) [AS65002i]\n\
             1008-\tType: BGP unicast univ\n{attributes}"
        )
    );
}

#[test]
fn nothing_found() {
    for (dialect, text) in [(Dialect::Bird2, "not found"), (Dialect::Bird16, "not in table")] {
        let mut lines = RouteLines::default();
        lines.one_net = true;
        let page = RoutePage { routes: vec![], counts: vec![(0, 0, 0); 2], ..routes() };
        assert_eq!(listing(lines, dialect, &page), format!("8001 Network {text}\n"));
    }
    // It is there and not what was asked for.
    let mut lines = RouteLines::default();
    lines.one_net = true;
    let page = RoutePage { routes: vec![], counts: vec![(0, 1, 1), (0, 0, 0)], ..routes() };
    assert_eq!(listing(lines, Dialect::Bird16, &page), "0000 \n");
}

#[test]
fn long_lists_wrap_where_bird_wraps_them() {
    let mut a = RouteAttributes::new(RouteSource::Static, 200, Destination::Blackhole);
    a.bgp.communities = (1..=80).map(|n| (65001 << 16) | n).collect();
    a.bgp.as_path = Some(AsPath::from_sequence(&[4_200_000_001; 60]));
    let rare = a.bgp.rare_mut();
    rare.ext_communities = (1..=40).map(|n| ExtendedCommunity(0x0002_fde9_0000_0000 | n)).collect();
    rare.large_communities =
        (1..=40).map(|n| LargeCommunity { global: 4_200_000_001, data1: n, data2: n }).collect();
    let lines = format::attributes::lines(&a);
    // One octet less than BIRD's raw lines: the blank of the framing.
    let lengths: Vec<usize> = lines.iter().map(String::len).collect();
    assert_eq!(lengths, [492, 479, 408, 442, 209, 444, 400]);
}

#[test]
fn interfaces() {
    let address = |a: &str, preferred, opposite: Option<&str>, scope| InterfaceAddress {
        address: a.parse().unwrap(),
        opposite: opposite.map(|o| o.parse().unwrap()),
        preferred,
        secondary: false,
        scope,
    };
    let up = Interface {
        name: "lo".into(),
        index: 1,
        master: None,
        admin_up: true,
        link_up: true,
        loopback: true,
        point_to_point: false,
        broadcast: false,
        multicast: false,
        mtu: 65536,
        addresses: vec![
            address("127.0.0.1/8", true, None, Scope::Host),
            address("::1/128", true, None, Scope::Host),
            address("192.0.2.1/32", false, None, Scope::Universe),
        ],
    };
    let veth = Interface {
        name: "cva".into(),
        index: 2,
        loopback: false,
        broadcast: true,
        multicast: true,
        mtu: 1500,
        addresses: vec![address("192.0.2.1/30", true, Some("192.0.2.2"), Scope::Universe)],
        ..up.clone()
    };
    let list = [up, veth];
    let mut out = Framer::new();
    format::interfaces(&mut out, &list, Dialect::Bird2);
    format::summary(&mut out, &list, Dialect::Bird2);
    format::summary(&mut out, &list[1..], Dialect::Bird16);
    assert_eq!(
        text(out),
        "1001-lo up (index=1)
1004-\tMultiAccess AdminUp LinkUp Loopback Ignored MTU=65536
1003-\t127.0.0.1/8 (Preferred, scope host)
 \t192.0.2.1/32 (scope univ)
 \t::1/128 (Preferred, scope host)
1001-cva up (index=2)
1004-\tMultiAccess Broadcast Multicast AdminUp LinkUp MTU=1500
1003-\t192.0.2.1/30 (Preferred, opposite 192.0.2.2, scope univ)
0000 
2005-Interface  State  IPv4 address       IPv6 address
1005-lo         up     127.0.0.1/8        ::1/128
 cva        up     192.0.2.1/30       
0000 
2005-interface state address
1005-cva       up    192.0.2.1/30
0000 
"
    );
}

#[test]
fn control_replies() {
    let mut out = Framer::new();
    let list = [("a".into(), Acted::Done), ("b".into(), Acted::Done), ("c".into(), Acted::Already)];
    format::acted(&mut out, Action::Restart, &list);
    format::acted(&mut out, Action::Enable, &[]);
    out.line(2, "Reading configuration from x");
    format::configure(&mut out, &ConfigureOutcome::Reconfigured, Some(300));
    assert_eq!(
        text(out),
        "0012-a: restarted\n b: restarted\n0008-c: already disabled\n0000 \n8003 No protocols match\n\
         0002-Reading configuration from x\n0022-Undo scheduled in 300 s\n0003 Reconfigured\n"
    );
}
