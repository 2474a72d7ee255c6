//! The end of a protocol: defaults that depend on other options, and the checks between options.

use std::sync::Arc;

use godwit_filter::{Diagnostic, Span};
use godwit_wire::AddressFamily;

use super::Reader;
use super::draft::{Channel, Draft, Method, PeerType, Reach, Remote, Session};
use super::net_type::NetType;
use crate::check::{self, SessionFacts};
use crate::defaults::MULTIHOP_DEFAULT;
use crate::extra::front::times_problem;
use crate::lang::Parsed;
use crate::model::{
    BgpConfig, ChannelConfig, Dialect, Neighbor, NeighborAs, Policy, ProtocolConfig, ProtocolKind,
};

/// Of ROAs from a cache, and of a static protocol's (bird.md §4.1).
const RPKI_PREFERENCE: u16 = 100;
const STATIC_PREFERENCE: u16 = 200;

impl Reader<'_> {
    /// Keeps what was read for `from`, and makes a protocol of it unless it is a template.
    pub(super) fn finish_protocol(&mut self, draft: Draft, end: Span) -> Parsed<()> {
        self.drafts.push(draft.clone());
        if draft.template {
            return Ok(());
        }
        self.seen_protocol = true;
        let (config, problem) = self.finished(draft);
        let problem = problem.or_else(|| self.extra.as_ref().and_then(|_| times_problem(&config)));
        if let (ProtocolKind::Bgp(bgp), None) = (&config.kind, &problem)
            && bgp.local_role.is_some()
            && bgp.confederation_member
            && !bgp.is_internal()
        {
            self.warn(end, "BGP roles are not recommended to be used within AS confederations");
        }
        let name = config.name.clone();
        if self.belongs_here(&config) && (problem.is_none() || self.extra.is_none()) {
            self.config.protocols.push(Arc::new(config));
        }
        // The whole of it was read: there is nothing to skip after this error.
        if let Some(message) = problem {
            // BIRD finds it at the closing brace.
            self.report(Diagnostic::error(end, message).label(format!("protocol {name} ends here")));
        }
        Ok(())
    }

    /// What a protocol was told, put together, and what is wrong with that.
    pub(super) fn finished(&self, draft: Draft) -> (ProtocolConfig, Option<String>) {
        let mut config = draft.config;
        config.channels = draft.channels.iter().filter_map(|c| self.finish_channel(c, &config)).collect();
        self.keep_routes_of_family(&mut config);
        let problem = match &mut config.kind {
            ProtocolKind::Bgp(bgp) => {
                let result = complete(bgp, &draft.session, self.config.dialect);
                let facts = facts(&draft.session, self.config.dialect);
                match result {
                    Some(message) => Some(message.to_owned()),
                    None => check::session(bgp, &facts)
                        .or_else(|| self.check_channels(bgp, &config.channels, &draft.channels)),
                }
            }
            ProtocolKind::Pipe(pipe) => match draft.channels.first() {
                Some(channel) => self.complete_pipe(pipe, &draft.pipe, channel),
                None => None,
            },
            ProtocolKind::Rpki(rpki) => {
                let of_roas = draft.channels.iter();
                rpki.channels = of_roas.filter_map(|c| self.finish_roa_channel(c, RPKI_PREFERENCE)).collect();
                match draft.rpki.remote {
                    // In the order BIRD looks.
                    _ if rpki.channels.is_empty() => Some("Channel not specified".to_owned()),
                    false => Some("IP address or hostname of cache server must be set".to_owned()),
                    true => check::rpki(rpki).map(str::to_owned),
                }
            }
            ProtocolKind::Static(of) => {
                let channel = draft.channels.first();
                of.roa_channel =
                    channel.and_then(|c| self.finish_roa_channel(c, STATIC_PREFERENCE)).map(Box::new);
                check::protocol_kind(&config, &self.config.protocols)
            }
            _ => check::protocol_kind(&config, &self.config.protocols),
        };
        if matches!(config.kind, ProtocolKind::Pipe(_)) {
            config.channels.clear();
        }
        (config, problem)
    }

    /// The channel with what it was not told; `None` for one that has no effect.
    fn finish_channel(&self, channel: &Channel, of: &ProtocolConfig) -> Option<ChannelConfig> {
        let NetType::Unicast(family) = channel.net_type else { return None };
        let default_table = match (self.config.dialect, family) {
            (Dialect::Bird16, _) => "master",
            (Dialect::Bird2, AddressFamily::IPV6) => "master6",
            (Dialect::Bird2, _) => "master4",
        };
        Some(ChannelConfig {
            family,
            table: channel.table.clone().unwrap_or_else(|| default_table.to_owned()),
            import: channel.import.clone().unwrap_or(Policy::All),
            export: channel.export.clone().unwrap_or(Policy::None),
            preference: channel.preference.unwrap_or_else(|| of.kind.default_preference()),
            ..channel.rest.clone()
        })
    }

    /// A channel of ROAs with what it was not told: the first table of its type is the default.
    fn finish_roa_channel(&self, channel: &Channel, preference: u16) -> Option<ChannelConfig> {
        let NetType::Roa(family) = channel.net_type else { return None };
        let default = || self.tables.iter().find(|t| t.net_type == channel.net_type).map(|t| t.name.clone());
        Some(ChannelConfig {
            family,
            table: channel.table.clone().or_else(default).unwrap_or_default(),
            import: channel.import.clone().unwrap_or(Policy::All),
            export: channel.export.clone().unwrap_or(Policy::None),
            preference: channel.preference.unwrap_or(preference),
            ..channel.rest.clone()
        })
    }

    /// What is wrong with the channels of a session.
    fn check_channels(&self, bgp: &BgpConfig, configs: &[ChannelConfig], told: &[Channel]) -> Option<String> {
        let told = told.iter().filter(|c| matches!(c.net_type, NetType::Unicast(_)));
        configs.iter().zip(told).find_map(|(config, told)| {
            if !self.is_16() && !bgp.is_interior() {
                // RFC 8212 §2.1.
                if told.import.is_none() {
                    return Some("EBGP requires explicit import policy".to_owned());
                }
                if told.export.is_none() {
                    return Some("EBGP requires explicit export policy".to_owned());
                }
            }
            check::bgp_channel(bgp, config, &self.config, self.config.dialect)
                .or_else(|| self.check_sorted(bgp, config))
        })
    }

    fn check_sorted(&self, bgp: &BgpConfig, channel: &ChannelConfig) -> Option<String> {
        let sorted = self.tables.iter().any(|t| t.name == channel.table && t.sorted);
        let message = if channel.bgp.secondary && !sorted {
            "BGP with secondary option requires sorted table"
        } else if sorted && bgp.is_recursive(channel.bgp.gateway) {
            "BGP in recursive mode prohibits sorted table"
        } else if sorted && bgp.deterministic_med {
            "BGP with deterministic MED prohibits sorted table"
        } else {
            return None;
        };
        Some(message.to_owned())
    }
}

