//! Messages: what a connection brings is split and given to the machine, what the machine says is written.

use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use godwit_config::DebugFlags;
use godwit_fsm::{Direction, Outbound, UpdateVerdict};
use godwit_wire::{MessageType, Notification, Open, RouteRefresh};

use super::{Task, trace};

impl Task {
    pub(super) fn send(&mut self, direction: Direction, message: &Outbound) {
        self.trace(DebugFlags::PACKETS, format_args!("Sending {}", trace::outbound(message)));
        let mut out = BytesMut::with_capacity(64);
        match message {
            Outbound::Open(open) => open.encode(&mut out),
            Outbound::Keepalive => godwit_wire::encode_keepalive(&mut out),
            Outbound::Notification(notification) => notification.encode(&mut out),
            Outbound::RouteRefresh(refresh) => refresh.encode(&mut out),
        }
        self.queue(direction, out.freeze());
    }

    pub(super) fn chunk(&mut self, bytes: Bytes) {
        self.trace(DebugFlags::PACKETS, "Sending UPDATE");
        let Some(direction) = self.up.as_ref().map(|up| up.direction()) else { return };
        self.queue(direction, bytes);
    }

    fn queue(&mut self, direction: Direction, bytes: Bytes) {
        if let Some(connection) = self.slot(direction) {
            connection.queue(bytes);
        }
        self.write(direction);
    }

    /// Writes what the neighbor takes, and tells the machine.
    fn write(&mut self, direction: Direction) {
        let Some(connection) = self.slot(direction) else { return };
        let (went, waits) = (connection.write(), connection.waits());
        self.fsm.wrote(direction, went, waits, Instant::now());
    }

    /// Reads and writes what one connection is ready for.
    pub(super) async fn serve(&mut self, direction: Direction) {
        self.write(direction);
        let Some(mut connection) = self.slot(direction).take() else { return };
        // `disable rx`: it may be served to be written to.
        let deaf = self.bgp.disable_rx && self.up.is_some();
        let end = if deaf { None } else { connection.read() };
        let mut buffer = std::mem::take(&mut connection.buffer);
        // It goes back first: the machine may want to send over it.
        *self.slot(direction) = Some(connection);
        loop {
            let consumed = self.messages(direction, &buffer);
            buffer.advance(consumed);
            // What the machine wants is done before more is read: a session that has just been
            // established is set up before its first UPDATE.
            self.act().await;
            if consumed == 0 || self.slot(direction).is_none() {
                break;
            }
        }
        if let Some(up) = &mut self.up {
            up.hand_over();
        }
        let Some(connection) = self.slot(direction) else { return };
        connection.give_back(buffer);
        if let Some(error) = end {
            self.fsm.closed(direction, error.as_deref(), Instant::now());
        }
    }

    /// Every whole message of the buffer; how many octets they were.
    fn messages(&mut self, direction: Direction, buffer: &[u8]) -> usize {
        let now = Instant::now();
        let mut consumed = 0;
        let len_max = self.up.as_ref().filter(|up| up.direction() == direction);
        let len_max = len_max.map_or(godwit_wire::MESSAGE_LEN_MAX, |up| up.negotiated().message_len_max);
        while self.slot(direction).is_some() {
            let rest = buffer.get(consumed..).unwrap_or_default();
            match godwit_wire::next_frame(rest, len_max) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    consumed += frame.len;
                    if !self.message(direction, frame.kind, frame.body, now) {
                        break;
                    }
                }
                Err(error) => {
                    self.fsm.message_error(direction, &error, now);
                    return buffer.len();
                }
            }
        }
        consumed
    }

    /// One message. Whether the connection goes on.
    fn message(&mut self, direction: Direction, kind: MessageType, body: &[u8], now: Instant) -> bool {
        if self.config.debug.has(DebugFlags::PACKETS) {
            self.trace(DebugFlags::PACKETS, format_args!("Got {}", trace::inbound(kind, body)));
        }
        if kind == MessageType::Update {
            if self.fsm.update(direction, now) == UpdateVerdict::Ignore {
                return false;
            }
            let Some(up) = &mut self.up else { return true };
            let links = self.context.links.borrow().clone();
            return match up.update(body, &links, &self.config) {
                Ok(family) => {
                    if let Some(family) = family {
                        self.end_of_rib(family);
                    }
                    true
                }
                Err(error) => {
                    self.fsm.message_error(direction, &error, now);
                    false
                }
            };
        }
        let handled = match kind {
            MessageType::Open => Open::parse(body).map(|open| self.fsm.open(direction, open, now)),
            MessageType::Keepalive => {
                self.fsm.keepalive(direction, now);
                Ok(())
            }
            MessageType::Notification => {
                Notification::parse(body).map(|n| self.fsm.notification(direction, &n, now))
            }
            MessageType::RouteRefresh => {
                RouteRefresh::parse(body).map(|r| self.fsm.route_refresh(direction, r, now))
            }
            MessageType::Update => Ok(()),
        };
        if let Err(error) = handled {
            self.fsm.message_error(direction, &error, now);
            return false;
        }
        !self.fsm.has_action()
    }
}
