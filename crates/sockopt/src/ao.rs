//! Keys of TCP-AO (RFC 5925), as linux/tcp.h of Linux 6.7 and newer has them.

use std::io;
use std::os::fd::AsFd;

use ipnetwork::IpNetwork;

use crate::option::{Plain, SocketAddress, set_option};

/// `TCP_AO_ADD_KEY`.
pub(crate) const TCP_AO_ADD_KEY: libc::c_int = 38;
/// `TCP_AO_DEL_KEY`.
const TCP_AO_DEL_KEY: libc::c_int = 39;
/// `TCP_AO_INFO`.
const TCP_AO_INFO: libc::c_int = 40;

/// The longest key TCP-AO takes on Linux, octets: `TCP_AO_MAXKEYLEN`.
pub const AO_KEY_LEN_MAX: usize = 80;
/// The longest name of an algorithm, octets; the zero behind it is not counted.
const ALGORITHM_LEN_MAX: usize = 63;
/// Octets of a segment's code: what RFC 5926 asks for, and what others have.
const CODE_LEN: u8 = 12;

/// A master key (RFC 5925 §3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AoKey<'a> {
    /// The `KeyID` of segments that are signed with it here.
    pub send_id: u8,
    /// The `KeyID` of segments the neighbor signs with it.
    pub recv_id: u8,
    /// The kernel's name of what makes codes: `hmac(sha1)`, `cmac(aes128)` and others.
    pub algorithm: &'a str,
    /// The secret itself.
    pub secret: &'a [u8],
    /// The first segments are signed with it, and the neighbor is asked for it. Listening sockets take none such.
    pub first: bool,
}

/// Without the secret.
impl std::fmt::Debug for AoKey<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AoKey({}, {}, {}, {})", self.send_id, self.recv_id, self.algorithm, self.first)
    }
}

/// Why a key was not added.
#[derive(Debug)]
pub enum AoError {
    /// A secret has 1 to [`AO_KEY_LEN_MAX`] octets, not this many.
    KeyLen(usize),
    /// The kernel does not know the algorithm.
    Algorithm(String),
    /// A key with one of these identifiers is there for the same neighbor, or for neighbors of whom some are the same.
    Exists,
    /// The neighbor has a key of TCP MD5 on this socket.
    OtherKind,
    /// The socket's share of option memory is used up: see [`crate::OptionMemory`].
    OutOfOptionMemory,
    /// This kernel is older than Linux 6.7, or was built without TCP-AO.
    NotSupported,
    /// Anything else, as the kernel says it.
    Other(io::Error),
}

