//! Assertions, and the tests they make.

use std::sync::Arc;

use super::{Fault, Halt, Run};
use crate::code::{Assert, Function, Line};

/// What the assertions of a test gave.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    /// How many there were.
    pub(crate) done: u32,
    /// Those that did not hold, with their text.
    pub(crate) failed: Vec<Fault>,
}

impl<'r> Run<'r> {
    #[cold]
    pub(super) fn assert(&mut self, assert: &'r Assert) -> Result<(), Halt> {
        let holds = self.test(&assert.condition, assert.line, (1, "ASSERT"))?;
        let Some(checks) = &mut self.checks else {
            return Err(Halt::fault(assert.line, "No bt_assert hook registered, can't assert"));
        };
        checks.done += 1;
        if !holds {
            let file = Some(self.this.map_or_else(Arc::default, |f| f.code.file.0.clone()));
            checks.failed.push(Fault { file, line: assert.line.0, message: assert.text.to_string() });
        }
        Ok(())
    }

    /// Runs a function as a test: what its assertions gave, what it printed, and the error it ended with.
    pub(crate) fn suite(mut self, function: &'r Function) -> (Checks, Vec<String>, Option<Fault>) {
        self.checks = Some(Checks::default());
        let error = match self.call(function, &[], Line(0)) {
            Err(Halt::Fault(fault)) => Some(*fault),
            _ => None,
        };
        if !self.partial.is_empty() {
            self.messages.push(std::mem::take(&mut self.partial));
        }
        (self.checks.unwrap_or_default(), self.messages, error)
    }
}
