//! `protocol rpki` (bird.md §1.11).

use godwit_filter::Diagnostic;

use super::Reader;
use crate::defaults::rpki::{EXPIRE, Interval, REFRESH, RETRY, interval_problem};
use crate::lang::{Parsed, Tok};
use crate::model::{Password, RpkiConfig, RpkiRemote, RpkiTime, RpkiTransport};

/// First words of options, for suggestions.
pub(super) const FIRST_WORDS: &[&str] = &[
    "remote",
    "port",
    "local",
    "transport",
    "refresh",
    "retry",
    "expire",
    "ignore",
    "min",
    "max",
    "roa4",
    "roa6",
];

/// The greatest version of the protocol we know (RFC 8210).
const VERSION_MAX: u32 = 2;

/// What an RPKI protocol has been told that its configuration does not hold as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Rpki {
    pub(super) remote: bool,
    transport: bool,
}

impl Reader<'_> {
    /// An option up to its `;`; whether one stands here.
    pub(super) fn rpki_option(&mut self, config: &mut RpkiConfig, told: &mut Rpki) -> Parsed<bool> {
        let span = self.l.span();
        if self.l.eat_word("remote") {
            self.remote(config, told, span)?;
        } else if self.l.eat_word("port") {
            config.port = Some(self.port16()?);
        } else if self.l.eat_words(&["local", "address"]) {
            config.local_address = Some(self.address()?);
        } else if self.l.eat_word("transport") {
            if std::mem::replace(&mut told.transport, true) {
                return Err(Diagnostic::error(span, "At the most one transport per protocol allowed"));
            }
            config.transport = self.transport()?;
        } else if self.l.eat_word("refresh") {
            config.refresh = self.interval(REFRESH)?;
        } else if self.l.eat_word("retry") {
            config.retry = self.interval(RETRY)?;
        } else if self.l.eat_word("expire") {
            config.expire = self.interval(EXPIRE)?;
        } else if self.l.eat_words(&["ignore", "max", "length"]) {
            config.ignore_max_length = self.flag()?;
        } else if self.l.eat_words(&["min", "version"]) {
            config.min_version = self.version()?;
        } else if self.l.eat_words(&["max", "version"]) {
            config.max_version = self.version()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// What follows `remote`.
    fn remote(&mut self, config: &mut RpkiConfig, told: &mut Rpki, span: godwit_filter::Span) -> Parsed<()> {
        if std::mem::replace(&mut told.remote, true) {
            return Err(Diagnostic::error(span, "Only one cache server per protocol allowed"));
        }
        config.remote = if self.at_address() {
            RpkiRemote::Address(self.address()?)
        } else if matches!(self.l.tok(), Tok::Text(_) | Tok::Word(_)) {
            RpkiRemote::Host(self.text()?)
        } else {
            return Err(self.l.unexpected(&["an address", "a host name in quotes"]));
        };
        if self.l.eat_word("port") {
            config.port = Some(self.port16()?);
        }
        Ok(())
    }

    fn port16(&mut self) -> Parsed<u16> {
        let span = self.l.span();
        let n = self.number()?;
        let wrong = || Diagnostic::error(span, format!("Value {n} out of range (0-65535)"));
        u16::try_from(n).map_err(|_| wrong().label("expected 0 to 65535"))
    }

    fn version(&mut self) -> Parsed<u8> {
        Ok(self.number_in(0, VERSION_MAX, "RPKI version must be in range 0-2")? as u8)
    }

    /// `[keep] N`
    fn interval(&mut self, range: Interval) -> Parsed<RpkiTime> {
        let keep = self.l.eat_word("keep");
        let span = self.l.span();
        let secs = self.number()?;
        match interval_problem(range, secs) {
            None => Ok(RpkiTime { secs, keep }),
            Some(message) => {
                let (_, least, most) = range;
                Err(Diagnostic::error(span, message).label(format!("expected {least} to {most}")))
            }
        }
    }

    fn transport(&mut self) -> Parsed<RpkiTransport> {
        if self.l.eat_word("tcp") {
            let mut password = None;
            if self.l.at("{") {
                let mut md5 = None;
                self.block(&mut |reader| {
                    if reader.l.eat_word("authentication") {
                        md5 = Some(reader.one_of(&[("none", false), ("md5", true)])?);
                    } else if reader.l.eat_word("password") {
                        password = Some(Password::new(reader.text()?));
                    } else {
                        return Err(reader.unknown_word(["authentication", "password"].into_iter()));
                    }
                    reader.end()
                })?;
                if md5 == Some(true) && password.is_none() {
                    let message = "Password must be specified for MD5 authentication";
                    return Err(Diagnostic::error(self.l.span(), message));
                }
                if md5 == Some(false) {
                    password = None;
                }
            }
            return Ok(RpkiTransport::Tcp { password });
        }
        if !self.l.eat_word("ssh") {
            return Err(self.unknown_word(["tcp", "ssh"].into_iter()));
        }
        let (mut who, mut private_key, mut public_key) = (None, None, None);
        let end = self.block(&mut |reader| {
            if reader.l.eat_word("user") {
                who = Some(reader.text()?);
            } else if reader.l.eat_words(&["bird", "private", "key"]) {
                private_key = Some(reader.text()?);
            } else if reader.l.eat_words(&["remote", "public", "key"]) {
                public_key = Some(reader.text()?);
            } else {
                return Err(reader.unknown_word(["bird", "remote", "user"].into_iter()));
            }
            reader.end()
        })?;
        match who {
            Some(user) => Ok(RpkiTransport::Ssh { user, private_key, public_key }),
            None => Err(Diagnostic::error(end, "User must be set").label("expected user \"…\";")),
        }
    }
}
