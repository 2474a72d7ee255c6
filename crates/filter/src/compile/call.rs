//! Calls: functions, what is built in, accessors.

use super::{Lower, Typed};
use crate::Diagnostic;
use crate::ast::{Expr, ExprKind, Ident};
use crate::attribute::{self, Access};
use crate::code::{Accessor, Line, ListOp, Node};
use crate::parser::Parsed;
use crate::symbols::{Symbol, SymbolClass};
use crate::types::{EnumKind, Type};

use super::expression::{convert, type_error};

const BUILT_IN: &[&str] = &["defined", "format", "prepend", "add", "delete", "filter", "unset"];

impl Lower<'_> {
    /// `name(arguments)`.
    pub(super) fn call(&mut self, name: &Ident, arguments: &[Expr], whole: &Expr) -> Parsed<Typed> {
        let line = Line(whole.line);
        if let Some((this, types)) = self.this.clone()
            && this.name == name.name
        {
            let nodes = self.call_arguments(name, &types, arguments)?;
            let of = self.result.unwrap_or(Type::Dynamic);
            return Ok(Typed { node: Node::CallSelf(nodes, line), of });
        }
        if self.variable(&name.name).is_none() {
            match self.symbols.get(&name.name) {
                Some(Symbol::Function(function)) => {
                    let function = function.clone();
                    self.sets.extend(function.code.sets.iter().cloned());
                    function.code.roas.iter().for_each(|roas| self.asks(roas));
                    self.height = self.height.max(function.height);
                    let nodes = self.call_arguments(name, &function.arguments, arguments)?;
                    return Ok(Typed { of: function.result, node: Node::Call(function, nodes, line) });
                }
                None => {
                    return match self.built_in(name, arguments, whole)? {
                        Some(built_in) => Ok(built_in),
                        None => Err(self.undefined_function(name)),
                    };
                }
                Some(_) => {}
            }
        }
        Err(Diagnostic::error(name.span, "You can't call something which is not a function. Really."))
    }

    fn undefined_function(&self, name: &Ident) -> Diagnostic {
        let functions = self.symbols.names_of(SymbolClass::Function);
        let near = crate::suggest::did_you_mean(&name.name, functions.chain(BUILT_IN.iter().copied()));
        let error = self.undefined(name);
        match near {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error,
        }
    }

    fn call_arguments(&mut self, name: &Ident, types: &[Type], arguments: &[Expr]) -> Parsed<Box<[Node]>> {
        check_count(name, types.len(), arguments)?;
        let mut nodes = Vec::with_capacity(arguments.len());
        for (i, (wanted, argument)) in types.iter().zip(arguments).enumerate() {
            let typed = self.expression(argument)?;
            if !wanted.takes(typed.of) {
                let message =
                    format!("Argument {} of '{}' must be {wanted}, got {}", i + 1, name.name, typed.of);
                return Err(Diagnostic::error(argument.span, message).label(format!("expected {wanted}")));
            }
            nodes.push(convert(typed.node, *wanted));
        }
        Ok(nodes.into())
    }

    fn built_in(&mut self, name: &Ident, arguments: &[Expr], whole: &Expr) -> Parsed<Option<Typed>> {
        let op = match &*name.name {
            "defined" | "format" => {
                check_count(name, 1, arguments)?;
                let [argument] = arguments else { return Ok(None) };
                return Ok(Some(if &*name.name == "defined" {
                    self.defined(argument)?
                } else {
                    let node = self.expression(argument)?.node;
                    Typed { node: Node::Format(Box::new(node)), of: Type::String }
                }));
            }
            "roa_check" => return self.roa_check(arguments, whole).map(Some),
            "aspa_check" | "aspa_check_upstream" | "aspa_check_downstream" => {
                return Err(Diagnostic::error(whole.span, "ASPA tables are not supported"));
            }
            word => match list_op(word) {
                Some(op) => op,
                None => return Ok(None),
            },
        };
        check_count(name, 2, arguments)?;
        let [target, argument] = arguments else { return Ok(None) };
        self.list_operation(op, target, argument, whole).map(Some)
    }

    /// `roa_check(TABLE)` or `roa_check(TABLE, net, asn)`.
    fn roa_check(&mut self, arguments: &[Expr], whole: &Expr) -> Parsed<Typed> {
        let (table, of) = match arguments {
            [table] => (table, None),
            [table, net, asn] => {
                let net = self.typed(net, Type::Prefix, (1, "ROA_CHECK"))?;
                let asn = self.typed(asn, Type::Int, (2, "ROA_CHECK"))?;
                (table, Some(Box::new((net, asn))))
            }
            _ => {
                let error =
                    Diagnostic::error(whole.span, "roa_check expects a table, or a table, a net and an AS");
                return Err(error.help("write roa_check(TABLE) or roa_check(TABLE, net, asn)"));
            }
        };
        let ExprKind::Name(name) = &table.kind else {
            return Err(Diagnostic::error(table.span, "The name of a ROA table is expected here"));
        };
        match self.symbols.get(name) {
            Some(Symbol::Roa(roas)) => {
                let roas = roas.clone();
                self.asks(&roas);
                let node = Node::RoaCheck(roas, of, Line(whole.line));
                Ok(Typed { node, of: Type::Enum(EnumKind::Roa) })
            }
            Some(symbol) => Err(Diagnostic::error(table.span, format!("'{name}' is not a ROA table"))
                .label(format!("is a {}", symbol.class().name()))),
            None => Err(self.undefined(&Ident { name: name.clone(), span: table.span })),
        }
    }

    fn defined(&mut self, argument: &Expr) -> Parsed<Typed> {
        // The only look at an opaque attribute there is.
        if let ExprKind::Name(name) = &argument.kind
            && self.variable(name).is_none()
            && self.symbols.get(name).is_none()
            && let Some((attribute, _, Access::Opaque)) = attribute::find(name, self.symbols.dialect)
        {
            let node = Node::Defined(Box::new(Node::Attribute(attribute)));
            return Ok(Typed { node, of: Type::Bool });
        }
        let node = self.expression(argument)?.node;
        Ok(Typed { node: Node::Defined(Box::new(node)), of: Type::Bool })
    }

    /// `receiver.name` or `receiver.name(arguments)`.
    pub(super) fn method(
        &mut self,
        receiver: &Expr,
        name: &Ident,
        arguments: Option<&[Expr]>,
        whole: &Expr,
    ) -> Parsed<Typed> {
        match (&*name.name, arguments) {
            ("mask", Some([length])) => {
                let ip = self.typed(receiver, Type::Ip, (1, "IP_MASK"))?;
                let length = self.typed(length, Type::Int, (2, "IP_MASK"))?;
                let node = Node::IpMask(Box::new((ip, length)), Line(whole.line));
                return Ok(Typed { node, of: Type::Ip });
            }
            (word, Some([argument])) if list_op(word).is_some() => {
                let op = list_op(word).unwrap_or(ListOp::Add);
                return self.list_operation(op, receiver, argument, whole);
            }
            (_, Some([]) | None) => {}
            _ => return Err(Diagnostic::error(name.span, format!("Wrong arguments of '{}'", name.name))),
        }
        let typed = self.expression(receiver)?;
        let Some(accessor) = ACCESSORS.iter().find(|(n, _)| *n == &*name.name).map(|(_, a)| *a) else {
            let error = Diagnostic::error(name.span, "syntax error, unexpected CF_SYM_UNDEFINED")
                .label(format!("no value has '{}'", name.name));
            let near = crate::suggest::did_you_mean(&name.name, ACCESSORS.iter().map(|(n, _)| *n));
            return Err(match near {
                Some(near) => error.help(format!("did you mean '{near}'?")),
                None => error,
            });
        };
        let Some(of) = access_type(accessor, typed.of) else {
            return Err(Diagnostic::error(whole.span, accessor.wants()).label(format!("is {}", typed.of)));
        };
        Ok(Typed { node: Node::Accessor(accessor, Box::new(typed.node), Line(whole.line)), of })
    }

    /// `op(target, argument)`: a changed copy of a path or list.
    pub(super) fn list_operation(
        &mut self,
        op: ListOp,
        target: &Expr,
        argument: &Expr,
        whole: &Expr,
    ) -> Parsed<Typed> {
        let list = self.expression(target)?;
        let name = match (op, list.of) {
            (ListOp::Prepend, _) => "PATH_PREPEND",
            (ListOp::Add, _) => "CLIST_ADD",
            (ListOp::Delete, _) => "CLIST_DEL",
            (ListOp::Filter, _) => "CLIST_FILTER",
        };
        let wanted = match (op, list.of) {
            (_, Type::Path | Type::Dynamic) => None,
            (ListOp::Prepend, _) => Some("bgppath"),
            (_, Type::Clist | Type::Eclist | Type::Lclist) => None,
            _ => Some("clist"),
        };
        if let Some(wanted) = wanted {
            return Err(type_error(target, (1, name), wanted, list.of));
        }
        let item = self.list_argument(op, argument)?;
        let node = Node::List(op, Box::new((list.node, item)), Line(whole.line));
        Ok(Typed { node, of: list.of })
    }

    /// What a path or list is changed with. What does not fit is an error of the route it happens
    /// on, as in BIRD, but for what is prepended.
    pub(super) fn list_argument(&mut self, op: ListOp, argument: &Expr) -> Parsed<Node> {
        match op {
            ListOp::Prepend => self.typed(argument, Type::Int, (2, "PATH_PREPEND")),
            _ => self.expression(argument).map(|item| item.node),
        }
    }
}

