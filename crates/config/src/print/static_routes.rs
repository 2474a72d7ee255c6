//! `protocol static`.

use super::{Out, name, quoted};
use crate::model::{StaticConfig, StaticNextHop, StaticRoute, StaticTarget};

impl Out<'_> {
    /// The options before the routes.
    pub(super) fn static_head(&mut self, config: &StaticConfig) {
        self.flag("check link", config.check_link, false);
        for table in config.igp_tables.names() {
            self.option("igp table", name(table));
        }
    }

    pub(super) fn route(&mut self, route: &StaticRoute) {
        let target = self.target(&route.target);
        let commands = route.commands.as_deref().and_then(|c| c.text());
        let commands = commands.map(|text| format!(" {text}")).unwrap_or_default();
        self.option("route", format_args!("{} {target}{commands}", route.net));
    }

    fn target(&self, target: &StaticTarget) -> String {
        match target {
            StaticTarget::NextHops(hops) => {
                let one = |hop: &StaticNextHop| self.next_hop(hop);
                let list = hops.iter().map(one).collect::<Vec<_>>().join(" ");
                let several = hops.len() > 1 || hops.iter().any(|hop| hop.weight != 1);
                if self.is_16() && several { format!("multipath {list}") } else { list }
            }
            StaticTarget::Recursive(address) => format!("recursive {address}"),
            StaticTarget::Blackhole => "blackhole".into(),
            StaticTarget::Unreachable => "unreachable".into(),
            StaticTarget::Prohibit => "prohibit".into(),
        }
    }

    fn next_hop(&self, hop: &StaticNextHop) -> String {
        let via = match (&hop.gateway, &hop.interface) {
            (Some(gateway), None) => format!("via {gateway}"),
            (Some(gateway), Some(interface)) if self.is_16() || can_be_name(interface) => {
                format!("via {gateway}%{}", name(interface))
            }
            (Some(gateway), Some(interface)) => format!("via {gateway} dev {}", quoted(interface)),
            (None, interface) => format!("via {}", quoted(interface.as_deref().unwrap_or_default())),
        };
        let weight = if hop.weight == 1 { String::new() } else { format!(" weight {}", hop.weight) };
        // 1.6 has no such word.
        let onlink = if hop.onlink && !self.is_16() { " onlink" } else { "" };
        format!("{via}{weight}{onlink}")
    }
}

/// Whether quotes make a name of it.
fn can_be_name(interface: &str) -> bool {
    !interface.is_empty() && interface.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c))
}
