//! A neighbor of a few lines: it says OPEN, keeps the session alive and tells of the UPDATEs that come.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::BytesMut;
use godwit_wire::{
    AddressFamily, Capability, MESSAGE_LEN_MAX, MessageType, Open, UpdateFrame, encode_keepalive, next_frame,
    split_update,
};
use socket2::{Domain, Socket, Type};

/// How long a neighbor waits for a message before it says that it is alive.
const QUIET: Duration = Duration::from_secs(60);
/// The hold time it offers, seconds.
const HOLD_TIME_SECS: u16 = 240;

/// What a neighbor is told.
pub(super) enum Heard<'a> {
    /// The session is established.
    Established,
    /// An UPDATE.
    Update(UpdateFrame<'a>),
}

/// Connects from one address to another's BGP port.
pub(super) fn connect(from: Ipv4Addr, to: Ipv4Addr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect(&SocketAddr::from((to, 179)).into())?;
    Ok(socket.into())
}

/// Speaks until the other end closes.
pub(super) fn speak(
    mut stream: TcpStream,
    identifier: Ipv4Addr,
    asn: u32,
    heard: &mut dyn FnMut(Heard<'_>),
) -> Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(QUIET))?;
    let capabilities = vec![
        Capability::Multiprotocol(AddressFamily::IPV4),
        Capability::RouteRefresh,
        Capability::FourOctetAs(asn),
    ];
    let mut out = BytesMut::new();
    Open { asn: u16::try_from(asn)?, hold_time_secs: HOLD_TIME_SECS, identifier, capabilities }
        .encode(&mut out);
    encode_keepalive(&mut out);
    stream.write_all(&out)?;
    let (mut buffer, mut chunk, mut established) = (Vec::new(), [0; 4096], false);
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => buffer.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let mut out = BytesMut::new();
                encode_keepalive(&mut out);
                stream.write_all(&out)?;
            }
            Err(error) => return Err(error.into()),
        }
        while let Some(frame) = next_frame(&buffer, MESSAGE_LEN_MAX)? {
            match frame.kind {
                MessageType::Keepalive if !std::mem::replace(&mut established, true) => {
                    heard(Heard::Established);
                }
                MessageType::Update => heard(Heard::Update(split_update(frame.body)?)),
                MessageType::Notification => bail!("NOTIFICATION {:?}", frame.body),
                _ => {}
            }
            let len = frame.len;
            buffer.drain(..len);
        }
    }
}
