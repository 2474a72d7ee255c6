//! The lab of the README: two routers, a cable, the files `config/lab-r1.conf` and `config/lab-r2.conf`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use godwit_lab::{LIMIT, Namespace, Process, Scratch, birdc_text, godwit, wait_for, workspace};
use nix::sys::signal::Signal;

/// Two namespaces as the files expect them.
struct Lab {
    r1: Namespace,
    r2: Namespace,
    scratch: Scratch,
}

impl Lab {
    fn new() -> Result<Self> {
        let (r1, r2) = (Namespace::new("r1")?, Namespace::new("r2")?);
        Namespace::join((&r1, "veth-r1", &["192.168.1.1/24"]), (&r2, "veth-r2", &["192.168.1.2/24"]))?;
        r1.ip(&["addr", "add", "10.1.0.1/24", "dev", "lo"])?;
        r2.ip(&["addr", "add", "10.2.0.1/24", "dev", "lo"])?;
        Ok(Self { r1, r2, scratch: Scratch::new("lab")? })
    }

    fn socket(&self, router: &str) -> PathBuf {
        self.scratch.file(&format!("{router}.ctl"))
    }

    fn start(&self, router: &str, program: &Path, config: &Path) -> Result<Process> {
        let namespace = if router == "r1" { &self.r1 } else { &self.r2 };
        let mut command = namespace.command(program);
        command.arg("-f").arg("-c").arg(config).arg("-s").arg(self.socket(router));
        let process = Process::start(command, self.scratch.file(&format!("{router}.log")))?;
        let socket = self.socket(router);
        wait_for("the control socket", LIMIT, || {
            (!birdc_text(&socket, "show status").is_empty() && socket.exists()).then_some(())
        })
        .with_context(|| process.log())?;
        Ok(process)
    }

    fn kernel_route(&self) -> Option<String> {
        let routes = self.r1.ip(&["route"]).ok()?;
        routes.lines().find(|l| l.starts_with("10.2.0.0/24")).map(|l| l.trim().to_owned())
    }

    fn established(&self, name: &str) -> Result<Duration> {
        let socket = self.socket("r1");
        let up = || birdc_text(&socket, &format!("show protocols {name}")).contains("Established");
        wait_for("the session", LIMIT, || up().then_some(())).map(|((), took)| took)
    }
}

fn config(name: &str) -> PathBuf {
    workspace().join("config").join(name)
}

/// Session, routes in table and kernel, ping, and the route gone with the peer.
fn two_routers(first: &Path, second: &Path) -> Result<()> {
    let lab = Lab::new()?;
    let one = lab.start("r1", first, &config("lab-r1.conf"))?;
    let mut two = lab.start("r2", second, &config("lab-r2.conf"))?;
    lab.established("peer_r2").with_context(|| format!("{}\n{}", one.log(), two.log()))?;
    let (route, _) = wait_for("the kernel route", LIMIT, || lab.kernel_route()).with_context(|| one.log())?;
    ensure!(route.starts_with("10.2.0.0/24 via 192.168.1.2 dev veth-r1 proto bird"), "{route}");
    let shown = birdc_text(&lab.socket("r1"), "show route");
    ensure!(shown.contains("10.2.0.0/24") && shown.contains("via 192.168.1.2 on veth-r1"), "{shown}");
    wait_for("the other way", LIMIT, || {
        lab.r2.ip(&["route"]).ok()?.contains("10.1.0.0/24 via 192.168.1.1").then_some(())
    })?;
    lab.r1.run("ping", &["-c", "1", "-W", "2", "-I", "10.1.0.1", "10.2.0.1"])?;
    two.stop();
    wait_for("the route to go", LIMIT, || lab.kernel_route().is_none().then_some(()))
        .with_context(|| one.log())?;
    Ok(())
}

#[test]
fn lab_godwit_and_godwit() -> Result<()> {
    two_routers(&godwit()?, &godwit()?)
}

