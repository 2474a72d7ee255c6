//! Neighbors that announce five routes and take what they get.

use anyhow::Result;
use godwit_lab::{Frr, GoBgp, Namespace, Program, Router};
use serde_json::Value;

/// Which program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Bird2,
    Bird16,
    Frr,
    GoBgp,
}

/// A neighbor at 10.9.2.2 that waits for a session with 10.9.2.1.
pub(crate) enum Neighbor {
    Bird(Box<Router>),
    Frr(Frr),
    GoBgp(GoBgp),
}

const BIRD: &str = "log stderr all; router id 10.0.0.2; protocol device { }
    protocol static { IPV4 route 172.16.0.0/24 blackhole; route 172.16.1.0/24 blackhole;
      route 172.16.2.0/24 blackhole; route 172.16.3.0/24 blackhole; route 172.16.4.0/24 blackhole; }
    protocol bgp middle { passive; local 10.9.2.2 as 65002; neighbor 10.9.2.1 as 65000;
      OPEN import all; export where source = RTS_STATIC; CLOSE }";

const FRR: &str = "debug bgp neighbor-events
router bgp 65002
 bgp router-id 10.0.0.2
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor 10.9.2.1 remote-as 65000
 neighbor 10.9.2.1 passive
 address-family ipv4 unicast
  network 172.16.0.0/24
  network 172.16.1.0/24
  network 172.16.2.0/24
  network 172.16.3.0/24
  network 172.16.4.0/24
 exit-address-family
";

const GOBGP: &str = r#"
[global.config]
as = 65002
router-id = "10.0.0.2"
[[neighbors]]
[neighbors.config]
neighbor-address = "10.9.2.1"
peer-as = 65000
[neighbors.transport.config]
passive-mode = true
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-unicast"
"#;

impl Neighbor {
    pub(crate) fn start(space: &Namespace, kind: Kind) -> Result<Self> {
        let bird = |ipv4: &str, open: &str, close: &str| {
            BIRD.replace("IPV4", ipv4).replace("OPEN", open).replace("CLOSE", close)
        };
        Ok(match kind {
            Kind::Bird2 => {
                let config = bird("ipv4;", "ipv4 {", "};");
                Self::Bird(Box::new(Router::start(space, Program::Bird2, &config)?))
            }
            Kind::Bird16 => Self::Bird(Box::new(Router::start(space, Program::Bird16, &bird("", "", ""))?)),
            Kind::Frr => Self::Frr(Frr::start(space, FRR)?),
            Kind::GoBgp => {
                let gobgp = GoBgp::start(space, GOBGP)?;
                for i in 0..5 {
                    let net = format!("172.16.{i}.0/24");
                    gobgp.ask(&["global", "rib", "add", &net, "nexthop", "10.9.2.2", "-a", "ipv4"])?;
                }
                Self::GoBgp(gobgp)
            }
        })
    }

    /// How many routes of ours it has.
    pub(crate) fn routes(&self) -> usize {
        match self {
            Self::Bird(bird) => bird.birdc("show route protocol middle").matches("172.17.").count(),
            Self::Frr(frr) => {
                let shown = frr.vtysh(&["show bgp ipv4 unicast json"]).unwrap_or_default();
                shown.matches("\"prefix\":\"172.17.").count()
            }
            Self::GoBgp(gobgp) => {
                let shown = gobgp.ask(&["global", "rib", "-a", "ipv4"]).unwrap_or_default();
                shown.matches(" 172.17.").count()
            }
        }
    }

    /// Why the session ended, in its words but in small letters; nothing if it did not.
    pub(crate) fn told(&self) -> String {
        let told = match self {
            Self::Bird(bird) => bird.detail("middle", "Last error:"),
            Self::Frr(frr) => {
                let shown = frr.vtysh(&["show bgp neighbors 10.9.2.1 json"]).unwrap_or_default();
                let shown: Value = serde_json::from_str(&shown).unwrap_or_default();
                shown.pointer("/10.9.2.1/lastNotificationReason").map(Value::to_string).unwrap_or_default()
            }
            Self::GoBgp(gobgp) => {
                let log = gobgp.log();
                log.lines().rfind(|line| line.contains("Peer Down")).unwrap_or_default().to_owned()
            }
        };
        told.to_lowercase()
    }
}
