//! A list in pages, all of one revision. No I/O.

use super::prefix::Prefix;
use super::rpc::{KeyValue, RangeRequest, RangeResponse};

/// Keys of one page.
const PAGE: i64 = 500;

/// The pages of a prefix.
#[derive(Debug)]
pub(super) struct Pages {
    next: Option<RangeRequest>,
}

impl Pages {
    /// From the first key on, at a revision; 0: the latest.
    pub(super) fn new(prefix: &Prefix, revision: i64) -> Self {
        let key = prefix.key.clone().into_bytes();
        let range_end = prefix.end();
        Self { next: Some(RangeRequest { key, range_end, limit: PAGE, revision, keys_only: false }) }
    }

    /// The next page to ask for.
    pub(super) fn next(&self) -> Option<RangeRequest> {
        self.next.clone()
    }

    /// A page came; the further ones are asked for at this revision.
    pub(super) fn take(&mut self, answer: RangeResponse, revision: i64) -> Vec<KeyValue> {
        let last = answer.kvs.last().map(|kv| kv.key.clone()).filter(|_| answer.more);
        self.next = match (self.next.take(), last) {
            (Some(request), Some(mut key)) => {
                // The least key that is greater.
                key.push(0);
                Some(RangeRequest { key, revision, ..request })
            }
            _ => None,
        };
        answer.kvs
    }
}

/// Asks whether a prefix may be read, for nearly nothing.
pub(super) fn probe(prefix: &Prefix) -> RangeRequest {
    let key = prefix.key.clone().into_bytes();
    RangeRequest { key, range_end: prefix.end(), limit: 1, revision: 0, keys_only: true }
}

#[cfg(test)]
mod tests {
    use super::super::prefix;
    use super::*;

    fn page(keys: &[&str], more: bool) -> RangeResponse {
        let kv = |key: &&str| KeyValue { key: (*key).into(), ..KeyValue::default() };
        RangeResponse { header: None, kvs: keys.iter().map(kv).collect(), more }
    }

    #[test]
    fn pages_go_on_after_the_last_key_at_the_revision_of_the_first() {
        let prefix = prefix::all("n1").into_iter().next().expect("there is one");
        let mut pages = Pages::new(&prefix, 0);
        let first = pages.next().expect("a page");
        assert_eq!((first.key.as_slice(), first.revision, first.limit), (prefix.key.as_bytes(), 0, 500));
        assert_eq!(pages.take(page(&["a", "b"], true), 9).len(), 2);
        let second = pages.next().expect("a page");
        assert_eq!((second.key.as_slice(), second.revision), (b"b\0".as_slice(), 9));
        assert_eq!(second.range_end, prefix.end());
        assert_eq!(pages.take(page(&["c"], false), 9).len(), 1);
        assert_eq!(pages.next(), None);
    }

    #[test]
    fn a_page_without_keys_is_the_last() {
        let prefix = prefix::all("n1").into_iter().next().expect("there is one");
        let mut pages = Pages::new(&prefix, 5);
        assert!(pages.take(page(&[], true), 5).is_empty());
        assert_eq!(pages.next(), None);
    }
}
