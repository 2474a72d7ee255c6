//! Capabilities of an OPEN message as `show protocols all` lists them.

use godwit_wire::{AddPathFamily, AddressFamily, Capability, GracefulRestart, LongLivedFamily};

/// BIRD 2's block for one side, without the heading.
pub(super) fn block(list: &[Capability]) -> Vec<String> {
    let mut out = Vec::new();
    let announced: Vec<_> = list
        .iter()
        .filter_map(|c| match c {
            Capability::Multiprotocol(f) => Some(*f),
            _ => None,
        })
        .collect();
    if !announced.is_empty() {
        out.push("      Multiprotocol".into());
        out.push(families("AF announced:", announced));
    }
    if list.contains(&Capability::RouteRefresh) {
        out.push("      Route refresh".into());
    }
    if let Some(nets) = list.iter().find_map(|c| match c {
        Capability::ExtendedNextHop(nets) => Some(nets),
        _ => None,
    }) {
        out.push("      Extended next hop".into());
        out.push(families("IPv6 nexthop:", nets.iter().map(|f| f.family).collect()));
    }
    if list.contains(&Capability::ExtendedMessage) {
        out.push("      Extended message".into());
    }
    if let Some(g) = graceful(list) {
        out.push("      Graceful restart".into());
        restart(&mut out, g);
    }
    if list.iter().any(|c| matches!(c, Capability::FourOctetAs(_))) {
        out.push("      4-octet AS numbers".into());
    }
    if list.iter().any(|c| matches!(c, Capability::AddPath(_))) {
        out.push("      ADD-PATH".into());
        let receive: Vec<_> = add_path(list).filter(|f| f.receive).map(|f| f.family).collect();
        let send: Vec<_> = add_path(list).filter(|f| f.send).map(|f| f.family).collect();
        out.push(families("RX:", receive));
        out.push(families("TX:", send));
    }
    if list.contains(&Capability::EnhancedRouteRefresh) {
        out.push("      Enhanced refresh".into());
    }
    if let Some(v) = long_lived_families(list) {
        out.push("      Long-lived graceful restart".into());
        long_lived(&mut out, v);
    }
    out.extend(list.iter().find_map(|c| match c {
        Capability::Hostname(name) => Some(format!("      Hostname: {name}")),
        _ => None,
    }));
    out.extend(list.iter().find_map(|c| match c {
        Capability::Role(role) => Some(format!("      Role: {role}")),
        _ => None,
    }));
    out
}

/// 1.6's one line: the words behind `Neighbor caps:`, each with its blank.
pub(super) fn words(list: &[Capability]) -> String {
    let restart = graceful(list);
    let long_lived = long_lived_families(list);
    let mut out = String::new();
    for (set, word) in [
        (list.contains(&Capability::RouteRefresh), " refresh"),
        (list.contains(&Capability::EnhancedRouteRefresh), " enhanced-refresh"),
        (restart.is_some_and(|g| !g.families.is_empty()), " restart-able"),
        (restart.is_some_and(|g| g.families.is_empty()), " restart-aware"),
        (long_lived.is_some_and(|v| !v.is_empty()), " llgr-able"),
        (long_lived.is_some_and(<[_]>::is_empty), " llgr-aware"),
        (list.iter().any(|c| matches!(c, Capability::FourOctetAs(_))), " AS4"),
        (add_path(list).any(|f| f.receive), " add-path-rx"),
        (add_path(list).any(|f| f.send), " add-path-tx"),
        (list.contains(&Capability::ExtendedMessage), " ext-messages"),
    ] {
        if set {
            out.push_str(word);
        }
    }
    out
}

fn graceful(list: &[Capability]) -> Option<&GracefulRestart> {
    list.iter().find_map(|c| match c {
        Capability::GracefulRestart(g) => Some(g),
        _ => None,
    })
}

/// 1.6's words behind `Session:` for path identifiers in use: from the neighbor, and to it.
pub(super) fn path_words(local: &[Capability], theirs: &[Capability]) -> String {
    let both = |ours: fn(&AddPathFamily) -> bool, other: fn(&AddPathFamily) -> bool| {
        add_path(local).any(|f| ours(f) && add_path(theirs).any(|t| other(t) && t.family == f.family))
    };
    let mut out = String::new();
    if both(|f| f.receive, |t| t.send) {
        out.push_str(" add-path-rx");
    }
    if both(|f| f.send, |t| t.receive) {
        out.push_str(" add-path-tx");
    }
    out
}

/// The families of ADD-PATH.
fn add_path(list: &[Capability]) -> impl Iterator<Item = &AddPathFamily> {
    list.iter().flat_map(|c| match c {
        Capability::AddPath(families) => families.as_slice(),
        _ => &[],
    })
}

fn long_lived_families(list: &[Capability]) -> Option<&[LongLivedFamily]> {
    list.iter().find_map(|c| match c {
        Capability::LongLivedGracefulRestart(families) => Some(families.as_slice()),
        _ => None,
    })
}

fn families(label: &str, list: Vec<AddressFamily>) -> String {
    let mut out = format!("        {label}");
    for f in list {
        out.push(' ');
        out.push_str(&f.to_string());
    }
    out
}

/// A restart capability without families is only the promise to help, and shows no details.
fn restart(out: &mut Vec<String>, g: &GracefulRestart) {
    if g.families.is_empty() {
        return;
    }
    out.push(format!("        Restart time: {}", g.restart_time_secs));
    if g.restarting {
        out.push("        Restart recovery".into());
    }
    out.push(families("AF supported:", g.families.iter().map(|f| f.family).collect()));
    let kept = g.families.iter().filter(|f| f.forwarding_preserved);
    out.push(families("AF preserved:", kept.map(|f| f.family).collect()));
}

/// The longest of the times stands for all. What has none is not supported, says BIRD, but may be preserved.
fn long_lived(out: &mut Vec<String>, v: &[LongLivedFamily]) {
    let Some(time) = v.iter().map(|f| f.stale_time_secs).max() else { return };
    out.push(format!("        LL stale time: {time}"));
    let supported = v.iter().filter(|f| f.stale_time_secs > 0);
    out.push(families("AF supported:", supported.map(|f| f.family).collect()));
    let kept = v.iter().filter(|f| f.forwarding_preserved);
    out.push(families("AF preserved:", kept.map(|f| f.family).collect()));
}
