//! Terms.

use std::sync::Arc;

use crate::Diagnostic;
use crate::lexer::Token;
use crate::tree::{Accessor, EcKind, Expr, Function, ListOp, Op};
use crate::value::{Type, Value, enum_constant};

use super::{Compiler, DEPTH_MAX, Done, Symbol, type_of};

impl Compiler<'_, '_> {
    /// A term: `&& ||` of one level, comparisons that do not associate, `+ -`, `* /`, `!`, `.`.
    pub(crate) fn expression(&mut self) -> Done<Expr> {
        self.logic(0)
    }

    /// A term that is known now.
    pub(crate) fn constant(&mut self) -> Done<(Value, crate::Span)> {
        let span = self.parser.span();
        let expr = self.expression()?;
        self.fold(&expr, span).map(|value| (value, span))
    }

    pub(super) fn fold(&self, expr: &Expr, span: crate::Span) -> Done<Value> {
        crate::eval::constant(expr, self.dialect16).map_err(|text| {
            Diagnostic::error(span, format!("Runtime error: {text}")).label("a value known now is wanted")
        })
    }

    fn logic(&mut self, depth: usize) -> Done<Expr> {
        if depth > DEPTH_MAX {
            return Err(Diagnostic::error(self.parser.span(), "Too many nested terms"));
        }
        let mut left = self.comparison(depth)?;
        loop {
            let span = self.parser.span();
            let op = match self.parser.peek() {
                Token::Punct("&&") => Op::And,
                Token::Punct("||") => Op::Or,
                _ => return Ok(left),
            };
            self.parser.next();
            let right = self.comparison(depth)?;
            for (n, side) in [(1, &left), (2, &right)] {
                if let Some(ty) = type_of(side, &self.scope).filter(|t| !matches!(t, Type::Bool | Type::Void))
                {
                    let name = if op == Op::And { "AND" } else { "OR" };
                    let text = format!("Argument {n} of {name} must be of type bool, got type {ty}");
                    return Err(Diagnostic::error(span, text).label(format!("one side is of type {ty}")));
                }
            }
            left = binary(op, left, right);
        }
    }

    fn comparison(&mut self, depth: usize) -> Done<Expr> {
        let left = self.sum(depth)?;
        let span = self.parser.span();
        let op = match self.parser.peek() {
            Token::Punct("=") => Op::Eq,
            Token::Punct("!=") => Op::Ne,
            Token::Punct("<") => Op::Lt,
            Token::Punct("<=") => Op::Le,
            Token::Punct(">") => Op::Gt,
            Token::Punct(">=") => Op::Ge,
            Token::Punct("~") => Op::Match,
            Token::Punct("!~") => Op::NotMatch,
            _ => return Ok(left),
        };
        self.parser.next();
        let right = self.sum(depth)?;
        self.check_comparison(op, &left, &right, span)?;
        Ok(binary(op, left, right))
    }

    fn check_comparison(&self, op: Op, left: &Expr, right: &Expr, span: crate::Span) -> Done<()> {
        let (Some(a), Some(b)) = (type_of(left, &self.scope), type_of(right, &self.scope)) else {
            return Ok(());
        };
        if a == Type::Void || b == Type::Void {
            return Ok(());
        }
        let good = match op {
            Op::Lt | Op::Le | Op::Gt | Op::Ge => a == b,
            Op::Match | Op::NotMatch => matchable(a, b),
            _ => true,
        };
        if good {
            return Ok(());
        }
        let text = match op {
            Op::Match | Op::NotMatch => format!("Arguments 1 and 2 of MATCH have no relation: {a} ~ {b}"),
            _ => "Arguments 1 and 2 of LT must be of the same type".to_owned(),
        };
        Err(Diagnostic::error(span, text).label(format!("{a} on the left, {b} on the right")))
    }

    fn sum(&mut self, depth: usize) -> Done<Expr> {
        let mut left = self.product(depth)?;
        loop {
            let op = match self.parser.peek() {
                Token::Punct("+") => Op::Add,
                Token::Punct("-") => Op::Sub,
                _ => return Ok(left),
            };
            let span = self.parser.span();
            self.parser.next();
            let right = self.product(depth)?;
            self.check_numbers(op, &left, &right, span)?;
            left = binary(op, left, right);
        }
    }

