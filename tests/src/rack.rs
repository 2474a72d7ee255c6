//! What a rack is wired of: bridges, machines on them, and pods in the machines.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::{Namespace, run, text};
use anyhow::{Context as _, Result, ensure};

/// The address of a node's end of each pod's cable, as Felix gives it.
const POD_GATEWAY: &str = "fe80::ecee:eeff:feee:eeee";

/// Runs many commands of `ip` in a namespace.
///
/// # Errors
/// One is refused.
pub fn ip_batch(namespace: &Namespace, lines: &str) -> Result<()> {
    let mut ip = Command::new("ip");
    ip.args(["-n", namespace.name(), "-batch", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = ip.spawn().context("cannot start ip")?;
    child.stdin.take().context("its input")?.write_all(lines.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "ip -batch: {}\n{lines}", text(&output.stderr));
    Ok(())
}

/// A namespace that forwards, whoever the source of a packet is, and whose addresses can be used at once.
///
/// # Errors
/// As [`Namespace::new`], and of `sysctl`.
pub fn forwarder(label: &str) -> Result<Namespace> {
    let namespace = Namespace::new(label)?;
    let settings = [
        "net.ipv4.ip_forward=1",
        "net.ipv6.conf.all.forwarding=1",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.default.rp_filter=0",
        "net.ipv6.conf.default.accept_dad=0",
        "net.ipv6.conf.all.accept_ra=0",
        "net.ipv6.conf.default.accept_ra=0",
    ];
    namespace.run("sysctl", &[&["-q", "-w"][..], &settings].concat())?;
    Ok(namespace)
}

/// A bridge that machines are plugged into.
#[derive(Debug)]
pub struct Rack {
    namespace: Namespace,
    ports: std::cell::Cell<u32>,
}

impl Rack {
    /// Makes one, in a namespace of its own.
    ///
    /// # Errors
    /// As [`Namespace::new`].
    pub fn new(label: &str) -> Result<Self> {
        let namespace = Namespace::new(label)?;
        ip_batch(&namespace, "link add br0 type bridge mcast_snooping 0\nlink set br0 up\n")?;
        Ok(Self { namespace, ports: std::cell::Cell::new(0) })
    }

    /// Plugs an interface of a machine in and gives it addresses (with prefix length). Gives the port.
    ///
    /// # Errors
    /// As [`run`].
    pub fn plug(&self, machine: &Namespace, device: &str, addresses: &[&str]) -> Result<String> {
        let port = format!("port{}", self.ports.replace(self.ports.get() + 1));
        let ends = ["link", "add", device, "netns", machine.name(), "type", "veth", "peer", "name", &port];
        run("ip", &[&ends[..], &["netns", self.namespace.name()]].concat())?;
        ip_batch(&self.namespace, &format!("link set {port} master br0\nlink set {port} up\n"))?;
        let mut lines = format!("link set {device} up\n");
        for address in addresses {
            let nodad = if address.contains(':') { " nodad" } else { "" };
            writeln!(lines, "addr add {address} dev {device}{nodad}")?;
        }
        ip_batch(machine, &lines)?;
        Ok(port)
    }

    /// Pulls a plug, or puts it back: the machines on the others see nothing of it.
    ///
    /// # Errors
    /// As [`run`].
    pub fn port(&self, port: &str, up: bool) -> Result<()> {
        let state = if up { "up" } else { "down" };
        self.namespace.ip(&["link", "set", port, state]).map(|_| ())
    }
}

/// A pod: a namespace with one interface, whose other end is a `cali…` of its node.
#[derive(Debug)]
pub struct Pod {
    /// Where it lives.
    pub namespace: Namespace,
    /// Its IPv4 address.
    pub ipv4: String,
    /// Its IPv6 address.
    pub ipv6: String,
}

impl Pod {
    /// As Calico's CNI plugin wires it and Felix routes to it.
    ///
    /// # Errors
    /// As [`run`].
    pub fn new(machine: &Namespace, interface: &str, ipv4: &str, ipv6: &str) -> Result<Self> {
        let namespace = Namespace::new("pod")?;
        let ends = ["link", "add", interface, "address", "ee:ee:ee:ee:ee:ee", "netns", machine.name()];
        let peer = ["type", "veth", "peer", "name", "eth0", "netns", namespace.name()];
        run("ip", &[ends, peer].concat())?;
        machine.run("sysctl", &["-q", "-w", &format!("net.ipv4.conf.{interface}.proxy_arp=1")])?;
        // Without the delay that proxied answers have otherwise.
        machine.run("sysctl", &["-q", "-w", &format!("net.ipv4.neigh.{interface}.proxy_delay=0")])?;
        // The kernel makes up no link-local address, so that ours is the only one, and there at once.
        ip_batch(
            machine,
            &format!(
                "link set {interface} addrgenmode none\nlink set {interface} up\n\
                 addr add {POD_GATEWAY}/64 dev {interface} nodad\n\
                 route add {ipv4}/32 dev {interface} scope link metric 1024\n\
                 route add {ipv6}/128 dev {interface} metric 1024\n"
            ),
        )?;
        ip_batch(
            &namespace,
            &format!(
                "link set eth0 up\naddr add {ipv4}/32 dev eth0\naddr add {ipv6}/128 dev eth0 nodad\n\
                 route add 169.254.1.1 dev eth0 scope link\nroute add default via 169.254.1.1 dev eth0\n\
                 route add default via {POD_GATEWAY} dev eth0\n"
            ),
        )?;
        Ok(Self { namespace, ipv4: ipv4.to_owned(), ipv6: ipv6.to_owned() })
    }

    /// One ping, answered within a second.
    pub fn pings(&self, address: &str) -> bool {
        self.namespace.run("ping", &["-n", "-c", "1", "-W", "1", address]).is_ok()
    }
}
