//! The import and export filters of peers, and the functions of BGPFilters they call (§4.1).

use sha2::{Digest as _, Sha256};

use super::frame::{Family, Frame};
use super::policy::{PRIORITY_MAX, line};
use crate::resource::{
    BgpFilter, Community, FilterAction, FilterOperation, FilterRule, MatchOperator, PeerType, PrefixMatch,
};

/// Which way routes go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Direction {
    Import,
    Export,
}

/// A BGPFilter that a peer names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Named {
    /// It is there and has rules.
    Rules { name: Box<str>, by_peer_type: bool },
    /// It is there and cannot be read: nothing passes.
    Broken,
}

/// What decides a peer's filters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct PeerPolicy {
    pub(crate) direction: Direction,
    pub(crate) internal: bool,
    pub(crate) filters: Vec<Named>,
}

/// A filter's rules for a family and direction.
pub(crate) fn rules(filter: &BgpFilter, family: Family, direction: Direction) -> &[FilterRule] {
    match (family, direction) {
        (Family::V4, Direction::Import) => &filter.import_v4,
        (Family::V4, Direction::Export) => &filter.export_v4,
        (Family::V6, Direction::Import) => &filter.import_v6,
        (Family::V6, Direction::Export) => &filter.export_v6,
    }
}

/// Whether rules look at the kind of session, so that their function must be told.
pub(crate) fn by_peer_type(rules: &[FilterRule]) -> bool {
    rules.iter().any(|rule| rule.peer_type.is_some())
}

/// The name of the function of a BGPFilter (§4.1).
fn function(name: &str, family: Family, direction: Direction) -> String {
    const LENGTH_MAX: usize = 45;
    const KEPT: usize = 28;
    let shown = if name.chars().count() > LENGTH_MAX {
        let start: String = name.chars().take(KEPT).collect();
        let digest = Sha256::digest(name.as_bytes());
        let hash = data_encoding::HEXUPPER.encode(digest.get(..8).unwrap_or_default());
        format!("{start}_{hash}")
    } else {
        // What a name of a Kubernetes object cannot have would end the quotes.
        name.chars().filter(|c| !c.is_control() && !matches!(c, '\'' | '"')).collect()
    };
    let direction = match direction {
        Direction::Import => "import",
        Direction::Export => "export",
    };
    format!("'bgp_{shown}_{direction}FilterV{}'", family.digit())
}

/// The definition of a BGPFilter's function.
pub(crate) fn definition(name: &str, rules: &[FilterRule], family: Family, direction: Direction) -> String {
    let mut out = String::new();
    let argument = if by_peer_type(rules) { "bool internal_peer" } else { "" };
    line(&mut out, &format!("function {}({argument})", function(name, family, direction)));
    line(&mut out, "{");
    rules.iter().for_each(|rule| line(&mut out, &format!("  {}", rule_text(rule, family))));
    line(&mut out, "}");
    out
}

fn rule_text(rule: &FilterRule, family: Family) -> String {
    let conditions = conditions(rule, family);
    let mut commands: Vec<String> = rule.operations.iter().flat_map(operation).collect();
    commands.push(match rule.action {
        FilterAction::Accept => "accept;".into(),
        FilterAction::Reject => "reject;".into(),
    });
    let commands = commands.join(" ");
    if conditions.is_empty() {
        commands
    } else {
        format!("if ({}) then {{ {commands} }}", conditions.join(" && "))
    }
}

fn conditions(rule: &FilterRule, family: Family) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(rule.prefix.map(|prefix| prefix_condition(prefix, family)));
    if rule.from_remote_peers {
        all.push("(defined(source) && (source = RTS_BGP))".into());
    }
    all.extend(rule.interface.as_ref().map(|name| format!("(defined(ifname) && (ifname ~ \"{name}\"))")));
    all.extend(rule.peer_type.map(|of| match of {
        PeerType::Internal => "(internal_peer)".to_owned(),
        PeerType::External => "(!internal_peer)".to_owned(),
    }));
    all.extend(rule.community.map(|value| match value {
        Community::Standard(a, b) => format!("(({a}, {b}) ~ bgp_community)"),
        Community::Large(a, b, c) => format!("(({a}, {b}, {c}) ~ bgp_large_community)"),
    }));
    if !rule.as_path_prefix.is_empty() {
        let path: Vec<String> = rule.as_path_prefix.iter().map(ToString::to_string).collect();
        all.push(format!("(bgp_path ~ [= {} * =])", path.join(" ")));
    }
    all.extend(rule.priority.map(|priority| {
        format!("(defined(bgp_local_pref) && (bgp_local_pref = {}))", PRIORITY_MAX.saturating_sub(priority))
    }));
    all
}

