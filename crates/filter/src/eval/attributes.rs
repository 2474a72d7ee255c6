//! The attributes of the route a filter runs on: read in place, copied at the first change.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use godwit_wire::{Origin, RareAttributes};

use super::{Halt, Run, extra};
use crate::attribute::{Attribute, bit_of};
use crate::code::{Line, ListOp};
use crate::lists::ListRef;
use crate::route::{AttributeValue, Destination, NextHop, RouteAttributes, Scope};
use crate::types::{Dialect, EnumKind, Type};
use crate::value::Value;

/// The label of a next hop without labels.
const IMPLICIT_NULL: u32 = 3;

impl Run<'_> {
    fn attributes(&self) -> Option<&RouteAttributes> {
        match &self.changed {
            Some(changed) => Some(changed),
            None => self.subject.map(|s| s.attributes),
        }
    }

    pub(super) fn route(&self) -> Result<&RouteAttributes, Halt> {
        self.attributes().ok_or_else(|| Halt::fault(Line(1), "No route to access"))
    }

    /// The attributes to change.
    pub(super) fn route_mut(&mut self) -> Result<&mut RouteAttributes, Halt> {
        match (&mut self.changed, self.subject) {
            (changed, Some(subject)) => {
                Ok(changed.get_or_insert_with(|| Box::new(subject.attributes.clone())))
            }
            (_, None) => Err(Halt::fault(Line(1), "No route to access")),
        }
    }

    /// The path or list an attribute is, empty if undefined; `None` for other attributes, and in 1.6
    /// for a path that is not there.
    pub(super) fn list(&self, attribute: &Attribute) -> Option<ListRef<'_>> {
        let bgp = &self.attributes()?.bgp;
        Some(match attribute {
            Attribute::BgpPath if self.dialect == Dialect::Bird16 && bgp.as_path.is_none() => return None,
            Attribute::BgpPath => ListRef::path(bgp.as_path.as_ref()),
            Attribute::BgpCommunity => ListRef::Clist(&bgp.communities),
            Attribute::BgpExtCommunity => ListRef::Eclist(bgp.ext_communities()),
            Attribute::BgpLargeCommunity => ListRef::Lclist(bgp.large_communities()),
            Attribute::BgpClusterList => ListRef::Clist(bgp.cluster_list()),
            Attribute::Extra(name, of) => return extra::list(self.attributes()?, name, *of),
            _ => return None,
        })
    }

    /// The value of an attribute.
    pub(super) fn read(&self, attribute: &Attribute) -> Result<Value, Halt> {
        let route = self.route()?;
        let bgp = &route.bgp;
        let hop = || route.destination.next_hops().first();
        let int = |n: Option<u32>| n.map_or(Value::Void, Value::Int);
        Ok(match attribute {
            Attribute::Net => self.subject.map_or(Value::Void, |s| Value::Prefix(s.net)),
            Attribute::Proto => self.subject.map_or(Value::Void, |s| Value::String(s.protocol.into())),
            Attribute::Source => Value::Enum(EnumKind::Rts, route.source as u8),
            Attribute::From => Value::Ip(route.from.unwrap_or(self.no_address())),
            Attribute::Gw => match &route.destination {
                Destination::Recursive(address) => Value::Ip(*address),
                Destination::RecursiveBy(hop) => Value::Ip(hop.address),
                _ => Value::Ip(hop().and_then(|h| h.gateway).unwrap_or(self.no_address())),
            },
            Attribute::Ifname => {
                Value::String(hop().and_then(|h| self.interface_name(h.ifindex)).unwrap_or_default())
            }
            Attribute::Ifindex => Value::Int(hop().map_or(0, |h| h.ifindex)),
            Attribute::Dest => Value::Enum(EnumKind::Rtd, self.destination_code(&route.destination)),
            Attribute::Scope => Value::Enum(EnumKind::Scope, route.scope as u8),
            Attribute::Preference => Value::Int(route.preference.into()),
            Attribute::Cast => Value::Enum(EnumKind::Rtc, 0),
            Attribute::Weight => Value::Int(hop().map_or(1, |h| h.weight.into())),
            // The label that says there is none (RFC 3032 §2.1).
            Attribute::GwMpls => Value::Int(IMPLICIT_NULL),
            Attribute::Onlink => Value::Bool(hop().is_some_and(|h| h.onlink)),
            Attribute::BgpOrigin => {
                bgp.origin.map_or(Value::Void, |o| Value::Enum(EnumKind::Origin, o as u8))
            }
            Attribute::BgpNextHop => bgp.next_hop.map_or(Value::Void, Value::Ip),
            Attribute::BgpMed => int(bgp.med),
            Attribute::BgpLocalPref => int(bgp.local_pref),
            Attribute::BgpOriginatorId => {
                bgp.originator_id().map_or(Value::Void, |id| Value::Quad(id.into()))
            }
            Attribute::BgpOtc => int(bgp.only_to_customer()),
            Attribute::Extra(name, Type::Bool) if let Some((whole, bit)) = bit_of(name) => {
                bits(route, whole).map_or(Value::Void, |set| Value::Bool(set & bit != 0))
            }
            Attribute::Extra(name, of) => extra::read(route, name, *of),
            Attribute::BgpOther(code, _) => {
                extra::unknown(bgp, *code).map_or(Value::Void, |octets| Value::Bytes(octets.into()))
            }
            list => self.list(list).map_or(Value::Void, ListRef::to_value),
        })
    }

    /// What stands for no address: a route without gateway has one all the same.
    fn no_address(&self) -> IpAddr {
        match (self.dialect, self.subject) {
            (Dialect::Bird16, Some(s)) if s.net.is_ipv4() => Ipv4Addr::UNSPECIFIED.into(),
            _ => Ipv6Addr::UNSPECIFIED.into(),
        }
    }

    /// `RTD_*`: 2.x counts from none and knows one unicast, 1.6 tells three kinds of it.
    fn destination_code(&self, destination: &Destination) -> u8 {
        match (destination, self.dialect) {
            (Destination::Blackhole, _) => 2,
            (Destination::Unreachable, _) => 3,
            (Destination::Prohibit, _) => 4,
            (_, Dialect::Bird2) => 1,
            (Destination::Multipath(_), Dialect::Bird16) => 5,
            (Destination::Unicast(NextHop { gateway: None, .. }), Dialect::Bird16) => 1,
            (
                Destination::Unicast(_) | Destination::Recursive(_) | Destination::RecursiveBy(_),
                Dialect::Bird16,
            ) => 0,
        }
    }

    /// Sets an attribute.
    pub(super) fn write(&mut self, attribute: &Attribute, value: Value, line: Line) -> Result<(), Halt> {
        if let Attribute::Gw | Attribute::Ifname | Attribute::Dest | Attribute::Weight | Attribute::Onlink =
            attribute
        {
            return self.write_destination(attribute, value, line);
        }
        let route = self.route_mut()?;
        match (attribute, value) {
            (Attribute::From, Value::Ip(ip)) => route.from = Some(ip),
            (Attribute::Scope, Value::Enum(EnumKind::Scope, n)) => route.scope = scope(n),
            (Attribute::Preference, Value::Int(n)) => {
                // 2.x and 1.6 take the lower half, and nobody is told.
                route.preference = n as u16;
            }
            (Attribute::BgpPath, Value::Path(path)) => route.bgp.as_path = Some(path),
            (Attribute::BgpOrigin, Value::Enum(EnumKind::Origin, n)) => route.bgp.origin = Some(origin(n)),
            (Attribute::BgpNextHop, Value::Ip(ip)) => {
                route.bgp.next_hop = Some(ip);
                route.fresh_next_hop = true;
                // It went with the address that was there.
                if let Some(rare) = &mut route.bgp.rare {
                    rare.link_local_next_hop = None;
                }
                route.bgp.normalise();
            }
            (Attribute::BgpMed, Value::Int(n)) => {
                route.bgp.med = Some(n);
                route.fresh_med = true;
            }
            (Attribute::BgpLocalPref, Value::Int(n)) => route.bgp.local_pref = Some(n),
            (Attribute::BgpCommunity, Value::Clist(list)) => route.bgp.communities = list,
            (Attribute::BgpExtCommunity, Value::Eclist(list)) => rare(route, |r| r.ext_communities = list),
            (Attribute::BgpLargeCommunity, Value::Lclist(list)) => {
                rare(route, |r| r.large_communities = list);
            }
            (Attribute::BgpClusterList, Value::Clist(list)) => rare(route, |r| r.cluster_list = list),
            (Attribute::BgpOriginatorId, Value::Quad(n)) => {
                rare(route, |r| r.originator_id = Some(n.into()));
            }
            (Attribute::BgpOriginatorId, Value::Ip(IpAddr::V4(ip))) => {
                rare(route, |r| r.originator_id = Some(ip));
            }
            (Attribute::BgpOtc, Value::Int(n)) => rare(route, |r| r.only_to_customer = Some(n)),
            (Attribute::Extra(name, Type::Bool), Value::Bool(on))
                if let Some((whole, bit)) = bit_of(name) =>
            {
                let set = bits(route, whole).unwrap_or(0);
                let set = if on { set | bit } else { set & !bit };
                route.set_extra(whole, Some(AttributeValue::Int(set)));
            }
            (Attribute::Extra(name, of), value) => {
                let value = extra::of_value(*of, value).map_err(|value| wrong_type(*of, &value, line))?;
                route.set_extra(name, value);
            }
            (Attribute::BgpOther(code, _), Value::Bytes(octets)) => {
                rare(route, |r| extra::set_unknown(r, *code, Some(&octets)));
            }
            (_, value) => {
                let message = format!("Attribute of another type than {}", value.ty());
                return Err(Halt::fault(line, message));
            }
        }
        Ok(())
    }

    fn write_destination(&mut self, attribute: &Attribute, value: Value, line: Line) -> Result<(), Halt> {
        let index = match (attribute, &value) {
            (Attribute::Ifname, Value::String(name)) => {
                let index = self.subject.and_then(|s| s.surroundings.interface_index(name));
                Some(index.ok_or_else(|| Halt::fault(line, "Invalid iface name"))?)
            }
            _ => None,
        };
        let hop = match (attribute, &value) {
            (Attribute::Gw, Value::Ip(gateway)) => {
                Some(self.next_hop(*gateway)?.ok_or_else(|| Halt::fault(line, "Invalid gw address"))?)
            }
            _ => None,
        };
        let route = self.route_mut()?;
        match (attribute, value) {
            (Attribute::Gw, Value::Ip(_)) => {
                route.destination = hop.map_or(Destination::Unreachable, Destination::Unicast);
            }
            (Attribute::Ifname, _) => {
                let hop = NextHop { gateway: None, ifindex: index.unwrap_or(0), weight: 1, onlink: false };
                route.destination = Destination::Unicast(hop);
            }
            (Attribute::Dest, Value::Enum(EnumKind::Rtd, n)) => {
                route.destination = match n {
                    2 => Destination::Blackhole,
                    3 => Destination::Unreachable,
                    4 => Destination::Prohibit,
                    _ => {
                        let message = "Destination can be changed only to blackhole, unreachable or prohibit";
                        return Err(Halt::fault(line, message));
                    }
                };
            }
            (Attribute::Weight, Value::Int(n)) => {
                let weight = u16::try_from(n).ok().filter(|n| (1..=256).contains(n));
                let weight = weight.ok_or_else(|| Halt::fault(line, "Setting weight value out of bounds"))?;
                if !matches!(route.destination, Destination::Unicast(_) | Destination::Multipath(_)) {
                    return Err(Halt::fault(line, "Setting weight needs regular nexthop"));
                }
                each_hop(&mut route.destination, |hop| hop.weight = weight);
            }
            (Attribute::Onlink, Value::Bool(onlink)) => {
                each_hop(&mut route.destination, |hop| hop.onlink = onlink);
            }
            (_, value) => {
                let message = format!("Attribute of another type than {}", value.ty());
                return Err(Halt::fault(line, message));
            }
        }
        Ok(())
    }

    /// The way to a gateway, which must be a neighbor. A link-local or onlink one is on the interface
    /// the route has.
    fn next_hop(&self, gateway: IpAddr) -> Result<Option<NextHop>, Halt> {
        let old = self.route()?.destination.next_hops().first();
        let link_local = matches!(gateway, IpAddr::V6(ip) if ip.is_unicast_link_local());
        let onlink = old.is_some_and(|h| h.onlink);
        let ifindex = if link_local || onlink {
            old.map(|h| h.ifindex).filter(|index| *index != 0)
        } else {
            self.subject.and_then(|s| s.surroundings.neighbor_interface(gateway))
        };
        Ok(ifindex.map(|ifindex| NextHop { gateway: Some(gateway), ifindex, weight: 1, onlink }))
    }

    /// Changes a path or list of the route.
    pub(super) fn update(
        &mut self,
        attribute: &Attribute,
        op: ListOp,
        argument: &Value,
        line: Line,
    ) -> Result<(), Halt> {
        self.route()?;
        let Some(list) = self.list(attribute) else {
            return Err(Halt::fault(line, "Path, clist, eclist or lclist expected"));
        };
        let value = list.apply(op, argument).map_err(|m| Halt::fault(line, m))?;
        if matches!(attribute, Attribute::BgpPath) {
            self.no_path = op != ListOp::Prepend && !self.is_defined(attribute)?;
        }
        self.write(attribute, value, line)
    }
}

