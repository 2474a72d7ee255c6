//! A BGP speaker of a few lines that can misbehave. It knows nothing of godwit's own codec.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::sched::{CloneFlags, setns};
use socket2::{Domain, Socket, Type};

use crate::{LIMIT, Namespace, wait_for};

/// OPEN (RFC 4271 §4.2).
pub const OPEN: u8 = 1;
/// UPDATE (§4.3).
pub const UPDATE: u8 = 2;
/// NOTIFICATION (§4.5).
pub const NOTIFICATION: u8 = 3;
/// KEEPALIVE (§4.4).
pub const KEEPALIVE: u8 = 4;

/// A hold time in OPEN that leaves the other side's to count: a speaker sends KEEPALIVE only where a lab has it do so.
pub const LONG_HOLD_TIME: u16 = u16::MAX;

/// A connection to port 179.
#[derive(Debug)]
pub struct Speaker {
    stream: TcpStream,
}

/// Runs something in a namespace, in a thread of its own; sockets made there stay there.
///
/// # Errors
/// What it returns, or the namespace cannot be entered.
pub fn within<T: Send>(namespace: &Namespace, task: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let file = File::open(format!("/run/netns/{}", namespace.name()))?;
    let in_thread = move || {
        enter(&file)?;
        task()
    };
    std::thread::scope(|scope| scope.spawn(in_thread).join()).map_err(|_| anyhow!("the thread panicked"))?
}

/// Takes the present thread into a namespace, given as its open file, for good.
///
/// # Errors
/// The namespace cannot be entered.
pub fn enter(namespace: &File) -> Result<()> {
    setns(namespace, CloneFlags::CLONE_NEWNET).context("cannot enter the namespace")
}

impl Speaker {
    /// Connects from one address to another. A daemon that answers its control socket may not listen yet.
    ///
    /// # Errors
    /// Nobody listens there, nor begins to.
    pub fn connect(namespace: &Namespace, from: &str, to: &str) -> Result<Self> {
        let from = SocketAddr::new(from.parse::<IpAddr>()?, 0);
        let to = SocketAddr::new(to.parse::<IpAddr>()?, 179);
        let stream: TcpStream = within(namespace, move || {
            let attempt = || -> std::io::Result<Socket> {
                let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
                socket.bind(&from.into())?;
                socket.connect_timeout(&to.into(), LIMIT).map(|()| socket)
            };
            let refused = |r: &std::io::Result<_>| {
                r.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
            };
            let (socket, _) =
                wait_for(&format!("{to} to listen"), LIMIT, || Some(attempt()).filter(|r| !refused(r)))?;
            Ok(socket.with_context(|| format!("cannot connect to {to}"))?.into())
        })?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Ok(Self { stream })
    }

    /// Connects and speaks until the session is Established.
    ///
    /// # Errors
    /// The other side does not want to.
    pub fn established(namespace: &Namespace, from: &str, to: &str, asn: u16) -> Result<Self> {
        let mut speaker = Self::opened(namespace, from, to, &open(asn, LONG_HOLD_TIME, from.parse()?))?;
        let (kind, body) = speaker.read()?;
        ensure!(kind == KEEPALIVE, "not a KEEPALIVE but type {kind}: {body:?}");
        Ok(speaker)
    }

    /// Connects, says this OPEN and, when it has heard the other's, KEEPALIVE. It tries again when the other side closes
    /// the connection without a word: in its first moments, and after a session, it may not take one yet.
    ///
    /// # Errors
    /// The other side never answers, or something else.
    pub fn opened(namespace: &Namespace, from: &str, to: &str, open: &[u8]) -> Result<Self> {
        let attempt = || -> Result<Option<Self>> {
            let mut speaker = Self::connect(namespace, from, to)?;
            let answer = speaker.send(open).and_then(|()| speaker.read());
            let Ok((kind, body)) = answer else { return Ok(None) };
            ensure!(kind == OPEN, "not an OPEN but type {kind}: {body:?}");
            speaker.send(&message(KEEPALIVE, &[]))?;
            Ok(Some(speaker))
        };
        wait_for(&format!("{to} to answer OPEN"), LIMIT, || attempt().transpose())?.0
    }

