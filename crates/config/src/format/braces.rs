//! Which braces go together, and what is in them.

use super::scan::{Kind, Piece};

/// What a brace is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Brace {
    /// Of statements: each has a line.
    Block,
    /// Of words or numbers, or of nothing.
    List,
}

/// The braces of a text by the pieces they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Braces {
    opens: Vec<Option<Brace>>,
    closes: Vec<Option<Brace>>,
    /// The brace of the innermost list around a piece, its own braces among them.
    list: Vec<Option<usize>>,
}

impl Braces {
    /// Finds them; or where one stands alone.
    pub(super) fn of(pieces: &[Piece<'_>]) -> Result<Self, usize> {
        let none = vec![None; pieces.len()];
        let mut braces = Self { opens: none.clone(), closes: none, list: vec![None; pieces.len()] };
        // Where each that is open began, and whether it has statements.
        let mut open: Vec<(usize, bool)> = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            match (piece.kind, piece.text) {
                (Kind::Mark, "{") => open.push((at, false)),
                (Kind::Mark, "}") => {
                    let (start, block) = open.pop().ok_or(piece.start)?;
                    let brace = if block { Brace::Block } else { Brace::List };
                    if let Some(place) = braces.opens.get_mut(start) {
                        *place = Some(brace);
                    }
                    if let Some(place) = braces.closes.get_mut(at) {
                        *place = Some(brace);
                    }
                    if brace == Brace::List {
                        let inside = braces.list.get_mut(start..=at).unwrap_or_default();
                        inside.iter_mut().filter(|place| place.is_none()).for_each(|p| *p = Some(start));
                    } else if let Some((_, around)) = open.last_mut() {
                        *around = true;
                    }
                }
                // A comment needs its line.
                (Kind::Mark, ";") | (Kind::Comment, _) => {
                    if let Some((_, block)) = open.last_mut() {
                        *block = true;
                    }
                }
                _ => {}
            }
        }
        match open.last() {
            Some((start, _)) => Err(pieces.get(*start).map_or(0, |piece| piece.start)),
            None => Ok(braces),
        }
    }

    fn at(list: &[Option<Brace>], at: usize) -> Option<Brace> {
        list.get(at).copied().flatten()
    }

    pub(super) fn opens(&self, at: usize) -> bool {
        Self::at(&self.opens, at).is_some()
    }

    pub(super) fn closes(&self, at: usize) -> bool {
        Self::at(&self.closes, at).is_some()
    }

    pub(super) fn opens_block(&self, at: usize) -> bool {
        Self::at(&self.opens, at) == Some(Brace::Block)
    }

    pub(super) fn closes_block(&self, at: usize) -> bool {
        Self::at(&self.closes, at) == Some(Brace::Block)
    }

    /// Whether a piece stands in a list.
    pub(super) fn in_list(&self, at: usize) -> bool {
        self.list_around(at).is_some()
    }

    /// Where the list around a piece begins.
    pub(super) fn list_around(&self, at: usize) -> Option<usize> {
        self.list.get(at).copied().flatten()
    }
}
