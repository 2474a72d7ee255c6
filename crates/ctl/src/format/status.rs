//! `show status` and `show memory`.

use godwit_api::{Memory, Status, Times};
use godwit_config::Dialect;

use crate::Framer;

/// `show status`, whole.
pub fn status(out: &mut Framer, version: &str, s: &Status, times: &Times<'_>) {
    out.line(1000, &format!("BIRD {version}"));
    let id = s.router_id.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED);
    out.line(1011, &format!("Router ID is {id}"));
    if times.dialect == Dialect::Bird2 {
        out.line(1011, &format!("Hostname is {}", s.hostname));
    }
    out.line(1011, &format!("Current server time is {}", times.base(s.now)));
    out.line(1011, &format!("Last reboot on {}", times.base(s.started)));
    out.line(1011, &format!("Last reconfiguration on {}", times.base(s.reconfigured)));
    if let Some((waiting, left, whole)) = s.recovery {
        out.line(24, "Graceful restart recovery in progress");
        match times.dialect {
            Dialect::Bird16 => {
                out.line(24, &format!("  Waiting for {waiting} protocols to recover"));
                out.line(24, &format!("  Wait timer is {}/{whole}", left.div_ceil(1000)));
            }
            Dialect::Bird2 => {
                out.line(24, &format!("  Waiting for {waiting} channels to recover"));
                out.line(24, &format!("  Wait timer is {}.{:03}/{whole}", left / 1000, left % 1000));
            }
        }
    }
    out.end(13, if s.shutting_down { "Shutdown in progress" } else { "Daemon is up and running" });
}

/// `show memory`, whole.
pub fn memory(out: &mut Framer, m: &Memory, dialect: Dialect) {
    out.line(1018, "BIRD memory usage");
    match dialect {
        Dialect::Bird16 => {
            let rows = [
                ("Routing tables:", m.tables),
                ("Route attributes:", m.attributes),
                ("ROA tables:", (0, 0)),
                ("Protocols:", m.protocols),
                ("Total:", m.total),
            ];
            for (name, (effective, overhead)) in rows {
                let (n, unit) = coarse(effective.saturating_add(overhead));
                out.line(1018, &format!("{name:<17} {n:4} {unit}B"));
            }
        }
        Dialect::Bird2 => {
            out.line(1018, "                  Effective    Overhead");
            let rows = [
                ("Routing tables:", m.tables),
                ("Route attributes:", m.attributes),
                ("Protocols:", m.protocols),
                ("Current config:", m.config),
                ("Standby memory:", (0, 0)),
                ("Total:", m.total),
            ];
            for (name, (effective, overhead)) in rows {
                out.line(1018, &format!("{name:<17} {}   {}", fine(effective), fine(overhead)));
            }
        }
    }
    out.end(0, "");
}

const UNITS: [char; 6] = [' ', 'k', 'M', 'G', 'T', 'P'];

/// Whole units, as 1.6 has them.
fn coarse(mut n: u64) -> (u64, char) {
    let mut unit = ' ';
    for next in UNITS.into_iter().skip(1) {
        if n < 10_000 {
            break;
        }
        n = n.saturating_add(512) / 1024;
        unit = next;
    }
    (n, unit)
}

/// Tenths of a unit, as 2.x has them.
fn fine(n: u64) -> String {
    let mut tenths = u128::from(n) * 10;
    let mut unit = ' ';
    for next in UNITS.into_iter().skip(1) {
        if tenths < 100_000 {
            break;
        }
        tenths = (tenths + 512) / 1024;
        unit = next;
    }
    format!("{:4}.{} {unit}B", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(fine(1710), "1710.0  B");
        assert_eq!(fine(24 * 1024), "  24.0 kB");
        assert_eq!(fine(0), "   0.0  B");
        assert_eq!(coarse(192), (192, ' '));
        assert_eq!(coarse(35 * 1024), (35, 'k'));
        fine(u64::MAX);
        coarse(u64::MAX);
    }
}
