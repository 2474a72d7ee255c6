//! `protocol bgp`.

use std::time::Duration;

use super::{Out, comment, patterns, quoted};
use crate::bird::session::{FLAGS, NUMBERS, SECONDS, TIMES};
use crate::defaults::{BGP_PORT, MULTIHOP_DEFAULT};
use crate::model::{
    BfdOptions, BgpConfig, CeaseCodes, Dialect, Neighbor, NeighborAs, Password, TcpAoKey, TcpAoPreference,
};

impl Out<'_> {
    pub(super) fn session(&mut self, bgp: &BgpConfig) {
        self.endpoints(bgp);
        if let Some(password) = &bgp.password {
            self.password(password);
        }
        self.keys(&bgp.tcp_ao_keys);
        let mut config = bgp.clone();
        // Every option at its default, whatever the session is.
        let mut default = BgpConfig::new(0, bgp.neighbor.clone(), NeighborAs::External);
        for (words, place) in FLAGS {
            let (words, now, default) = (words.join(" "), *place(&mut config), *place(&mut default));
            match words.as_str() {
                // BIRD 1.6 knows these by their words alone.
                "rr client" | "rs client" if self.is_16() && now => self.line(format_args!("{words};")),
                _ => self.flag(&words, now, default),
            }
        }
        for (words, place) in SECONDS {
            let (now, default) = (*place(&mut config), *place(&mut default));
            if now != default {
                self.option(&words.join(" "), whole_seconds(now));
            }
        }
        for (words, place) in NUMBERS.iter().chain(TIMES) {
            let (now, default) = (*place(&mut config), *place(&mut default));
            if now != default {
                self.option(&words.join(" "), now);
            }
        }
        self.timers(bgp, &default);
        if let Some(id) = bgp.rr_cluster_id {
            self.option("rr cluster id", id);
        }
        match bgp.allow_local_as {
            0 => {}
            u32::MAX => self.line("allow local as;"),
            n => self.option("allow local as", n),
        }
        self.restart(bgp, &default);
        self.rest(bgp, &default);
    }

    fn restart(&mut self, bgp: &BgpConfig, default: &BgpConfig) {
        if bgp.graceful_restart != default.graceful_restart {
            self.option("graceful restart", bgp.graceful_restart.word());
        }
        for (words, now, default) in [
            ("", bgp.graceful_restart_time_secs, default.graceful_restart_time_secs),
            ("min ", bgp.min_graceful_restart_time_secs, default.min_graceful_restart_time_secs),
            ("max ", bgp.max_graceful_restart_time_secs, default.max_graceful_restart_time_secs),
        ] {
            if now != default {
                self.option(&format!("{words}graceful restart time"), now);
            }
        }
        if let Some(mode) = bgp.long_lived_graceful_restart {
            self.option("long lived graceful restart", mode.word());
        }
    }

    fn rest(&mut self, bgp: &BgpConfig, default: &BgpConfig) {
        if let Some(number) = bgp.confederation {
            self.option("confederation", number);
        }
        if let Some(role) = bgp.local_role {
            self.option("local role", role);
        }
        match bgp.disable_after_cease {
            CeaseCodes::NONE => {}
            CeaseCodes::ON => self.option("disable after cease", "on"),
            codes => {
                let words = codes.words().collect::<Vec<_>>().join(", ");
                self.option("disable after cease", format_args!("{{ {words} }}"));
            }
        }
        if let Some(bfd) = &bgp.bfd {
            self.option("bfd", bfd_words(bfd));
        }
        if let Some(name) = &bgp.dynamic_name {
            self.option("dynamic name", quoted(name));
        }
        if bgp.dynamic_name_digits != default.dynamic_name_digits {
            self.option("dynamic name digits", bgp.dynamic_name_digits);
        }
        if bgp.dynamic_limit != default.dynamic_limit {
            self.line(comment(&format!("dynamic limit {}", bgp.dynamic_limit)));
        }
        if bgp.graceful_notification {
            self.line(comment("graceful notification on"));
        }
    }

    fn endpoints(&mut self, bgp: &BgpConfig) {
        let address = bgp.local_address.map(|a| format!("{a} ")).unwrap_or_default();
        let local_port = port(bgp.local_port);
        self.option("local", format_args!("{address}{local_port}as {}", bgp.local_as));
        let remote_as = match bgp.neighbor_as {
            NeighborAs::Number(n) => format!("as {n}"),
            NeighborAs::Internal => "internal".to_owned(),
            NeighborAs::External => "external".to_owned(),
        };
        let remote_port = port(bgp.neighbor_port);
        match &bgp.neighbor {
            Neighbor::Address { address, interface } => {
                self.option("neighbor", format_args!("{address} {remote_port}{remote_as}"));
                if let Some(interface) = interface {
                    self.option("interface", quoted(interface));
                }
            }
            Neighbor::Range(net) => {
                self.option("neighbor", format_args!("range {net} {remote_port}{remote_as}"));
                if let Some(interface) = &bgp.range_interface {
                    self.option("interface", quoted(interface));
                }
            }
        }
        if !bgp.interface_range.is_empty() {
            self.option("interface range", patterns(&bgp.interface_range));
        }
        let by_default = bgp.is_internal().then_some(MULTIHOP_DEFAULT);
        match bgp.multihop {
            hops if hops == by_default => {}
            None => self.line("direct;"),
            Some(MULTIHOP_DEFAULT) => self.line("multihop;"),
            Some(hops) => self.option("multihop", hops),
        }
        let check = self.config.dialect == Dialect::Bird2 && bgp.multihop.is_none();
        self.flag("check link", bgp.check_link, check);
    }

    fn password(&mut self, password: &Password) {
        match text(password) {
            _ if !self.secrets => self.line(comment("password: not shown")),
            Some(text) => self.option("password", quoted(text)),
            None => {
                // Without it the neighbor must not be spoken to.
                self.line(comment("password: has octets that cannot be written here"));
                self.line("disabled;");
            }
        }
    }

    fn keys(&mut self, keys: &[TcpAoKey]) {
        if keys.is_empty() {
            return;
        }
        let text = |key: &TcpAoKey| text(&key.secret).map(quoted);
        if !self.secrets {
            self.line(comment("keys: not shown"));
            return;
        }
        if keys.iter().any(|key| text(key).is_none()) {
            self.line(comment("keys: one has octets that cannot be written here"));
            self.line("disabled;");
            return;
        }
        self.option("authentication", "ao");
        self.block("keys", |out| {
            for key in keys {
                out.block("key", |out| {
                    out.option("send id", key.send_id);
                    out.option("recv id", key.recv_id);
                    out.option("algorithm", key.algorithm.words());
                    out.option("secret", text(key).unwrap_or_default());
                    match key.preference {
                        TcpAoPreference::Normal => {}
                        TcpAoPreference::Preferred => out.line("preferred;"),
                        TcpAoPreference::Deprecated => out.line("deprecated;"),
                    }
                });
                out.line("};");
            }
        });
        self.line("};");
    }

    fn timers(&mut self, bgp: &BgpConfig, default: &BgpConfig) {
        if bgp.hold_time_secs != default.hold_time_secs {
            self.option("hold time", bgp.hold_time_secs);
        }
        if bgp.startup_hold_time_secs != default.startup_hold_time_secs {
            self.option("startup hold time", bgp.startup_hold_time_secs);
        }
        if let Some(n) = bgp.keepalive_time_secs {
            self.option("keepalive time", n);
        }
        if let Some(n) = bgp.send_hold_time_secs {
            self.option("send hold time", n);
        }
        if let Some(delay) = bgp.connect_delay {
            self.option("connect delay time", whole_seconds(delay));
        }
        if bgp.error_wait != default.error_wait {
            let (min, max) = bgp.error_wait;
            self.option("error wait time", format_args!("{}, {}", whole_seconds(min), whole_seconds(max)));
        }
    }
}

/// What follows `bfd`.
pub(crate) fn bfd_words(bfd: &BfdOptions) -> String {
    let BfdOptions { graceful, min_rx, min_tx, idle_tx, multiplier, passive } = bfd;
    if *bfd == (BfdOptions { graceful: *graceful, ..BfdOptions::default() }) {
        return if *graceful { "graceful".into() } else { "on".into() };
    }
    let time = |words: &str, time: &Option<Duration>| time.map(|t| format!("{words} {} us;", t.as_micros()));
    let parts = [
        time("min rx interval", min_rx),
        time("min tx interval", min_tx),
        time("idle tx interval", idle_tx),
        multiplier.map(|n| format!("multiplier {n};")),
        passive.map(|on| format!("passive {};", if on { "on" } else { "off" })),
        graceful.then(|| "graceful;".to_owned()),
    ];
    format!("{{ {} }}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// A password as a string of the language, if it is one.
pub(super) fn text(password: &Password) -> Option<&str> {
    std::str::from_utf8(password.octets()).ok().filter(|text| !text.contains(['"', '\n']))
}

fn port(port: u16) -> String {
    if port == BGP_PORT { String::new() } else { format!("port {port} ") }
}

/// A time as the language has it; a part of a second is a second.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