impl std::fmt::Display for AoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyLen(0) => f.write_str("a secret is empty"),
            Self::KeyLen(len) => {
                write!(f, "a secret has {len} octets, and TCP-AO takes {AO_KEY_LEN_MAX} at most")
            }
            Self::Algorithm(name) => write!(
                f,
                "this kernel does not know {name}: load its module, or choose another algorithm at both ends"
            ),
            Self::Exists => f.write_str(
                "there is a key with one of these IDs for this neighbor already, or for a range it is in or has in it: \
                 give them other IDs",
            ),
            Self::OtherKind => f.write_str(
                "the neighbor has a TCP MD5 key on the same socket, its own or that of a range: it can have one kind only",
            ),
            Self::OutOfOptionMemory => f.write_str(
                "the kernel has no room for another key on this socket: raise net.core.optmem_max",
            ),
            Self::NotSupported => {
                f.write_str("this kernel has none: it needs Linux 6.7 or newer with CONFIG_TCP_AO")
            }
            Self::Other(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for AoError {}

/// Adds a key for segments to and from `peer`, or all in a range (`prefix` of `struct tcp_ao_add`). On a listening socket it counts for the handshakes from then on; other
/// sockets must not be connected yet, or be protected already.
///
/// # Errors
/// See [`AoError`].
pub fn add_ao_key(socket: &impl AsFd, peer: IpNetwork, key: &AoKey<'_>) -> Result<(), AoError> {
    if key.secret.is_empty() || key.secret.len() > AO_KEY_LEN_MAX {
        return Err(AoError::KeyLen(key.secret.len()));
    }
    let Some(option) = AoAdd::new(peer, key) else { return Err(AoError::Algorithm(key.algorithm.into())) };
    set_option(socket, libc::IPPROTO_TCP, TCP_AO_ADD_KEY, &option).map_err(|error| {
        match error.raw_os_error() {
            Some(libc::ENOENT) => AoError::Algorithm(key.algorithm.into()),
            Some(libc::EEXIST) => AoError::Exists,
            Some(libc::EKEYREJECTED) => AoError::OtherKind,
            Some(libc::ENOMEM) => AoError::OutOfOptionMemory,
            Some(libc::ENOPROTOOPT) => AoError::NotSupported,
            _ => AoError::Other(error),
        }
    })
}

/// Removes a key of `peer`. That there was none is no error. A connection does not lose the key it uses.
///
/// # Errors
/// As the kernel says.
pub fn remove_ao_key(socket: &impl AsFd, peer: IpNetwork, send_id: u8, recv_id: u8) -> io::Result<()> {
    match set_option(socket, libc::IPPROTO_TCP, TCP_AO_DEL_KEY, &AoDel::new(peer, send_id, recv_id)) {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        result => result,
    }
}

/// Asks the neighbor of a connection to sign with the key of this `recv_id` from now on (`RNextKeyID`).
///
/// # Errors
/// The connection is not protected by TCP-AO, or has no such key.
pub fn request_ao_key(socket: &impl AsFd, recv_id: u8) -> io::Result<()> {
    set_option(socket, libc::IPPROTO_TCP, TCP_AO_INFO, &AoInfo::next(recv_id))
}

/// Whether this kernel has TCP-AO (RFC 5925): Linux 6.7 and newer, if built with `CONFIG_TCP_AO`. `socket` is one of
/// TCP; it stays as it is.
pub fn has_tcp_ao(socket: &impl AsFd) -> bool {
    // No key is as short as this: who knows the option refuses the value.
    let result = set_option(socket, libc::IPPROTO_TCP, TCP_AO_ADD_KEY, &0);
    !result.is_err_and(|error| error.raw_os_error() == Some(libc::ENOPROTOOPT))
}

/// `set_current` of `struct tcp_ao_add`: segments are signed with the key from the first on.
const SET_CURRENT: u32 = 0;
/// `set_rnext`, there and in `struct tcp_ao_info_opt`: the neighbor is asked to sign with the key.
const SET_NEXT: u32 = 1;

/// A word with these bits set. The compiler of the kernel counts them from the first octet on: from the lowest bit, or
/// from the highest.
fn flags(bits: &[u32]) -> [u8; 4] {
    let bit = |n: &u32| if cfg!(target_endian = "little") { 1 << n } else { 1 << (31 - n) };
    bits.iter().map(bit).fold(0u32, |all, bit| all | bit).to_ne_bytes()
}

/// `struct tcp_ao_add`: the address, at 128 the algorithm's name, at 192 an interface, at 196 flags, at 200 two reserved
/// octets, then the prefix length, `SendID`, `RecvID`, length of the code, flags of the key, length of the key, and the key.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct AoAdd([u8; 128 + 64 + 4 + 4 + 2 + 6 + 80]);

/// `struct tcp_ao_del`: the address, at 128 an interface, at 132 flags, at 136 two reserved octets, then the prefix
/// length, `SendID`, `RecvID`, two keys to use instead, and flags of the key.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct AoDel([u8; 128 + 4 + 4 + 2 + 6]);

/// `struct tcp_ao_info_opt`: flags, two reserved octets, `KeyID`s of the current and the next key, and five counters.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct AoInfo([u8; 4 + 2 + 2 + 5 * 8]);

impl Plain for AoAdd {}
impl Plain for AoDel {}
impl Plain for AoInfo {}

// As the kernel has them; and nothing behind the octets.
const _: () = assert!(size_of::<AoAdd>() == 288 && size_of::<AoDel>() == 144 && size_of::<AoInfo>() == 48);

fn put(octets: &mut [u8], at: usize, part: &[u8]) {
    for (to, from) in octets.iter_mut().skip(at).zip(part) {
        *to = *from;
    }
}

impl AoAdd {
    /// Nothing if the secret or the algorithm's name is too long.
    pub(crate) fn new(peer: IpNetwork, key: &AoKey<'_>) -> Option<Self> {
        let key_len =
            u8::try_from(key.secret.len()).ok().filter(|len| usize::from(*len) <= AO_KEY_LEN_MAX)?;
        if key.algorithm.len() > ALGORITHM_LEN_MAX {
            return None;
        }
        let mut octets = [0; 288];
        let first: &[u32] = if key.first { &[SET_CURRENT, SET_NEXT] } else { &[] };
        put(&mut octets, 0, SocketAddress::new(peer.network()).octets());
        put(&mut octets, 128, key.algorithm.as_bytes());
        put(&mut octets, 196, &flags(first));
        put(&mut octets, 202, &[peer.prefix(), key.send_id, key.recv_id, CODE_LEN, 0, key_len]);
        put(&mut octets, 208, key.secret);
        Some(Self(octets))
    }
}

impl AoDel {
    pub(crate) fn new(peer: IpNetwork, send_id: u8, recv_id: u8) -> Self {
        let mut octets = [0; 144];
        put(&mut octets, 0, SocketAddress::new(peer.network()).octets());
        put(&mut octets, 138, &[peer.prefix(), send_id, recv_id]);
        Self(octets)
    }
}

impl AoInfo {
    pub(crate) fn next(recv_id: u8) -> Self {
        let mut octets = [0; 48];
        put(&mut octets, 0, &flags(&[SET_NEXT]));
        put(&mut octets, 7, &[recv_id]);
        Self(octets)
    }
}

#[cfg(test)]
#[path = "ao_tests.rs"]
mod tests;
