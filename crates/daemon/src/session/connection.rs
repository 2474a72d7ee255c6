//! One TCP connection: buffers, and what to do at its end.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes, BytesMut};
use godwit_sockopt::{Md5Error, OptionMemory, set_minimum_ttl};
use godwit_wire::Notification;
use socket2::{SockRef, Socket};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpSocket, TcpStream};

use crate::limits::{READ_BUFFER_LEN, READ_BUFFER_LEN_MIN, WRITE_QUEUE_LEN_MAX};
use crate::secret::{Kernel, Secret, SecretError, Use};

/// A connection with a neighbor.
pub(super) struct Connection {
    stream: TcpStream,
    /// What was read and is not yet used up.
    pub(super) buffer: BytesMut,
    /// How much the next read asks for: more while there is much to read.
    room: usize,
    queue: VecDeque<Bytes>,
    queued_len: usize,
    /// A write failed: the read will tell why.
    broken: bool,
}

/// How a read ended a connection: with an error's text, or closed by the other end.
pub(super) type End = Option<String>;

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            room: READ_BUFFER_LEN_MIN,
            queue: VecDeque::new(),
            queued_len: 0,
            broken: false,
        }
    }

    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        self.stream.local_addr().ok()
    }

    /// Waits until the connection can be read (if `read`), or written while there is something to write.
    pub(super) async fn ready(connection: Option<&Self>, read: bool) {
        let Some(connection) = connection else { return std::future::pending().await };
        let write = connection.waits() && !connection.broken;
        let interest = match (read, write) {
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (true, false) => Interest::READABLE,
            (false, true) => Interest::WRITABLE,
            (false, false) => return std::future::pending().await,
        };
        let _ = connection.stream.ready(interest).await;
    }

    /// Whether more may be queued.
    pub(super) fn has_room(&self) -> bool {
        self.queued_len < WRITE_QUEUE_LEN_MAX
    }

    pub(super) fn queue(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.queued_len += bytes.len();
            self.queue.push_back(bytes);
        }
    }

    /// Writes as much as the socket takes now: whether that was anything.
    pub(super) fn write(&mut self) -> bool {
        let mut went = false;
        while !self.queue.is_empty() && !self.broken {
            let slices: Vec<IoSlice<'_>> = self.queue.iter().take(32).map(|b| IoSlice::new(b)).collect();
            match self.stream.try_write_vectored(&slices) {
                Ok(written) => {
                    went = true;
                    self.advance(written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.broken = true,
            }
        }
        went
    }

    /// Whether something waits to be written.
    pub(super) fn waits(&self) -> bool {
        !self.queue.is_empty()
    }

    fn advance(&mut self, mut written: usize) {
        self.queued_len = self.queued_len.saturating_sub(written);
        while let Some(front) = self.queue.front_mut() {
            if front.len() > written {
                front.advance(written);
                return;
            }
            written -= front.len();
            self.queue.pop_front();
        }
    }

    /// Keeps what was read and not used up.
    pub(super) fn give_back(&mut self, rest: BytesMut) {
        // Thousands of neighbors that say nothing hold nothing.
        let idle = rest.is_empty() && self.room == READ_BUFFER_LEN_MIN;
        self.buffer = if idle { BytesMut::new() } else { rest };
    }

    /// Reads what is there, up to a buffer full. `Some` at the connection's end.
    pub(super) fn read(&mut self) -> Option<End> {
        if self.buffer.capacity() - self.buffer.len() < self.room / 2 {
            self.buffer.reserve(self.room);
        }
        let before = self.buffer.len();
        while self.buffer.len() - before < self.room / 2 {
            match self.stream.try_read_buf(&mut self.buffer) {
                Ok(0) => return Some(None),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Some(Some(error_text(&error))),
            }
        }
        let much = self.buffer.len() - before >= self.room / 2;
        self.room = if much {
            (self.room * 4).min(READ_BUFFER_LEN)
        } else {
            (self.room / 2).max(READ_BUFFER_LEN_MIN)
        };
        None
    }

    /// Sends what is queued, and then reads until the other end closes, so that our last words are
    /// not lost to a reset. In bounded time.
    pub(super) async fn linger(mut self) {
        let flush = async {
            while let Some(bytes) = self.queue.pop_front() {
                self.stream.write_all(&bytes).await?;
            }
            self.stream.shutdown().await?;
            let mut sink = [0; 4096];
            while self.stream.read(&mut sink).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = tokio::time::timeout(LINGER, flush).await;
    }
}

/// How long a connection that we closed may live on.
const LINGER: Duration = Duration::from_secs(2);

/// A connection to be opened.
pub(super) struct Outgoing {
    pub(super) to: SocketAddr,
    /// The interface of a link-local neighbor.
    pub(super) scope: u32,
    /// Our end.
    pub(super) local: Option<IpAddr>,
    /// It need not be there.
    pub(super) free_bind: bool,
    pub(super) ttl: u8,
    /// The TTL the neighbor's packets must have left (RFC 5082).
    pub(super) minimum_ttl: Option<u8>,
    /// What its segments are signed with.
    pub(super) secret: Option<Secret>,
}

/// An attempt to open a connection.
pub(super) struct Attempt {
    /// Its socket, once there is one.
    socket: Option<Socket>,
    done: Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>,
}

impl Attempt {
    /// Begins.
    pub(super) fn new(outgoing: &Outgoing) -> Self {
        let opened = open(outgoing).and_then(|socket| Ok((SockRef::from(&socket).try_clone()?, socket)));
        let to = scoped(outgoing.to, outgoing.scope);
        match opened {
            Ok((handle, socket)) => Self {
                socket: Some(handle),
                done: Box::pin(async move {
                    let stream = socket.connect(to).await?;
                    stream.set_nodelay(true)?;
                    Ok(stream)
                }),
            },
            Err(error) => Self { socket: None, done: Box::pin(async { Err(error) }) },
        }
    }

    /// Whether the neighbor has taken it already, though [`Attempt::done`] may not know it yet.
    pub(super) fn is_taken(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.peer_addr().is_ok())
    }

    /// Waits for its end; for ever if there is none.
    pub(super) async fn done(attempt: &mut Option<Self>) -> io::Result<TcpStream> {
        match attempt {
            Some(attempt) => attempt.done.as_mut().await,
            None => std::future::pending().await,
        }
    }
}

/// A socket for a connection: all that protects it is there before the first packet goes.
fn open(outgoing: &Outgoing) -> io::Result<TcpSocket> {
    let Outgoing { to, scope, local, free_bind, ttl, minimum_ttl, secret } = outgoing;
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(secret) = secret {
        secret.set(&Kernel, socket.as_fd(), to.ip().into(), Use::Connect).map_err(|error| {
            let (step, text) = match error {
                SecretError::Md5(Md5Error::OutOfOptionMemory) => {
                    ("TCP_MD5SIG", OptionMemory::now(0, 1).to_string())
                }
                SecretError::Md5(error) => ("TCP_MD5SIG", error.to_string()),
                error @ SecretError::Ao(..) => ("TCP_AO_ADD_KEY", error.to_string()),
            };
            io::Error::other(OwnFault { step, text })
        })?;
    }
    if let Some(minimum) = *minimum_ttl {
        set_minimum_ttl(&socket, to.ip(), minimum).map_err(|error| own_fault("minimum TTL", &error))?;
    }
    if let Some(local) = *local {
        socket.set_reuseaddr(true)?;
        match (free_bind, local.is_ipv4()) {
            (true, true) => SockRef::from(&socket).set_freebind_v4(true)?,
            (true, false) => SockRef::from(&socket).set_freebind_v6(true)?,
            (false, _) => {}
        }
        let from = scoped(SocketAddr::new(local, 0), *scope);
        socket.bind(from).map_err(|error| own_fault("bind", &error))?;
    }
    set_ttl(&SockRef::from(&socket), to.is_ipv4(), *ttl)?;
    Ok(socket)
}

/// What failed before the neighbor came into it: our own address is not there, or the kernel does not protect the
/// connection.
#[derive(Debug)]
struct OwnFault {
    step: &'static str,
    text: String,
}

impl std::fmt::Display for OwnFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for OwnFault {}

fn own_fault(step: &'static str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), OwnFault { step, text: error_text(error) })
}

/// What failed, if it was at our end that a connection could not be opened.
pub(super) fn failed_step(error: &io::Error) -> Option<&'static str> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<OwnFault>()).map(|fault| fault.step)
}

