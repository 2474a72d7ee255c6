//! A kernel that has TCP-AO and takes everything, and writes it down.

use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex};

use super::*;

/// What it was told, with the descriptor of the socket left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fake {
    pub(crate) told: Arc<Mutex<Vec<String>>>,
    /// The SendID of a key that is refused.
    pub(crate) refused: Option<u8>,
    /// Whether accepted connections are signed.
    pub(crate) unsigned: bool,
    /// The keys of TCP-AO it has, with their SendIDs and RecvIDs.
    pub(crate) there: Arc<Mutex<Vec<(IpNetwork, u8, u8)>>>,
}

impl Fake {
    /// What it was told since the last call.
    pub(crate) fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }

    fn tell(&self, socket: BorrowedFd<'_>, text: String) {
        assert!(socket.as_raw_fd() >= 0);
        self.told.lock().unwrap().push(text);
    }
}

impl Keys for Fake {
    fn set_md5(&self, socket: BorrowedFd<'_>, peer: IpNetwork, key: &[u8]) -> Result<(), Md5Error> {
        self.tell(socket, format!("md5 {peer} {}", String::from_utf8_lossy(key)));
        Ok(())
    }

    fn remove_md5(&self, socket: BorrowedFd<'_>, peer: IpNetwork) -> io::Result<()> {
        self.tell(socket, format!("no md5 {peer}"));
        Ok(())
    }

    fn add_ao(&self, socket: BorrowedFd<'_>, peer: IpNetwork, key: &AoKey<'_>) -> Result<(), AoError> {
        if self.refused == Some(key.send_id) {
            return Err(AoError::Exists);
        }
        // As Linux has it: who is in both could have either.
        let mut there = self.there.lock().unwrap();
        let clashes = |(of, send_id, recv_id): &(IpNetwork, u8, u8)| {
            (of.contains(peer.network()) || peer.contains(of.network()))
                && (*send_id == key.send_id || *recv_id == key.recv_id)
        };
        if there.iter().any(clashes) {
            return Err(AoError::Exists);
        }
        there.push((peer, key.send_id, key.recv_id));
        let AoKey { send_id, recv_id, algorithm, secret, first } = key;
        let secret = String::from_utf8_lossy(secret);
        let first = if *first { " first" } else { "" };
        self.tell(socket, format!("ao {peer} {send_id}/{recv_id} {algorithm} {secret}{first}"));
        Ok(())
    }

    fn remove_ao(&self, socket: BorrowedFd<'_>, peer: IpNetwork, send_id: u8, recv_id: u8) -> io::Result<()> {
        self.there.lock().unwrap().retain(|key| *key != (peer, send_id, recv_id));
        self.tell(socket, format!("no ao {peer} {send_id}/{recv_id}"));
        Ok(())
    }

    fn request_ao(&self, socket: BorrowedFd<'_>, recv_id: u8) -> io::Result<()> {
        self.tell(socket, format!("request {recv_id}"));
        if self.unsigned { Err(io::Error::from_raw_os_error(22)) } else { Ok(()) }
    }
}
