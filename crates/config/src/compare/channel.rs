//! Channels and their policies.

use std::collections::BTreeSet;

use godwit_wire::AddressFamily;

use super::protocol::Side;
use super::{Comparison, Facts};
use crate::bird::channel_options::{FLAGS, TIMES};
use crate::model::{
    AigpMode, BgpChannelConfig, BgpConfig, ChannelConfig, Dialect, Limit, MissingLladdr, NextHopMode,
    NextHopPreference, ProtocolKind, RouterConfig,
};

impl Comparison {
    pub(super) fn channels(&mut self, left: Side<'_>, right: Side<'_>) {
        // In 1.6 a protocol is its only channel, and nobody says of which family.
        let named = left.0.dialect == Dialect::Bird2 || right.0.dialect == Dialect::Bird2;
        let of =
            |side: Side<'_>| -> Vec<AddressFamily> { side.1.channels.iter().map(|c| c.family).collect() };
        let families: BTreeSet<String> =
            of(left).into_iter().chain(of(right)).map(|family| family.to_string()).collect();
        for family in families {
            let find =
                |side: Side<'_>| side.1.channels.iter().find(|c| c.family.to_string() == family).cloned();
            let prefix = if named { format!("{family} ") } else { String::new() };
            match (find(left), find(right)) {
                (Some(a), Some(b)) => {
                    self.facts(facts(left, &a, &prefix), facts(right, &b, &prefix));
                    self.policy(&format!("{prefix}import filter"), &a.import, &b.import);
                    self.policy(&format!("{prefix}export filter"), &a.export, &b.export);
                }
                (a, b) => {
                    let here = |c: Option<ChannelConfig>| c.map(|_| "on".to_owned());
                    self.add(&format!("channel {family}"), here(a), here(b), None);
                }
            }
        }
    }
}

pub(super) fn facts((config, protocol): Side<'_>, channel: &ChannelConfig, prefix: &str) -> Facts {
    let ChannelConfig {
        family: _,
        table,
        // They have a comparison of their own.
        import: _,
        export: _,
        preference,
        keep_filtered,
        receive_limit,
        import_limit,
        export_limit,
        bgp,
    } = channel;
    let mut facts = Facts::default();
    // The default tables have other names in the other dialect.
    let default = RouterConfig::default_tables().contains(&table.as_str());
    facts.add(format!("{prefix}table"), if default { "the default" } else { table });
    facts.add(format!("{prefix}preference"), preference);
    facts.flag(format!("{prefix}import keep filtered"), *keep_filtered);
    for (words, limit) in
        [("receive limit", receive_limit), ("import limit", import_limit), ("export limit", export_limit)]
    {
        let shown = limit.map(|Limit { max, action }| format!("{max} action {}", action.word()));
        facts.maybe(format!("{prefix}{words}"), shown);
    }
    if let ProtocolKind::Bgp(session) = &protocol.kind {
        bgp_facts(&mut facts, session, bgp, prefix, config.dialect);
    }
    facts
}

fn bgp_facts(facts: &mut Facts, session: &BgpConfig, bgp: &BgpChannelConfig, prefix: &str, dialect: Dialect) {
    // Switches and times are in tables.
    let BgpChannelConfig {
        next_hop_self,
        next_hop_keep,
        next_hop_address,
        next_hop_prefer: _,
        link_local_format,
        missing_lladdr,
        extended_next_hop: _,
        gateway,
        cost,
        igp_tables,
        aigp: _,
        import_table: _,
        export_table: _,
        secondary: _,
        add_paths,
        require_add_paths: _,
        require_extended_next_hop: _,
        mandatory: _,
        graceful_restart,
        long_lived_graceful_restart,
        long_lived_stale_time_secs: _,
        min_long_lived_stale_time_secs: _,
        max_long_lived_stale_time_secs: _,
        validate,
        base_table,
        as_override,
        private_as,
    } = bgp;
    facts.add(format!("{prefix}next hop self"), next_hop_self.word());
    let keep = match next_hop_keep {
        Some(mode) => *mode,
        // 1.6 has no such defaults.
        None if dialect == Dialect::Bird16 => NextHopMode::Off,
        None if session.rs_client => NextHopMode::All,
        None if session.rr_client => NextHopMode::Internal,
        None => NextHopMode::Off,
    };
    facts.add(format!("{prefix}next hop keep"), keep.word());
    facts.maybe(format!("{prefix}next hop address"), next_hop_address.as_ref());
    let recursive = session.is_recursive(*gateway);
    facts.add(format!("{prefix}gateway"), if recursive { "recursive" } else { "direct" });
    facts.maybe(format!("{prefix}igp table"), igp_tables.words());
    facts.add(
        format!("{prefix}add paths"),
        match add_paths {
            (false, false) => "off",
            (true, false) => "rx",
            (false, true) => "tx",
            (true, true) => "on",
        },
    );
    let mut copy = bgp.clone();
    for (words, place) in FLAGS {
        facts.flag(format!("{prefix}{}", words.join(" ")), *place(&mut copy));
    }
    // What follows from other options is told with them.
    let silent = BgpChannelConfig { next_hop_prefer: None, aigp: None, ..bgp.clone() };
    let told = Some(session.next_hop_preference(bgp)).filter(|p| *p != session.next_hop_preference(&silent));
    facts.maybe(format!("{prefix}next hop prefer"), told.map(NextHopPreference::word));
    let told = Some(session.aigp(bgp)).filter(|mode| *mode != session.aigp(&silent));
    facts.maybe(format!("{prefix}aigp"), told.map(AigpMode::word));
    facts.add(format!("{prefix}link local next hop format"), link_local_format.word());
    facts.maybe(format!("{prefix}cost"), cost.as_ref());
    facts.flag(format!("{prefix}validate"), *validate);
    facts.maybe(format!("{prefix}base table"), base_table.as_ref());
    facts.flag(format!("{prefix}as override"), *as_override);
    facts.add(format!("{prefix}remove private as"), private_as.word());
    if dialect == Dialect::Bird16 {
        facts.maybe(format!("{prefix}missing lladdr"), missing_lladdr.map(MissingLladdr::word));
        return;
    }
    let shown = |wanted: &Option<bool>| wanted.map(|wanted| if wanted { "on" } else { "off" });
    facts.maybe(format!("{prefix}graceful restart"), shown(graceful_restart));
    facts.maybe(format!("{prefix}long lived graceful restart"), shown(long_lived_graceful_restart));
    for (words, place) in TIMES {
        let shown = place(&mut copy).map(|n| format!("{n} s"));
        facts.maybe(format!("{prefix}{}", words.join(" ")), shown);
    }
}
