//! What is to be done about the difference, and what became of it.

use super::{Fib, Operation};

impl Fib {
    /// The next changes to make, at most `max`. None before the first dump is complete.
    pub fn plan(&mut self, max: usize) -> Vec<Operation> {
        let mut operations = Vec::new();
        if !self.synced {
            return operations;
        }
        while operations.len() < max
            && let Some(net) = self.queue.pop_front()
        {
            let held = self.is_held(net);
            let Some(entry) = self.entries.get_mut(&net) else { continue };
            if held && !entry.in_place {
                self.held.insert(net);
                continue;
            }
            entry.queued = false;
            if entry.in_place {
                // It was seen as wanted in the meantime.
                continue;
            }
            match (&entry.wanted, entry.installed) {
                (Some(wanted), installed) => {
                    let wanted = wanted.clone();
                    let metric = self.effective_metric(wanted.metric);
                    let old = installed.filter(|m| *m != metric);
                    let room = max - operations.len();
                    let Some(entry) = self.entries.get_mut(&net) else { continue };
                    if old.is_some() && room < 2 {
                        entry.queued = true;
                        self.queue.push_front(net);
                        if let Some(old) = old.filter(|_| operations.is_empty()) {
                            // So small a plan never has room for both.
                            entry.installed = None;
                            operations.push(Operation::Delete(self.identity(net, old)));
                        }
                        break;
                    }
                    (entry.installed, entry.in_place) = (Some(metric), true);
                    let route = self.kernel_route(net, wanted);
                    operations.push(match installed {
                        Some(same) if same == metric => Operation::Replace(route),
                        _ => Operation::Add(route),
                    });
                    // The new one first: there is a route at every moment.
                    operations.extend(old.map(|old| Operation::Delete(self.identity(net, old))));
                }
                (None, Some(metric)) => {
                    operations.push(Operation::Delete(self.identity(net, metric)));
                    self.entries.remove(&net);
                }
                (None, None) => {
                    self.entries.remove(&net);
                }
            }
        }
        if self.fed && !self.recovering {
            while operations.len() < max
                && let Some((_, stray)) = self.strays.pop_first()
            {
                operations.push(Operation::Delete(stray));
            }
        }
        operations
    }

    /// Whether [`Fib::plan`] has something to do.
    pub fn has_plan(&self) -> bool {
        self.synced && (!self.queue.is_empty() || (self.fed && !self.recovering && !self.strays.is_empty()))
    }

    /// What became of an operation: `None`, or the error number. Whether this is news: not the same
    /// refusal as the last time this was tried.
    pub fn result(&mut self, operation: &Operation, error: Option<i32>) -> bool {
        let last = match (operation, error) {
            (Operation::Delete(_), _) => None,
            (_, Some(code)) => self.refused.insert(operation.net(), code),
            (_, None) => self.refused.remove(&operation.net()),
        };
        match (operation, error) {
            (Operation::Add(_) | Operation::Replace(_), None) => self.counters.replaced += 1,
            (Operation::Delete(_), None) => self.counters.deleted += 1,
            (Operation::Add(route) | Operation::Replace(route), Some(_)) => {
                self.counters.refused += 1;
                if let Some(entry) = self.entries.get_mut(&route.net) {
                    entry.in_place = false;
                    // A route that was to be replaced is still there and goes with the next change.
                    if matches!(operation, Operation::Add(_)) {
                        entry.installed = None;
                    }
                }
            }
            (Operation::Delete(_), Some(_)) => self.counters.refused += 1,
        }
        last != error
    }

    /// Tries everything again that the kernel refused. How many there are.
    pub fn retry_refused(&mut self) -> usize {
        let mut again = Vec::new();
        for net in self.refused.keys() {
            if let Some(entry) = self.entries.get_mut(net).filter(|e| !e.queued) {
                entry.queued = true;
                again.push(*net);
            }
        }
        self.queue.extend(&again);
        again.len()
    }
}
