//! UPDATEs, mostly good ones, with nets and attributes from few values, so that they meet.

use crate::session::frames::{Shape, header};
use crate::session::input::Input;

/// An UPDATE.
pub(super) fn update(input: &mut Input<'_>, shape: &Shape) -> Vec<u8> {
    let [announces, withdraws, reach6, unreach6, reach4, other_family, more, spoilt] = input.bits();
    let mut withdrawn = Vec::new();
    if withdraws {
        nets(input, 4, shape.paths[0], &mut withdrawn);
    }
    let mut attributes = Vec::new();
    if unreach6 {
        let mut value = vec![0, 2, 1];
        nets(input, 6, shape.paths[1], &mut value);
        attribute(&mut attributes, 0x80, 15, &value);
    }
    if reach6 || reach4 || other_family {
        let mut value = match (reach6, reach4) {
            (true, _) => vec![0, 2, 1],
            (_, true) => vec![0, 1, 1],
            _ => vec![0, 1, 133],
        };
        next_hop6(input, &mut value);
        value.push(0);
        if reach6 {
            nets(input, 6, shape.paths[1], &mut value);
        } else {
            nets(input, 4, shape.paths[0], &mut value);
        }
        attribute(&mut attributes, 0x80, 14, &value);
    }
    let mut nlri = Vec::new();
    if announces {
        nets(input, 4, shape.paths[0], &mut nlri);
    }
    if announces || reach6 || reach4 || other_family {
        mandatory(input, shape, announces, &mut attributes);
    }
    if more {
        optional(input, shape, &mut attributes);
    }
    if spoilt {
        let (flags, code, len) = (input.byte(), input.byte(), usize::from(input.below(20)));
        attribute(&mut attributes, flags & !0x10, code, &input.octets(len));
    }
    let mut body = Vec::new();
    for field in [&withdrawn, &attributes] {
        body.extend(u16::try_from(field.len()).unwrap_or(u16::MAX).to_be_bytes());
        body.extend(field);
    }
    body.extend(nlri);
    header(2, &body)
}

/// Some nets of 10/8 or 2001:db8::/32, few enough that they come again.
fn nets(input: &mut Input<'_>, version: u8, paths: bool, out: &mut Vec<u8>) {
    let many = input.byte();
    // Seldom more than fit in one message of what is told of them.
    let count = if many == 255 { 200 } else { u16::from(many % 4) + 1 };
    let first = input.byte();
    for n in 0..count {
        let step = if many == 255 { n as u8 } else { input.byte() };
        let place = first.wrapping_add(step);
        if paths {
            out.extend(u32::from(step >> 6).to_be_bytes());
        }
        match (version, place & 7) {
            (4, 0) => out.extend([16, 10, place]),
            (4, 1) => out.extend([32, 10, place, 1, 1]),
            (4, 2) => out.push(0),
            (4, 3) => out.extend([25, 192, 0, 2, place & 0x80]),
            (4, _) => out.extend([24, 10, place, 0]),
            (_, 0) => out.extend([32, 0x20, 1, 0xd, 0xb8]),
            (_, 1) => out.extend([128, 0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, place]),
            (_, 2) => out.push(0),
            _ => out.extend([48, 0x20, 1, 0xd, 0xb8, place, 0]),
        }
    }
}

fn next_hop6(input: &mut Input<'_>, out: &mut Vec<u8>) {
    let global = |last| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let link = |last| [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    match input.below(8) {
        0 | 1 => {
            out.push(16);
            out.extend(global(1));
        }
        2 => {
            out.push(32);
            out.extend(global(input.byte()));
            out.extend(link(2));
        }
        3 => {
            out.push(32);
            out.extend([0; 16]);
            out.extend(link(1));
        }
        4 => {
            out.push(16);
            out.extend(link(1));
        }
        5 => out.extend([4, 192, 0, 2, input.byte()]),
        6 => {
            out.push(16);
            out.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]);
        }
        _ => {
            let octets = usize::from(input.below(40));
            let field = input.octets(octets);
            out.push(field.len() as u8);
            out.extend(field);
        }
    }
}

fn mandatory(input: &mut Input<'_>, shape: &Shape, next_hop: bool, out: &mut Vec<u8>) {
    let lacks = input.byte();
    // What is left out seldom.
    let has = |bit: u8| lacks < 0xf0 || lacks & bit == 0;
    if has(1) {
        attribute(out, 0x40, 1, &[input.below(3)]);
    }
    if has(2) {
        attribute(out, 0x40, 2, &path(input, shape, shape.four_octet_as));
    }
    if next_hop && has(4) {
        let last = input.pick(&[1, 1, 9, 7, 8, 254]);
        attribute(out, 0x40, 3, &[192, if last == 9 { 9 } else { 0 }, 2, last]);
    }
    if shape.internal && has(8) {
        attribute(out, 0x40, 5, &[0, 0, 0, input.byte()]);
    }
}

