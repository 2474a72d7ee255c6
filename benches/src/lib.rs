//! What the benchmarks share: routes, messages, policies and sessions as they occur.
//!
//! `cargo bench -p godwit-bench` runs all of them.
#![forbid(unsafe_code)]

pub mod policy;
mod session;

use bytes::BytesMut;
use godwit_wire::{
    AsPath, EncodeContext, HEADER_LEN, MESSAGE_LEN_MAX, Origin, PathAttributes, announce_ipv4, next_frame,
};
use ipnetwork::Ipv4Network;

pub use session::{Cables, channel, export, import, source};

/// Nets in an UPDATE as a full table has them on average.
pub const FEW: usize = 6;
/// Nets in an UPDATE with as many as attributes of common length leave room for.
pub const MANY: usize = 500;
/// Nets of a table, a small one; hash maps of this size have left the first cache.
pub const TABLE: usize = 10_000;
/// Attribute sets the nets of a table share.
const SETS: usize = 2_000;

/// The seed of all hashing.
pub const SEED: u64 = 1;

/// How messages to a neighbor are written.
pub const CONTEXT: EncodeContext =
    EncodeContext { four_octet_as: true, message_len_max: MESSAGE_LEN_MAX, ..EncodeContext::PLAIN };

/// Different /24s, [`TABLE`] at most, in no order; fewer are the first of more.
pub fn nets(count: usize) -> Vec<Ipv4Network> {
    // An odd factor visits each of the 65,536 nets of 20.0.0.0/8 once.
    let net =
        |i: usize| Ipv4Network::new_checked((0x1400_0000 | ((i as u32 * 40_503) & 0xffff) << 8).into(), 24);
    (0..count.min(TABLE)).filter_map(net).collect()
}

/// Attributes as a neighbor of AS 65001 sends them; `number` makes sets differ.
pub fn attributes(number: usize) -> PathAttributes {
    let far = 64_600 + (number % 300) as u32;
    PathAttributes {
        origin: Some(Origin::Igp),
        as_path: Some(AsPath::from_sequence(&[65_001, 3_356, 1_299, far, 4_200_000_000 + number as u32])),
        next_hop: Some([192, 0, 2, 1].into()),
        med: Some((number % 3) as u32),
        communities: [(65_001, 100), (3_356, 2_003), (3_356, 86)].map(|(a, b)| (a << 16) + b).into(),
        ..PathAttributes::default()
    }
}

/// The body of one UPDATE with so many nets.
pub fn update(number: usize, nets: &[Ipv4Network]) -> Vec<u8> {
    let mut out = BytesMut::new();
    if announce_ipv4(&attributes(number), nets, &CONTEXT, &mut out).is_err() {
        return Vec::new();
    }
    match next_frame(&out, MESSAGE_LEN_MAX) {
        Ok(Some(frame)) if frame.len == out.len() => out.get(HEADER_LEN..).unwrap_or_default().to_vec(),
        _ => Vec::new(),
    }
}

/// The bodies of the UPDATEs that announce a whole table, a few nets each.
pub fn feed(nets: &[Ipv4Network]) -> Vec<Vec<u8>> {
    nets.chunks(FEW).enumerate().map(|(i, nets)| update(i % SETS, nets)).collect()
}
