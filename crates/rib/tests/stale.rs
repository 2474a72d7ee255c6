//! A neighbor goes away and comes back: its paths stay meanwhile, and nobody hears of those that are
//! announced again as they were (RFC 4724 §4.2).

mod common;

use common::peer::{Peer, Said};
use common::{
    announce, announce_all, any, bgp, external, net, path, path_with, settle, to_external, withdraw,
};
use godwit_rib::{ExportPolicy, NetKey as _, SourceId, Table};
use ipnetwork::Ipv4Network;

struct Lab {
    table: Table<Ipv4Network>,
    source: SourceId,
    peer: Peer,
    nets: Vec<Ipv4Network>,
}

/// A source with ten nets, which a neighbor was told.
fn lab() -> Lab {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let mut peer = Peer::new(&mut table, to_external(3), ExportPolicy::All, None);
    let nets: Vec<Ipv4Network> = (0..10).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    announce_all(&mut table, source, &nets, &path());
    assert_eq!(peer.listen(&mut table).len(), 10);
    Lab { table, source, peer, nets }
}

impl Lab {
    fn mark(&mut self) {
        self.table.mark_stale(self.source);
        settle(&mut self.table);
    }

    fn sweep(&mut self) {
        self.table.sweep_stale(self.source);
        settle(&mut self.table);
    }

    /// What the neighbor is told, which is of withdrawals alone.
    fn withdrawn(&mut self) -> Vec<Ipv4Network> {
        let gone = |said: &Said| match said {
            Said::Withdrawn(net) => Ipv4Network::from_net(*net).unwrap(),
            Said::Announced(net) => panic!("{net} is announced"),
        };
        self.peer.listen(&mut self.table).iter().map(gone).collect()
    }
}

#[test]
fn stale_paths_stay_and_the_same_again_is_silent() {
    let mut lab = lab();
    lab.mark();
    assert!(lab.table.has_stale(lab.source));
    assert!(!lab.table.has_export(lab.peer.id));
    assert_eq!(lab.table.path_count(), 10);

    let since = lab.table.net(lab.nets[0]).unwrap().paths().next().unwrap().since;
    announce_all(&mut lab.table, lab.source, &lab.nets, &path());
    assert!(!lab.table.has_stale(lab.source));
    assert_eq!(lab.table.net(lab.nets[0]).unwrap().paths().next().unwrap().since, since);
    lab.sweep();
    assert!(!lab.table.has_export(lab.peer.id), "somebody is told of what did not change");
    assert_eq!(lab.table.path_count(), 10);
}

#[test]
fn a_sweep_withdraws_only_what_did_not_come_back() {
    let mut lab = lab();
    lab.mark();
    let back = lab.nets[..6].to_vec();
    announce_all(&mut lab.table, lab.source, &back, &path());
    lab.sweep();
    assert_eq!(lab.withdrawn(), lab.nets[6..]);
    assert_eq!(lab.table.source_counters(lab.source).0, 6);
    assert!(!lab.table.has_stale(lab.source));
}

#[test]
fn what_comes_back_changed_is_told() {
    let mut lab = lab();
    lab.mark();
    let nets = lab.nets.clone();
    announce_all(&mut lab.table, lab.source, &nets[1..], &path());
    announce(&mut lab.table, lab.source, nets[0], &path_with(|p| p.bgp.communities = [7].into()));
    assert_eq!(lab.peer.listen(&mut lab.table), [Said::Announced(any("10.0.0.0/16"))]);
    lab.sweep();
    assert!(lab.withdrawn().is_empty());
}

#[test]
fn a_stale_path_can_be_withdrawn() {
    let mut lab = lab();
    lab.mark();
    withdraw(&mut lab.table, lab.source, lab.nets[3]);
    assert_eq!(lab.withdrawn(), [lab.nets[3]]);
}

/// RFC 4724 §4.2: what is still stale when the neighbor is lost again goes; what it had announced in
/// between stays.
#[test]
fn a_second_loss_takes_what_is_still_stale() {
    let mut lab = lab();
    lab.mark();
    let back = lab.nets[..4].to_vec();
    announce_all(&mut lab.table, lab.source, &back, &path());
    lab.mark();
    assert_eq!(lab.withdrawn(), lab.nets[4..]);
    assert_eq!(lab.table.path_count(), 4);
    assert!(lab.table.has_stale(lab.source));
    lab.sweep();
    assert_eq!(lab.withdrawn(), back);
    assert_eq!(lab.table.path_count(), 0);
}

/// RFC 8538 §4.1: what is still stale may stay at a second loss, for a time.
#[test]
fn what_is_still_stale_may_stay_at_further_losses() {
    let mut lab = lab();
    lab.mark();
    let nets = lab.nets.clone();
    announce_all(&mut lab.table, lab.source, &nets[..4], &path());
    lab.table.mark_stale_again(lab.source);
    settle(&mut lab.table);
    assert!(lab.withdrawn().is_empty());
    announce_all(&mut lab.table, lab.source, &nets[..2], &path());
    lab.table.mark_stale_again(lab.source);
    settle(&mut lab.table);
    assert!(lab.withdrawn().is_empty());
    assert_eq!(lab.table.path_count(), 10);
    // What is stale since the last loss stays.
    lab.table.sweep_stale_earlier(lab.source);
    settle(&mut lab.table);
    assert_eq!(lab.withdrawn(), nets[2..]);
    assert!(lab.table.has_stale(lab.source));
    // Its End-of-RIB takes the rest.
    announce_all(&mut lab.table, lab.source, &nets[..1], &path());
    lab.sweep();
    assert_eq!(lab.withdrawn(), [nets[1]]);
}

