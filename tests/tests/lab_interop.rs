//! godwit against other speakers: each over IPv4 and IPv6, with godwit as the one that opens the
//! connection and as the passive side; a route goes each way and is seen at the other end.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use godwit_lab::{Namespace, Process, Scratch, birdc_text, godwit, wait_for, workspace};

const LIMIT: Duration = Duration::from_secs(60);

/// What a session runs over and carries.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Ipv4,
    Ipv6,
}

/// Addresses and nets of a lab: ours first, then the other's.
struct Plan {
    family: Family,
    addresses: [&'static str; 2],
    nets: [&'static str; 2],
    channel: &'static str,
}

impl Plan {
    fn new(family: Family) -> Self {
        match family {
            Family::Ipv4 => Self {
                family,
                addresses: ["192.0.2.1", "192.0.2.2"],
                nets: ["10.1.0.0/24", "10.2.0.0/24"],
                channel: "ipv4",
            },
            Family::Ipv6 => Self {
                family,
                addresses: ["2001:db8::1", "2001:db8::2"],
                nets: ["2001:db8:1::/48", "2001:db8:2::/48"],
                channel: "ipv6",
            },
        }
    }
}

/// Who opens the connection.
#[derive(Clone, Copy, PartialEq)]
enum Opener {
    Godwit,
    Peer,
}

fn passive(yes: bool) -> &'static str {
    if yes { "passive;" } else { "" }
}

/// A speaker of somebody else's.
trait Speaker {
    /// Starts it in a namespace.
    fn start(&self, lab: &Lab, plan: &Plan, passive: bool) -> Result<Process>;
    /// Announces its net, if the configuration does not.
    fn announce(&self, _: &Lab, _: &Plan) -> Result<()> {
        Ok(())
    }
    /// Its table as text.
    fn routes(&self, lab: &Lab, plan: &Plan) -> String;
}

struct Lab {
    own: Namespace,
    other: Namespace,
    scratch: Scratch,
}

fn interop(speaker: &dyn Speaker, family: Family, opener: Opener) -> Result<()> {
    let plan = Plan::new(family);
    let lab = Lab {
        own: Namespace::new("own")?,
        other: Namespace::new("other")?,
        scratch: Scratch::new("interop")?,
    };
    let length = if family == Family::Ipv4 { 24 } else { 64 };
    let [ours, theirs] = plan.addresses.map(|a| format!("{a}/{length}"));
    Namespace::join((&lab.own, "veth-own", &[&ours]), (&lab.other, "veth-other", &[&theirs]))?;

    let [local, remote] = plan.addresses;
    let config = format!(
        "log stderr all;\ndebug protocols all;\nrouter id 1.1.1.1;\nprotocol device {{ }}\n\
         protocol kernel {{ {channel} {{ export all; }}; }}\n\
         protocol static {{ {channel}; route {net} blackhole; }}\n\
         protocol bgp peer {{ local {local} as 65001; neighbor {remote} as 65002; {passive}\n\
         {channel} {{ import all; export where source = RTS_STATIC; }}; }}\n",
        channel = plan.channel,
        net = plan.nets[0],
        passive = passive(opener == Opener::Peer),
    );
    let config = lab.scratch.write("godwit.conf", &config)?;
    let socket = lab.scratch.file("godwit.ctl");
    let mut command = lab.own.command(godwit()?);
    command.arg("-f").arg("-c").arg(config).arg("-s").arg(&socket);
    let own = Process::start(command, lab.scratch.file("godwit.log"))?;
    let other = speaker.start(&lab, &plan, opener == Opener::Godwit)?;
    let logs = || format!("godwit:\n{}\nthe other:\n{}", own.log(), other.log());

    let established = || birdc_text(&socket, "show protocols peer").contains("Established");
    wait_for("the session", LIMIT, || established().then_some(())).with_context(logs)?;
    speaker.announce(&lab, &plan).with_context(logs)?;
    wait_for("its route here", LIMIT, || {
        let routes = birdc_text(&socket, "show route protocol peer");
        (routes.contains(plan.nets[1]) && routes.contains(remote)).then_some(())
    })
    .with_context(logs)?;
    wait_for("its route in our kernel", LIMIT, || {
        let family = if plan.family == Family::Ipv4 { "-4" } else { "-6" };
        let routes = lab.own.ip(&[family, "route"]).ok()?;
        routes.contains(&format!("{} via {remote} dev veth-own proto bird", plan.nets[1])).then_some(())
    })
    .with_context(logs)?;
    wait_for("our route there", LIMIT, || speaker.routes(&lab, &plan).contains(plan.nets[0]).then_some(()))
        .with_context(|| format!("{}\n{}", logs(), speaker.routes(&lab, &plan)))?;
    Ok(())
}

struct Bird2;

impl Speaker for Bird2 {
    fn start(&self, lab: &Lab, plan: &Plan, is_passive: bool) -> Result<Process> {
        let config = format!(
            "log stderr all; router id 2.2.2.2;\nprotocol device {{ }}\n\
             protocol static {{ {channel}; route {net} blackhole; }}\n\
             protocol bgp peer {{ local {local} as 65002; neighbor {remote} as 65001; {passive}\n\
             {channel} {{ import all; export where source = RTS_STATIC; }}; }}\n",
            channel = plan.channel,
            net = plan.nets[1],
            local = plan.addresses[1],
            remote = plan.addresses[0],
            passive = passive(is_passive),
        );
        let config = lab.scratch.write("bird2.conf", &config)?;
        let mut command = lab.other.command("bird");
        command.arg("-f").arg("-c").arg(config).arg("-s").arg(lab.scratch.file("bird2.ctl"));
        Process::start(command, lab.scratch.file("bird2.log"))
    }

