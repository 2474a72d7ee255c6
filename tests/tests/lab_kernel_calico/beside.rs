//! Felix's routes beside ours, and ours across lives of the daemon.

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, settles, until};

use super::{Monitor, kernel, kernel_is};

/// A node with its address on `eth0`, two workloads and routes of Felix's.
fn node(label: &str) -> Result<Namespace> {
    let node = Namespace::new(label)?;
    for device in ["eth0", "cali1", "cali2"] {
        let other = format!("{device}p");
        node.ip(&["link", "add", device, "type", "veth", "peer", "name", &other])?;
        for end in [device, &other] {
            node.ip(&["link", "set", end, "addrgenmode", "none"])?;
            node.ip(&["link", "set", end, "up"])?;
        }
    }
    node.ip(&["addr", "add", "192.0.2.1/24", "dev", "eth0"])?;
    // A workload's interface has no address of its own, or one that nobody is to hear of.
    node.ip(&["addr", "add", "169.254.7.7/32", "dev", "cali2"])?;
    for route in [
        "10.65.0.5/32 dev cali1 scope link",
        "10.65.0.6/32 dev cali2 scope link proto 80",
        "10.65.7.0/26 via 192.0.2.9 dev eth0 onlink proto 80",
        "10.65.8.0/26 via 203.0.113.9 dev eth0 onlink proto 80 metric 7",
        "10.65.9.0/26 via 169.254.1.1 dev cali1 onlink proto static",
        "10.65.10.0/26 via 192.0.2.9 src 192.0.2.1 proto static",
        "blackhole 10.65.11.0/26 proto 80",
        "unreachable 10.65.12.0/26 proto static metric 9",
        "10.65.13.0/26 dev eth0 scope global proto static",
        "default via 192.0.2.254 dev eth0 proto dhcp metric 100",
    ] {
        let words: Vec<&str> = route.split(' ').collect();
        node.ip(&[&["route", "add"], words.as_slice()].concat())?;
    }
    Ok(node)
}

const CALICO: &str = r#"
log stderr all;
router id 192.0.2.1;
protocol device { scan time 2; }
protocol direct { interface -"cali*", -"kube-ipvs*", "*"; }
protocol static {
  route 10.65.0.0/26 blackhole; route 10.66.0.0/16 unreachable; route 10.67.0.0/16 prohibit;
  route 10.68.0.0/24 via 192.0.2.9; route 10.69.0.0/24 via "eth0";
  route 10.70.0.0/24 multipath via 192.0.2.9 weight 3 via 192.0.2.10;
}
"#;
const KERNEL: &str =
    "protocol kernel { learn; persist; scan time 1; import all; export all; graceful restart; }\n";

/// The routes of a table as `show route all` has them, net by net in order, without times and versions.
fn table(router: &Router) -> Vec<String> {
    let shown = router.birdc("show route all");
    let mut nets: Vec<String> = Vec::new();
    for line in shown.lines().filter(|l| !l.contains("ready.")) {
        let line = line.split(" [").enumerate().map(|(i, part)| {
            if i == 0 {
                part
            } else {
                part.split_once(']').map_or(part, |(head, _)| head.split(' ').next().unwrap_or(head))
            }
        });
        let line = line.collect::<Vec<_>>().join(" [");
        match nets.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push('\n');
                last.push_str(line.trim_end());
            }
            _ => nets.push(line.trim_end().to_owned()),
        }
    }
    nets.sort();
    nets
}

/// What is learned, what `direct` takes and what goes into the kernel is what BIRD 1.6 says.
#[test]
fn lab_a_nodes_routes_are_those_of_bird() -> Result<()> {
    let mut seen = Vec::new();
    for program in [Program::Bird16, Program::Godwit] {
        let node = node("asbird")?;
        let router = Router::start(&node, program, &format!("{CALICO}{KERNEL}"))?;
        until("the routes", || kernel(&node, "10.70.0.0/24").len() == 3).with_context(|| router.log())?;
        let all =
            settles("the tables", || (node.ip(&["route", "show"]).unwrap_or_default(), table(&router)))?;
        seen.push(all);
    }
    ensure!(seen[0] == seen[1], "{seen:#?}");
    ensure!(!seen[1].1.iter().any(|net| net.contains("169.254.7.7/32")), "{seen:#?}");
    Ok(())
}

