//! The grammar of commands.

mod route;
mod show;

use godwit_api::{Action, Selector};
use godwit_config::DebugFlags;

use super::lexer::tokens;
use super::{Command, ParseError, Token};

type Parsed<T> = Result<T, ParseError>;

const ARG: &str = "CF_SYM_KNOWN or TEXT or ALL";
const SYM: &str = "CF_SYM_KNOWN";
const MASK: &str = "OFF or '{' or ALL";
/// What `configure timeout` waits without a number, seconds.
const DEFAULT_UNDO_SECS: u32 = 300;

/// Reads a line without its end.
pub fn parse(line: &str) -> Parsed<Command> {
    let mut p = Parser { line, tokens: tokens(line), at: 0 };
    let command = p.command()?;
    if p.at < p.tokens.len() { Err(p.unexpected("END")) } else { Ok(command) }
}

struct Parser<'a> {
    line: &'a str,
    tokens: Vec<(Token, usize, usize)>,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |t| &t.0)
    }

    fn unexpected(&self, expected: &'static str) -> ParseError {
        ParseError::Unexpected { found: self.peek().clone(), expected }
    }

    /// Takes the word if it is the next.
    fn eat(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(w) if w == word);
        self.at += usize::from(found);
        found
    }

    /// Takes the next word, whatever it is; nothing if it is no word.
    fn word(&mut self) -> Option<String> {
        let Token::Word(w) = self.peek() else { return None };
        let w = w.clone();
        self.at += 1;
        Some(w)
    }

    fn text(&mut self) -> Option<String> {
        let Token::Text(t) = self.peek() else { return None };
        let t = t.clone();
        self.at += 1;
        Some(t)
    }

    fn symbol(&mut self, expected: &'static str) -> Parsed<String> {
        let (Token::Word(name) | Token::Quoted(name)) = self.peek() else {
            return Err(self.unexpected(expected));
        };
        let name = name.clone();
        self.at += 1;
        Ok(name)
    }

    fn optional_symbol(&mut self) -> Option<String> {
        self.symbol("").ok()
    }

    fn number(&mut self) -> Option<u32> {
        let Token::Number(n) = self.peek() else { return None };
        let n = n.parse().ok()?;
        self.at += 1;
        Some(n)
    }

    /// NAME, "pattern" or all.
    fn selector(&mut self) -> Parsed<Selector> {
        if self.eat("all") {
            return Ok(Selector::All);
        }
        if let Some(pattern) = self.text() {
            return Ok(Selector::Pattern(pattern));
        }
        self.symbol(ARG).map(Selector::Name)
    }

    fn command(&mut self) -> Parsed<Command> {
        let before = self.at;
        let Some(word) = self.word() else {
            return if *self.peek() == Token::End { Ok(Command::Empty) } else { Err(self.unexpected("")) };
        };
        match word.as_str() {
            "show" => self.show(),
            "configure" => self.configure(),
            "enable" => self.act(Action::Enable),
            "disable" => self.act(Action::Disable),
            "restart" => self.act(Action::Restart),
            "reload" => {
                let action = if self.eat("in") {
                    Action::ReloadIn
                } else if self.eat("out") {
                    Action::ReloadOut
                } else {
                    Action::Reload
                };
                // BIRD lists nothing here: too many words could follow.
                if action == Action::Reload && *self.peek() == Token::End {
                    return Err(self.unexpected(""));
                }
                self.act(action)
            }
            "eval" => self.eval(),
            "debug" => self.debug(),
            "mrtdump" => {
                let selector = self.selector()?;
                self.mask(&["states", "messages"], MASK)?;
                Ok(Command::MrtDump(selector))
            }
            "echo" => self.echo(),
            "dump" => self.dump(),
            "restrict" => Ok(Command::Restrict),
            "down" => Ok(Command::Down),
            "graceful" if self.eat("restart") => Ok(Command::GracefulRestart),
            "graceful" => Err(self.unexpected("RESTART")),
            _ => {
                self.at = before;
                Err(self.unexpected(""))
            }
        }
    }

    fn eval(&mut self) -> Parsed<Command> {
        let Some((_, start, _)) = self.tokens.get(self.at) else { return Err(self.unexpected("")) };
        let text = self.line.get(*start..).unwrap_or("").trim_end().to_owned();
        self.at = self.tokens.len();
        Ok(Command::Eval(text))
    }

    fn act(&mut self, action: Action) -> Parsed<Command> {
        let selector = self.selector()?;
        let message = self.text();
        Ok(Command::Act { action, selector, message })
    }

    fn configure(&mut self) -> Parsed<Command> {
        if self.eat("confirm") {
            return Ok(Command::ConfigureConfirm);
        }
        if self.eat("undo") {
            return Ok(Command::ConfigureUndo);
        }
        if self.eat("status") {
            return Ok(Command::ConfigureStatus);
        }
        let check = self.eat("check");
        let soft = !check && self.eat("soft");
        let file = self.text();
        let timeout_secs = if !check && self.eat("timeout") {
            Some(self.number().unwrap_or(DEFAULT_UNDO_SECS))
        } else {
            None
        };
        match self.peek() {
            Token::End => Ok(Command::Configure { file, soft, check, timeout_secs }),
            _ if check && file.is_none() => Err(self.unexpected("END or TEXT")),
            _ => Err(self.unexpected("")),
        }
    }

    /// `all`, `off` or `{ a, b }`; the bits of the words. `expected` is what BIRD names where none of them is.
    fn mask(&mut self, words: &[&str], expected: &'static str) -> Parsed<u8> {
        if self.eat("all") {
            return Ok(u8::MAX);
        }
        if self.eat("off") {
            return Ok(0);
        }
        self.punct('{').map_err(|_| self.unexpected(expected))?;
        let mut bits = 0;
        loop {
            let Some(i) = words.iter().position(|w| self.eat(w)) else { return Err(self.unexpected("")) };
            bits |= 1 << i;
            if self.punct(',').is_err() {
                self.punct('}')?;
                return Ok(bits);
            }
        }
    }

    fn punct(&mut self, c: char) -> Parsed<()> {
        if *self.peek() != Token::Other(c) {
            return Err(self.unexpected(""));
        }
        self.at += 1;
        Ok(())
    }

    fn debug(&mut self) -> Parsed<Command> {
        let selector = self.selector()?;
        // `debug PROTOCOL.CHANNEL` sets the protocol's mask: channels have none of their own.
        let of_channel = matches!(selector, Selector::Name(_)) && self.punct('.').is_ok();
        if of_channel {
            self.symbol(SYM)?;
        }
        let named = matches!(selector, Selector::Name(_)) && !of_channel;
        let expected = if named { "'.' or OFF or '{' or ALL" } else { MASK };
        let words = ["states", "routes", "filters", "interfaces", "events", "packets"];
        let bits = self.mask(&words, expected)?;
        Ok(Command::Debug { selector, flags: DebugFlags(bits & DebugFlags::ALL.0) })
    }

    fn echo(&mut self) -> Parsed<Command> {
        let classes = ["debug", "trace", "info", "remote", "warning", "error", "auth", "fatal"];
        self.mask(&classes, MASK)?;
        // The size of a buffer that is not kept here.
        self.number();
        match self.peek() {
            Token::End => Ok(Command::Echo),
            _ => Err(self.unexpected("END or NUM")),
        }
    }

    fn dump(&mut self) -> Parsed<Command> {
        let what = [
            "resources",
            "sockets",
            "events",
            "interfaces",
            "neighbors",
            "attributes",
            "routes",
            "protocols",
        ];
        if what.iter().any(|w| self.eat(w)) || (self.eat("filter") && self.eat("all")) {
            self.text();
            return Ok(Command::Dump);
        }
        Err(self.unexpected(""))
    }
}
