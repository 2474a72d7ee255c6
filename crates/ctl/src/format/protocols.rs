//! `show protocols`.

use std::fmt::Write as _;

use godwit_api::{
    BgpStatus, ChannelCounters, ChannelStatus, NeighborStatus, ProtocolState, ProtocolStatus, Times,
    UpdateCounters,
};
use godwit_config::Dialect;
use godwit_wire::AddressFamily;

use super::capabilities;
use crate::Framer;

/// The heading.
pub fn heading(out: &mut Framer, dialect: Dialect) {
    out.line(
        2002,
        match dialect {
            Dialect::Bird16 => "name     proto    table    state  since       info",
            Dialect::Bird2 => "Name       Proto      Table      State  Since         Info",
        },
    );
}

/// One protocol: its row, and its details if `all`. `kept` tells whether a channel of a family
/// keeps filtered routes.
pub fn protocol(
    out: &mut Framer,
    p: &ProtocolStatus,
    all: bool,
    kept: &dyn Fn(AddressFamily) -> bool,
    times: &Times<'_>,
) {
    row(out, p, times);
    if !all {
        return;
    }
    for (set, label) in [(&p.description, "Description:"), (&p.message, "Message:")] {
        if let Some(text) = set {
            out.line(1006, &format!("  {label:<15} {text}"));
        }
    }
    if let Some(id) = p.router_id {
        out.line(1006, &format!("  {:<15} {id}", "Router ID:"));
    }
    match times.dialect {
        Dialect::Bird16 => details16(out, p, kept),
        Dialect::Bird2 => details2(out, p, kept),
    }
    out.line(1006, "");
}

/// Whether, after a restart of ours, it waits for other protocols' neighbors.
fn waits(p: &ProtocolStatus) -> bool {
    p.channels.iter().filter_map(|c| c.recovery).any(|recovery| recovery.contains("waiting"))
}

fn row(out: &mut Framer, p: &ProtocolStatus, times: &Times<'_>) {
    let state = match p.state {
        ProtocolState::Up if times.dialect == Dialect::Bird16 && waits(p) => "wait",
        ProtocolState::Down => "down",
        ProtocolState::Start => "start",
        ProtocolState::Up => "up",
        ProtocolState::Stop => "stop",
        ProtocolState::Flush => "flush",
    };
    let since = times.protocol(p.since);
    let info = info(p);
    out.line(
        1002,
        &match times.dialect {
            Dialect::Bird16 => {
                let channel = p.channels.first().map(|c| c.table.as_str());
                let table = p.table.as_deref().or(channel).unwrap_or("master");
                format!("{:<8} {:<8} {table:<8} {state:<5}  {since:<10}  {info}", p.name, p.kind)
            }
            Dialect::Bird2 => {
                let table = p.table.as_deref().unwrap_or("---");
                format!("{:<10} {:<10} {table:<10} {state:<6} {since:<12}  {info}", p.name, p.kind)
            }
        },
    );
}

fn info(p: &ProtocolStatus) -> String {
    let Some(bgp) = &p.bgp else { return String::new() };
    let error = bgp.last_error.as_deref().unwrap_or("");
    if p.state == ProtocolState::Down { error.into() } else { format!("{:<14}{error}", bgp.state) }
}

fn details2(out: &mut Framer, p: &ProtocolStatus, kept: &dyn Fn(AddressFamily) -> bool) {
    if let Some(bgp) = &p.bgp {
        bgp2(out, p, bgp);
    }
    for c in &p.channels {
        out.line(1006, &format!("  Channel {}", c.family));
        out.line(1006, &format!("    State:          {}", c.state));
        out.line(1006, &format!("    Table:          {}", c.table));
        channel(out, c, "    ", matches!(c.state, "START" | "UP" | "FLUSHING"), kept(c.family));
        if c.neighbor_restarting {
            let kind = if c.long_lived { "Long-lived" } else { "Regular" };
            out.line(1006, &format!("    Neighbor GR:    {kind}"));
        }
        if let Some(left) = c.long_lived_timer {
            let left = seconds_left(left, Dialect::Bird2);
            out.line(1006, &format!("    LL stale timer: {left}/-"));
        }
        if let Some((global, local)) = c.bgp_next_hop {
            let local = local.map_or(String::new(), |l| format!(" {l}"));
            out.line(1006, &format!("    BGP Next hop:   {global}{local}"));
        }
        for (table, v) in c.igp_tables.iter().zip([4, 6]) {
            if let Some(table) = table {
                out.line(1006, &format!("    IGP IPv{v} table: {table}"));
            }
        }
    }
}

