//! What a table needs to know of its nets, for both families.

use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::BytesMut;
use godwit_wire::{
    AddressFamily, EncodeContext, EncodeError, MessageError, NlriItem, PathAttributes, announce_ipv4,
    announce_ipv6, ipv4_nlri, ipv4_path_nlri, ipv6_nlri, ipv6_path_nlri, withdraw_ipv4, withdraw_ipv6,
};
use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};

use crate::export::{AigpPolicy, BgpExport, Refused};

/// A net as a table keys it: [`Ipv4Network`] or [`Ipv6Network`], host bits clear.
pub trait NetKey:
    NlriItem<Net = Self> + Eq + Hash + Ord + fmt::Debug + fmt::Display + Send + Sync + 'static
{
    /// The family of such nets.
    const FAMILY: AddressFamily;
    /// Bits in an address.
    const BITS: u8;

    /// The net of `len` bits around an address given as the top bits of a `u128`.
    fn from_bits(bits: u128, len: u8) -> Self;
    /// The address, left-aligned in a `u128`.
    fn bits(self) -> u128;
    /// The prefix length.
    fn len(self) -> u8;
    /// The same net as the type for either family.
    fn to_net(self) -> IpNetwork;
    /// The net in this family, if it is of this family; host bits are cleared.
    fn from_net(net: IpNetwork) -> Option<Self>;
    /// An address of this family, left-aligned.
    fn address_bits(address: IpAddr) -> Option<u128>;

    /// The nets of an NLRI field.
    ///
    /// # Errors
    /// The field is not well-formed.
    fn nlri(field: &[u8]) -> Result<impl Iterator<Item = Self>, MessageError>;
    /// The nets of an NLRI field that has path identifiers (RFC 7911 §3), with these.
    ///
    /// # Errors
    /// The field is not well-formed.
    fn path_nlri(field: &[u8]) -> Result<impl Iterator<Item = (u32, Self)>, MessageError>;
    /// Appends UPDATE messages that announce `nets`, or nets with path identifiers, with these
    /// attributes; with no nets, only tries whether the attributes fit. Nothing is appended on an error.
    fn encode_announce<N: NlriItem<Net = Self>>(
        attributes: &PathAttributes,
        nets: &[N],
        export: &BgpExport,
        out: &mut BytesMut,
    ) -> Result<(), Refused>;
    /// Appends UPDATE messages that withdraw `nets`, or paths of nets.
    fn encode_withdraw<N: NlriItem<Net = Self>>(nets: &[N], message_len_max: usize, out: &mut BytesMut);

    /// Whether `bits` (left-aligned) is inside this net.
    fn contains_bits(self, bits: u128) -> bool {
        (bits ^ self.bits()) & mask(self.len()) == 0
    }
}

/// The `u128` with the top `len` bits set.
pub(crate) fn mask(len: u8) -> u128 {
    if len == 0 { 0 } else { u128::MAX << (128 - u32::from(len.min(128))) }
}

impl NetKey for Ipv4Network {
    const FAMILY: AddressFamily = AddressFamily::IPV4;
    const BITS: u8 = 32;

    fn from_bits(bits: u128, len: u8) -> Self {
        let len = len.min(32);
        let address = Ipv4Addr::from(((bits & mask(len)) >> 96) as u32);
        Self::new_checked(address, len).unwrap_or(Self::from(address))
    }

    fn bits(self) -> u128 {
        u128::from(u32::from(self.ip())) << 96
    }

    fn len(self) -> u8 {
        self.prefix()
    }

    fn to_net(self) -> IpNetwork {
        IpNetwork::V4(self)
    }

    fn from_net(net: IpNetwork) -> Option<Self> {
        match net {
            IpNetwork::V4(n) => Some(<Self as NetKey>::from_bits(<Self as NetKey>::bits(n), n.prefix())),
            IpNetwork::V6(_) => None,
        }
    }

    fn address_bits(address: IpAddr) -> Option<u128> {
        match address {
            IpAddr::V4(a) => Some(u128::from(u32::from(a)) << 96),
            IpAddr::V6(_) => None,
        }
    }

    fn nlri(field: &[u8]) -> Result<impl Iterator<Item = Self>, MessageError> {
        ipv4_nlri(field)
    }

    fn path_nlri(field: &[u8]) -> Result<impl Iterator<Item = (u32, Self)>, MessageError> {
        ipv4_path_nlri(field)
    }

    fn encode_announce<N: NlriItem<Net = Self>>(
        attributes: &PathAttributes,
        nets: &[N],
        export: &BgpExport,
        out: &mut BytesMut,
    ) -> Result<(), Refused> {
        may_go(attributes)?;
        announce_ipv4(attributes, nets, &encode_context(export), out).map_err(refused)
    }

    fn encode_withdraw<N: NlriItem<Net = Self>>(nets: &[N], message_len_max: usize, out: &mut BytesMut) {
        withdraw_ipv4(nets, message_len_max, out);
    }
}

/// RFC 7607 §2: AS 0 is announced to nobody, whatever filters do. None comes in.
fn may_go(attributes: &PathAttributes) -> Result<(), Refused> {
    let zero = attributes.as_path.as_ref().is_some_and(|path| path.contains(0));
    if zero { Err(Refused::AsZero) } else { Ok(()) }
}

fn refused(error: EncodeError) -> Refused {
    match error {
        EncodeError::TooLong => Refused::TooLong,
        EncodeError::NextHop => Refused::OtherFamily,
    }
}

fn encode_context(export: &BgpExport) -> EncodeContext {
    EncodeContext {
        four_octet_as: export.four_octet_as,
        message_len_max: export.message_len_max,
        aigp: export.aigp != AigpPolicy::Off,
        extended_next_hop: export.extended_next_hop,
    }
}

impl NetKey for Ipv6Network {
    const FAMILY: AddressFamily = AddressFamily::IPV6;
    const BITS: u8 = 128;

    fn from_bits(bits: u128, len: u8) -> Self {
        let len = len.min(128);
        let address = Ipv6Addr::from(bits & mask(len));
        Self::new_checked(address, len).unwrap_or(Self::from(address))
    }

    fn bits(self) -> u128 {
        u128::from(self.ip())
    }

    fn len(self) -> u8 {
        self.prefix()
    }

    fn to_net(self) -> IpNetwork {
        IpNetwork::V6(self)
    }

    fn from_net(net: IpNetwork) -> Option<Self> {
        match net {
            IpNetwork::V6(n) => Some(<Self as NetKey>::from_bits(<Self as NetKey>::bits(n), n.prefix())),
            IpNetwork::V4(_) => None,
        }
    }

    fn address_bits(address: IpAddr) -> Option<u128> {
        match address {
            IpAddr::V6(a) => Some(u128::from(a)),
            IpAddr::V4(_) => None,
        }
    }

    fn nlri(field: &[u8]) -> Result<impl Iterator<Item = Self>, MessageError> {
        ipv6_nlri(field)
    }

    fn path_nlri(field: &[u8]) -> Result<impl Iterator<Item = (u32, Self)>, MessageError> {
        ipv6_path_nlri(field)
    }

    fn encode_announce<N: NlriItem<Net = Self>>(
        attributes: &PathAttributes,
        nets: &[N],
        export: &BgpExport,
        out: &mut BytesMut,
    ) -> Result<(), Refused> {
        may_go(attributes)?;
        announce_ipv6(attributes, nets, &encode_context(export), out).map_err(refused)
    }

    fn encode_withdraw<N: NlriItem<Net = Self>>(nets: &[N], message_len_max: usize, out: &mut BytesMut) {
        withdraw_ipv6(nets, message_len_max, out);
    }
}
