//! What is of a BGP session.

use std::time::Duration;

use super::{Comparison, Facts};
use crate::bird::session::{FLAGS, NUMBERS, SECONDS, TIMES};
use crate::model::{BgpConfig, CeaseCodes, Neighbor, NeighborAs, Password, TcpAoKey};
use crate::print::patterns;
use crate::print::session::bfd_words;

impl Comparison {
    /// Passwords are compared and never shown.
    pub(super) fn passwords(&mut self, left: Option<&Password>, right: Option<&Password>) {
        if left != right {
            let shown = |p: Option<&Password>| p.map(|_| "differs, not shown".to_owned());
            self.add("password", shown(left), shown(right), None);
        }
    }

    /// Keys are compared with their secrets, which are never shown.
    pub(super) fn keys(&mut self, left: &[TcpAoKey], right: &[TcpAoKey]) {
        if left != right {
            let shown = |keys: &[TcpAoKey]| {
                let ids = keys.iter().map(|key| format!("{}/{}", key.send_id, key.recv_id));
                (!keys.is_empty()).then(|| format!("{}, not shown", ids.collect::<Vec<_>>().join(", ")))
            };
            self.add("keys", shown(left), shown(right), None);
        }
    }
}

pub(super) fn facts(bgp: &BgpConfig) -> Facts {
    // Who adds an option is to think of it here: each is compared below, or in a table, or is the password.
    let BgpConfig {
        local_as: _,
        local_address: _,
        local_port: _,
        neighbor: _,
        neighbor_port: _,
        neighbor_as: _,
        multihop: _,
        strict_bind: _,
        password: _,
        passive: _,
        rr_client: _,
        rr_cluster_id: _,
        rs_client: _,
        hold_time_secs: _,
        startup_hold_time_secs: _,
        keepalive_time_secs: _,
        connect_delay: _,
        connect_retry: _,
        error_wait: _,
        error_forget: _,
        disable_after_error: _,
        path_metric: _,
        med_metric: _,
        deterministic_med: _,
        igp_metric: _,
        prefer_older: _,
        default_med: _,
        default_local_pref: _,
        allow_local_as: _,
        allow_local_pref: _,
        allow_as_sets: _,
        enforce_first_as: _,
        interpret_communities: _,
        route_refresh: _,
        four_octet_as: _,
        capabilities: _,
        graceful_restart: _,
        graceful_restart_time_secs: _,
        ttl_security: _,
        check_link: _,
        bfd: _,
        onlink: _,
        range_interface: _,
        interface_range: _,
        free_bind: _,
        dynamic_name: _,
        dynamic_name_digits: _,
        dynamic_limit: _,
        tcp_ao_keys: _,
        confederation: _,
        confederation_member: _,
        local_role: _,
        min_hold_time_secs: _,
        min_keepalive_time_secs: _,
        send_hold_time_secs: _,
        disable_after_cease: _,
        allow_med: _,
        enhanced_route_refresh: _,
        extended_messages: _,
        advertise_hostname: _,
        advertise_ipv4: _,
        require: _,
        graceful_notification: _,
        min_graceful_restart_time_secs: _,
        max_graceful_restart_time_secs: _,
        long_lived_graceful_restart: _,
        long_lived_stale_time_secs: _,
        min_long_lived_stale_time_secs: _,
        max_long_lived_stale_time_secs: _,
        disable_rx: _,
    } = bgp;
    let mut facts = Facts::default();
    endpoints(&mut facts, bgp);
    // The tables of options have their places by reference.
    let mut copy = bgp.clone();
    for (words, place) in FLAGS {
        facts.flag(words.join(" "), *place(&mut copy));
    }
    for (words, place) in SECONDS {
        facts.add(words.join(" "), seconds(*place(&mut copy)));
    }
    for (words, place) in NUMBERS {
        facts.add(words.join(" "), *place(&mut copy));
    }
    for (words, place) in TIMES {
        facts.add(words.join(" "), format_args!("{} s", place(&mut copy)));
    }
    facts.add("hold time", format_args!("{} s", bgp.hold_time_secs));
    facts.add("startup hold time", format_args!("{} s", bgp.startup_hold_time_secs));
    facts.maybe("keepalive time", bgp.keepalive_time_secs.map(|n| format!("{n} s")));
    facts.maybe("send hold time", bgp.send_hold_time_secs.map(|n| format!("{n} s")));
    facts.maybe("connect delay time", bgp.connect_delay.map(seconds));
    let (min, max) = bgp.error_wait;
    facts.add("error wait time", format_args!("{}, {}", seconds(min), seconds(max)));
    facts.maybe("rr cluster id", bgp.rr_cluster_id);
    facts.add(
        "allow local as",
        match bgp.allow_local_as {
            0 => "off".to_owned(),
            u32::MAX => "on".to_owned(),
            n => n.to_string(),
        },
    );
    facts.add("graceful restart", bgp.graceful_restart.word());
    for (words, secs) in [
        ("graceful restart time", bgp.graceful_restart_time_secs),
        ("min graceful restart time", bgp.min_graceful_restart_time_secs),
        ("max graceful restart time", bgp.max_graceful_restart_time_secs),
    ] {
        facts.add(words, format_args!("{secs} s"));
    }
    facts.add("long lived graceful restart", bgp.long_lived_mode().word());
    facts.maybe("confederation", bgp.confederation);
    facts.maybe("local role", bgp.local_role);
    facts.add(
        "disable after cease",
        match bgp.disable_after_cease {
            CeaseCodes::NONE => "off".to_owned(),
            CeaseCodes::ON => "on".to_owned(),
            codes => codes.words().collect::<Vec<_>>().join(", "),
        },
    );
    facts.add("bfd", bgp.bfd.as_ref().map_or("off".into(), bfd_words));
    facts.maybe("dynamic name", bgp.dynamic_name.as_ref());
    facts.add("dynamic name digits", bgp.dynamic_name_digits);
    facts.add("dynamic limit", bgp.dynamic_limit);
    facts.flag("graceful notification", bgp.graceful_notification);
    facts
}

fn endpoints(facts: &mut Facts, bgp: &BgpConfig) {
    facts.add("local as", bgp.local_as);
    facts.maybe("source address", bgp.local_address);
    facts.add("local port", bgp.local_port);
    let (neighbor, interface) = match &bgp.neighbor {
        Neighbor::Address { address, interface } => (address.to_string(), interface.as_ref()),
        Neighbor::Range(net) => (format!("range {net}"), bgp.range_interface.as_ref()),
    };
    facts.add("neighbor", neighbor);
    facts.maybe("interface", interface);
    facts.maybe("interface range", Some(&bgp.interface_range).filter(|r| !r.is_empty()).map(|r| patterns(r)));
    facts.add("neighbor port", bgp.neighbor_port);
    facts.add(
        "neighbor as",
        match bgp.neighbor_as {
            NeighborAs::Number(n) => n.to_string(),
            NeighborAs::Internal => bgp.local_as.to_string(),
            NeighborAs::External => "external".to_owned(),
        },
    );
    facts.maybe("multihop", bgp.multihop);
    facts.flag("check link", bgp.check_link);
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
