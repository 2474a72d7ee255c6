//! What a channel is set up with, and what changes of it while it runs.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use godwit_config::{
    AigpMode, BgpChannelConfig, BgpConfig, ChannelConfig, Dialect, LimitAction, LinkLocalFormat,
    MissingLladdr, NextHopMode, NextHopPreference, PrivateAs, ProtocolConfig,
};
use godwit_fsm::Negotiated;
use godwit_rib::{
    AigpPolicy, BgpExport, BgpImport, BgpSource, ChannelImport, Exporter, ExporterKind, MissingLinkLocal,
    NetKey, NextHopPolicy, PrivateAsPolicy, SourceId, SourceInfo, SourceLimit,
};
use godwit_wire::{AddressFamily, AttributeContext};

use super::channel::Channel;
use super::own::Own;
use crate::limits::SESSION_CHUNKS_MAX;
use crate::links::LinkTable;
use crate::over_limit::{LimitKind, OverLimit};
use crate::protocol::{Context, policy, trace};
use crate::session::held::Held;
use crate::table::TableHandle;

/// A session as its channels' set-up looks at it.
#[derive(Clone, Copy)]
pub(in crate::session) struct SessionView<'a> {
    pub(in crate::session) config: &'a ProtocolConfig,
    pub(in crate::session) bgp: &'a BgpConfig,
    pub(in crate::session) context: &'a Context,
    pub(in crate::session) negotiated: &'a Negotiated,
    pub(in crate::session) peer: IpAddr,
    pub(in crate::session) over_limit: &'a Arc<OverLimit>,
    /// After a restart of ours, what we have is not complete yet.
    pub(in crate::session) recovering: bool,
}

/// Sets the channels of a session up.
pub(super) struct Setup<'a> {
    pub(super) session: SessionView<'a>,
    pub(super) own: Own,
    pub(super) links: &'a Arc<LinkTable>,
}

