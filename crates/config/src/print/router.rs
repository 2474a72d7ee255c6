//! Statements at the top level.

use super::{Out, mask, name, patterns, quoted};
use crate::bird::log::CLASSES;
use crate::defaults::GRACEFUL_RESTART_WAIT_SECS;
use crate::model::{
    DebugFlags, LogClasses, LogDestination, LogTarget, RouterConfig, RouterId, TableConfig, TimeFormat,
};
use godwit_wire::AddressFamily;

impl Out<'_> {
    pub(super) fn router(&mut self) {
        let config = self.config;
        match &config.router_id {
            Some(RouterId::Fixed(id)) => self.option("router id", id),
            Some(RouterId::From(list)) => self.option("router id from", patterns(list)),
            None => {}
        }
        if let Some(name) = config.hostname.as_deref().filter(|_| !self.is_16()) {
            self.option("hostname", quoted(name));
        }
        config.log.iter().for_each(|target| self.log(target));
        if config.debug != DebugFlags::default() {
            self.debug("debug protocols", config.debug);
        }
        if config.debug_commands != 0 {
            self.option("debug commands", config.debug_commands);
        }
        let formats = &config.time_formats;
        let formats = [
            ("route", &formats.route),
            ("protocol", &formats.protocol),
            ("base", &formats.base),
            ("log", &formats.log),
        ];
        for (what, format) in formats {
            if let Some(format) = format {
                self.option(&format!("timeformat {what}"), time_format(format));
            }
        }
        if config.graceful_restart_wait_secs != GRACEFUL_RESTART_WAIT_SECS {
            self.option("graceful restart wait", config.graceful_restart_wait_secs);
        }
        if let Some(listen) = &config.listen {
            let address = listen.address.map(|a| format!("address {a} ")).unwrap_or_default();
            self.option("listen bgp", format_args!("{address}port {}", listen.port));
        }
        config.tables.iter().for_each(|table| self.table(table));
        config.roa_tables.iter().for_each(|table| self.roa_table(table));
    }

    fn log(&mut self, target: &LogTarget) {
        let destination = match &target.destination {
            LogDestination::Stderr => "stderr".to_owned(),
            LogDestination::Syslog { name: None } => "syslog".to_owned(),
            LogDestination::Syslog { name: Some(name) } => format!("syslog name {}", quoted(name)),
            LogDestination::File { path, rotate: None } => quoted(path),
            LogDestination::File { path, rotate: Some((limit, backup)) } => {
                format!("{} {limit} {}", quoted(path), quoted(backup))
            }
        };
        // There is no word for no class at all, and a target without any is none.
        if target.classes.0 & LogClasses::ALL.0 != 0 {
            let classes = mask(CLASSES, target.classes.0, LogClasses::ALL.0);
            self.option("log", format_args!("{destination} {classes}"));
        }
    }

    fn table(&mut self, table: &TableConfig) {
        let ipv6 = self.config.tables.first().is_some_and(|t| t.family == AddressFamily::IPV6);
        let default = RouterConfig::new(self.config.dialect, ipv6).tables.contains(table);
        // Only a sorted table goes with `secondary`.
        let mut channels = self.config.protocols.iter().flat_map(|p| &p.channels);
        let sorted = channels.any(|c| c.bgp.secondary && c.table == table.name);
        if default && !sorted {
            return;
        }
        let of = match table.family {
            _ if self.is_16() => "",
            AddressFamily::IPV6 => "ipv6 ",
            _ => "ipv4 ",
        };
        let sorted = if sorted { " sorted" } else { "" };
        self.line(format_args!("{of}table {}{sorted};", name(&table.name)));
    }
}

fn time_format(format: &TimeFormat) -> String {
    let far = format.far.as_ref().map(|(limit, text)| format!(" {limit} {}", quoted(text)));
    format!("{}{}", quoted(&format.near), far.unwrap_or_default())
}
