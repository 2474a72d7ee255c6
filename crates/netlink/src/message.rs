//! Datagrams of netlink messages: many in one, each padded to four octets.

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;

use crate::convert::{event, route_message};
use crate::fib::Operation;
use crate::model::Event;

/// The octets of `nlmsghdr`.
const HEADER_LEN: usize = 16;

/// Every message of a datagram; what cannot be read is left out.
pub(crate) fn for_each_message(mut rest: &[u8], mut f: impl FnMut(NetlinkMessage<RouteNetlinkMessage>)) {
    while let Some(head) = rest.first_chunk::<4>() {
        let len = u32::from_ne_bytes(*head) as usize;
        let Some(one) = rest.get(..len).filter(|one| one.len() >= HEADER_LEN) else { return };
        if let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(one) {
            f(message);
        }
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
}

/// What a datagram tells of links, addresses and routes.
pub fn events(datagram: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    for_each_message(datagram, |message| {
        if let NetlinkPayload::InnerMessage(inner) = message.payload {
            events.extend(event(inner));
        }
    });
    events
}

/// A datagram that asks for operations, numbered from `base`. Only the last one is acknowledged;
/// errors come back by themselves.
pub fn requests(operations: &[Operation], base: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(operations.len() * 96);
    for (index, operation) in operations.iter().enumerate() {
        let new = |route| RouteNetlinkMessage::NewRoute(route_message(route, false));
        let (inner, flags) = match operation {
            Operation::Add(route) => (new(route), NLM_F_CREATE | NLM_F_EXCL),
            Operation::Replace(route) => (new(route), NLM_F_CREATE | NLM_F_REPLACE),
            Operation::Delete(route) => (RouteNetlinkMessage::DelRoute(route_message(route, true)), 0),
        };
        let mut message = NetlinkMessage::from(inner);
        let last = index + 1 == operations.len();
        message.header.flags = NLM_F_REQUEST | flags | if last { NLM_F_ACK } else { 0 };
        message.header.sequence_number = base.wrapping_add(index as u32);
        message.finalize();
        let start = out.len();
        out.resize(start + message.buffer_len(), 0);
        if let Some(place) = out.get_mut(start..) {
            message.serialize(place);
        }
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

#[cfg(test)]
mod tests;
