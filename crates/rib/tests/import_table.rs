//! `import table`: a new policy is applied to what the neighbor has announced, without asking it.

mod common;

use common::update::{A, B, body, channel, flat, good, session};
use common::{Link, SEED, filter, net};
use godwit_rib::{Batches, ChannelImport, ExportPolicy, ImportStep};
use godwit_wire::AddressFamily;
use ipnetwork::Ipv4Network;

fn with(policy: ExportPolicy) -> ChannelImport {
    ChannelImport { import_table: true, ..channel(policy) }
}

fn step(channel: ChannelImport) -> ImportStep {
    ImportStep::new(session(), Some(channel), None, SEED)
}

fn hear(step: &mut ImportStep, body: &[u8]) {
    step.update(body, &Link, &mut Batches::default()).unwrap();
}

/// What a reload says: the nets, and their local preferences if they pass.
fn reload(step: &ImportStep) -> Vec<(Ipv4Network, Option<u32>)> {
    let mut batches = Batches::default();
    step.reload(AddressFamily::IPV4, &Link, &mut batches).unwrap();
    let mut all: Vec<_> = flat(&batches.ipv4)
        .into_iter()
        .map(|(net, route)| (net, route.and_then(|r| r.bgp.local_pref)))
        .collect();
    all.sort();
    all
}

#[test]
fn a_policy_is_applied_again_to_what_came() {
    let mut step = step(with(ExportPolicy::None));
    hear(&mut step, &body(&[], &good(), &[A, B].concat()));
    let (a, b) = (net("198.51.100.0/24"), net("203.0.113.0/24"));
    assert_eq!(reload(&step), [(a, None), (b, None)], "nothing passes");
    step.set_channel(AddressFamily::IPV4, with(filter("bgp_local_pref = 7; accept;")));
    assert_eq!(reload(&step), [(a, Some(7)), (b, Some(7))]);
    step.set_channel(AddressFamily::IPV4, with(ExportPolicy::All));
    assert_eq!(reload(&step), [(a, Some(100)), (b, Some(100))], "as it came, not as a filter left it");
    hear(&mut step, &body(&A, &[], &[]));
    assert_eq!(reload(&step), [(b, Some(100))], "what is withdrawn is gone");
    // A path with a loop withdraws.
    let looped = [
        common::update::origin(0),
        common::update::as_path(&[65001, 65000]),
        common::update::next_hop([192, 0, 2, 1]),
    ];
    hear(&mut step, &body(&[], &looped.concat(), &B));
    assert_eq!(reload(&step), []);
}

#[test]
fn paths_are_kept_one_by_one() {
    let mut step = step(ChannelImport { add_path: true, ..with(ExportPolicy::All) });
    for id in [1u8, 2, 1] {
        hear(&mut step, &body(&[], &good(), &[&[0, 0, 0, id][..], &A].concat()));
    }
    let mut batches = Batches::default();
    step.reload(AddressFamily::IPV4, &Link, &mut batches).unwrap();
    batches.ipv4.path_ids.sort_unstable();
    assert_eq!(batches.ipv4.path_ids, [1, 2]);
}

#[test]
fn without_it_the_neighbor_has_to_be_asked() {
    let mut step = step(channel(ExportPolicy::All));
    hear(&mut step, &body(&[], &good(), &A));
    assert!(step.reload(AddressFamily::IPV4, &Link, &mut Batches::default()).is_none());
    assert!(step.reload(AddressFamily::IPV6, &Link, &mut Batches::default()).is_none(), "no such channel");
    step.set_channel(AddressFamily::IPV4, with(ExportPolicy::All));
    let reloaded = step.reload(AddressFamily::IPV4, &Link, &mut Batches::default());
    assert!(reloaded.is_none(), "what came before is not known");
}

/// What is kept has the preference it got when it came.
#[test]
fn other_options_need_the_neighbor_too() {
    let mut step = step(with(ExportPolicy::All));
    hear(&mut step, &body(&[], &good(), &A));
    step.set_channel(AddressFamily::IPV4, ChannelImport { preference: 90, ..with(ExportPolicy::All) });
    assert!(step.reload(AddressFamily::IPV4, &Link, &mut Batches::default()).is_none());
}

#[test]
fn what_does_not_come_again_in_a_refresh_is_gone() {
    let mut step = step(with(ExportPolicy::All));
    hear(&mut step, &body(&[], &good(), &[A, B].concat()));
    let (a, b) = (net("198.51.100.0/24"), net("203.0.113.0/24"));
    step.refresh_begins(AddressFamily::IPV4);
    assert_eq!(reload(&step), [], "nothing is announced again for the neighbor");
    hear(&mut step, &body(&[], &good(), &B));
    assert_eq!(reload(&step), [(b, Some(100))]);
    step.refresh_ends(AddressFamily::IPV4);
    assert_eq!(reload(&step), [(b, Some(100))]);
    hear(&mut step, &body(&[], &good(), &A));
    step.refresh_ends(AddressFamily::IPV4);
    assert_eq!(reload(&step), [(a, Some(100)), (b, Some(100))], "an end without a beginning is none");
}

#[test]
fn what_is_kept_can_be_looked_at() {
    let mut step = step(with(ExportPolicy::None));
    let looked_at = |step: &ImportStep, first: Option<&str>| -> Vec<(String, u64)> {
        let first = first.map(|net| net.parse().unwrap());
        let routes = step.imported_from(AddressFamily::IPV4, first);
        routes.map(|route| (route.net.to_string(), route.since)).collect()
    };
    step.set_time(7);
    hear(&mut step, &body(&[], &good(), &[A, B].concat()));
    let (a, b) = (("198.51.100.0/24".to_owned(), 7), ("203.0.113.0/24".to_owned(), 7));
    assert_eq!(looked_at(&step, None), [a.clone(), b.clone()]);
    assert_eq!(looked_at(&step, Some("198.51.100.0/25")), [b]);
    // The same once more has not come anew, something else has.
    step.set_time(8);
    hear(&mut step, &body(&[], &good(), &A));
    assert_eq!(looked_at(&step, None).first(), Some(&a));
    let other = [
        common::update::origin(1),
        common::update::as_path(&[65001]),
        common::update::next_hop([192, 0, 2, 1]),
    ];
    hear(&mut step, &body(&[], &other.concat(), &A));
    assert_eq!(looked_at(&step, None).first(), Some(&(a.0.clone(), 8)));
    let longest = |net: &str| step.imported_longest(net.parse().unwrap()).map(|net| net.to_string());
    assert_eq!(longest("198.51.100.7/32"), Some(a.0));
    assert_eq!(longest("198.51.0.0/16"), None);
    assert_eq!(step.imported_from(AddressFamily::IPV6, None).count(), 0);
    step.set_channel(AddressFamily::IPV4, channel(ExportPolicy::None));
    assert_eq!(looked_at(&step, None), []);
}
