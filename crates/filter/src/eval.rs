//! Running compiled filters.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use godwit_wire::{AsPath, AsPathBuilder, ExtendedCommunity, LargeCommunity, Origin, SegmentKind};
use ipnetwork::IpNetwork;

use crate::run::{Outcome, Subject, Verdict};
use crate::set::Key;
use crate::tree::{Accessor, Attr, EcKind, Expr, Function, ListOp, Op, Stmt, StmtKind};
use crate::value::{EnumKind, Value};
use crate::{AttributeValue, Destination, NextHop, RouteAttributes, RouteSource, Scope};

/// Calls within calls.
const CALL_DEPTH_MAX: usize = 64;

/// Why commands ended early.
enum Flow {
    Verdict(Verdict),
    Return(Value),
    Fault(String),
}

type Run<T> = Result<T, Flow>;

fn fault<T>(text: impl Into<String>) -> Run<T> {
    Err(Flow::Fault(text.into()))
}

/// A filter in the middle of a run.
struct Machine<'s> {
    subject: Option<&'s Subject<'s>>,
    changed: Option<Box<RouteAttributes>>,
    messages: Vec<String>,
    line: u32,
    depth: usize,
    dialect16: bool,
}

/// Runs a filter's body on a route. `fallback` is what its end means.
pub(crate) fn run(
    body: &Function,
    subject: &Subject<'_>,
    fallback: Option<Verdict>,
    dialect16: bool,
) -> Outcome {
    let mut machine =
        Machine { subject: Some(subject), changed: None, messages: Vec::new(), line: 0, depth: 0, dialect16 };
    let mut locals = vec![Value::Void; body.slots];
    let result = machine.block(&body.body, &mut locals);
    let (verdict, error) = match result {
        Err(Flow::Verdict(verdict)) => (verdict, None),
        Err(Flow::Return(Value::Bool(true))) => (Verdict::Accept, None),
        Err(Flow::Return(Value::Bool(false))) => (Verdict::Reject, None),
        Err(Flow::Return(_)) => {
            (Verdict::Error, Some(format!("filters, line {}: Can't return non-bool", machine.line)))
        }
        Err(Flow::Fault(text)) => (Verdict::Error, Some(format!("filters, line {}: {text}", machine.line))),
        Ok(()) => match fallback {
            Some(verdict) => (verdict, None),
            None => {
                let name = body.name.as_deref().unwrap_or("(unnamed)");
                let text = format!("Filter {name} did not return accept nor reject. Make up your mind");
                (Verdict::Error, Some(text))
            }
        },
    };
    let attributes = machine.changed.filter(|_| verdict == Verdict::Accept);
    Outcome { verdict, attributes, messages: machine.messages, error }
}

/// The value of an expression that depends on no route.
pub(crate) fn constant(expr: &Expr, dialect16: bool) -> Result<Value, String> {
    let mut machine =
        Machine { subject: None, changed: None, messages: Vec::new(), line: 0, depth: 0, dialect16 };
    match machine.expr(expr, &[]) {
        Ok(value) => Ok(value.into_owned()),
        Err(Flow::Fault(text)) => Err(text),
        Err(_) => Err("Runtime error".into()),
    }
}

