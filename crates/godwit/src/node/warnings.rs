//! What is around a node that it cannot honour, or that will be in its way.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use caps::{CapSet, Capability};
use godwit_config::{ProtocolConfig, ProtocolKind, RouterConfig};
use socket2::{Domain, Protocol, Socket, Type};

use super::NodeOptions;

/// Where confd has its templates, and the files that say which of them it renders.
const TEMPLATES: [&str; 2] = ["/etc/calico/confd/templates", "/etc/calico/confd/conf.d"];
const BACKEND: &str = "CALICO_NETWORKING_BACKEND";

/// Everything there is to say before anything is read.
pub(super) fn at_start(options: &NodeOptions) -> Vec<String> {
    let mut all = options.settings.notes.clone();
    all.extend(backend(std::env::var(BACKEND).ok().as_deref()));
    // Without /proc there is nothing to be found out.
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    all.extend(templates(&mounts));
    let lacks = |capability| matches!(caps::has_cap(None, CapSet::Effective, capability), Ok(false));
    if lacks(Capability::CAP_NET_ADMIN) {
        all.push(
            "CAP_NET_ADMIN is missing: no route will get into the kernel; add NET_ADMIN to the container's \
             securityContext.capabilities, or make it privileged"
                .into(),
        );
    }
    all
}

/// `none` says that Calico runs no BGP; whoever starts us means to run it all the same.
fn backend(value: Option<&str>) -> Option<String> {
    (value == Some("none")).then(|| {
        format!(
            "{BACKEND}=none: BGP runs here all the same, but with this the start-up of calico-node writes no \
             addresses of nodes, and without those there are no sessions; calico-node wants {BACKEND}=vxlan \
             where something else speaks BGP"
        )
    })
}

/// Templates that somebody mounted over Calico's.
fn templates(mountinfo: &str) -> Option<String> {
    let points = mountinfo.lines().filter_map(|line| line.split(' ').nth(4)).map(unescaped);
    let mounted = |point: &PathBuf| TEMPLATES.iter().any(|templates| point.starts_with(templates));
    let mut found: Vec<String> = points.filter(mounted).map(|point| point.display().to_string()).collect();
    found.dedup();
    (!found.is_empty()).then(|| {
        format!(
            "{}: templates of confd were changed here; they are not read, and what they add is not there: say it \
             with --extra FILE",
            found.join(", ")
        )
    })
}

/// A path as mountinfo has it: blanks and backslashes as octal digits.
fn unescaped(text: &str) -> PathBuf {
    let plain =
        text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
    PathBuf::from(plain)
}

/// Ports on which neighbors are to find us and that cannot be had. Asked before our own listeners are there.
pub(super) fn ports(config: &RouterConfig) -> Vec<String> {
    let address = |protocol: &Arc<ProtocolConfig>| match &protocol.kind {
        ProtocolKind::Bgp(bgp) => Some(bgp.listen_address(config.listen.as_ref())),
        _ => None,
    };
    let addresses: BTreeSet<SocketAddr> = config.protocols.iter().filter_map(address).collect();
    addresses.into_iter().filter_map(|at| port(at, listen(at).err()?.kind())).collect()
}

/// Listens as sessions do: on an IPv6 address for IPv6 alone, or the IPv4 socket of the other router would be in
/// its way.
fn listen(at: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    if at.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&at.into())?;
    socket.listen(1)?;
    Ok(socket)
}

fn port(at: SocketAddr, why: ErrorKind) -> Option<String> {
    match why {
        ErrorKind::AddrInUse => Some(format!(
            "{at} is taken: is the BIRD of calico-node still there? Set {BACKEND}=vxlan in calico-node; it is tried \
             again until it is free"
        )),
        ErrorKind::PermissionDenied => Some(format!(
            "{at} may not be listened on: add NET_BIND_SERVICE to the container's securityContext.capabilities; \
             until then only sessions that we open come up"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use super::*;

    #[test]
    fn mounted_templates_are_found_and_no_others() {
        let line = |point: &str| format!("36 35 98:0 /x {point} rw,noatime shared:1 - ext4 /dev/sda1 rw\n");
        assert_eq!(templates(&line("/etc/calico/confd/config")), None);
        assert_eq!(templates(&(line("/") + &line("/etc/calico"))), None);
        let one = templates(&line("/etc/calico/confd/templates/bird.cfg.template")).expect("a file");
        assert!(one.starts_with("/etc/calico/confd/templates/bird.cfg.template: "), "{one}");
        let all = line("/etc/calico/confd/templates") + &line("/etc/calico/confd/conf.d/a\\040b");
        let two = templates(&all).expect("both");
        assert!(two.starts_with("/etc/calico/confd/templates, /etc/calico/confd/conf.d/a b: "), "{two}");
    }

    #[test]
    fn only_the_backend_none_is_worth_a_word() {
        assert!(backend(Some("none")).is_some_and(|text| text.contains("vxlan")));
        assert!([None, Some("bird"), Some("vxlan")].iter().all(|value| backend(*value).is_none()));
    }

    #[test]
    fn a_port_that_is_taken_is_said() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let at = taken.local_addr().expect("its address");
        let why = listen(at).expect_err("it is taken").kind();
        assert!(
            port(at, why).is_some_and(|text| text.starts_with(&at.to_string()) && text.contains("vxlan"))
        );
    }
    #[test]
    fn the_ipv4_port_does_not_take_the_ipv6_one() {
        let ours = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port");
        let port = ours.local_addr().expect("its address").port();
        assert!(TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).is_err(), "one for both families");
        assert!(listen((Ipv6Addr::UNSPECIFIED, port).into()).is_ok());
    }
}
