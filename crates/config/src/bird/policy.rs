//! What `import` and `export` say.

use super::Reader;
use crate::lang::Parsed;
use crate::model::Policy;

impl Reader<'_> {
    /// `all`, `none`, `filter NAME`, `filter { … }` or `where EXPRESSION`.
    pub(super) fn policy(&mut self) -> Parsed<Policy> {
        let span = self.l.span();
        if let Some((policy, end)) = self.policy_read_before(span) {
            self.l.rewind(&end);
            return Ok(policy);
        }
        let policy = self.policy_here()?;
        self.keep_policy(span, &policy);
        Ok(policy)
    }

    fn policy_here(&mut self) -> Parsed<Policy> {
        if self.l.eat_word("all") {
            Ok(Policy::All)
        } else if self.l.eat_word("none") {
            Ok(Policy::None)
        } else if self.l.eat_word("filter") {
            self.l.policy_filter().map(Policy::Filter)
        } else if self.l.eat_word("where") {
            self.l.policy_where().map(Policy::Filter)
        } else {
            let error = self.unknown_word(["all", "none", "filter", "where"].into_iter());
            Err(match self.l.word() {
                Some(word) if self.l.lookup(word) == Some(godwit_filter::SymbolClass::Filter) => {
                    error.help(format!("write: filter {word}"))
                }
                _ => error,
            })
        }
    }
}