    fn product(&mut self, depth: usize) -> Done<Expr> {
        let mut left = self.unary(depth)?;
        loop {
            let op = match self.parser.peek() {
                Token::Punct("*") => Op::Mul,
                Token::Punct("/") => Op::Div,
                _ => return Ok(left),
            };
            let span = self.parser.span();
            self.parser.next();
            let right = self.unary(depth)?;
            self.check_numbers(op, &left, &right, span)?;
            left = binary(op, left, right);
        }
    }

    fn check_numbers(&self, op: Op, left: &Expr, right: &Expr, span: crate::Span) -> Done<()> {
        for (n, side) in [(1, left), (2, right)] {
            if let Some(ty) = type_of(side, &self.scope).filter(|t| !matches!(t, Type::Int | Type::Void)) {
                let name = format!("{op:?}").to_uppercase();
                return Err(Diagnostic::error(
                    span,
                    format!("Argument {n} of {name} must be of type int, got type {ty}"),
                )
                .label("numbers are wanted on both sides"));
            }
        }
        Ok(())
    }

    fn unary(&mut self, depth: usize) -> Done<Expr> {
        if depth > DEPTH_MAX {
            return Err(Diagnostic::error(self.parser.span(), "Too many nested terms"));
        }
        if self.parser.eat_punct("!") {
            let inner = self.unary(depth + 1)?;
            return Ok(match inner {
                Expr::Const(Value::Bool(b)) => Expr::Const(Value::Bool(!b)),
                inner => Expr::Not(Box::new(inner)),
            });
        }
        let mut term = self.primary(depth)?;
        while self.parser.is_punct(".") {
            self.parser.next();
            term = self.accessor(term)?;
        }
        Ok(term)
    }

    fn accessor(&mut self, term: Expr) -> Done<Expr> {
        let (name, span) = self.parser.expect_name("an accessor")?;
        let accessor = match name.as_str() {
            "len" => Accessor::Len,
            "first" => Accessor::First,
            "last" => Accessor::Last,
            "last_nonaggregated" => Accessor::LastNonaggregated,
            "ip" => Accessor::Ip,
            "type" => Accessor::Type,
            "is_v4" => Accessor::IsV4,
            "asn" => Accessor::Asn,
            "data" => Accessor::Data,
            "data1" => Accessor::Data1,
            "data2" => Accessor::Data2,
            "min" => Accessor::Min,
            "max" => Accessor::Max,
            "mask" => {
                self.parser.expect_punct("(")?;
                let len = self.expression()?;
                self.parser.expect_punct(")")?;
                return Ok(Expr::Mask(Box::new((term, len))));
            }
            "prepend" | "add" | "delete" | "filter" => {
                let op = list_op(&name).unwrap_or(ListOp::Add);
                self.parser.expect_punct("(")?;
                let item = self.expression()?;
                self.parser.expect_punct(")")?;
                return Ok(Expr::List(op, Box::new((term, item))));
            }
            _ => {
                return Err(Diagnostic::error(span, format!("syntax error, unexpected {name}"))
                    .label("no such accessor")
                    .help(
                        "accessors are len, first, last, last_nonaggregated, ip, type, mask(…), asn, data, …",
                    ));
            }
        };
        Ok(Expr::Access(accessor, Box::new(term)))
    }

    fn primary(&mut self, depth: usize) -> Done<Expr> {
        let span = self.parser.span();
        let value = match self.parser.peek().clone() {
            Token::Number(n) => Value::Int(n),
            Token::Ip(ip) => Value::Ip(ip),
            Token::Prefix(net) => Value::Prefix(net),
            Token::Str(text) => Value::String(text.into()),
            Token::Punct("(") => return self.parenthesis(depth),
            Token::Punct("[") => return self.set().map(Expr::Const),
            Token::Punct("[=") => return self.path_mask().map(Expr::Const),
            Token::Punct(sign @ ("+" | "-")) => return self.empty_list(sign),
            Token::Symbol(name) => return self.name(&name, span, depth),
            _ => return Err(self.parser.unexpected("a value")),
        };
        self.parser.next();
        Ok(Expr::Const(value))
    }

