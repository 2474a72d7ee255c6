//! What `debug { routes, filters }` tells.

mod common;

use common::peer::Peer;
use common::{announce, bgp, external, filter, net, path, path_with, settle, to_external, withdraw};
use godwit_rib::{RouteBatch, Table, Trace};

fn trace(label: &str, routes: bool, filters: bool) -> Option<Trace> {
    Some(Trace { label: label.into(), routes, filters })
}

#[test]
fn of_what_comes_in() {
    let mut table = Table::new(1);
    let (one, two) = (table.add_source(bgp(external(1)), None), table.add_source(bgp(external(2)), None));
    let a = net("10.1.0.0/16");
    announce(&mut table, one, a, &path());
    assert!(table.take_traces().is_empty(), "nobody asked");
    table.set_source_trace(one, trace("one.ipv4", true, true));
    table.set_source_trace(two, trace("two.ipv4", true, false));

    announce(&mut table, two, a, &path_with(|p| p.bgp.local_pref = Some(50)));
    announce(&mut table, two, a, &path_with(|p| p.bgp.local_pref = Some(150)));
    withdraw(&mut table, one, a);
    withdraw(&mut table, two, a);
    let expected = [
        "two.ipv4 > added 10.1.0.0/16 unicast",
        "two.ipv4 > added [best] 10.1.0.0/16 unicast",
        "one.ipv4 > removed 10.1.0.0/16 unicast",
        "two.ipv4 > removed [sole] 10.1.0.0/16 unicast",
    ];
    assert_eq!(table.take_traces(), expected);

    announce(&mut table, one, a, &path());
    announce(&mut table, two, a, &path_with(|p| p.bgp.local_pref = Some(50)));
    table.take_traces();
    let mut batch = RouteBatch::default();
    batch.filtered(a);
    batch.malformed(net("10.2.0.0/16"));
    table.apply(one, batch, 0);
    let expected = [
        "one.ipv4 > filtered out 10.1.0.0/16",
        "one.ipv4 > removed [replaced] 10.1.0.0/16 unicast",
        "one.ipv4 > invalid 10.2.0.0/16",
    ];
    assert_eq!(table.take_traces(), expected);
    let mut batch = RouteBatch::default();
    batch.filtered(net("10.3.0.0/16"));
    table.apply(two, batch, 0);
    assert!(table.take_traces().is_empty(), "filters are not told of");

    table.flush_source(two);
    settle(&mut table);
    assert_eq!(table.take_traces(), ["two.ipv4 > removed [sole] 10.1.0.0/16 unicast"]);
}

#[test]
fn of_what_goes_out() {
    let mut table = Table::new(1);
    let one = table.add_source(bgp(external(1)), None);
    let mut peer =
        Peer::new(&mut table, to_external(9), filter("if net = 10.2.0.0/16 then reject; accept;"), None);
    table.exporter_mut(peer.id).unwrap().set_trace(trace("nine.ipv4", true, true));
    let mut lines = |table: &mut Table<_>| {
        peer.listen(table);
        let mut lines = table.exporter_mut(peer.id).unwrap().take_traces();
        lines.sort();
        lines
    };
    announce(&mut table, one, net("10.1.0.0/16"), &path());
    announce(&mut table, one, net("10.2.0.0/16"), &path());
    let no_export = path_with(|p| p.bgp.communities = vec![0xffff_ff01].into());
    announce(&mut table, one, net("10.3.0.0/16"), &no_export);
    let expected = [
        "nine.ipv4 < added 10.1.0.0/16 unicast",
        "nine.ipv4 < filtered out 10.2.0.0/16 unicast",
        "nine.ipv4 < rejected by protocol 10.3.0.0/16 unicast",
    ];
    assert_eq!(lines(&mut table), expected);
    announce(&mut table, one, net("10.1.0.0/16"), &path_with(|p| p.bgp.med = Some(1)));
    assert_eq!(lines(&mut table), ["nine.ipv4 < replaced 10.1.0.0/16 unicast"]);
    withdraw(&mut table, one, net("10.1.0.0/16"));
    withdraw(&mut table, one, net("10.2.0.0/16"));
    assert_eq!(lines(&mut table), ["nine.ipv4 < removed 10.1.0.0/16"]);
}
