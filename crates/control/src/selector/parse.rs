//! From text to [`Expression`], by the grammar of §1.14.

use super::expression::{Expression, Test};
use super::{DEPTH_MAX, LENGTH_MAX};

/// The longest label.
const LABEL_MAX: usize = 512;

/// Reads a selector.
///
/// # Errors
/// One line, with the column in characters from 1.
pub(super) fn parse(text: &str) -> Result<Expression, String> {
    if text.chars().nth(LENGTH_MAX).is_some() {
        return Err(format!("longer than {LENGTH_MAX} characters"));
    }
    let mut parser = Parser { text, at: 0 };
    parser.selector().map_err(|wrong| {
        let before = text.get(..wrong.at).unwrap_or(text);
        format!("column {}: {}", before.chars().count() + 1, wrong.message)
    })
}

/// What is wrong, and the octet where.
struct Wrong {
    at: usize,
    message: String,
}

type Parsed<T> = Result<T, Wrong>;

struct Parser<'a> {
    text: &'a str,
    /// In octets, between characters.
    at: usize,
}

impl<'a> Parser<'a> {
    fn selector(&mut self) -> Parsed<Expression> {
        self.blanks();
        if self.rest().is_empty() {
            return Ok(Expression::All);
        }
        let expression = self.or(0)?;
        self.blanks();
        if !self.rest().is_empty() {
            return Err(self.wrong("'&&', '||' or the end is expected"));
        }
        Ok(expression)
    }

    fn or(&mut self, depth: usize) -> Parsed<Expression> {
        self.chain("||", Expression::Or, |parser| parser.and(depth))
    }

    fn and(&mut self, depth: usize) -> Parsed<Expression> {
        self.chain("&&", Expression::And, |parser| parser.negation(depth))
    }

    /// One term, or several with an operator between them.
    fn chain(
        &mut self,
        operator: &str,
        join: fn(Vec<Expression>) -> Expression,
        mut term: impl FnMut(&mut Self) -> Parsed<Expression>,
    ) -> Parsed<Expression> {
        let first = term(self)?;
        let mut terms = Vec::new();
        while self.takes(operator) {
            terms.push(term(self)?);
        }
        if terms.is_empty() {
            return Ok(first);
        }
        terms.insert(0, first);
        Ok(join(terms))
    }

    /// A loop, for there may be thousands of `!`.
    fn negation(&mut self, depth: usize) -> Parsed<Expression> {
        let mut negated = false;
        while self.takes("!") {
            negated = !negated;
        }
        let primary = self.primary(depth)?;
        Ok(if negated { Expression::Not(Box::new(primary)) } else { primary })
    }

    fn primary(&mut self, depth: usize) -> Parsed<Expression> {
        if self.sees("(") {
            if depth == DEPTH_MAX {
                return Err(self.wrong(format!("parentheses nest deeper than {DEPTH_MAX}")));
            }
            self.at += 1;
            let inner = self.or(depth + 1)?;
            self.closes()?;
            return Ok(inner);
        }
        let label = self.label("a label, 'has(', 'all()', 'global()' or '(' is expected")?;
        // A blank between the word and the parenthesis would make it a label.
        if self.rest().starts_with('(') {
            match label {
                "has" => {
                    self.at += 1;
                    let label = self.label("a label is expected")?;
                    self.closes()?;
                    return Ok(Expression::Has(label.into()));
                }
                "all" | "global" => {
                    self.at += 1;
                    self.closes()?;
                    return Ok(Expression::All);
                }
                _ => {}
            }
        }
        Ok(Expression::Label(label.into(), self.test()?))
    }

    /// What follows a label.
    fn test(&mut self) -> Parsed<Test> {
        if self.takes("==") {
            return Ok(Test::Equal(self.string()?));
        }
        if self.takes("!=") {
            return Ok(Test::NotEqual(self.string()?));
        }
        self.blanks();
        let start = self.at;
        // The longest run of a label's characters: `inside` is not `in`.
        match self.word() {
            "contains" => Ok(Test::Contains(self.string()?)),
            "in" => Ok(Test::In(self.set()?)),
            "notin" => Ok(Test::NotIn(self.set()?)),
            "startswith" => Ok(Test::StartsWith(self.string()?)),
            "endswith" => Ok(Test::EndsWith(self.string()?)),
            "not" if self.takes_word("in") => Ok(Test::NotIn(self.set()?)),
            "starts" if self.takes_word("with") => Ok(Test::StartsWith(self.string()?)),
            "ends" if self.takes_word("with") => Ok(Test::EndsWith(self.string()?)),
            _ => Err(Wrong {
                at: start,
                message: "an operator is expected after a label: '==', '!=', 'contains', 'starts with', \
                          'ends with', 'in' or 'not in'"
                    .into(),
            }),
        }
    }

    fn set(&mut self) -> Parsed<Box<[Box<str>]>> {
        if !self.takes("{") {
            return Err(self.wrong("'{' is expected"));
        }
        let mut entries = Vec::new();
        while !self.takes("}") {
            entries.push(self.string()?);
            if !self.takes(",") && !self.sees("}") {
                return Err(self.wrong("',' or '}' is expected"));
            }
        }
        entries.sort_unstable();
        entries.dedup();
        Ok(entries.into())
    }

    fn string(&mut self) -> Parsed<Box<str>> {
        self.blanks();
        let rest = self.rest();
        let Some(quote @ ('"' | '\'')) = rest.chars().next() else {
            return Err(self.wrong("a string in quotes is expected"));
        };
        let Some((text, _)) = rest.get(1..).and_then(|inner| inner.split_once(quote)) else {
            return Err(self.wrong("the string does not end"));
        };
        self.at += text.len() + 2;
        Ok(text.into())
    }

    fn label(&mut self, expected: &str) -> Parsed<&'a str> {
        self.blanks();
        let start = self.at;
        match self.word() {
            "" => Err(self.wrong(expected)),
            word if word.len() > LABEL_MAX => {
                Err(Wrong { at: start, message: format!("a label is longer than {LABEL_MAX} characters") })
            }
            word => Ok(word),
        }
    }

    fn closes(&mut self) -> Parsed<()> {
        if self.takes(")") { Ok(()) } else { Err(self.wrong("')' is expected")) }
    }

    /// The characters of a label that come next; maybe none.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !is_of_label(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.blanks();
        self.word() == word
    }

    fn takes(&mut self, token: &str) -> bool {
        let there = self.sees(token);
        if there {
            self.at += token.len();
        }
        there
    }

    fn sees(&mut self, token: &str) -> bool {
        self.blanks();
        self.rest().starts_with(token)
    }

    /// Blanks and tabs only: no other space counts.
    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, message: impl Into<String>) -> Wrong {
        Wrong { at: self.at, message: message.into() }
    }
}

fn is_of_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-')
}
