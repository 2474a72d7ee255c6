//! The lab of the README, shown as it happens.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use godwit_lab::{Namespace, Process, Scratch, birdc_text, wait_for, workspace};

const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn run() -> Result<()> {
    godwit_lab::need_root()?;
    crate::packages::for_demo()?;
    step("building godwit");
    crate::cargo(&["build", "--release", "--quiet", "--bin", "godwit"])?;
    let godwit = crate::built("release");

    step("two namespaces and a cable: r1 192.168.1.1 -- 192.168.1.2 r2");
    let (r1, r2) = (Namespace::new("r1")?, Namespace::new("r2")?);
    Namespace::join((&r1, "veth-r1", &["192.168.1.1/24"]), (&r2, "veth-r2", &["192.168.1.2/24"]))?;
    r1.ip(&["addr", "add", "10.1.0.1/24", "dev", "lo"])?;
    r2.ip(&["addr", "add", "10.2.0.1/24", "dev", "lo"])?;

    let scratch = Scratch::new("demo")?;
    let start = |namespace: &Namespace, name: &str| {
        let mut command = namespace.command(&godwit);
        command.arg("-f").arg("-c").arg(workspace().join(format!("config/lab-{name}.conf")));
        command.arg("-s").arg(scratch.file(&format!("{name}.ctl")));
        Process::start(command, scratch.file(&format!("{name}.log")))
    };
    step("r1 starts: godwit -c config/lab-r1.conf");
    let daemon1 = start(&r1, "r1")?;
    let socket = scratch.file("r1.ctl");
    wait_for("r1's control socket", LIMIT, || socket.exists().then_some(()))
        .with_context(|| daemon1.log())?;
    step("r2 starts: godwit -c config/lab-r2.conf");
    let began = Instant::now();
    let mut daemon2 = start(&r2, "r2")?;
    wait_for("the session", LIMIT, || {
        birdc_text(&socket, "show protocols peer_r2").contains("Established").then_some(())
    })
    .with_context(|| daemon1.log())?;
    took("session Established", began);
    let (route, _) = wait_for("the route", LIMIT, || kernel_route(&r1)).with_context(|| daemon1.log())?;
    took("route in r1's kernel", began);

    show(&socket, "show protocols");
    show(&socket, "show route");
    println!("$ ip route\n{}", r1.ip(&["route"])?);
    step("ping from r1's 10.1.0.1 to r2's 10.2.0.1");
    println!("{}", r1.run("ping", &["-c", "2", "-i", "0.2", "-I", "10.1.0.1", "10.2.0.1"])?);

    step("r2 stops");
    let began = Instant::now();
    daemon2.stop();
    wait_for("the route to go", LIMIT, || kernel_route(&r1).is_none().then_some(()))?;
    took(&format!("gone from r1's kernel: {route}"), began);
    Ok(())
}

fn kernel_route(namespace: &Namespace) -> Option<String> {
    let routes = namespace.ip(&["route"]).ok()?;
    routes.lines().find(|l| l.starts_with("10.2.0.0/24")).map(|l| l.trim().to_owned())
}

pub(crate) fn step(text: &str) {
    println!("== {text}");
}

pub(crate) fn took(what: &str, since: Instant) {
    println!("   {what} after {:.0} ms", since.elapsed().as_secs_f64() * 1000.0);
}

fn show(socket: &Path, command: &str) {
    println!("$ birdc {command}\n{}", birdc_text(socket, command));
}
