//! `protocol device` and `protocol direct` (bird.md §1.5, §1.6).

use super::Reader;
use crate::lang::{Parsed, Tok};
use crate::model::{DeviceConfig, DirectConfig};

impl Reader<'_> {
    /// An option of a device protocol up to its `;`; whether one stands here.
    pub(super) fn device_option(&mut self, config: &mut DeviceConfig) -> Parsed<bool> {
        let span = self.l.span();
        if self.l.eat_words(&["scan", "time"]) {
            config.scan_time_secs = self.number()?;
        } else if self.is_16() && self.l.eat_word("primary") {
            if let Tok::Text(_) = self.l.tok() {
                self.l.bump();
            }
            match self.l.tok() {
                Tok::Prefix(_) => self.l.bump(),
                _ => self.address().map(|_| ())?,
            }
            self.no_effect(span, "primary");
        } else if !self.is_16() && self.l.eat_word("interface") {
            self.interface_patterns()?;
            let mut preferred = false;
            if self.l.at("{") {
                self.block(&mut |reader| {
                    reader.expect_words(&["preferred"])?;
                    reader.address()?;
                    preferred = true;
                    reader.end()
                })?;
            }
            if preferred {
                self.no_effect(span, "preferred");
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// An option of a direct protocol up to its `;`; whether one stands here.
    pub(super) fn direct_option(&mut self, config: &mut DirectConfig) -> Parsed<bool> {
        if self.l.eat_word("interface") {
            config.interfaces.extend(self.interface_patterns()?);
        } else if self.l.eat_words(&["check", "link"]) {
            config.check_link = self.flag()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}
