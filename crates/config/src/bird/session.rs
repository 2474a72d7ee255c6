//! Options of `protocol bgp` (bird.md §1.12).

use std::time::Duration;

use godwit_filter::Diagnostic;

use super::Reader;
use super::draft::{Reach, Session};
use super::options::Shape;
use crate::defaults::MULTIHOP_DEFAULT;
use crate::lang::{Parsed, Tok};
use crate::model::{BgpConfig, GracefulRestartMode, Password};

/// The longest `graceful restart time`.
const GRACEFUL_RESTART_SECS_MAX: u16 = 4095;

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
    "password",
    "passive",
    "rr",
    "rs",
    "confederation",
    "hold",
    "startup",
    "keepalive",
    "connect",
    "error",
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
    (&["strict", "bind"], |c| &mut c.strict_bind),
    (&["passive"], |c| &mut c.passive),
    (&["rr", "client"], |c| &mut c.rr_client),
    (&["rs", "client"], |c| &mut c.rs_client),
    (&["disable", "after", "error"], |c| &mut c.disable_after_error),
    (&["path", "metric"], |c| &mut c.path_metric),
    (&["med", "metric"], |c| &mut c.med_metric),
    (&["deterministic", "med"], |c| &mut c.deterministic_med),
    (&["igp", "metric"], |c| &mut c.igp_metric),
    (&["prefer", "older"], |c| &mut c.prefer_older),
    (&["allow", "bgp_local_pref"], |c| &mut c.allow_local_pref),
    (&["allow", "as", "sets"], |c| &mut c.allow_as_sets),
    (&["enforce", "first", "as"], |c| &mut c.enforce_first_as),
    (&["interpret", "communities"], |c| &mut c.interpret_communities),
    (&["enable", "route", "refresh"], |c| &mut c.route_refresh),
    (&["enable", "as4"], |c| &mut c.four_octet_as),
    (&["capabilities"], |c| &mut c.capabilities),
    (&["ttl", "security"], |c| &mut c.ttl_security),
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

