//! godwit against other speakers: each over IPv4 and IPv6, with godwit as the one that opens the
//! connection and as the passive side; a route goes each way and is seen at the other end.

use anyhow::{Context, Result};
use godwit_lab::report::Cell;
use godwit_lab::{Frr, GoBgp, Namespace, Program, Router, until};

/// What a session runs over and carries.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Ipv4,
    Ipv6,
}

/// Who opens the connection.
#[derive(Clone, Copy, PartialEq)]
enum Opener {
    Godwit,
    Peer,
}

/// Addresses and nets of a lab: ours first, then the other's.
struct Plan {
    family: Family,
    /// As channels and other daemons call the family.
    name: &'static str,
    addresses: [&'static str; 2],
    prefix_len: u8,
    nets: [&'static str; 2],
    opener: Opener,
}

impl Plan {
    fn new(family: Family, opener: Opener) -> Self {
        let ipv4 = Self {
            family,
            name: "ipv4",
            addresses: ["192.0.2.1", "192.0.2.2"],
            prefix_len: 24,
            nets: ["10.1.0.0/24", "10.2.0.0/24"],
            opener,
        };
        match family {
            Family::Ipv4 => ipv4,
            Family::Ipv6 => Self {
                name: "ipv6",
                addresses: ["2001:db8::1", "2001:db8::2"],
                prefix_len: 64,
                nets: ["2001:db8:1::/48", "2001:db8:2::/48"],
                ..ipv4
            },
        }
    }

    /// The word of BIRD's for the side that does not open.
    fn passive(&self, side: Opener) -> &'static str {
        if self.opener == side { "" } else { "passive;" }
    }

    fn godwit(&self) -> String {
        let ([local, remote], [net, _], channel) = (self.addresses, self.nets, self.name);
        format!(
            "log stderr all; debug protocols all; router id 1.1.1.1; protocol device {{ }}
             protocol kernel {{ {channel} {{ export all; }}; }}
             protocol static {{ {channel}; route {net} blackhole; }}
             protocol bgp peer {{ local {local} as 65001; neighbor {remote} as 65002; {}
               {channel} {{ import all; export where source = RTS_STATIC; }}; }}",
            self.passive(Opener::Godwit)
        )
    }

    fn bird2(&self) -> String {
        let ([remote, local], [_, net], channel) = (self.addresses, self.nets, self.name);
        format!(
            "log stderr all; router id 2.2.2.2; protocol device {{ }}
             protocol static {{ {channel}; route {net} blackhole; }}
             protocol bgp peer {{ local {local} as 65002; neighbor {remote} as 65001; {}
               connect delay time 1;
               {channel} {{ import all; export where source = RTS_STATIC; }}; }}",
            self.passive(Opener::Peer)
        )
    }

    fn bird16(&self) -> String {
        let ([remote, local], [_, net]) = (self.addresses, self.nets);
        format!(
            "log stderr all; router id 2.2.2.2; protocol device {{ }}
             protocol static {{ route {net} drop; }}
             protocol bgp upstream {{ local {local} as 65002; neighbor {remote} as 65001; {}
               connect delay time 1;
               import all; export where source = RTS_STATIC; }}",
            self.passive(Opener::Peer)
        )
    }

    fn frr(&self) -> String {
        let ([remote, _], [_, net], family) = (self.addresses, self.nets, self.name);
        let passive = match self.opener {
            Opener::Godwit => format!(" neighbor {remote} passive\n"),
            Opener::Peer => String::new(),
        };
        format!(
            "router bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
             no bgp default ipv4-unicast\n neighbor {remote} remote-as 65001\n neighbor {remote} timers connect 1\n{passive} \
             address-family {family} unicast\n  neighbor {remote} activate\n  network {net}\n exit-address-family\n"
        )
    }

    fn gobgp(&self) -> String {
        let ([remote, local], family) = (self.addresses, self.name);
        format!(
            "[global.config]\nas = 65002\nrouter-id = \"2.2.2.2\"\n\
             [[neighbors]]\n[neighbors.config]\nneighbor-address = \"{remote}\"\npeer-as = 65001\n\
             [neighbors.transport.config]\npassive-mode = {}\nlocal-address = \"{local}\"\n\
             [neighbors.timers.config]\nconnect-retry = 5\nidle-hold-time-after-reset = 1\n\
             [[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = \"{family}-unicast\"\n",
            self.opener == Opener::Godwit
        )
    }
}

/// A speaker of somebody else's that runs.
enum Peer<'a> {
    Bird(Router),
    Frr(Frr),
    GoBgp(GoBgp<'a>),
}

impl Peer<'_> {
    /// Its table as text.
    fn routes(&self, plan: &Plan) -> String {
        match self {
            Self::Bird(bird) => Ok(bird.birdc("show route")),
            Self::Frr(frr) => frr.vtysh(&[&format!("show bgp {} unicast", plan.name)]),
            Self::GoBgp(gobgp) => gobgp.ask(&["global", "rib", "-a", plan.name]),
        }
        .unwrap_or_else(|error| error.to_string())
    }

    /// Announces its net, if the configuration does not.
    fn announce(&self, plan: &Plan) -> Result<()> {
        let ([_, address], [_, net]) = (plan.addresses, plan.nets);
        if let Self::GoBgp(gobgp) = self {
            gobgp.ask(&["global", "rib", "add", net, "nexthop", address, "-a", plan.name])?;
        }
        Ok(())
    }