    /// Sends octets as they are.
    ///
    /// # Errors
    /// The connection is closed.
    pub fn send(&mut self, octets: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(octets)?)
    }

    /// The next message: its type and its body.
    ///
    /// # Errors
    /// The connection is closed, nothing comes, or it is no BGP.
    pub fn read(&mut self) -> Result<(u8, Vec<u8>)> {
        let mut header = [0; 19];
        self.stream.read_exact(&mut header).context("no message came")?;
        let (marker, rest) = header.split_at(16);
        ensure!(marker.iter().all(|b| *b == 0xff), "not a marker: {marker:?}");
        let &[high, low, kind] = rest else { bail!("a short header") };
        let len = usize::from(u16::from_be_bytes([high, low]));
        let mut body = vec![0; len.checked_sub(19).context("a short message")?];
        self.stream.read_exact(&mut body)?;
        Ok((kind, body))
    }

    /// Reads on until a NOTIFICATION comes, after which the connection must be closed. Gives its
    /// code and subcode.
    ///
    /// # Errors
    /// None comes, or something comes after it.
    pub fn notification(mut self) -> Result<(u8, u8)> {
        let (code, subcode) = loop {
            let (kind, body) = self.read()?;
            if kind == NOTIFICATION {
                let &[code, subcode, ..] = body.as_slice() else { bail!("a short NOTIFICATION: {body:?}") };
                break (code, subcode);
            }
        };
        let mut after = Vec::new();
        // A reset instead of an orderly end is as good: what we sent may lie there unread.
        let _ = self.stream.read_to_end(&mut after);
        ensure!(after.is_empty(), "after the NOTIFICATION came {after:?}");
        Ok((code, subcode))
    }
}

/// A message of a type.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(19 + body.len()).unwrap_or(u16::MAX);
    [&[0xff; 16][..], &len.to_be_bytes(), &[kind], body].concat()
}

/// An OPEN without capabilities.
pub fn open(asn: u16, hold_time_secs: u16, identifier: Ipv4Addr) -> Vec<u8> {
    let body = [&[4][..], &asn.to_be_bytes(), &hold_time_secs.to_be_bytes(), &identifier.octets(), &[0]];
    message(OPEN, &body.concat())
}

/// An OPEN with capabilities, one after the other in one optional parameter.
pub fn open_with(asn: u16, hold_time_secs: u16, identifier: Ipv4Addr, capabilities: &[u8]) -> Vec<u8> {
    let len = u8::try_from(capabilities.len()).unwrap_or(u8::MAX - 2);
    let fixed = [&[4][..], &asn.to_be_bytes(), &hold_time_secs.to_be_bytes(), &identifier.octets()].concat();
    message(OPEN, &[&fixed, &[len + 2, 2, len][..], capabilities].concat())
}

/// An UPDATE that announces IPv4 prefixes of 24 bits: ORIGIN IGP, an AS_PATH of one AS, NEXT_HOP.
pub fn announce(asn: u16, next_hop: Ipv4Addr, prefixes: &[[u8; 3]]) -> Vec<u8> {
    let path = [&[0x40, 2, 4, 2, 1][..], &asn.to_be_bytes()].concat();
    let hop = [&[0x40, 3, 4][..], &next_hop.octets()].concat();
    let attributes = [&[0x40, 1, 1, 0][..], &path, &hop].concat();
    let len = u16::try_from(attributes.len()).unwrap_or(u16::MAX);
    let mut body = [&[0, 0][..], &len.to_be_bytes(), &attributes].concat();
    for prefix in prefixes {
        body.push(24);
        body.extend(prefix);
    }
    message(UPDATE, &body)
}
