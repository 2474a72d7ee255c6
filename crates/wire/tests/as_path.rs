//! What is done to AS_PATHs: inside and at the edge of a confederation, and with ASes of others.

use godwit_wire::{AsPath, AsPathBuilder, SegmentKind, is_private_as};
use proptest::collection::vec;
use proptest::prelude::*;

use SegmentKind::{ConfedSequence, ConfedSet, Sequence, Set};

fn path(segments: &[(SegmentKind, &[u32])]) -> AsPath {
    let mut builder = AsPathBuilder::default();
    for (kind, ases) in segments {
        builder.push(*kind, ases);
    }
    builder.finish()
}

#[test]
fn a_path_through_a_confederation() {
    let outside = AsPath::from_sequence(&[65001, 65002]);
    let inside = outside.prepended(ConfedSequence, 65101, 1);
    let further = inside.prepended(ConfedSequence, 65102, 2);
    assert_eq!(further.to_string(), "(65102 65102 65101) 65001 65002");
    assert_eq!(further.path_len(), 2, "RFC 5065 §5.3");
    assert_eq!((further.first_as(), further.leading_as()), (Some(65001), Some(65102)));
    assert!(further.has_confederation() && !outside.has_confederation());
    assert_eq!(further.without_confederation(), outside);
    let told = further.without_confederation().prepended(Sequence, 65000, 1);
    assert_eq!(told.to_string(), "65000 65001 65002");
    let own = AsPath::empty().prepended(ConfedSequence, 65101, 1);
    assert_eq!((own.path_len(), own.first_as(), own.without_confederation()), (0, None, AsPath::empty()));
    let sets = path(&[(ConfedSet, &[1, 2]), (Sequence, &[3]), (ConfedSequence, &[4])]);
    assert_eq!(sets.without_confederation(), AsPath::from_sequence(&[3]));
    assert_eq!((sets.leading_as(), sets.contains(4), sets.contains(5)), (None, true, false));
}

#[test]
fn prepending_beyond_a_segment() {
    for kind in [Sequence, ConfedSequence] {
        let full = AsPath::empty().prepended(kind, 7, 255);
        let more = full.prepended(kind, 8, 1);
        let counts: Vec<_> = more.segments().map(|s| (s.kind, s.count())).collect();
        assert_eq!(counts, [(kind, 1), (kind, 255)]);
    }
    assert_eq!(AsPath::empty().prepended(Sequence, 7, 600).path_len(), 600);
    assert_eq!(AsPath::from_sequence(&[1]).prepended(Sequence, 7, 0), AsPath::from_sequence(&[1]));
}

#[test]
fn ases_replaced_and_removed() {
    let before = path(&[
        (ConfedSequence, &[64512]),
        (Sequence, &[65000, 64512, 3356, 4_200_000_000]),
        (Set, &[64513, 5]),
        (Set, &[64514]),
    ]);
    assert_eq!(
        before.with_replaced(64512, 9).to_string(),
        "(64512) 65000 9 3356 4200000000 {64513 5} {64514}"
    );
    assert_eq!(before.without_private_ases().to_string(), "(64512) 3356 {5}");
    let replaced = before.with_private_ases_replaced(9);
    assert_eq!(replaced.to_string(), "(64512) 9 9 3356 9 {9 5} {9}");
    assert_eq!(replaced.path_len(), before.path_len());
    assert_eq!(AsPath::from_sequence(&[64512]).without_private_ases(), AsPath::empty());
}

/// RFC 6996 §5; the last AS of each size is reserved for other ends (RFC 7300).
#[test]
fn private_ases() {
    for private in [64_512, 65_534, 4_200_000_000, 4_294_967_294] {
        assert!(is_private_as(private), "{private}");
    }
    for public in [0, 1, 23_456, 64_511, 65_535, 65_536, 4_199_999_999, u32::MAX] {
        assert!(!is_private_as(public), "{public}");
    }
}

fn any_path() -> impl Strategy<Value = AsPath> {
    let kind = prop::sample::select(vec![Sequence, Set, ConfedSequence, ConfedSet]);
    let asn = prop_oneof![Just(64_512u32), Just(7), 1u32..];
    vec((kind, vec(asn, 1..300)), 0..6).prop_map(|segments| {
        let segments: Vec<_> = segments.iter().map(|(kind, ases)| (*kind, ases.as_slice())).collect();
        path(&segments)
    })
}

proptest! {
    #[test]
    fn whatever_is_done_the_path_is_well_formed(path in any_path(), asn in 1u32.., times in 0usize..300) {
        for other in [
            path.without_confederation(),
            path.without_private_ases(),
            path.with_private_ases_replaced(asn),
            path.with_replaced(7, asn),
            path.prepended(Sequence, asn, times),
            path.prepended(ConfedSequence, asn, times),
        ] {
            prop_assert_eq!(AsPath::from_wire(other.as_wire()), Some(other));
        }
        let bare = path.without_confederation();
        prop_assert!(!bare.has_confederation());
        prop_assert_eq!((bare.path_len(), bare.first_as()), (path.path_len(), path.first_as()));
        prop_assert_eq!(&bare.without_confederation(), &bare);
        prop_assert_eq!(path.prepended(ConfedSequence, asn, times).path_len(), path.path_len());
        prop_assert_eq!(path.prepended(Sequence, asn, times).path_len(), path.path_len() + times as u32);
        prop_assert_eq!(path.with_replaced(7, asn).ases().count(), path.ases().count());
        prop_assert!(!path.without_private_ases().without_confederation().ases().any(is_private_as));
        prop_assert_eq!(path.contains(7), path.count_as(7) > 0);
    }
}