impl Machine<'_> {
    fn block(&mut self, body: &[Stmt], locals: &mut [Value]) -> Run<()> {
        for stmt in body {
            self.line = stmt.line.0;
            self.stmt(&stmt.kind, locals)?;
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &StmtKind, locals: &mut [Value]) -> Run<()> {
        match stmt {
            StmtKind::SetLocal(slot, expr) => {
                let value = self.expr(expr, locals)?.into_owned();
                if let Some(place) = locals.get_mut(*slot) {
                    *place = value;
                }
            }
            StmtKind::SetAttr(attr, expr) => {
                let value = self.expr(expr, locals)?.into_owned();
                self.set(attr, value)?;
            }
            StmtKind::Unset(attr) => self.unset(attr)?,
            StmtKind::If(condition, then, otherwise) => match &*self.expr(condition, locals)? {
                Value::Bool(true) => self.block(then, locals)?,
                Value::Bool(false) => self.block(otherwise, locals)?,
                _ => return fault("Argument 1 of CONDITION must be of type bool"),
            },
            StmtKind::Case(expr, branches, default) => {
                let value = self.expr(expr, locals)?.into_owned();
                let key = Key::of(&value);
                let found = key.and_then(|key| branches.iter().find(|(set, _)| set.contains(key)));
                self.block(found.map_or(default, |(_, body)| body), locals)?;
            }
            StmtKind::For(slot, expr, body) => {
                for item in items(&*self.expr(expr, locals)?) {
                    if let Some(place) = locals.get_mut(*slot) {
                        *place = item;
                    }
                    self.block(body, locals)?;
                }
            }
            StmtKind::Return(expr) => {
                let value = match expr {
                    Some(expr) => self.expr(expr, locals)?.into_owned(),
                    None => Value::Void,
                };
                return Err(Flow::Return(value));
            }
            StmtKind::Accept(list) => return self.end(list, locals, Verdict::Accept),
            StmtKind::Reject(list) => return self.end(list, locals, Verdict::Reject),
            StmtKind::Error(list) => return self.end(list, locals, Verdict::Error),
            StmtKind::Print(list) => self.print(list, locals)?,
            StmtKind::Call(expr) => {
                self.expr(expr, locals)?;
            }
            StmtKind::Block(body) => self.block(body, locals)?,
        }
        Ok(())
    }

    fn end(&mut self, list: &[Expr], locals: &mut [Value], verdict: Verdict) -> Run<()> {
        if !list.is_empty() {
            self.print(list, locals)?;
        }
        Err(Flow::Verdict(verdict))
    }

    fn print(&mut self, list: &[Expr], locals: &[Value]) -> Run<()> {
        let mut text = String::new();
        for expr in list {
            text.push_str(&self.expr(expr, locals)?.to_string());
        }
        self.messages.push(text);
        Ok(())
    }

    fn expr<'e>(&mut self, expr: &'e Expr, locals: &'e [Value]) -> Run<Cow<'e, Value>> {
        Ok(Cow::Owned(match expr {
            Expr::Const(value) => return Ok(Cow::Borrowed(value)),
            Expr::Local(slot) => return Ok(locals.get(*slot).map_or(Cow::Owned(Value::Void), Cow::Borrowed)),
            Expr::Attr(attr) => self.get(attr)?,
            Expr::Binary(op, sides) => self.binary(*op, &sides.0, &sides.1, locals)?,
            Expr::Not(inner) => match &*self.expr(inner, locals)? {
                Value::Bool(b) => Value::Bool(!b),
                _ => return fault("Argument 1 of NOT must be of type bool"),
            },
            Expr::Defined(inner) => {
                let value = self.expr(inner, locals)?;
                let empty_list = match &*value {
                    Value::Path(p) => p.is_empty(),
                    Value::Clist(l) => l.is_empty(),
                    Value::Eclist(l) => l.is_empty(),
                    Value::Lclist(l) => l.is_empty(),
                    _ => false,
                };
                Value::Bool(*value != Value::Void && (self.dialect16 || !empty_list))
            }
            Expr::Access(accessor, inner) => access(*accessor, &*self.expr(inner, locals)?)?,
            Expr::Mask(sides) => {
                let (ip, len) = (self.expr(&sides.0, locals)?, self.expr(&sides.1, locals)?);
                match (&*ip, &*len) {
                    (Value::Ip(ip), Value::Int(len)) => {
                        let net = u8::try_from(*len).ok().and_then(|len| IpNetwork::new(*ip, len).ok());
                        Value::Ip(net.map_or(*ip, |n| n.network()))
                    }
                    _ => return fault("Argument 1 of MASK must be of type ip"),
                }
            }
            Expr::Pair(sides) => {
                let (a, b) = (self.int(&sides.0, locals)?, self.int(&sides.1, locals)?);
                if a > 0xffff || b > 0xffff {
                    return fault("Can't operate with value out of bounds in pair constructor");
                }
                Value::Pair(a << 16 | b)
            }
            Expr::Lc(parts) => Value::Lc(LargeCommunity {
                global: self.int(&parts.0, locals)?,
                data1: self.int(&parts.1, locals)?,
                data2: self.int(&parts.2, locals)?,
            }),
            Expr::Ec(kind, sides) => {
                let key = self.expr(&sides.0, locals)?.into_owned();
                let value = self.int(&sides.1, locals)?;
                ec(*kind, &key, value)?
            }
            Expr::List(op, sides) => {
                let list = self.expr(&sides.0, locals)?.into_owned();
                let item = self.expr(&sides.1, locals)?;
                list_op(*op, list, &item)?
            }
            Expr::Format(inner) => Value::String(self.expr(inner, locals)?.to_string().into()),
            Expr::Call(function, args) => self.call(function, args, locals)?,
        }))
    }

    fn int(&mut self, expr: &Expr, locals: &[Value]) -> Run<u32> {
        match &*self.expr(expr, locals)? {
            Value::Int(n) => Ok(*n),
            other => fault(format!("Argument must be of type int, got type {}", other.ty())),
        }
    }

    fn call(&mut self, function: &Arc<Function>, args: &[Expr], locals: &[Value]) -> Run<Value> {
        if self.depth >= CALL_DEPTH_MAX {
            return fault("Filter stack overflow");
        }
        let mut slots = Vec::with_capacity(function.slots);
        for arg in args {
            slots.push(self.expr(arg, locals)?.into_owned());
        }
        slots.resize(function.slots.max(slots.len()), Value::Void);
        self.depth += 1;
        let line = self.line;
        let result = self.block(&function.body, &mut slots);
        self.depth -= 1;
        self.line = line;
        match result {
            Ok(()) => Ok(Value::Void),
            Err(Flow::Return(value)) => Ok(value),
            Err(flow) => Err(flow),
        }
    }

    fn binary(&mut self, op: Op, left: &Expr, right: &Expr, locals: &[Value]) -> Run<Value> {
        if matches!(op, Op::And | Op::Or) {
            let Value::Bool(first) = *self.expr(left, locals)? else {
                return fault("Argument 1 of a boolean operator must be of type bool");
            };
            if first == (op == Op::Or) {
                return Ok(Value::Bool(first));
            }
            let Value::Bool(second) = *self.expr(right, locals)? else {
                return fault("Argument 2 of a boolean operator must be of type bool");
            };
            return Ok(Value::Bool(second));
        }
        let a = self.expr(left, locals)?;
        let b = self.expr(right, locals)?;
        operate(op, &a, &b)
    }

    fn attributes(&self) -> Run<&RouteAttributes> {
        match (&self.changed, self.subject) {
            (Some(changed), _) => Ok(changed),
            (None, Some(subject)) => Ok(subject.attributes),
            (None, None) => fault("No route to access"),
        }
    }

    fn get(&self, attr: &Attr) -> Run<Value> {
        let Some(subject) = self.subject else { return fault("No route to access") };
        let a = self.attributes()?;
        let int = |n: Option<u32>| n.map_or(Value::Void, Value::Int);
        let ip = |ip: Option<IpAddr>| ip.map_or(Value::Void, Value::Ip);
        let hop = a.destination.next_hops().first();
        Ok(match attr {
            Attr::Net => Value::Prefix(subject.net),
            Attr::Proto => Value::String(subject.protocol.into()),
            Attr::Source => Value::Enum(EnumKind::Source, a.source as u8),
            Attr::From => ip(a.from),
            Attr::Gw => ip(hop.and_then(|h| h.gateway)),
            Attr::Ifname => {
                let name = hop.and_then(|h| subject.surroundings.interface_name(h.ifindex));
                Value::String(name.unwrap_or_default())
            }
            Attr::Ifindex => Value::Int(hop.map_or(0, |h| h.ifindex)),
            Attr::Dest => Value::Enum(
                EnumKind::Destination,
                match a.destination {
                    Destination::Unicast(_) | Destination::Multipath(_) | Destination::Recursive(_) => 1,
                    Destination::Blackhole => 2,
                    Destination::Unreachable => 3,
                    Destination::Prohibit => 4,
                },
            ),
            Attr::Scope => Value::Enum(EnumKind::Scope, a.scope as u8),
            Attr::Preference => Value::Int(a.preference.into()),
            Attr::Weight => Value::Int(hop.map_or(1, |h| h.weight.into())),
            Attr::Onlink => Value::Bool(hop.is_some_and(|h| h.onlink)),
            Attr::Path => Value::Path(a.bgp.as_path.clone().unwrap_or_default()),
            Attr::Origin => a.bgp.origin.map_or(Value::Void, |o| Value::Enum(EnumKind::Origin, o as u8)),
            Attr::NextHop => ip(a.bgp.next_hop),
            Attr::Med => int(a.bgp.med),
            Attr::LocalPref => int(a.bgp.local_pref),
            Attr::AtomicAggr => {
                let there = a.bgp.rare.as_ref().is_some_and(|r| r.atomic_aggregate);
                if there { Value::String("".into()) } else { Value::Void }
            }
            Attr::Aggregator => {
                let there = a.bgp.rare.as_ref().is_some_and(|r| r.aggregator.is_some());
                if there { Value::String("".into()) } else { Value::Void }
            }
            Attr::Community => Value::Clist(a.bgp.communities.clone()),
            Attr::ExtCommunity => Value::Eclist(a.bgp.ext_communities().into()),
            Attr::LargeCommunity => Value::Lclist(a.bgp.large_communities().into()),
            Attr::OriginatorId => a.bgp.originator_id().map_or(Value::Void, |id| Value::Quad(id.into())),
            Attr::ClusterList => Value::Clist(a.bgp.cluster_list().into()),
            Attr::Extra(name, _) => match a.extra(name) {
                None => Value::Void,
                Some(AttributeValue::Int(n)) => Value::Int(*n),
                Some(AttributeValue::Bool(b)) => Value::Bool(*b),
                Some(AttributeValue::Ip(ip)) => Value::Ip(*ip),
                Some(AttributeValue::String(s)) => Value::String(s.clone()),
            },
        })
    }

    /// The attributes to change: a copy, made at the first change.
    fn writable(&mut self) -> Run<&mut RouteAttributes> {
        if self.changed.is_none() {
            let Some(subject) = self.subject else { return fault("No route to access") };
            self.changed = Some(Box::new(subject.attributes.clone()));
        }
        self.changed.as_deref_mut().map_or_else(|| fault("No route to access"), Ok)
    }

    fn set(&mut self, attr: &Attr, value: Value) -> Run<()> {
        if let Attr::Ifname = attr {
            return self.set_ifname(&value);
        }
        let a = self.writable()?;
        match (attr, value) {
            (Attr::From, Value::Ip(ip)) => a.from = Some(ip),
            (Attr::Gw, Value::Ip(ip)) => {
                let ifindex = a.destination.next_hops().first().map_or(0, |h| h.ifindex);
                a.destination =
                    Destination::Unicast(NextHop { gateway: Some(ip), ifindex, weight: 1, onlink: false });
            }
            (Attr::Dest, Value::Enum(EnumKind::Destination, n)) => {
                a.destination = match n {
                    2 => Destination::Blackhole,
                    3 => Destination::Unreachable,
                    4 => Destination::Prohibit,
                    _ => {
                        return fault(
                            "Destination can be changed only to blackhole, unreachable or prohibit",
                        );
                    }
                };
            }
            (Attr::Scope, Value::Enum(EnumKind::Scope, n)) => a.scope = scope(n),
            (Attr::Preference, Value::Int(n)) => match u16::try_from(n) {
                Ok(n) => a.preference = n,
                Err(_) => return fault("Setting preference value out of bounds"),
            },
            (Attr::Weight, Value::Int(n)) => set_weight(a, n)?,
            (Attr::Onlink, Value::Bool(b)) => {
                if let Destination::Unicast(hop) = &mut a.destination {
                    hop.onlink = b;
                }
            }
            (Attr::Path, Value::Path(path)) => a.bgp.as_path = Some(path),
            (Attr::Origin, Value::Enum(EnumKind::Origin, n)) => {
                a.bgp.origin = Some(match n {
                    0 => Origin::Igp,
                    1 => Origin::Egp,
                    _ => Origin::Incomplete,
                });
            }
            (Attr::NextHop, Value::Ip(ip)) => {
                a.bgp.next_hop = Some(ip);
                a.fresh_next_hop = true;
            }
            (Attr::Med, Value::Int(n)) => {
                a.bgp.med = Some(n);
                a.fresh_med = true;
            }
            (Attr::LocalPref, Value::Int(n)) => a.bgp.local_pref = Some(n),
            (Attr::Community, Value::Clist(list)) => a.bgp.communities = list,
            (Attr::ExtCommunity, Value::Eclist(list)) => a.bgp.rare_mut().ext_communities = list,
            (Attr::LargeCommunity, Value::Lclist(list)) => a.bgp.rare_mut().large_communities = list,
            (Attr::OriginatorId, Value::Quad(n)) => a.bgp.rare_mut().originator_id = Some(n.into()),
            (Attr::OriginatorId, Value::Ip(IpAddr::V4(ip))) => a.bgp.rare_mut().originator_id = Some(ip),
            (Attr::ClusterList, Value::Clist(list)) => a.bgp.rare_mut().cluster_list = list,
            (Attr::Extra(name, _), Value::Int(n)) => a.set_extra(name, Some(AttributeValue::Int(n))),
            (Attr::Extra(name, _), Value::Bool(b)) => a.set_extra(name, Some(AttributeValue::Bool(b))),
            (Attr::Extra(name, _), Value::Ip(ip)) => a.set_extra(name, Some(AttributeValue::Ip(ip))),
            (Attr::Extra(name, _), Value::String(s)) => a.set_extra(name, Some(AttributeValue::String(s))),
            (attr, value) => {
                return fault(format!("Setting {} attribute to non-{} value", attr.ty(), value.ty()));
            }
        }
        a.bgp.normalise();
        Ok(())
    }

    fn set_ifname(&mut self, value: &Value) -> Run<()> {
        let Value::String(name) = value else { return fault("Setting ifname to non-string value") };
        let index = self.subject.and_then(|s| s.surroundings.interface_index(name));
        let Some(ifindex) = index else { return fault("Invalid iface name") };
        let hop = NextHop { gateway: None, ifindex, weight: 1, onlink: false };
        self.writable()?.destination = Destination::Unicast(hop);
        Ok(())
    }

    fn unset(&mut self, attr: &Attr) -> Run<()> {
        let a = self.writable()?;
        match attr {
            Attr::Path => a.bgp.as_path = None,
            Attr::Origin => a.bgp.origin = None,
            Attr::NextHop => a.bgp.next_hop = None,
            Attr::Med => a.bgp.med = None,
            Attr::LocalPref => a.bgp.local_pref = None,
            Attr::AtomicAggr => a.bgp.rare_mut().atomic_aggregate = false,
            Attr::Aggregator => a.bgp.rare_mut().aggregator = None,
            Attr::Community => a.bgp.communities = Box::default(),
            Attr::ExtCommunity => a.bgp.rare_mut().ext_communities = Box::default(),
            Attr::LargeCommunity => a.bgp.rare_mut().large_communities = Box::default(),
            Attr::OriginatorId => a.bgp.rare_mut().originator_id = None,
            Attr::ClusterList => a.bgp.rare_mut().cluster_list = Box::default(),
            Attr::Extra(name, _) => a.set_extra(name, None),
            _ => return fault("Can't unset a static attribute"),
        }
        a.bgp.normalise();
        Ok(())
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

fn set_weight(a: &mut RouteAttributes, n: u32) -> Run<()> {
    let Some(weight) = u16::try_from(n).ok().filter(|w| (1..=256).contains(w)) else {
        return fault("Setting weight value out of bounds");
    };
    match &mut a.destination {
        Destination::Unicast(hop) => hop.weight = weight,
        Destination::Multipath(hops) => hops.iter_mut().for_each(|h| h.weight = weight),
        _ => {}
    }
    Ok(())
}

/// `= < ~ +` and the others, on values.
fn operate(op: Op, a: &Value, b: &Value) -> Run<Value> {
    Ok(match op {
        Op::Eq => Value::Bool(equal(a, b)),
        Op::Ne => Value::Bool(!equal(a, b)),
        Op::Lt | Op::Le | Op::Gt | Op::Ge => {
            let Some(order) = order(a, b) else {
                return fault("Can't compare values of incompatible types");
            };
            Value::Bool(match op {
                Op::Lt => order.is_lt(),
                Op::Le => order.is_le(),
                Op::Gt => order.is_gt(),
                _ => order.is_ge(),
            })
        }
        Op::Match | Op::NotMatch => match matches(a, b) {
            Some(found) => Value::Bool(found == (op == Op::Match)),
            None => return fault("~ applied on unknown type pair"),
        },
        Op::Add | Op::Sub | Op::Mul | Op::Div => {
            let (Value::Int(x), Value::Int(y)) = (a, b) else {
                let (n, bad) = if matches!(a, Value::Int(_)) { (2, b) } else { (1, a) };
                return fault(format!("Argument {n} of {op:?} must be of type int, got type {}", bad.ty()));
            };
            Value::Int(match op {
                Op::Add => x.wrapping_add(*y),
                Op::Sub => x.wrapping_sub(*y),
                Op::Mul => x.wrapping_mul(*y),
                _ if *y == 0 => return fault("Mother told me not to divide by 0"),
                _ => x / y,
            })
        }
        Op::And | Op::Or => return fault("Invalid boolean operation"),
    })
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Quad(q), Value::Ip(IpAddr::V4(ip))) | (Value::Ip(IpAddr::V4(ip)), Value::Quad(q)) => {
            u32::from(*ip) == *q
        }
        _ => a == b,
    }
}

