//! Pipes, caches of ROAs, BFD.

use std::time::Duration;

use godwit_wire::AddressFamily;
use toml::Spanned;

use super::build::Build;
use super::raw::{Accept, BfdPart, BfdPeer, BfdProtocol, Channel, Pipe, RoaEntry, Rpki};
use super::set;
use super::value::RpkiTimeValue;
use crate::check;
use crate::defaults::rpki::{EXPIRE, REFRESH, RETRY, interval_problem};
use crate::model::{
    BfdAccept, BfdAuthentication, BfdConfig, BfdInterface, BfdNeighbor, BfdPassword, BfdTimes, ChannelConfig,
    Password, PipeConfig, Policy, ProtocolConfig, ProtocolKind, Roa, RpkiConfig, RpkiRemote, RpkiTransport,
    StaticConfig, StaticRoa,
};

impl Build<'_> {
    pub(super) fn pipe(&mut self, raw: Pipe) -> Option<ProtocolConfig> {
        let name = raw.table.get_ref();
        let of_roas = self.config.roa_table(name).map(|t| t.family);
        let family = match of_roas {
            Some(family) => family,
            None => {
                let table = self.table_name(&raw.table, None)?;
                self.config.table(&table)?.family
            }
        };
        let peer = raw.peer_table.get_ref();
        let peer_family = match self.config.roa_table(peer).map(|t| t.family) {
            Some(family) if of_roas.is_some() => Some(family),
            _ if of_roas.is_some() => None,
            _ => self.table_name(&raw.peer_table, None).and_then(|n| Some(self.config.table(&n)?.family)),
        };
        if peer_family != Some(family) {
            self.wrong(&raw.peer_table, "Primary table and peer table must have the same type");
            return None;
        }
        let mut channel = ChannelConfig::new(family, name.clone(), 0);
        channel.export = Policy::All;
        if let Some(policy) = raw.import.as_ref().and_then(|text| self.policy(text)) {
            channel.import = policy;
        }
        if let Some(policy) = raw.export.as_ref().and_then(|text| self.policy(text)) {
            channel.export = policy;
        }
        channel.import_limit = raw.import_limit.map(|l| l.0);
        channel.export_limit = raw.export_limit.map(|l| l.0);
        let pipe = PipeConfig {
            channel,
            peer_table: peer.clone(),
            preference: raw.preference,
            roa: of_roas.is_some(),
            opaque: false,
        };
        Some(self.common(ProtocolKind::Pipe(Box::new(pipe)), raw.description, raw.disabled, raw.debug))
    }

    pub(super) fn rpki(&mut self, raw: Rpki) -> ProtocolConfig {
        let remote = match raw.remote.parse() {
            Ok(address) => RpkiRemote::Address(address),
            Err(_) => RpkiRemote::Host(raw.remote),
        };
        let mut rpki = RpkiConfig::new(remote);
        rpki.port = raw.port;
        rpki.local_address = raw.local_address;
        rpki.transport = match (raw.ssh, &raw.password) {
            (Some(_), Some(password)) => {
                self.wrong(password, "a cache is reached by `ssh`, or has a `password`, not both");
                RpkiTransport::Tcp { password: None }
            }
            (Some(ssh), None) => RpkiTransport::Ssh {
                user: ssh.user,
                private_key: ssh.private_key,
                public_key: ssh.public_key,
            },
            (None, password) => RpkiTransport::Tcp {
                password: password.as_ref().map(|p| Password::new(p.get_ref().as_str())),
            },
        };
        for (value, range) in [(&raw.refresh, REFRESH), (&raw.retry, RETRY), (&raw.expire, EXPIRE)] {
            let Some(value) = value else { continue };
            if let Some(message) = interval_problem(range, value.get_ref().0.secs) {
                self.wrong(value, message);
            }
        }
        let time = |value: &Option<Spanned<RpkiTimeValue>>| value.as_ref().map(|v| v.get_ref().0);
        set!(
            rpki,
            refresh = time(&raw.refresh),
            retry = time(&raw.retry),
            expire = time(&raw.expire),
            ignore_max_length = raw.ignore_max_length,
            min_version = raw.min_version,
            max_version = raw.max_version,
        );
        let channels = [(AddressFamily::IPV4, raw.roa4), (AddressFamily::IPV6, raw.roa6)];
        for (family, channel) in channels {
            let Some(channel) = channel else { continue };
            let channel = self.roa_channel(family, &channel, 100);
            rpki.channels.push(channel);
        }
        self.common(ProtocolKind::Rpki(Box::new(rpki)), raw.description, raw.disabled, raw.debug)
    }

    /// A channel of ROAs: its table is the first of its kind if it names none.
    fn roa_channel(&mut self, family: AddressFamily, raw: &Channel, preference: u16) -> ChannelConfig {
        self.no_session_keys(raw);
        let first = self.config.roa_tables.iter().find(|t| t.family == family).map(|t| t.name.clone());
        let mut channel = ChannelConfig::new(family, first.unwrap_or_default(), preference);
        let rest = Channel { table: None, ..raw.clone() };
        self.channel_options(&mut channel, &rest);
        let known = |name: &str| self.config.roa_table(name).is_some_and(|t| t.family == family);
        match &raw.table {
            Some(name) if known(name.get_ref()) => channel.table.clone_from(name.get_ref()),
            Some(name) => self.wrong(name, format!("there is no table '{}' of such ROAs", name.get_ref())),
            None if channel.table.is_empty() => {
                let message = "Routing table not specified: declare one of \"roa4\" or \"roa6\" in [tables]";
                self.wrong(&Spanned::new(0..0, ()), message);
            }
            None => {}
        }
        channel
    }

    /// The ROAs of a static protocol.
    pub(super) fn static_roas(
        &mut self,
        config: &mut StaticConfig,
        roas: &[RoaEntry],
        channels: [Option<&Channel>; 2],
    ) {
        for entry in roas {
            let Some(net) = self.net(&entry.net) else { continue };
            let max_length = *entry.max_length.get_ref();
            let most = if net.is_ipv6() { 128 } else { 32 };
            if !(net.prefix()..=most).contains(&max_length) {
                self.wrong(&entry.max_length, format!("Invalid max prefix length {max_length}"));
                continue;
            }
            let commands = entry.set.as_ref().and_then(|set| self.commands(set));
            config.roas.push(StaticRoa { roa: Roa { net, max_length, origin: entry.origin }, commands });
        }
        for (family, channel) in [AddressFamily::IPV4, AddressFamily::IPV6].into_iter().zip(channels) {
            if let Some(channel) = channel {
                config.roa_channel = Some(Box::new(self.roa_channel(family, channel, 200)));
            }
        }
    }

    pub(super) fn bfd_protocol(&mut self, raw: BfdProtocol) -> ProtocolConfig {
        let words = raw.accept.map(|words| words.0).unwrap_or_default();
        let has = |word: Accept, other: Accept| words.contains(&word) || !words.contains(&other);
        let accept = BfdAccept {
            ipv4: has(Accept::Ipv4, Accept::Ipv6),
            ipv6: has(Accept::Ipv6, Accept::Ipv4),
            direct: has(Accept::Direct, Accept::Multihop),
            multihop: has(Accept::Multihop, Accept::Direct),
        };
        let mut interfaces = Vec::new();
        for part in &raw.interfaces {
            let patterns = part.patterns.as_ref().map(|p| p.0.clone()).unwrap_or_default();
            interfaces.push(BfdInterface { patterns, times: self.bfd_times(part) });
        }
        let mut neighbors = Vec::new();
        for peer in &raw.neighbors {
            let BfdPeer { address, interface, local, multihop } = peer.get_ref().clone();
            let neighbor = BfdNeighbor { address, interface, local, multihop };
            if let Some(message) = check::bfd_neighbor(&neighbor) {
                self.wrong(peer, message);
            }
            neighbors.push(neighbor);
        }
        let bfd = BfdConfig {
            accept,
            strict_bind: raw.strict_bind,
            zero_udp6_checksum_rx: raw.zero_udp6_checksum_rx,
            interfaces,
            multihop: raw.multihop.as_ref().map(|part| self.bfd_times(part)),
            neighbors,
        };
        self.common(ProtocolKind::Bfd(Box::new(bfd)), raw.description, raw.disabled, raw.debug)
    }

    fn bfd_times(&mut self, raw: &BfdPart) -> BfdTimes {
        let time = |ms: Option<u32>| ms.map(|ms| Duration::from_millis(ms.into()));
        let mut times = BfdTimes { passive: raw.passive, ..BfdTimes::default() };
        set!(
            times,
            min_rx = time(raw.min_rx_ms),
            min_tx = time(raw.min_tx_ms),
            idle_tx = time(raw.idle_tx_ms),
            multiplier = raw.multiplier,
        );
        if let Some(words) = &raw.authentication {
            match BfdAuthentication::ALL.into_iter().find(|of| of.words() == words.get_ref()) {
                Some(of) => times.authentication = of,
                None => self.wrong(words, "no such authentication: `keyed sha1`, `meticulous keyed md5` …"),
            }
        }
        for raw in &raw.passwords {
            let list = [&raw.generate_from, &raw.generate_to, &raw.accept_from, &raw.accept_to];
            let secret = Password::new(raw.secret.as_str());
            times.passwords.push(BfdPassword { secret, id: raw.id, times: list.map(Clone::clone) });
        }
        times
    }
}