fn details16(out: &mut Framer, p: &ProtocolStatus, kept: &dyn Fn(AddressFamily) -> bool) {
    // Every 1.6 protocol has one channel, used or not.
    let unused = ChannelStatus {
        family: AddressFamily::IPV4,
        state: "UP",
        table: "master".into(),
        preference: 240,
        import: "ACCEPT".into(),
        export: "REJECT".into(),
        limits: [None; 3],
        counters: ChannelCounters::default(),
        bgp_next_hop: None,
        igp_tables: [None, None],
        recovery: None,
        neighbor_restarting: false,
        long_lived: false,
        long_lived_timer: None,
    };
    let c = p.channels.first().unwrap_or(&unused);
    channel(out, c, "  ", p.state != ProtocolState::Down, kept(c.family));
    if let Some(bgp) = &p.bgp {
        bgp16(out, p, bgp, c);
    }
}

fn channel(out: &mut Framer, c: &ChannelStatus, indent: &str, counted: bool, kept: bool) {
    let mut line = |text: String| out.line(1006, &format!("{indent}{text}"));
    line(format!("Preference:     {}", c.preference));
    line(format!("Input filter:   {}", c.import));
    line(format!("Output filter:  {}", c.export));
    if let Some(recovery) = c.recovery {
        line(format!("GR recovery:    {recovery}"));
    }
    for (limit, label) in c.limits.iter().zip(["Receive limit:", "Import limit:", "Export limit:"]) {
        let Some((limit, hit)) = limit else { continue };
        line(format!("{label:<15} {}{}", limit.max, if *hit { " [HIT]" } else { "" }));
        line(format!("  Action:       {}", limit.action.word()));
    }
    if !counted {
        return;
    }
    let n = &c.counters;
    let filtered = if kept { format!(" {} filtered,", n.filtered) } else { String::new() };
    line(format!(
        "Routes:         {} imported,{filtered} {} exported, {} preferred",
        n.imported, n.exported, n.preferred
    ));
    line("Route change stats:     received   rejected   filtered    ignored   accepted".into());
    // Which of the five columns a row has.
    for (label, u, has) in [
        ("Import updates:", &n.import_updates, [true; 5]),
        ("Import withdraws:", &n.import_withdraws, [true, true, false, true, true]),
        ("Export updates:", &n.export_updates, [true, true, true, false, true]),
        ("Export withdraws:", &n.export_withdraws, [true, false, false, false, true]),
    ] {
        line(stats_row(label, u, has));
    }
}

fn stats_row(label: &str, u: &UpdateCounters, has: [bool; 5]) -> String {
    let mut row = format!("  {label:<20}");
    let values = [u.received, u.rejected, u.filtered, u.ignored, u.accepted];
    for (i, (value, has)) in values.into_iter().zip(has).enumerate() {
        let gap = if i == 0 { "" } else { " " };
        let text = if has { value.to_string() } else { "---".into() };
        // Writing to a String cannot fail.
        let _ = write!(row, "{gap}{text:>10}");
    }
    row
}

fn neighbor(bgp: &BgpStatus) -> String {
    match &bgp.neighbor {
        NeighborStatus::Address(ip, None) => format!("    Neighbor address: {ip}"),
        NeighborStatus::Address(ip, Some(interface)) => format!("    Neighbor address: {ip}%{interface}"),
        NeighborStatus::Range(net) => format!("    Neighbor range:   {net}"),
    }
}

fn timer(out: &mut Framer, label: &str, timer: Option<(f64, u32)>, dialect: Dialect) {
    let Some((left, whole)) = timer else { return };
    let left = seconds_left(left, dialect);
    out.line(1006, &format!("    {label:<17} {left}/{whole}"));
}

fn seconds_left(left: f64, dialect: Dialect) -> String {
    let left = left.max(0.0);
    if dialect == Dialect::Bird2 { format!("{left:.3}") } else { format!("{}", left as u64) }
}

