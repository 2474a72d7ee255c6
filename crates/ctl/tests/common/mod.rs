//! A backend that makes its answers up, and a server in front of it.
#![allow(dead_code, unreachable_pub)]

use std::future::Future;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use godwit_api::*;
use godwit_config::{Dialect, RouterConfig, TableConfig, TimeFormats};
use godwit_ctl::{Backend, Framer, ServerConfig, format};
use godwit_filter::{Destination, NextHop, RouteAttributes, RouteSource};
use godwit_wire::AddressFamily;

/// The time it is, and since when everything is as it is.
pub const AT: UnixMillis = UnixMillis(1_795_202_062_969);
/// What BIRD 2 shows of a channel that had no routes.
pub const NO_ROUTES_2: &str = "     Routes:         0 imported, 0 exported, 0 preferred
     Route change stats:     received   rejected   filtered    ignored   accepted
       Import updates:              0          0          0          0          0
       Import withdraws:            0          0        ---          0          0
       Export updates:              0          0          0        ---          0
       Export withdraws:            0        ---        ---        ---          0
";
/// The same of 1.6.
pub const NO_ROUTES_16: &str = "   Routes:         0 imported, 0 exported, 0 preferred
   Route change stats:     received   rejected   filtered    ignored   accepted
     Import updates:              0          0          0          0          0
     Import withdraws:            0          0        ---          0          0
     Export updates:              0          0          0        ---          0
     Export withdraws:            0        ---        ---        ---          0
";
/// Routes in a page of the made-up table.
const PAGE: u32 = 1000;

/// Answers as a router with one session and a table of `routes` nets would.
pub struct Fake {
    pub routes: u32,
}

pub fn config() -> RouterConfig {
    let table = |name: &str, family| TableConfig { name: name.into(), family };
    RouterConfig {
        tables: vec![table("master4", AddressFamily::IPV4), table("master6", AddressFamily::IPV6)],
        ..RouterConfig::default()
    }
}

pub fn peer() -> ProtocolStatus {
    ProtocolStatus {
        name: "peer1".into(),
        kind: "BGP",
        table: None,
        state: ProtocolState::Up,
        since: AT,
        description: None,
        message: None,
        router_id: None,
        dormant_next_hops: vec![],
        bgp: None,
        channels: vec![],
    }
}

/// A session that is down.
pub fn session() -> BgpStatus {
    BgpStatus {
        state: "Active",
        neighbor: NeighborStatus::Address([192, 0, 2, 2].into(), None),
        neighbor_port: None,
        neighbor_as: 65002,
        local_as: 65001,
        neighbor_id: None,
        capabilities: None,
        internal: false,
        multihop: false,
        rr_client: false,
        rs_client: false,
        four_octet_as: false,
        source_address: None,
        hold_timer: None,
        keepalive_timer: None,
        send_hold_timer: None,
        connect_delay: None,
        error_wait: None,
        neighbor_restarting: false,
        restart_timer: None,
        last_error: None,
    }
}

/// A session's channel that is down.
pub fn channel() -> ChannelStatus {
    ChannelStatus {
        family: AddressFamily::IPV4,
        state: "DOWN",
        table: "master4".into(),
        preference: 100,
        import: "ACCEPT".into(),
        export: "(unnamed)".into(),
        limits: [None; 3],
        counters: ChannelCounters::default(),
        bgp_next_hop: None,
        igp_tables: [None, None],
        recovery: None,
        neighbor_restarting: false,
        long_lived: false,
        long_lived_timer: None,
    }
}

pub fn updates(received: u64, rejected: u64, accepted: u64) -> UpdateCounters {
    UpdateCounters { received, rejected, accepted, ..UpdateCounters::default() }
}

pub fn times(dialect: Dialect, formats: &TimeFormats) -> Times<'_> {
    Times { dialect, formats, offset: time::UtcOffset::UTC, now: AT }
}

pub fn text(mut out: Framer) -> String {
    String::from_utf8(out.take()).unwrap()
}

/// A protocol as `show protocols all` shows it, without the heading.
pub fn shown(dialect: Dialect, p: &ProtocolStatus) -> String {
    let mut out = Framer::new();
    let formats = TimeFormats::default();
    format::protocol(&mut out, p, true, &|_| false, &times(dialect, &formats));
    text(out)
}

fn page(query: &RouteQuery, total: u32) -> RoutePage {
    let first = query.cursor.map_or(0, |c| c.net);
    let end = (first + PAGE).min(total);
    let hop = NextHop { gateway: Some([192, 0, 2, 2].into()), ifindex: 2, weight: 1, onlink: false };
    let attributes = Arc::new(RouteAttributes::new(RouteSource::Bgp, 100, Destination::Unicast(hop.clone())));
    let route = |n: u32| RouteView {
        table: 0,
        net: ipnetwork::IpNetwork::new(Ipv4Addr::from(0x0a00_0000 + (n << 8)).into(), 24).unwrap(),
        protocol: "peer1".into(),
        attributes: attributes.clone(),
        next_hops: vec![(hop.clone(), "veth1".into())],
        dropped: None,
        total_aigp: None,
        igp_metric: None,
        from: None,
        since: AT,
        primary: true,
        kernel_refused: false,
    };
    let n = u64::from(end - first);
    RoutePage {
        tables: vec!["master4".into(), "master6".into()],
        routes: if query.count_only { vec![] } else { (first..end).map(route).collect() },
        counts: vec![(n, n, n), (0, 0, 0)],
        next: (end < total).then_some(Cursor { table: 0, net: end, key: None }),
    }
}

impl Backend for Fake {
    fn ask(&self, request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        let reply = match request {
            Request::Config => Reply::Config(Arc::new(config())),
            Request::Status => Reply::Status(Box::new(Status {
                router_id: Some([10, 0, 0, 1].into()),
                hostname: "lab".into(),
                now: AT,
                started: AT,
                reconfigured: AT,
                shutting_down: false,
                recovery: None,
            })),
            Request::Protocols(_) => Reply::Protocols(vec![peer()]),
            Request::Routes(q) => Reply::Routes(page(&q, self.routes)),
            Request::Shutdown => Reply::Done,
            Request::Memory => Reply::Memory(Memory::default()),
            _ => Reply::NothingToDo,
        };
        Box::pin(async move { reply })
    }
}

/// A server on a socket of its own; the folder goes when the first value is dropped.
pub fn start() -> (tempfile::TempDir, PathBuf) {
    start_with(3)
}

pub fn start_with(routes: u32) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bird.ctl");
    let listener = tokio::net::UnixListener::from_std(godwit_ctl::bind(&path).unwrap()).unwrap();
    let config = ServerConfig {
        version: "2.0.12".into(),
        config_file: "bird.conf".into(),
        utc_offset: time::UtcOffset::UTC,
    };
    tokio::spawn(godwit_ctl::serve(listener, Arc::new(Fake { routes }), config));
    (dir, path)
}