#[test]
fn lab_godwit_and_bird2() -> Result<()> {
    two_routers(&godwit()?, Path::new("bird"))
}

#[test]
fn lab_bird2_and_godwit() -> Result<()> {
    two_routers(Path::new("bird"), &godwit()?)
}

#[test]
fn lab_reload_leaves_what_did_not_change_alone() -> Result<()> {
    let lab = Lab::new()?;
    let text = std::fs::read_to_string(config("lab-r1.conf"))?;
    let file = lab.scratch.write("r1.conf", &text)?;
    let one = lab.start("r1", &godwit()?, &file)?;
    let two = lab.start("r2", &godwit()?, &config("lab-r2.conf"))?;
    lab.established("peer_r2").with_context(|| two.log())?;
    let socket = lab.socket("r1");
    let since = || birdc_text(&socket, "show protocols peer_r2");
    let before = since();

    // A file that is wrong changes nothing and is explained.
    std::fs::write(&file, text.replace("neighbor 192.168.1.2", "neighbour 192.168.1.2"))?;
    let answer = birdc_text(&socket, "configure");
    ensure!(answer.contains("r1.conf:18:1 syntax error"), "{answer}");
    ensure!(since() == before, "{}", since());

    // A new static protocol beside it: announced over the session that is up.
    let extra = "\nprotocol static extra { ipv4; route 10.1.7.0/24 blackhole; }\n";
    let wider = text.replace("net ~ 10.1.0.0/24", "net ~ 10.1.0.0/16");
    std::fs::write(&file, wider + extra)?;
    let answer = birdc_text(&socket, "configure");
    ensure!(answer.contains("Reconfigured"), "{answer}\n{}", one.log());
    wait_for("the new route at the other end", LIMIT, || {
        birdc_text(&lab.socket("r2"), "show route").contains("10.1.7.0/24").then_some(())
    })
    .with_context(|| one.log())?;
    ensure!(since() == before, "the session was touched: {}", since());
    Ok(())
}

#[test]
fn lab_kernel_routes_are_ours_to_clean_up() -> Result<()> {
    let lab = Lab::new()?;
    let text = "router id 1.1.1.1;\nprotocol device { }\nprotocol kernel { learn; ipv4 { import all; export all; }; }\n\
         protocol kernel t100 { kernel table 100; ipv4 { table side; export all; }; }\n\
         protocol static { ipv4; route 10.9.0.0/16 via 192.168.1.2; route 10.8.0.0/16 blackhole; \
         route 10.7.0.0/16 unreachable; route 10.6.0.0/16 prohibit; route 10.5.0.0/16 via \"veth-r1\"; }\n\
         protocol static s100 { ipv4 { table side; }; route 10.100.0.0/16 via 192.168.1.2; }\n";
    let file = lab.scratch.write("r1.conf", &format!("ipv4 table side;\n{text}"))?;
    lab.r1.ip(&["route", "add", "10.77.0.0/16", "via", "192.168.1.2", "metric", "5"])?;
    let mut one = lab.start("r1", &godwit()?, &file)?;
    let has = |what: &str| lab.r1.ip(&["route", "show", "table", "all"]).is_ok_and(|r| r.contains(what));
    let all = [
        "10.9.0.0/16 via 192.168.1.2 dev veth-r1 proto bird metric 32",
        "blackhole 10.8.0.0/16 proto bird metric 32",
        "unreachable 10.7.0.0/16 proto bird metric 32",
        "prohibit 10.6.0.0/16 proto bird metric 32",
        "10.5.0.0/16 dev veth-r1 proto bird scope link metric 32",
        "10.100.0.0/16 via 192.168.1.2 dev veth-r1 table 100 proto bird metric 32",
    ];
    for route in all {
        wait_for(route, LIMIT, || has(route).then_some(())).with_context(|| one.log())?;
    }
    wait_for("the foreign route to be learned", LIMIT, || {
        birdc_text(&lab.socket("r1"), "show route protocol kernel1").contains("10.77.0.0/16").then_some(())
    })
    .with_context(|| one.log())?;

    lab.r1.ip(&["route", "del", "10.9.0.0/16"])?;
    wait_for("a deleted route to be back", LIMIT, || has(all[0]).then_some(())).with_context(|| one.log())?;

    // Killed without a word, then started with less to say: what is left over goes.
    one.signal(Signal::SIGKILL);
    wait_for("the end", LIMIT, || one.ended())?;
    ensure!(has(all[0]), "kernel routes do not go with the process");
    let less = text.replace("route 10.9.0.0/16 via 192.168.1.2; ", "");
    std::fs::write(&file, format!("ipv4 table side;\n{less}"))?;
    let mut one = lab.start("r1", &godwit()?, &file)?;
    wait_for("the stray to go", LIMIT, || (!has("10.9.0.0/16")).then_some(())).with_context(|| one.log())?;
    ensure!(has(all[1]) && has("10.77.0.0/16"), "others stay");

    one.stop();
    wait_for("a clean stop to leave nothing of ours", LIMIT, || (!has("proto bird")).then_some(()))?;
    ensure!(has("10.77.0.0/16 via 192.168.1.2 dev veth-r1 metric 5"), "a foreign route was touched");
    ensure!(!lab.socket("r1").exists(), "the control socket is left over");
    Ok(())
}

