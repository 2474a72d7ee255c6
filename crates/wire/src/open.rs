use std::net::Ipv4Addr;

use bytes::{BufMut, BytesMut};
use nom::bytes::complete::take;
use nom::number::complete::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

use crate::capability::{ROLE, decode_capability, encode_capability};
use crate::frame::put_message;
use crate::{
    AddPathFamily, AddressFamily, Capability, GracefulRestart, Hostname, LongLivedFamily, MessageError,
    MessageType, Notification, Role,
};

/// The 2-octet AS number that stands for a 4-octet one (RFC 6793 §9).
pub const AS_TRANS: u16 = 23_456;

/// An OPEN message (RFC 4271 §4.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// My Autonomous System, 2 octets; [`AS_TRANS`] for one that does not fit.
    pub asn: u16,
    /// Hold Time, seconds; 0, or 3 and more.
    pub hold_time_secs: u16,
    /// BGP Identifier.
    pub identifier: Ipv4Addr,
    /// The capabilities of all parameters, in order.
    pub capabilities: Vec<Capability>,
}

impl Open {
    /// Reads the body of an OPEN, with plain or extended optional parameters (RFC 9072).
    ///
    /// # Errors
    /// The version is not 4; the parameters overrun their lengths; a parameter is no capability;
    /// the hold time is 1 or 2 seconds.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        let fixed: IResult<&[u8], (u8, u16, u16, u32, u8)> =
            (be_u8, be_u16, be_u16, be_u32, be_u8).parse(body);
        let (rest, (version, asn, hold_time_secs, identifier, parameters_len)) =
            fixed.map_err(|_| MessageError::OpenMalformed)?;
        if version != 4 {
            return Err(MessageError::Version(version));
        }
        let capabilities = parse_parameters(rest, parameters_len)?;
        if matches!(hold_time_secs, 1 | 2) {
            return Err(MessageError::HoldTime(hold_time_secs));
        }
        Ok(Self { asn, hold_time_secs, identifier: identifier.into(), capabilities })
    }

    /// Appends the whole message, all capabilities in one parameter. The extended form (RFC 9072)
    /// is used only when they do not fit in the plain one. Capabilities past 4,096 octets, which no
    /// OPEN may exceed, are left out.
    pub fn encode(&self, out: &mut BytesMut) {
        let mut capabilities = BytesMut::new();
        for capability in &self.capabilities {
            let len = capabilities.len();
            encode_capability(capability, &mut capabilities);
            if capabilities.len() > CAPABILITIES_LEN_MAX {
                capabilities.truncate(len);
                break;
            }
        }
        put_message(out, MessageType::Open, |out| {
            out.put_u8(4);
            out.put_u16(self.asn);
            out.put_u16(self.hold_time_secs);
            out.put_u32(self.identifier.into());
            let len = capabilities.len();
            if len == 0 {
                out.put_u8(0);
            } else if let Ok(plain) = u8::try_from(len + 2) {
                out.put_slice(&[plain, CAPABILITIES, plain - 2]);
            } else {
                out.put_slice(&[255, 255]);
                out.put_u16(len as u16 + 3);
                out.put_u8(CAPABILITIES);
                out.put_u16(len as u16);
            }
            out.put_slice(&capabilities);
        });
    }

    /// The AS number of the 4-octet AS capability (RFC 6793).
    pub fn four_octet_as(&self) -> Option<u32> {
        self.capabilities.iter().rev().find_map(|c| match c {
            Capability::FourOctetAs(asn) => Some(*asn),
            _ => None,
        })
    }

    /// The AS number: the capability's, or the 2-octet field's.
    pub fn effective_as(&self) -> u32 {
        self.four_octet_as().unwrap_or(u32::from(self.asn))
    }

    /// The families announced; IPv4 unicast if none is (RFC 4760 §8 was not spoken).
    pub fn families(&self) -> Vec<AddressFamily> {
        let mut families: Vec<AddressFamily> = Vec::new();
        for capability in &self.capabilities {
            if let Capability::Multiprotocol(family) = capability
                && !families.contains(family)
            {
                families.push(*family);
            }
        }
        if families.is_empty() {
            families.push(AddressFamily::IPV4);
        }
        families
    }

    /// The graceful restart capability; the last one counts.
    pub fn graceful_restart(&self) -> Option<&GracefulRestart> {
        self.capabilities.iter().rev().find_map(|c| match c {
            Capability::GracefulRestart(gr) => Some(gr),
            _ => None,
        })
    }

    /// What ADD-PATH (RFC 7911) says of a family; its last entry counts.
    pub fn add_path(&self, family: AddressFamily) -> Option<AddPathFamily> {
        let lists = self.capabilities.iter().rev().filter_map(|c| match c {
            Capability::AddPath(families) => Some(families),
            _ => None,
        });
        lists.flat_map(|families| families.iter().rev()).find(|f| f.family == family).copied()
    }

    /// The families whose NLRI the sender takes with next hops of this AFI (RFC 8950 §4): 2 is IPv6.
    pub fn extended_next_hop(&self, next_hop_afi: u16) -> Vec<AddressFamily> {
        let lists = self.capabilities.iter().filter_map(|c| match c {
            Capability::ExtendedNextHop(families) => Some(families),
            _ => None,
        });
        let mut families = Vec::new();
        for f in lists.flatten().filter(|f| f.next_hop_afi == next_hop_afi) {
            if !families.contains(&f.family) {
                families.push(f.family);
            }
        }
        families
    }

    /// The role announced (RFC 9234 §4.2).
    ///
    /// # Errors
    /// Several that differ, or one that is not assigned: it can be the counterpart of none, and asks
    /// for [`crate::Notification::ROLE_MISMATCH`]. A capability of another length is no role at all.
    pub fn role(&self) -> Result<Option<Role>, Notification> {
        let mut found = None;
        for capability in &self.capabilities {
            let role = match capability {
                Capability::Role(role) => *role,
                Capability::Unknown { code: ROLE, value } if value.len() == 1 => {
                    return Err(Notification::ROLE_MISMATCH);
                }
                _ => continue,
            };
            if found.replace(role).is_some_and(|other| other != role) {
                return Err(Notification::ROLE_MISMATCH);
            }
        }
        Ok(found)
    }

    /// The families of long-lived graceful restart (RFC 9494); the last capability counts.
    pub fn long_lived_graceful_restart(&self) -> Option<&[LongLivedFamily]> {
        self.capabilities.iter().rev().find_map(|c| match c {
            Capability::LongLivedGracefulRestart(families) => Some(families.as_slice()),
            _ => None,
        })
    }

    /// The name announced; the last one counts.
    pub fn hostname(&self) -> Option<&Hostname> {
        self.capabilities.iter().rev().find_map(|c| match c {
            Capability::Hostname(name) => Some(name),
            _ => None,
        })
    }

    /// The longest message its sender takes, octets (RFC 8654 §3). OPEN and KEEPALIVE are never longer
    /// than [`crate::MESSAGE_LEN_MAX`].
    pub fn message_len_max(&self) -> usize {
        if self.has(&Capability::ExtendedMessage) {
            crate::EXTENDED_MESSAGE_LEN_MAX
        } else {
            crate::MESSAGE_LEN_MAX
        }
    }

    /// Whether a capability is there.
    pub fn has(&self, capability: &Capability) -> bool {
        self.capabilities.contains(capability)
    }
}

