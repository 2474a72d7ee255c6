//! What is kept of what came, for who wants to look at it.

use godwit_api::RouteQuery;
use godwit_wire::AddressFamily;
use ipnetwork::{Ipv4Network, Ipv6Network};

use super::Up;
use crate::query::{Imported, imported};

impl Up {
    /// A page of what is kept of a family (`import table`); none without a channel.
    pub(in crate::session) fn imported(&self, family: AddressFamily, query: &RouteQuery) -> Option<Imported> {
        match family {
            AddressFamily::IPV4 => {
                Some(imported::<Ipv4Network>(&self.import, query, self.ipv4.as_ref()?.source))
            }
            AddressFamily::IPV6 => {
                Some(imported::<Ipv6Network>(&self.import, query, self.ipv6.as_ref()?.source))
            }
            _ => None,
        }
    }
}
