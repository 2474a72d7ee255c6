//! Routers outside the cluster: a top-of-rack switch that BIRD or FRR is.

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::flow::End;
use godwit_lab::rack::{Rack, forwarder};
use godwit_lab::{Frr, Namespace, Program, Router, until};

/// The AS of the switch.
pub(crate) const TOR_AS: u32 = 65000;

/// Which program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Make {
    Bird16,
    Bird2,
    Frr,
}

/// A neighbor of the switch.
#[derive(Clone, Debug)]
pub(crate) struct Neighbor {
    pub(crate) name: String,
    /// Its own address here, and the neighbor's.
    pub(crate) local: &'static str,
    pub(crate) address: String,
    pub(crate) asn: u32,
    pub(crate) password: Option<&'static str>,
    /// Only packets of a neighbor on this link.
    pub(crate) ttl_security: bool,
}

impl Neighbor {
    pub(crate) fn new(name: &str, local: &'static str, address: &str, asn: u32) -> Self {
        Self {
            name: name.to_owned(),
            local,
            address: address.to_owned(),
            asn,
            password: None,
            ttl_security: false,
        }
    }

    fn family(&self) -> u8 {
        if self.address.contains(':') { 6 } else { 4 }
    }

    fn bird(&self, channel: &str) -> String {
        let Self { name, local, address, asn, .. } = self;
        let password = self.password.map(|password| format!("password \"{password}\";")).unwrap_or_default();
        let ttl = if self.ttl_security { "ttl security on;" } else { "" };
        format!(
            "protocol bgp {name} {{ local {local} as {TOR_AS}; neighbor {address} as {asn}; {password} {ttl}
               passive; graceful restart; connect delay time 1; {channel} }}\n"
        )
    }

    fn frr(&self) -> String {
        let Self { local, address, asn, .. } = self;
        let password = self.password.map(|password| format!("password {password}"));
        let ttl = self.ttl_security.then(|| "ttl-security hops 1".to_owned());
        let always = [
            format!("remote-as {asn}"),
            format!("update-source {local}"),
            "timers connect 1".into(),
            "passive".into(),
        ];
        let all = always.into_iter().chain(password).chain(ttl);
        let lines: Vec<_> = all.map(|words| format!(" neighbor {address} {words}\n")).collect();
        lines.concat()
    }
}

/// What runs there.
enum Daemon {
    /// One for each family, or (0) one for both.
    Bird(Vec<(u8, Router)>),
    Frr(Frr),
}

/// A switch.
pub(crate) struct Tor {
    pub(crate) machine: Namespace,
    daemon: Daemon,
    make: Make,
    with_behind: bool,
}

/// What is behind it.
impl<'a> From<&'a Tor> for End<'a> {
    fn from(tor: &'a Tor) -> Self {
        Self { namespace: &tor.machine, addresses: BEHIND.map(|(.., address)| address) }
    }
}

/// What it says of itself beside its neighbors: addresses that are behind it.
pub(crate) const BEHIND: [(u8, &str, &str); 2] =
    [(4, "198.51.100.0/24", "198.51.100.1"), (6, "2001:db8:51::/48", "2001:db8:51::1")];

fn net_behind(with_behind: bool, family: u8) -> Option<&'static str> {
    BEHIND.into_iter().find(|(of, ..)| with_behind && *of == family).map(|(_, net, _)| net)
}

/// What it has of a family beside its neighbors: `net` is announced.
fn bird_family(make: Make, family: u8, net: Option<&str>, neighbors: &[Neighbor]) -> String {
    let export = net.map_or("none".to_owned(), |net| format!("where net = {net}"));
    let options = format!("import all; export {export};");
    let to_kernel = "export where source = RTS_BGP;";
    let (options, to_kernel, table) = match make {
        Make::Bird2 => (
            format!("ipv{family} {{ {options} }};"),
            format!("ipv{family} {{ {to_kernel} }};"),
            format!("ipv{family};"),
        ),
        Make::Bird16 | Make::Frr => (options, to_kernel.to_owned(), String::new()),
    };
    let route = net.map(|net| format!("route {net} blackhole;")).unwrap_or_default();
    let mut text = format!(
        "protocol kernel {{ scan time 1; {to_kernel} }}
         protocol static {{ {table} {route} }}\n"
    );
    for neighbor in neighbors.iter().filter(|neighbor| neighbor.family() == family) {
        text += &neighbor.bird(&options);
    }
    text
}

