//! Messages as `debug { packets }` shows them.

use godwit_fsm::Outbound;
use godwit_wire::{AddressFamily, MessageType, Notification, Open, RefreshKind, RouteRefresh};

/// A message of ours.
pub(super) fn outbound(message: &Outbound) -> String {
    match message {
        Outbound::Open(open) => format!(
            "OPEN(ver=4,as={},hold={},id={:08x})",
            open.effective_as(),
            open.hold_time_secs,
            u32::from(open.identifier)
        ),
        Outbound::Keepalive => "KEEPALIVE".into(),
        Outbound::Notification(n) => format!("NOTIFICATION(code={}.{})", n.code, n.subcode),
        Outbound::RouteRefresh(refresh) => refresh_word(*refresh).into(),
    }
}

/// A message of the neighbor's, which may be malformed.
pub(super) fn inbound(kind: MessageType, body: &[u8]) -> String {
    match kind {
        MessageType::Open => Open::parse(body).map_or_else(
            |_| "OPEN".into(),
            |open| {
                let (asn, hold, id) = (open.effective_as(), open.hold_time_secs, open.identifier);
                format!("OPEN(as={asn},hold={hold},id={id})")
            },
        ),
        MessageType::Keepalive => "KEEPALIVE".into(),
        MessageType::Notification => Notification::parse(body).map_or_else(
            |_| "NOTIFICATION".into(),
            |n| format!("NOTIFICATION(code={}.{})", n.code, n.subcode),
        ),
        MessageType::RouteRefresh => RouteRefresh::parse(body).map_or("ROUTE-REFRESH", refresh_word).into(),
        MessageType::Update => {
            if is_end_of_rib(body) {
                "END-OF-RIB".into()
            } else {
                "UPDATE".into()
            }
        }
    }
}

/// BIRD's words for what a ROUTE-REFRESH says (RFC 7313 §3.2).
fn refresh_word(refresh: RouteRefresh) -> &'static str {
    match refresh.kind() {
        Some(RefreshKind::Begin) => "BEGIN-OF-RR",
        Some(RefreshKind::End) => "END-OF-RR",
        Some(RefreshKind::Request) | None => "ROUTE-REFRESH",
    }
}

/// An UPDATE with nothing in it, or with nothing but an empty MP_UNREACH_NLRI (RFC 4724 §2).
fn is_end_of_rib(body: &[u8]) -> bool {
    matches!(body, [0, 0, 0, 0] | [0, 0, 0, 6, _, 15, 3, ..] | [0, 0, 0, 7, _, 15, 0, 3, ..])
}

/// What a channel of a family is called in the log.
pub(crate) fn channel_name(family: AddressFamily) -> &'static str {
    if family == AddressFamily::IPV6 { "ipv6" } else { "ipv4" }
}