/// The sweep after an End-of-RIB goes on, whatever a loss spares.
#[test]
fn a_loss_that_spares_what_is_stale_ends_no_sweep() {
    let mut lab = lab();
    lab.mark();
    let back = lab.nets[5..].to_vec();
    announce_all(&mut lab.table, lab.source, &back, &path());
    lab.table.sweep_stale(lab.source);
    lab.table.step(2);
    lab.table.mark_stale_again(lab.source);
    settle(&mut lab.table);
    assert_eq!(lab.withdrawn(), lab.nets[..5]);
    assert_eq!(lab.table.path_count(), 5);
}

/// Nothing is taken for fresh since its generation comes around again.
#[test]
fn what_was_stale_for_very_many_losses_goes() {
    let mut lab = lab();
    let nets = lab.nets.clone();
    for _ in 0..70_000 {
        lab.table.mark_stale_again(lab.source);
        announce(&mut lab.table, lab.source, nets[0], &path());
        settle(&mut lab.table);
    }
    assert_eq!(lab.withdrawn(), lab.nets[1..]);
    assert_eq!(lab.table.path_count(), 1);
}

/// The sweep after an End-of-RIB is not through yet when the neighbor is lost again.
#[test]
fn a_loss_during_a_sweep_spares_the_fresh_ones() {
    let mut lab = lab();
    lab.mark();
    let back = lab.nets[5..].to_vec();
    announce_all(&mut lab.table, lab.source, &back, &path());
    lab.table.sweep_stale(lab.source);
    lab.table.step(2);
    lab.mark();
    assert_eq!(lab.withdrawn(), lab.nets[..5]);
    assert_eq!(lab.table.path_count(), 5);
}

#[test]
fn what_is_announced_during_a_sweep_stays() {
    let mut lab = lab();
    lab.mark();
    lab.table.sweep_stale(lab.source);
    let last = *lab.nets.last().unwrap();
    announce(&mut lab.table, lab.source, last, &path());
    settle(&mut lab.table);
    assert_eq!(lab.table.path_count(), 1);
    assert!(lab.table.net(last).is_some());
}

#[test]
fn other_sources_do_not_notice() {
    let mut lab = lab();
    let other = lab.table.add_source(bgp(external(2)), None);
    let nets = lab.nets.clone();
    announce_all(&mut lab.table, other, &nets, &path());
    lab.mark();
    lab.sweep();
    assert_eq!(lab.table.source_counters(other).0, 10);
    assert_eq!(lab.table.path_count(), 10);
    let heard = lab.peer.listen(&mut lab.table);
    assert!(heard.iter().all(|said| matches!(said, Said::Announced(_))), "{heard:?}");
}

/// More losses than there are generations.
#[test]
fn generations_wrap_around() {
    let mut lab = lab();
    let nets = lab.nets.clone();
    for _ in 0..70_000 {
        lab.table.mark_stale(lab.source);
        announce(&mut lab.table, lab.source, nets[0], &path());
        announce(&mut lab.table, lab.source, nets[1], &path());
        settle(&mut lab.table);
    }
    assert_eq!(lab.withdrawn(), lab.nets[2..]);
    assert_eq!(lab.table.path_count(), 2);
}

#[test]
fn a_flush_takes_stale_paths_too() {
    let mut lab = lab();
    lab.mark();
    lab.table.sweep_stale(lab.source);
    lab.table.flush_source(lab.source);
    settle(&mut lab.table);
    assert_eq!(lab.withdrawn(), lab.nets);
    assert!(lab.table.source(lab.source).is_none());
}

/// The end of the feed is told once more, after what has changed until then, and nothing else is.
#[test]
fn a_fence_is_told_after_what_waits() {
    let mut lab = lab();
    let id = lab.peer.id;
    assert!(lab.table.exporter_mut(id).unwrap().take_fed());
    withdraw(&mut lab.table, lab.source, lab.nets[0]);
    lab.table.exporter_mut(id).unwrap().fence();
    assert!(!lab.table.exporter_mut(id).unwrap().take_fed(), "a change waits");
    assert!(lab.table.has_export(id));
    assert_eq!(lab.withdrawn(), [lab.nets[0]]);
    assert!(lab.table.exporter_mut(id).unwrap().take_fed());
    lab.table.exporter_mut(id).unwrap().fence();
    assert!(lab.table.has_export(id), "with nothing to say it is told all the same");
    assert!(lab.withdrawn().is_empty());
    assert!(lab.table.exporter_mut(id).unwrap().take_fed());
}