/// Puts together what a session was told; or what is missing.
fn complete(bgp: &mut BgpConfig, session: &Session, dialect: Dialect) -> Option<&'static str> {
    if bgp.local_as == 0 {
        return Some("Local AS number must be set");
    }
    let Some(remote) = &session.remote else { return Some("Neighbor must be configured") };
    if let Some(message) = check::binding(bgp).or_else(|| authenticate(bgp, session.authentication)) {
        return Some(message);
    }
    bgp.neighbor_as = match (session.remote_as.filter(|n| *n != 0), session.peer_type) {
        (Some(n), _) => NeighborAs::Number(n),
        (None, Some(PeerType::Internal)) => NeighborAs::Internal,
        (None, Some(PeerType::External)) => NeighborAs::External,
        (None, None) if dialect == Dialect::Bird16 => return Some("Remote AS number must be set"),
        (None, None) => return Some("Remote AS number (or peer type) must be set"),
    };
    bgp.neighbor = match remote {
        Remote::Address(address) => {
            Neighbor::Address { address: *address, interface: session.interface.clone() }
        }
        Remote::Range(net) => {
            bgp.range_interface.clone_from(&session.interface);
            Neighbor::Range(*net)
        }
    };
    let internal = match session.peer_type {
        Some(of) => of == PeerType::Internal,
        None => bgp.is_internal(),
    };
    bgp.multihop = match session.reach {
        Some(Reach::Direct) => None,
        Some(Reach::Hops(n)) => Some(n),
        None => internal.then_some(MULTIHOP_DEFAULT),
    };
    let by_default = dialect == Dialect::Bird2 && bgp.multihop.is_none();
    bgp.check_link = session.check_link.unwrap_or(by_default);
    None
}

/// What the method chosen leaves of passwords and keys: a template may have had another.
fn authenticate(bgp: &mut BgpConfig, method: Option<Method>) -> Option<&'static str> {
    let (password, keys) = (bgp.password.is_some(), !bgp.tcp_ao_keys.is_empty());
    match method {
        Some(Method::Md5) if !password => return Some("Password must be specified for MD5 authentication"),
        Some(Method::Ao) if !keys => return Some("Keys must be specified for AO authentication"),
        None if keys => return Some("Keys are used with `authentication ao` only"),
        _ => {}
    }
    if matches!(method, Some(Method::None | Method::Ao)) {
        bgp.password = None;
    }
    if matches!(method, Some(Method::None | Method::Md5)) {
        bgp.tcp_ao_keys = Vec::new();
    }
    None
}

fn facts(session: &Session, dialect: Dialect) -> SessionFacts {
    SessionFacts { internal: session.peer_type.map(|of| of == PeerType::Internal), dialect }
}
