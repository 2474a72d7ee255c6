//! Channels of the 2.x dialect.

use godwit_filter::Diagnostic;

use super::Reader;
use super::draft::{Channel, Draft};
use super::net_type::NetType;
use super::protocol::new_channel;
use crate::lang::Parsed;
use crate::model::ProtocolKind;

impl Reader<'_> {
    /// `NETTYPE [{ … }]`
    pub(super) fn channel(&mut self, draft: &mut Draft) -> Parsed<()> {
        let span = self.l.span();
        let net_type = self.net_type()?;
        let kind = &draft.config.kind;
        let single = matches!(kind, ProtocolKind::Kernel(_) | ProtocolKind::Static(_));
        let bgp = matches!(kind, ProtocolKind::Bgp(_));
        let fits = match (&net_type, kind) {
            (NetType::Roa(_), ProtocolKind::Rpki(_) | ProtocolKind::Static(_)) => true,
            (NetType::Roa(_), _) | (_, ProtocolKind::Rpki(_)) => false,
            _ => true,
        };
        if !fits {
            return Err(Diagnostic::error(span, "Unsupported channel type"));
        }
        let other = matches!(net_type, NetType::Other(_));
        if other && !bgp {
            let message = match &draft.config.kind {
                ProtocolKind::Static(_) => format!("{} channels are not supported yet", net_type.name()),
                _ => "Unsupported channel type".to_owned(),
            };
            return Err(Diagnostic::error(span, message));
        }
        let known = draft.channels.iter().position(|c| c.net_type == net_type);
        let mut channel = match known {
            Some(at) if draft.channels.get(at).is_some_and(|c| c.opened) => {
                let message = format!("Multiple {} channels", net_type.name());
                return Err(Diagnostic::error(span, message).label("this protocol has one already"));
            }
            Some(at) => draft.channels.remove(at),
            None if single && !draft.channels.is_empty() => {
                return Err(Diagnostic::error(span, "Different channel type")
                    .label("this protocol has a channel of another type already"));
            }
            None => new_channel(net_type.clone()),
        };
        channel.opened = true;
        if self.l.at("{") {
            self.block(&mut |reader| reader.option_of_channel(&mut channel, bgp))?;
        }
        let unplaced = !matches!(net_type, NetType::Unicast(_))
            && channel.table.is_none()
            && !self.tables.iter().any(|t| t.net_type == net_type.of_table());
        if unplaced {
            return Err(Diagnostic::error(span, "Routing table not specified")
                .label(format!("there is no table for {}", net_type.name()))
                .help(format!("declare one above: {} table NAME;", net_type.name())));
        }
        if other {
            self.warn(span, format!("`{}` channels have no effect yet", net_type.name()));
        }
        match known {
            Some(at) => draft.channels.insert(at, channel),
            None => draft.channels.push(channel),
        }
        Ok(())
    }

    fn option_of_channel(&mut self, channel: &mut Channel, bgp: bool) -> Parsed<()> {
        if self.channel_option(channel, bgp)? {
            return self.end();
        }
        let words = super::channel_options::FIRST_WORDS.iter().copied();
        let words: Vec<&str> =
            if bgp { words.collect() } else { words.take(super::channel_options::COMMON_WORDS).collect() };
        let error = self.unknown_word(words.into_iter());
        Err(if error.label.is_none() { error.label("no option of a channel") } else { error })
    }
}
