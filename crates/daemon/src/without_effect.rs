//! What a configuration asks for and the router does not do yet.

use godwit_config::{
    BgpConfig, ChannelConfig, GracefulRestartMode, Neighbor, ProtocolConfig, ProtocolKind, RouterConfig,
};

/// A line for each option that is set and changes nothing: `NAME: `OPTION` has no effect yet`, with
/// what follows from that where it is not plain.
pub fn options_without_effect(config: &RouterConfig) -> Vec<String> {
    config.protocols.iter().flat_map(of_protocol).collect()
}

fn of_protocol(protocol: &ProtocolConfig) -> Vec<String> {
    let own = match &protocol.kind {
        ProtocolKind::Bgp(bgp) => of_session(bgp),
        ProtocolKind::Kernel(kernel) => {
            let merge = "merge paths: one path is installed";
            kernel.merge_paths.map(|_| merge).into_iter().collect()
        }
        ProtocolKind::Static(fixed) => fixed
            .igp_table
            .as_ref()
            .map(|_| "igp table: next hops are looked up in the channel's table")
            .into_iter()
            .collect(),
        ProtocolKind::Device(_) | ProtocolKind::Direct(_) => Vec::new(),
    };
    let own: Vec<&str> = own;
    let channels = protocol.channels.iter().flat_map(of_channel);
    own.into_iter().chain(channels).map(|what| line(&protocol.name, what)).collect()
}

/// `what` is an option, and what follows after a colon.
fn line(protocol: &str, what: &str) -> String {
    match what.split_once(": ") {
        Some((option, so)) => format!("{protocol}: `{option}` has no effect yet: {so}"),
        None => format!("{protocol}: `{what}` has no effect yet"),
    }
}

fn of_session(bgp: &BgpConfig) -> Vec<&'static str> {
    let asked = [
        (bgp.password.is_some(), "password: a neighbor that uses TCP MD5 will not be reached"),
        (bgp.ttl_security, "ttl security: packets of any TTL are taken"),
        (bgp.deterministic_med, "deterministic med"),
        (bgp.graceful_restart == GracefulRestartMode::On, "graceful restart"),
        (matches!(bgp.neighbor, Neighbor::Range(_)), "neighbor range: no session is made"),
    ];
    asked.iter().filter(|(set, _)| *set).map(|(_, what)| *what).collect()
}

fn of_channel(channel: &ChannelConfig) -> Vec<&'static str> {
    let (receive, send) = channel.bgp.add_paths;
    let asked = [
        (channel.keep_filtered, "import keep filtered"),
        (channel.receive_limit.is_some(), "receive limit"),
        (channel.export_limit.is_some(), "export limit"),
        (channel.bgp.secondary, "secondary"),
        (channel.bgp.igp_table.is_some(), "igp table: next hops are looked up in the channel's table"),
        (channel.bgp.graceful_restart == Some(true), "graceful restart"),
        (receive || send, "add paths: one path is sent and taken"),
    ];
    asked.iter().filter(|(set, _)| *set).map(|(_, what)| *what).collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use godwit_config::{Dialect, NeighborAs};

    use super::*;

    #[test]
    fn what_is_set_is_named() {
        let neighbor = Neighbor::Address { address: Ipv4Addr::new(192, 0, 2, 2).into(), interface: None };
        let mut bgp = BgpConfig::new(64512, neighbor, NeighborAs::Number(64513));
        let mut config = RouterConfig::new(Dialect::Bird2, false);
        config.protocols.push(ProtocolConfig::new("peer", ProtocolKind::Bgp(Box::new(bgp.clone()))));
        assert_eq!(options_without_effect(&config), Vec::<String>::new());
        bgp.ttl_security = true;
        config.protocols = vec![ProtocolConfig::new("peer", ProtocolKind::Bgp(Box::new(bgp)))];
        let expected = "peer: `ttl security` has no effect yet: packets of any TTL are taken";
        assert_eq!(options_without_effect(&config), [expected]);
    }
}