const WITHOUT_EFFECT: &[(&[&str], Shape)] = &[
    (&["free", "bind"], Shape::Flag(false)),
    (&["setkey"], Shape::Flag(true)),
    (&["send", "hold", "time"], Shape::Number),
    (&["enable", "extended", "messages"], Shape::Flag(false)),
    (&["enable", "enhanced", "route", "refresh"], Shape::Flag(true)),
    (&["advertise", "hostname"], Shape::Flag(false)),
    (&["advertise", "ipv4"], Shape::Flag(true)),
    (&["long", "lived", "stale", "time"], Shape::Number),
    (&["min", "graceful", "restart", "time"], Shape::Number),
    (&["max", "graceful", "restart", "time"], Shape::Number),
    (&["min", "long", "lived", "stale", "time"], Shape::Number),
    (&["max", "long", "lived", "stale", "time"], Shape::Number),
    (&["dynamic", "name", "digits"], Shape::Number),
    (&["dynamic", "name"], Shape::Text),
    (&["require", "route", "refresh"], Shape::Flag(false)),
    (&["require", "enhanced", "route", "refresh"], Shape::Flag(false)),
    (&["require", "as4"], Shape::Flag(false)),
    (&["require", "extended", "messages"], Shape::Flag(false)),
    (&["require", "hostname"], Shape::Flag(false)),
    (&["require", "graceful", "restart"], Shape::Flag(false)),
    (&["require", "long", "lived", "graceful", "restart"], Shape::Flag(false)),
    (&["disable", "rx"], Shape::Flag(false)),
    (&["allow", "bgp_med"], Shape::Flag(false)),
    (&["authentication"], Shape::Words(&["none", "md5"])),
];

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
        Ok(self.endpoint_option(config, session)?
            || self.timer_option(config, session)?
            || self.special_option(config, session)?
            || self.checked_option(session)?
            || self.option_without_effect(WITHOUT_EFFECT)?)
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
            if self.l.at_word("range") {
                return Err(Diagnostic::error(self.l.span(), "`interface range` is not supported yet"));
            }
            session.interface = Some(self.text()?);
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

    fn timer_option(&mut self, config: &mut BgpConfig, session: &mut Session) -> Parsed<bool> {
        let span = self.l.span();
        if self.l.eat_words(&["hold", "time"]) {
            config.hold_time_secs = self.hold_time()?;
        } else if self.l.eat_words(&["startup", "hold", "time"]) {
            config.startup_hold_time_secs = self.number16("Startup hold time")?;
        } else if self.l.eat_words(&["keepalive", "time"]) {
            let n = self.number_in(1, u16::MAX.into(), "Keepalive time must be in range 1-65535")?;
            config.keepalive_time_secs = Some(n as u16);
        } else if self.l.eat_words(&["min", "hold", "time"]) {
            session.min_hold_time = self.number()?;
            self.no_effect(span, "min hold time");
        } else if self.l.eat_words(&["min", "keepalive", "time"]) {
            session.min_keepalive_time = self.number()?;
            self.no_effect(span, "min keepalive time");
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

    fn special_option(&mut self, config: &mut BgpConfig, session: &mut Session) -> Parsed<bool> {
        let span = self.l.span();
        if self.l.eat_word("password") {
            config.password = Some(Password::new(self.text()?));
        } else if self.l.eat_words(&["rr", "cluster", "id"]) {
            config.rr_cluster_id = Some(self.id()?);
        } else if self.l.eat_words(&["allow", "local", "as"]) {
            let any = self.l.at(";");
            config.allow_local_as = if any { u32::MAX } else { self.number()? };
        } else if self.l.eat_words(&["graceful", "restart", "time"]) {
            let wanted = self.number()?;
            // The capability has 12 bits for it (RFC 4724 §3).
            if wanted > GRACEFUL_RESTART_SECS_MAX.into() {
                let message = "Graceful restart time must be less than 4096";
                self.warn(self.l.span_from(span), format!("{message}: 4095 is used"));
            }
            config.graceful_restart_time_secs =
                u16::try_from(wanted).unwrap_or(u16::MAX).min(GRACEFUL_RESTART_SECS_MAX);
        } else if self.l.eat_words(&["graceful", "restart"]) {
            config.graceful_restart = if self.l.eat_word("aware") {
                GracefulRestartMode::Aware
            } else if self.flag()? {
                GracefulRestartMode::On
            } else {
                GracefulRestartMode::Off
            };
        } else if self.l.eat_words(&["long", "lived", "graceful", "restart"]) {
            let wanted = self.l.eat_word("aware") || self.flag()?;
            session.long_lived_restart = Some(wanted);
            if wanted {
                self.no_effect(span, "long lived graceful restart");
            }
        } else if self.l.eat_words(&["disable", "after", "cease"]) {
            let wanted = if self.l.eat("{") { self.cease_flags()? } else { self.flag()? };
            if wanted {
                self.no_effect(span, "disable after cease");
            }
        } else if self.l.eat_word("bfd") {
            session.bfd = self.bfd()?;
            if session.bfd {
                self.no_effect(span, "bfd");
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Options that are only checked against others.
    fn checked_option(&mut self, session: &mut Session) -> Parsed<bool> {
        let span = self.l.span();
        if self.l.eat_words(&["local", "role"]) {
            let roles = ["peer", "provider", "customer", "rs_server", "rs_client"];
            if !self.l.word().is_some_and(|w| roles.contains(&w)) {
                return Err(self.unknown_word(roles.into_iter()));
            }
            self.l.bump();
            session.role = true;
            self.no_effect(span, "local role");
        } else if self.l.eat_words(&["require", "roles"]) {
            session.require_roles = self.flag()?;
        } else if self.l.eat_words(&["confederation", "member"]) {
            session.confederation_member = self.flag()?;
        } else if self.l.eat_word("confederation") {
            // Speaking to a confederation as if it was none would make loops.
            let n = self.number()?;
            session.confederation = n != 0;
            if session.confederation {
                return Err(Diagnostic::error(span, "`confederation` is not supported yet"));
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// The words of `disable after cease` after the brace; whether there are any.
    fn cease_flags(&mut self) -> Parsed<bool> {
        const FLAGS: &[&[&str]] = &[
            &["prefix", "limit", "hit"],
            &["administrative", "shutdown"],
            &["peer", "deconfigured"],
            &["administrative", "reset"],
            &["connection", "rejected"],
            &["configuration", "change"],
            &["connection", "collision"],
            &["out", "of", "resources"],
            &["cease"],
        ];
        loop {
            if !FLAGS.iter().any(|words| self.l.eat_words(words)) {
                return Err(self.unknown_word(FLAGS.iter().filter_map(|words| words.first().copied())));
            }
            if !self.l.eat(",") {
                self.l.expect("}")?;
                return Ok(true);
            }
        }
    }

    /// A switch, `graceful`, or a block of options; whether BFD is wanted.
    fn bfd(&mut self) -> Parsed<bool> {
        if self.l.eat_word("graceful") {
            return Ok(true);
        }
        if !self.l.at("{") {
            return self.flag();
        }
        self.block(&mut |reader| {
            let times: &[&[&str]] = &[
                &["interval"],
                &["min", "rx", "interval"],
                &["min", "tx", "interval"],
                &["idle", "tx", "interval"],
            ];
            if times.iter().any(|words| reader.l.eat_words(words)) {
                reader.time()?;
            } else if reader.l.eat_word("multiplier") {
                reader.number()?;
            } else if reader.l.eat_word("passive") || reader.l.eat_word("graceful") {
                reader.flag()?;
            } else {
                let words = ["interval", "min", "idle", "multiplier", "passive", "graceful"];
                return Err(reader.unknown_word(words.into_iter()));
            }
            reader.end()
        })?;
        Ok(true)
    }
}

fn delay(seconds: u32) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}