/// AS_PATH, or AS4_PATH.
fn path(input: &mut Input<'_>, shape: &Shape, wide: bool) -> Vec<u8> {
    const ASES: [u32; 8] = [65002, 65003, 4_200_000_000, 23456, 65000, 64512, 1, 70_000];
    let mut out = Vec::new();
    let mut segment = |kind: u8, ases: &[u32]| {
        out.extend([kind, ases.len() as u8]);
        for asn in ases {
            if wide {
                out.extend(asn.to_be_bytes());
            } else {
                out.extend(u16::try_from(*asn).unwrap_or(23456).to_be_bytes());
            }
        }
    };
    if shape.confederation {
        segment(3, &[shape.peer_as]);
    }
    let mut ases = if shape.internal || shape.confederation { Vec::new() } else { vec![shape.peer_as] };
    let more = input.byte();
    ases.extend((0..more % 5).map(|_| input.pick(&ASES)));
    if more > 250 {
        ases.resize(255, 65002);
    }
    if !ases.is_empty() {
        segment(2, &ases);
    }
    if more & 0xe0 == 0xe0 {
        segment(input.pick(&[1, 2, 3, 4]), &[input.pick(&ASES), input.pick(&ASES)]);
    }
    out
}

fn optional(input: &mut Input<'_>, shape: &Shape, out: &mut Vec<u8>) {
    let [med, communities, aggregator, atomic, extended, large, otc, aigp] = input.bits();
    let [originator, clusters, unknown, as4_path, as4_aggregator, local_pref, many, partial] = input.bits();
    if med {
        attribute(out, 0x80, 4, &[0, 0, 0, input.byte()]);
    }
    if local_pref {
        attribute(out, 0x40, 5, &[0, 0, input.byte(), 7]);
    }
    if atomic {
        attribute(out, 0x40, 6, &[]);
    }
    if aggregator {
        let asn = input.pick(&[[0, 0, 0xfd, 0xe9], [0, 1, 0x11, 0x70], [0, 0, 0x5b, 0xa0]]);
        let asn = if shape.four_octet_as { &asn[..] } else { &asn[2..] };
        attribute(out, 0xc0, 7, &[asn, &[10, 0, 0, 1]].concat());
    }
    if communities {
        const KNOWN: [u32; 8] =
            [0xfde9_0001, 0xffff_ff01, 0xffff_ff02, 0xffff_ff03, 0xffff_0006, 0xffff_0007, 0xfde9_0001, 1];
        let count = if many { 200 } else { u16::from(input.below(4)) + 1 };
        let value: Vec<u8> = (0..count).flat_map(|_| input.pick(&KNOWN).to_be_bytes()).collect();
        attribute(out, 0xc0, 8, &value);
    }
    if originator {
        attribute(out, 0x80, 9, &[10, 0, 0, input.pick(&[9, 1, 254])]);
    }
    if clusters {
        let count = if many { 127 } else { u16::from(input.below(3)) + 1 };
        let value: Vec<u8> = (0..count).flat_map(|_| [10, 0, 0, input.pick(&[9, 1, 254])]).collect();
        attribute(out, 0x80, 10, &value);
    }
    if extended {
        let transitive = input.pick(&[0, 0x40]);
        attribute(out, 0xc0, 16, &[transitive, 2, 0xfd, 0xe9, 0, 0, 0, input.byte(), 0, 2, 0, 1, 0, 0, 0, 1]);
    }
    if as4_path {
        attribute(out, 0xc0, 17, &path(input, shape, true));
    }
    if as4_aggregator {
        attribute(out, 0xc0, 18, &[0, 1, 0x11, 0x70, 10, 0, 0, 1]);
    }
    if aigp {
        attribute(out, 0x80, 26, &[1, 0, 11, 0, 0, 0, 0, 0, 0, 0, input.byte(), 2, 0, 4, 7]);
    }
    if large {
        attribute(out, 0xc0, 32, &[0, 0, 0xfd, 0xe9, 0, 0, 0, 2, 0, 0, 0, input.byte()]);
    }
    if otc {
        attribute(out, 0xc0, 35, &input.pick(&[65001_u32, 65002]).to_be_bytes());
    }
    if unknown {
        let len = if many { 3500 } else { usize::from(input.below(9)) };
        let value = vec![0xaa; len];
        attribute(out, if partial { 0xe0 } else { 0xc0 }, input.pick(&[99, 36, 13, 200]), &value);
    }
}

fn attribute(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    if let Ok(len) = u8::try_from(value.len()) {
        out.extend([flags, code, len]);
    } else {
        out.extend([flags | 0x10, code]);
        out.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    }
    out.extend(value);
}