fn scoped(mut address: SocketAddr, scope: u32) -> SocketAddr {
    if let SocketAddr::V6(v6) = &mut address
        && v6.ip().is_unicast_link_local()
    {
        v6.set_scope_id(scope);
    }
    address
}

/// Sets an accepted connection up as a connected one; it has its key and its minimum TTL already.
pub(super) fn prepare(stream: &TcpStream, ttl: u8) -> io::Result<()> {
    stream.set_nodelay(true)?;
    set_ttl(&SockRef::from(stream), stream.peer_addr()?.is_ipv4(), ttl)
}

fn set_ttl(socket: &SockRef<'_>, ipv4: bool, ttl: u8) -> io::Result<()> {
    if ipv4 { socket.set_ttl_v4(ttl.into()) } else { socket.set_unicast_hops_v6(ttl.into()) }
}

/// Says no to a connection that is one too many, if it is still there at a time that may lie ahead.
pub(super) async fn refuse(stream: TcpStream, notification: Notification, at: Option<Instant>) {
    let mut connection = Connection::new(stream);
    if let Some(at) = at {
        let mut sink = [0; 4096];
        let end = async { while connection.stream.read(&mut sink).await.is_ok_and(|len| len > 0) {} };
        if tokio::time::timeout_at(at.into(), end).await.is_ok() {
            return;
        }
    }
    let mut out = BytesMut::new();
    notification.encode(&mut out);
    connection.queue(out.freeze());
    connection.linger().await;
}

/// The system's words without the number Rust puts behind them.
pub(super) fn error_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
        None => text,
    }
}
