//! The import step: an UPDATE to routes for the table, under one policy or another.
#![allow(missing_docs)]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use godwit_bench::{Cables, FEW, TABLE, import, nets, policy, update};
use godwit_rib::{Batches, ExportPolicy};

fn main() {
    divan::main();
}

/// A policy and how it is called.
#[derive(Clone, Copy, Debug)]
enum Policy {
    AcceptAll,
    Calico,
    PrefixSet,
}

const ALL: [Policy; 3] = [Policy::AcceptAll, Policy::Calico, Policy::PrefixSet];

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AcceptAll => "accept all",
            Self::Calico => "ten terms of Calico",
            Self::PrefixSet => "10,000 prefixes",
        })
    }
}

impl Policy {
    fn compiled(self) -> ExportPolicy {
        match self {
            Self::AcceptAll => ExportPolicy::All,
            Self::Calico => ExportPolicy::Filter(policy::calico().expect("a filter")),
            Self::PrefixSet => ExportPolicy::Filter(policy::prefix_set(&nets(TABLE)).expect("a filter")),
        }
    }
}

fn bench(bencher: Bencher<'_, '_>, policy: Policy, bodies: &[Vec<u8>], nets: usize) {
    let mut step = import(policy.compiled());
    let mut batches = Batches::default();
    step.update(&bodies[0], &Cables, &mut batches).expect("ours");
    assert_eq!(batches.ipv4.nets.len(), nets, "all of them are valid");
    assert!(
        batches.ipv4.changes.iter().any(|(change, _)| change.announced().is_some()),
        "the policy accepts some"
    );
    let mut turn = 0;
    bencher.counter(ItemsCount::new(nets)).bench_local(|| {
        let mut batches = Batches::default();
        turn = (turn + 1) % bodies.len();
        step.update(black_box(&bodies[turn]), &Cables, &mut batches).expect("ours");
        batches
    });
}

/// One route whose attributes were seen just before.
#[divan::bench(args = ALL)]
fn route_with_known_attributes(bencher: Bencher<'_, '_>, policy: Policy) {
    bench(bencher, policy, &[update(1, &nets(1))], 1);
}

/// One route with attributes that are new every time.
#[divan::bench(args = ALL)]
fn route_with_new_attributes(bencher: Bencher<'_, '_>, policy: Policy) {
    let net = nets(1);
    let bodies: Vec<_> = (0..20_000).map(|number| update(number, &net)).collect();
    bench(bencher, policy, &bodies, 1);
}

/// As a full table comes.
#[divan::bench(args = ALL)]
fn update_of_six(bencher: Bencher<'_, '_>, policy: Policy) {
    let nets = nets(FEW);
    let bodies: Vec<_> = (0..20_000).map(|number| update(number, &nets)).collect();
    bench(bencher, policy, &bodies, FEW);
}