    /// `(a)`, `(a, b)`, `(rt, a, b)`, `(a, b, c)`.
    fn parenthesis(&mut self, depth: usize) -> Done<Expr> {
        self.parser.expect_punct("(")?;
        if let Some(kind) = self.ec_kind()? {
            self.parser.expect_punct(",")?;
            let key = self.logic(depth + 1)?;
            self.parser.expect_punct(",")?;
            let value = self.logic(depth + 1)?;
            self.parser.expect_punct(")")?;
            return Ok(self.folded(Expr::Ec(kind, Box::new((key, value)))));
        }
        let first = self.logic(depth + 1)?;
        if self.parser.eat_punct(")") {
            return Ok(first);
        }
        self.parser.expect_punct(",")?;
        let second = self.logic(depth + 1)?;
        let built = if self.parser.eat_punct(",") {
            let third = self.logic(depth + 1)?;
            Expr::Lc(Box::new((first, second, third)))
        } else {
            Expr::Pair(Box::new((first, second)))
        };
        self.parser.expect_punct(")")?;
        Ok(self.folded(built))
    }

    /// Computes what depends on constants alone; what cannot be computed fails when it runs.
    fn folded(&self, expr: Expr) -> Expr {
        let fixed = match &expr {
            Expr::Pair(s) | Expr::Ec(_, s) => [&s.0, &s.1].iter().all(|e| matches!(e, Expr::Const(_))),
            Expr::Lc(s) => [&s.0, &s.1, &s.2].iter().all(|e| matches!(e, Expr::Const(_))),
            _ => false,
        };
        match crate::eval::constant(&expr, self.dialect16) {
            Ok(value) if fixed => Expr::Const(value),
            _ => expr,
        }
    }

    pub(super) fn ec_kind(&mut self) -> Done<Option<EcKind>> {
        let Token::Symbol(name) = self.parser.peek() else { return Ok(None) };
        let followed = matches!(self.parser.peek2(), Token::Punct(",") | Token::Number(_));
        let kind = match name.as_str() {
            "rt" if followed => EcKind::Target,
            "ro" if followed => EcKind::Origin,
            "generic" if followed => EcKind::Generic,
            "unknown" if followed => {
                self.parser.next();
                let Token::Number(n) = self.parser.next() else {
                    return Err(self.parser.unexpected("a number"));
                };
                return Ok(Some(EcKind::Unknown(n)));
            }
            _ => return Ok(None),
        };
        self.parser.next();
        Ok(Some(kind))
    }

    /// `+empty+`, `-empty-`, `--empty--`, `---empty---`.
    fn empty_list(&mut self, sign: &'static str) -> Done<Expr> {
        let count = |this: &mut Self| {
            let mut n = 0;
            while n < 3 && this.parser.eat_punct(sign) {
                n += 1;
            }
            n
        };
        let before = count(self);
        self.parser.expect_symbol("empty")?;
        let after = count(self);
        let value = match (sign, before, after) {
            ("+", 1, 1) => Value::Path(godwit_wire::AsPath::empty()),
            ("-", 1, 1) => Value::Clist(Box::default()),
            ("-", 2, 2) => Value::Eclist(Box::default()),
            ("-", 3, 3) => Value::Lclist(Box::default()),
            _ => return Err(self.parser.unexpected("+empty+, -empty-, --empty-- or ---empty---")),
        };
        Ok(Expr::Const(value))
    }

    fn name(&mut self, name: &str, span: crate::Span, depth: usize) -> Done<Expr> {
        self.parser.next();
        if let Some((slot, _)) = self.variable(name) {
            return Ok(Expr::Local(slot));
        }
        match self.symbols.get(name) {
            Some(Symbol::Constant(value)) => return Ok(Expr::Const(value.clone())),
            Some(Symbol::Function(function)) => return self.call_arguments(function.clone(), name),
            Some(Symbol::Attribute(attr)) => return Ok(Expr::Attr(attr.clone())),
            _ => {}
        }
        match name {
            "true" => return Ok(Expr::Const(Value::Bool(true))),
            "false" => return Ok(Expr::Const(Value::Bool(false))),
            _ => {}
        }
        if self.parser.is_punct("(") {
            return self.builtin(name, span, depth);
        }
        if let Some(value) = enum_constant(name) {
            return Ok(Expr::Const(value));
        }
        match self.attribute(name) {
            Some(attr) => Ok(Expr::Attr(attr)),
            None => Err(self.undefined(name, span)),
        }
    }

