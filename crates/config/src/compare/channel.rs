//! Channels and their policies.

use std::collections::BTreeSet;

use godwit_wire::AddressFamily;

use super::protocol::Side;
use super::{Comparison, Facts};
use crate::model::{
    BgpChannelConfig, BgpConfig, ChannelConfig, Dialect, Limit, NextHopMode, ProtocolKind, RouterConfig,
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

fn facts((config, protocol): Side<'_>, channel: &ChannelConfig, prefix: &str) -> Facts {
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
    let BgpChannelConfig {
        next_hop_self,
        next_hop_keep,
        next_hop_address,
        gateway,
        igp_table,
        secondary,
        add_paths,
        mandatory,
        graceful_restart,
        next_hop_prefer: _,
        link_local_format: _,
        missing_lladdr: _,
        extended_next_hop: _,
        cost: _,
        aigp: _,
        import_table: _,
        export_table: _,
        require_add_paths: _,
        require_extended_next_hop: _,
        long_lived_graceful_restart: _,
        long_lived_stale_time_secs: _,
        min_long_lived_stale_time_secs: _,
        max_long_lived_stale_time_secs: _,
        validate: _,
        base_table: _,
        as_override: _,
        private_as: _,
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
    facts.maybe(format!("{prefix}igp table"), igp_table.as_ref());
    facts.flag(format!("{prefix}secondary"), *secondary);
    facts.add(
        format!("{prefix}add paths"),
        match add_paths {
            (false, false) => "off",
            (true, false) => "rx",
            (false, true) => "tx",
            (true, true) => "on",
        },
    );
    facts.flag(format!("{prefix}mandatory"), *mandatory);
    if dialect == Dialect::Bird2 {
        let shown = graceful_restart.map(|wanted| if wanted { "on" } else { "off" });
        facts.maybe(format!("{prefix}graceful restart"), shown);
    }
}