    fn routes(&self, lab: &Lab, _: &Plan) -> String {
        birdc_text(&lab.scratch.file("bird2.ctl"), "show route")
    }
}

/// BIRD 1.6.8, a daemon for each family.
struct Bird16;

impl Speaker for Bird16 {
    fn start(&self, lab: &Lab, plan: &Plan, is_passive: bool) -> Result<Process> {
        let config = format!(
            "log stderr all; router id 2.2.2.2;\nprotocol device {{ }}\n\
             protocol static {{ route {net} drop; }}\n\
             protocol bgp upstream {{ local {local} as 65002; neighbor {remote} as 65001; {passive}\n\
             import all; export where source = RTS_STATIC; }}\n",
            net = plan.nets[1],
            local = plan.addresses[1],
            remote = plan.addresses[0],
            passive = passive(is_passive),
        );
        let config = lab.scratch.write("bird16.conf", &config)?;
        let name = if plan.family == Family::Ipv4 { "bird" } else { "bird6" };
        let program: PathBuf = workspace().join("target/peers/bird16/usr/sbin").join(name);
        anyhow::ensure!(program.exists(), "BIRD 1.6.8 is missing: run cargo xtask test, which installs it");
        let mut command = lab.other.command(program);
        command.arg("-f").arg("-c").arg(config).arg("-s").arg(lab.scratch.file("bird16.ctl"));
        Process::start(command, lab.scratch.file("bird16.log"))
    }

    fn routes(&self, lab: &Lab, _: &Plan) -> String {
        birdc_text(&lab.scratch.file("bird16.ctl"), "show route")
    }
}

/// FRR's bgpd without zebra.
struct Frr;

impl Frr {
    fn family(plan: &Plan) -> &'static str {
        if plan.family == Family::Ipv4 { "ipv4" } else { "ipv6" }
    }
}

impl Speaker for Frr {
    fn start(&self, lab: &Lab, plan: &Plan, is_passive: bool) -> Result<Process> {
        let passive =
            if is_passive { format!(" neighbor {} passive\n", plan.addresses[0]) } else { String::new() };
        let config = format!(
            "router bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
             no bgp default ipv4-unicast\n neighbor {remote} remote-as 65001\n neighbor {remote} timers connect 1\n{passive} \
             address-family {family} unicast\n  neighbor {remote} activate\n  network {net}\n exit-address-family\n",
            remote = plan.addresses[0],
            family = Self::family(plan),
            net = plan.nets[1],
        );
        let config = lab.scratch.write("bgpd.conf", &config)?;
        let mut command = lab.other.command("/usr/lib/frr/bgpd");
        command.args(["-Z", "-S", "-A", "127.0.0.1", "-f"]).arg(config);
        command.arg("-i").arg(lab.scratch.file("bgpd.pid"));
        command.arg("--vty_socket").arg(lab.scratch.file(""));
        Process::start(command, lab.scratch.file("bgpd.log"))
    }