    /// Functions that are part of the language.
    fn builtin(&mut self, name: &str, span: crate::Span, depth: usize) -> Done<Expr> {
        self.parser.expect_punct("(")?;
        let expr = match name {
            "defined" => Expr::Defined(Box::new(self.logic(depth + 1)?)),
            "format" => Expr::Format(Box::new(self.logic(depth + 1)?)),
            "prepend" | "add" | "delete" | "filter" => {
                let list = self.logic(depth + 1)?;
                self.parser.expect_punct(",")?;
                let item = self.logic(depth + 1)?;
                Expr::List(list_op(name).unwrap_or(ListOp::Add), Box::new((list, item)))
            }
            "roa_check" | "aspa_check" => {
                return Err(Diagnostic::error(span, format!("{name} is not supported yet"))
                    .help("ROA tables come with the rpki protocol"));
            }
            _ => return Err(self.undefined(name, span)),
        };
        self.parser.expect_punct(")")?;
        Ok(expr)
    }

    pub(super) fn call_arguments(&mut self, function: Arc<Function>, name: &str) -> Done<Expr> {
        let span = self.parser.span();
        self.parser.expect_punct("(")?;
        let mut args = Vec::new();
        while !self.parser.eat_punct(")") {
            let at = self.parser.span();
            let arg = self.expression()?;
            let wanted = function.args.get(args.len()).copied();
            if let (Some(wanted), Some(got)) = (wanted, type_of(&arg, &self.scope))
                && wanted != got
                && !matches!(
                    (wanted, got),
                    (_, Type::Void) | (Type::Quad, Type::Ip) | (Type::PrefixSet, Type::Set)
                )
            {
                let text = format!("Argument {} of '{name}' must be {wanted}, got {got}", args.len() + 1);
                return Err(Diagnostic::error(at, text));
            }
            args.push(arg);
            if !self.parser.eat_punct(",") {
                self.parser.expect_punct(")")?;
                break;
            }
        }
        if args.len() != function.args.len() {
            let text = format!(
                "Function '{name}' expects {} arguments, got {} arguments",
                function.args.len(),
                args.len()
            );
            return Err(Diagnostic::error(span, text));
        }
        Ok(Expr::Call(function, args))
    }
}

/// An operation, computed now if both sides are known and it does not fail.
fn binary(op: Op, left: Expr, right: Expr) -> Expr {
    let fixed = matches!((&left, &right), (Expr::Const(_), Expr::Const(_)));
    let expr = Expr::Binary(op, Box::new((left, right)));
    match crate::eval::constant(&expr, false) {
        Ok(value) if fixed => Expr::Const(value),
        _ => expr,
    }
}

fn list_op(name: &str) -> Option<ListOp> {
    Some(match name {
        "prepend" => ListOp::Prepend,
        "add" => ListOp::Add,
        "delete" => ListOp::Delete,
        "filter" => ListOp::Filter,
        _ => return None,
    })
}

/// Whether `a ~ b` has a meaning.
fn matchable(a: Type, b: Type) -> bool {
    match b {
        Type::Set => {
            !matches!(a, Type::Bool | Type::Prefix | Type::String | Type::Mask | Type::Set | Type::PrefixSet)
        }
        Type::PrefixSet => matches!(a, Type::Prefix | Type::Ip),
        Type::Prefix => matches!(a, Type::Prefix | Type::Ip),
        Type::Mask => a == Type::Path,
        Type::Path => a == Type::Int,
        Type::Clist => matches!(a, Type::Pair | Type::Quad | Type::Ip),
        Type::Eclist => a == Type::Ec,
        Type::Lclist => a == Type::Lc,
        Type::String => a == Type::String,
        _ => false,
    }
}
