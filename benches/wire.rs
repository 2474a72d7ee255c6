//! UPDATE messages: bytes to values and back.
#![allow(missing_docs)]

use bytes::BytesMut;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use godwit_bench::{CONTEXT, FEW, MANY, attributes, nets, update};
use godwit_wire::{
    AddressFamily, AttributeContext, announce_ipv4, ipv4_nlri, parse_attributes, split_update, withdraw_ipv4,
};

fn main() {
    divan::main();
}

/// Everything the message says: its parts, its attributes, each of its nets.
#[divan::bench(args = [FEW, MANY])]
fn parse(bencher: Bencher<'_, '_>, count: usize) {
    let body = update(1, &nets(count));
    assert!(!body.is_empty(), "one message holds them");
    let context = AttributeContext {
        external: true,
        four_octet_as: true,
        allow_local_pref: false,
        allow_as_sets: false,
        families: vec![AddressFamily::IPV4],
        ..AttributeContext::default()
    };
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let frame = split_update(black_box(&body)).expect("ours");
        let parsed = parse_attributes(frame.attributes, true, &context).expect("ours");
        let nets = ipv4_nlri(frame.nlri).expect("ours").map(black_box).count();
        (parsed.attributes, nets)
    });
}

/// Attributes and nets into a message, in a buffer that is used again.
#[divan::bench(args = [FEW, MANY])]
fn encode(bencher: Bencher<'_, '_>, count: usize) {
    let (attributes, nets) = (attributes(1), nets(count));
    let mut out = BytesMut::with_capacity(8_192);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        out.clear();
        announce_ipv4(black_box(&attributes), black_box(&nets), &CONTEXT, &mut out).expect("it fits");
        out.len()
    });
}

/// The nets taken back.
#[divan::bench(args = [FEW, MANY])]
fn encode_withdrawal(bencher: Bencher<'_, '_>, count: usize) {
    let nets = nets(count);
    let mut out = BytesMut::with_capacity(8_192);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        out.clear();
        withdraw_ipv4(black_box(&nets), CONTEXT.message_len_max, &mut out);
        out.len()
    });
}
