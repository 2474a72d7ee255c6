//! One bad UPDATE for each rule there is, written out by hand, with what it must come to and the clause
//! that says so. "7606" in a name is RFC 7606; where it leaves the choice between a reset of the session
//! and giving up a family (AFI/SAFI disable), we reset.

mod attributes;
mod multiprotocol;
mod newer;
mod structure;

use godwit_wire::{
    AddressFamily, AttributeContext, MessageError, ParsedAttributes, Treatment, ipv4_nlri, ipv4_path_nlri,
    ipv6_nlri, ipv6_path_nlri, parse_attributes, split_update,
};

use crate::common::*;

/// What an UPDATE must come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// Nothing is wrong with it.
    Accept,
    /// Attribute discard.
    Discard,
    /// Treat as withdraw.
    Withdraw,
    /// Session reset: the subcode of UPDATE Message Error.
    Reset(u8),
}
use Verdict::*;

/// The session the UPDATE comes over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Session {
    /// With an external neighbor.
    External,
    /// With an internal neighbor.
    Internal,
    /// With a neighbor in another member AS of our confederation.
    Member,
    /// With an external neighbor of 2-octet ASes.
    Narrow,
    /// With an internal neighbor, AIGP enabled.
    Aigp,
    /// With an external neighbor, IPv6 next hops for IPv4 nets.
    ExtendedNextHop,
    /// With an external neighbor, path identifiers in both families.
    AddPath,
    /// With an external neighbor, IPv4 only.
    OnlyIpv4,
}
use Session::*;

struct Row {
    name: String,
    session: Session,
    update: Vec<u8>,
    want: Verdict,
}

impl Session {
    fn context(self) -> AttributeContext {
        let both = vec![AddressFamily::IPV4, AddressFamily::IPV6];
        AttributeContext {
            external: !matches!(self, Internal | Aigp),
            confederation: self == Member,
            four_octet_as: self != Narrow,
            aigp: self == Aigp,
            families: if self == OnlyIpv4 { vec![AddressFamily::IPV4] } else { both },
            extended_next_hop: if self == ExtendedNextHop { vec![AddressFamily::IPV4] } else { Vec::new() },
            ..AttributeContext::default()
        }
    }

    /// What such a neighbor sends for an IPv4 net.
    fn base(self) -> Block {
        match self {
            Internal | Aigp => Block::internal(),
            Member => Block::internal().with(2, attribute(0x40, 2, &segment(3, &[65010]))),
            Narrow => Block::external().with(2, attribute(0x40, 2, &segment2(2, &[65001]))),
            _ => Block::external(),
        }
    }
}

/// 203.0.113.0/24 as NLRI.
const NET4: [u8; 4] = [24, 203, 0, 113];
/// The same with path identifier 7.
const PATH4: [u8; 8] = [0, 0, 0, 7, 24, 203, 0, 113];

