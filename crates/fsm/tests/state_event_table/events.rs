//! Every event a machine takes, by the name of its row.

use std::fmt::Debug;

use bytes::Bytes;
use godwit_fsm::{Status, StopCause, TimerStatus};
use godwit_wire::{
    AddressFamily, AttributeError, Capability, Excerpt, Fault, MessageError, Notification, Open, Treatment,
};

use crate::common::open_b;

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Start,
    Stop(StopCause),
    End(StopCause),
    LinkLost,
    LinkDown,
    LinkThere,
    LinkFlaps,
    /// A timer, by where the status shows it.
    Timer(&'static str, fn(&Status) -> TimerStatus),
    /// The one timer the status does not show.
    ConnectRetryTimer,
    NothingDue,
    /// Octets wait, and the neighbor takes none until the timer is due.
    SendHoldTimer,
    /// It takes some, all that wait in the end.
    Written,
    TcpConnected,
    TcpFailed,
    TcpClosed,
    TcpIncoming,
    Open(&'static str, Open),
    Keepalive,
    Update,
    RouteRefresh,
    Notification(&'static str, Notification),
    Malformed(MessageError),
}

pub(crate) fn events() -> Vec<Event> {
    let ipv6 = vec![Capability::Multiprotocol(AddressFamily::IPV6)];
    let text = Some("upgrade".to_owned());
    vec![
        Event::Start,
        Event::Stop(StopCause::AdministrativeShutdown(text.clone())),
        Event::Stop(StopCause::AdministrativeReset(text)),
        Event::Stop(StopCause::Deconfigured),
        Event::Stop(StopCause::ConfigurationChange),
        Event::Stop(StopCause::MaxPrefixes),
        Event::End(StopCause::MaxPrefixes),
        Event::LinkLost,
        Event::LinkDown,
        Event::LinkThere,
        Event::LinkFlaps,
        Event::Timer("ErrorWaitTimer", |s| s.error_wait),
        Event::Timer("ConnectDelayTimer", |s| s.connect_delay),
        Event::ConnectRetryTimer,
        Event::Timer("HoldTimer", |s| s.hold_timer),
        Event::Timer("KeepaliveTimer", |s| s.keepalive_timer),
        Event::NothingDue,
        Event::SendHoldTimer,
        Event::Written,
        Event::TcpConnected,
        Event::TcpFailed,
        Event::TcpClosed,
        Event::TcpIncoming,
        Event::Open("Open", open_b(Vec::new())),
        Event::Open("OpenOther", Open { hold_time_secs: 17, ..open_b(Vec::new()) }),
        Event::Open("OpenWrongAs", Open { asn: 65009, ..open_b(Vec::new()) }),
        Event::Open("OpenBadIdentifier", Open { identifier: [0; 4].into(), ..open_b(Vec::new()) }),
        Event::Open("OpenWithoutOurFamily", open_b(ipv6)),
        Event::Keepalive,
        Event::Update,
        Event::RouteRefresh,
        Event::Notification("NotificationOfError", Notification::new(3, 1)),
        Event::Notification("NotificationCease", Notification::cease(2, Some("bye"))),
        Event::Notification("NotificationNoParameters", Notification::new(2, 4)),
        Event::Malformed(MessageError::Marker),
        Event::Malformed(MessageError::Length(18)),
        Event::Malformed(MessageError::Type(9)),
        Event::Malformed(MessageError::Version(3)),
        Event::Malformed(MessageError::OpenMalformed),
        Event::Malformed(MessageError::OptionalParameter(1)),
        Event::Malformed(MessageError::HoldTime(2)),
        Event::Malformed(MessageError::AttributeList {
            what: "it is too long",
            excerpt: Excerpt::new(&[0, 9]),
        }),
        Event::Malformed(MessageError::NothingToWithdraw(AttributeError {
            code: 1,
            offset: 0,
            fault: Fault::Length,
            treatment: Treatment::Withdraw,
            excerpt: Excerpt::default(),
        })),
        Event::Malformed(MessageError::OptionalAttribute {
            what: "next hop",
            offset: 0,
            attribute: Bytes::new(),
        }),
        Event::Malformed(MessageError::NetworkField {
            what: "it is too long",
            offset: 0,
            excerpt: Excerpt::default(),
        }),
        Event::Malformed(MessageError::RouteRefreshLength(Bytes::new())),
    ]
}

impl Event {
    /// The row's name, and the method of the machine it is for.
    pub(crate) fn name(&self) -> (String, &'static str) {
        match self {
            Self::Start => ("Start".into(), "start"),
            Self::Stop(cause) => (format!("Stop{}", variant(cause)), "stop"),
            Self::End(cause) => (format!("End{}", variant(cause)), "end"),
            Self::LinkDown => (variant(self), "link_down"),
            Self::LinkLost | Self::LinkThere | Self::LinkFlaps => (variant(self), "set_reachable"),
            Self::Timer(name, _) => ((*name).into(), "handle_timeout"),
            Self::ConnectRetryTimer | Self::NothingDue => (variant(self), "handle_timeout"),
            Self::SendHoldTimer | Self::Written => (variant(self), "wrote"),
            Self::TcpConnected => (variant(self), "connected"),
            Self::TcpFailed => (variant(self), "connect_failed"),
            Self::TcpClosed => (variant(self), "closed"),
            Self::TcpIncoming => (variant(self), "accepts_incoming"),
            Self::Open(name, _) => ((*name).into(), "open"),
            Self::Keepalive => (variant(self), "keepalive"),
            Self::Update => (variant(self), "update"),
            Self::RouteRefresh => (variant(self), "route_refresh"),
            Self::Notification(name, _) => ((*name).into(), "notification"),
            Self::Malformed(error) => (format!("Malformed{}", variant(error)), "message_error"),
        }
    }

    /// Whether it is about who connects, so that it matters who opened the connection.
    pub(crate) fn is_about_connecting(&self) -> bool {
        matches!(self, Self::TcpConnected | Self::TcpIncoming)
    }
}

/// The name of an enum's variant.
fn variant(value: &dyn Debug) -> String {
    let text = format!("{value:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
