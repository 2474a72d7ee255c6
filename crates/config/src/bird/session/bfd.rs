//! `bfd` of a session.

use std::time::Duration;

use crate::bird::Reader;
use crate::lang::Parsed;
use crate::model::{BfdOptions, BgpConfig};

impl Reader<'_> {
    /// A switch, `graceful`, or a block of options, which adds to what is set.
    pub(super) fn bfd(&mut self, config: &mut BgpConfig) -> Parsed<()> {
        let mut bfd = config.bfd.take().unwrap_or_default();
        if self.l.eat_word("graceful") {
            bfd.graceful = true;
        } else if self.l.at("{") {
            self.block(&mut |reader| {
                reader.bfd_option(&mut bfd)?;
                reader.end()
            })?;
        } else if self.flag()? {
            bfd.graceful = false;
        } else {
            return Ok(());
        }
        config.bfd = Some(bfd);
        Ok(())
    }

    fn bfd_option(&mut self, bfd: &mut BfdOptions) -> Parsed<()> {
        if self.l.eat_word("interval") {
            let time = Some(self.duration()?);
            (bfd.min_rx, bfd.min_tx) = (time, time);
        } else if self.l.eat_words(&["min", "rx", "interval"]) {
            bfd.min_rx = Some(self.duration()?);
        } else if self.l.eat_words(&["min", "tx", "interval"]) {
            bfd.min_tx = Some(self.duration()?);
        } else if self.l.eat_words(&["idle", "tx", "interval"]) {
            bfd.idle_tx = Some(self.duration()?);
        } else if self.l.eat_word("multiplier") {
            bfd.multiplier = Some(self.number()?);
        } else if self.l.eat_word("passive") {
            bfd.passive = Some(self.flag()?);
        } else if self.l.eat_word("graceful") {
            bfd.graceful = true;
        } else {
            let words = ["interval", "min", "idle", "multiplier", "passive", "graceful"];
            return Err(self.unknown_word(words.into_iter()));
        }
        Ok(())
    }

    /// A number with its unit.
    pub(in crate::bird) fn duration(&mut self) -> Parsed<Duration> {
        let n = u64::from(self.number()?);
        if self.l.eat_word("s") {
            Ok(Duration::from_secs(n))
        } else if self.l.eat_word("ms") {
            Ok(Duration::from_millis(n))
        } else if self.l.eat_word("us") {
            Ok(Duration::from_micros(n))
        } else {
            Err(self.l.unexpected(&["'s'", "'ms'", "'us'"]))
        }
    }
}
