//! The text tokens were read from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Tokens;

/// Where the text of tokens is found.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// The texts of files, by [`Span::file`](crate::Span::file).
    pub(super) texts: BTreeMap<u32, Arc<str>>,
    /// Their names.
    pub(super) names: BTreeMap<u32, Arc<str>>,
    /// How far into its file each text begins.
    pub(super) start: u32,
    /// Before which tokens an `include` stands: what was written there is not one piece.
    pub(super) breaks: Vec<usize>,
}

impl Tokens {
    /// The name of a file; empty for text that is from none.
    pub(crate) fn file_name(&self, file: u32) -> Arc<str> {
        self.written.names.get(&file).cloned().unwrap_or_default()
    }

    /// The text of the tokens from `start` up to, not including, `end`, as it was written; pieces of several
    /// files on lines of their own.
    pub(crate) fn text(&self, start: usize, end: usize) -> String {
        let mut text = String::new();
        let mut at = start;
        while at < end {
            let Some((_, first)) = self.tokens.get(at) else { break };
            let next = self.written.breaks.partition_point(|b| *b <= at);
            let limit = self.written.breaks.get(next).map_or(end, |b| end.min(*b));
            let piece = self.tokens.get(at..limit).unwrap_or_default();
            let piece = piece.iter().take_while(|(_, s)| s.file == first.file);
            let (mut count, mut last) = (0, *first);
            for (_, span) in piece {
                (count, last) = (count + 1, *span);
            }
            let range = (first.start - self.written.start) as usize..(last.end - self.written.start) as usize;
            if at > start {
                text.push('\n');
            }
            text.push_str(self.written.texts.get(&first.file).and_then(|t| t.get(range)).unwrap_or_default());
            at += count.max(1);
        }
        text
    }
}
