//! `[bgp.NAME]`

use std::time::Duration;

use godwit_filter::Diagnostic;
use godwit_wire::AddressFamily;
use toml::Spanned;

use super::build::Build;
use super::raw::{Bgp, Channel, Key};
use super::{set, span};
use crate::check::{self, SessionFacts};
use crate::defaults::{GRACEFUL_RESTART_SECS_MAX, LONG_LIVED_STALE_SECS_MAX};
use crate::model::{
    BgpConfig, Dialect, Neighbor, Password, ProtocolConfig, ProtocolKind, TcpAoAlgorithm, TcpAoKey,
    TcpAoPreference,
};
use godwit_filter::did_you_mean;

/// How many templates may build on each other.
const TEMPLATE_DEPTH_MAX: usize = 16;

impl Build<'_> {
    /// The session of a table, laid over its template.
    pub(super) fn session(
        &mut self,
        name: &Spanned<String>,
        raw: Bgp,
        templates: &[(Spanned<String>, Bgp)],
    ) -> Option<ProtocolConfig> {
        let raw = self.derive(raw, templates)?;
        let Some(local_as) = raw.local_as.filter(|n| *n != 0) else {
            self.wrong(name, "Local AS number must be set");
            return None;
        };
        let neighbor = match (raw.neighbor, &raw.neighbor_range) {
            (Some(address), None) => Neighbor::Address { address, interface: raw.interface.clone() },
            (None, Some(net)) => Neighbor::Range(self.net(net)?),
            (None, None) => {
                self.wrong(name, "Neighbor must be configured");
                return None;
            }
            (Some(_), Some(_)) => {
                self.wrong(name, "a session has `neighbor` or `neighbor-range`, not both");
                return None;
            }
        };
        if !self.has_family(if neighbor.is_ipv6() { AddressFamily::IPV6 } else { AddressFamily::IPV4 }) {
            return None;
        }
        let Some(neighbor_as) = raw.neighbor_as else {
            self.wrong(name, "Remote AS number (or peer type) must be set");
            return None;
        };
        let mut bgp = BgpConfig::new(local_as, neighbor, neighbor_as.0);
        if matches!(bgp.neighbor, Neighbor::Range(_)) {
            bgp.range_interface.clone_from(&raw.interface);
        }
        // RFC 9774 §3; BIRD had it the other way round before.
        bgp.allow_as_sets = false;
        self.options(&mut bgp, &raw);
        bgp.check_link = raw.check_link.unwrap_or(bgp.multihop.is_none());
        let facts = SessionFacts { dialect: Dialect::Bird2, ..SessionFacts::default() };
        if let Some(message) = check::session(&bgp, &facts) {
            self.wrong(name, message);
        }
        let kind = ProtocolKind::Bgp(Box::new(bgp));
        let mut config = self.common(kind, raw.description, raw.disabled, raw.debug);
        config.router_id = raw.router_id;
        for (family, raw) in [(AddressFamily::IPV4, raw.ipv4), (AddressFamily::IPV6, raw.ipv6)] {
            if let Some(raw) = raw {
                if !self.has_family(family) {
                    let message = format!(
                        "in an extra file, a session has the channel of its neighbor's family, not of {family}"
                    );
                    self.wrong(name, message);
                    return None;
                }
                self.session_channel(name, &mut config, family, &raw);
            }
        }
        Some(config)
    }

    fn session_channel(
        &mut self,
        name: &Spanned<String>,
        config: &mut ProtocolConfig,
        family: AddressFamily,
        raw: &Channel,
    ) {
        let channel = self.channel(family, raw, config.kind.default_preference());
        if let ProtocolKind::Bgp(bgp) = &config.kind {
            let problem = if !bgp.is_interior() && raw.import.is_none() {
                Some("EBGP requires explicit import policy".to_owned())
            } else if !bgp.is_interior() && raw.export.is_none() {
                Some("EBGP requires explicit export policy".to_owned())
            } else {
                check::bgp_channel(bgp, &channel, &self.config, Dialect::Bird2)
            };
            if let Some(message) = problem {
                let place = span(self.file, name.span());
                self.diagnostics
                    .push(Diagnostic::error(place, message).label(format!("in channel {family}")));
            }
        }
        config.channels.push(channel);
    }

    /// What a table and the templates under it say.
    fn derive(&mut self, raw: Bgp, templates: &[(Spanned<String>, Bgp)]) -> Option<Bgp> {
        let mut raw = raw;
        for _ in 0..TEMPLATE_DEPTH_MAX {
            let Some(from) = raw.from.take() else { return Some(raw) };
            let Some((_, template)) = templates.iter().find(|(name, _)| name.get_ref() == from.get_ref())
            else {
                let near = did_you_mean(from.get_ref(), templates.iter().map(|(n, _)| n.get_ref().as_str()));
                let message = format!("there is no bgp-template '{}'", from.get_ref());
                let error = Diagnostic::error(span(self.file, from.span()), message);
                self.diagnostics.push(match near {
                    Some(near) => error.help(format!("did you mean '{near}'?")),
                    None => error,
                });
                return None;
            };
            raw = raw.derived_from(template.clone());
        }
        if let Some(from) = &raw.from {
            self.wrong(from, "templates that build on each other without end");
        }
        None
    }

    /// Sets what is said.
    pub(super) fn options(&mut self, bgp: &mut BgpConfig, raw: &Bgp) {
        let seconds = |n: u32| Duration::from_secs(n.into());
        set!(
            bgp,
            local_port = raw.local_port,
            neighbor_port = raw.neighbor_port,
            multihop = raw.multihop.map(|m| m.0),
            onlink = raw.onlink,
            interface_range = raw.interface_range.as_ref().map(|i| i.0.clone()),
            strict_bind = raw.strict_bind,
            free_bind = raw.free_bind,
            dynamic_name = raw.dynamic_name.clone().map(Some),
            dynamic_limit = raw.dynamic_limit,
            passive = raw.passive,
            rr_client = raw.rr_client,
            rs_client = raw.rs_client,
            confederation = raw.confederation.map(|n| Some(n.get())),
            confederation_member = raw.confederation_member,
            local_role = raw.local_role.map(|role| Some(role.0)),
            min_hold_time_secs = raw.min_hold_time,
            min_keepalive_time_secs = raw.min_keepalive_time,
            send_hold_time_secs = raw.send_hold_time.map(Some),
            startup_hold_time_secs = raw.startup_hold_time,
            connect_retry = raw.connect_retry_time.map(seconds),
            error_wait = raw.error_wait_time.map(|[min, max]| (seconds(min), seconds(max))),
            error_forget = raw.error_forget_time.map(seconds),
            disable_after_error = raw.disable_after_error,
            disable_after_cease = raw.disable_after_cease.map(|c| c.0),
            path_metric = raw.path_metric,
            med_metric = raw.med_metric,
            deterministic_med = raw.deterministic_med,
            igp_metric = raw.igp_metric,
            prefer_older = raw.prefer_older,
            default_med = raw.default_med,
            default_local_pref = raw.default_local_pref,
            allow_local_as = raw.allow_local_as.map(|a| a.0),
            allow_local_pref = raw.allow_local_pref,
            allow_med = raw.allow_med,
            allow_as_sets = raw.allow_as_sets,
            enforce_first_as = raw.enforce_first_as,
            interpret_communities = raw.interpret_communities,
            route_refresh = raw.route_refresh,
            enhanced_route_refresh = raw.enhanced_route_refresh,
            extended_messages = raw.extended_messages,
            four_octet_as = raw.four_octet_as,
            advertise_hostname = raw.advertise_hostname,
            advertise_ipv4 = raw.advertise_ipv4,
            require = raw.require.map(|r| r.0),
            capabilities = raw.capabilities,
            graceful_restart = raw.graceful_restart.map(|g| g.0),
            long_lived_graceful_restart = raw.long_lived_graceful_restart.map(|g| Some(g.0)),
            min_long_lived_stale_time_secs = raw.min_long_lived_stale_time,
            max_long_lived_stale_time_secs = raw.max_long_lived_stale_time,
            ttl_security = raw.ttl_security,
            check_link = raw.check_link,
            bfd = raw.bfd.as_ref().map(|b| b.0.clone()),
            disable_rx = raw.disable_rx,
            graceful_notification = raw.graceful_notification,
            local_address = raw.local_address.map(Some),
            rr_cluster_id = raw.rr_cluster_id.map(Some),
        );
        if let Some(n) = raw.connect_delay_time {
            bgp.connect_delay = (n > 0).then(|| seconds(n));
        }
        self.authentication(bgp, raw);
        self.checked_times(bgp, raw);
        self.restart_times(bgp, raw);
    }

    /// A password or keys; each takes the place of the other.
    fn authentication(&mut self, bgp: &mut BgpConfig, raw: &Bgp) {
        if let Some(keys) = &raw.tcp_ao_keys {
            bgp.password = None;
            bgp.tcp_ao_keys = keys.iter().filter_map(|key| self.key(key)).collect();
        }
        if let Some(password) = &raw.password {
            bgp.password = Some(Password::new(password.as_str()));
            if raw.tcp_ao_keys.is_none() {
                bgp.tcp_ao_keys = Vec::new();
            }
        }
    }

    fn key(&mut self, raw: &Spanned<Key>) -> Option<TcpAoKey> {
        let key = raw.get_ref();
        let words = key.algorithm.as_deref().unwrap_or(TcpAoAlgorithm::default().words());
        let algorithm = TcpAoAlgorithm::ALL.into_iter().find(|a| a.words() == words);
        let preference = match (key.preferred, key.deprecated) {
            (false, false) => Some(TcpAoPreference::Normal),
            (true, false) => Some(TcpAoPreference::Preferred),
            (false, true) => Some(TcpAoPreference::Deprecated),
            (true, true) => None,
        };
        match (key.send_id.or(key.id), key.recv_id.or(key.id), algorithm, preference) {
            (Some(send_id), Some(recv_id), Some(algorithm), Some(preference)) => {
                let secret = Password::new(key.secret.as_str());
                return Some(TcpAoKey { send_id, recv_id, algorithm, secret, preference });
            }
            (_, _, None, _) => {
                let known = TcpAoAlgorithm::ALL.map(TcpAoAlgorithm::words).join(", ");
                self.wrong(raw, format!("`algorithm` is one of: {known}"));
            }
            (_, _, _, None) => self.wrong(raw, "a key is `preferred` or `deprecated`, not both"),
            _ => self.wrong(raw, "a key has `id`, or `send-id` and `recv-id`"),
        }
        None
    }

    fn checked_times(&mut self, bgp: &mut BgpConfig, raw: &Bgp) {
        if let Some(hold) = &raw.hold_time {
            bgp.hold_time_secs = *hold.get_ref();
            if matches!(hold.get_ref(), 1 | 2) {
                self.wrong(hold, "Hold time must be in range 3-65535 or zero");
            }
        }
        if let Some(keepalive) = &raw.keepalive_time {
            bgp.keepalive_time_secs = Some(*keepalive.get_ref());
            if *keepalive.get_ref() == 0 {
                self.wrong(keepalive, "Keepalive time must be in range 1-65535");
            }
        }
        if let Some(digits) = &raw.dynamic_name_digits {
            bgp.dynamic_name_digits = *digits.get_ref();
            if *digits.get_ref() > 10 {
                self.wrong(digits, "Dynamic name digits must be at most 10");
            }
        }
    }

    fn restart_times(&mut self, bgp: &mut BgpConfig, raw: &Bgp) {
        for (place, time) in [
            (&mut bgp.graceful_restart_time_secs, &raw.graceful_restart_time),
            (&mut bgp.min_graceful_restart_time_secs, &raw.min_graceful_restart_time),
            (&mut bgp.max_graceful_restart_time_secs, &raw.max_graceful_restart_time),
        ] {
            let Some(time) = time else { continue };
            *place = *time.get_ref();
            if *time.get_ref() > GRACEFUL_RESTART_SECS_MAX {
                self.wrong(time, "Graceful restart time must be less than 4096");
            }
        }
        if let Some(time) = &raw.long_lived_stale_time {
            bgp.long_lived_stale_time_secs = *time.get_ref();
            self.stale_time(time);
        }
    }

    pub(super) fn stale_time(&mut self, time: &Spanned<u32>) {
        if *time.get_ref() > LONG_LIVED_STALE_SECS_MAX {
            self.wrong(time, "Long lived stale time must be less than 16777216");
        }
    }
}