fn order(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Prefix(a), Value::Prefix(b)) => Some((a.ip(), a.prefix()).cmp(&(b.ip(), b.prefix()))),
        _ if a.ty() == b.ty() => Some(Key::of(a)?.cmp(&Key::of(b)?)),
        _ => None,
    }
}

/// `a ~ b`; `None`: these two have no such relation.
fn matches(a: &Value, b: &Value) -> Option<bool> {
    Some(match (a, b) {
        (Value::Prefix(net), Value::PrefixSet(set)) => set.contains(*net),
        (Value::Ip(ip), Value::PrefixSet(set)) => {
            let len = if ip.is_ipv4() { 32 } else { 128 };
            set.contains(IpNetwork::new(*ip, len).ok()?)
        }
        (Value::Prefix(a), Value::Prefix(b)) => a.prefix() >= b.prefix() && b.contains(a.ip()),
        (Value::Ip(ip), Value::Prefix(net)) => net.contains(*ip),
        (Value::Path(path), Value::Mask(mask)) => mask.matches(path),
        (Value::Int(asn), Value::Path(path)) => path.count_as(*asn) > 0,
        (Value::Path(path), Value::Set(set)) => path.ases().any(|a| set.contains(Key::Int(a))),
        (Value::Pair(n) | Value::Quad(n), Value::Clist(list)) => list.contains(n),
        (Value::Ip(IpAddr::V4(ip)), Value::Clist(list)) => list.contains(&u32::from(*ip)),
        (Value::Ec(c), Value::Eclist(list)) => list.contains(c),
        (Value::Lc(c), Value::Lclist(list)) => list.contains(c),
        (Value::Clist(list), Value::Set(set)) => list.iter().any(|n| set.contains(Key::Pair(*n))),
        (Value::Eclist(list), Value::Set(set)) => list.iter().any(|c| set.contains(Key::Ec(*c))),
        (Value::Lclist(list), Value::Set(set)) => list.iter().any(|c| set.contains(Key::Lc(*c))),
        (Value::String(text), Value::String(pattern)) => crate::glob::matches(pattern, text),
        (scalar, Value::Set(set)) => set.contains(Key::of(scalar)?),
        _ => return None,
    })
}

