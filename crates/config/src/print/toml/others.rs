//! Static routes, pipes, caches of ROAs, BFD.

use super::session::text;
use super::{Toml, patterns, quoted, set};
use crate::model::{
    BfdAuthentication, BfdConfig, BfdNeighbor, BfdPassword, BfdTimes, PipeConfig, Policy, RpkiConfig,
    RpkiTime, RpkiTransport, StaticConfig, StaticRoa,
};

impl Toml<'_> {
    pub(super) fn static_routes(&mut self, fixed: &StaticConfig) {
        self.flag("check-link", fixed.check_link, false);
        fixed.igp_tables.names().for_each(|table| self.text_key("igp-table", table));
        let roa = |StaticRoa { roa, commands }: &StaticRoa| {
            let set = set(commands.as_deref());
            format!(
                "{{ net = \"{}\", max-length = {}, origin = {}{set} }}",
                roa.net, roa.max_length, roa.origin
            )
        };
        self.list("routes", fixed.routes.iter().map(Self::route).collect());
        self.list("roas", fixed.roas.iter().map(roa).collect());
    }

    /// A list, an entry a line.
    fn list(&mut self, key: &str, entries: Vec<String>) {
        if entries.is_empty() {
            return;
        }
        self.line(format_args!("{key} = ["));
        entries.iter().for_each(|entry| self.line(format_args!("    {entry},")));
        self.line("]");
    }

    pub(super) fn pipe(&mut self, pipe: &PipeConfig) {
        self.text_key("table", &pipe.channel.table);
        self.text_key("peer-table", &pipe.peer_table);
        for (key, policy) in [("import", &pipe.channel.import), ("export", &pipe.channel.export)] {
            if *policy != Policy::All {
                self.policy(key, policy);
            }
        }
        pipe.preference.iter().for_each(|n| self.key("preference", n));
        self.limit("import-limit", pipe.channel.import_limit);
        self.limit("export-limit", pipe.channel.export_limit);
    }

    pub(super) fn rpki(&mut self, rpki: &RpkiConfig) {
        let default = RpkiConfig::new(rpki.remote.clone());
        self.text_key("remote", &rpki.remote.to_string());
        rpki.port.iter().for_each(|port| self.key("port", port));
        rpki.local_address.iter().for_each(|a| self.text_key("local-address", &a.to_string()));
        match &rpki.transport {
            RpkiTransport::Tcp { password } => {
                if let Some(text) = password.as_ref().and_then(text) {
                    self.text_key("password", text);
                }
            }
            RpkiTransport::Ssh { user, private_key, public_key } => {
                let key = |key: &str, file: &Option<String>| {
                    file.as_ref().map(|file| format!(", {key} = {}", quoted(file))).unwrap_or_default()
                };
                let keys = key("private-key", private_key) + &key("public-key", public_key);
                self.key("ssh", format_args!("{{ user = {}{keys} }}", quoted(user)));
            }
        }
        let times = [
            ("refresh", rpki.refresh, default.refresh),
            ("retry", rpki.retry, default.retry),
            ("expire", rpki.expire, default.expire),
        ];
        for (key, time, default) in times {
            if time != default {
                let RpkiTime { secs, keep } = time;
                self.key(key, format_args!("{{ secs = {secs}, keep = {keep} }}"));
            }
        }
        self.flag("ignore-max-length", rpki.ignore_max_length, default.ignore_max_length);
        if rpki.min_version != default.min_version {
            self.key("min-version", rpki.min_version);
        }
        if rpki.max_version != default.max_version {
            self.key("max-version", rpki.max_version);
        }
    }

    pub(super) fn bfd(&mut self, bfd: &BfdConfig) {
        if let Some(words) = crate::print::others::accept_words(bfd.accept) {
            let words: Vec<String> = words.split(' ').map(quoted).collect();
            self.key("accept", format_args!("[{}]", words.join(", ")));
        }
        self.flag("strict-bind", bfd.strict_bind, false);
        self.flag("zero-udp6-checksum-rx", bfd.zero_udp6_checksum_rx, false);
        let interfaces = bfd.interfaces.iter().map(|interface| {
            let patterns = format!("patterns = {}", patterns(&interface.patterns));
            times(Some(patterns), &interface.times)
        });
        self.list("interfaces", interfaces.collect());
        if let Some(of) = &bfd.multihop {
            self.key("multihop", times(None, of));
        }
        let neighbor = |BfdNeighbor { address, interface, local, multihop }: &BfdNeighbor| {
            let parts = [
                Some(format!("address = \"{address}\"")),
                interface.as_ref().map(|i| format!("interface = {}", quoted(i))),
                local.map(|l| format!("local = \"{l}\"")),
                multihop.then(|| "multihop = true".to_owned()),
            ];
            format!("{{ {} }}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
        };
        self.list("neighbors", bfd.neighbors.iter().map(neighbor).collect());
    }
}

fn times(head: Option<String>, times: &BfdTimes) -> String {
    let default = BfdTimes::default();
    let ms = |key: &str, time: std::time::Duration, default: std::time::Duration| {
        (time != default).then(|| format!("{key} = {}", time.as_millis()))
    };
    let passwords: Vec<String> = times.passwords.iter().map(password).collect();
    let authentication = times.authentication;
    let parts = [
        head,
        ms("min-rx-ms", times.min_rx, default.min_rx),
        ms("min-tx-ms", times.min_tx, default.min_tx),
        ms("idle-tx-ms", times.idle_tx, default.idle_tx),
        (times.multiplier != default.multiplier).then(|| format!("multiplier = {}", times.multiplier)),
        times.passive.then(|| "passive = true".to_owned()),
        (authentication != BfdAuthentication::None)
            .then(|| format!("authentication = {}", quoted(authentication.words()))),
        (!passwords.is_empty()).then(|| format!("passwords = [{}]", passwords.join(", "))),
    ];
    format!("{{ {} }}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn password(password: &BfdPassword) -> String {
    let secret = format!("secret = {}", quoted(text(&password.secret).unwrap_or_default()));
    let id = password.id.map(|id| format!("id = {id}"));
    let times = BfdPassword::TIMES.iter().zip(&password.times);
    let times =
        times.filter_map(|(words, t)| Some(format!("{} = {}", words.replace(' ', "-"), quoted(t.as_ref()?))));
    let parts: Vec<String> = std::iter::once(secret).chain(id).chain(times).collect();
    format!("{{ {} }}", parts.join(", "))
}
