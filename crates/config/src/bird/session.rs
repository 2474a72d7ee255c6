//! Options of `protocol bgp` (bird.md §1.12).

mod authentication;
mod bfd;
mod restart;
mod special;

use std::time::Duration;

use godwit_filter::Diagnostic;

use super::Reader;
use super::draft::{Reach, Session};
use crate::defaults::{LONG_LIVED_STALE_SECS_MAX, MULTIHOP_DEFAULT};
use crate::lang::{Parsed, Tok};
use crate::model::BgpConfig;

/// First words of options, for suggestions.
pub(super) const FIRST_WORDS: &[&str] = &[
    "local",
    "neighbor",
    "interface",
    "direct",
    "multihop",
    "source",
    "strict",
    "free",
    "onlink",
    "password",
    "authentication",
    "keys",
    "setkey",
    "passive",
    "rr",
    "rs",
    "confederation",
    "hold",
    "startup",
    "keepalive",
    "connect",
    "error",
    "disable",
    "send",
    "min",
    "max",
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
    "advertise",
    "capabilities",
    "graceful",
    "long",
    "ttl",
    "check",
    "bfd",
    "dynamic",
    "require",
];

/// The place of a switch.
pub(crate) type Flag = fn(&mut BgpConfig) -> &mut bool;

/// Switches by their words.
pub(crate) const FLAGS: &[(&[&str], Flag)] = &[
    (&["onlink"], |c| &mut c.onlink),
    (&["strict", "bind"], |c| &mut c.strict_bind),
    (&["free", "bind"], |c| &mut c.free_bind),
    (&["passive"], |c| &mut c.passive),
    (&["rr", "client"], |c| &mut c.rr_client),
    (&["rs", "client"], |c| &mut c.rs_client),
    (&["confederation", "member"], |c| &mut c.confederation_member),
    (&["disable", "after", "error"], |c| &mut c.disable_after_error),
    (&["path", "metric"], |c| &mut c.path_metric),
    (&["med", "metric"], |c| &mut c.med_metric),
    (&["deterministic", "med"], |c| &mut c.deterministic_med),
    (&["igp", "metric"], |c| &mut c.igp_metric),
    (&["prefer", "older"], |c| &mut c.prefer_older),
    (&["allow", "bgp_local_pref"], |c| &mut c.allow_local_pref),
    (&["allow", "bgp_med"], |c| &mut c.allow_med),
    (&["allow", "as", "sets"], |c| &mut c.allow_as_sets),
    (&["enforce", "first", "as"], |c| &mut c.enforce_first_as),
    (&["interpret", "communities"], |c| &mut c.interpret_communities),
    (&["enable", "route", "refresh"], |c| &mut c.route_refresh),
    (&["enable", "enhanced", "route", "refresh"], |c| &mut c.enhanced_route_refresh),
    (&["enable", "extended", "messages"], |c| &mut c.extended_messages),
    (&["enable", "as4"], |c| &mut c.four_octet_as),
    (&["advertise", "hostname"], |c| &mut c.advertise_hostname),
    (&["advertise", "ipv4"], |c| &mut c.advertise_ipv4),
    (&["capabilities"], |c| &mut c.capabilities),
    (&["require", "route", "refresh"], |c| &mut c.require.route_refresh),
    (&["require", "enhanced", "route", "refresh"], |c| &mut c.require.enhanced_route_refresh),
    (&["require", "as4"], |c| &mut c.require.four_octet_as),
    (&["require", "extended", "messages"], |c| &mut c.require.extended_messages),
    (&["require", "hostname"], |c| &mut c.require.hostname),
    (&["require", "graceful", "restart"], |c| &mut c.require.graceful_restart),
    (&["require", "long", "lived", "graceful", "restart"], |c| &mut c.require.long_lived_graceful_restart),
    (&["require", "roles"], |c| &mut c.require.roles),
    (&["ttl", "security"], |c| &mut c.ttl_security),
    (&["disable", "rx"], |c| &mut c.disable_rx),
];

/// The place of a time.
pub(crate) type Seconds = fn(&mut BgpConfig) -> &mut Duration;

/// Times in whole seconds by their words.
pub(crate) const SECONDS: &[(&[&str], Seconds)] = &[
    (&["connect", "retry", "time"], |c| &mut c.connect_retry),
    (&["error", "forget", "time"], |c| &mut c.error_forget),
];

/// The place of a number.
pub(crate) type Number = fn(&mut BgpConfig) -> &mut u32;

/// Numbers by their words.
pub(crate) const NUMBERS: &[(&[&str], Number)] = &[
    (&["default", "bgp_med"], |c| &mut c.default_med),
    (&["default", "bgp_local_pref"], |c| &mut c.default_local_pref),
];

/// Times in whole seconds that need no more than 32 bits, by their words.
pub(crate) const TIMES: &[(&[&str], Number)] = &[
    (&["min", "hold", "time"], |c| &mut c.min_hold_time_secs),
    (&["min", "keepalive", "time"], |c| &mut c.min_keepalive_time_secs),
    (STALE_TIME, |c| &mut c.long_lived_stale_time_secs),
    (&["min", "long", "lived", "stale", "time"], |c| &mut c.min_long_lived_stale_time_secs),
    (&["max", "long", "lived", "stale", "time"], |c| &mut c.max_long_lived_stale_time_secs),
];

