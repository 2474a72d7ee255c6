//! What is shown straight from the running configuration: `show symbols`, `show static`.

use godwit_api::{ProtocolState, ProtocolStatus};
use godwit_config::{
    Dialect, ProtocolKind, RouterConfig, StaticConfig, StaticNextHop, StaticRoute, StaticTarget,
};
use godwit_filter::SymbolClass;

use crate::Framer;
use crate::command::SymbolSelector;

/// `show symbols`, whole.
pub fn symbols(out: &mut Framer, config: &RouterConfig, which: &SymbolSelector) {
    let mut list: Vec<(&str, &str)> = Vec::new();
    list.extend(config.tables.iter().map(|t| (t.name.as_str(), "routing table")));
    list.extend(config.protocols.iter().map(|p| (p.name.as_str(), "protocol")));
    let symbols = config.program.symbols();
    for (name, class) in &symbols {
        if list.iter().all(|(known, _)| known != name) {
            list.push((name, class_name(*class)));
        }
    }
    let class = match which {
        SymbolSelector::All => None,
        SymbolSelector::Tables => Some("routing table"),
        SymbolSelector::Filters => Some("filter"),
        SymbolSelector::Functions => Some("function"),
        SymbolSelector::Protocols => Some("protocol"),
        SymbolSelector::Templates => Some("protocol template"),
        SymbolSelector::Name(name) => {
            let class = list.iter().find(|(n, _)| n == name).map_or("undefined", |s| s.1);
            out.end(1010, &format!("{name:<8}\t{class}"));
            return;
        }
    };
    for (name, _) in list.iter().filter(|s| class.is_none_or(|c| c == s.1)) {
        let class = list.iter().find(|(n, _)| n == name).map_or("undefined", |s| s.1);
        out.line(1010, &format!("{name:<8}\t{class}"));
    }
    out.end(0, "");
}

fn class_name(class: SymbolClass) -> &'static str {
    match class {
        SymbolClass::Constant => "constant",
        SymbolClass::Function => "function",
        SymbolClass::Filter => "filter",
        SymbolClass::Attribute => "custom attribute",
        SymbolClass::Protocol => "protocol",
        SymbolClass::Template => "protocol template",
        SymbolClass::Table => "routing table",
    }
}

/// `show static`, whole; `name` selects one protocol.
///
/// A protocol that does not run is shown only where it is named.
pub fn static_routes(
    out: &mut Framer,
    config: &RouterConfig,
    statuses: &[ProtocolStatus],
    name: Option<&str>,
) {
    let mut any = false;
    for p in config.protocols.iter().filter(|p| name.is_none_or(|n| n == p.name)) {
        let ProtocolKind::Static(s) = &p.kind else { continue };
        let status = statuses.iter().find(|s| s.name == p.name);
        if name.is_none() && status.is_none_or(|s| s.state == ProtocolState::Down) {
            continue;
        }
        if any {
            out.line(1009, "");
        }
        any = true;
        let running = status.filter(|s| s.state != ProtocolState::Down);
        let dormant = Dormant(running.map(|s| s.dormant_next_hops.as_slice()));
        one(out, s, &dormant, config.dialect);
    }
    out.end(0, "");
}

/// The next hops that cannot be used now; `None` if the protocol does not run, and none can.
struct Dormant<'a>(Option<&'a [StaticNextHop]>);

impl Dormant<'_> {
    fn mark(&self, hop: &StaticNextHop) -> &'static str {
        if self.0.is_none_or(|hops| hops.contains(hop)) { " (dormant)" } else { "" }
    }

    /// For what has no next hop.
    fn mark_without_hop(&self) -> &'static str {
        if self.0.is_none() { " (dormant)" } else { "" }
    }
}

fn one(out: &mut Framer, s: &StaticConfig, dormant: &Dormant<'_>, dialect: Dialect) {
    match dialect {
        Dialect::Bird2 => s.routes.iter().for_each(|r| route2(out, r, dormant)),
        Dialect::Bird16 => {
            // 1.6 lists routes to interfaces after all others.
            let (others, devices): (Vec<_>, Vec<_>) = s.routes.iter().partition(|r| !is_device(r));
            others.into_iter().chain(devices).for_each(|r| route1(out, r, dormant));
        }
    }
}

fn is_device(r: &StaticRoute) -> bool {
    matches!(&r.target, StaticTarget::NextHops(h) if matches!(h.as_slice(), [one] if one.gateway.is_none()))
}

fn route2(out: &mut Framer, r: &StaticRoute, dormant: &Dormant<'_>) {
    let what = match &r.target {
        StaticTarget::NextHops(hops) => {
            out.line(1009, &r.net.to_string());
            for h in hops {
                let interface = h.interface.as_deref().unwrap_or("");
                let onlink = if h.onlink { " onlink" } else { "" };
                let asleep = dormant.mark(h);
                out.line(
                    1009,
                    &match h.gateway {
                        Some(ip) if interface.is_empty() => format!("\tvia {ip}{onlink}{asleep}"),
                        Some(ip) => format!("\tvia {ip}%{interface}{onlink}{asleep}"),
                        None => format!("\tdev {interface}{onlink}{asleep}"),
                    },
                );
            }
            return;
        }
        StaticTarget::Recursive(ip) => format!("recursive {ip}"),
        StaticTarget::Blackhole => "blackhole".into(),
        StaticTarget::Unreachable => "unreachable".into(),
        StaticTarget::Prohibit => "prohibited".into(),
    };
    out.line(1009, &format!("{}\t{what}", r.net));
}

fn route1(out: &mut Framer, r: &StaticRoute, dormant: &Dormant<'_>) {
    let what = match &r.target {
        StaticTarget::NextHops(hops) => match hops.as_slice() {
            [one] => match (one.gateway, one.interface.as_deref()) {
                (Some(ip), None) => format!("via {ip}"),
                (Some(ip), Some(i)) => format!("via {ip}%{i}"),
                (None, i) => format!("dev {}", i.unwrap_or("")),
            },
            several => {
                out.line(1009, &format!("{} multipath", r.net));
                for h in several {
                    let ip = h.gateway.map_or(String::new(), |g| g.to_string());
                    let asleep = dormant.mark(h);
                    out.line(1009, &format!("\tvia {ip} weight {}{asleep}", h.weight));
                }
                return;
            }
        },
        StaticTarget::Recursive(ip) => format!("recursive {ip}"),
        StaticTarget::Blackhole => "blackhole".into(),
        StaticTarget::Unreachable => "unreachable".into(),
        StaticTarget::Prohibit => "prohibited".into(),
    };
    let asleep = match &r.target {
        StaticTarget::NextHops(hops) => hops.first().map_or("", |hop| dormant.mark(hop)),
        _ => dormant.mark_without_hop(),
    };
    out.line(1009, &format!("{} {what}{asleep}", r.net));
}
