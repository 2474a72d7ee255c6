//! A router that makes its answers up.

use std::future::{Future, ready};
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use godwit_api::{
    Acted, ConfigureOutcome, Cursor, Interface, InterfaceAddress, Memory, ProtocolState, ProtocolStatus,
    Refusal, Reply, Request, RoutePage, RouteQuery, RouteView, Selector, Status, UnixMillis,
};
use godwit_config::{Dialect, LoadOptions, RouterConfig, load};
use godwit_ctl::Backend;
use godwit_filter::{Destination, NextHop, RouteAttributes, RouteSource, Scope};

/// The time it is, and since when everything is as it is.
const AT: UnixMillis = UnixMillis(1_795_202_062_969);
/// Nets in its table, and in a page of it.
const NETS: u32 = 5;
const PAGE: u32 = 2;

const BIRD2: &str = "
define FAR = 65100;
function far(int asn) { return asn >= FAR; }
filter ours { if bgp_path ~ [= * 65001 =] then reject; accept; }
ipv4 table extra4;
protocol device {}
protocol static static1 { ipv4; route 10.9.0.0/16 blackhole; }
template bgp common { local as 65000; ipv4 { import all; export filter ours; }; }
protocol bgp peer1 from common { neighbor 192.0.2.2 as 65001; }
";
const BIRD16: &str = "
define FAR = 65100;
filter ours { if bgp_path ~ [= * 65001 =] then reject; accept; }
table extra4;
protocol device {}
protocol static static1 { route 10.9.0.0/16 blackhole; }
protocol bgp peer1 { local as 65000; neighbor 192.0.2.2 as 65001; export filter ours; }
";

static CONFIGS: LazyLock<[Arc<RouterConfig>; 2]> = LazyLock::new(|| {
    [(Dialect::Bird2, BIRD2), (Dialect::Bird16, BIRD16)].map(|(dialect, text)| {
        let options = LoadOptions { dialect: Some(dialect), ..LoadOptions::default() };
        let loaded = load("bird.conf", text, &options, &mut |_, _| Err("nothing to include".into()));
        Arc::new(loaded.config.expect("a router"))
    })
});

pub(super) struct Router {
    config: Arc<RouterConfig>,
}

impl Router {
    /// BIRD 2's where the number is even.
    pub(super) fn of_dialect(number: u8) -> Self {
        Self { config: CONFIGS[usize::from(number & 1)].clone() }
    }

    fn answer(&self, request: Request) -> Reply {
        match request {
            Request::Config => Reply::Config(self.config.clone()),
            Request::Status => Reply::Status(Box::new(Status {
                router_id: Some([10, 0, 0, 1].into()),
                hostname: "lab".into(),
                now: AT,
                started: AT,
                reconfigured: AT,
                shutting_down: false,
                recovery: None,
            })),
            Request::Protocols(selector) => Reply::Protocols(if names(&selector) { vec![peer()] } else { vec![] }),
            Request::Routes(query) if query.protocol.as_deref() == Some("static1") => {
                Reply::Refused(Refusal::ProtocolDown)
            }
            Request::Routes(query) => Reply::Routes(page(&query)),
            Request::Memory => Reply::Memory(Memory::default()),
            Request::Interfaces => Reply::Interfaces(vec![interface()]),
            Request::Configure { file: Some(file), .. } => {
                Reply::Configure(ConfigureOutcome::Failed(vec![format!("{file}:1:1 No such file")]))
            }
            Request::Configure { check_only: true, .. } => Reply::Configure(ConfigureOutcome::Checked),
            Request::Configure { .. } => Reply::Configure(ConfigureOutcome::Reconfigured),
            Request::ConfigureStatus => Reply::ConfigureStatus(Some(3.5)),
            Request::Act { selector, .. } if names(&selector) => Reply::Acted(vec![("peer1".into(), Acted::Done)]),
            Request::Act { .. } => Reply::Acted(vec![]),
            Request::ConfigureConfirm | Request::ConfigureUndo => Reply::NothingToDo,
            Request::SetDebug { .. } | Request::Shutdown | Request::GracefulRestart => Reply::Done,
        }
    }
}

impl Backend for Router {
    fn ask(&self, request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(ready(self.answer(request)))
    }
}

fn names(selector: &Selector) -> bool {
    match selector {
        Selector::All | Selector::Pattern(_) => true,
        Selector::Name(name) => name == "peer1",
    }
}

fn peer() -> ProtocolStatus {
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

fn interface() -> Interface {
    Interface {
        name: "eth0".into(),
        index: 2,
        master: None,
        admin_up: true,
        link_up: true,
        loopback: false,
        point_to_point: false,
        broadcast: true,
        multicast: true,
        mtu: 1500,
        addresses: vec![InterfaceAddress {
            address: "192.0.2.254/24".parse().expect("an address"),
            opposite: None,
            preferred: true,
            secondary: false,
            scope: Scope::Universe,
        }],
    }
}

fn page(query: &RouteQuery) -> RoutePage {
    let first = query.cursor.map_or(0, |cursor| cursor.net);
    let end = (first + PAGE).min(NETS);
    let hop = NextHop { gateway: Some([192, 0, 2, 2].into()), ifindex: 2, weight: 1, onlink: false };
    let attributes = Arc::new(RouteAttributes::new(RouteSource::Bgp, 100, Destination::Unicast(hop.clone())));
    let route = |n: u32| RouteView {
        table: 0,
        net: ipnetwork::IpNetwork::new(Ipv4Addr::from(0x0a00_0000 + (n << 8)).into(), 24).expect("a net"),
        protocol: "peer1".into(),
        attributes: attributes.clone(),
        next_hops: vec![(hop.clone(), "eth0".into())],
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
        next: (end < NETS).then_some(Cursor { table: 0, net: end, key: None }),
    }
}