/// The body of an UPDATE.
fn update(withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Vec<u8> {
    let len = |octets: &[u8]| u16::try_from(octets.len()).unwrap().to_be_bytes();
    [&len(withdrawn)[..], withdrawn, &len(attributes), attributes, nlri].concat()
}

/// An UPDATE of the session's base with a change, for an IPv4 net.
fn row(name: &str, session: Session, want: Verdict, change: impl Fn(Block) -> Block) -> Row {
    let nlri = if session == AddPath { &PATH4[..] } else { &NET4 };
    raw(name, session, want, update(&[], &change(session.base()).octets(), nlri))
}

/// An UPDATE of the session's base with a change, without a net in the NLRI field.
fn without_nlri(name: &str, session: Session, want: Verdict, change: impl Fn(Block) -> Block) -> Row {
    raw(name, session, want, update(&[], &change(session.base()).octets(), &[]))
}

fn raw(name: &str, session: Session, want: Verdict, update: Vec<u8>) -> Row {
    Row { name: name.to_owned(), session, update, want }
}

/// The same from an external and from an internal neighbor.
fn both(name: &str, external: Verdict, internal: Verdict, change: impl Fn(Block) -> Block) -> [Row; 2] {
    [row(name, External, external, &change), row(name, Internal, internal, &change)]
}

/// Puts an attribute in the place of another, or adds it.
fn put(code: u8, flags: u8, value: &[u8]) -> impl Fn(Block) -> Block + use<> {
    let octets = if value.len() < 256 { attribute(flags, code, value) } else { extended(flags, code, value) };
    move |block| block.with(code, octets.clone())
}

/// Adds octets.
fn and(octets: Vec<u8>) -> impl Fn(Block) -> Block {
    move |block| block.and(octets.clone())
}

/// Reads an UPDATE as the import side does: its parts, its attributes, every net in it.
fn read(body: &[u8], session: Session) -> Result<ParsedAttributes<'_>, MessageError> {
    let nets = |field, ipv4| match (session == AddPath, ipv4) {
        (false, true) => ipv4_nlri(field).map(Iterator::count),
        (false, false) => ipv6_nlri(field).map(Iterator::count),
        (true, true) => ipv4_path_nlri(field).map(Iterator::count),
        (true, false) => ipv6_path_nlri(field).map(Iterator::count),
    };
    let frame = split_update(body)?;
    let parsed = parse_attributes(frame.attributes, !frame.nlri.is_empty(), &session.context())?;
    nets(frame.withdrawn, true)?;
    nets(frame.nlri, true)?;
    if let Some(reach) = &parsed.mp_reach {
        nets(reach.nlri, reach.family == AddressFamily::IPV4)?;
    }
    if let Some(unreach) = &parsed.mp_unreach {
        nets(unreach.nlri, unreach.family == AddressFamily::IPV4)?;
    }
    Ok(parsed)
}

/// What is wrong with a row; `None` if nothing is.
fn complaint(row: &Row) -> Option<String> {
    let parsed = match read(&row.update, row.session) {
        Ok(parsed) => parsed,
        Err(error) => {
            let n = error.notification();
            let got = Reset(n.subcode);
            let says_octets = error.to_string().contains('<');
            return (n.code != 3 || got != row.want || !says_octets).then(|| format!("{got:?}: {error}"));
        }
    };
    let got = match parsed.verdict {
        Treatment::Accept => Accept,
        Treatment::Discard => Discard,
        Treatment::Withdraw => Withdraw,
    };
    if got != row.want {
        return Some(format!("{got:?}: {:?}", parsed.errors));
    }
    // The octets at fault are in what is logged, from the attribute's flags on.
    let attributes = split_update(&row.update).unwrap().attributes;
    for error in parsed.errors.iter().filter(|e| e.fault != godwit_wire::Fault::Missing) {
        let shown = attributes[error.offset..].iter().take(3).map(|o| format!("{o:02x}"));
        let shown = format!("<{}", shown.collect::<Vec<_>>().join(" "));
        if !error.to_string().contains(&shown) {
            return Some(format!("{shown} is not in {error}"));
        }
    }
    // Without the attribute discarded, the rest is what it would have been.
    let base = row.session.base().octets();
    let base = parse_attributes(&base, true, &Session::context(row.session)).unwrap().attributes;
    let is_whole = got != Discard || parsed.mp_reach.is_some() || parsed.attributes == base;
    (!is_whole).then(|| format!("discarded too much or too little: {:?}", parsed.attributes))
}

#[test]
fn each_rule_has_its_verdict() {
    let rows: Vec<Row> = [structure::rows(), attributes::rows(), multiprotocol::rows(), newer::rows()]
        .into_iter()
        .flatten()
        .collect();
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let what = complaint(row)?;
            Some(format!("{} ({:?}): {:?} wanted, is {what}", row.name, row.session, row.want))
        })
        .collect();
    let count = |is: fn(&Verdict) -> bool| rows.iter().filter(|r| is(&r.want)).count();
    println!(
        "{} bad or doubtful UPDATEs: {} accepted, {} attribute discard, {} treat-as-withdraw, {} session reset",
        rows.len(),
        count(|v| *v == Accept),
        count(|v| *v == Discard),
        count(|v| *v == Withdraw),
        count(|v| matches!(v, Reset(_))),
    );
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    let mut names: Vec<_> = rows.iter().map(|r| (&r.name, format!("{:?}", r.session))).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), rows.len(), "each row has a name of its own");
}
