//! What a neighbor may send: mostly good messages, with values that matter, and ways to spoil them.

use bytes::BytesMut;
use godwit_wire::{
    AddPathFamily, AddressFamily, Capability, ExtendedNextHopFamily, GracefulRestart, GracefulRestartFamily,
    LongLivedFamily, Notification, Open, Role, RouteRefresh,
};

use crate::session::input::Input;
use crate::session::options::{FLOW4, Options, peer_id};
use crate::session::update::update;

const FAMILIES: [AddressFamily; 4] =
    [AddressFamily::IPV4, AddressFamily::IPV6, FLOW4, AddressFamily { afi: 2, safi: 4 }];

/// How the neighbor has to write what it sends.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) four_octet_as: bool,
    pub(super) internal: bool,
    pub(super) confederation: bool,
    pub(super) peer_as: u32,
    /// Path identifiers in front of nets of IPv4, and of IPv6.
    pub(super) paths: [bool; 2],
}

/// One message.
pub(super) fn frame(input: &mut Input<'_>, options: &Options, shape: &Shape) -> Vec<u8> {
    let kind = input.below(16);
    let mut out = BytesMut::new();
    match kind {
        15 => open(input, options).encode(&mut out),
        9 => godwit_wire::encode_keepalive(&mut out),
        10 => {
            let (code, subcode) = (input.below(9), input.below(13));
            let len = usize::from(input.below(32));
            Notification { code, subcode, data: input.octets(len).into() }.encode(&mut out);
        }
        11 | 12 => {
            let (family, subtype) = (input.pick(&FAMILIES), input.below(4));
            RouteRefresh { family, subtype }.encode(&mut out);
        }
        13 => {
            let len = usize::from(input.byte());
            return header(input.below(7), &input.octets(len));
        }
        14 => godwit_wire::end_of_rib(input.pick(&FAMILIES), &mut out),
        8 => return mutated(input, options, shape),
        _ => return update(input, shape),
    }
    out.to_vec()
}

/// A message of some kind and body, whose length is right.
pub(super) fn header(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0xff; 16];
    out.extend(u16::try_from(body.len() + 19).unwrap_or(u16::MAX).to_be_bytes());
    out.push(kind);
    out.extend(body);
    out
}

/// A message with a few octets that are not as they should be.
fn mutated(input: &mut Input<'_>, options: &Options, shape: &Shape) -> Vec<u8> {
    let mut out = match input.below(3) {
        0 => {
            let mut out = BytesMut::new();
            open(input, options).encode(&mut out);
            out.to_vec()
        }
        _ => update(input, shape),
    };
    for _ in 0..=input.below(3) {
        let at = usize::from(u16::from_be_bytes([input.byte(), input.byte()])) % (out.len() + 1);
        match input.below(6) {
            0 => out.truncate(at),
            1 => out.insert(at, input.byte()),
            2 => drop(out.drain(at..(at + 1 + usize::from(input.below(4))).min(out.len()))),
            3 => out.extend_from_slice(&out.clone()[at..]),
            _ if at < out.len() => out[at] = input.byte(),
            _ => {}
        }
    }
    // Mostly the header tells what there is: what is wrong is inside.
    let len = u16::try_from(out.len()).unwrap_or(u16::MAX);
    if out.len() >= 19 && input.below(8) != 7 {
        out[..16].fill(0xff);
        out[16..18].copy_from_slice(&len.to_be_bytes());
    }
    out
}

/// An OPEN of the neighbor, which is taken if nothing is left for the octets to spoil.
pub(super) fn open(input: &mut Input<'_>, options: &Options) -> Open {
    let asn = input.pick(&[options.peer_as(), options.peer_as(), options.peer_as(), 65009, 70_000, 0]);
    let [no_families, no_refresh, plain_as, no_graceful, long, paths, next_hop6, extended] = input.bits();
    let [restarting, lost, no_names, role, unknown, twice, quick, other_id] = input.bits();
    let mut capabilities = Vec::new();
    if !no_families {
        capabilities.extend(FAMILIES.map(Capability::Multiprotocol));
    }
    if !no_refresh {
        capabilities.extend([Capability::RouteRefresh, Capability::EnhancedRouteRefresh]);
    }
    if !plain_as || asn > 65_535 {
        capabilities.push(Capability::FourOctetAs(asn));
    }
    if !no_graceful {
        let kept = |family| GracefulRestartFamily { family, forwarding_preserved: !lost };
        capabilities.push(Capability::GracefulRestart(GracefulRestart {
            restarting,
            notification: true,
            restart_time_secs: input.pick(&[90, 0, 4095]),
            families: if no_names { Vec::new() } else { FAMILIES.map(kept).to_vec() },
        }));
    }
    if long {
        let stale_time_secs = input.pick(&[300, 0, 7, 0xff_ffff]);
        let kept = |family| LongLivedFamily { family, forwarding_preserved: !lost, stale_time_secs };
        let count = if restarting { 1 } else { FAMILIES.len() };
        capabilities.push(Capability::LongLivedGracefulRestart(
            FAMILIES[..count].iter().copied().map(kept).collect(),
        ));
    }
    if paths {
        let [receive, send, ..] = input.bits();
        let of = |family| AddPathFamily { family, receive: !receive, send: !send };
        capabilities.push(Capability::AddPath(FAMILIES.map(of).to_vec()));
    }
    if next_hop6 {
        let of = |family| ExtendedNextHopFamily { family, next_hop_afi: 2 };
        capabilities.push(Capability::ExtendedNextHop(vec![of(AddressFamily::IPV4)]));
    }
    if extended {
        capabilities.push(Capability::ExtendedMessage);
    }
    if role {
        capabilities.push(Capability::Role(input.pick(&[Role::Customer, Role::Provider, Role::Peer])));
    }
    if unknown {
        let len = usize::from(input.below(40));
        capabilities.push(Capability::Unknown { code: input.byte(), value: input.octets(len).into() });
    }
    if twice {
        capabilities.extend(capabilities.clone());
    }
    Open {
        asn: u16::try_from(asn).unwrap_or(godwit_wire::AS_TRANS),
        hold_time_secs: if quick { 3 } else { 90 },
        identifier: if other_id {
            input.pick(&[[10, 0, 0, 254], [0; 4], [255; 4]]).into()
        } else {
            peer_id()
        },
        capabilities,
    }
}