fn bgp2(out: &mut Framer, p: &ProtocolStatus, bgp: &BgpStatus) {
    let dialect = Dialect::Bird2;
    out.line(1006, &format!("  BGP state:          {}", bgp.state));
    out.line(1006, &neighbor(bgp));
    if let Some(port) = bgp.neighbor_port {
        out.line(1006, &format!("    Neighbor port:    {port}"));
    }
    out.line(1006, &format!("    Neighbor AS:      {}", bgp.neighbor_as));
    out.line(1006, &format!("    Local AS:         {}", bgp.local_as));
    neighbor_restart(out, bgp);
    match p.state {
        ProtocolState::Start => {
            timer(out, "Error wait:", bgp.error_wait, dialect);
            timer(out, "Connect delay:", bgp.connect_delay, dialect);
            restart_timer(out, bgp, dialect);
        }
        ProtocolState::Up => {
            if let Some(id) = bgp.neighbor_id {
                out.line(1006, &format!("    Neighbor ID:      {id}"));
            }
            if let Some((local, theirs)) = &bgp.capabilities {
                out.line(1006, "    Local capabilities");
                for l in capabilities::block(local) {
                    out.line(1006, &l);
                }
                out.line(1006, "    Neighbor capabilities");
                for l in capabilities::block(theirs) {
                    out.line(1006, &l);
                }
            }
            out.line(1006, &format!("    Session:          {}{}", side(bgp), session_flags(bgp)));
            source_and_timers(out, bgp, dialect);
        }
        _ => {}
    }
    last_error(out, bgp);
}

fn bgp16(out: &mut Framer, p: &ProtocolStatus, bgp: &BgpStatus, c: &ChannelStatus) {
    let dialect = Dialect::Bird16;
    out.line(1006, &format!("  BGP state:          {}", bgp.state));
    out.line(1006, &neighbor(bgp));
    out.line(1006, &format!("    Neighbor AS:      {}", bgp.neighbor_as));
    neighbor_restart(out, bgp);
    match p.state {
        ProtocolState::Start => {
            restart_timer(out, bgp, dialect);
            if let Some(left) = c.long_lived_timer {
                out.line(1006, &format!("    LL stale timer:   {}/-", seconds_left(left, dialect)));
            }
            timer(out, "Error wait:", bgp.error_wait, dialect);
            timer(out, "Connect delay:", bgp.connect_delay, dialect);
        }
        ProtocolState::Up => {
            if let Some(id) = bgp.neighbor_id {
                out.line(1006, &format!("    Neighbor ID:      {id}"));
            }
            let mut paths = String::new();
            if let Some((local, theirs)) = &bgp.capabilities {
                out.line(1006, &format!("    Neighbor caps:   {}", capabilities::words(theirs)));
                paths = capabilities::path_words(local, theirs);
            }
            out.line(1006, &format!("    Session:          {}{}{paths}", side(bgp), session_flags(bgp)));
            let [_, import, _] = &c.limits;
            let limit = import.map(|(limit, _)| limit.max);
            if let Some(ip) = bgp.source_address {
                out.line(1006, &format!("    Source address:   {ip}"));
            }
            if let Some(max) = limit {
                out.line(
                    1006,
                    &format!("    Route limit:      {}/{max}", c.counters.imported + c.counters.filtered),
                );
            }
            timer(out, "Hold timer:", bgp.hold_timer, dialect);
            timer(out, "Keepalive timer:", bgp.keepalive_timer, dialect);
        }
        _ => {}
    }
    last_error(out, bgp);
}

fn source_and_timers(out: &mut Framer, bgp: &BgpStatus, dialect: Dialect) {
    if let Some(ip) = bgp.source_address {
        out.line(1006, &format!("    Source address:   {ip}"));
    }
    timer(out, "Hold timer:", bgp.hold_timer, dialect);
    timer(out, "Keepalive timer:", bgp.keepalive_timer, dialect);
    timer(out, "Send hold timer:", bgp.send_hold_timer, dialect);
}

fn neighbor_restart(out: &mut Framer, bgp: &BgpStatus) {
    if bgp.neighbor_restarting {
        out.line(1006, "    Neighbor graceful restart active");
    }
}

/// It has no whole time, says BIRD.
fn restart_timer(out: &mut Framer, bgp: &BgpStatus, dialect: Dialect) {
    let Some(left) = bgp.restart_timer else { return };
    let left = seconds_left(left, dialect);
    out.line(1006, &format!("    Restart timer:    {left}/-"));
}

fn last_error(out: &mut Framer, bgp: &BgpStatus) {
    if let Some(error) = &bgp.last_error {
        out.line(1006, &format!("    Last error:       {error}"));
    }
}

fn side(bgp: &BgpStatus) -> &'static str {
    if bgp.internal { "internal" } else { "external" }
}

fn session_flags(bgp: &BgpStatus) -> String {
    let flags = [
        (bgp.multihop, " multihop"),
        (bgp.rr_client, " route-reflector"),
        (bgp.rs_client, " route-server"),
        (bgp.four_octet_as, " AS4"),
    ];
    flags.iter().filter(|f| f.0).map(|f| f.1).collect()
}
