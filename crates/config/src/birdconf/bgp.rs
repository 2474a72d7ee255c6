//! `protocol bgp`.

use std::net::IpAddr;

use godwit_filter::{Diagnostic, Span, Token};

use crate::model::{BgpConfig, Dialect, GracefulRestartMode, Neighbor, NeighborAs};

use super::{Done, Reader};

pub(super) const OPTIONS: &[&str] = &[
    "local",
    "neighbor",
    "interface",
    "direct",
    "multihop",
    "source",
    "strict",
    "password",
    "passive",
    "rr",
    "rs",
    "hold",
    "startup",
    "keepalive",
    "connect",
    "error",
    "disable",
    "path",
    "med",
    "deterministic",
    "igp",
    "prefer",
    "default",
    "allow",
    "enforce",
    "interpret",
    "enable",
    "capabilities",
    "graceful",
    "ttl",
    "check",
    "ipv4",
    "ipv6",
    "description",
    "import",
    "export",
];

/// A BGP protocol while it is read: what was not said is not decided yet.
#[derive(Clone, Debug)]
pub(super) struct BgpDraft {
    config: BgpConfig,
    local_as: Option<u32>,
    neighbor: Option<Neighbor>,
    neighbor_as: Option<NeighborAs>,
    interface: Option<String>,
    multihop: Option<Option<u8>>,
    check_link: Option<bool>,
    dialect: Dialect,
}

impl BgpDraft {
    pub(super) fn new(dialect: Dialect) -> Self {
        let nobody = Neighbor::Address { address: IpAddr::from([0, 0, 0, 0]), interface: None };
        Self {
            config: BgpConfig::new(0, nobody, NeighborAs::External),
            local_as: None,
            neighbor: None,
            neighbor_as: None,
            interface: None,
            multihop: None,
            check_link: None,
            dialect,
        }
    }

    /// Checks the session's options against each other, with BIRD's words.
    pub(super) fn finish(&self, span: Span) -> Done<BgpConfig> {
        let error = |text: &str| Err(Diagnostic::error(span, text));
        let Some(local_as) = self.local_as else { return error("Local AS number must be set") };
        let Some(mut neighbor) = self.neighbor.clone() else { return error("Neighbor must be configured") };
        let Some(neighbor_as) = self.neighbor_as else {
            return error(match self.dialect {
                Dialect::Bird16 => "Remote AS number must be set",
                Dialect::Bird2 => "Remote AS number (or peer type) must be set",
            });
        };
        if let Neighbor::Address { address, interface } = &mut neighbor {
            if interface.is_none() {
                interface.clone_from(&self.interface);
            }
            let link_local = matches!(address, IpAddr::V6(a) if a.is_unicast_link_local());
            if link_local && interface.is_none() {
                return error("Link-local addresses require defined interface");
            }
            if link_local && matches!(self.multihop, Some(Some(_))) {
                return error("Multihop BGP cannot be used with link-local addresses");
            }
        }
        let base = BgpConfig::new(local_as, neighbor.clone(), neighbor_as);
        let multihop = self.multihop.unwrap_or(base.multihop);
        let check_link = self.check_link.unwrap_or(self.dialect == Dialect::Bird2 && multihop.is_none());
        let config =
            BgpConfig { local_as, neighbor, neighbor_as, multihop, check_link, ..self.config.clone() };
        if config.rr_client && !config.is_internal() {
            return error("Only internal neighbor can be RR client");
        }
        if config.rs_client && config.is_internal() {
            return error("Only external neighbor can be RS client");
        }
        if check_link && multihop.is_some() {
            return error("Multihop BGP cannot depend on link state");
        }
        if config.keepalive_time_secs.is_some_and(|k| k > config.hold_time_secs) {
            return error("Keepalive time must be at most hold time");
        }
        if config.strict_bind && config.local_address.is_none() {
            return error("Local address must be configured for strict bind");
        }
        if config.enforce_first_as && config.is_internal() {
            return error("Enforce first AS check is requires EBGP sessions");
        }
        Ok(config)
    }
}

