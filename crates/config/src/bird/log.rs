//! `log`, `debug`, `timeformat` and other statements about what the daemon says.

use super::Reader;
use crate::lang::{Parsed, Tok};
use crate::model::{LogClasses, LogDestination, LogTarget, TimeFormat};

/// Classes by their words.
pub(crate) const CLASSES: &[(&str, u16)] = &[
    ("debug", LogClasses::DEBUG),
    ("trace", LogClasses::TRACE),
    ("info", LogClasses::INFO),
    ("remote", LogClasses::REMOTE),
    ("warning", LogClasses::WARNING),
    ("error", LogClasses::ERROR),
    ("auth", LogClasses::AUTH),
    ("fatal", LogClasses::FATAL),
    ("bug", LogClasses::BUG),
];

/// Below this age `iso short` shows the time of day.
const SHORT_FORMAT_SECS: u32 = 20 * 3600;

impl Reader<'_> {
    /// `log DESTINATION CLASSES ;`, after `log`.
    pub(super) fn log(&mut self) -> Parsed<()> {
        let span = self.l.span();
        let destination = if self.l.eat_word("syslog") {
            let name = if self.l.eat_word("name") { Some(self.text()?) } else { None };
            Some(LogDestination::Syslog { name })
        } else if self.l.eat_word("stderr") {
            Some(LogDestination::Stderr)
        } else if self.l.eat_word("udp") {
            if self.at_address() {
                self.address()?;
            } else {
                self.text()?;
            }
            if self.l.eat_word("port") {
                self.number()?;
            }
            None
        } else if matches!(self.l.tok(), Tok::Text(_) | Tok::Word(_)) {
            Some(self.log_file()?)
        } else {
            return Err(self.l.unexpected(&["a file name", "'syslog'", "'stderr'"]));
        };
        let classes = LogClasses(self.log_classes()?);
        self.end()?;
        match destination {
            Some(destination) => self.config.log.push(LogTarget { destination, classes }),
            None => self.no_effect(span, "log udp"),
        }
        Ok(())
    }

    fn log_file(&mut self) -> Parsed<LogDestination> {
        let path = self.text()?;
        if self.l.at_word("all") || self.l.at("{") {
            return Ok(LogDestination::File { path, rotate: None });
        }
        if self.l.at(";") {
            return Err(self.l.unexpected(&["'all'", "'{'"]));
        }
        let limit = self.number()?;
        let backup = self.text()?;
        Ok(LogDestination::File { path, rotate: Some((limit.into(), backup)) })
    }

    fn log_classes(&mut self) -> Parsed<u16> {
        if self.l.eat_word("all") {
            return Ok(LogClasses::ALL.0);
        }
        if !self.l.eat("{") {
            return Err(self.l.unexpected(&["'{'", "'all'"]));
        }
        self.mask_words(CLASSES)
    }

    /// What follows `debug` at the top level.
    pub(super) fn debug(&mut self) -> Parsed<()> {
        let span = self.l.span();
        if self.l.eat_word("protocols") {
            self.config.debug = self.debug_mask()?;
        } else if self.l.eat_word("commands") {
            self.config.debug_commands = self.number()?;
        } else if self.l.at_word("channels") || self.l.at_word("tables") {
            let word = self.l.ident("a word")?;
            if self.debug_mask()?.0 != 0 {
                self.no_effect(span, &format!("debug {}", word.name));
            }
        } else if self.l.eat_words(&["latency", "limit"]) {
            self.time()?;
            self.no_effect(span, "debug latency limit");
        } else if self.l.eat_word("latency") {
            if self.flag_before(TOP_WORDS)? {
                self.no_effect(span, "debug latency");
            }
        } else {
            return Err(self.unknown_word(["protocols", "channels", "commands", "latency"].into_iter()));
        }
        self.l.eat(";");
        Ok(())
    }

    /// What follows `watchdog`.
    pub(super) fn watchdog(&mut self) -> Parsed<()> {
        let span = self.l.span();
        let Some(what @ ("warning" | "timeout")) = self.l.word() else {
            return Err(self.unknown_word(["warning", "timeout"].into_iter()));
        };
        self.l.bump();
        self.time()?;
        self.no_effect(span, &format!("watchdog {what}"));
        self.l.eat(";");
        Ok(())
    }

    /// What follows `mrtdump` at the top level.
    pub(super) fn mrtdump(&mut self) -> Parsed<()> {
        let span = self.l.span();
        let wanted = if self.l.eat_word("protocols") {
            self.mrtdump_mask()? != 0
        } else {
            self.text()?;
            true
        };
        self.end()?;
        if wanted {
            self.no_effect(span, "mrtdump");
        }
        Ok(())
    }

    /// A time: a number with `s`, `ms` or `us`, or bare in seconds.
    pub(super) fn time(&mut self) -> Parsed<u32> {
        let n = self.number()?;
        if !["s", "ms", "us"].iter().any(|unit| self.l.eat_word(unit)) && !self.is_16() {
            return Err(self.l.unexpected(&["'s'", "'ms'", "'us'"]));
        }
        Ok(n)
    }

    /// What follows `timeformat`.
    pub(super) fn timeformat(&mut self) -> Parsed<()> {
        let Some(what @ ("route" | "protocol" | "base" | "log")) = self.l.word() else {
            return Err(self.unknown_word(["route", "protocol", "base", "log"].into_iter()));
        };
        self.l.bump();
        let format = Some(self.time_spec()?);
        self.end()?;
        let formats = &mut self.config.time_formats;
        match what {
            "route" => formats.route = format,
            "protocol" => formats.protocol = format,
            "base" => formats.base = format,
            _ => formats.log = format,
        }
        Ok(())
    }

    fn time_spec(&mut self) -> Parsed<TimeFormat> {
        if let Tok::Text(_) = self.l.tok() {
            let near = self.text()?;
            let far = match self.l.tok() {
                Tok::Mark(";") => None,
                _ => Some((self.number()?, self.text()?)),
            };
            return Ok(TimeFormat { near, far });
        }
        let old = self.l.eat_word("old");
        if !old && !self.l.eat_word("iso") {
            return Err(self.l.unexpected(&["a time format", "'iso'"]));
        }
        let short = self.l.eat_word("short");
        if !short && !self.l.eat_word("long") {
            return Err(self.unknown_word(["short", "long"].into_iter()));
        }
        let fraction = match self.l.word() {
            Some("ms") if !old => ".%3f",
            Some("us") if !old => ".%6f",
            _ => "",
        };
        if !fraction.is_empty() {
            self.l.bump();
        }
        let format = |text: &str| text.replace("%T", &format!("%T{fraction}"));
        Ok(match (old, short) {
            (false, true) => TimeFormat { near: format("%T"), far: Some((SHORT_FORMAT_SECS, "%F".into())) },
            (false, false) => TimeFormat { near: format("%F %T"), far: None },
            (true, true) => {
                TimeFormat { near: "%H:%M".into(), far: Some((SHORT_FORMAT_SECS, "%b%d".into())) }
            }
            (true, false) => TimeFormat { near: "%d-%m-%Y %T".into(), far: None },
        })
    }
}

/// Words that may follow `debug latency`, which needs no `;`.
const TOP_WORDS: &[&str] =
    &["protocol", "template", "debug", "watchdog", "router", "log", "define", "filter", "function", "table"];
