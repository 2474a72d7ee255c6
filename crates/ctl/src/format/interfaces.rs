//! `show interfaces`.

use godwit_api::{Interface, InterfaceAddress};
use godwit_config::Dialect;
use godwit_filter::Scope;

use crate::Framer;

/// `show interfaces`, whole.
pub fn interfaces(out: &mut Framer, list: &[Interface], dialect: Dialect) {
    for i in list {
        let up = is_up(i, dialect);
        let master = i.master.as_ref().map_or(String::new(), |m| format!(" master={m}"));
        out.line(1001, &format!("{} {} (index={}{master})", i.name, state(up, dialect), i.index));
        let mut flags = String::from(if i.point_to_point { "PtP" } else { "MultiAccess" });
        for (set, name) in [
            (i.broadcast, " Broadcast"),
            (i.multicast, " Multicast"),
            (true, if i.admin_up { " AdminUp" } else { " AdminDown" }),
            (true, if i.link_up { " LinkUp" } else { " LinkDown" }),
            (i.loopback, " Loopback"),
            (i.loopback, " Ignored"),
        ] {
            if set {
                flags.push_str(name);
            }
        }
        out.line(1004, &format!("\t{flags} MTU={}", i.mtu));
        for a in ordered(i) {
            out.line(1003, &address(a, dialect));
        }
    }
    out.end(0, "");
}

/// `show interfaces summary`, whole.
pub fn summary(out: &mut Framer, list: &[Interface], dialect: Dialect) {
    let preferred = |i: &Interface, v4: bool| {
        let of = || i.addresses.iter().filter(|a| a.preferred && a.address.is_ipv4() == v4);
        // A host has one on each interface, but BIRD 2 shows no link-local IPv6 address here.
        let shown = |a: &&InterfaceAddress| a.scope != Scope::Link || dialect == Dialect::Bird16;
        let a = of().find(|a| a.scope > Scope::Link).or_else(|| of().find(shown));
        a.map_or(String::new(), |a| a.address.to_string())
    };
    match dialect {
        Dialect::Bird16 => out.line(2005, "interface state address"),
        Dialect::Bird2 => out.line(2005, "Interface  State  IPv4 address       IPv6 address"),
    }
    for i in list {
        let state = state(is_up(i, dialect), dialect);
        let (v4, v6) = (preferred(i, true), preferred(i, false));
        out.line(
            1005,
            &match dialect {
                Dialect::Bird16 => {
                    format!("{:<9} {state:<5} {}", i.name, if v4.is_empty() { v6 } else { v4 })
                }
                Dialect::Bird2 => format!("{:<10} {state:<6} {v4:<18} {v6}", i.name),
            },
        );
    }
    out.end(0, "");
}

/// A carrier is no part of it. BIRD 1.6 has no use for an interface without an address either.
fn is_up(i: &Interface, dialect: Dialect) -> bool {
    i.admin_up && (dialect == Dialect::Bird2 || !i.addresses.is_empty())
}

fn state(up: bool, dialect: Dialect) -> &'static str {
    match (up, dialect) {
        (true, _) => "up",
        (false, Dialect::Bird16) => "DOWN",
        (false, Dialect::Bird2) => "down",
    }
}

fn ordered(i: &Interface) -> impl Iterator<Item = &InterfaceAddress> {
    let of = |v4| i.addresses.iter().filter(move |a| a.address.is_ipv4() == v4);
    of(true).chain(of(false))
}

fn address(a: &InterfaceAddress, dialect: Dialect) -> String {
    let flag = match (a.preferred, a.secondary, dialect) {
        (true, _, Dialect::Bird16) => "Primary, ",
        (true, _, Dialect::Bird2) => "Preferred, ",
        (false, true, _) => "Secondary, ",
        (false, false, Dialect::Bird16) => "Unselected, ",
        _ => "",
    };
    let opposite = a.opposite.map_or(String::new(), |o| format!("opposite {o}, "));
    format!("\t{} ({flag}{opposite}scope {})", a.address, scope(a.scope))
}

/// BIRD's name of a scope.
pub(super) fn scope(s: Scope) -> &'static str {
    match s {
        Scope::Host => "host",
        Scope::Link => "link",
        Scope::Site => "site",
        Scope::Organization => "org",
        Scope::Universe => "univ",
        Scope::Undefined => "undef",
    }
}
