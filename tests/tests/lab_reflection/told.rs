//! What a neighbor was told of a net, in one form for all programs.

use godwit_lab::{Frr, GoBgp, Router};
use serde_json::Value;

/// The attributes of the only path, or the best one. Empty where there is none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Told {
    pub(crate) path: String,
    pub(crate) hop: String,
    pub(crate) pref: String,
    pub(crate) med: String,
    pub(crate) originator: String,
    pub(crate) clusters: String,
}

/// A speaker that can be asked.
pub(crate) trait Speaker {
    /// What it was told of a net by its best path.
    fn told(&self, net: &str) -> Option<Told>;
    /// What it printed.
    fn said(&self) -> String;
}

impl Speaker for Router {
    fn told(&self, net: &str) -> Option<Told> {
        let shown = self.birdc(&format!("show route all primary {net}"));
        let value = |name: &str| {
            let line = shown.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches(':').trim().to_owned()
        };
        shown.contains("BGP.origin").then(|| Told {
            path: value("BGP.as_path"),
            hop: value("BGP.next_hop"),
            pref: value("BGP.local_pref"),
            med: value("BGP.med"),
            originator: value("BGP.originator_id"),
            clusters: value("BGP.cluster_list"),
        })
    }

    fn said(&self) -> String {
        self.log() + &self.birdc("show route all")
    }
}

fn word(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Array(list)) => list.iter().map(|v| word(Some(v))).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

impl Speaker for Frr {
    fn told(&self, net: &str) -> Option<Told> {
        let shown = self.vtysh(&[&format!("show bgp ipv4 unicast {net} json")]).ok()?;
        let shown: Value = serde_json::from_str(&shown).ok()?;
        let paths = shown.get("paths")?.as_array()?;
        let best = paths.iter().find(|p| p.pointer("/bestpath/overall").is_some()).or(paths.first())?;
        let path = word(best.pointer("/aspath/string"));
        Some(Told {
            path: if path == "Local" { String::new() } else { path },
            hop: word(best.pointer("/nexthops/0/ip")),
            pref: word(best.get("locPrf")),
            med: word(best.get("metric")),
            originator: word(best.get("originatorId")),
            clusters: word(best.pointer("/clusterList/list")),
        })
    }

    fn said(&self) -> String {
        self.log() + &self.vtysh(&["show bgp ipv4 unicast json"]).unwrap_or_default()
    }
}

impl Speaker for GoBgp {
    fn told(&self, net: &str) -> Option<Told> {
        let shown = self.ask(&["-j", "global", "rib", "-a", "ipv4", net]).ok()?;
        let shown: Value = serde_json::from_str(&shown).ok()?;
        let paths = shown.get("paths").or_else(|| shown.pointer(&format!("/{}", net.replace('/', "~1"))))?;
        let attributes = paths.as_array()?.first()?.get("attrs")?.as_array()?;
        let value = |kind: u64, field: &str| {
            let found = attributes.iter().find(|a| a.get("type").and_then(Value::as_u64) == Some(kind));
            word(found.and_then(|a| a.get(field)))
        };
        let path = attributes.iter().find_map(|a| a.get("as_paths")).and_then(Value::as_array);
        let segments = path.map(|p| p.iter().map(|s| word(s.get("asns"))).collect::<Vec<_>>().join(" "));
        Some(Told {
            path: segments.unwrap_or_default(),
            hop: value(3, "nexthop"),
            pref: value(5, "value"),
            med: value(4, "metric"),
            originator: value(9, "value"),
            clusters: value(10, "value"),
        })
    }

    fn said(&self) -> String {
        self.log() + &self.ask(&["-j", "global", "rib", "-a", "ipv4"]).unwrap_or_default()
    }
}
