//! A neighbor stays away for long (RFC 9494): what its paths become; and one that announces everything again
//! (RFC 7313).

mod common;

use common::peer::Peer;
use common::{SEED, announce, announce_all, bgp, external, net, path, path_with, settle, to_external};
use godwit_rib::{ExportPolicy, SourceId, Table};
use ipnetwork::Ipv4Network;

const LLGR_STALE: u32 = 0xffff_0006;
const NO_LLGR: u32 = 0xffff_0007;

struct Lab {
    table: Table<Ipv4Network>,
    source: SourceId,
    peer: Peer,
}

fn lab() -> Lab {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let peer = Peer::new(&mut table, to_external(3), ExportPolicy::All, None);
    Lab { table, source, peer }
}

impl Lab {
    fn stays_long(&mut self) {
        self.table.mark_stale(self.source);
        settle(&mut self.table);
        self.table.make_long_lived(self.source, SEED);
        settle(&mut self.table);
    }

    fn communities(&self, of: &str) -> Vec<Vec<u32>> {
        let Some(found) = self.table.net(net(of)) else { return Vec::new() };
        found.paths().map(|p| p.attributes.bgp.communities.to_vec()).collect()
    }
}

#[test]
fn stale_paths_are_marked_and_those_that_say_so_go() {
    let mut lab = lab();
    announce(
        &mut lab.table,
        lab.source,
        net("10.0.0.0/16"),
        &path_with(|p| p.bgp.communities = Box::new([7])),
    );
    announce(
        &mut lab.table,
        lab.source,
        net("10.1.0.0/16"),
        &path_with(|p| p.bgp.communities = Box::new([NO_LLGR])),
    );
    let marked = path_with(|p| p.bgp.communities = Box::new([LLGR_STALE]));
    announce(&mut lab.table, lab.source, net("10.2.0.0/16"), &marked);
    lab.peer.listen(&mut lab.table);
    lab.stays_long();
    assert_eq!(lab.communities("10.0.0.0/16"), [[7, LLGR_STALE]]);
    assert_eq!(lab.communities("10.1.0.0/16"), Vec::<Vec<u32>>::new());
    assert_eq!(lab.communities("10.2.0.0/16"), [[LLGR_STALE]], "it was marked by somebody before");
    assert!(lab.table.has_export(lab.peer.id), "others hear of it");
    // They are stale still: what is not announced again goes, what is, is as it was.
    announce(
        &mut lab.table,
        lab.source,
        net("10.0.0.0/16"),
        &path_with(|p| p.bgp.communities = Box::new([7])),
    );
    lab.table.sweep_stale(lab.source);
    settle(&mut lab.table);
    assert_eq!(lab.communities("10.0.0.0/16"), [[7]]);
    assert_eq!(lab.table.path_count(), 1);
}

#[test]
fn a_path_that_stays_long_loses_to_any_other() {
    let mut lab = lab();
    let other = lab.table.add_source(bgp(external(2)), None);
    announce(&mut lab.table, lab.source, net("10.0.0.0/16"), &path_with(|p| p.bgp.local_pref = Some(500)));
    announce(&mut lab.table, other, net("10.0.0.0/16"), &path_with(|p| p.bgp.communities = Box::new([9])));
    assert_eq!(lab.communities("10.0.0.0/16"), [vec![], vec![9]]);
    lab.stays_long();
    assert_eq!(lab.communities("10.0.0.0/16"), [vec![9], vec![LLGR_STALE]]);
}

#[test]
fn what_comes_again_before_its_turn_is_not_marked() {
    let mut lab = lab();
    let nets: Vec<_> = (0..100).map(|n| net(&format!("10.{n}.0.0/16"))).collect();
    announce_all(&mut lab.table, lab.source, &nets, &path());
    lab.table.mark_stale(lab.source);
    settle(&mut lab.table);
    lab.table.make_long_lived(lab.source, SEED);
    lab.table.step(10);
    announce(&mut lab.table, lab.source, nets[99], &path());
    settle(&mut lab.table);
    assert_eq!(lab.communities("10.98.0.0/16"), [[LLGR_STALE]]);
    assert_eq!(lab.communities("10.99.0.0/16"), [vec![]]);
    // The source goes in the middle.
    lab.table.make_long_lived(lab.source, SEED);
    lab.table.flush_source(lab.source);
    settle(&mut lab.table);
    assert_eq!(lab.table.path_count(), 0);
}

#[test]
fn a_refresh_takes_away_what_was_not_announced_again_and_two_marks_nothing_more() {
    let mut lab = lab();
    let nets: Vec<_> = (0..4).map(|n| net(&format!("10.{n}.0.0/16"))).collect();
    announce_all(&mut lab.table, lab.source, &nets, &path());
    lab.table.mark_refresh(lab.source);
    announce(&mut lab.table, lab.source, nets[0], &path());
    lab.table.mark_refresh(lab.source);
    settle(&mut lab.table);
    assert_eq!(lab.table.path_count(), 4, "a mark takes nothing away");
    announce(&mut lab.table, lab.source, nets[1], &path());
    lab.table.sweep_stale(lab.source);
    settle(&mut lab.table);
    assert_eq!(lab.table.path_count(), 1, "only what came since the last mark is left");
}
