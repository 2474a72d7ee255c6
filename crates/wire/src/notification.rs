//! NOTIFICATION: what ends a session, in numbers and in words.

mod texts;

use std::fmt::Write as _;

use bytes::{BufMut, Bytes, BytesMut};

use crate::capability::encode_capability;
use crate::frame::put_message;
use crate::text::printable;
use crate::{Capability, MessageError, MessageType};

/// A NOTIFICATION message (RFC 4271 §4.5). There are more codes than names, so they stay numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// Error code.
    pub code: u8,
    /// Error subcode.
    pub subcode: u8,
    /// Data.
    pub data: Bytes,
}

/// Cease subcodes (RFC 4486 §3, RFC 8538 §3.1, RFC 9384).
pub mod cease {
    /// Maximum Number of Prefixes Reached.
    pub const MAX_PREFIXES: u8 = 1;
    /// Administrative Shutdown.
    pub const ADMINISTRATIVE_SHUTDOWN: u8 = 2;
    /// Peer De-configured.
    pub const PEER_DECONFIGURED: u8 = 3;
    /// Administrative Reset.
    pub const ADMINISTRATIVE_RESET: u8 = 4;
    /// Connection Rejected.
    pub const CONNECTION_REJECTED: u8 = 5;
    /// Other Configuration Change.
    pub const CONFIGURATION_CHANGE: u8 = 6;
    /// Connection Collision Resolution.
    pub const COLLISION: u8 = 7;
    /// Out of Resources.
    pub const OUT_OF_RESOURCES: u8 = 8;
    /// Hard Reset (RFC 8538): not even a graceful restart keeps routes.
    pub const HARD_RESET: u8 = 9;
    /// BFD Down (RFC 9384).
    pub const BFD_DOWN: u8 = 10;
}

impl Notification {
    /// Role Mismatch (RFC 9234 §4.2).
    pub const ROLE_MISMATCH: Self = Self { code: 2, subcode: 11, data: Bytes::new() };

    /// One without data.
    pub fn new(code: u8, subcode: u8) -> Self {
        Self { code, subcode, data: Bytes::new() }
    }

    /// Cease with a subcode of [`cease`] and, for shutdown and reset, the operator's words in at
    /// most 255 octets of UTF-8 (RFC 9003).
    pub fn cease(subcode: u8, message: Option<&str>) -> Self {
        let mut data = BytesMut::new();
        if let Some(text) = message {
            let mut end = text.len().min(255);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            data.put_u8(end as u8);
            data.put_slice(text.as_bytes().get(..end).unwrap_or_default());
        }
        Self { code: 6, subcode, data: data.freeze() }
    }

    /// Cease/Hard Reset around what is really to be said (RFC 8538 §3.1). Its data beyond what a
    /// message holds is cut.
    #[must_use]
    pub fn hard_reset(inner: &Self) -> Self {
        let data = inner.data.get(..inner.data.len().min(DATA_LEN_MAX - 2)).unwrap_or_default();
        let mut all = BytesMut::with_capacity(data.len() + 2);
        all.put_slice(&[inner.code, inner.subcode]);
        all.put_slice(data);
        Self { code: 6, subcode: cease::HARD_RESET, data: all.freeze() }
    }

    /// Whether it is a Cease/Hard Reset.
    pub fn is_hard_reset(&self) -> bool {
        (self.code, self.subcode) == (6, cease::HARD_RESET)
    }

    /// What a Hard Reset is about; `None` for other notifications, and where the neighbor left it out.
    pub fn inner(&self) -> Option<Self> {
        if !self.is_hard_reset() {
            return None;
        }
        let (head, _) = self.data.split_first_chunk::<2>()?;
        let [code, subcode] = *head;
        Some(Self { code, subcode, data: self.data.slice(2..) })
    }

    /// Unsupported Capability, with the capabilities that are required and missing (RFC 5492 §5).
    pub fn missing_capabilities(missing: &[Capability]) -> Self {
        let mut data = BytesMut::new();
        for capability in missing {
            encode_capability(capability, &mut data);
        }
        data.truncate(DATA_LEN_MAX);
        Self { code: 2, subcode: 7, data: data.freeze() }
    }

