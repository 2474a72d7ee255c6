//! Which attributes a route has, and taking them away.

use super::attributes::rare;
use super::{Halt, Run, extra};
use crate::attribute::{Attribute, bit_of};
use crate::code::{Accessor, ListOp, Node};
use crate::route::AttributeValue;
use crate::types::{Dialect, Type};

impl Run<'_> {
    /// Whether an attribute is there. Lists of communities always are in 1.6.
    pub(super) fn is_defined(&self, attribute: &Attribute) -> Result<bool, Halt> {
        let route = self.route()?;
        let (bgp, rare) = (&route.bgp, route.bgp.rare.as_deref());
        let list = |full: bool| full || self.dialect == Dialect::Bird16;
        Ok(match attribute {
            Attribute::BgpPath => bgp.as_path.is_some() && !(self.no_path && self.dialect == Dialect::Bird2),
            Attribute::BgpCommunity => list(!bgp.communities.is_empty()),
            Attribute::BgpExtCommunity => list(!bgp.ext_communities().is_empty()),
            Attribute::BgpLargeCommunity => list(!bgp.large_communities().is_empty()),
            Attribute::BgpClusterList => list(!bgp.cluster_list().is_empty()),
            Attribute::BgpOrigin => bgp.origin.is_some(),
            Attribute::BgpNextHop => bgp.next_hop.is_some(),
            Attribute::BgpMed => bgp.med.is_some(),
            Attribute::BgpLocalPref => bgp.local_pref.is_some(),
            Attribute::BgpAtomicAggr => rare.is_some_and(|r| r.atomic_aggregate),
            Attribute::BgpAggregator => rare.is_some_and(|r| r.aggregator.is_some()),
            Attribute::BgpOriginatorId => rare.is_some_and(|r| r.originator_id.is_some()),
            Attribute::BgpAigp => bgp.aigp().is_some(),
            Attribute::BgpOtc => bgp.only_to_customer().is_some(),
            Attribute::Extra(name, Type::Bool) if let Some((whole, _)) = bit_of(name) => {
                route.extra(whole).is_some()
            }
            Attribute::Extra(name, _) => match route.extra(name) {
                Some(AttributeValue::Path(path)) => !path.as_wire().is_empty(),
                value => value.is_some(),
            },
            Attribute::BgpOther(code, _) => extra::unknown(bgp, *code).is_some(),
            _ => true,
        })
    }

    /// Whether what gave an empty path gave none at all.
    pub(super) fn is_no_path(&self, node: &Node) -> Result<bool, Halt> {
        match node {
            Node::Const(_) | Node::Accessor(Accessor::Empty, ..) => Ok(true),
            Node::Attribute(attribute) => self.is_defined(attribute).map(|defined| !defined),
            Node::List(ListOp::Delete | ListOp::Filter, parts, _) => self.is_no_path(&parts.0),
            _ => Ok(false),
        }
    }

    /// Removes a dynamic attribute.
    pub(super) fn unset(&mut self, attribute: &Attribute) -> Result<(), Halt> {
        self.no_path &= !matches!(attribute, Attribute::BgpPath);
        // A copy is not worth making to remove what is not there.
        if !self.is_defined(attribute)? {
            return Ok(());
        }
        let route = self.route_mut()?;
        match attribute {
            Attribute::BgpPath => route.bgp.as_path = None,
            Attribute::BgpOrigin => route.bgp.origin = None,
            Attribute::BgpNextHop => route.bgp.next_hop = None,
            Attribute::BgpMed => route.bgp.med = None,
            Attribute::BgpLocalPref => route.bgp.local_pref = None,
            Attribute::BgpCommunity => route.bgp.communities = Box::default(),
            Attribute::BgpExtCommunity => rare(route, |r| r.ext_communities = Box::default()),
            Attribute::BgpLargeCommunity => rare(route, |r| r.large_communities = Box::default()),
            Attribute::BgpClusterList => rare(route, |r| r.cluster_list = Box::default()),
            Attribute::BgpOriginatorId => rare(route, |r| r.originator_id = None),
            Attribute::BgpOtc => rare(route, |r| r.only_to_customer = None),
            Attribute::Extra(name, Type::Bool) if let Some((whole, _)) = bit_of(name) => {
                // All bits go, as both BIRDs have it.
                route.set_extra(whole, None);
            }
            Attribute::Extra(name, _) => route.set_extra(name, None),
            Attribute::BgpOther(code, _) => rare(route, |r| extra::set_unknown(r, *code, None)),
            _ => {}
        }
        Ok(())
    }
}
