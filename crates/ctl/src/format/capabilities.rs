//! Capabilities of an OPEN message as `show protocols all` lists them.

use godwit_wire::{AddPathFamily, AddressFamily, Capability, GracefulRestart};

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
    if let Some(v) = unknown(list, 5) {
        out.push("      Extended next hop".into());
        let nets: Vec<_> = v.chunks_exact(6).map(|c| family(c.get(0..2), c.get(3))).collect();
        out.push(families("IPv6 nexthop:", nets));
    }
    if unknown(list, 6).is_some() {
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
        for (label, with) in [("RX:", receive), ("TX:", send)] {
            if !with.is_empty() {
                out.push(families(label, with));
            }
        }
    }
    if list.contains(&Capability::EnhancedRouteRefresh) {
        out.push("      Enhanced refresh".into());
    }
    if let Some(v) = unknown(list, 71) {
        out.push("      Long-lived graceful restart".into());
        long_lived(&mut out, v);
    }
    if let Some(name) = unknown(list, 73).and_then(|v| v.get(1..=usize::from(*v.first()?))) {
        out.push(format!("      Hostname: {}", String::from_utf8_lossy(name)));
    }
    if let Some(role) = unknown(list, 9).and_then(<[u8]>::first) {
        let name = ["provider", "rs_server", "rs_client", "customer", "peer"].get(usize::from(*role));
        out.push(format!("      Role: {}", name.unwrap_or(&"undefined")));
    }
    out
}

/// 1.6's one line: the words behind `Neighbor caps:`, each with its blank.
pub(super) fn words(list: &[Capability]) -> String {
    let restart = graceful(list);
    let long_lived = unknown(list, 71);
    let mut out = String::new();
    for (set, word) in [
        (list.contains(&Capability::RouteRefresh), " refresh"),
        (list.contains(&Capability::EnhancedRouteRefresh), " enhanced-refresh"),
        (restart.is_some_and(|g| !g.families.is_empty()), " restart-able"),
        (restart.is_some_and(|g| g.families.is_empty()), " restart-aware"),
        (long_lived.is_some_and(|v| !v.is_empty()), " llgr-able"),
        (long_lived.is_some_and(<[u8]>::is_empty), " llgr-aware"),
        (list.iter().any(|c| matches!(c, Capability::FourOctetAs(_))), " AS4"),
        (add_path(list).any(|f| f.receive), " add-path-rx"),
        (add_path(list).any(|f| f.send), " add-path-tx"),
        (unknown(list, 6).is_some(), " ext-messages"),
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

fn unknown(list: &[Capability], wanted: u8) -> Option<&[u8]> {
    list.iter().find_map(|c| match c {
        Capability::Unknown { code, value } if *code == wanted => Some(value.as_ref()),
        _ => None,
    })
}

fn family(afi: Option<&[u8]>, safi: Option<&u8>) -> AddressFamily {
    let afi = afi.and_then(|a| a.try_into().ok()).map_or(0, u16::from_be_bytes);
    AddressFamily { afi, safi: safi.copied().unwrap_or(0) }
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

fn long_lived(out: &mut Vec<String>, v: &[u8]) {
    let Some(first) = v.chunks_exact(7).next() else { return };
    let time = first.get(4..7).map_or(0, |t| t.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)));
    out.push(format!("        LL stale time: {time}"));
    let entries = || v.chunks_exact(7);
    out.push(families("AF supported:", entries().map(|c| family(c.get(0..2), c.get(2))).collect()));
    let kept = entries().filter(|c| c.get(3).is_some_and(|f| f & 0x80 != 0));
    out.push(families("AF preserved:", kept.map(|c| family(c.get(0..2), c.get(2))).collect()));
}