fn check_count(name: &Ident, wanted: usize, arguments: &[Expr]) -> Parsed<()> {
    let got = arguments.len();
    if got == wanted {
        return Ok(());
    }
    let message = format!("Function '{}' expects {wanted} arguments, got {got} arguments", name.name);
    Err(Diagnostic::error(name.span, message))
}

const ACCESSORS: &[(&str, Accessor)] = &[
    ("len", Accessor::Len),
    ("first", Accessor::First),
    ("last", Accessor::Last),
    ("last_nonaggregated", Accessor::LastNonaggregated),
    ("ip", Accessor::Ip),
    ("type", Accessor::NetType),
    ("is_v4", Accessor::IsV4),
    ("asn", Accessor::Asn),
    ("data", Accessor::Data),
    ("data1", Accessor::Data1),
    ("data2", Accessor::Data2),
    ("min", Accessor::Min),
    ("max", Accessor::Max),
    ("maxlen", Accessor::MaxLen),
    ("rd", Accessor::Rd),
    ("src", Accessor::Src),
    ("dst", Accessor::Dst),
    ("empty", Accessor::Empty),
];

impl Accessor {
    /// BIRD's words for a value that does not have it.
    pub(crate) fn wants(self) -> &'static str {
        match self {
            Self::Len => "Prefix, path, clist or eclist expected",
            Self::First | Self::Last | Self::LastNonaggregated => "AS path expected",
            Self::Ip | Self::NetType => "Prefix expected",
            Self::IsV4 => "IP address expected",
            Self::Data1 | Self::Data2 => "Large community expected",
            Self::Asn => "Net type, pair or large community expected",
            Self::MaxLen => "ROA expected",
            Self::Rd => "VPN address expected",
            Self::Src => "SADR or flow expected",
            Self::Dst => "Flow expected",
            Self::Data => "Pair expected",
            Self::Min | Self::Max => "Clist or lclist expected",
            Self::Empty => "Path or clist expected",
        }
    }
}

