//! Faults laid in for the next requests.

use std::time::Duration;

use crate::log::glob;
use crate::status::Failure;

/// What happens to a request that meets a fault.
#[derive(Clone, Debug)]
pub enum Action {
    /// Answer with this failure.
    Fail(Failure),
    /// A watch begins well (200) and its one event is an ERROR with this failure; then it ends.
    ErrorEvent(Failure),
    /// Answer 200 with a body that is no JSON.
    Garbage,
    /// Answer as usual, but break the connection after half of the body (half of the first event of a watch).
    Half,
    /// Wait, then go on as usual (or with the next fault that fits).
    Delay(Duration),
    /// Never answer. The connection stays open.
    Hang,
}

/// A fault for the next requests that fit a pattern; once unless told otherwise.
#[derive(Clone, Debug)]
pub struct Fault {
    pattern: String,
    method: Option<String>,
    pub(crate) action: Action,
    left: Option<usize>,
}

impl Fault {
    /// A fault for the next request whose path fits `pattern`, where `*` stands for any text. A pattern with a `?` is
    /// compared with path and query: `/api/v1/nodes?*watch=true*`.
    pub fn new(pattern: impl Into<String>, action: Action) -> Self {
        Self { pattern: pattern.into(), method: None, action, left: Some(1) }
    }

    /// For requests of this method only.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// For the next `count` requests.
    pub fn times(mut self, count: usize) -> Self {
        self.left = Some(count);
        self
    }

    /// For all requests until [`Handle::clear_faults`](crate::Handle::clear_faults).
    pub fn forever(mut self) -> Self {
        self.left = None;
        self
    }
}

/// The faults in wait, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What happens to a request: the delays that fit up to the first fault of another sort, and that one.
    pub(crate) fn take(&mut self, method: &str, path: &str, query: &str) -> (Duration, Option<Action>) {
        let mut delay = Duration::ZERO;
        let mut hit = None;
        for fault in &mut self.waiting {
            let fits = fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            if hit.is_some() || !fits || !glob(&fault.pattern, path, query) || fault.left == Some(0) {
                continue;
            }
            fault.left = fault.left.map(|left| left - 1);
            match &fault.action {
                Action::Delay(time) => delay += *time,
                action => hit = Some(action.clone()),
            }
        }
        self.waiting.retain(|fault| fault.left != Some(0));
        (delay, hit)
    }
}
