use godwit_netlink::{Event, Operation, events, requests};

/// A datagram of the kernel's: messages of any length, about links, addresses and routes. What is read of a route
/// can be asked of the kernel in words that read the same.
pub fn netlink_datagram(data: &[u8]) {
    for event in events(data) {
        if let Event::Route(route) = event {
            let asked = |route| match events(&requests(&[Operation::Replace(route)], 1)).pop() {
                Some(Event::Route(route)) => route,
                other => panic!("a route was asked for: {other:?}"),
            };
            // The first time what has no meaning is lost, like the weight of an only next hop.
            let route = asked(route);
            assert_eq!(asked(route.clone()), route);
        }
    }
}
