use std::fmt::Write as _;

use bytes::{BufMut, Bytes, BytesMut};

use crate::frame::put_message;
use crate::{AddressFamily, MessageError, MessageType};

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

/// Cease subcodes (RFC 4486, RFC 8538).
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
    /// Hard Reset.
    pub const HARD_RESET: u8 = 9;
}

impl Notification {
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

    /// Whether it is a Cease.
    pub fn is_cease(&self) -> bool {
        self.code == 6
    }

    /// The shutdown communication in it (RFC 9003), with control characters replaced.
    pub fn shutdown_message(&self) -> Option<String> {
        if !(self.code == 6 && matches!(self.subcode, 2 | 4)) {
            return None;
        }
        let (len, text) = self.data.split_first()?;
        let text = text.get(..usize::from(*len)).filter(|t| !t.is_empty())?;
        let text = String::from_utf8_lossy(text);
        Some(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
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

    /// Appends the whole message; data that would not fit in 4,096 octets is cut.
    pub fn encode(&self, out: &mut BytesMut) {
        put_message(out, MessageType::Notification, |out| {
            out.put_u8(self.code);
            out.put_u8(self.subcode);
            let room = crate::MESSAGE_LEN_MAX - crate::HEADER_LEN - 2;
            out.put_slice(self.data.get(..self.data.len().min(room)).unwrap_or_default());
        });
    }

    /// What it says with its data, as BIRD's log has it: an AS as a number, other data in hexadecimal,
    /// the operator's words as they are.
    pub fn describe_with_data(&self) -> String {
        let text = self.describe();
        if let Some(words) = self.shutdown_message() {
            return format!("{text}: \"{words}\"");
        }
        match (self.code, self.subcode, &*self.data) {
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

    /// What it says, in BIRD's words.
    pub fn describe(&self) -> String {
        let known = TEXTS.iter().find(|(code, sub, _)| (*code, *sub) == (self.code, self.subcode));
        known.map_or_else(
            || format!("Unknown error {}.{}", self.code, self.subcode),
            |(_, _, text)| (*text).to_owned(),
        )
    }
}

/// How many octets of data a line of the log shows.
const LOGGED_DATA_MAX: usize = 16;

const TEXTS: &[(u8, u8, &str)] = &[
    (1, 0, "Invalid message header"),
    (1, 1, "Connection not synchronized"),
    (1, 2, "Bad message length"),
    (1, 3, "Bad message type"),
    (2, 0, "Invalid OPEN message"),
    (2, 1, "Unsupported version number"),
    (2, 2, "Bad peer AS"),
    (2, 3, "Bad BGP identifier"),
    (2, 4, "Unsupported optional parameter"),
    (2, 5, "Authentication failure"),
    (2, 6, "Unacceptable hold time"),
    (2, 7, "Required capability missing"),
    (2, 8, "No supported AFI/SAFI"),
    (2, 11, "Role mismatch"),
    (3, 0, "Invalid UPDATE message"),
    (3, 1, "Malformed attribute list"),
    (3, 2, "Unrecognized well-known attribute"),
    (3, 3, "Missing mandatory attribute"),
    (3, 4, "Invalid attribute flags"),
    (3, 5, "Invalid attribute length"),
    (3, 6, "Invalid ORIGIN attribute"),
    (3, 7, "AS routing loop"),
    (3, 8, "Invalid NEXT_HOP attribute"),
    (3, 9, "Optional attribute error"),
    (3, 10, "Invalid network field"),
    (3, 11, "Malformed AS_PATH"),
    (4, 0, "Hold timer expired"),
    (5, 0, "Finite state machine error"),
    (5, 1, "Unexpected message in OpenSent state"),
    (5, 2, "Unexpected message in OpenConfirm state"),
    (5, 3, "Unexpected message in Established state"),
    (6, 0, "Cease"),
    (6, 1, "Maximum number of prefixes reached"),
    (6, 2, "Administrative shutdown"),
    (6, 3, "Peer de-configured"),
    (6, 4, "Administrative reset"),
    (6, 5, "Connection rejected"),
    (6, 6, "Other configuration change"),
    (6, 7, "Connection collision resolution"),
    (6, 8, "Out of Resources"),
    (7, 0, "Invalid ROUTE-REFRESH message"),
    (7, 1, "Invalid ROUTE-REFRESH message length"),
];

/// A ROUTE-REFRESH message (RFC 2918, RFC 7313).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RouteRefresh {
    /// The family.
    pub family: AddressFamily,
    /// 0: a request; 1: Beginning-of-RR; 2: End-of-RR. Others are ignored by their receiver.
    pub subtype: u8,
}

impl RouteRefresh {
    /// Reads the body of a ROUTE-REFRESH.
    ///
    /// # Errors
    /// It is not four octets long.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        match *body {
            [a, b, subtype, safi] => {
                Ok(Self { family: AddressFamily { afi: u16::from_be_bytes([a, b]), safi }, subtype })
            }
            _ => {
                let mut whole = BytesMut::new();
                put_message(&mut whole, MessageType::RouteRefresh, |out| out.put_slice(body));
                Err(MessageError::RouteRefreshLength(whole.freeze()))
            }
        }
    }

    /// Appends the whole message.
    pub fn encode(self, out: &mut BytesMut) {
        put_message(out, MessageType::RouteRefresh, |out| {
            out.put_u16(self.family.afi);
            out.put_u8(self.subtype);
            out.put_u8(self.family.safi);
        });
    }
}

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
