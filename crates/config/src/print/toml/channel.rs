//! Channels.

use godwit_wire::AddressFamily;

use super::{Toml, literal, quoted};
use crate::bird::channel_options::{FLAGS, TIMES};
use crate::model::{
    BgpChannelConfig, ChannelConfig, GatewayMode, Limit, LinkLocalFormat, MissingLladdr, NextHopMode,
    NextHopPreference, Policy, PrivateAs, ProtocolConfig, ProtocolKind,
};

impl Toml<'_> {
    /// `import` and `export`.
    pub(super) fn policy(&mut self, key: &str, policy: &Policy) {
        let text = self.out.policy(policy);
        self.key(key, literal(&text));
    }

    pub(super) fn limit(&mut self, key: &str, limit: Option<Limit>) {
        if let Some(Limit { max, action }) = limit {
            self.key(key, format_args!("{{ max = {max}, action = {} }}", quoted(action.word())));
        }
    }

    pub(super) fn channel(&mut self, protocol: &ProtocolConfig, channel: &ChannelConfig) {
        let is_roa = self.config.roa_table(&channel.table).is_some();
        let default = if channel.family == AddressFamily::IPV6 { "master6" } else { "master4" };
        if is_roa || channel.table != default {
            self.text_key("table", &channel.table);
        }
        self.policy("import", &channel.import);
        self.policy("export", &channel.export);
        if channel.preference != protocol.kind.default_preference() {
            self.key("preference", channel.preference);
        }
        self.flag("keep-filtered", channel.keep_filtered, false);
        self.limit("receive-limit", channel.receive_limit);
        self.limit("import-limit", channel.import_limit);
        self.limit("export-limit", channel.export_limit);
        if let ProtocolKind::Bgp(_) = &protocol.kind {
            self.bgp_channel(&channel.bgp);
        }
    }

    fn bgp_channel(&mut self, bgp: &BgpChannelConfig) {
        let mode = |mode: NextHopMode| match mode {
            NextHopMode::Off => "false".to_owned(),
            NextHopMode::All => "true".to_owned(),
            other => quoted(other.word()),
        };
        if bgp.next_hop_self != NextHopMode::Off {
            self.key("next-hop-self", mode(bgp.next_hop_self));
        }
        if let Some(keep) = bgp.next_hop_keep {
            self.key("next-hop-keep", mode(keep));
        }
        if let Some(address) = bgp.next_hop_address {
            self.text_key("next-hop-address", &address.to_string());
        }
        match bgp.gateway {
            GatewayMode::Auto => {}
            GatewayMode::Direct => self.text_key("gateway", "direct"),
            GatewayMode::Recursive => self.text_key("gateway", "recursive"),
        }
        bgp.igp_tables.names().for_each(|table| self.text_key("igp-table", table));
        match bgp.add_paths {
            (false, false) => {}
            (true, false) => self.text_key("add-paths", "rx"),
            (false, true) => self.text_key("add-paths", "tx"),
            (true, true) => self.key("add-paths", true),
        }
        let mut copy = bgp.clone();
        for (words, place) in FLAGS {
            self.flag(&words.join("-"), *place(&mut copy), false);
        }
        for (words, place) in TIMES {
            if let Some(n) = place(&mut copy) {
                self.key(&words.join("-"), n);
            }
        }
        for (key, on) in [
            ("graceful-restart", bgp.graceful_restart),
            ("long-lived-graceful-restart", bgp.long_lived_graceful_restart),
        ] {
            on.iter().for_each(|on| self.key(key, on));
        }
        bgp.cost.iter().for_each(|cost| self.key("cost", cost));
        let native = LinkLocalFormat::Native;
        let words = [
            ("next-hop-prefer", bgp.next_hop_prefer.map(NextHopPreference::word)),
            (
                "link-local-next-hop-format",
                Some(bgp.link_local_format).filter(|f| *f != native).map(LinkLocalFormat::word),
            ),
            ("missing-lladdr", bgp.missing_lladdr.map(MissingLladdr::word)),
        ];
        for (key, word) in words {
            word.iter().for_each(|word| self.text_key(key, word));
        }
        match bgp.aigp {
            None => {}
            Some(mode) => match mode.word() {
                "on" => self.key("aigp", true),
                "off" => self.key("aigp", false),
                word => self.text_key("aigp", word),
            },
        }
        self.flag("as-override", bgp.as_override, false);
        match bgp.private_as {
            PrivateAs::Keep => {}
            PrivateAs::Remove => self.key("remove-private-as", true),
            PrivateAs::Replace => self.text_key("remove-private-as", "replace"),
        }
    }
}
