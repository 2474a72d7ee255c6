//! What is of the whole router.

use super::Facts;
use crate::bird::log::CLASSES;
use crate::bird::values::DEBUG_WORDS;
use crate::defaults::BGP_PORT;
use crate::model::{
    DebugFlags, Dialect, LogClasses, LogDestination, LogTarget, Roa, RoaTableConfig, RouterConfig, RouterId,
    TimeFormat, TimeFormats,
};
use crate::print::{mask, patterns};

pub(super) fn facts(config: &RouterConfig) -> Facts {
    let RouterConfig {
        dialect,
        router_id,
        hostname,
        log,
        debug,
        debug_commands,
        time_formats,
        graceful_restart_wait_secs,
        listen,
        tables,
        roa_tables,
        protocols: _,
        // Symbols matter where they are used.
        program: _,
    } = config;
    let mut facts = Facts::default();
    facts.add("dialect", if *dialect == Dialect::Bird16 { "BIRD 1.6" } else { "BIRD 2" });
    facts.maybe(
        "router id",
        router_id.as_ref().map(|id| match id {
            RouterId::Fixed(id) => id.to_string(),
            RouterId::From(list) => format!("from {}", patterns(list)),
        }),
    );
    facts.maybe("hostname", hostname.as_ref());
    // Not to listen where one could is the same as to listen on the usual port.
    let (address, port) = listen.as_ref().map_or((None, BGP_PORT), |l| (l.address, l.port));
    facts.add(
        "listen bgp",
        format_args!("address {} port {port}", address.map_or("any".into(), |a| a.to_string())),
    );
    facts.add("debug protocols", debug_flags(*debug));
    facts.add("debug commands", debug_commands);
    facts.add("graceful restart wait", format_args!("{graceful_restart_wait_secs} s"));
    let mut targets: Vec<String> = log.iter().map(log_target).collect();
    targets.sort();
    facts.maybe("log", (!targets.is_empty()).then(|| targets.join("; ")));
    let TimeFormats { route, protocol, base, log } = time_formats;
    for (what, format) in [("route", route), ("protocol", protocol), ("base", base), ("log", log)] {
        facts.maybe(format!("timeformat {what}"), format.as_ref().map(time_format));
    }
    let defaults = RouterConfig::default_tables();
    for table in tables.iter().filter(|t| !defaults.contains(&t.name.as_str())) {
        facts.add(format!("table {}", table.name), table.family);
    }
    for RoaTableConfig { name, family, roas } in roa_tables {
        facts.add(format!("roa table {name}"), family);
        let mut roas: Vec<String> = roas.iter().map(Roa::to_string).collect();
        roas.sort();
        facts.maybe(format!("roa table {name} roa"), (!roas.is_empty()).then(|| roas.join("; ")));
    }
    facts
}

/// `{ states, routes }`
pub(super) fn debug_flags(flags: DebugFlags) -> String {
    mask(DEBUG_WORDS, flags.0.into(), DebugFlags::ALL.0.into())
}

fn log_target(target: &LogTarget) -> String {
    let destination = match &target.destination {
        LogDestination::Stderr => "stderr".to_owned(),
        LogDestination::Syslog { name } => format!("syslog name {}", name.as_deref().unwrap_or("bird")),
        LogDestination::File { path, rotate: None } => path.clone(),
        LogDestination::File { path, rotate: Some((limit, backup)) } => format!("{path} {limit} {backup}"),
    };
    format!("{destination} {}", mask(CLASSES, target.classes.0, LogClasses::ALL.0))
}

fn time_format(format: &TimeFormat) -> String {
    let far = format.far.as_ref().map(|(limit, text)| format!(" {limit} {text}"));
    format!("{}{}", format.near, far.unwrap_or_default())
}
