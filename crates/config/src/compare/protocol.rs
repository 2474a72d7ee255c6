//! What is of one protocol.

use super::router::debug_flags;
use super::{Comparison, Facts, others, session};
use crate::model::{
    DeviceConfig, DirectConfig, KernelConfig, ProtocolConfig, ProtocolKind, RouterConfig, StaticConfig,
    StaticNextHop, StaticRoa, StaticTarget,
};
use crate::print::patterns;

/// A protocol and the configuration it is in.
pub(super) type Side<'c> = (&'c RouterConfig, &'c ProtocolConfig);

impl Comparison {
    pub(super) fn protocol(&mut self, left: Side<'_>, right: Side<'_>) {
        let (a, b) = (left.1, right.1);
        if a.kind.name() != b.kind.name() {
            self.add("type", Some(a.kind.name().into()), Some(b.kind.name().into()), None);
            return;
        }
        self.facts(common(a), common(b));
        // Why it is down matters only where the other is not.
        if a.stays_down() != b.stays_down() {
            self.add("disabled", Some(disabled(a)), Some(disabled(b)), None);
        }
        match (&a.kind, &b.kind) {
            (ProtocolKind::Device(a), ProtocolKind::Device(b)) => self.facts(device(a), device(b)),
            (ProtocolKind::Direct(a), ProtocolKind::Direct(b)) => self.facts(direct(a), direct(b)),
            (ProtocolKind::Kernel(a), ProtocolKind::Kernel(b)) => self.facts(kernel(a), kernel(b)),
            (ProtocolKind::Static(a), ProtocolKind::Static(b)) => {
                let channels = [a, b].map(|of| of.roa_channel.as_deref().map(std::slice::from_ref));
                let (a, b) = (self.static_facts(a), self.static_facts(b));
                self.facts(a, b);
                let [a, b] = channels.map(Option::unwrap_or_default);
                self.roa_channels((left, a), (right, b));
            }
            (ProtocolKind::Bgp(a), ProtocolKind::Bgp(b)) => {
                self.facts(session::facts(a), session::facts(b));
                self.passwords(a.password.as_ref(), b.password.as_ref());
                self.keys(&a.tcp_ao_keys, &b.tcp_ao_keys);
            }
            (ProtocolKind::Pipe(a), ProtocolKind::Pipe(b)) => self.pipes((left, a), (right, b)),
            (ProtocolKind::Rpki(a), ProtocolKind::Rpki(b)) => {
                self.facts(others::rpki(a), others::rpki(b));
                self.passwords(others::password(a), others::password(b));
                self.roa_channels((left, &a.channels), (right, &b.channels));
            }
            (ProtocolKind::Bfd(a), ProtocolKind::Bfd(b)) => {
                self.facts(others::bfd(a), others::bfd(b));
                let (a, b) = (others::secrets(a), others::secrets(b));
                for (a, b) in (0..a.len().max(b.len())).map(|i| (a.get(i).copied(), b.get(i).copied())) {
                    self.passwords(a, b);
                }
            }
            _ => {}
        }
        self.channels(left, right);
    }

    fn static_facts(&mut self, config: &StaticConfig) -> Facts {
        let StaticConfig { check_link, igp_tables, routes, roa_channel: _, roas } = config;
        let mut facts = Facts::default();
        facts.flag("check link", *check_link);
        facts.maybe("igp table", igp_tables.words());
        let mut by_net: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
        for route in routes {
            let commands = route.commands.as_ref().map(|c| self.filters.lines(c).join(" "));
            let text = match commands {
                // What only accepts does nothing.
                Some(commands) if commands != "accept;" => {
                    format!("{} {{ {commands} }}", target(&route.target))
                }
                _ => target(&route.target),
            };
            by_net.entry(format!("route {}", route.net)).or_default().push(text);
        }
        for StaticRoa { roa, commands } in roas {
            let commands = commands.as_ref().map(|c| format!(" {{ {} }}", self.filters.lines(c).join(" ")));
            let text = format!("max {} as {}{}", roa.max_length, roa.origin, commands.unwrap_or_default());
            by_net.entry(format!("roa {}", roa.net)).or_default().push(text);
        }
        for (net, mut targets) in by_net {
            targets.sort();
            facts.add(net, targets.join("; "));
        }
        facts
    }
}

fn disabled(protocol: &ProtocolConfig) -> String {
    match (&protocol.held, protocol.disabled) {
        (Some(reason), _) => format!("on ({reason})"),
        (None, true) => "on".into(),
        (None, false) => "off".into(),
    }
}

fn common(protocol: &ProtocolConfig) -> Facts {
    let ProtocolConfig { name: _, description, disabled: _, held: _, debug, router_id, kind: _, channels: _ } =
        protocol;
    let mut facts = Facts::default();
    facts.maybe("description", description.as_ref());
    facts.add("debug", debug_flags(*debug));
    facts.maybe("router id", router_id.as_ref());
    facts
}

fn device(config: &DeviceConfig) -> Facts {
    let DeviceConfig { scan_time_secs } = config;
    let mut facts = Facts::default();
    facts.add("scan time", format_args!("{scan_time_secs} s"));
    facts
}

fn direct(config: &DirectConfig) -> Facts {
    let DirectConfig { interfaces, check_link } = config;
    let mut facts = Facts::default();
    facts.add("interface", if interfaces.is_empty() { "\"*\"".to_owned() } else { patterns(interfaces) });
    facts.flag("check link", *check_link);
    facts
}

fn kernel(config: &KernelConfig) -> Facts {
    let KernelConfig {
        persist,
        scan_time_secs,
        learn,
        device_routes,
        table,
        metric,
        graceful_restart,
        merge_paths,
    } = config;
    let mut facts = Facts::default();
    facts.flag("persist", *persist);
    facts.add("scan time", format_args!("{scan_time_secs} s"));
    facts.flag("learn", *learn);
    facts.flag("device routes", *device_routes);
    facts.add("kernel table", table);
    facts.add("metric", metric);
    facts.flag("graceful restart", *graceful_restart);
    facts.add("merge paths", merge_paths.map_or("off".to_owned(), |limit| format!("on limit {limit}")));
    facts
}

fn target(target: &StaticTarget) -> String {
    match target {
        StaticTarget::NextHops(hops) => {
            let mut hops: Vec<String> = hops.iter().map(next_hop).collect();
            hops.sort();
            hops.join(" ")
        }
        StaticTarget::Recursive(address) => format!("recursive {address}"),
        StaticTarget::Blackhole => "blackhole".into(),
        StaticTarget::Unreachable => "unreachable".into(),
        StaticTarget::Prohibit => "prohibit".into(),
    }
}

fn next_hop(hop: &StaticNextHop) -> String {
    let StaticNextHop { gateway, interface, weight, onlink } = hop;
    let gateway = gateway.map(|g| g.to_string());
    let interface = interface.as_ref().map(|i| format!("\"{i}\""));
    let weight = (*weight != 1).then(|| format!("weight {weight}"));
    let onlink = onlink.then(|| "onlink".to_owned());
    let parts: Vec<String> = [gateway, interface, weight, onlink].into_iter().flatten().collect();
    format!("via {}", parts.join(" "))
}
