//! Graceful restart of a session, and its long-lived kind.

use crate::bird::Reader;
use crate::defaults::GRACEFUL_RESTART_SECS_MAX;
use crate::lang::Parsed;
use crate::model::{BgpConfig, GracefulRestartMode};

impl Reader<'_> {
    pub(super) fn restart_option(&mut self, config: &mut BgpConfig) -> Parsed<bool> {
        if self.l.eat_words(&["graceful", "restart", "time"]) {
            config.graceful_restart_time_secs = self.restart_time("Graceful")?;
        } else if self.l.eat_words(&["min", "graceful", "restart", "time"]) {
            config.min_graceful_restart_time_secs = self.restart_time("Min graceful")?;
        } else if self.l.eat_words(&["max", "graceful", "restart", "time"]) {
            config.max_graceful_restart_time_secs = self.restart_time("Max graceful")?;
        } else if self.l.eat_words(&["graceful", "restart"]) {
            config.graceful_restart = self.restart_mode()?;
        } else if self.l.eat_words(&["long", "lived", "graceful", "restart"]) {
            config.long_lived_graceful_restart = Some(self.restart_mode()?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Seconds that the capability has room for.
    fn restart_time(&mut self, what: &str) -> Parsed<u16> {
        let span = self.l.span();
        let wanted = self.number()?;
        if wanted > GRACEFUL_RESTART_SECS_MAX.into() {
            let message = format!("{what} restart time must be less than 4096: 4095 is used");
            self.warn(self.l.span_from(span), message);
        }
        Ok(u16::try_from(wanted).unwrap_or(u16::MAX).min(GRACEFUL_RESTART_SECS_MAX))
    }

    fn restart_mode(&mut self) -> Parsed<GracefulRestartMode> {
        Ok(if self.l.eat_word("aware") {
            GracefulRestartMode::Aware
        } else if self.flag()? {
            GracefulRestartMode::On
        } else {
            GracefulRestartMode::Off
        })
    }
}
