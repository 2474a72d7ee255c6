//! Assertions, the tests they make, and the check of a route's origin.

use std::sync::Arc;

use super::{Fault, Halt, Run};
use crate::attribute::Attribute;
use crate::code::{Accessor, Assert, Function, Line, Node};
use crate::roa::RoaTable;
use crate::types::EnumKind;
use crate::value::Value;

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

    /// `roa_check` of a net and an AS, or of those of the route.
    pub(super) fn roa_check(
        &mut self,
        table: &RoaTable,
        of: Option<&'r (Node, Node)>,
        line: Line,
    ) -> Result<Value, Halt> {
        let (net, asn) = match of {
            Some((net, asn)) => (self.eval(net)?, self.eval(asn)?),
            None => {
                if !self.is_defined(&Attribute::BgpPath)? {
                    return Err(Halt::fault(line, "Missing AS_PATH attribute"));
                }
                let path = self.list(&Attribute::BgpPath);
                let origin = path.and_then(|path| path.access(Accessor::Last)).unwrap_or(Value::Int(0));
                (self.read(&Attribute::Net)?, origin)
            }
        };
        match (net, asn) {
            (Value::Prefix(net), Value::Int(asn)) => {
                Ok(Value::Enum(EnumKind::Roa, table.check(net, asn) as u8))
            }
            (net, asn) => {
                let message = format!(
                    "Arguments of roa_check must be prefix and int, got {} and {}",
                    net.ty(),
                    asn.ty()
                );
                Err(Halt::fault(line, message))
            }
        }
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