/// Killed and started again with nothing changed: no route is touched. What is no more asked for goes.
#[test]
fn lab_routes_outlive_the_daemon_and_are_taken_over() -> Result<()> {
    let node = node("adopt")?;
    let config = format!("{CALICO}{KERNEL}");
    let mut router = Router::start(&node, Program::Godwit, &config)?;
    let ours = || settles("our routes", || node.ip(&["route", "show", "proto", "bird"]).unwrap_or_default());
    until("the routes", || kernel(&node, "10.70.0.0/24").len() == 3).with_context(|| router.log())?;
    let before = ours()?;
    let monitor = Monitor::start(&node)?;
    router.process().kill();
    ensure!(ours()? == before);
    node.ip(&["route", "add", "10.99.0.0/16", "via", "192.0.2.9", "proto", "bird"])?;
    let mut router = Router::start(&node, Program::Godwit, &config)?;
    until("the stray to go", || kernel(&node, "10.99.0.0/16").is_empty())?;
    router.has_route("10.68.0.0/24", &["static"])?;
    ensure!(ours()? == before);
    router.process().stop();
    ensure!(ours()? == before);
    let told: Vec<String> = monitor.of_ours()?.into_iter().filter(|l| !l.contains("10.99.0.0/16")).collect();
    ensure!(told.is_empty(), "{told:#?}");
    Ok(())
}

/// An upgrade from a Calico without metrics to one that sets them: the copies without go, and not before.
#[test]
fn lab_a_metric_changes_without_a_gap() -> Result<()> {
    let node = node("metric")?;
    let kernel_with = |metric: &str| {
        format!(
            "{CALICO}protocol kernel {{ learn; persist; scan time 1; import all;
               export filter {{ {metric} accept; }}; graceful restart; }}"
        )
    };
    let mut router = Router::start(&node, Program::Godwit, &kernel_with(""))?;
    kernel_is(&node, "10.68.0.0/24", &["10.68.0.0/24 via 192.0.2.9 dev eth0 proto bird"], &router)?;
    router.process().kill();
    let mut router = Router::start(&node, Program::Godwit, &kernel_with("krt_metric = 1024;"))?;
    let with = ["10.68.0.0/24 via 192.0.2.9 dev eth0 proto bird metric 1024"];
    kernel_is(&node, "10.68.0.0/24", &with, &router)?;
    kernel_is(&node, "10.65.0.0/26", &["blackhole 10.65.0.0/26 proto bird metric 1024"], &router)?;
    let monitor = Monitor::start(&node)?;
    router.configure(&kernel_with("krt_metric = 512;"))?;
    kernel_is(
        &node,
        "10.68.0.0/24",
        &["10.68.0.0/24 via 192.0.2.9 dev eth0 proto bird metric 512"],
        &router,
    )?;
    let told: Vec<String> = monitor.of_ours()?.into_iter().filter(|l| l.contains("10.68.0.0/24")).collect();
    ensure!(told.len() == 2 && told[0].contains("512") && told[1].contains("Deleted"), "{told:#?}");
    router.process().stop();
    Ok(())
}

/// Somebody else's route for our net: with the same metric it stays alone until it goes, with another both are.
#[test]
fn lab_a_foreign_route_of_our_net_stays() -> Result<()> {
    let node = node("alien")?;
    let felix = ["10.68.0.0/24", "via", "192.0.2.20", "proto", "80"];
    node.ip(&[&["route", "add"][..], &felix].concat())?;
    let config = |metric: &str| {
        format!(
            "{CALICO}protocol kernel {{ learn; scan time 1; import all; export filter {{ {metric} accept; }}; }}"
        )
    };
    let router = Router::start(&node, Program::Godwit, &config(""))?;
    let theirs = "10.68.0.0/24 via 192.0.2.20 dev eth0 proto 80";
    let marked = || router.route("10.68.0.0/24").contains("] !");
    until("the mark", marked).with_context(|| router.route("10.68.0.0/24"))?;
    router.has_route("10.68.0.0/24", &["Kernel.source: 80"])?;
    // Some scans later.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    ensure!(kernel(&node, "10.68.0.0/24") == [theirs], "{:?}", kernel(&node, "10.68.0.0/24"));
    ensure!(router.log().matches("File exists").count() == 1, "{}", router.log());
    router.configure(&config("krt_metric = 1024;"))?;
    let ours = "10.68.0.0/24 via 192.0.2.9 dev eth0 proto bird metric 1024";
    kernel_is(&node, "10.68.0.0/24", &[theirs, ours], &router)?;
    // And ours goes alone.
    router.configure(&config("reject;"))?;
    kernel_is(&node, "10.68.0.0/24", &[theirs], &router)?;
    router.configure(&config(""))?;
    until("the mark", marked)?;
    node.ip(&[&["route", "del"][..], &felix].concat())?;
    kernel_is(&node, "10.68.0.0/24", &["10.68.0.0/24 via 192.0.2.9 dev eth0 proto bird"], &router)?;
    until("the mark to go", || !marked())?;
    Ok(())
}
