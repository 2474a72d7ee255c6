//! `protocol kernel` (bird.md §1.7).

use super::Reader;
use crate::defaults::MERGE_PATHS_DEFAULT;
use crate::lang::Parsed;
use crate::model::KernelConfig;

impl Reader<'_> {
    /// An option of a kernel protocol up to its `;`; whether one stands here.
    pub(super) fn kernel_option(&mut self, config: &mut KernelConfig) -> Parsed<bool> {
        let span = self.l.span();
        if self.l.eat_word("persist") {
            config.persist = self.flag()?;
        } else if self.l.eat_words(&["scan", "time"]) {
            config.scan_time_secs = self.number()?;
        } else if self.l.eat_words(&["learn", "all"]) {
            config.learn = true;
            self.no_effect(span, "learn all");
        } else if self.l.eat_word("learn") {
            config.learn = self.flag()?;
        } else if self.is_16() && self.l.eat_words(&["device", "routes"]) {
            config.device_routes = self.flag()?;
        } else if self.l.eat_words(&["kernel", "table"]) {
            config.table = self.number()?;
        } else if self.l.eat_word("metric") {
            config.metric = self.number()?;
        } else if self.l.eat_words(&["graceful", "restart"]) {
            config.graceful_restart = self.flag()?;
        } else if self.l.eat_words(&["merge", "paths"]) {
            config.merge_paths = self.merge_paths()?;
        } else if self.l.eat_words(&["netlink", "rx", "buffer"]) {
            if self.number()? != 0 {
                self.no_effect(span, "netlink rx buffer");
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// A switch, then `limit N`.
    fn merge_paths(&mut self) -> Parsed<Option<u32>> {
        let on = self.flag_before(&["limit"])?;
        let mut limit = MERGE_PATHS_DEFAULT;
        if self.l.eat_word("limit") {
            limit = self.number_in(1, 255, "Merge paths limit must be in range 1-255")?;
        }
        Ok(on.then_some(limit))
    }
}
