use bytes::{BufMut, BytesMut};

use crate::MessageError;

/// Octets of a message's header: marker, length, type (RFC 4271 §4.1).
pub const HEADER_LEN: usize = 19;
/// The longest message without extended messages, octets.
pub const MESSAGE_LEN_MAX: usize = 4096;
/// The longest message with extended messages (RFC 8654), octets.
pub const EXTENDED_MESSAGE_LEN_MAX: usize = 65_535;

/// The type of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum MessageType {
    /// OPEN.
    Open = 1,
    /// UPDATE.
    Update = 2,
    /// NOTIFICATION.
    Notification = 3,
    /// KEEPALIVE.
    Keepalive = 4,
    /// ROUTE-REFRESH (RFC 2918).
    RouteRefresh = 5,
}

impl MessageType {
    fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Open,
            2 => Self::Update,
            3 => Self::Notification,
            4 => Self::Keepalive,
            5 => Self::RouteRefresh,
            _ => return None,
        })
    }

    /// The shortest and longest whole message of the type, where `len_max` is what was negotiated.
    fn bounds(self, len_max: usize) -> (usize, usize) {
        match self {
            Self::Open => (29, MESSAGE_LEN_MAX),
            Self::Update => (23, len_max),
            Self::Notification => (21, len_max),
            Self::Keepalive => (HEADER_LEN, HEADER_LEN),
            Self::RouteRefresh => (HEADER_LEN, len_max),
        }
    }
}

/// One whole message in a receive buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// Its type.
    pub kind: MessageType,
    /// What follows the header.
    pub body: &'a [u8],
    /// The length of the whole message, octets: what to drop from the buffer.
    pub len: usize,
}

/// Finds the message at the start of `buffer`: `None` while it is not there as a whole. The header
/// is judged as soon as it is there, so that a bad one never makes us wait for its body.
pub fn next_frame(buffer: &[u8], len_max: usize) -> Result<Option<Frame<'_>>, MessageError> {
    let Some((header, _)) = buffer.split_first_chunk::<HEADER_LEN>() else {
        let bad = buffer.iter().take(16).any(|octet| *octet != 0xff);
        return if bad { Err(MessageError::Marker) } else { Ok(None) };
    };
    let [marker @ .., high, low, code] = header;
    if marker.iter().any(|octet| *octet != 0xff) {
        return Err(MessageError::Marker);
    }
    let length = u16::from_be_bytes([*high, *low]);
    let len = usize::from(length);
    if len < HEADER_LEN || len > len_max {
        return Err(MessageError::Length(length));
    }
    let kind = MessageType::from_code(*code).ok_or(MessageError::Type(*code))?;
    let (min, max) = kind.bounds(len_max);
    if len < min || len > max {
        return Err(MessageError::Length(length));
    }
    Ok(buffer.get(HEADER_LEN..len).map(|body| Frame { kind, body, len }))
}

/// Appends a message: the header, then what `body` writes.
pub(crate) fn put_message(out: &mut BytesMut, kind: MessageType, body: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_bytes(0xff, 16);
    out.put_u16(0);
    out.put_u8(kind as u8);
    body(out);
    let len = (out.len() - start).min(usize::from(u16::MAX)) as u16;
    if let Some(field) = out.get_mut(start + 16..start + 18) {
        field.copy_from_slice(&len.to_be_bytes());
    }
}

/// Appends a KEEPALIVE.
pub fn encode_keepalive(out: &mut BytesMut) {
    put_message(out, MessageType::Keepalive, |_| {});
}