#[test]
fn lab_a_wrong_as_is_told_so() -> Result<()> {
    let lab = Lab::new()?;
    let wrong = std::fs::read_to_string(config("lab-r1.conf"))?.replace("as 64513", "as 64999");
    let file = lab.scratch.write("r1.conf", &wrong)?;
    let one = lab.start("r1", &godwit()?, &file)?;
    let two = lab.start("r2", Path::new("bird"), &config("lab-r2.conf"))?;
    wait_for("bird to hear of it", LIMIT, || {
        birdc_text(&lab.socket("r2"), "show protocols peer_r1")
            .contains("Received: Bad peer AS")
            .then_some(())
    })
    .with_context(|| format!("{}\n{}", one.log(), two.log()))?;
    Ok(())
}

#[test]
fn lab_ipv6_with_bird2() -> Result<()> {
    let lab = Lab::new()?;
    Namespace::join((&lab.r1, "six-r1", &["2001:db8::1/64"]), (&lab.r2, "six-r2", &["2001:db8::2/64"]))?;
    let file = |own: u8, other: u8| {
        format!(
            "log stderr all; router id {own}.{own}.{own}.{own};\nprotocol device {{ }}\n\
             protocol kernel {{ ipv6 {{ export all; }}; }}\n\
             protocol static {{ ipv6; route 2001:db8:{own}::/48 blackhole; }}\n\
             protocol bgp peer {{ local 2001:db8::{own} as 6500{own}; neighbor 2001:db8::{other} as 6500{other};\n\
             ipv6 {{ import all; export where source = RTS_STATIC; }}; }}\n"
        )
    };
    let one = lab.start("r1", &godwit()?, &lab.scratch.write("six1.conf", &file(1, 2))?)?;
    let two = lab.start("r2", Path::new("bird"), &lab.scratch.write("six2.conf", &file(2, 1))?)?;
    lab.established("peer").with_context(|| format!("{}\n{}", one.log(), two.log()))?;
    wait_for("the route in our kernel", LIMIT, || {
        lab.r1
            .ip(&["-6", "route"])
            .ok()?
            .contains("2001:db8:2::/48 via 2001:db8::2 dev six-r1 proto bird")
            .then_some(())
    })
    .with_context(|| one.log())?;
    wait_for("the route at bird", LIMIT, || {
        birdc_text(&lab.socket("r2"), "show route").contains("2001:db8:1::/48").then_some(())
    })
    .with_context(|| two.log())?;
    Ok(())
}
