//! A bird.conf in canonical form: one statement a line, two blanks for each brace around it, one blank
//! around operators and after commas. Comments stay where they are, and so do the line breaks inside a
//! statement: a long set keeps its shape.
//!
//! Whatever is between two tokens may matter to what they are, so blanks come and go only where they cannot;
//! and what comes out is read once more: it must be the same tokens.

mod braces;
mod scan;

use godwit_filter::{Diagnostic, SourceMap, Span};

use self::braces::Braces;
use self::scan::{Kind, Piece, scan};
use crate::bird::begins_statement;
use crate::lang::{Lang, Tok, tokens};

/// How far a brace moves what is in it.
const STEP: usize = 2;
/// Marks with a blank on both sides.
const SPACED: &[&str] = &["=", "!=", "~", "!~", "&&", "||", "<=", ">="];
/// Writes a bird.conf in canonical form. Files it includes are left alone. `name` is how messages call the text.
///
/// # Errors
/// What is no token in it, or which brace has no other; with `sources` to show where.
pub fn format(sources: &mut SourceMap, name: &str, text: &str) -> Result<String, Diagnostic> {
    let before = meaning(sources, name, text)?;
    let pieces = scan(text);
    let braces = Braces::of(&pieces).map_err(|at| {
        let start = at as u32;
        let error = Diagnostic::error(Span { file: 0, start, end: start + 1 }, "a brace without its other");
        error.label("nothing was changed")
    })?;
    let mut out =
        Out { pieces: &pieces, braces: &braces, text: String::new(), depth: 0, round: 0, inside: false };
    (0..pieces.len()).for_each(|at| out.piece(at));
    let mut written = out.text.trim_end().to_owned();
    if !written.is_empty() {
        written.push('\n');
    }
    let after = meaning(&mut SourceMap::default(), name, &written).ok();
    if after.as_ref() == Some(&before) {
        return Ok(written);
    }
    Err(Diagnostic::error(Span::default(), "cannot be written in another form: its tokens would be others")
        .help("this is a bug of godwit's: please report it with the file"))
}

/// The tokens of a text and what it includes: two texts with the same ones mean the same.
fn meaning(sources: &mut SourceMap, name: &str, text: &str) -> Result<Vec<String>, Diagnostic> {
    let mut included = Vec::new();
    let read = tokens(sources, name, text, &mut |pattern, _| {
        included.push(format!("include {pattern}"));
        Ok(Vec::new())
    })?;
    let mut lang = Lang::new(&read, false, sources);
    let mut list = Vec::new();
    while lang.tok() != Tok::End {
        list.push(format!("{:?}", lang.tok()));
        lang.bump();
    }
    list.extend(included);
    Ok(list)
}

struct Out<'p> {
    pieces: &'p [Piece<'p>],
    braces: &'p Braces,
    text: String,
    /// Blocks around.
    depth: usize,
    /// Parentheses and brackets around.
    round: usize,
    /// Whether a statement has begun and not ended.
    inside: bool,
}

