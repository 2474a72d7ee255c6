//! Channels, in 1.6 options of the protocol.

use godwit_filter::Filter;
use godwit_wire::AddressFamily;

use super::{Out, comment, name};
use crate::bird::channel_options::{FLAGS, TIMES};
use crate::model::{
    AigpMode, BgpChannelConfig, ChannelConfig, Dialect, GatewayMode, Limit, LinkLocalFormat, MissingLladdr,
    NextHopMode, NextHopPreference, Policy, PrivateAs, ProtocolConfig, ProtocolKind,
};

impl Out<'_> {
    pub(super) fn channel(&mut self, protocol: &ProtocolConfig, channel: &ChannelConfig) {
        if self.is_16() {
            self.channel_options(protocol, channel);
            return;
        }
        let of = if channel.family == AddressFamily::IPV6 { "ipv6" } else { "ipv4" };
        self.block(of, |out| out.channel_options(protocol, channel));
        self.line("};");
    }

    fn channel_options(&mut self, protocol: &ProtocolConfig, channel: &ChannelConfig) {
        let default_table = match (self.config.dialect, channel.family) {
            (Dialect::Bird16, _) => "master",
            (_, AddressFamily::IPV6) => "master6",
            _ => "master4",
        };
        if channel.table != default_table {
            self.option("table", name(&channel.table));
        }
        self.policies_and_limits(protocol, channel);
        if let ProtocolKind::Bgp(_) = &protocol.kind {
            self.bgp_channel(&channel.bgp);
        }
    }

    /// What channels of every protocol have, the table apart.
    pub(super) fn policies_and_limits(&mut self, protocol: &ProtocolConfig, channel: &ChannelConfig) {
        // 2.x wants both of an external session, and a pipe of it has other defaults.
        let explicit = matches!(protocol.kind, ProtocolKind::Bgp(_) | ProtocolKind::Pipe(_)) && !self.is_16();
        if explicit || channel.import != Policy::All {
            let policy = self.policy(&channel.import);
            self.option("import", policy);
        }
        if explicit || channel.export != Policy::None {
            let policy = self.policy(&channel.export);
            self.option("export", policy);
        }
        if channel.preference != protocol.kind.default_preference() {
            self.option("preference", channel.preference);
        }
        self.flag("import keep filtered", channel.keep_filtered, false);
        self.limit("receive limit", channel.receive_limit);
        self.limit("import limit", channel.import_limit);
        self.limit("export limit", channel.export_limit);
    }

    pub(super) fn policy(&self, policy: &Policy) -> String {
        match policy {
            Policy::All => "all".into(),
            Policy::None => "none".into(),
            Policy::Filter(filter) => self.filter(filter),
        }
    }

    /// A filter by its name, if that is defined, or in its own words.
    fn filter(&self, filter: &Filter) -> String {
        let named = filter.name().filter(|name| self.config.program.filter(name).as_deref() == Some(filter));
        match (named, filter.text()) {
            (Some(named), _) => format!("filter {}", name(named)),
            (None, Some(text)) if text.starts_with("where ") => text.to_owned(),
            (None, text) => format!("filter {}", text.unwrap_or("{ reject; }")),
        }
    }

    fn limit(&mut self, words: &str, limit: Option<Limit>) {
        if let Some(Limit { max, action }) = limit {
            self.option(words, format_args!("{max} action {}", action.word()));
        }
    }

    /// BIRD 1.6 knows these by their words alone.
    fn next_hop_mode(&mut self, words: &str, mode: NextHopMode) {
        if self.is_16() && mode == NextHopMode::All {
            self.line(format_args!("{words};"));
        } else {
            self.option(words, mode.word());
        }
    }

    fn bgp_channel(&mut self, bgp: &BgpChannelConfig) {
        // In 1.6 each of the two decides on the other.
        let both = self.is_16() && bgp.next_hop_self != NextHopMode::Off;
        if bgp.next_hop_self != NextHopMode::Off {
            self.next_hop_mode("next hop self", bgp.next_hop_self);
        }
        if let Some(mode) = bgp.next_hop_keep.filter(|mode| !(both && *mode == NextHopMode::Off)) {
            self.next_hop_mode("next hop keep", mode);
        }
        if let Some(address) = bgp.next_hop_address {
            self.option("next hop address", address);
        }
        match bgp.gateway {
            GatewayMode::Auto => {}
            GatewayMode::Direct => self.option("gateway", "direct"),
            GatewayMode::Recursive => self.option("gateway", "recursive"),
        }
        for table in bgp.igp_tables.names() {
            self.option("igp table", name(table));
        }
        match bgp.add_paths {
            (false, false) => {}
            (true, false) => self.option("add paths", "rx"),
            (false, true) => self.option("add paths", "tx"),
            (true, true) => self.option("add paths", "on"),
        }
        let mut copy = bgp.clone();
        for (words, place) in FLAGS {
            self.flag(&words.join(" "), *place(&mut copy), false);
        }
        // In 1.6 they are the session's.
        if !self.is_16() {
            for (words, wanted) in [
                ("graceful restart", bgp.graceful_restart),
                ("long lived graceful restart", bgp.long_lived_graceful_restart),
            ] {
                if let Some(wanted) = wanted {
                    self.option(words, if wanted { "on" } else { "off" });
                }
            }
            for (words, place) in TIMES {
                if let Some(n) = place(&mut copy) {
                    self.option(&words.join(" "), n);
                }
            }
        }
        self.rare_options(bgp);
    }

    fn rare_options(&mut self, bgp: &BgpChannelConfig) {
        let words = [
            ("next hop prefer", bgp.next_hop_prefer.map(NextHopPreference::word)),
            (
                "link local next hop format",
                Some(bgp.link_local_format)
                    .filter(|f| *f != LinkLocalFormat::Native)
                    .map(LinkLocalFormat::word),
            ),
            ("missing lladdr", bgp.missing_lladdr.map(MissingLladdr::word).filter(|_| self.is_16())),
            ("aigp", bgp.aigp.map(AigpMode::word)),
        ];
        for (option, word) in words {
            if let Some(word) = word {
                self.option(option, word);
            }
        }
        if let Some(cost) = bgp.cost {
            self.option("cost", cost);
        }
        // The language has no words for these.
        if bgp.as_override {
            self.line(comment("as override on"));
        }
        if bgp.private_as != PrivateAs::Keep {
            self.line(comment(&format!("remove private as {}", bgp.private_as.word())));
        }
    }
}