    fn log(&self) -> String {
        match self {
            Self::Bird(bird) => bird.log(),
            Self::Frr(frr) => frr.log(),
            Self::GoBgp(gobgp) => gobgp.log(),
        }
    }
}

/// How a speaker is started.
type Start = for<'a> fn(&'a Namespace, &Plan) -> Result<Peer<'a>>;

fn bird2<'a>(namespace: &'a Namespace, plan: &Plan) -> Result<Peer<'a>> {
    Router::start(namespace, Program::Bird2, &plan.bird2()).map(Peer::Bird)
}

/// A daemon for each family.
fn bird16<'a>(namespace: &'a Namespace, plan: &Plan) -> Result<Peer<'a>> {
    let program = if plan.family == Family::Ipv4 { Program::Bird16 } else { Program::Bird16V6 };
    Router::start(namespace, program, &plan.bird16()).map(Peer::Bird)
}

fn frr<'a>(namespace: &'a Namespace, plan: &Plan) -> Result<Peer<'a>> {
    Frr::start(namespace, &plan.frr()).map(Peer::Frr)
}

fn gobgp<'a>(namespace: &'a Namespace, plan: &Plan) -> Result<Peer<'a>> {
    GoBgp::start(namespace, &plan.gobgp()).map(Peer::GoBgp)
}

fn interop(name: &str, start: Start, family: Family, opener: Opener) -> Result<()> {
    let plan = Plan::new(family, opener);
    let role = if opener == Opener::Godwit { "godwit opens" } else { "godwit passive" };
    let [to_us, to_them] =
        ["routes to godwit", "routes to peer"].map(|direction| Cell::new(name, plan.name, role, direction));

    let (ours, theirs) = (Namespace::new("own")?, Namespace::new("other")?);
    let [local, remote] = plan.addresses.map(|address| format!("{address}/{}", plan.prefix_len));
    Namespace::join((&ours, "veth-own", &[&local]), (&theirs, "veth-other", &[&remote]))?;
    if name == "FRR" {
        ours.no_link_local("veth-own")?;
    }
    let godwit = Router::start(&ours, Program::Godwit, &plan.godwit())?;
    let peer = start(&theirs, &plan)?;
    let logs = || format!("godwit:\n{}\nthe other:\n{}", godwit.log(), peer.log());

    godwit.established("peer").with_context(logs)?;
    peer.announce(&plan).with_context(logs)?;
    let [local, remote] = plan.addresses;
    let [ours_net, theirs_net] = plan.nets;
    godwit.has_route(theirs_net, &[&format!("via {remote}")]).with_context(logs)?;
    until("its route in our kernel", || {
        let expected = format!("{theirs_net} via {remote} dev veth-own proto bird");
        ours.routes(theirs_net).iter().any(|route| route.starts_with(&expected))
    })
    .with_context(logs)?;
    to_us.passed();

    until("our route there", || {
        let routes = peer.routes(&plan);
        routes.contains(ours_net) && routes.contains(local)
    })
    .with_context(|| format!("{}\n{}", logs(), peer.routes(&plan)))?;
    to_them.passed();
    Ok(())
}

macro_rules! interop {
    ($($test:ident: $name:literal, $start:ident, $family:ident, $opener:ident;)*) => {
        $(#[test]
        fn $test() -> Result<()> {
            interop($name, $start, Family::$family, Opener::$opener)
        })*
    };
}

interop! {
    lab_interop_bird2_ipv4_we_open: "bird2", bird2, Ipv4, Godwit;
    lab_interop_bird2_ipv4_it_opens: "bird2", bird2, Ipv4, Peer;
    lab_interop_bird2_ipv6_we_open: "bird2", bird2, Ipv6, Godwit;
    lab_interop_bird2_ipv6_it_opens: "bird2", bird2, Ipv6, Peer;
    lab_interop_bird16_ipv4_we_open: "bird 1.6.8", bird16, Ipv4, Godwit;
    lab_interop_bird16_ipv4_it_opens: "bird 1.6.8", bird16, Ipv4, Peer;
    lab_interop_bird16_ipv6_we_open: "bird 1.6.8", bird16, Ipv6, Godwit;
    lab_interop_bird16_ipv6_it_opens: "bird 1.6.8", bird16, Ipv6, Peer;
    lab_interop_frr_ipv4_we_open: "FRR", frr, Ipv4, Godwit;
    lab_interop_frr_ipv4_it_opens: "FRR", frr, Ipv4, Peer;
    lab_interop_frr_ipv6_we_open: "FRR", frr, Ipv6, Godwit;
    lab_interop_frr_ipv6_it_opens: "FRR", frr, Ipv6, Peer;
    lab_interop_gobgp_ipv4_we_open: "GoBGP", gobgp, Ipv4, Godwit;
    lab_interop_gobgp_ipv4_it_opens: "GoBGP", gobgp, Ipv4, Peer;
    lab_interop_gobgp_ipv6_we_open: "GoBGP", gobgp, Ipv6, Godwit;
    lab_interop_gobgp_ipv6_it_opens: "GoBGP", gobgp, Ipv6, Peer;
}