impl Reader<'_> {
    /// One option; whether there was one.
    pub(super) fn bgp_option(&mut self, draft: &mut BgpDraft) -> Done<bool> {
        let span = self.p.span();
        let found = self.bgp_addresses(draft)?
            || self.bgp_timers(draft)?
            || self.bgp_selection(draft)?
            || self.bgp_session(draft)?;
        if found {
            return Ok(true);
        }
        // Options of BIRD's that say nothing to us yet.
        const SILENT: &[&str] = &[
            "bfd",
            "confederation",
            "advertise",
            "free",
            "setkey",
            "long",
            "min",
            "max",
            "send",
            "dynamic",
            "require",
            "route",
            "missing",
            "gateway",
            "add",
            "link",
            "secondary",
            "authentication",
            "keys",
            "disable",
        ];
        let Token::Symbol(word) = self.p.peek() else { return Ok(false) };
        let word = word.clone();
        if !SILENT.contains(&word.as_str()) {
            return Ok(false);
        }
        self.skip_option();
        self.no_effect(span, &word);
        Ok(true)
    }

    fn bgp_addresses(&mut self, draft: &mut BgpDraft) -> Done<bool> {
        let span = self.p.span();
        if self.p.is_symbol("local") && matches!(self.p.peek2(), Token::Symbol(w) if w == "role") {
            self.skip_option();
            self.no_effect(span, "local role");
        } else if self.p.eat_symbol("local") {
            self.local(draft)?;
        } else if self.p.eat_symbol("neighbor") {
            self.neighbor(draft)?;
        } else if self.p.eat_symbol("interface") {
            draft.interface = Some(self.text()?);
        } else if self.p.eat_symbols(&["source", "address"]) {
            draft.config.local_address = Some(self.address()?);
        } else if self.p.eat_symbol("direct") {
            draft.multihop = Some(None);
        } else if self.p.eat_symbol("multihop") {
            let ttl = if self.p.is_punct(";") { 64 } else { self.int_in("Multihop", 1, 255)? };
            draft.multihop = Some(Some(ttl as u8));
        } else if self.p.eat_symbols(&["strict", "bind"]) {
            draft.config.strict_bind = self.bool()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// `[IP ['%' IF]] [port N] [as N]`, in any order after the address.
    fn local(&mut self, draft: &mut BgpDraft) -> Done<()> {
        if let Some(address) = self.try_address() {
            draft.config.local_address = Some(address);
            if self.p.eat_punct("%") {
                draft.interface = Some(self.zone()?);
            }
        }
        loop {
            if self.p.eat_symbol("as") {
                draft.local_as = Some(self.int()?);
            } else if self.p.eat_symbol("port") {
                draft.config.local_port = self.int_in("Port", 1, 65_535)? as u16;
            } else {
                return Ok(());
            }
        }
    }

    fn neighbor(&mut self, draft: &mut BgpDraft) -> Done<()> {
        let span = self.p.span();
        if self.p.eat_symbol("range") {
            draft.neighbor = Some(Neighbor::Range(self.prefix()?));
        } else if let Some(address) = self.try_address() {
            if draft.neighbor.is_some() {
                return Err(Diagnostic::error(span, "Only one neighbor per BGP instance is allowed"));
            }
            let interface = if self.p.eat_punct("%") { Some(self.zone()?) } else { None };
            draft.neighbor = Some(Neighbor::Address { address, interface });
        }
        loop {
            if self.p.eat_symbol("as") {
                draft.neighbor_as = Some(NeighborAs::Number(self.int()?));
            } else if self.p.eat_symbol("port") {
                draft.config.neighbor_port = self.int_in("Port", 1, 65_535)? as u16;
            } else if self.p.eat_symbol("internal") {
                draft.neighbor_as = Some(NeighborAs::Internal);
            } else if self.p.eat_symbol("external") {
                draft.neighbor_as = Some(NeighborAs::External);
            } else {
                return Ok(());
            }
        }
    }

    fn bgp_timers(&mut self, draft: &mut BgpDraft) -> Done<bool> {
        let config = &mut draft.config;
        let span = self.p.span();
        if self.p.eat_symbols(&["hold", "time"]) {
            config.hold_time_secs = self.hold_time()?;
        } else if self.p.eat_symbols(&["startup", "hold", "time"]) {
            config.startup_hold_time_secs = self.hold_time()?;
        } else if self.p.eat_symbols(&["keepalive", "time"]) {
            config.keepalive_time_secs = Some(self.int_in("Keepalive time", 1, 65_535)? as u16);
        } else if self.p.eat_symbols(&["connect", "delay", "time"])
            || self.p.eat_symbols(&["start", "delay", "time"])
        {
            config.connect_delay = Some(self.seconds()?);
        } else if self.p.eat_symbols(&["connect", "retry", "time"]) {
            config.connect_retry = self.seconds()?;
        } else if self.p.eat_symbols(&["error", "wait", "time"]) {
            let min = self.seconds()?;
            self.p.expect_punct(",")?;
            config.error_wait = (min, self.seconds()?);
        } else if self.p.eat_symbols(&["error", "forget", "time"]) {
            config.error_forget = self.seconds()?;
        } else if self.p.eat_symbols(&["disable", "after", "error"]) {
            config.disable_after_error = self.bool()?;
        } else if self.p.eat_symbols(&["graceful", "restart", "time"]) {
            config.graceful_restart_time_secs = self.int_in("Graceful restart time", 0, 4095)? as u16;
            self.no_effect(span, "graceful restart time");
        } else if self.p.eat_symbols(&["graceful", "restart"]) {
            config.graceful_restart = if self.p.eat_symbol("aware") {
                GracefulRestartMode::Aware
            } else if self.bool()? {
                GracefulRestartMode::On
            } else {
                GracefulRestartMode::Off
            };
            if config.graceful_restart != GracefulRestartMode::Off {
                self.no_effect(span, "graceful restart");
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn hold_time(&mut self) -> Done<u16> {
        let span = self.p.span();
        match self.int()? {
            n @ (0 | 3..=65_535) => Ok(n as u16),
            _ => Err(Diagnostic::error(span, "Hold time must be in range 3-65535 or zero")),
        }
    }

    fn bgp_selection(&mut self, draft: &mut BgpDraft) -> Done<bool> {
        let config = &mut draft.config;
        let span = self.p.span();
        if self.p.eat_symbols(&["path", "metric"]) {
            config.path_metric = self.bool()?;
        } else if self.p.eat_symbols(&["med", "metric"]) {
            config.med_metric = self.bool()?;
        } else if self.p.eat_symbols(&["deterministic", "med"]) {
            config.deterministic_med = self.bool()?;
            if config.deterministic_med {
                self.no_effect(span, "deterministic med");
            }
        } else if self.p.eat_symbols(&["igp", "metric"]) {
            config.igp_metric = self.bool()?;
        } else if self.p.eat_symbols(&["prefer", "older"]) {
            config.prefer_older = self.bool()?;
        } else if self.p.eat_symbols(&["default", "bgp_med"]) {
            config.default_med = self.int()?;
        } else if self.p.eat_symbols(&["default", "bgp_local_pref"]) {
            config.default_local_pref = self.int()?;
        } else if self.p.eat_symbols(&["allow", "local", "as"]) {
            config.allow_local_as = if self.p.is_punct(";") { u32::MAX } else { self.int()? };
        } else if self.p.eat_symbols(&["allow", "bgp_local_pref"]) {
            config.allow_local_pref = self.bool()?;
        } else if self.p.eat_symbols(&["allow", "as", "sets"]) {
            config.allow_as_sets = self.bool()?;
        } else if self.p.eat_symbols(&["enforce", "first", "as"]) {
            config.enforce_first_as = self.bool()?;
        } else if self.p.eat_symbols(&["interpret", "communities"]) {
            config.interpret_communities = self.bool()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn bgp_session(&mut self, draft: &mut BgpDraft) -> Done<bool> {
        let config = &mut draft.config;
        let span = self.p.span();
        if self.p.eat_symbol("passive") {
            config.passive = self.bool()?;
        } else if self.p.eat_symbols(&["rr", "client"]) {
            config.rr_client = self.bool()?;
        } else if self.p.eat_symbols(&["rr", "cluster", "id"]) {
            config.rr_cluster_id = Some(self.id()?);
        } else if self.p.eat_symbols(&["rs", "client"]) {
            config.rs_client = self.bool()?;
        } else if self.p.eat_symbol("password") {
            config.password = Some(self.text()?);
        } else if self.p.eat_symbols(&["enable", "route", "refresh"]) {
            config.route_refresh = self.bool()?;
        } else if self.p.eat_symbols(&["enable", "as4"]) {
            config.four_octet_as = self.bool()?;
        } else if self.p.is_symbol("enable") {
            self.skip_option();
            self.no_effect(span, "enable");
        } else if self.p.eat_symbol("capabilities") {
            config.capabilities = self.bool()?;
        } else if self.p.eat_symbols(&["ttl", "security"]) {
            config.ttl_security = self.bool()?;
            if config.ttl_security {
                self.no_effect(span, "ttl security");
            }
        } else if self.p.eat_symbols(&["check", "link"]) {
            draft.check_link = Some(self.bool()?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}
