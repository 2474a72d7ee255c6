//! What a configuration asks for and the router does not do yet.

use std::collections::BTreeSet;

use godwit_config::{BgpConfig, ChannelConfig, Policy, ProtocolConfig, ProtocolKind, RouterConfig};

/// A line for each option that is set and changes nothing: `NAME: `OPTION` has no effect yet`, with
/// what follows from that where it is not plain.
pub fn options_without_effect(config: &RouterConfig) -> Vec<String> {
    config.protocols.iter().flat_map(|p| of_protocol(p)).collect()
}

/// A line for each protocol that a router cannot do without and godwit does not run yet: with others in its place there
/// would be other routes than the configuration asks for.
pub fn cannot_run(config: &RouterConfig) -> Vec<String> {
    let needed = config.protocols.iter().filter(|p| !p.disabled);
    let lines = needed.filter_map(|p| match p.kind {
        ProtocolKind::Pipe(_) => Some(format!("{}: protocol pipe is not supported yet", p.name)),
        ProtocolKind::Rpki(_) => Some(format!("{}: protocol rpki is not supported yet", p.name)),
        _ => None,
    });
    lines.collect()
}

fn of_protocol(protocol: &ProtocolConfig) -> Vec<String> {
    let own = match &protocol.kind {
        ProtocolKind::Bgp(bgp) => of_session(bgp),
        ProtocolKind::Static(of) if of.roa_channel.is_some() => vec!["route: there are no tables of ROAs"],
        // A router does not run with them unless they are disabled ([`cannot_run`]).
        ProtocolKind::Pipe(_) | ProtocolKind::Rpki(_) => Vec::new(),
        ProtocolKind::Bfd(_) => vec!["protocol bfd: there are no sessions"],
        ProtocolKind::Static(_)
        | ProtocolKind::Device(_)
        | ProtocolKind::Direct(_)
        | ProtocolKind::Kernel(_) => Vec::new(),
    };
    let own: Vec<&str> = own;
    let is_session = matches!(protocol.kind, ProtocolKind::Bgp(_));
    let limits = protocol.channels.iter().filter(|c| !is_session && c.import_limit.is_some());
    let channels = protocol.channels.iter().flat_map(of_channel).chain(limits.map(|_| "import limit"));
    let plain = own.into_iter().chain(channels).map(|what| line(&protocol.name, what));
    plain.chain(of_filters(protocol)).collect()
}

/// Kernel attributes that are set and do not go into the kernel.
fn of_filters(protocol: &ProtocolConfig) -> Vec<String> {
    // `krt_source` is what learned routes have: ours are BIRD's.
    const NOT_INSTALLED: [&str; 2] = ["krt_congctl", "krt_source"];
    let policies = protocol.channels.iter().flat_map(|c| [&c.import, &c.export]);
    let filters = policies.filter_map(|policy| match policy {
        Policy::Filter(filter) => Some(filter),
        Policy::All | Policy::None => None,
    });
    let of_routes = match &protocol.kind {
        ProtocolKind::Static(fixed) => fixed.routes.iter().filter_map(|r| r.commands.as_ref()).collect(),
        _ => Vec::new(),
    };
    let names: BTreeSet<&str> = filters
        .chain(of_routes)
        .flat_map(|filter| filter.sets())
        .filter(|name| NOT_INSTALLED.contains(name))
        .collect();
    let text = |name| line(&protocol.name, &format!("{name}: routes go into the kernel without it"));
    names.into_iter().map(text).collect()
}

/// `what` is an option, and what follows after a colon.
fn line(protocol: &str, what: &str) -> String {
    match what.split_once(": ") {
        Some((option, so)) => format!("{protocol}: `{option}` has no effect yet: {so}"),
        None => format!("{protocol}: `{what}` has no effect yet"),
    }
}

/// Whether an option is set that changes nothing, and which: the line goes when the daemon follows it.
type Ignored<T> = (fn(&T) -> bool, &'static str);

const OF_SESSIONS: &[Ignored<BgpConfig>] = &[(|c| c.bfd.is_some(), "bfd")];

const OF_CHANNELS: &[Ignored<ChannelConfig>] = &[(|c| c.bgp.validate, "validate")];

/// Why no session is made, if it asks for what it cannot do without and does not get.
pub(crate) fn reason_for_no_session(bgp: &BgpConfig) -> Option<String> {
    let lacks = !bgp.tcp_ao_keys.is_empty() && !kernel_has_tcp_ao();
    lacks.then(|| "TCP-AO: this kernel has none: it needs Linux 6.7 or newer with CONFIG_TCP_AO".into())
}

/// As it says itself; a socket that cannot be made tells nothing.
fn kernel_has_tcp_ao() -> bool {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    socket.is_ok_and(|socket| godwit_sockopt::has_tcp_ao(&socket))
}

fn of_session(bgp: &BgpConfig) -> Vec<&'static str> {
    set(OF_SESSIONS, bgp)
}