fn access(accessor: Accessor, value: &Value) -> Run<Value> {
    let int = |n: usize| Value::Int(n as u32);
    Ok(match (accessor, value) {
        (Accessor::Len, Value::Prefix(net)) => Value::Int(net.prefix().into()),
        (Accessor::Len, Value::Path(path)) => Value::Int(path.path_len()),
        (Accessor::Len, Value::Clist(list)) => int(list.len()),
        (Accessor::Len, Value::Eclist(list)) => int(list.len()),
        (Accessor::Len, Value::Lclist(list)) => int(list.len()),
        (Accessor::First, Value::Path(path)) => Value::Int(path.first_as().unwrap_or(0)),
        (Accessor::Last, Value::Path(path)) => Value::Int(path.origin_as().unwrap_or(0)),
        (Accessor::LastNonaggregated, Value::Path(path)) => {
            Value::Int(path.last_nonaggregated().unwrap_or(0))
        }
        (Accessor::Ip, Value::Prefix(net)) => Value::Ip(net.ip()),
        (Accessor::Type, Value::Prefix(net)) => Value::Enum(EnumKind::Net, if net.is_ipv4() { 1 } else { 2 }),
        (Accessor::IsV4, Value::Ip(ip)) => Value::Bool(ip.is_ipv4()),
        (Accessor::Asn, Value::Pair(n)) => Value::Int(n >> 16),
        (Accessor::Data, Value::Pair(n)) => Value::Int(n & 0xffff),
        (Accessor::Asn, Value::Lc(c)) => Value::Int(c.global),
        (Accessor::Data1, Value::Lc(c)) => Value::Int(c.data1),
        (Accessor::Data2, Value::Lc(c)) => Value::Int(c.data2),
        (Accessor::Min, Value::Clist(list)) => Value::Pair(list.iter().min().copied().unwrap_or(0)),
        (Accessor::Max, Value::Clist(list)) => Value::Pair(list.iter().max().copied().unwrap_or(0)),
        (_, value) => return fault(format!("No such attribute of a {}", value.ty())),
    })
}

fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Path(path) => path.ases().map(Value::Int).collect(),
        Value::Clist(list) => list.iter().copied().map(Value::Pair).collect(),
        Value::Eclist(list) => list.iter().copied().map(Value::Ec).collect(),
        Value::Lclist(list) => list.iter().copied().map(Value::Lc).collect(),
        _ => Vec::new(),
    }
}

/// An extended community from its kind, key and value (bird.md §2.2: the key's type chooses the form).
fn ec(kind: EcKind, key: &Value, value: u32) -> Run<Value> {
    let sub = match kind {
        EcKind::Target => 0x0002,
        EcKind::Origin => 0x0003,
        EcKind::Unknown(sub) => sub,
        EcKind::Generic => {
            let Value::Int(key) = key else { return fault("Can't operate with key of non-int type") };
            return Ok(Value::Ec(ExtendedCommunity(u64::from(*key) << 32 | u64::from(value))));
        }
    };
    let sub = u64::from(sub) << 48;
    let code = match key {
        Value::Int(n) if *n < 0x1_0000 => sub | u64::from(*n) << 32 | u64::from(value),
        Value::Int(n) if value < 0x1_0000 => 0x0200 << 48 | sub | u64::from(*n) << 16 | u64::from(value),
        Value::Ip(IpAddr::V4(ip)) if value < 0x1_0000 => {
            0x0100 << 48 | sub | u64::from(u32::from(*ip)) << 16 | u64::from(value)
        }
        Value::Int(_) | Value::Ip(_) => {
            return fault("Can't operate with value out of bounds in EC constructor");
        }
        _ => return fault("Can't operate with key of non-integer/IPv4 type in EC constructor"),
    };
    Ok(Value::Ec(ExtendedCommunity(code)))
}