impl Out<'_> {
    fn piece(&mut self, at: usize) {
        let Some(piece) = self.pieces.get(at) else { return };
        let before = at.checked_sub(1).and_then(|at| self.pieces.get(at));
        let closes = self.braces.closes_block(at);
        if closes {
            self.depth = self.depth.saturating_sub(1);
            self.inside = false;
        }
        self.gap(before, piece, at);
        self.text.push_str(piece.text);
        match piece.text {
            "(" | "[" if piece.kind == Kind::Mark => self.round += 1,
            ")" | "]" if piece.kind == Kind::Mark => self.round = self.round.saturating_sub(1),
            _ => {}
        }
        let opens = self.braces.opens_block(at);
        self.depth += usize::from(opens);
        let ends = piece.kind == Kind::Mark && piece.text == ";" && !self.is_enclosed(at);
        let empty = at > 0 && self.braces.opens(at - 1) && self.braces.closes(at);
        if opens || closes || ends || empty {
            self.inside = false;
        } else if piece.kind != Kind::Comment {
            self.inside = true;
        }
    }

    /// Whether a `;` at this place ends no statement: arguments of a function have them in between.
    fn is_enclosed(&self, at: usize) -> bool {
        self.round > 0 || self.braces.in_list(at)
    }

    /// What comes before a piece.
    fn gap(&mut self, before: Option<&Piece<'_>>, piece: &Piece<'_>, at: usize) {
        let Some(before) = before else { return };
        let (blank_line, own_line) = (piece.lines > 1, piece.lines > 0);
        let begins = self.begins_statement(at);
        if begins {
            self.inside = false;
        }
        let after_block = self.braces.opens_block(at - 1) || self.braces.closes_block(at - 1);
        let ended = !self.inside && before.kind != Kind::Comment;
        let comment_before = before.is_line_comment();
        let empty = self.braces.opens(at - 1) && self.braces.closes(at);
        let opens = self.braces.opens(at);
        let is_else = piece.text == "else" && self.braces.closes(at - 1);
        // `};`, `} else`, `filter f {`, and a lone `;`.
        let joins =
            (piece.text == ";" && piece.kind == Kind::Mark) || (opens && self.inside) || is_else || empty;
        let new_line = if comment_before || (begins && piece.kind != Kind::Comment) {
            true
        } else if piece.kind == Kind::Comment {
            // Behind what it is about, or on its own.
            own_line
        } else if self.braces.closes_block(at) {
            true
        } else if joins {
            false
        } else {
            ended || after_block || (own_line && !matches!(piece.text, "," | ")"))
        };
        if !new_line {
            if self.has_blank(before, piece, at) {
                self.text.push(' ');
            }
            return;
        }
        let first = self.braces.opens_block(at - 1);
        let last = self.braces.closes_block(at);
        if blank_line && !first && !last && (!self.inside || piece.kind == Kind::Comment) {
            self.text.push('\n');
        }
        let depth = self.depth + usize::from(self.inside);
        self.text.push('\n');
        (0..depth * STEP).for_each(|_| self.text.push(' '));
    }

    /// Whether a statement begins here by its first word: some that come before need no `;`. A comment belongs to what
    /// comes after it.
    fn begins_statement(&self, at: usize) -> bool {
        if self.depth > 0 || self.round > 0 {
            return false;
        }
        let next = self.pieces.iter().enumerate().skip(at).find(|(_, p)| p.kind != Kind::Comment);
        let Some((first, next)) = next else { return false };
        let own_line = self.pieces.get(at).is_some_and(|p| p.lines > 0) && next.lines > 0;
        let after_list = first == at && at.checked_sub(1).is_some_and(|at| self.braces.closes(at));
        // Elsewhere it includes nothing.
        let after_list = after_list && next.text != "include";
        (own_line || after_list) && next.kind == Kind::Word && begins_statement(next.text)
    }

    /// Whether a blank stands between two pieces of one line.
    fn has_blank(&self, before: &Piece<'_>, piece: &Piece<'_>, at: usize) -> bool {
        let mark =
            |piece: &Piece<'_>, marks: &[&str]| piece.kind == Kind::Mark && marks.contains(&piece.text);
        if piece.kind == Kind::Comment || before.kind == Kind::Comment {
            return true;
        }
        let (opens, closes) = (self.braces.opens(at), self.braces.closes(at));
        if mark(piece, &[";", ",", ")"]) || mark(before, &["("]) {
            return false;
        }
        let after_list = self.braces.closes(at - 1) && piece.kind == Kind::Word;
        if after_list || self.braces.closes_block(at - 1) {
            return true;
        }
        let list = self.braces.list_around(at);
        let edge = opens || closes || self.braces.opens(at - 1);
        let list = if edge { list.or_else(|| self.braces.list_around(at - 1)) } else { list };
        let tight = list.is_some_and(|open| self.is_tight(open));
        if edge {
            return !tight;
        }
        if mark(before, &[",", ";"]) {
            return !tight;
        }
        let after_round = mark(before, &[")"]) && piece.kind == Kind::Word;
        if after_round || mark(piece, SPACED) || mark(before, SPACED) {
            return true;
        }
        piece.blank || piece.lines > 0
    }

    /// Whether a list belongs to the prefix before it: `10.0.0.0/8{16,24}`.
    fn is_tight(&self, open: usize) -> bool {
        let before = open.checked_sub(1).and_then(|at| self.pieces.get(at));
        let touches = self.pieces.get(open).is_some_and(|p| !p.blank && p.lines == 0);
        let numbers =
            self.pieces.get(open + 1).is_some_and(|p| p.text.starts_with(|c: char| c.is_ascii_digit()));
        touches
            && numbers
            && before.is_some_and(|p| p.text.ends_with(|c: char| c.is_ascii_hexdigit() || c == ':'))
    }
}
