//! Options of a session that are neither switches nor numbers.

use godwit_wire::Role;

use crate::bird::Reader;
use crate::lang::Parsed;
use crate::model::{BgpConfig, CeaseCodes};

/// The most digits of `dynamic name digits`, as many as the greatest number has.
const DYNAMIC_NAME_DIGITS_MAX: u32 = 10;
/// In the order BIRD names them.
const ROLES: [Role; 5] = [Role::Peer, Role::Provider, Role::Customer, Role::RsServer, Role::RsClient];

impl Reader<'_> {
    pub(super) fn special_option(&mut self, config: &mut BgpConfig) -> Parsed<bool> {
        if self.l.eat_words(&["rr", "cluster", "id"]) {
            config.rr_cluster_id = Some(self.id()?);
        } else if self.l.eat_words(&["allow", "local", "as"]) {
            let any = self.l.at(";");
            config.allow_local_as = if any { u32::MAX } else { self.number()? };
        } else if self.l.eat_words(&["disable", "after", "cease"]) {
            config.disable_after_cease = if self.l.eat("{") {
                self.cease_codes()?
            } else if self.flag()? {
                CeaseCodes::ON
            } else {
                CeaseCodes::NONE
            };
        } else if self.l.eat_words(&["local", "role"]) {
            let Some(role) = ROLES.into_iter().find(|role| self.l.at_word(role.name())) else {
                return Err(self.unknown_word(ROLES.iter().map(|role| role.name())));
            };
            self.l.bump();
            config.local_role = Some(role);
        } else if self.l.eat_word("confederation") {
            config.confederation = Some(self.number()?).filter(|n| *n != 0);
        } else if self.l.eat_word("setkey") {
            // How BSD keeps passwords: nothing else does.
            self.flag()?;
        } else if self.l.eat_word("bfd") {
            self.bfd(config)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// What sessions of a range are called, and how many there may be; and what BIRD has no word for.
    pub(super) fn dynamic_option(&mut self, config: &mut BgpConfig) -> Parsed<bool> {
        if self.l.eat_words(&["dynamic", "name", "digits"]) {
            let message = "Dynamic name digits must be at most 10";
            config.dynamic_name_digits = self.number_in(0, DYNAMIC_NAME_DIGITS_MAX, message)?;
        } else if self.l.eat_words(&["dynamic", "name"]) {
            config.dynamic_name = Some(self.text()?);
        } else if self.extra.is_some() && self.l.eat_words(&["dynamic", "limit"]) {
            // BIRD has no limit, and a bird.conf has BIRD's words alone.
            config.dynamic_limit = self.number()?;
        } else if self.extra.is_some() && self.l.eat_words(&["graceful", "notification"]) {
            config.graceful_notification = self.flag()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// The words of `disable after cease` after the brace.
    fn cease_codes(&mut self) -> Parsed<CeaseCodes> {
        let words: Vec<Vec<&str>> = CeaseCodes::WORDS.iter().map(|w| w.split(' ').collect()).collect();
        let mut codes = 0;
        loop {
            let Some(code) = words.iter().position(|words| self.l.eat_words(words)) else {
                return Err(self.unknown_word(words.iter().filter_map(|words| words.first().copied())));
            };
            codes |= 1 << code;
            if !self.l.eat(",") {
                self.l.expect("}")?;
                return Ok(CeaseCodes(codes));
            }
        }
    }
}