fn list_op(op: ListOp, list: Value, item: &Value) -> Run<Value> {
    Ok(match (op, list) {
        (ListOp::Prepend, Value::Path(path)) => match item {
            Value::Int(asn) => Value::Path(path.prepended(SegmentKind::Sequence, *asn, 1)),
            _ => return fault("Can't prepend non-integer"),
        },
        (ListOp::Delete | ListOp::Filter, Value::Path(path)) => {
            let keep = op == ListOp::Filter;
            let hit: &dyn Fn(u32) -> bool = match item {
                Value::Int(asn) => &|a| a == *asn,
                Value::Set(set) => &|a| set.contains(Key::Int(a)),
                _ => return fault("Can't filter integer path by this"),
            };
            Value::Path(filter_path(&path, |a| hit(a) == keep))
        }
        (op, Value::Clist(list)) => {
            let key = |n: &u32| Key::Pair(*n);
            let one = match item {
                Value::Pair(n) | Value::Quad(n) => vec![*n],
                Value::Ip(IpAddr::V4(ip)) => vec![u32::from(*ip)],
                Value::Clist(other) => other.to_vec(),
                _ => Vec::new(),
            };
            Value::Clist(change_list(op, list, one, item, key)?)
        }
        (op, Value::Eclist(list)) => {
            let one = match item {
                Value::Ec(c) => vec![*c],
                Value::Eclist(other) => other.to_vec(),
                _ => Vec::new(),
            };
            Value::Eclist(change_list(op, list, one, item, |c| Key::Ec(*c))?)
        }
        (op, Value::Lclist(list)) => {
            let one = match item {
                Value::Lc(c) => vec![*c],
                Value::Lclist(other) => other.to_vec(),
                _ => Vec::new(),
            };
            Value::Lclist(change_list(op, list, one, item, |c| Key::Lc(*c))?)
        }
        (_, list) => return fault(format!("Can't add/delete/filter non-list: {}", list.ty())),
    })
}

