//! ROUTE-REFRESH and the marks around what is announced again (RFC 2918, RFC 7313).

mod common;

use std::time::Instant;

use common::{IN, Node, OUT, config_a, epoch, open_b, secs};
use godwit_fsm::{Action, LogClass, PeerConfig, State};
use godwit_wire::{AddressFamily, Capability, Open, RouteRefresh};

const IPV4: AddressFamily = AddressFamily::IPV4;
const IPV6: AddressFamily = AddressFamily::IPV6;

/// An established session, with marks if both know them.
fn established(marks: bool) -> (Node, Instant) {
    let config = PeerConfig { families: vec![IPV4, IPV6], enhanced_route_refresh: marks, ..config_a() };
    let (mut node, now) = (Node::new(config, 3), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    let open = Open {
        hold_time_secs: 0,
        ..open_b(vec![
            Capability::Multiprotocol(IPV4),
            Capability::Multiprotocol(IPV6),
            Capability::RouteRefresh,
            Capability::EnhancedRouteRefresh,
        ])
    };
    node.input(now, |s| s.open(OUT, open, now));
    node.input(now, |s| s.keepalive(OUT, now));
    assert_eq!(node.state(), State::Established);
    (node, now)
}

fn comes(node: &mut Node, refresh: RouteRefresh, now: Instant) -> Vec<Action> {
    node.input(now, |s| s.route_refresh(OUT, refresh, now))
}

fn ignoring(actions: &[Action]) -> bool {
    matches!(actions, [Action::Log(LogClass::Remote, text)] if text.ends_with("ignoring"))
}

#[test]
fn marks_are_passed_on_in_pairs() {
    let (mut node, now) = established(true);
    let (begin, end) = (RouteRefresh::begin(IPV4), RouteRefresh::end(IPV4));
    assert!(ignoring(&comes(&mut node, end, now)), "it did not begin");
    assert_eq!(comes(&mut node, begin, now), [Action::Refresh(begin)]);
    assert_eq!(comes(&mut node, begin, now), [], "once more from the beginning");
    assert_eq!(comes(&mut node, RouteRefresh::end(IPV6), now), [], "of another family; that was told before");
    assert_eq!(comes(&mut node, end, now), [Action::Refresh(end)]);
    assert_eq!(comes(&mut node, end, now), []);
    assert_eq!(node.session.next_timeout(), None);
}

#[test]
fn an_end_that_does_not_come_is_not_waited_for() {
    let (mut node, now) = established(true);
    let begin = RouteRefresh::begin(IPV4);
    comes(&mut node, begin, now);
    comes(&mut node, RouteRefresh::begin(IPV6), now + secs(100));
    comes(&mut node, begin, now + secs(200));
    assert_eq!(node.session.next_timeout(), Some(now + secs(460)));
    let actions = node.handle_timeout(now + secs(460));
    assert!(actions.contains(&Action::Refresh(RouteRefresh::end(IPV6))));
    assert!(!actions.contains(&Action::Refresh(RouteRefresh::end(IPV4))), "its time began anew");
    let actions = node.handle_timeout(now + secs(560));
    assert!(actions.contains(&Action::Refresh(RouteRefresh::end(IPV4))));
    assert_eq!(node.session.next_timeout(), None);
    // A session that ends waits for nothing.
    comes(&mut node, begin, now + secs(600));
    node.stop(&godwit_fsm::StopCause::Deconfigured, now + secs(600));
    assert_eq!(node.session.next_timeout(), None);
}

#[test]
fn what_is_not_known_is_left_alone_and_told_once() {
    let (mut node, now) = established(true);
    let other = AddressFamily { afi: 1, safi: 133 };
    assert!(ignoring(&comes(&mut node, RouteRefresh::request(other), now)));
    assert_eq!(comes(&mut node, RouteRefresh { family: IPV4, subtype: 9 }, now), []);
    let request = RouteRefresh::request(IPV4);
    assert_eq!(comes(&mut node, request, now), [Action::Refresh(request)]);
    let (mut node, now) = established(true);
    assert!(ignoring(&comes(&mut node, RouteRefresh { family: IPV4, subtype: 255 }, now)));
    assert!(comes(&mut node, request, now).len() == 1 && node.accept(now).0 == node.is_linked(IN));
}

/// RFC 2918 §3: without the capability the octet is to be ignored, which leaves a request.
#[test]
fn without_the_capability_everything_is_a_request() {
    let (mut node, now) = established(false);
    for subtype in [0, 1, 2, 9] {
        let refresh = RouteRefresh { family: IPV4, subtype };
        assert_eq!(comes(&mut node, refresh, now), [Action::Refresh(RouteRefresh::request(IPV4))]);
    }
}
