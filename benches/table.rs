//! A table of 10,000 nets: in, better, out again; and what its exporters make of it.
#![allow(missing_docs)]

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use godwit_bench::{Cables, SEED, TABLE, export, feed, import, nets, policy, source};
use godwit_rib::{Batches, ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, RouteBatch, Table};
use ipnetwork::Ipv4Network;

fn main() {
    divan::main();
}

type Batch = RouteBatch<Ipv4Network>;

/// Nets an exporter takes at a time.
const CHUNK: usize = 1_024;

/// What a neighbor announces: the whole table, imported.
fn announced() -> Batch {
    let mut step = import(ExportPolicy::All);
    let mut batches = Batches::default();
    for body in feed(&nets(TABLE)) {
        step.update(&body, &Cables, &mut batches).expect("ours");
    }
    batches.ipv4
}

/// The same batch once more; the attribute sets are shared as they are between tasks.
fn copy(batch: &Batch) -> Batch {
    Batch {
        path_ids: batch.path_ids.clone(),
        nets: batch.nets.clone(),
        changes: batch.changes.clone(),
        ..*batch
    }
}

fn withdrawn() -> Batch {
    let mut batch = Batch::default();
    nets(TABLE).into_iter().for_each(|net| batch.withdraw(net));
    batch
}

/// The nets of a table that has all of them from so many neighbors.
fn filled(neighbors: u8, routes: &Batch) -> Table<Ipv4Network> {
    let mut table = Table::new(SEED);
    for number in 1..=neighbors {
        let id = table.add_source(source(number), None);
        table.apply(id, copy(routes), 0);
    }
    assert_eq!(table.net_count(), if neighbors == 0 { 0 } else { TABLE as u64 });
    table
}

/// The paths of one more neighbor beside those of others: the best path of each net is compared.
#[divan::bench(args = [0, 1, 3])]
fn insert_beside(bencher: Bencher<'_, '_>, others: u8) {
    let routes = announced();
    let fresh = || {
        let mut table = filled(others, &routes);
        let id = table.add_source(source(9), None);
        (table, id, copy(&routes))
    };
    bencher.counter(ItemsCount::new(TABLE)).with_inputs(fresh).bench_local_values(
        |(mut table, id, batch)| {
            table.apply(id, batch, 1);
            table
        },
    );
}

/// The best path of each net goes, with others left or with none.
#[divan::bench(args = [1, 2, 4])]
fn withdraw_of(bencher: Bencher<'_, '_>, neighbors: u8) {
    let (routes, gone) = (announced(), withdrawn());
    let fresh = || {
        let mut table = filled(neighbors - 1, &routes);
        let id = table.add_source(source(neighbors), None);
        table.apply(id, copy(&routes), 0);
        (table, id, copy(&gone))
    };
    bencher.counter(ItemsCount::new(TABLE)).with_inputs(fresh).bench_local_values(
        |(mut table, id, batch)| {
            table.apply(id, batch, 1);
            table
        },
    );
}

fn export_all(table: &mut Table<Ipv4Network>, id: ExporterId) -> usize {
    let mut sum = 0;
    while table.has_export(id) {
        match table.export(id, CHUNK) {
            Some(Exported::Updates(octets)) => sum += octets.len(),
            Some(Exported::Routes(routes)) => sum += routes.len(),
            None => break,
        }
    }
    sum
}

fn export_with(bencher: Bencher<'_, '_>, kind: impl Fn() -> ExporterKind, policy: &ExportPolicy) {
    let routes = announced();
    let fresh = || {
        let mut table = filled(1, &routes);
        let id = table.add_exporter(Exporter::new(kind(), policy.clone(), None, Arc::new(Cables)));
        (table, id)
    };
    let (mut table, id) = fresh();
    assert!(export_all(&mut table, id) >= TABLE, "something goes out");
    bencher.counter(ItemsCount::new(TABLE)).with_inputs(fresh).bench_local_values(|(mut table, id)| {
        let octets = export_all(&mut table, id);
        (table, octets)
    });
}

#[divan::bench]
fn export_to_a_neighbor(bencher: Bencher<'_, '_>) {
    export_with(bencher, || ExporterKind::Bgp(Arc::new(export())), &ExportPolicy::All);
}

#[divan::bench]
fn export_through_ten_terms_of_calico(bencher: Bencher<'_, '_>) {
    let policy = ExportPolicy::Filter(policy::calico().expect("a filter"));
    export_with(bencher, || ExporterKind::Bgp(Arc::new(export())), &policy);
}

#[divan::bench]
fn export_through_10_000_prefixes(bencher: Bencher<'_, '_>) {
    let policy = ExportPolicy::Filter(policy::prefix_set(&nets(TABLE)).expect("a filter"));
    export_with(bencher, || ExporterKind::Bgp(Arc::new(export())), &policy);
}

#[divan::bench]
fn export_to_the_kernel(bencher: Bencher<'_, '_>) {
    export_with(bencher, || ExporterKind::Kernel { merge_paths: None }, &ExportPolicy::All);
}
