//! Commands in one shape.

use crate::ast::{CompareOp, LogicOp};
use crate::code::{Block, Line, Node, Step};
use crate::types::Dialect;
use crate::value::Value;

use super::print::key;
use super::{condition, ends, is_final, is_pure};

/// A block whose inner blocks are tidy.
pub(super) fn block(steps: Vec<Step>, dialect: Dialect) -> Vec<Step> {
    let mut flat = Vec::with_capacity(steps.len());
    for step in steps {
        let before = flat.len();
        match step {
            Step::If(branches, otherwise, line) => choose(branches.into_vec(), otherwise, line, &mut flat),
            other => flat.push(other),
        }
        if let Some(at) = flat.iter().skip(before).position(is_final) {
            flat.truncate(before + at + 1);
            break;
        }
    }
    let mut flat = merge(flat, dialect);
    // What comes to the same verdict anyway need not be asked.
    while let [.., before, last] = flat.as_slice()
        && lone_verdict(before).is_some_and(|(condition, verdict)| verdict == last && is_pure(condition))
    {
        let last = flat.pop();
        flat.pop();
        flat.extend(last);
    }
    flat
}

/// An `if` without branches that constants decide, without empty ones, without `else` behind one that ends.
fn choose(branches: Vec<(Node, Block)>, otherwise: Block, line: Line, out: &mut Vec<Step>) {
    let (mut list, mut last) = (Vec::with_capacity(branches.len()), otherwise.into_vec());
    for (condition, block) in branches {
        match condition {
            Node::Const(Value::Bool(false)) => {}
            Node::Const(Value::Bool(true)) => {
                last = block.into_vec();
                break;
            }
            _ => list.push((condition, block)),
        }
    }
    loop {
        // `else { if … }`
        if let [Step::If(..)] = last.as_slice()
            && let Some(Step::If(more, otherwise, _)) = last.pop()
        {
            list.extend(more);
            last = otherwise.into_vec();
        }
        while last.is_empty() && list.last().is_some_and(|(c, block)| block.is_empty() && is_pure(c)) {
            list.pop();
        }
        // What follows a branch that ends needs no `else`.
        if list.first().is_some_and(|(_, block)| ends(block)) {
            let (condition, block) = list.remove(0);
            out.push(single(condition, block, line));
            continue;
        }
        // Of two ways, first the one that ends, or else the one that needs no `!`.
        match list.as_mut_slice() {
            [(condition, block)] if ends(&last) || (!last.is_empty() && is_negative(condition)) => {
                let positive = std::mem::replace(condition, Node::Const(Value::Void));
                *condition = condition::not(positive, line);
                last = std::mem::replace(block, last.into()).into_vec();
            }
            _ => break,
        }
    }
    match <[(Node, Block); 1]>::try_from(list) {
        Ok([(condition, block)]) if last.is_empty() => out.push(single(condition, block, line)),
        Ok([(condition, block)]) if block.is_empty() => {
            out.push(single(condition::not(condition, line), last.into(), line));
        }
        Ok(one) => out.push(Step::If(one.into(), last.into(), line)),
        Err(list) if list.is_empty() => out.extend(last),
        Err(list) => out.push(Step::If(list.into(), last.into(), line)),
    }
}

/// Whether a condition says that something is not so.
fn is_negative(condition: &Node) -> bool {
    matches!(condition, Node::Not(..) | Node::Compare(CompareOp::NotEqual | CompareOp::NotMatch, ..))
}

/// `if condition then block`; with an `if` that is all of the block made part of the condition.
fn single(condition: Node, block: Block, line: Line) -> Step {
    let mut block = block.into_vec();
    if let [Step::If(branches, otherwise, _)] = block.as_mut_slice()
        && otherwise.is_empty()
        && let [(inner, steps)] = &mut **branches
    {
        let inner = std::mem::replace(inner, Node::Const(Value::Void));
        let both = condition::join(LogicOp::And, vec![condition, inner]);
        return Step::If(Box::new([(both, std::mem::take(steps))]), Block::default(), line);
    }
    Step::If(Box::new([(condition, block.into())]), Block::default(), line)
}

/// `if condition then verdict;` without anything else: both.
fn lone_verdict(step: &Step) -> Option<(&Node, &Step)> {
    let Step::If(branches, otherwise, _) = step else { return None };
    let [(condition, block)] = &**branches else { return None };
    let [verdict] = &**block else { return None };
    let plain = matches!(verdict, Step::Accept(m) | Step::Reject(m) | Step::Error(m) if m.is_empty());
    (plain && otherwise.is_empty()).then_some((condition, verdict))
}

/// Makes one of neighbors that come to the same verdict, whichever of them holds, in one order.
fn merge(steps: Vec<Step>, dialect: Dialect) -> Vec<Step> {
    let mut out = Vec::with_capacity(steps.len());
    let mut run: Vec<Node> = Vec::new();
    let mut verdict: Option<Step> = None;
    for step in steps {
        let lone = lone_verdict(&step).filter(|(condition, _)| is_pure(condition));
        let Some((condition, reached)) = lone else {
            flush(&mut run, verdict.take(), dialect, &mut out);
            out.push(step);
            continue;
        };
        if verdict.as_ref() != Some(reached) {
            flush(&mut run, verdict.take(), dialect, &mut out);
            verdict = Some(reached.clone());
        }
        run.push(condition.clone());
    }
    flush(&mut run, verdict, dialect, &mut out);
    out
}

fn flush(run: &mut Vec<Node>, verdict: Option<Step>, dialect: Dialect, out: &mut Vec<Step>) {
    let Some(verdict) = verdict else { return };
    let choices = condition::join(LogicOp::Or, std::mem::take(run));
    let condition = in_order(choices, dialect);
    out.push(Step::If(Box::new([(condition, Box::new([verdict]))]), Block::default(), Line(0)));
}

/// The choices of `||` in one order, at any depth. All of it is pure.
fn in_order(node: Node, dialect: Dialect) -> Node {
    let Node::Logic(first, rest, line) = node else { return node };
    let choices = rest.iter().all(|(op, _)| *op == LogicOp::Or);
    let first = Box::new(in_order(*first, dialect));
    let rest = rest.into_iter().map(|(op, n)| (op, in_order(n, dialect))).collect();
    let node = Node::Logic(first, rest, line);
    if !choices {
        return node;
    }
    let all = condition::parts(LogicOp::Or, node).into_iter();
    let mut sorted: Vec<(String, Node)> = all.map(|node| (key(&node, dialect), node)).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted.dedup_by(|a, b| a.0 == b.0);
    condition::join(LogicOp::Or, sorted.into_iter().map(|(_, node)| node).collect())
}
