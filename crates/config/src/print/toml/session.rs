//! `[bgp.NAME]`.

use std::time::Duration;

use super::{Toml, patterns, quoted};
use crate::bird::session::{FLAGS, NUMBERS, SECONDS, TIMES};
use crate::defaults::BGP_PORT;
use crate::model::{
    BfdOptions, BgpConfig, CeaseCodes, GracefulRestartMode, Neighbor, NeighborAs, Password, ProtocolConfig,
    TcpAoKey, TcpAoPreference,
};

/// Options whose keys are not their words.
const OTHER_KEYS: &[(&str, &str)] = &[
    ("allow bgp_local_pref", "allow-local-pref"),
    ("allow bgp_med", "allow-med"),
    ("default bgp_local_pref", "default-local-pref"),
    ("default bgp_med", "default-med"),
    ("enable as4", "four-octet-as"),
    ("enable enhanced route refresh", "enhanced-route-refresh"),
    ("enable extended messages", "extended-messages"),
    ("enable route refresh", "route-refresh"),
];

fn key_of(words: &[&str]) -> String {
    let words = words.join(" ");
    let other = OTHER_KEYS.iter().find(|(of, _)| *of == words);
    other.map_or_else(|| words.replace(' ', "-"), |(_, key)| (*key).to_owned())
}

