use bytes::{BufMut, BytesMut};

use crate::frame::put_message;
use crate::{AddressFamily, MessageError, MessageType};

/// A ROUTE-REFRESH message (RFC 2918, RFC 7313).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RouteRefresh {
    /// The family.
    pub family: AddressFamily,
    /// 0: a request; 1: Beginning-of-RR; 2: End-of-RR. Others are ignored by their receiver.
    pub subtype: u8,
}

/// What a [`RouteRefresh`] says (RFC 7313 §3.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RefreshKind {
    /// Send all routes of the family again.
    Request,
    /// Beginning of a refresh (BoRR): what is not announced again until its end is gone.
    Begin,
    /// End of a refresh (EoRR).
    End,
}

impl RouteRefresh {
    /// A request for all routes of a family.
    pub fn request(family: AddressFamily) -> Self {
        Self { family, subtype: 0 }
    }

    /// Beginning-of-RR.
    pub fn begin(family: AddressFamily) -> Self {
        Self { family, subtype: 1 }
    }

    /// End-of-RR.
    pub fn end(family: AddressFamily) -> Self {
        Self { family, subtype: 2 }
    }

    /// What it says; `None` for a subtype that is to be ignored and logged (RFC 7313 §5).
    pub fn kind(self) -> Option<RefreshKind> {
        Some(match self.subtype {
            0 => RefreshKind::Request,
            1 => RefreshKind::Begin,
            2 => RefreshKind::End,
            _ => return None,
        })
    }

    /// Reads the body of a ROUTE-REFRESH.
    ///
    /// # Errors
    /// It is not four octets long (RFC 7313 §5: NOTIFICATION 7/1). With a subtype that is to be ignored
    /// it may be longer.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        match *body {
            [a, b, subtype, safi, ref rest @ ..] if rest.is_empty() || subtype > 2 => {
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
