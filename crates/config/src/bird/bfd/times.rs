//! Options of sessions in `protocol bfd`.

use godwit_filter::Diagnostic;

use crate::bird::Reader;
use crate::lang::Parsed;
use crate::model::{BfdAuthentication, BfdPassword, BfdTimes, Password};

impl Reader<'_> {
    /// An option of `interface` or `multihop`.
    pub(super) fn bfd_time(&mut self, times: &mut BfdTimes) -> Parsed<()> {
        if self.l.eat_word("interval") {
            let time = self.duration()?;
            (times.min_rx, times.min_tx) = (time, time);
        } else if self.l.eat_words(&["min", "rx", "interval"]) {
            times.min_rx = self.duration()?;
        } else if self.l.eat_words(&["min", "tx", "interval"]) {
            times.min_tx = self.duration()?;
        } else if self.l.eat_words(&["idle", "tx", "interval"]) {
            times.idle_tx = self.duration()?;
        } else if self.l.eat_word("multiplier") {
            times.multiplier = self.number()?;
        } else if self.l.eat_word("passive") {
            times.passive = self.flag()?;
        } else if self.l.eat_word("authentication") {
            let words = |of: BfdAuthentication| of.words().split(' ').collect::<Vec<_>>();
            let found = BfdAuthentication::ALL.into_iter().find(|of| self.l.eat_words(&words(*of)));
            let known = ["none", "simple", "keyed", "meticulous"];
            times.authentication = found.ok_or_else(|| self.unknown_word(known.into_iter()))?;
        } else if self.l.eat_word("passwords") {
            times.passwords.clear();
            self.block(&mut |reader| {
                reader.expect_words(&["password"])?;
                times.passwords.push(reader.bfd_password()?);
                reader.end()
            })?;
        } else if self.l.eat_word("password") {
            let password = self.bfd_password()?;
            times.passwords.push(password);
        } else {
            let words = ["interval", "min", "idle", "multiplier", "passive", "authentication", "password"];
            return Err(self.unknown_word(words.into_iter()));
        }
        Ok(())
    }

    /// `"…" [{ … }]`
    fn bfd_password(&mut self) -> Parsed<BfdPassword> {
        let secret = Password::new(self.text()?);
        let mut password = BfdPassword { secret, id: None, times: Default::default() };
        if self.l.at("{") {
            self.block(&mut |reader| {
                reader.bfd_password_option(&mut password)?;
                reader.end()
            })?;
        }
        Ok(password)
    }

    fn bfd_password_option(&mut self, password: &mut BfdPassword) -> Parsed<()> {
        let places = BfdPassword::TIMES.map(|words| words.split(' ').collect::<Vec<_>>());
        if self.l.eat_word("id") {
            password.id = Some(self.number_in(0, 255, "Password ID must be in range 0-255")? as u8);
        } else if let Some(place) = places.iter().position(|words| self.l.at_words(words)) {
            self.l.bump();
            self.l.bump();
            let date = self.date()?;
            if let Some(time) = password.times.get_mut(place) {
                *time = Some(date);
            }
        } else if self.l.at_word("from") || self.l.at_word("to") {
            // Of both.
            let to = usize::from(self.l.at_word("to"));
            self.l.bump();
            let date = self.date()?;
            for place in [to, to + 2] {
                if let Some(time) = password.times.get_mut(place) {
                    *time = Some(date.clone());
                }
            }
        } else if self.l.at_word("algorithm") {
            let span = self.l.span();
            self.l.bump();
            // The kind of authentication says it already.
            while !self.l.at(";") && self.l.word().is_some() {
                self.l.bump();
            }
            self.no_effect(span, "algorithm");
        } else {
            let words = ["id", "from", "to", "generate", "accept", "algorithm"];
            return Err(self.unknown_word(words.into_iter()));
        }
        Ok(())
    }

    /// `"YYYY-MM-DD [HH:MM[:SS]]"`
    fn date(&mut self) -> Parsed<String> {
        let span = self.l.span();
        let text = self.text()?;
        if is_date(&text) {
            return Ok(text);
        }
        Err(Diagnostic::error(span, "Invalid date/time")
            .label("expected YYYY-MM-DD or YYYY-MM-DD HH:MM[:SS]"))
    }
}

fn is_date(text: &str) -> bool {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    let numbers = |text: &str, separator: char| -> Option<Vec<u32>> {
        text.split(separator).map(|part| part.parse().ok()).collect()
    };
    let date = numbers(date, '-');
    let time = numbers(time, ':');
    let day = matches!(date.as_deref(), Some([year, 1..=12, 1..=31]) if (1970..=9999).contains(year));
    let hour = matches!(time.as_deref(), Some([0..=23, 0..=59] | [0..=23, 0..=59, 0..=60]));
    day && hour
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_have_a_day_and_maybe_a_time() {
        let good = ["2020-01-31", "2020-01-31 10:10", "2020-01-31 10:10:59"];
        assert!(good.into_iter().all(is_date));
        let bad = ["", "2020", "01-31-2020", "2020-13-01", "2020-01-31 25:00", "2020-01-31 1", "x"];
        assert!(!bad.into_iter().any(is_date));
    }
}
