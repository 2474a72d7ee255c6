//! Options by table: their words and what follows.

use super::Reader;
use crate::lang::Parsed;

/// What follows the words of an option that is read but not followed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A switch; only this setting is no news.
    Flag(bool),
    /// A switch or one of these words.
    FlagOr(&'static [&'static str]),
    /// A number.
    Number,
    /// A text.
    Text,
    /// One of these words.
    Words(&'static [&'static str]),
}

impl Reader<'_> {
    /// Reads an option of the list, if one stands here, and says that it has no effect.
    pub(super) fn option_without_effect(&mut self, list: &[(&[&str], Shape)]) -> Parsed<bool> {
        let span = self.l.span();
        let Some((words, shape)) = list.iter().find(|(words, _)| self.l.at_words(words)) else {
            return Ok(false);
        };
        self.l.eat_words(words);
        let news = match shape {
            Shape::Flag(default) => self.flag()? != *default,
            Shape::FlagOr(more) => {
                let special = self.l.word().is_some_and(|w| more.contains(&w));
                if special {
                    self.l.bump();
                }
                special || self.flag()?
            }
            Shape::Number => {
                self.number()?;
                true
            }
            Shape::Text => {
                self.text()?;
                true
            }
            Shape::Words(known) => {
                if !self.l.word().is_some_and(|w| known.contains(&w)) {
                    return Err(self.unknown_word(known.iter().copied()));
                }
                self.l.bump();
                true
            }
        };
        if news {
            self.no_effect(self.l.span_from(span), &words.join(" "));
        }
        Ok(true)
    }
}
