//! The netlink sockets: one that listens, one that asks, one that programs.

use std::io;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::route::{RouteAttribute, RouteMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{AsyncSocket, AsyncSocketExt, TokioSocket};

use crate::convert::event;
use crate::fib::Operation;
use crate::message::{events, for_each_message, requests};
use crate::model::{Event, Family, KernelRoute};

/// What can go wrong with the kernel.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// We may not change routes.
    #[error("no permission to change kernel routes: the capability CAP_NET_ADMIN is missing")]
    NoPermission,
    /// Anything else the system says.
    #[error("netlink: {0}")]
    Io(#[from] io::Error),
    /// A dump was changed under our hands or cut short.
    #[error("netlink: a dump was interrupted")]
    Interrupted,
}

/// Octets of receive buffer asked for: a burst of events should fit.
const RECEIVE_BUFFER_LEN: u32 = 8 << 20;
/// Octets for one datagram from the kernel.
const DATAGRAM_LEN: usize = 64 << 10;
/// Messages in one send; more gains nothing.
const BATCH_LEN: usize = 128;

// rtnetlink(7), multicast groups.
const GROUP_LINK: u32 = 1;
const GROUP_IPV4_ADDRESS: u32 = 5;
const GROUP_IPV4_ROUTE: u32 = 7;
const GROUP_IPV6_ADDRESS: u32 = 9;
const GROUP_IPV6_ROUTE: u32 = 11;

/// Hears of every change of links, addresses and routes in the network namespace it was opened in.
pub struct Monitor {
    socket: TokioSocket,
}

impl Monitor {
    /// Opens it. What was there before is to be read by [`dump`] after this, so that no change falls
    /// in between.
    ///
    /// # Errors
    /// The system's.
    pub fn open() -> Result<Self, NetlinkError> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
        socket.socket_mut().bind_auto()?;
        let _ = socket.socket_mut().set_rx_buf_sz(RECEIVE_BUFFER_LEN);
        for group in [GROUP_LINK, GROUP_IPV4_ADDRESS, GROUP_IPV4_ROUTE, GROUP_IPV6_ADDRESS, GROUP_IPV6_ROUTE]
        {
            socket.socket_mut().add_membership(group)?;
        }
        Ok(Self { socket })
    }

    /// The next events. Lost ones show as [`Event::Overrun`].
    ///
    /// # Errors
    /// The socket is of no more use.
    pub async fn next(&mut self) -> Result<Vec<Event>, NetlinkError> {
        let mut buffer = bytes_buffer();
        match self.socket.recv_from(&mut buffer).await {
            Ok(_) => Ok(events(&buffer)),
            Err(error) if error.raw_os_error() == Some(ENOBUFS) => Ok(vec![Event::Overrun]),
            Err(error) => Err(error.into()),
        }
    }
}

const EPERM: i32 = 1;
const ESRCH: i32 = 3;
const ENOBUFS: i32 = 105;

fn bytes_buffer() -> Vec<u8> {
    Vec::with_capacity(DATAGRAM_LEN)
}

/// What to read from the kernel.
enum Ask {
    Links,
    Addresses,
    Routes(Family, u32, Option<u8>),
}

/// Reads links and addresses, or a table's routes.
pub mod dump {
    use super::{Ask, Event, Family, KernelRoute, NetlinkError, ask};

    /// All links.
    ///
    /// # Errors
    /// The system's.
    pub async fn links() -> Result<Vec<Event>, NetlinkError> {
        ask(Ask::Links).await
    }

    /// All addresses.
    ///
    /// # Errors
    /// The system's.
    pub async fn addresses() -> Result<Vec<Event>, NetlinkError> {
        ask(Ask::Addresses).await
    }

    /// The routes of one table and family, of one protocol or of all.
    ///
    /// # Errors
    /// The system's; also when the table changed so that the answer may be incomplete.
    pub async fn routes(
        family: Family,
        table: u32,
        protocol: Option<u8>,
    ) -> Result<Vec<KernelRoute>, NetlinkError> {
        let events = ask(Ask::Routes(family, table, protocol)).await?;
        let ours = |event| match event {
            Event::Route(route) if route.table == table => Some(route),
            _ => None,
        };
        Ok(events.into_iter().filter_map(ours).collect())
    }
}