    /// Whether it is a Cease.
    pub fn is_cease(&self) -> bool {
        self.code == 6
    }

    /// The shutdown communication in it (RFC 9003), with what is not plain text replaced; also the one
    /// inside a Hard Reset. `None` if its length octet points past the data.
    pub fn shutdown_message(&self) -> Option<String> {
        if let Some(inner) = self.inner() {
            // One level only: a neighbor could nest thousands.
            return if inner.is_hard_reset() { None } else { inner.shutdown_message() };
        }
        if !(self.code == 6 && matches!(self.subcode, 2 | 4)) {
            return None;
        }
        let (len, text) = self.data.split_first()?;
        text.get(..usize::from(*len)).filter(|t| !t.is_empty()).map(printable)
    }

    /// Reads the body of a NOTIFICATION.
    ///
    /// # Errors
    /// It has less than two octets.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        match body {
            [code, subcode, data @ ..] => {
                Ok(Self { code: *code, subcode: *subcode, data: Bytes::copy_from_slice(data) })
            }
            _ => Err(MessageError::Length((body.len() + crate::HEADER_LEN) as u16)),
        }
    }

    /// Appends the whole message; data that would not fit in 4,096 octets, which every neighbor takes,
    /// is cut.
    pub fn encode(&self, out: &mut BytesMut) {
        put_message(out, MessageType::Notification, |out| {
            out.put_u8(self.code);
            out.put_u8(self.subcode);
            out.put_slice(self.data.get(..self.data.len().min(DATA_LEN_MAX)).unwrap_or_default());
        });
    }

    /// What it says with its data, as BIRD's log has it: an AS as a number, other data in hexadecimal,
    /// the operator's words as they are.
    pub fn describe_with_data(&self) -> String {
        let text = self.describe();
        if let Some(words) = self.shutdown_message() {
            return format!("{text}: \"{words}\"");
        }
        let told = self.inner().filter(|inner| !inner.is_hard_reset());
        let (code, subcode, data) = told.as_ref().map_or((self.code, self.subcode, &*self.data), |inner| {
            (inner.code, inner.subcode, &*inner.data)
        });
        match (code, subcode, data) {
            (_, _, []) => text,
            (2, 2, &[a, b]) => format!("{text}: {}", u16::from_be_bytes([a, b])),
            (2, 2, &[a, b, c, d]) => format!("{text}: {}", u32::from_be_bytes([a, b, c, d])),
            (_, _, data) => {
                let mut text = text + ": ";
                for octet in data.iter().take(LOGGED_DATA_MAX) {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "{octet:02x}");
                }
                text
            }
        }
    }

    /// What it says, in BIRD's words; of a Hard Reset also what it is about.
    pub fn describe(&self) -> String {
        let text = texts::text(self.code, self.subcode)
            .map_or_else(|| format!("Unknown error {}.{}", self.code, self.subcode), str::to_owned);
        match self.inner() {
            Some(inner) if !inner.is_hard_reset() => format!("{text}: {}", inner.describe()),
            _ => text,
        }
    }
}

/// Octets of data in a message of [`crate::MESSAGE_LEN_MAX`].
const DATA_LEN_MAX: usize = crate::MESSAGE_LEN_MAX - crate::HEADER_LEN - 2;

/// How many octets of data a line of the log shows.
const LOGGED_DATA_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_shown_as_bird_shows_it() {
        let said = |code, subcode, data: &'static [u8]| {
            Notification { code, subcode, data: Bytes::from_static(data) }.describe_with_data()
        };
        assert_eq!(said(2, 2, &[0xfd, 0xea]), "Bad peer AS: 65002");
        assert_eq!(said(2, 2, &[0, 1, 0, 0]), "Bad peer AS: 65536");
        assert_eq!(said(2, 3, &[10, 0, 0, 1]), "Bad BGP identifier: 0a000001");
        assert_eq!(said(4, 0, &[]), "Hold timer expired");
        assert_eq!(said(6, 2, b"\x04noon"), "Administrative shutdown: \"noon\"");
        assert_eq!(said(3, 1, &[7; 100]).len(), "Malformed attribute list: ".len() + 32, "it is bounded");
    }
}