impl Setup<'_> {
    fn cluster_id(&self) -> u32 {
        let router_id = self.session.config.router_id.unwrap_or(self.session.context.router_id);
        self.session.bgp.rr_cluster_id.unwrap_or(router_id).into()
    }

    /// The neighbor is in our AS or our confederation.
    fn is_interior(&self) -> bool {
        let bgp = self.session.bgp;
        self.session.negotiated.internal || (bgp.confederation.is_some() && bgp.confederation_member)
    }

    pub(super) async fn channel_import(&self, channel: &ChannelConfig) -> ChannelImport {
        let recursive = self.session.bgp.is_recursive(channel.bgp.gateway);
        let config = self.session.config;
        ChannelImport {
            policy: policy(&channel.import),
            preference: channel.preference,
            aigp: self.aigp(channel) != AigpMode::Off,
            import_table: channel.bgp.import_table,
            prefer_link_local: self.session.bgp.next_hop_preference(&channel.bgp) == NextHopPreference::Local,
            lookup_tables: if recursive {
                self.session.context.lookup_tables(config, channel).await
            } else {
                [0; 2]
            },
            recursive,
            add_path: self.session.negotiated.add_path(channel.family).0,
            keep_filtered: channel.keep_filtered,
        }
    }

    pub(super) async fn import_of(&self, channel: Option<&ChannelConfig>) -> Option<ChannelImport> {
        Some(self.channel_import(channel?).await)
    }

    /// 1.6 does not know AIGP.
    fn aigp(&self, channel: &ChannelConfig) -> AigpMode {
        match channel.bgp.aigp {
            None if self.session.context.dialect16 => AigpMode::Off,
            _ => self.session.bgp.aigp(&channel.bgp),
        }
    }

    fn trace(&self, family: AddressFamily) -> Option<godwit_rib::Trace> {
        trace(self.session.config, family, self.session.context.dialect16)
    }

    /// Applies the options of a channel that can change while it runs.
    pub(super) async fn reconfigure<K: NetKey>(&self, channel: Option<&Channel<K>>, config: &ChannelConfig) {
        let Some(channel) = channel else { return };
        let (id, source) = (channel.chunks.id(), channel.source);
        let (policy, export) = (policy(&config.export), self.export(config));
        let cost = config.bgp.cost.unwrap_or(0);
        let [receive, import, export_limit] = LimitKind::ALL.map(|kind| limit(config, kind));
        let traced = self.trace(config.family);
        let keep = config.keep_filtered;
        let set = move |shell: &mut crate::table::TableShell<K>| {
            shell.table.set_source_trace(source, traced.clone());
            shell.table.set_cost(source, cost);
            shell.table.set_keep_filtered(source, keep);
            let mut exports_too_much = false;
            if let Some(exporter) = shell.table.exporter_mut(id) {
                exporter.set_trace(traced);
                exports_too_much = exporter.set_limit(export_limit);
                if *exporter.policy() != policy {
                    exporter.set_policy(policy);
                }
                if exporter.bgp() != Some(&export) {
                    exporter.set_kind(ExporterKind::Bgp(Arc::new(export)));
                }
            }
            (shell.table.set_limits(source, receive, import), exports_too_much)
        };
        let Some((passed, exports_too_much)) = channel.table.call(set).await else { return };
        self.session.over_limit.passed(K::FAMILY, passed);
        if exports_too_much {
            self.session.over_limit.export_passed(K::FAMILY);
        }
    }

    /// A source for a channel: with what an earlier session left, if the neighbor has kept forwarding.
    /// Whether it is such a one.
    async fn source_of<K: NetKey>(
        &self,
        info: SourceInfo,
        channel: &ChannelConfig,
        table: &TableHandle<K>,
        held: Option<Held<K>>,
    ) -> Option<(SourceId, bool)> {
        let traced = self.trace(channel.family);
        let [receive, import, _] = LimitKind::ALL.map(|kind| limit(channel, kind));
        let keep = channel.keep_filtered;
        if let Some(held) = held {
            // Its cost may have changed while it was there.
            let cost = channel.bgp.cost.unwrap_or(0);
            let as_before = BgpSource { cost, ..held.session.clone() };
            let speaks_as_before = held.add_path == self.session.negotiated.add_path(K::FAMILY).0
                && info.bgp.as_ref() == Some(&as_before);
            if self.session.negotiated.has_kept_family(K::FAMILY) && speaks_as_before {
                let source = held.source;
                let set = move |shell: &mut crate::table::TableShell<K>| {
                    shell.table.set_source_trace(source, traced);
                    shell.table.set_cost(source, cost);
                    shell.table.set_keep_filtered(source, keep);
                    shell.table.set_limits(source, receive, import)
                };
                self.session.over_limit.passed(K::FAMILY, table.call(set).await?);
                return Some((source, true));
            }
            held.flush().await;
        }
        let source = table.add_source(info, import, traced).await?;
        let set = move |shell: &mut crate::table::TableShell<K>| {
            shell.table.set_keep_filtered(source, keep);
            shell.table.set_limits(source, receive, import);
        };
        table.call(set).await?;
        Some((source, false))
    }

    pub(super) async fn channel<K: NetKey>(
        &self,
        channel: &ChannelConfig,
        table: TableHandle<K>,
        held: Option<Held<K>>,
    ) -> Option<Channel<K>> {
        let info = SourceInfo {
            protocol: self.session.config.name.as_str().into(),
            type_rank: 0,
            bgp: Some(self.source(&channel.bgp)),
        };
        let (protocol, long_lived) = (info.protocol.clone(), held.as_ref().is_some_and(|h| h.long_lived));
        let (source, stale) = self.source_of(info, channel, &table, held).await?;
        let kind = ExporterKind::Bgp(Arc::new(self.export(channel)));
        let mut exporter = Exporter::new(kind, policy(&channel.export), Some(source), self.links.clone());
        exporter.set_trace(self.trace(channel.family));
        if channel.bgp.secondary {
            exporter.send_first_that_passes();
        }
        if channel.bgp.export_table {
            exporter.keep_exported();
        }
        exporter.set_limit(limit(channel, LimitKind::Export));
        let over_limit = Some(self.session.over_limit.clone());
        let chunks = table.add_exporter(protocol, exporter, SESSION_CHUNKS_MAX, over_limit).await?;
        Some(Channel {
            table,
            source,
            chunks,
            pending: VecDeque::new(),
            over_limit: self.session.over_limit.clone(),
            session: self.source(&channel.bgp),
            add_path: self.session.negotiated.add_path(K::FAMILY).0,
            stale,
            long_lived: stale && long_lived,
            begins: self.session.negotiated.remote_open.graceful_restart().is_some(),
            fed: false,
            answers: false,
            asked: false,
            refreshing: false,
            withheld: self.session.recovering,
        })
    }

    fn source(&self, channel: &BgpChannelConfig) -> BgpSource {
        BgpSource {
            peer_address: self.session.peer,
            peer_id: self.session.negotiated.peer_id,
            peer_as: self.session.negotiated.peer_as,
            local_as: self.session.bgp.local_as,
            public_as: self.session.bgp.public_as(),
            internal: self.session.negotiated.internal,
            interior: self.is_interior(),
            rr_client: self.session.bgp.rr_client,
            cluster_id: self.cluster_id(),
            ifindex: self.own.ifindex,
            cost: channel.cost.unwrap_or(0),
            path_metric: self.session.bgp.path_metric,
            med_metric: self.session.bgp.med_metric,
            deterministic_med: self.session.bgp.deterministic_med,
            igp_metric: self.session.bgp.igp_metric,
            prefer_older: self.session.bgp.prefer_older,
            resolves_to_drops: !self.session.context.dialect16,
            default_med: self.session.bgp.default_med,
            default_local_pref: self.session.bgp.default_local_pref,
        }
    }

    pub(super) fn import(&self) -> BgpImport {
        BgpImport {
            protocol: self.session.config.name.as_str().into(),
            local_as: self.session.bgp.local_as,
            peer_as: self.session.negotiated.peer_as,
            public_as: self.session.bgp.public_as(),
            internal: self.session.negotiated.internal,
            router_id: self.session.config.router_id.unwrap_or(self.session.context.router_id),
            cluster_id: self.session.bgp.rr_client.then(|| self.cluster_id()),
            peer_address: self.session.peer,
            allow_local_as: self.session.bgp.allow_local_as,
            enforce_first_as: self.session.bgp.enforce_first_as && !self.session.negotiated.internal,
            role: self.session.negotiated.role,
            default_local_pref: self.session.bgp.default_local_pref,
            ifindex: Some(self.own.ifindex).filter(|index| *index != 0),
            onlink: self.session.bgp.onlink,
            next_hop_is_peer_else: self.session.context.dialect16,
            attributes: AttributeContext {
                external: !self.session.negotiated.internal,
                confederation: self.session.bgp.confederation.is_some() && self.is_interior(),
                four_octet_as: self.session.negotiated.four_octet_as,
                allow_local_pref: self.session.bgp.allow_local_pref,
                aigp: self.session.config.channels.iter().any(|c| self.aigp(c) != AigpMode::Off),
                allow_as_sets: self.session.bgp.allow_as_sets,
                families: self.session.negotiated.families.clone(),
                extended_next_hop: self.session.negotiated.extended_next_hop.clone(),
            },
        }
    }

    /// BIRD 2 has no such rule.
    fn missing_link_local(&self, channel: &ChannelConfig) -> Option<MissingLinkLocal> {
        if !self.session.context.dialect16 || channel.family != AddressFamily::IPV6 {
            return None;
        }
        let server = self.session.bgp.rs_client;
        Some(match channel.bgp.missing_lladdr {
            Some(MissingLladdr::Drop) => MissingLinkLocal::Drop,
            Some(MissingLladdr::Ignore) => MissingLinkLocal::Ignore,
            // A route server's clients send nothing through it.
            None if server => MissingLinkLocal::Ignore,
            Some(MissingLladdr::Own) | None => MissingLinkLocal::Own,
        })
    }

    fn export(&self, channel: &ChannelConfig) -> BgpExport {
        let options: &BgpChannelConfig = &channel.bgp;
        let dialect = if self.session.context.dialect16 { Dialect::Bird16 } else { Dialect::Bird2 };
        let extended = self.session.negotiated.extended_next_hop.contains(&channel.family);
        // RFC 8950: an address of the session's own family is as good.
        let other_family = extended && self.session.peer.is_ipv6();
        let own = match channel.family {
            AddressFamily::IPV4 if !other_family => self.own.ipv4,
            _ => self.own.ipv6,
        };
        BgpExport {
            local_as: self.session.bgp.local_as,
            public_as: self.session.bgp.public_as(),
            internal: self.session.negotiated.internal,
            interior: self.is_interior(),
            rr_client: self.session.bgp.rr_client,
            rs_client: self.session.bgp.rs_client,
            cluster_id: self.cluster_id(),
            peer_address: self.session.peer,
            ifindex: self.own.ifindex,
            own_next_hop: options.next_hop_address.or(own),
            own_link_local: self.own.link_local,
            link_local_format: match options.link_local_format {
                LinkLocalFormat::Native => godwit_rib::LinkLocalFormat::Native,
                LinkLocalFormat::Single => godwit_rib::LinkLocalFormat::Single,
                LinkLocalFormat::Double => godwit_rib::LinkLocalFormat::Double,
            },
            missing_link_local: self.missing_link_local(channel),
            next_hop_self: next_hop_policy(options.next_hop_self),
            next_hop_keep: next_hop_policy(self.session.bgp.next_hop_keep(options, dialect)),
            interpret_communities: self.session.bgp.interpret_communities,
            default_local_pref: self.session.bgp.default_local_pref,
            allow_local_pref: self.session.bgp.allow_local_pref,
            long_lived: self.session.negotiated.remote_open.long_lived_graceful_restart().is_some(),
            role: self.session.negotiated.role,
            aigp: match self.aigp(channel) {
                AigpMode::Off => AigpPolicy::Off,
                AigpMode::On => AigpPolicy::On,
                AigpMode::Originate => AigpPolicy::Originate,
            },
            allow_med: self.session.bgp.allow_med,
            as_override: options.as_override.then_some(self.session.negotiated.peer_as),
            private_as: match options.private_as {
                PrivateAs::Keep => PrivateAsPolicy::Keep,
                PrivateAs::Remove => PrivateAsPolicy::Remove,
                PrivateAs::Replace => PrivateAsPolicy::Replace,
            },
            extended_next_hop: extended,
            rewrite_before_filter: self.session.context.dialect16,
            four_octet_as: self.session.negotiated.four_octet_as,
            add_path: self.session.negotiated.add_path(channel.family).1,
            message_len_max: self.session.negotiated.message_len_max,
        }
    }
}

fn limit(channel: &ChannelConfig, kind: LimitKind) -> Option<SourceLimit> {
    let limit = kind.of(channel)?;
    Some(SourceLimit { max: limit.max, refuse: limit.action != LimitAction::Warn })
}

fn next_hop_policy(mode: NextHopMode) -> NextHopPolicy {
    match mode {
        NextHopMode::Off => NextHopPolicy::Off,
        NextHopMode::All => NextHopPolicy::All,
        NextHopMode::Internal => NextHopPolicy::Internal,
        NextHopMode::External => NextHopPolicy::External,
    }
}
