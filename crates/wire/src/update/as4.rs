//! 4-octet AS numbers over a session with 2-octet ones (RFC 6793), both directions.

use crate::{AS_TRANS, Aggregator, AsPath, AsPathBuilder, PathAttributes, SegmentKind};

/// A path with 2-octet AS numbers, or `None` if it is malformed.
pub(super) fn widen(mut rest: &[u8]) -> Option<AsPath> {
    let mut builder = AsPathBuilder::default();
    while !rest.is_empty() {
        let (head, after) = rest.split_first_chunk::<2>()?;
        let [code, count] = *head;
        let kind = SegmentKind::from_code(code)?;
        if count == 0 {
            return None;
        }
        let (ases, after) = after.split_at_checked(usize::from(count) * 2)?;
        let (ases, _) = ases.as_chunks::<2>();
        let ases: Vec<u32> = ases.iter().map(|octets| u32::from(u16::from_be_bytes(*octets))).collect();
        builder.push(kind, &ases);
        rest = after;
    }
    Some(builder.finish())
}

/// The path with 2-octet AS numbers, [`AS_TRANS`] for those that do not fit (RFC 6793 §4.2.2).
pub(crate) fn narrow(path: &AsPath) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.as_wire().len());
    for segment in path.segments() {
        out.extend_from_slice(&[segment.kind as u8, segment.count() as u8]);
        for asn in segment.ases() {
            out.extend_from_slice(&narrow_as(asn).to_be_bytes());
        }
    }
    out
}

/// An AS number for a 2-octet field.
pub(crate) fn narrow_as(asn: u32) -> u16 {
    u16::try_from(asn).unwrap_or(AS_TRANS)
}

/// The AS4_PATH to go with a narrowed path, if that lost something. Confederation segments have no
/// place in it (RFC 6793 §3).
pub(crate) fn as4_path_for(path: &AsPath) -> Option<AsPath> {
    if path.ases().all(|asn| u16::try_from(asn).is_ok()) {
        return None;
    }
    let mut builder = AsPathBuilder::default();
    for segment in path.segments().filter(|s| is_public(s.kind)) {
        builder.push(segment.kind, &segment.ases().collect::<Vec<_>>());
    }
    Some(builder.finish()).filter(|p| !p.is_empty())
}

/// Puts back the 4-octet AS numbers that a 2-octet neighbor could not carry (RFC 6793 §4.2.3).
pub(super) fn merge(
    attributes: &mut PathAttributes,
    as4_path: Option<AsPath>,
    as4_aggregator: Option<Aggregator>,
) {
    if let Some(rare) = attributes.rare.as_deref_mut()
        && let (Some(aggregator), Some(as4)) = (&mut rare.aggregator, as4_aggregator)
    {
        // Someone who did not know of AS4_AGGREGATOR has aggregated since: AS4_PATH is stale too.
        if aggregator.asn != u32::from(AS_TRANS) {
            return;
        }
        *aggregator = as4;
    }
    if let (Some(path), Some(as4)) = (&attributes.as_path, as4_path) {
        attributes.as_path = merge_paths(path, &as4).or(attributes.as_path.take());
    }
}

/// As much of the 2-octet path's front as the 4-octet path lacks, then the latter. `None` where
/// the 4-octet path is the longer one, and so to be ignored.
fn merge_paths(path: &AsPath, as4: &AsPath) -> Option<AsPath> {
    let mut lead = path.path_len().checked_sub(as4.path_len())? as usize;
    let mut parts: Vec<(SegmentKind, Vec<u32>)> = Vec::new();
    for segment in path.segments() {
        match segment.kind {
            SegmentKind::ConfedSequence | SegmentKind::ConfedSet => {
                parts.push((segment.kind, segment.ases().collect()));
            }
            SegmentKind::Set if lead > 0 => {
                parts.push((segment.kind, segment.ases().collect()));
                lead -= 1;
            }
            SegmentKind::Sequence if lead > 0 => {
                let ases: Vec<u32> = segment.ases().take(lead).collect();
                lead -= ases.len();
                parts.push((segment.kind, ases));
            }
            _ => break,
        }
    }
    for segment in as4.segments().filter(|s| is_public(s.kind)) {
        match parts.last_mut() {
            // The cut went through a sequence: it is one sequence again.
            Some((SegmentKind::Sequence, ases))
                if segment.kind == SegmentKind::Sequence && ases.len() + segment.count() <= 255 =>
            {
                ases.extend(segment.ases());
            }
            _ => parts.push((segment.kind, segment.ases().collect())),
        }
    }
    let mut builder = AsPathBuilder::default();
    for (kind, ases) in parts {
        builder.push(kind, &ases);
    }
    Some(builder.finish())
}

fn is_public(kind: SegmentKind) -> bool {
    matches!(kind, SegmentKind::Sequence | SegmentKind::Set)
}