/// The only one of these times that is sent.
const STALE_TIME: &[&str] = &["long", "lived", "stale", "time"];

impl Reader<'_> {
    /// An option of a session up to its `;`; whether one stands here.
    pub(super) fn session_option(&mut self, config: &mut BgpConfig, session: &mut Session) -> Parsed<bool> {
        if let Some((words, field)) = FLAGS.iter().find(|(words, _)| self.l.at_words(words)) {
            self.l.eat_words(words);
            *field(config) = self.flag()?;
            return Ok(true);
        }
        if let Some((words, field)) = SECONDS.iter().find(|(words, _)| self.l.at_words(words)) {
            self.l.eat_words(words);
            *field(config) = Duration::from_secs(self.number()?.into());
            return Ok(true);
        }
        if let Some((words, field)) = NUMBERS.iter().find(|(words, _)| self.l.at_words(words)) {
            self.l.eat_words(words);
            *field(config) = self.number()?;
            return Ok(true);
        }
        if let Some((words, field)) = TIMES.iter().find(|(words, _)| self.l.at_words(words)) {
            let span = self.l.span();
            self.l.eat_words(words);
            let wanted = self.number()?;
            *field(config) = wanted;
            if *words == STALE_TIME && wanted > LONG_LIVED_STALE_SECS_MAX {
                // BIRD sends the rest of it.
                *field(config) = LONG_LIVED_STALE_SECS_MAX;
                let message = "Long lived stale time must be less than 16777216: 16777215 is used";
                self.warn(self.l.span_from(span), message);
            }
            return Ok(true);
        }
        Ok(self.endpoint_option(config, session)?
            || self.timer_option(config)?
            || self.restart_option(config)?
            || self.authentication_option(config, session)?
            || self.dynamic_option(config)?
            || self.special_option(config)?)
    }

    /// How far the neighbor may be, and how it is reached.
    fn endpoint_option(&mut self, config: &mut BgpConfig, session: &mut Session) -> Parsed<bool> {
        if self.l.at_words(&["local", "role"]) {
            return Ok(false);
        }
        if self.l.eat_word("local") {
            self.local(config, session)?;
        } else if self.l.eat_word("neighbor") {
            self.neighbor(config, session)?;
        } else if self.l.eat_word("interface") {
            if self.l.eat_word("range") {
                config.interface_range = self.interface_patterns()?;
            } else {
                session.interface = Some(self.text()?);
            }
        } else if self.l.eat_word("direct") {
            session.reach = Some(Reach::Direct);
        } else if self.l.eat_word("multihop") {
            let hops = match self.l.tok() {
                Tok::Mark(";") => MULTIHOP_DEFAULT,
                _ => self.number_in(1, 255, "Multihop must be in range 1-255")? as u8,
            };
            session.reach = Some(Reach::Hops(hops));
        } else if self.l.eat_words(&["source", "address"]) {
            config.local_address = Some(self.address()?);
        } else if self.l.eat_words(&["check", "link"]) {
            session.check_link = Some(self.flag()?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn timer_option(&mut self, config: &mut BgpConfig) -> Parsed<bool> {
        let span = self.l.span();
        if self.l.eat_words(&["hold", "time"]) {
            config.hold_time_secs = self.hold_time()?;
        } else if self.l.eat_words(&["startup", "hold", "time"]) {
            config.startup_hold_time_secs = self.number16("Startup hold time")?;
        } else if self.l.eat_words(&["keepalive", "time"]) {
            let n = self.number_in(1, u16::MAX.into(), "Keepalive time must be in range 1-65535")?;
            config.keepalive_time_secs = Some(n as u16);
        } else if self.l.eat_words(&["send", "hold", "time"]) {
            config.send_hold_time_secs = Some(self.number()?);
        } else if self.l.eat_words(&["connect", "delay", "time"]) {
            config.connect_delay = delay(self.number()?);
        } else if self.l.eat_words(&["start", "delay", "time"]) {
            config.connect_delay = delay(self.number()?);
            self.warn(span, "Start delay time option is deprecated, use connect delay time");
        } else if self.l.eat_words(&["error", "wait", "time"]) {
            let min = self.number()?;
            self.l.expect(",")?;
            let max = self.number()?;
            config.error_wait = (Duration::from_secs(min.into()), Duration::from_secs(max.into()));
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn hold_time(&mut self) -> Parsed<u16> {
        let span = self.l.span();
        let n = self.number()?;
        match u16::try_from(n) {
            Ok(n) if n == 0 || n >= 3 => Ok(n),
            // The OPEN message has no room for more, and RFC 4271 §4.2 none for 1 and 2.
            _ => Err(Diagnostic::error(span, "Hold time must be in range 3-65535 or zero")
                .label("expected 0 or 3 to 65535")),
        }
    }
}

fn delay(seconds: u32) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}
