//! Pipes, caches of ROAs, BFD.

use std::time::Duration;

use godwit_wire::AddressFamily;

use super::{Out, comment, name, patterns, quoted};
use crate::model::{
    BfdAccept, BfdAuthentication, BfdConfig, BfdNeighbor, BfdPassword, BfdTimes, ChannelConfig, Password,
    PipeConfig, ProtocolConfig, RoaTableConfig, RpkiConfig, RpkiRemote, RpkiTime, RpkiTransport, StaticRoa,
};

impl Out<'_> {
    pub(super) fn pipe(&mut self, protocol: &ProtocolConfig, pipe: &PipeConfig) {
        if !(self.is_16() && pipe.channel.table == "master") {
            self.option("table", name(&pipe.channel.table));
        }
        self.option("peer table", name(&pipe.peer_table));
        if self.is_16() && pipe.opaque {
            self.option("mode", "opaque");
        }
        self.policies_and_limits(protocol, &pipe.channel);
        if let Some(n) = pipe.preference {
            self.option("preference", n);
        }
    }

    pub(super) fn roa_table(&mut self, table: &RoaTableConfig) {
        let table_name = name(&table.name);
        if !self.is_16() {
            let of = if table.family == AddressFamily::IPV6 { "roa6" } else { "roa4" };
            self.line(format_args!("{of} table {table_name};"));
        } else if table.roas.is_empty() {
            self.line(format_args!("roa table {table_name};"));
        } else {
            self.block(&format!("roa table {table_name}"), |out| {
                table.roas.iter().for_each(|roa| out.option("roa", roa));
            });
            self.line("}");
        }
    }

    /// A channel of ROAs.
    pub(super) fn roa_channel(&mut self, protocol: &ProtocolConfig, channel: &ChannelConfig) {
        let of = if channel.family == AddressFamily::IPV6 { "roa6" } else { "roa4" };
        self.block(of, |out| {
            out.option("table", name(&channel.table));
            out.policies_and_limits(protocol, channel);
        });
        self.line("};");
    }

    pub(super) fn roa(&mut self, roa: &StaticRoa) {
        let commands = roa.commands.as_deref().and_then(|c| c.text());
        let commands = commands.map(|text| format!(" {text}")).unwrap_or_default();
        self.option("route", format_args!("{}{commands}", roa.roa));
    }

    pub(super) fn rpki(&mut self, protocol: &ProtocolConfig, rpki: &RpkiConfig) {
        let default = RpkiConfig::new(rpki.remote.clone());
        let port = rpki.port.map(|port| format!(" port {port}")).unwrap_or_default();
        match &rpki.remote {
            RpkiRemote::Address(address) => self.option("remote", format_args!("{address}{port}")),
            RpkiRemote::Host(host) => self.option("remote", format_args!("{}{port}", quoted(host))),
        }
        if let Some(address) = rpki.local_address {
            self.option("local address", address);
        }
        match &rpki.transport {
            RpkiTransport::Tcp { password: None } => {}
            RpkiTransport::Tcp { password: Some(password) } => {
                self.block("transport tcp", |out| {
                    if out.secret("password", password, "") {
                        out.option("authentication", "md5");
                    }
                });
                self.line("};");
            }
            RpkiTransport::Ssh { user, private_key, public_key } => {
                self.block("transport ssh", |out| {
                    let keys = [("bird private key", private_key), ("remote public key", public_key)];
                    for (words, key) in keys {
                        key.iter().for_each(|key| out.option(words, quoted(key)));
                    }
                    out.option("user", quoted(user));
                });
                self.line("};");
            }
        }
        let times = [
            ("refresh", rpki.refresh, default.refresh),
            ("retry", rpki.retry, default.retry),
            ("expire", rpki.expire, default.expire),
        ];
        for (words, time, default) in times {
            if time != default {
                let RpkiTime { secs, keep } = time;
                self.option(words, format_args!("{}{secs}", if keep { "keep " } else { "" }));
            }
        }
        self.flag("ignore max length", rpki.ignore_max_length, default.ignore_max_length);
        if rpki.min_version != default.min_version {
            self.option("min version", rpki.min_version);
        }
        if rpki.max_version != default.max_version {
            self.option("max version", rpki.max_version);
        }
        rpki.channels.iter().for_each(|channel| self.roa_channel(protocol, channel));
    }

    pub(super) fn bfd(&mut self, bfd: &BfdConfig) {
        if let Some(words) = accept_words(bfd.accept) {
            self.option("accept", words);
        }
        self.flag("strict bind", bfd.strict_bind, false);
        self.flag("zero udp6 checksum rx", bfd.zero_udp6_checksum_rx, false);
        for interface in &bfd.interfaces {
            self.bfd_times(&format!("interface {}", patterns(&interface.patterns)), &interface.times);
        }
        if let Some(times) = &bfd.multihop {
            self.bfd_times("multihop", times);
        }
        for neighbor in &bfd.neighbors {
            self.option("neighbor", bfd_neighbor_words(neighbor));
        }
    }

    fn bfd_times(&mut self, head: &str, times: &BfdTimes) {
        let default = BfdTimes::default();
        if *times == default {
            self.line(format_args!("{head};"));
            return;
        }
        self.block(head, |out| {
            let list = [
                ("min rx interval", times.min_rx, default.min_rx),
                ("min tx interval", times.min_tx, default.min_tx),
                ("idle tx interval", times.idle_tx, default.idle_tx),
            ];
            for (words, time, default) in list {
                if time != default {
                    out.option(words, with_unit(time));
                }
            }
            if times.multiplier != default.multiplier {
                out.option("multiplier", times.multiplier);
            }
            out.flag("passive", times.passive, default.passive);
            if times.authentication != BfdAuthentication::None {
                out.option("authentication", times.authentication.words());
            }
            times.passwords.iter().for_each(|password| out.bfd_password(password));
        });
        self.line("};");
    }

    fn bfd_password(&mut self, password: &BfdPassword) {
        let id = password.id.map(|id| format!("id {id};"));
        let times = BfdPassword::TIMES.iter().zip(&password.times);
        let times = times.filter_map(|(words, time)| Some(format!("{words} {};", quoted(time.as_ref()?))));
        let options: Vec<String> = id.into_iter().chain(times).collect();
        let options =
            if options.is_empty() { String::new() } else { format!(" {{ {} }}", options.join(" ")) };
        self.secret("password", &password.secret, &options);
    }

    /// A password, or a comment in its place; whether it could be written.
    fn secret(&mut self, words: &str, password: &Password, options: &str) -> bool {
        let text = super::session::text(password).filter(|_| self.secrets);
        match text {
            Some(text) => self.option(words, format_args!("{}{options}", quoted(text))),
            None => self.line(comment(&format!("{words}: not shown"))),
        }
        text.is_some()
    }
}

