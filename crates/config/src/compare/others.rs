//! Pipes, caches of ROAs, BFD.

use super::protocol::Side;
use super::{Comparison, Facts, channel};
use crate::model::{
    BfdConfig, BfdInterface, BfdPassword, BfdTimes, ChannelConfig, Password, PipeConfig, RpkiConfig,
    RpkiTime, RpkiTransport,
};
use crate::print::others::{accept_words, bfd_neighbor_words};
use crate::print::patterns;

impl Comparison {
    pub(super) fn pipes(&mut self, left: (Side<'_>, &PipeConfig), right: (Side<'_>, &PipeConfig)) {
        let facts = |(side, pipe): (Side<'_>, &PipeConfig)| {
            let PipeConfig { channel, peer_table, preference, roa, opaque } = pipe;
            // The channel's own preference is not used.
            let mut facts = channel::facts(side, channel, "");
            facts.add("peer table", peer_table);
            facts.maybe("pipe preference", preference.as_ref());
            facts.flag("roa", *roa);
            facts.flag("mode opaque", *opaque);
            facts
        };
        self.facts(facts(left), facts(right));
        self.policy("import filter", &left.1.channel.import, &right.1.channel.import);
        self.policy("export filter", &left.1.channel.export, &right.1.channel.export);
    }

    /// Channels of ROAs.
    pub(super) fn roa_channels(
        &mut self,
        left: (Side<'_>, &[ChannelConfig]),
        right: (Side<'_>, &[ChannelConfig]),
    ) {
        for (prefix, ipv6) in [("roa4", false), ("roa6", true)] {
            let is = |c: &&ChannelConfig| (c.family == godwit_wire::AddressFamily::IPV6) == ipv6;
            let (a, b) = (left.1.iter().find(is), right.1.iter().find(is));
            let (Some(a), Some(b)) = (a, b) else {
                let here = |c: Option<&ChannelConfig>| c.map(|_| "on".to_owned());
                if a.is_some() != b.is_some() {
                    self.add(&format!("channel {prefix}"), here(a), here(b), None);
                }
                continue;
            };
            let prefix = format!("{prefix} ");
            self.facts(channel::facts(left.0, a, &prefix), channel::facts(right.0, b, &prefix));
            self.policy(&format!("{prefix}import filter"), &a.import, &b.import);
            self.policy(&format!("{prefix}export filter"), &a.export, &b.export);
        }
    }
}

pub(super) fn rpki(config: &RpkiConfig) -> Facts {
    let RpkiConfig {
        remote,
        port,
        local_address,
        transport,
        refresh,
        retry,
        expire,
        ignore_max_length,
        min_version,
        max_version,
        channels: _,
    } = config;
    let mut facts = Facts::default();
    facts.add("remote", remote);
    facts.maybe("port", port.as_ref());
    facts.maybe("local address", local_address.as_ref());
    match transport {
        // The password is compared apart.
        RpkiTransport::Tcp { password: _ } => facts.add("transport", "tcp"),
        RpkiTransport::Ssh { user, private_key, public_key } => {
            facts.add("transport", "ssh");
            facts.add("user", user);
            facts.maybe("bird private key", private_key.as_ref());
            facts.maybe("remote public key", public_key.as_ref());
        }
    }
    for (words, RpkiTime { secs, keep }) in [("refresh", refresh), ("retry", retry), ("expire", expire)] {
        facts.add(words, format_args!("{}{secs} s", if *keep { "keep " } else { "" }));
    }
    facts.flag("ignore max length", *ignore_max_length);
    facts.add("min version", min_version);
    facts.add("max version", max_version);
    facts
}

pub(super) fn password(config: &RpkiConfig) -> Option<&Password> {
    match &config.transport {
        RpkiTransport::Tcp { password } => password.as_ref(),
        RpkiTransport::Ssh { .. } => None,
    }
}

pub(super) fn bfd(config: &BfdConfig) -> Facts {
    let BfdConfig { accept, strict_bind, zero_udp6_checksum_rx, interfaces, multihop, neighbors } = config;
    let mut facts = Facts::default();
    facts.add("accept", accept_words(*accept).unwrap_or_else(|| "all".into()));
    facts.flag("strict bind", *strict_bind);
    facts.flag("zero udp6 checksum rx", *zero_udp6_checksum_rx);
    for (number, BfdInterface { patterns: list, times: of }) in interfaces.iter().enumerate() {
        facts.add(format!("interface {}", number + 1), format_args!("{} {}", patterns(list), times(of)));
    }
    facts.maybe("multihop", multihop.as_ref().map(times));
    let mut list: Vec<String> = neighbors.iter().map(bfd_neighbor_words).collect();
    list.sort();
    facts.maybe("neighbor", (!list.is_empty()).then(|| list.join("; ")));
    facts
}

/// The passwords in order.
pub(super) fn secrets(config: &BfdConfig) -> Vec<&Password> {
    let times = config.interfaces.iter().map(|i| &i.times).chain(&config.multihop);
    times.flat_map(|times| &times.passwords).map(|password| &password.secret).collect()
}

fn times(times: &BfdTimes) -> String {
    let BfdTimes { min_rx, min_tx, idle_tx, multiplier, passive, authentication, passwords } = times;
    let password = |p: &BfdPassword| {
        let BfdPassword { secret: _, id, times } = p;
        let times = times.each_ref().map(|t| t.as_deref().unwrap_or("any"));
        format!("password {} {}", id.map_or("-".into(), |id| id.to_string()), times.join(" "))
    };
    let passwords: Vec<String> = passwords.iter().map(password).collect();
    format!(
        "rx {} us tx {} us idle {} us multiplier {multiplier} passive {passive} {} {}",
        min_rx.as_micros(),
        min_tx.as_micros(),
        idle_tx.as_micros(),
        authentication.words(),
        passwords.join("; "),
    )
}
