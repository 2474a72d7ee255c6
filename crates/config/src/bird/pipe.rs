//! `protocol pipe` (bird.md §1.9).

use super::Reader;
use super::draft::Channel;
use super::net_type::NetType;
use crate::lang::Parsed;
use crate::model::{ChannelConfig, Dialect, PipeConfig, Policy};

/// What a pipe has been told that its configuration does not hold as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Pipe {
    /// `peer table`, and what it holds.
    peer: Option<(String, NetType)>,
}

impl Reader<'_> {
    /// An option of a pipe up to its `;`; whether one stands here.
    pub(super) fn pipe_option(
        &mut self,
        config: &mut PipeConfig,
        pipe: &mut Pipe,
        channels: &mut [Channel],
    ) -> Parsed<bool> {
        let Some(channel) = channels.first_mut() else { return Ok(false) };
        if self.l.eat_words(&["peer", "table"]) {
            pipe.peer = Some(self.any_table()?);
        } else if self.l.eat_word("table") {
            let (name, net_type) = self.any_table()?;
            channel.table = Some(name);
            channel.net_type = net_type;
        } else if self.is_16() && self.l.eat_word("mode") {
            config.opaque = self.one_of(&[("opaque", true), ("transparent", false)])?;
        } else {
            return self.channel_option(channel, false);
        }
        Ok(true)
    }

    /// Puts together what a pipe was told; or what is wrong with that.
    pub(super) fn complete_pipe(
        &self,
        config: &mut PipeConfig,
        pipe: &Pipe,
        channel: &Channel,
    ) -> Option<String> {
        let bird16 = self.is_16();
        let table = channel.table.clone().or_else(|| bird16.then(|| "master".to_owned()));
        let Some(table) = table else { return Some("Primary routing table not specified".into()) };
        let Some((peer_table, peer_type)) = pipe.peer.clone() else {
            let none = if bird16 { "Name of peer routing table not specified" } else { NO_PEER };
            return Some(none.into());
        };
        let (roa, family) = match &channel.net_type {
            NetType::Unicast(family) => (false, *family),
            NetType::Roa(family) => (true, *family),
            NetType::Other(of) => return Some(format!("pipes of {of} tables are not supported yet")),
        };
        config.roa = roa;
        config.channel = ChannelConfig {
            family,
            table,
            import: channel.import.clone().unwrap_or(Policy::All),
            // In 2.x both ways are open.
            export: channel.export.clone().unwrap_or(if bird16 { Policy::None } else { Policy::All }),
            preference: 0,
            ..channel.rest.clone()
        };
        config.preference = channel.preference;
        config.peer_table = peer_table;
        if config.peer_table != config.channel.table && peer_type != channel.net_type {
            return Some("Primary table and peer table must have the same type".into());
        }
        crate::check::pipe(config).map(str::to_owned)
    }
}

const NO_PEER: &str = "Secondary routing table not specified";

impl PipeConfig {
    /// A pipe between nothing and nothing.
    pub(super) fn empty(dialect: Dialect) -> Self {
        let family = godwit_wire::AddressFamily::IPV4;
        let mut channel = ChannelConfig::new(family, "", 0);
        if dialect == Dialect::Bird2 {
            channel.export = Policy::All;
        }
        Self { channel, peer_table: String::new(), preference: None, roa: false, opaque: false }
    }
}