/// The list operation of a name.
pub(super) fn list_op(name: &str) -> Option<ListOp> {
    Some(match name {
        "prepend" => ListOp::Prepend,
        "add" => ListOp::Add,
        "delete" => ListOp::Delete,
        "filter" => ListOp::Filter,
        _ => return None,
    })
}

/// What `.accessor` of a type gives; `None` if it has no such thing.
fn access_type(accessor: Accessor, of: Type) -> Option<Type> {
    let list = matches!(of, Type::Path | Type::Clist | Type::Eclist | Type::Lclist);
    Some(match (accessor, of) {
        (Accessor::Len, Type::Prefix | Type::Dynamic) => Type::Int,
        (Accessor::Len, _) if list => Type::Int,
        (Accessor::First | Accessor::Last | Accessor::LastNonaggregated, Type::Path | Type::Dynamic) => {
            Type::Int
        }
        (Accessor::Ip, Type::Prefix | Type::Dynamic) => Type::Ip,
        (Accessor::NetType, Type::Prefix | Type::Dynamic) => Type::Enum(EnumKind::Net),
        (Accessor::IsV4, Type::Ip | Type::Dynamic) => Type::Bool,
        (Accessor::Asn, Type::Pair | Type::Lc | Type::Prefix | Type::Dynamic) => Type::Int,
        (Accessor::MaxLen, Type::Prefix | Type::Dynamic) => Type::Int,
        (Accessor::Src | Accessor::Dst, Type::Prefix | Type::Dynamic) => Type::Prefix,
        (Accessor::Rd, Type::Prefix | Type::Dynamic) => Type::Dynamic,
        (Accessor::Data, Type::Pair | Type::Dynamic) => Type::Int,
        (Accessor::Data1 | Accessor::Data2, Type::Lc | Type::Dynamic) => Type::Int,
        (Accessor::Min | Accessor::Max, Type::Clist) => Type::Pair,
        (Accessor::Min | Accessor::Max, Type::Eclist) => Type::Ec,
        (Accessor::Min | Accessor::Max, Type::Lclist) => Type::Lc,
        (Accessor::Min | Accessor::Max | Accessor::Empty, Type::Dynamic) => Type::Dynamic,
        (Accessor::Empty, _) if list => of,
        _ => return None,
    })
}
