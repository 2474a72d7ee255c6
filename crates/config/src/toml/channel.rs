//! Channels, and the names of tables.

use godwit_filter::{Diagnostic, did_you_mean};
use godwit_wire::AddressFamily;
use toml::Spanned;

use super::build::Build;
use super::raw::{self, Channel};
use super::{set, span};
use crate::model::{
    ChannelConfig, GatewayMode, IgpTables, LinkLocalFormat, MissingLladdr, NextHopPreference, ProtocolConfig,
    ProtocolKind,
};

impl Build<'_> {
    /// Adds the channels of a protocol that is no session.
    pub(super) fn channels(
        &mut self,
        config: &mut ProtocolConfig,
        ipv4: Option<Channel>,
        ipv6: Option<Channel>,
    ) {
        let single = matches!(config.kind, ProtocolKind::Kernel(_) | ProtocolKind::Static(_));
        for (family, raw) in [(AddressFamily::IPV4, ipv4), (AddressFamily::IPV6, ipv6)] {
            let Some(raw) = raw.filter(|_| self.has_family(family)) else { continue };
            if single && !config.channels.is_empty() {
                let place = raw.import.as_ref().or(raw.export.as_ref()).map_or(0..0, Spanned::span);
                let error = Diagnostic::error(span(self.file, place), "Different channel type");
                self.diagnostics.push(error.help("make a second protocol for ipv6"));
                continue;
            }
            self.no_session_keys(&raw);
            let channel = self.channel(family, &raw, config.kind.default_preference());
            config.channels.push(channel);
        }
    }

    /// Says which keys only channels of sessions have.
    pub(super) fn no_session_keys(&mut self, raw: &Channel) {
        let places = [
            ("next-hop-self", raw.next_hop_self.as_ref().map(Spanned::span)),
            ("next-hop-keep", raw.next_hop_keep.as_ref().map(Spanned::span)),
            ("next-hop-address", raw.next_hop_address.as_ref().map(Spanned::span)),
            ("gateway", raw.gateway.as_ref().map(Spanned::span)),
            ("igp-table", raw.igp_table.as_ref().map(Spanned::span)),
            ("secondary", raw.secondary.as_ref().map(Spanned::span)),
            ("add-paths", raw.add_paths.as_ref().map(Spanned::span)),
            ("mandatory", raw.mandatory.as_ref().map(Spanned::span)),
            ("graceful-restart", raw.graceful_restart.as_ref().map(Spanned::span)),
            ("next-hop-prefer", raw.next_hop_prefer.as_ref().map(Spanned::span)),
            ("link-local-next-hop-format", raw.link_local_next_hop_format.as_ref().map(Spanned::span)),
            ("missing-lladdr", raw.missing_lladdr.as_ref().map(Spanned::span)),
            ("extended-next-hop", raw.extended_next_hop.as_ref().map(Spanned::span)),
            ("require-extended-next-hop", raw.require_extended_next_hop.as_ref().map(Spanned::span)),
            ("cost", raw.cost.as_ref().map(Spanned::span)),
            ("aigp", raw.aigp.as_ref().map(Spanned::span)),
            ("import-table", raw.import_table.as_ref().map(Spanned::span)),
            ("export-table", raw.export_table.as_ref().map(Spanned::span)),
            ("require-add-paths", raw.require_add_paths.as_ref().map(Spanned::span)),
            ("long-lived-graceful-restart", raw.long_lived_graceful_restart.as_ref().map(Spanned::span)),
            ("long-lived-stale-time", raw.long_lived_stale_time.as_ref().map(Spanned::span)),
            ("min-long-lived-stale-time", raw.min_long_lived_stale_time.as_ref().map(Spanned::span)),
            ("max-long-lived-stale-time", raw.max_long_lived_stale_time.as_ref().map(Spanned::span)),
            ("as-override", raw.as_override.as_ref().map(Spanned::span)),
            ("remove-private-as", raw.remove_private_as.as_ref().map(Spanned::span)),
        ];
        for (key, place) in places {
            if let Some(place) = place {
                let message = format!("`{key}` is for channels of bgp protocols only");
                self.diagnostics.push(Diagnostic::error(span(self.file, place), message));
            }
        }
    }

    /// A channel with BIRD's defaults where nothing is said.
    pub(super) fn channel(&mut self, family: AddressFamily, raw: &Channel, preference: u16) -> ChannelConfig {
        // The default tables are the first.
        let table = self.config.tables.iter().find(|t| t.family == family).map(|t| t.name.clone());
        let mut config = ChannelConfig::new(family, table.unwrap_or_default(), preference);
        self.channel_options(&mut config, raw);
        config
    }

    /// Sets what is said.
    pub(super) fn channel_options(&mut self, config: &mut ChannelConfig, raw: &Channel) {
        if let Some(table) = raw.table.as_ref().and_then(|name| self.table_name(name, Some(config.family))) {
            config.table = table;
        }
        if let Some(policy) = raw.import.as_ref().and_then(|text| self.policy(text)) {
            config.import = policy;
        }
        if let Some(policy) = raw.export.as_ref().and_then(|text| self.policy(text)) {
            config.export = policy;
        }
        set!(config, preference = raw.preference, keep_filtered = raw.keep_filtered);
        set!(
            config,
            receive_limit = raw.receive_limit.map(|l| Some(l.0)),
            import_limit = raw.import_limit.map(|l| Some(l.0)),
            export_limit = raw.export_limit.map(|l| Some(l.0)),
        );
        let bgp = &mut config.bgp;
        set!(
            bgp,
            next_hop_self = raw.next_hop_self.as_ref().map(|v| v.get_ref().0),
            next_hop_keep = raw.next_hop_keep.as_ref().map(|v| Some(v.get_ref().0)),
            next_hop_address = raw.next_hop_address.as_ref().map(|v| Some(*v.get_ref())),
            gateway = raw.gateway.as_ref().map(|gateway| match gateway.get_ref() {
                raw::Gateway::Direct => GatewayMode::Direct,
                raw::Gateway::Recursive => GatewayMode::Recursive,
                raw::Gateway::Auto => GatewayMode::Auto,
            }),
            secondary = raw.secondary.as_ref().map(|v| *v.get_ref()),
            add_paths = raw.add_paths.as_ref().map(|v| v.get_ref().0),
            mandatory = raw.mandatory.as_ref().map(|v| *v.get_ref()),
            graceful_restart = raw.graceful_restart.as_ref().map(|v| Some(*v.get_ref())),
            next_hop_prefer = raw.next_hop_prefer.as_ref().map(|prefer| match prefer.get_ref() {
                raw::NextHopPrefer::Global => Some(NextHopPreference::Global),
                raw::NextHopPrefer::Local => Some(NextHopPreference::Local),
            }),
            link_local_format =
                raw.link_local_next_hop_format.as_ref().map(|format| match format.get_ref() {
                    raw::NextHopFormat::Native => LinkLocalFormat::Native,
                    raw::NextHopFormat::Single => LinkLocalFormat::Single,
                    raw::NextHopFormat::Double => LinkLocalFormat::Double,
                }),
            missing_lladdr = raw.missing_lladdr.as_ref().map(|missing| match missing.get_ref() {
                raw::MissingLladdrWord::Own => Some(MissingLladdr::Own),
                raw::MissingLladdrWord::Drop => Some(MissingLladdr::Drop),
                raw::MissingLladdrWord::Ignore => Some(MissingLladdr::Ignore),
            }),
            extended_next_hop = raw.extended_next_hop.as_ref().map(|v| *v.get_ref()),
            require_extended_next_hop = raw.require_extended_next_hop.as_ref().map(|v| *v.get_ref()),
            cost = raw.cost.as_ref().map(|v| Some(v.get_ref().get())),
            aigp = raw.aigp.as_ref().map(|v| Some(v.get_ref().0)),
            import_table = raw.import_table.as_ref().map(|v| *v.get_ref()),
            export_table = raw.export_table.as_ref().map(|v| *v.get_ref()),
            require_add_paths = raw.require_add_paths.as_ref().map(|v| *v.get_ref()),
            long_lived_graceful_restart =
                raw.long_lived_graceful_restart.as_ref().map(|v| Some(*v.get_ref())),
            long_lived_stale_time_secs = raw.long_lived_stale_time.as_ref().map(|v| Some(*v.get_ref())),
            min_long_lived_stale_time_secs =
                raw.min_long_lived_stale_time.as_ref().map(|v| Some(*v.get_ref())),
            max_long_lived_stale_time_secs =
                raw.max_long_lived_stale_time.as_ref().map(|v| Some(*v.get_ref())),
            as_override = raw.as_override.as_ref().map(|v| *v.get_ref()),
            private_as = raw.remove_private_as.as_ref().map(|v| v.get_ref().0),
        );
        if let Some(time) = &raw.long_lived_stale_time {
            self.stale_time(time);
        }
        if let Some(name) = &raw.igp_table {
            self.igp_table(name, &mut config.bgp.igp_tables);
        }
    }

    pub(super) fn igp_table(&mut self, name: &Spanned<String>, tables: &mut IgpTables) {
        let Some(name) = self.table_name(name, None) else { return };
        if let Some(table) = self.config.table(&name) {
            tables.set(table.family, name);
        }
    }

    /// The name of a table, of this family if one is given.
    pub(super) fn table_name(
        &mut self,
        name: &Spanned<String>,
        family: Option<AddressFamily>,
    ) -> Option<String> {
        match self.config.table(name.get_ref()) {
            Some(table) if family.is_none_or(|f| f == table.family) => return Some(table.name.clone()),
            Some(table) => {
                let label = format!("is a table of {}", table.family);
                let error = Diagnostic::error(span(self.file, name.span()), "Incompatible table type");
                self.diagnostics.push(error.label(label));
            }
            None => {
                let near = did_you_mean(name.get_ref(), self.config.tables.iter().map(|t| t.name.as_str()));
                let message = format!("there is no table '{}'", name.get_ref());
                let error = Diagnostic::error(span(self.file, name.span()), message);
                self.diagnostics.push(match near {
                    Some(near) => error.help(format!("did you mean '{near}'?")),
                    None => error,
                });
            }
        }
        None
    }
}
