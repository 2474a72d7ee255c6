//! What a session's segments are signed with: the password of TCP MD5 (RFC 2385), or the keys of TCP-AO (RFC 5925); and
//! how sockets get it.

use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;

use godwit_config::{BgpConfig, Password, TcpAoKey, TcpAoPreference};
use godwit_sockopt::{AoError, AoKey, Md5Error};
use ipnetwork::IpNetwork;

/// What segments are signed with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Secret {
    /// The password of TCP MD5.
    Md5(Password),
    /// The keys of TCP-AO: at least one, with identifiers of their own.
    Ao(Vec<TcpAoKey>),
}

/// Why a socket did not get it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The key of TCP MD5.
    #[error("{0}")]
    Md5(Md5Error),
    /// A key of TCP-AO, by its SendID and RecvID.
    #[error("key {0}/{1}: {2}")]
    Ao(u8, u8, AoError),
}

/// Who gives keys to sockets: the kernel, or in tests somebody who writes down what it was told.
pub(crate) trait Keys: fmt::Debug + Send {
    fn set_md5(&self, socket: BorrowedFd<'_>, peer: IpNetwork, key: &[u8]) -> Result<(), Md5Error>;
    fn remove_md5(&self, socket: BorrowedFd<'_>, peer: IpNetwork) -> io::Result<()>;
    fn add_ao(&self, socket: BorrowedFd<'_>, peer: IpNetwork, key: &AoKey<'_>) -> Result<(), AoError>;
    fn remove_ao(&self, socket: BorrowedFd<'_>, peer: IpNetwork, send_id: u8, recv_id: u8) -> io::Result<()>;
    fn request_ao(&self, socket: BorrowedFd<'_>, recv_id: u8) -> io::Result<()>;
}

/// The kernel.
#[derive(Debug)]
pub(crate) struct Kernel;

impl Keys for Kernel {
    fn set_md5(&self, socket: BorrowedFd<'_>, peer: IpNetwork, key: &[u8]) -> Result<(), Md5Error> {
        godwit_sockopt::set_md5_key(&socket, peer, key)
    }

    fn remove_md5(&self, socket: BorrowedFd<'_>, peer: IpNetwork) -> io::Result<()> {
        godwit_sockopt::remove_md5_key(&socket, peer)
    }

    fn add_ao(&self, socket: BorrowedFd<'_>, peer: IpNetwork, key: &AoKey<'_>) -> Result<(), AoError> {
        godwit_sockopt::add_ao_key(&socket, peer, key)
    }

    fn remove_ao(&self, socket: BorrowedFd<'_>, peer: IpNetwork, send_id: u8, recv_id: u8) -> io::Result<()> {
        godwit_sockopt::remove_ao_key(&socket, peer, send_id, recv_id)
    }

    fn request_ao(&self, socket: BorrowedFd<'_>, recv_id: u8) -> io::Result<()> {
        godwit_sockopt::request_ao_key(&socket, recv_id)
    }
}

/// What a socket is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    /// Connections are taken on it.
    Listen,
    /// A connection is opened with it.
    Connect,
}

impl Secret {
    /// That of a session, if it has one.
    pub(crate) fn of(bgp: &BgpConfig) -> Option<Self> {
        match &bgp.password {
            Some(password) => Some(Self::Md5(password.clone())),
            None => (!bgp.tcp_ao_keys.is_empty()).then(|| Self::Ao(bgp.tcp_ao_keys.clone())),
        }
    }

    /// What users call it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Md5(_) => "TCP MD5",
            Self::Ao(_) => "TCP-AO",
        }
    }

    /// Has segments between a socket and `peer` signed with it. A password takes the place of another one; keys of
    /// TCP-AO must not be there yet. All of them are set, or none.
    pub(crate) fn set(
        &self,
        keys: &dyn Keys,
        socket: BorrowedFd<'_>,
        peer: IpNetwork,
        of: Use,
    ) -> Result<(), SecretError> {
        let all = match self {
            Self::Md5(password) => {
                return keys.set_md5(socket, peer, password.octets()).map_err(SecretError::Md5);
            }
            Self::Ao(all) => all,
        };
        let first = first(all).map(|key| key.recv_id);
        for (done, key) in all.iter().enumerate() {
            let is_first = of == Use::Connect && Some(key.recv_id) == first;
            let algorithm = kernel_name(key);
            let key = AoKey {
                send_id: key.send_id,
                recv_id: key.recv_id,
                algorithm: &algorithm,
                secret: key.secret.octets(),
                first: is_first,
            };
            if let Err(error) = keys.add_ao(socket, peer, &key) {
                for added in all.iter().take(done) {
                    // The socket goes too, or that is said when it is tried again.
                    let _ = keys.remove_ao(socket, peer, added.send_id, added.recv_id);
                }
                return Err(SecretError::Ao(key.send_id, key.recv_id, error));
            }
        }
        Ok(())
    }

    /// Takes it away from a listening socket.
    pub(crate) fn remove(&self, keys: &dyn Keys, socket: BorrowedFd<'_>, peer: IpNetwork) -> io::Result<()> {
        match self {
            Self::Md5(_) => keys.remove_md5(socket, peer),
            Self::Ao(all) => {
                let gone = all.iter().map(|key| keys.remove_ao(socket, peer, key.send_id, key.recv_id));
                // All are tried, whatever becomes of one.
                gone.fold(Ok(()), Result::and)
            }
        }
    }

    /// On a connection that was accepted: asks the neighbor for the key we want it to sign with.
    ///
    /// # Errors
    /// The connection is not signed with keys of TCP-AO, or has not got this one.
    pub(crate) fn request(&self, keys: &dyn Keys, socket: BorrowedFd<'_>) -> io::Result<()> {
        match self {
            Self::Md5(_) => Ok(()),
            Self::Ao(all) => first(all).map_or(Ok(()), |key| keys.request_ao(socket, key.recv_id)),
        }
    }

    /// How many pieces of a socket's option memory it takes. A key of TCP-AO takes at most two of TCP MD5.
    pub(crate) fn pieces(&self) -> usize {
        match self {
            Self::Md5(_) => 1,
            Self::Ao(all) => 2 * all.len(),
        }
    }
}

/// The key to begin with: the first that is preferred, else the first that is not deprecated.
fn first(keys: &[TcpAoKey]) -> Option<&TcpAoKey> {
    let of = |preference| keys.iter().find(move |key| key.preference == preference);
    of(TcpAoPreference::Preferred).or_else(|| of(TcpAoPreference::Normal))
}

/// `hmac sha1` is the kernel's `hmac(sha1)`.
fn kernel_name(key: &TcpAoKey) -> String {
    match key.algorithm.words().split_once(' ') {
        Some((mode, hash)) => format!("{mode}({hash})"),
        None => key.algorithm.words().to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
