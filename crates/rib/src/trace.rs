//! What happens to routes, in words: `debug { routes, filters }`.

use std::sync::Arc;

use godwit_filter::Destination;

use crate::key::NetKey;

/// What is told of a channel's routes, and under which name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// The channel: `PROTOCOL.FAMILY`, or the protocol in BIRD 1.6.
    pub label: Arc<str>,
    /// Routes that come, change and go, and those the protocol refuses.
    pub routes: bool,
    /// Routes that a filter refuses.
    pub filters: bool,
}

impl Trace {
    /// A line about a route on its way into the table (`>`) or out of it (`<`).
    pub(crate) fn line<K: NetKey>(
        &self,
        way: char,
        what: &str,
        net: K,
        destination: Option<&Destination>,
    ) -> String {
        let destination = match destination {
            None => "",
            Some(Destination::Blackhole) => " blackhole",
            Some(Destination::Unreachable) => " unreachable",
            Some(Destination::Prohibit) => " prohibited",
            Some(_) => " unicast",
        };
        format!("{} {way} {what} {}{destination}", self.label, net.to_net())
    }
}
