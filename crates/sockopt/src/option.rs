//! The call itself, and `struct tcp_md5sig` of the kernel's linux/tcp.h.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};

use ipnetwork::IpNetwork;

use crate::MD5_KEY_LEN_MAX;

/// What the kernel may be shown whole: it has no padding and no pointer.
pub(crate) trait Plain: Copy {}

impl Plain for libc::c_int {}
impl Plain for Md5Sig {}

/// Sets one option of a socket.
#[allow(unsafe_code)]
pub(crate) fn set_option<T: Plain>(
    socket: &impl AsFd,
    level: libc::c_int,
    name: libc::c_int,
    value: &T,
) -> io::Result<()> {
    let fd = socket.as_fd().as_raw_fd();
    let len = size_of::<T>() as libc::socklen_t;
    // SAFETY: the descriptor is borrowed, so it is open for as long as the call takes. The kernel reads `len` octets
    // from `value` and keeps no reference; they are there and initialised, as `T` is `Plain`. It writes nothing.
    let result = unsafe { libc::setsockopt(fd, level, name, std::ptr::from_ref(value).cast(), len) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `TCP_MD5SIG_FLAG_PREFIX`: the key is for a prefix.
const FLAG_PREFIX: u8 = 1;

/// `struct tcp_md5sig`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Md5Sig {
    address: SocketAddress,
    flags: u8,
    prefix_len: u8,
    key_len: u16,
    interface: i32,
    key: [u8; MD5_KEY_LEN_MAX],
}

// As the kernel has it; and nothing between the fields.
const _: () = assert!(size_of::<Md5Sig>() == 216 && align_of::<Md5Sig>() == 8);

/// `struct __kernel_sockaddr_storage`.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct SocketAddress([u8; 128]);

impl Md5Sig {
    /// A key, or with none of its octets the order to remove one; nothing if it is too long.
    pub(crate) fn new(peer: IpNetwork, key: &[u8]) -> Option<Self> {
        let mut octets = [0; MD5_KEY_LEN_MAX];
        octets.get_mut(..key.len())?.copy_from_slice(key);
        let whole = if peer.is_ipv4() { 32 } else { 128 };
        let of_prefix = peer.prefix() < whole;
        Some(Self {
            address: SocketAddress::new(peer.network()),
            flags: if of_prefix { FLAG_PREFIX } else { 0 },
            prefix_len: if of_prefix { peer.prefix() } else { 0 },
            key_len: key.len() as u16,
            interface: 0,
            key: octets,
        })
    }

    /// The option that takes it: prefixes need the extended one, which kernels before 4.13 do not have.
    pub(crate) fn name(&self) -> libc::c_int {
        if self.flags == 0 { libc::TCP_MD5SIG } else { libc::TCP_MD5SIG_EXT }
    }
}

impl SocketAddress {
    /// `sockaddr_in` or `sockaddr_in6`, port and scope being zero.
    pub(crate) fn new(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::with(libc::AF_INET, 4, &address.octets()),
            IpAddr::V6(address) => Self::with(libc::AF_INET6, 8, &address.octets()),
        }
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }

    fn with(family: libc::c_int, at: usize, address: &[u8]) -> Self {
        let mut octets = [0; 128];
        let family = (family as libc::sa_family_t).to_ne_bytes();
        for (at, from) in [(0, &family[..]), (at, address)] {
            for (to, from) in octets.iter_mut().skip(at).zip(from) {
                *to = *from;
            }
        }
        Self(octets)
    }
}
