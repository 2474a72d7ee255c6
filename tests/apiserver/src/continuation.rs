//! Continue tokens: where a list goes on, and at which revision.

use serde_json::{Value, json};

use crate::status::Failure;
use crate::store::Key;

/// What a continue token says. To clients it is opaque text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Continuation {
    /// The revision of the first page; none to go on with the newest state, at the price of consistency.
    pub(crate) revision: Option<u64>,
    /// The last object of the page before.
    pub(crate) after: Key,
}

impl Continuation {
    pub(crate) fn encode(&self) -> String {
        let text = json!([self.revision, self.after.0, self.after.1]).to_string();
        text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    /// Errors: 400 for a text that is no token of this server.
    pub(crate) fn decode(token: &str) -> Result<Self, Failure> {
        let bad = || Failure::bad_request(format!("continue key is not valid: {token}"));
        let (pairs, odd) = token.as_bytes().as_chunks::<2>();
        let bytes = pairs
            .iter()
            .map(|pair| str::from_utf8(pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .collect::<Option<Vec<u8>>>()
            .filter(|_| odd.is_empty())
            .ok_or_else(bad)?;
        let (revision, namespace, name): (Option<u64>, String, String) =
            serde_json::from_slice::<Value>(&bytes).and_then(serde_json::from_value).map_err(|_| bad())?;
        Ok(Self { revision, after: (namespace, name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was() {
        for revision in [Some(7), None] {
            let token = Continuation { revision, after: ("ns".to_owned(), "näme".to_owned()) };
            assert_eq!(Continuation::decode(&token.encode()), Ok(token));
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "x", "abc", "5b5d", "ffff", "+1+1"] {
            assert_eq!(Continuation::decode(text).unwrap_err().code, 400, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_token_or_refused(text in "[0-9a-f]{0,40}|\\PC*") {
            if let Ok(token) = Continuation::decode(&text) {
                proptest::prop_assert_eq!(Continuation::decode(&token.encode()), Ok(token));
            }
        }
    }
}