fn bird(
    make: Make,
    families: &[u8],
    net: impl Fn(u8) -> Option<&'static str>,
    neighbors: &[Neighbor],
) -> String {
    let channels = if make == Make::Bird2 { "ipv4; ipv6;" } else { "" };
    let parts = families.iter().map(|family| bird_family(make, *family, net(*family), neighbors));
    format!(
        "router id 172.20.0.1; protocol device {{ scan time 1; }}
         protocol direct {{ {channels} interface \"eth*\"; }}\n"
    ) + &parts.collect::<String>()
}

fn frr(net: impl Fn(u8) -> Option<&'static str>, neighbors: &[Neighbor]) -> String {
    let family = |family: u8| {
        let network = net(family).map(|net| format!("  network {net}\n")).unwrap_or_default();
        let of = neighbors.iter().filter(|neighbor| neighbor.family() == family);
        let active: Vec<_> =
            of.map(|neighbor| format!("  neighbor {} activate\n", neighbor.address)).collect();
        let active = active.concat();
        format!(" address-family ipv{family} unicast\n{network}{active} exit-address-family\n")
    };
    let head = format!(
        "router bgp {TOR_AS}\n bgp router-id 172.20.0.1\n no bgp ebgp-requires-policy\n \
         no bgp network import-check\n no bgp default ipv4-unicast\n"
    );
    let peers: String = neighbors.iter().map(Neighbor::frr).collect();
    head + &peers + &family(4) + &family(6)
}

impl Tor {
    /// In the rack with these addresses (with prefix length); with or without something behind it.
    pub(crate) fn start(
        rack: &Rack,
        make: Make,
        addresses: &[&str],
        neighbors: &[Neighbor],
        with_behind: bool,
    ) -> Result<Self> {
        let machine = forwarder("tor")?;
        rack.plug(&machine, "eth0", addresses)?;
        let net = |family| net_behind(with_behind, family);
        for ((.., address), length) in BEHIND.iter().zip([32, 128]).filter(|_| with_behind) {
            machine.ip(&["addr", "add", &format!("{address}/{length}"), "dev", "lo"])?;
        }
        let bird = |program, families: &[u8]| {
            Router::start(&machine, program, &bird(make, families, net, neighbors))
        };
        let daemon = match make {
            Make::Frr => Daemon::Frr(Frr::start(&machine, &frr(net, neighbors))?),
            Make::Bird2 => Daemon::Bird(vec![(0, bird(Program::Bird2, &[4, 6])?)]),
            Make::Bird16 => {
                Daemon::Bird(vec![(4, bird(Program::Bird16, &[4])?), (6, bird(Program::Bird16V6, &[6])?)])
            }
        };
        Ok(Self { machine, daemon, make, with_behind })
    }

    /// Has it take neighbors in place of those it has; for BIRD only.
    pub(crate) fn configure(&self, neighbors: &[Neighbor]) -> Result<()> {
        let Daemon::Bird(routers) = &self.daemon else { bail!("this switch is not BIRD") };
        for (family, router) in routers {
            let families = if *family == 0 { &[4, 6][..] } else { std::slice::from_ref(family) };
            let net = |family| net_behind(self.with_behind, family);
            let answer = router.configure(&bird(self.make, families, net, neighbors))?;
            ensure!(answer.contains("Reconfigur"), "the switch: {answer}");
        }
        Ok(())
    }

    /// Waits until exactly these nodes announce a prefix to it; the neighbors have to be named `node_N_FAMILY`.
    pub(crate) fn hears_of(&self, prefix: &str, nodes: &[u8]) -> Result<()> {
        let mut known = String::new();
        until(&format!("{prefix} of {nodes:?}"), || {
            known = self.knows(prefix);
            let family = if prefix.contains(':') { 6 } else { 4 };
            (1..=9).all(|node| known.contains(&format!("[node_{node}_{family} ")) == nodes.contains(&node))
        })
        .with_context(|| format!("{known}\n{}", self.told()))
        .map(|_| ())
    }

    /// What it knows of a prefix, as it shows it; empty if nothing.
    pub(crate) fn knows(&self, prefix: &str) -> String {
        let family = if prefix.contains(':') { 6 } else { 4 };
        match &self.daemon {
            Daemon::Bird(routers) => routers
                .iter()
                .find(|(of, _)| *of == 0 || *of == family)
                .map_or_else(String::new, |(_, router)| router.route(prefix)),
            Daemon::Frr(frr) => {
                let shown = frr.vtysh(&[&format!("show bgp ipv{family} unicast {prefix}")]);
                shown.ok().filter(|text| !text.contains("not in table")).unwrap_or_default()
            }
        }
    }

    /// Everything it has, for messages.
    pub(crate) fn told(&self) -> String {
        match &self.daemon {
            Daemon::Bird(routers) => routers
                .iter()
                .map(|(_, router)| {
                    router.birdc("show protocols") + &router.birdc("show route all") + &router.log()
                })
                .collect(),
            Daemon::Frr(frr) => {
                frr.vtysh(&["show bgp summary", "show bgp ipv4 unicast", "show bgp ipv6 unicast"])
                    .unwrap_or_default()
                    + &frr.log()
            }
        }
    }

    /// Waits until it knows a prefix with all these words.
    pub(crate) fn learns(&self, prefix: &str, words: &[&str]) -> Result<()> {
        until(&format!("the switch to know {prefix} with {words:?}"), || {
            let known = self.knows(prefix);
            !known.is_empty() && words.iter().all(|word| known.contains(word))
        })
        .with_context(|| self.told())
        .map(|_| ())
    }

    /// Waits until it does not know a prefix.
    pub(crate) fn forgets(&self, prefix: &str) -> Result<()> {
        until(&format!("the switch to forget {prefix}"), || self.knows(prefix).is_empty())
            .with_context(|| self.told())
            .map(|_| ())
    }

    /// One ping from an address that is behind it.
    pub(crate) fn pings(&self, family: u8, address: &str) -> bool {
        let from = BEHIND.iter().find(|(of, ..)| *of == family).map_or("", |(.., from)| from);
        self.machine.run("ping", &["-n", "-c", "1", "-W", "1", "-I", from, address]).is_ok()
    }

    /// Whether it programs its kernel, so that something can be reached through it.
    pub(crate) fn forwards(&self) -> bool {
        matches!(self.daemon, Daemon::Bird(_))
    }
}