fn of_channel(channel: &ChannelConfig) -> Vec<&'static str> {
    set(OF_CHANNELS, channel)
}

fn set<T>(list: &[Ignored<T>], of: &T) -> Vec<&'static str> {
    list.iter().filter(|(is_set, _)| is_set(of)).map(|(_, what)| *what).collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use godwit_config::{Dialect, Neighbor, NeighborAs, Password, TcpAoAlgorithm, TcpAoKey, TcpAoPreference};

    use super::*;

    fn key() -> TcpAoKey {
        TcpAoKey {
            send_id: 1,
            recv_id: 1,
            algorithm: TcpAoAlgorithm::default(),
            secret: Password::new("secret"),
            preference: TcpAoPreference::default(),
        }
    }

    #[test]
    fn what_is_set_is_named() {
        let neighbor = Neighbor::Address { address: Ipv4Addr::new(192, 0, 2, 2).into(), interface: None };
        let mut bgp = BgpConfig::new(64512, neighbor, NeighborAs::Number(64513));
        let mut config = RouterConfig::new(Dialect::Bird2, false);
        config
            .protocols
            .push(Arc::new(ProtocolConfig::new("peer", ProtocolKind::Bgp(Box::new(bgp.clone())))));
        assert_eq!(options_without_effect(&config), Vec::<String>::new());
        bgp.tcp_ao_keys = vec![key()];
        bgp.bfd = Some(godwit_config::BfdOptions::default());
        config.protocols = vec![Arc::new(ProtocolConfig::new("peer", ProtocolKind::Bgp(Box::new(bgp))))];
        assert_eq!(options_without_effect(&config), ["peer: `bfd` has no effect yet"]);
    }

    #[test]
    fn without_tcp_ao_in_the_kernel_there_is_no_session_with_its_keys() {
        let neighbor = Neighbor::Address { address: Ipv4Addr::new(192, 0, 2, 2).into(), interface: None };
        let mut bgp = BgpConfig::new(64512, neighbor, NeighborAs::Number(64513));
        assert_eq!(reason_for_no_session(&bgp), None);
        bgp.tcp_ao_keys = vec![key()];
        let reason = reason_for_no_session(&bgp).unwrap_or_default();
        assert_eq!(reason.is_empty(), kernel_has_tcp_ao());
        assert!(reason.is_empty() || reason.starts_with("TCP-AO: this kernel has none"), "{reason}");
    }

    #[test]
    fn what_filters_set_in_vain_is_named() {
        let text = "
            protocol device { }
            function source() { krt_source = 7; krt_mtu = 1400; return true; }
            filter out { krt_metric = 5; if source() then accept; reject; }
            protocol kernel k { ipv4 { export filter out; }; }
            protocol static s { ipv4 { import limit 5; }; route 10.0.0.0/24 blackhole { krt_congctl = \"reno\"; }; }";
        let options = godwit_config::LoadOptions::default();
        let loaded = godwit_config::load("test.conf", text, &options, &mut |_, _| Err("no files".into()));
        let lines = options_without_effect(&loaded.config.expect("a good file"));
        let expected = [
            "k: `krt_source` has no effect yet: routes go into the kernel without it",
            "s: `import limit` has no effect yet",
            "s: `krt_congctl` has no effect yet: routes go into the kernel without it",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_makes_other_routes_is_refused_and_not_left_out() {
        let text = "protocol device { } ipv4 table t; roa4 table r;
            protocol pipe p { table master4; peer table t; }
            protocol pipe q { disabled; table master4; peer table t; }
            protocol rpki r1 { roa4 { table r; }; remote 192.0.2.9; }";
        let options = godwit_config::LoadOptions::default();
        let loaded = godwit_config::load("test.conf", text, &options, &mut |_, _| Err("no files".into()));
        let lines = cannot_run(&loaded.config.expect("a good file"));
        assert_eq!(
            lines,
            ["p: protocol pipe is not supported yet", "r1: protocol rpki is not supported yet"]
        );
    }
}