/// A pattern of lengths makes a set of the prefix, for which "equal" means "in": Calico writes a file then
/// that BIRD refuses.
fn prefix_condition(of: PrefixMatch, family: Family) -> String {
    let positive = matches!(of.operator, MatchOperator::Equal | MatchOperator::In);
    if of.min_length.is_none() && of.max_length.is_none() {
        let operator = match of.operator {
            MatchOperator::Equal => "=",
            MatchOperator::NotEqual => "!=",
            MatchOperator::In => "~",
            MatchOperator::NotIn => "!~",
        };
        return format!("(net {operator} {})", of.cidr);
    }
    let min = of.min_length.unwrap_or(0).max(of.cidr.prefix());
    let max = of.max_length.unwrap_or(u8::MAX).min(family.bits());
    let operator = if positive { "~" } else { "!~" };
    if min > max {
        // No prefix has such a length.
        return if positive { "(false)".into() } else { "(true)".into() };
    }
    format!("(net {operator} [ {}{{{min},{max}}} ])", of.cidr)
}

fn operation(of: &FilterOperation) -> Vec<String> {
    match of {
        FilterOperation::AddCommunity(Community::Standard(a, b)) => {
            vec![format!("bgp_community.add(({a}, {b}));")]
        }
        FilterOperation::AddCommunity(Community::Large(a, b, c)) => {
            vec![format!("bgp_large_community.add(({a}, {b}, {c}));")]
        }
        // Each goes before those that are there.
        FilterOperation::PrependAsPath(path) => {
            path.iter().rev().map(|n| format!("bgp_path.prepend({n});")).collect()
        }
        FilterOperation::SetPriority(priority) => {
            vec![format!("bgp_local_pref = {};", PRIORITY_MAX.saturating_sub(*priority))]
        }
    }
}

impl PeerPolicy {
    /// The body of the filter; `None`: every route.
    pub(crate) fn text(&self, frame: &Frame, family: Family) -> Option<String> {
        if self.filters.contains(&Named::Broken) {
            return Some("{ reject; }\n".into());
        }
        let mut out = String::new();
        line(&mut out, "{");
        match self.direction {
            Direction::Import => {
                if self.filters.is_empty() && !frame.has_priorities() {
                    return None;
                }
                self.calls(&mut out, family);
                if frame.has_priorities() {
                    let normal = PRIORITY_MAX.saturating_sub(frame.priority(family));
                    line(
                        &mut out,
                        &format!("  if (defined(bgp_local_pref) && (bgp_local_pref > {normal})) then"),
                    );
                    line(&mut out, "    preference = 200;");
                }
                line(&mut out, "  accept;");
            }
            Direction::Export => {
                if frame.has_priorities() {
                    prologue(&mut out, frame.priority(family));
                }
                self.calls(&mut out, family);
                line(&mut out, &format!("  calico_export_to_bgp_peers({});", self.internal));
                line(&mut out, "  reject;");
            }
        }
        line(&mut out, "}");
        Some(out)
    }

    fn calls(&self, out: &mut String, family: Family) {
        for named in &self.filters {
            if let Named::Rules { name, by_peer_type } = named {
                let argument = if *by_peer_type { self.internal.to_string() } else { String::new() };
                line(out, &format!("  {}({argument});", function(name, family, self.direction)));
            }
        }
    }
}

/// The priority of a route goes from LOCAL_PREF to the kernel's metric and back.
fn prologue(out: &mut String, priority: u32) {
    line(out, "  if (defined(source) && source = RTS_BGP && defined(bgp_local_pref)) then {");
    line(out, &format!("    krt_metric = {PRIORITY_MAX} - bgp_local_pref;"));
    line(out, "  } else {");
    line(out, &format!("    if (!defined(krt_metric)) then {{ krt_metric = {priority}; }}"));
    line(out, &format!("    bgp_local_pref = {PRIORITY_MAX} - krt_metric;"));
    line(out, "  }");
}