impl Toml<'_> {
    pub(super) fn session(&mut self, protocol: &ProtocolConfig, bgp: &BgpConfig) {
        protocol.router_id.iter().for_each(|id| self.text_key("router-id", &id.to_string()));
        self.endpoints(bgp);
        if let Some(text) = bgp.password.as_ref().and_then(text) {
            self.text_key("password", text);
        }
        self.keys(&bgp.tcp_ao_keys);
        let mut config = bgp.clone();
        let mut default = BgpConfig::new(bgp.local_as, bgp.neighbor.clone(), bgp.neighbor_as);
        default.allow_as_sets = false;
        let mut required = Vec::new();
        for (words, place) in FLAGS {
            let (now, default) = (*place(&mut config), *place(&mut default));
            match words {
                ["require", rest @ ..] if now => required.push(quoted(&match rest {
                    ["as4"] => "four-octet-as".to_owned(),
                    rest => rest.join("-"),
                })),
                ["require", ..] => {}
                words => self.flag(&key_of(words), now, default),
            }
        }
        if !required.is_empty() {
            self.key("require", format_args!("[{}]", required.join(", ")));
        }
        for (words, place) in SECONDS {
            let (now, default) = (*place(&mut config), *place(&mut default));
            if now != default {
                self.key(&key_of(words), now.as_secs());
            }
        }
        for (words, place) in NUMBERS.iter().chain(TIMES) {
            let (now, default) = (*place(&mut config), *place(&mut default));
            if now != default {
                self.key(&key_of(words), now);
            }
        }
        self.timers(bgp, &default);
        self.rest(bgp, &default);
    }

    fn endpoints(&mut self, bgp: &BgpConfig) {
        self.key("local-as", bgp.local_as);
        bgp.local_address.iter().for_each(|address| self.text_key("local-address", &address.to_string()));
        if bgp.local_port != BGP_PORT {
            self.key("local-port", bgp.local_port);
        }
        let interface = match &bgp.neighbor {
            Neighbor::Address { address, interface } => {
                self.text_key("neighbor", &address.to_string());
                interface
            }
            Neighbor::Range(net) => {
                self.text_key("neighbor-range", &net.to_string());
                &bgp.range_interface
            }
        };
        interface.iter().for_each(|interface| self.text_key("interface", interface));
        if !bgp.interface_range.is_empty() {
            self.key("interface-range", patterns(&bgp.interface_range));
        }
        match bgp.neighbor_as {
            NeighborAs::Number(n) => self.key("neighbor-as", n),
            NeighborAs::Internal => self.text_key("neighbor-as", "internal"),
            NeighborAs::External => self.text_key("neighbor-as", "external"),
        }
        if bgp.neighbor_port != BGP_PORT {
            self.key("neighbor-port", bgp.neighbor_port);
        }
        match bgp.multihop {
            None => self.flag("multihop", false, bgp.is_internal()),
            Some(hops) => self.key("multihop", hops),
        }
        self.flag("check-link", bgp.check_link, bgp.multihop.is_none());
    }

    fn keys(&mut self, keys: &[TcpAoKey]) {
        if keys.is_empty() {
            return;
        }
        let one = |key: &TcpAoKey| {
            let preference = match key.preference {
                TcpAoPreference::Normal => "",
                TcpAoPreference::Preferred => ", preferred = true",
                TcpAoPreference::Deprecated => ", deprecated = true",
            };
            format!(
                "{{ send-id = {}, recv-id = {}, algorithm = {}, secret = {}{preference} }}",
                key.send_id,
                key.recv_id,
                quoted(key.algorithm.words()),
                quoted(text(&key.secret).unwrap_or_default()),
            )
        };
        self.key("tcp-ao-keys", format_args!("[{}]", keys.iter().map(one).collect::<Vec<_>>().join(", ")));
    }

    fn timers(&mut self, bgp: &BgpConfig, default: &BgpConfig) {
        let numbers = [
            ("hold-time", bgp.hold_time_secs, default.hold_time_secs),
            ("startup-hold-time", bgp.startup_hold_time_secs, default.startup_hold_time_secs),
            ("graceful-restart-time", bgp.graceful_restart_time_secs, default.graceful_restart_time_secs),
            (
                "min-graceful-restart-time",
                bgp.min_graceful_restart_time_secs,
                default.min_graceful_restart_time_secs,
            ),
            (
                "max-graceful-restart-time",
                bgp.max_graceful_restart_time_secs,
                default.max_graceful_restart_time_secs,
            ),
        ];
        for (key, now, default) in numbers {
            if now != default {
                self.key(key, now);
            }
        }
        bgp.keepalive_time_secs.iter().for_each(|n| self.key("keepalive-time", n));
        bgp.send_hold_time_secs.iter().for_each(|n| self.key("send-hold-time", n));
        bgp.connect_delay.iter().for_each(|delay| self.key("connect-delay-time", delay.as_secs()));
        if bgp.error_wait != default.error_wait {
            let (min, max) = bgp.error_wait;
            self.key("error-wait-time", format_args!("[{}, {}]", min.as_secs(), max.as_secs()));
        }
    }

    fn rest(&mut self, bgp: &BgpConfig, default: &BgpConfig) {
        bgp.rr_cluster_id.iter().for_each(|id| self.text_key("rr-cluster-id", &id.to_string()));
        match bgp.allow_local_as {
            0 => {}
            u32::MAX => self.key("allow-local-as", true),
            n => self.key("allow-local-as", n),
        }
        let mode = |mode: GracefulRestartMode| match mode {
            GracefulRestartMode::Off => "false".to_owned(),
            GracefulRestartMode::On => "true".to_owned(),
            GracefulRestartMode::Aware => quoted("aware"),
        };
        if bgp.graceful_restart != default.graceful_restart {
            self.key("graceful-restart", mode(bgp.graceful_restart));
        }
        if let Some(long) = bgp.long_lived_graceful_restart {
            self.key("long-lived-graceful-restart", mode(long));
        }
        self.flag("graceful-notification", bgp.graceful_notification, default.graceful_notification);
        bgp.confederation.iter().for_each(|n| self.key("confederation", n));
        if let Some(role) = bgp.local_role {
            self.text_key("local-role", &role.name().replace('_', "-"));
        }
        match bgp.disable_after_cease {
            CeaseCodes::NONE => {}
            CeaseCodes::ON => self.key("disable-after-cease", true),
            codes => {
                let words: Vec<String> = codes.words().map(|w| quoted(&w.replace(' ', "-"))).collect();
                self.key("disable-after-cease", format_args!("[{}]", words.join(", ")));
            }
        }
        if let Some(bfd) = &bgp.bfd {
            self.key("bfd", bfd_value(bfd));
        }
        bgp.dynamic_name.iter().for_each(|name| self.text_key("dynamic-name", name));
        if bgp.dynamic_name_digits != default.dynamic_name_digits {
            self.key("dynamic-name-digits", bgp.dynamic_name_digits);
        }
        if bgp.dynamic_limit != default.dynamic_limit {
            self.key("dynamic-limit", bgp.dynamic_limit);
        }
    }
}

fn bfd_value(bfd: &BfdOptions) -> String {
    let BfdOptions { graceful, min_rx, min_tx, idle_tx, multiplier, passive } = bfd;
    if *bfd == BfdOptions::default() {
        return "true".into();
    }
    let time = |key: &str, time: &Option<Duration>| time.map(|t| format!("{key} = {}", t.as_millis()));
    let parts = [
        graceful.then(|| "graceful = true".to_owned()),
        time("min-rx-ms", min_rx),
        time("min-tx-ms", min_tx),
        time("idle-tx-ms", idle_tx),
        multiplier.map(|n| format!("multiplier = {n}")),
        passive.map(|on| format!("passive = {on}")),
    ];
    format!("{{ {} }}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// A password as a text, if it is one.
pub(super) fn text(password: &Password) -> Option<&str> {
    std::str::from_utf8(password.octets()).ok()
}