/// A set of bits among the extra attributes.
fn bits(route: &RouteAttributes, name: &str) -> Option<u32> {
    match route.extra(name) {
        Some(AttributeValue::Int(set)) => Some(*set),
        _ => None,
    }
}

fn wrong_type(wanted: Type, value: &Value, line: Line) -> Halt {
    let message = match wanted {
        Type::String => "Setting string attribute to non-string value".to_string(),
        other => format!("Argument 1 of SET must be of type {other}, got type {}", value.ty()),
    };
    Halt::fault(line, message)
}

/// Changes what few routes have, keeping it absent when nothing is left.
pub(super) fn rare(route: &mut RouteAttributes, change: impl FnOnce(&mut RareAttributes)) {
    change(route.bgp.rare_mut());
    route.bgp.normalise();
}

fn each_hop(destination: &mut Destination, mut change: impl FnMut(&mut NextHop)) {
    match destination {
        Destination::Unicast(hop) => change(hop),
        Destination::Multipath(hops) => hops.iter_mut().for_each(change),
        _ => {}
    }
}

fn scope(n: u8) -> Scope {
    match n {
        0 => Scope::Host,
        1 => Scope::Link,
        2 => Scope::Site,
        3 => Scope::Organization,
        4 => Scope::Universe,
        _ => Scope::Undefined,
    }
}

fn origin(n: u8) -> Origin {
    match n {
        0 => Origin::Igp,
        1 => Origin::Egp,
        _ => Origin::Incomplete,
    }
}