async fn ask(what: Ask) -> Result<Vec<Event>, NetlinkError> {
    let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
    socket.socket_mut().bind_auto()?;
    let _ = socket.socket_mut().set_rx_buf_sz(RECEIVE_BUFFER_LEN);
    // With strict checking the kernel filters by table and protocol itself; without, we do.
    let _ = socket.socket_mut().set_netlink_get_strict_chk(true);
    let mut message = NetlinkMessage::from(question(what));
    message.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    message.header.sequence_number = 1;
    message.finalize();
    let mut out = vec![0; message.buffer_len()];
    message.serialize(&mut out);
    socket.send(&out).await?;
    let mut events = Vec::new();
    let (mut done, mut error, mut interrupted) = (false, None, false);
    let mut buffer = bytes_buffer();
    while !done {
        buffer.clear();
        socket.recv_from(&mut buffer).await?;
        for_each_message(&buffer, |message| {
            interrupted |= message.header.flags & NLM_F_DUMP_INTR != 0;
            match message.payload {
                // A dump that broke off says so here.
                NetlinkPayload::Done(end) => {
                    done = true;
                    error = (end.code != 0).then_some(end.code.saturating_abs()).or(error);
                }
                NetlinkPayload::Error(e) => {
                    done = true;
                    error = e.code.map(|code| code.get().saturating_abs());
                }
                NetlinkPayload::InnerMessage(inner) => events.extend(event(inner)),
                _ => {}
            }
        });
    }
    match error {
        // The kernel says so of a table that does not exist yet.
        Some(2 | ESRCH) => Ok(Vec::new()),
        Some(code) => Err(io::Error::from_raw_os_error(code).into()),
        None if interrupted => Err(NetlinkError::Interrupted),
        None => Ok(events),
    }
}

/// NLM_F_DUMP_INTR: the dump was inconsistent.
const NLM_F_DUMP_INTR: u16 = 0x10;

fn question(what: Ask) -> RouteNetlinkMessage {
    match what {
        Ask::Links => RouteNetlinkMessage::GetLink(LinkMessage::default()),
        Ask::Addresses => RouteNetlinkMessage::GetAddress(AddressMessage::default()),
        Ask::Routes(family, table, protocol) => {
            let mut message = RouteMessage::default();
            message.header.address_family = match family {
                Family::Ipv4 => AddressFamily::Inet,
                Family::Ipv6 => AddressFamily::Inet6,
            };
            message.header.table = u8::try_from(table).unwrap_or(0);
            if let Some(protocol) = protocol {
                message.header.protocol = protocol.into();
            }
            message.attributes.push(RouteAttribute::Table(table));
            RouteNetlinkMessage::GetRoute(message)
        }
    }
}

/// Changes routes, many in one send.
pub struct Programmer {
    socket: TokioSocket,
    sequence: u32,
}

impl Programmer {
    /// Opens it.
    ///
    /// # Errors
    /// The system's.
    pub fn open() -> Result<Self, NetlinkError> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
        socket.socket_mut().bind_auto()?;
        let _ = socket.socket_mut().set_rx_buf_sz(RECEIVE_BUFFER_LEN);
        Ok(Self { socket, sequence: 1 })
    }

    /// Carries out operations in order. Those that were refused come back by their place in the
    /// list, with the system's error number; that a route to delete was not there is no error.
    ///
    /// # Errors
    /// Nothing can be changed at all.
    pub async fn apply(&mut self, operations: &[Operation]) -> Result<Vec<(usize, i32)>, NetlinkError> {
        let mut refused = Vec::new();
        let mut first = 0;
        for batch in operations.chunks(BATCH_LEN) {
            for (index, code) in self.batch(batch).await? {
                let deletion = matches!(batch.get(index), Some(Operation::Delete(_)));
                match code {
                    EPERM => return Err(NetlinkError::NoPermission),
                    ESRCH if deletion => {}
                    code => refused.push((first + index, code)),
                }
            }
            first += batch.len();
        }
        Ok(refused)
    }

    /// One send; only the last message is acknowledged, errors come back by themselves.
    async fn batch(&mut self, batch: &[Operation]) -> Result<Vec<(usize, i32)>, NetlinkError> {
        let base = self.sequence;
        self.sequence = self.sequence.wrapping_add(batch.len() as u32).max(1);
        self.socket.send(&requests(batch, base)).await?;
        self.answers(base, batch.len()).await
    }

    async fn answers(&mut self, base: u32, count: usize) -> Result<Vec<(usize, i32)>, NetlinkError> {
        let mut refused = Vec::new();
        let mut done = false;
        let mut buffer = bytes_buffer();
        while !done {
            buffer.clear();
            self.socket.recv_from(&mut buffer).await?;
            for_each_message(&buffer, |message| {
                let NetlinkPayload::Error(error) = message.payload else { return };
                let index = message.header.sequence_number.wrapping_sub(base) as usize;
                if index >= count {
                    return;
                }
                if let Some(code) = error.code {
                    refused.push((index, code.get().abs()));
                }
                // The last one answers always: by its error or its acknowledgement.
                done |= index + 1 == count;
            });
        }
        Ok(refused)
    }
}