fn change_list<T: Copy + PartialEq>(
    op: ListOp,
    list: Box<[T]>,
    given: Vec<T>,
    item: &Value,
    key: impl Fn(&T) -> Key,
) -> Run<Box<[T]>> {
    let set = match item {
        Value::Set(set) => Some(set),
        _ if given.is_empty() && !matches!(item, Value::Clist(_) | Value::Eclist(_) | Value::Lclist(_)) => {
            return fault(format!("Can't add/delete/filter a list by {}", item.ty()));
        }
        _ => None,
    };
    let hit = |member: &T| set.map_or_else(|| given.contains(member), |set| set.contains(key(member)));
    Ok(match op {
        ListOp::Add if set.is_some() => return fault("Can't add set"),
        ListOp::Add => {
            let mut list = list.into_vec();
            for new in given {
                if !list.contains(&new) {
                    list.push(new);
                }
            }
            list.into()
        }
        ListOp::Delete => list.iter().copied().filter(|m| !hit(m)).collect(),
        ListOp::Filter => list.iter().copied().filter(hit).collect(),
        ListOp::Prepend => return fault("Can't prepend to a list"),
    })
}

fn filter_path(path: &AsPath, keep: impl Fn(u32) -> bool) -> AsPath {
    let mut builder = AsPathBuilder::default();
    for segment in path.segments() {
        builder.push(segment.kind, &segment.ases().filter(|a| keep(*a)).collect::<Vec<_>>());
    }
    builder.finish()
}

/// The number a source has in filters is its discriminant.
const _: () = assert!(RouteSource::Bgp as u8 == 11);
