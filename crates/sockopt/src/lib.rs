//! Socket options that no safe crate offers: keys of TCP MD5 (RFC 2385) and of TCP-AO (RFC 5925), and the minimum TTL
//! of GTSM (RFC 5082).
//! The only crate with `unsafe` in it, and that is one call of setsockopt(2). Linux only.

mod ao;
mod drops;
mod memory;
mod option;

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;

use ipnetwork::IpNetwork;

pub use ao::{AO_KEY_LEN_MAX, AoError, AoKey, add_ao_key, has_tcp_ao, remove_ao_key, request_ao_key};
pub use drops::Md5Drops;
pub use memory::OptionMemory;

use option::{Md5Sig, set_option};

/// The longest key TCP MD5 takes on Linux, octets.
pub const MD5_KEY_LEN_MAX: usize = 80;

/// Why a key was not set.
#[derive(Debug)]
pub enum Md5Error {
    /// A key has 1 to [`MD5_KEY_LEN_MAX`] octets, not this many.
    KeyLen(usize),
    /// The socket's share of option memory is used up: see [`OptionMemory`].
    OutOfOptionMemory,
    /// This kernel was built without TCP MD5.
    NotSupported,
    /// Anything else, as the kernel says it.
    Other(io::Error),
}

impl std::fmt::Display for Md5Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyLen(0) => f.write_str("the password is empty"),
            Self::KeyLen(len) => {
                write!(f, "the password has {len} octets, and TCP MD5 takes {MD5_KEY_LEN_MAX} at most")
            }
            Self::OutOfOptionMemory => f.write_str("the kernel has no room for another key on this socket"),
            Self::NotSupported => {
                f.write_str("this kernel has no TCP MD5: it needs one built with CONFIG_TCP_MD5SIG")
            }
            Self::Other(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Md5Error {}

/// Sets the key of segments to and from `peer`, in place of any it had. On a listening socket it counts for the
/// handshakes from then on; connections that are there keep the key they were made with.
///
/// The kernel looks at addresses only, not at the interface of a link-local one. Of several prefixes the longest
/// counts. No privilege is needed.
///
/// # Errors
/// See [`Md5Error`].
pub fn set_md5_key(socket: &impl AsFd, peer: IpNetwork, key: &[u8]) -> Result<(), Md5Error> {
    let option = match Md5Sig::new(peer, key) {
        Some(option) if !key.is_empty() => option,
        _ => return Err(Md5Error::KeyLen(key.len())),
    };
    set_option(socket, libc::IPPROTO_TCP, option.name(), &option).map_err(|error| {
        match error.raw_os_error() {
            Some(libc::ENOMEM) => Md5Error::OutOfOptionMemory,
            Some(libc::ENOPROTOOPT) => Md5Error::NotSupported,
            _ => Md5Error::Other(error),
        }
    })
}

/// Removes the key of `peer`: its handshakes go without a signature from then on. That there was none is no
/// error.
///
/// # Errors
/// As the kernel says.
pub fn remove_md5_key(socket: &impl AsFd, peer: IpNetwork) -> io::Result<()> {
    let Some(option) = Md5Sig::new(peer, &[]) else { return Ok(()) };
    match set_option(socket, libc::IPPROTO_TCP, option.name(), &option) {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        result => result,
    }
}

/// Has the kernel drop segments that come with a lower TTL, or hop limit: 255 lets in who is on the link, 254 who
/// is one router away. `peer` tells the socket's family.
///
/// # Errors
/// As the kernel says.
pub fn set_minimum_ttl(socket: &impl AsFd, peer: IpAddr, ttl: u8) -> io::Result<()> {
    let ttl = libc::c_int::from(ttl);
    match peer {
        IpAddr::V4(_) => set_option(socket, libc::IPPROTO_IP, libc::IP_MINTTL, &ttl),
        IpAddr::V6(_) => set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_MINHOPCOUNT, &ttl),
    }
}

#[cfg(test)]
mod tests;