/// What the longest OPEN has room for: the fixed fields take 10 octets, the extended form's
/// lengths and types 6.
const CAPABILITIES_LEN_MAX: usize = crate::MESSAGE_LEN_MAX - crate::HEADER_LEN - 10 - 6;

/// The parameter type that holds capabilities (RFC 5492 §4).
const CAPABILITIES: u8 = 2;

fn parse_parameters(rest: &[u8], len: u8) -> Result<Vec<Capability>, MessageError> {
    let malformed = |_: nom::Err<nom::error::Error<&[u8]>>| MessageError::OpenMalformed;
    // RFC 9072 §2: a first parameter of type 255 means extended lengths, whatever the old length says.
    let extended = len != 0 && rest.first() == Some(&255);
    let mut rest = rest;
    if extended {
        let (after, (_, total)) = (be_u8, be_u16).parse(rest).map_err(malformed)?;
        if after.len() != usize::from(total) {
            return Err(MessageError::OpenMalformed);
        }
        rest = after;
    } else if rest.len() != usize::from(len) {
        return Err(MessageError::OpenMalformed);
    }
    let mut capabilities = Vec::new();
    while !rest.is_empty() {
        let (after, kind) = be_u8(rest).map_err(malformed)?;
        let (after, length) = if extended {
            be_u16(after).map_err(malformed)?
        } else {
            let (after, length) = be_u8(after).map_err(malformed)?;
            (after, u16::from(length))
        };
        let (after, value) = take(length)(after).map_err(malformed)?;
        if kind != CAPABILITIES {
            return Err(MessageError::OptionalParameter(kind));
        }
        parse_capabilities(value, &mut capabilities)?;
        rest = after;
    }
    Ok(capabilities)
}

fn parse_capabilities(mut rest: &[u8], into: &mut Vec<Capability>) -> Result<(), MessageError> {
    let malformed = |_: nom::Err<nom::error::Error<&[u8]>>| MessageError::OpenMalformed;
    while !rest.is_empty() {
        let (after, (code, length)) = (be_u8, be_u8).parse(rest).map_err(malformed)?;
        let (after, value) = take(length)(after).map_err(malformed)?;
        into.push(decode_capability(code, value)?);
        rest = after;
    }
    Ok(())
}
