//! The tests a configuration holds: `bt_test_suite` and `bt_test_same`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ipnetwork::IpNetwork;

use crate::code::Function;
use crate::eval::{Checks, Fault, Run};
use crate::types::Dialect;
use crate::{Destination, NoSurroundings, RouteAttributes, RouteSource, Subject};

/// A test as it was registered.
#[derive(Clone, Debug)]
pub(crate) struct Suite {
    /// What it is called in the report.
    pub(crate) name: Arc<str>,
    /// What it is about.
    pub(crate) text: Arc<str>,
    pub(crate) test: Test,
}

/// What a test looks at.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// A function whose assertions must hold.
    Run(Arc<Function>),
    /// Two filters or functions: whether they count as the same, and whether they have to; and where that is said.
    Same { same: bool, wanted: bool, file: Arc<str>, line: u32 },
}

/// What a test of a configuration gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuiteOutcome {
    /// The function that is the test, or the two that were compared.
    pub name: Arc<str>,
    /// What the configuration says about it.
    pub text: Arc<str>,
    /// How many assertions were made.
    pub checks: u32,
    /// `FILE:LINE: …` of each assertion that did not hold, and of the run-time error that ended the test.
    pub failures: Vec<String>,
    /// What it printed.
    pub messages: Vec<String>,
}

impl SuiteOutcome {
    /// Whether nothing failed.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Suite {
    /// Runs it. Attributes are those of a route of its own, 0.0.0.0/0 to nowhere.
    pub(crate) fn run(&self, dialect: Dialect) -> SuiteOutcome {
        let (checks, messages, failures) = match &self.test {
            Test::Run(function) => {
                let (checks, messages, error) = run(function, dialect);
                let failed = checks.failed.iter().map(|f| at(f, &format!("Assertion {} failed", f.message)));
                let error = error.as_ref().map(|f| at(f, &f.message));
                (checks.done, messages, failed.chain(error).collect())
            }
            Test::Same { same, wanted, file, line } => {
                let found = if *same { "the same" } else { "not the same" };
                let failed = (same != wanted).then(|| format!("{file}:{line}: {} are {found}", self.name));
                (1, Vec::new(), failed.into_iter().collect())
            }
        };
        SuiteOutcome { name: self.name.clone(), text: self.text.clone(), checks, failures, messages }
    }
}

fn run(function: &Function, dialect: Dialect) -> (Checks, Vec<String>, Option<Fault>) {
    let attributes = RouteAttributes::new(RouteSource::Static, 200, Destination::Blackhole);
    let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let subject = Subject {
        net: IpNetwork::new(nowhere, 0).unwrap_or(nowhere.into()),
        protocol: "",
        attributes: &attributes,
        surroundings: &NoSurroundings,
    };
    Run::new(Some(&subject), dialect).suite(function)
}

fn at(fault: &Fault, message: &str) -> String {
    format!("{}:{}: {message}", fault.file.as_deref().unwrap_or_default(), fault.line)
}