/// A time as the language has it.
fn with_unit(time: Duration) -> String {
    let us = time.as_micros();
    match (us % 1_000_000, us % 1000) {
        (0, _) => format!("{} s", us / 1_000_000),
        (_, 0) => format!("{} ms", us / 1000),
        _ => format!("{us} us"),
    }
}

/// What follows `accept`, if not everything is accepted.
pub(crate) fn accept_words(accept: BfdAccept) -> Option<String> {
    let BfdAccept { ipv4, ipv6, direct, multihop } = accept;
    let family = (ipv4 != ipv6).then_some(if ipv4 { "ipv4" } else { "ipv6" });
    let reach = (direct != multihop).then_some(if direct { "direct" } else { "multihop" });
    let words: Vec<&str> = family.into_iter().chain(reach).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// What follows `neighbor` of a BFD protocol.
pub(crate) fn bfd_neighbor_words(neighbor: &BfdNeighbor) -> String {
    let BfdNeighbor { address, interface, local, multihop } = neighbor;
    let interface = interface.as_ref().map(|i| format!(" dev {}", quoted(i))).unwrap_or_default();
    let local = local.map(|l| format!(" local {l}")).unwrap_or_default();
    format!("{address}{interface}{local}{}", if *multihop { " multihop" } else { "" })
}
