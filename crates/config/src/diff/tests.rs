use super::*;
use crate::model::{BgpConfig, Dialect, DirectConfig, Neighbor, NeighborAs};

fn router(protocols: Vec<Arc<ProtocolConfig>>) -> RouterConfig {
    RouterConfig { protocols, ..RouterConfig::new(Dialect::Bird16, false) }
}

fn peer() -> ProtocolConfig {
    let neighbor = Neighbor::Range("10.0.0.0/24".parse().expect("a prefix"));
    let session = BgpConfig::new(64512, neighbor, NeighborAs::Internal);
    ProtocolConfig::new("peer", ProtocolKind::Bgp(Box::new(session)))
}

#[test]
fn what_is_shared_is_unchanged_except_where_the_router_id_makes_it_restart() {
    let direct = ProtocolConfig::new("direct1", ProtocolKind::Direct(DirectConfig::default()));
    let old = router(vec![Arc::new(direct), Arc::new(peer())]);
    let mut new = old.clone();
    assert!(diff(&old, &new).is_empty());
    new.router_id = Some(RouterId::Fixed([192, 0, 2, 1].into()));
    let changes = diff(&old, &new);
    assert_eq!(changes.protocol("direct1"), Some(&ChangeKind::Unchanged));
    assert_eq!(changes.protocol("peer"), Some(&ChangeKind::Restart { reason: "router id" }));
}

#[test]
fn held_is_as_good_as_disabled() {
    let held = |reason: Option<&str>| {
        router(vec![Arc::new(ProtocolConfig { held: reason.map(Into::into), ..peer() })])
    };
    let changes = diff(&held(None), &held(Some("no secret")));
    assert_eq!(changes.protocol("peer"), Some(&ChangeKind::Restart { reason: "disabled" }));
    let changes = diff(&held(Some("no secret")), &held(Some("no key")));
    assert_eq!(changes.protocol("peer"), Some(&ChangeKind::Unchanged));
}

fn with(families: &[AddressFamily]) -> RouterConfig {
    let channel = |family: &AddressFamily| crate::model::ChannelConfig::new(*family, family.to_string(), 100);
    let channels = families.iter().map(channel).collect();
    router(vec![Arc::new(ProtocolConfig { channels, ..peer() })])
}

#[test]
fn a_channel_that_was_down_may_go() {
    let both = with(&[AddressFamily::IPV4, AddressFamily::IPV6]);
    let one = with(&[AddressFamily::IPV4]);
    let of = |old: &RouterConfig, new: &RouterConfig, up: AddressFamily| {
        let mut change = diff(old, new).protocols.remove(0);
        assert_eq!(change.kind, RESTART_FOR_CHANNEL);
        change.without_channels_that_were_down(|family| family == up);
        (change.kind, change.faults)
    };
    let gone = vec![ChannelFault::Gone(AddressFamily::IPV6)];
    assert_eq!(of(&both, &one, AddressFamily::IPV6), (RESTART_FOR_CHANNEL, gone));
    let stays = ChangeKind::Modify { reimport: false, reexport: false };
    assert_eq!(of(&both, &one, AddressFamily::IPV4), (stays, Vec::new()));
    let new = vec![ChannelFault::New(AddressFamily::IPV6)];
    assert_eq!(of(&one, &both, AddressFamily::IPV4), (RESTART_FOR_CHANNEL, new));
}

#[test]
fn no_connect_delay_is_five_seconds() {
    let of = |seconds: Option<u64>| {
        let mut peer = peer();
        let ProtocolKind::Bgp(session) = &mut peer.kind else { panic!("a session") };
        session.connect_delay = seconds.map(std::time::Duration::from_secs);
        router(vec![Arc::new(peer)])
    };
    let stays = ChangeKind::Modify { reimport: false, reexport: false };
    assert_eq!(diff(&of(None), &of(Some(5))).protocol("peer"), Some(&stays));
    let restarts = ChangeKind::Restart { reason: "connect delay time" };
    assert_eq!(diff(&of(None), &of(Some(4))).protocol("peer"), Some(&restarts));
}
