//! What the machine asks its driver to do.

use bytes::BytesMut;
use godwit_fsm::{Action, Direction, Negotiated, Outbound, State};
use godwit_rib::{Batches, ImportStep};
use godwit_wire::{
    AddressFamily, MESSAGE_LEN_MAX, Notification, Open, RefreshKind, RouteRefresh, next_frame,
};

use super::{ACTIONS_MAX, Driver, Up, index};
use crate::session::common::SEED;

impl Driver {
    /// Does what the machine wants done.
    pub(super) fn act(&mut self) {
        self.do_all();
        assert_eq!(self.up.is_some(), self.node.state() == State::Established);
        for direction in [Direction::Outgoing, Direction::Incoming] {
            assert_eq!(self.links[index(direction)].is_some(), self.node.is_linked(direction));
        }
    }

    pub(super) fn do_all(&mut self) {
        let mut count = 0;
        while let Some(action) = self.actions.pop_front() {
            count += 1;
            assert!(count <= ACTIONS_MAX, "no end of what is to be done");
            self.act_on(action);
        }
    }

    fn act_on(&mut self, action: Action) {
        match action {
            Action::Send(direction, message) => self.send(direction, &message),
            Action::Close(direction, _) => {
                self.hand_over_before_close(direction);
                self.links[index(direction)] = None;
            }
            Action::Established(direction, negotiated) => self.established(direction, negotiated),
            Action::Down(down) => {
                let up = self.up.take().expect("it was up");
                let stays = |family| down.graceful && up.negotiated.keeps_family(family);
                self.ipv4.end(stays(AddressFamily::IPV4));
                self.ipv6.end(stays(AddressFamily::IPV6));
            }
            Action::StaleExpired => {
                self.ipv4.expire();
                self.ipv6.expire();
                self.ipv4.end_of_rib();
                self.ipv6.end_of_rib();
            }
            Action::LongLived(families) => {
                if families.contains(&AddressFamily::IPV4) {
                    self.ipv4.make_long_lived();
                }
                if families.contains(&AddressFamily::IPV6) {
                    self.ipv6.make_long_lived();
                }
            }
            Action::FamilyExpired(AddressFamily::IPV4) => {
                self.ipv4.expire();
                self.ipv4.end_of_rib();
            }
            Action::FamilyExpired(AddressFamily::IPV6) => {
                self.ipv6.expire();
                self.ipv6.end_of_rib();
            }
            Action::Refresh(refresh) => self.refresh(refresh),
            _ => {}
        }
    }

    /// What was read before a connection goes is not lost.
    fn hand_over_before_close(&mut self, direction: Direction) {
        if let Some(up) = self.up.as_mut().filter(|up| up.direction == direction) {
            self.ipv4.hand_over(&mut up.batches.ipv4);
            self.ipv6.hand_over(&mut up.batches.ipv6);
        }
    }

    /// What the machine sends is read again, and says the same.
    fn send(&mut self, direction: Direction, message: &Outbound) {
        let mut out = BytesMut::new();
        match message {
            Outbound::Open(open) => open.encode(&mut out),
            Outbound::Keepalive => godwit_wire::encode_keepalive(&mut out),
            Outbound::Notification(notification) => notification.encode(&mut out),
            Outbound::RouteRefresh(refresh) => refresh.encode(&mut out),
        }
        let frame = next_frame(&out, MESSAGE_LEN_MAX).expect("ours").expect("a whole message");
        assert_eq!(frame.len, out.len());
        let link = self.links[index(direction)].as_mut().expect("it sends over a connection");
        match message {
            Outbound::Open(open) => {
                assert_eq!(Open::parse(frame.body).as_ref(), Ok(open));
                link.sent[0] = true;
            }
            Outbound::Keepalive => link.sent[1] = true,
            Outbound::Notification(n) => assert_eq!(Notification::parse(frame.body).as_ref(), Ok(n)),
            Outbound::RouteRefresh(r) => assert_eq!(RouteRefresh::parse(frame.body), Ok(*r)),
        }
    }

    fn established(&mut self, direction: Direction, negotiated: Box<Negotiated>) {
        let link = self.links[index(direction)].as_ref().expect("over a connection");
        assert_eq!((link.sent, link.got), ([true; 2], [true; 2]), "OPEN and KEEPALIVE have gone both ways");
        let options = &self.options;
        let session = options.source(&negotiated);
        let channel =
            |family| negotiated.families.contains(&family).then(|| options.channel(family, &negotiated));
        let (channel4, channel6) = (channel(AddressFamily::IPV4), channel(AddressFamily::IPV6));
        let told = |family| (options.export(family, &negotiated), options.is_told.clone());
        let kept = |family| negotiated.has_kept_family(family);
        if channel4.is_some() {
            let family = AddressFamily::IPV4;
            self.ipv4.begin(
                session.clone(),
                kept(family),
                told(family),
                options.limit,
                options.channel.keep_filtered,
            );
        }
        if channel6.is_some() {
            let family = AddressFamily::IPV6;
            self.ipv6.begin(
                session,
                kept(family),
                told(family),
                options.limit,
                options.channel.keep_filtered,
            );
        }
        // What is left is of families that the session has no more.
        self.ipv4.expire();
        self.ipv6.expire();
        let import = ImportStep::new(options.import(&negotiated), channel4, channel6, SEED);
        self.up = Some(Up { direction, negotiated, import, batches: Batches::default() });
        if !self.is_stale() {
            self.tell(|session, _| session.set_refreshed());
        }
    }

    fn refresh(&mut self, refresh: RouteRefresh) {
        // A mark stands where it stands between UPDATEs.
        self.hand_over();
        let may_begin = |stale: Option<bool>| stale == Some(false);
        let may_begin = match refresh.family {
            AddressFamily::IPV4 => may_begin(self.ipv4.up.as_ref().map(|up| up.stale)),
            _ => may_begin(self.ipv6.up.as_ref().map(|up| up.stale)),
        };
        match (refresh.kind(), &mut self.up) {
            (Some(RefreshKind::Begin), Some(up)) if may_begin => up.import.refresh_begins(refresh.family),
            (Some(RefreshKind::End), Some(up)) => up.import.refresh_ends(refresh.family),
            _ => {}
        }
        match (refresh.family, refresh.kind()) {
            (AddressFamily::IPV4, Some(RefreshKind::Request)) => self.ipv4.refeed(),
            (AddressFamily::IPV6, Some(RefreshKind::Request)) => self.ipv6.refeed(),
            (AddressFamily::IPV4, Some(RefreshKind::Begin)) => self.ipv4.refresh_begins(),
            (AddressFamily::IPV6, Some(RefreshKind::Begin)) => self.ipv6.refresh_begins(),
            (AddressFamily::IPV4, Some(RefreshKind::End)) => self.ipv4.refresh_ends(),
            (AddressFamily::IPV6, Some(RefreshKind::End)) => self.ipv6.refresh_ends(),
            _ => {}
        }
    }
}