    fn routes(&self, lab: &Lab, plan: &Plan) -> String {
        let socket = lab.scratch.file("");
        let show = format!("show bgp {} unicast", Self::family(plan));
        lab.other
            .run("vtysh", &["--vty_socket", &socket.to_string_lossy(), "-c", &show])
            .unwrap_or_else(|e| e.to_string())
    }
}

struct GoBgp;

impl GoBgp {
    fn family(plan: &Plan) -> &'static str {
        if plan.family == Family::Ipv4 { "ipv4" } else { "ipv6" }
    }
}

impl Speaker for GoBgp {
    fn start(&self, lab: &Lab, plan: &Plan, is_passive: bool) -> Result<Process> {
        let config = format!(
            "[global.config]\nas = 65002\nrouter-id = \"2.2.2.2\"\n[[neighbors]]\n[neighbors.config]\n\
             neighbor-address = \"{remote}\"\npeer-as = 65001\n[neighbors.transport.config]\npassive-mode = {is_passive}\n\
             local-address = \"{local}\"\n[neighbors.timers.config]\nconnect-retry = 5\nidle-hold-time-after-reset = 1\n\
             [[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = \"{family}-unicast\"\n",
            remote = plan.addresses[0],
            local = plan.addresses[1],
            family = Self::family(plan),
        );
        let config = lab.scratch.write("gobgp.toml", &config)?;
        let mut command = lab.other.command("gobgpd");
        command.arg("-f").arg(config);
        Process::start(command, lab.scratch.file("gobgpd.log"))
    }

    fn announce(&self, lab: &Lab, plan: &Plan) -> Result<()> {
        let [_, own] = plan.addresses;
        let family = Self::family(plan);
        lab.other
            .run("gobgp", &["global", "rib", "add", plan.nets[1], "nexthop", own, "-a", family])
            .map(drop)
    }

    fn routes(&self, lab: &Lab, plan: &Plan) -> String {
        lab.other.run("gobgp", &["global", "rib", "-a", Self::family(plan)]).unwrap_or_else(|e| e.to_string())
    }
}

macro_rules! interop {
    ($($name:ident: $speaker:expr, $family:ident, $opener:ident;)*) => {
        $(#[test]
        fn $name() -> Result<()> {
            interop(&$speaker, Family::$family, Opener::$opener)
        })*
    };
}

interop! {
    lab_interop_bird2_ipv4_we_open: Bird2, Ipv4, Godwit;
    lab_interop_bird2_ipv4_it_opens: Bird2, Ipv4, Peer;
    lab_interop_bird2_ipv6_we_open: Bird2, Ipv6, Godwit;
    lab_interop_bird2_ipv6_it_opens: Bird2, Ipv6, Peer;
    lab_interop_bird16_ipv4_we_open: Bird16, Ipv4, Godwit;
    lab_interop_bird16_ipv4_it_opens: Bird16, Ipv4, Peer;
    lab_interop_bird16_ipv6_we_open: Bird16, Ipv6, Godwit;
    lab_interop_bird16_ipv6_it_opens: Bird16, Ipv6, Peer;
    lab_interop_frr_ipv4_we_open: Frr, Ipv4, Godwit;
    lab_interop_frr_ipv4_it_opens: Frr, Ipv4, Peer;
    lab_interop_frr_ipv6_we_open: Frr, Ipv6, Godwit;
    lab_interop_frr_ipv6_it_opens: Frr, Ipv6, Peer;
    lab_interop_gobgp_ipv4_we_open: GoBgp, Ipv4, Godwit;
    lab_interop_gobgp_ipv4_it_opens: GoBgp, Ipv4, Peer;
    lab_interop_gobgp_ipv6_we_open: GoBgp, Ipv6, Godwit;
    lab_interop_gobgp_ipv6_it_opens: GoBgp, Ipv6, Peer;
}
