//! One look at a datastore.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::{FollowOptions, QUEUE, SECRETS_WAIT, scope_name};
use crate::backend::Datastore;
use crate::{Compiler, Demand, Fidelity, Update};

/// How long a fault is given to go away: whoever looks once would rather be told.
const FAULT_WAIT: Duration = Duration::from_secs(5);

/// Reads datastores once, as a follower would, and gives what came of it.
///
/// # Errors
/// Not everything could be read in time, or our node is not there: what is missing and what is wrong.
pub async fn snapshot(
    options: &FollowOptions,
    datastores: Vec<Box<dyn Datastore>>,
    timeout: Duration,
) -> Result<Compiler, String> {
    let mut compiler = Compiler::new(options.node.clone(), Fidelity::Godwit, options.with_workloads);
    let demand = watch::channel(Demand::default()).0;
    let (sender, mut updates) = mpsc::channel(QUEUE);
    let mut tasks = tokio::task::JoinSet::new();
    for datastore in datastores {
        tasks.spawn(datastore.run(demand.subscribe(), sender.clone()));
    }
    drop(sender);
    let mut deadline = Instant::now() + timeout;
    let mut secrets_until = None;
    let mut faults: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let until = secrets_until.unwrap_or(deadline);
        let batch = tokio::select! {
            batch = updates.recv() => batch,
            () = tokio::time::sleep_until(until.into()) => None,
        };
        let Some(batch) = batch else { break };
        for update in batch {
            match &update {
                Update::Fault { scope, error } => {
                    faults.insert(scope_name(scope), error.clone());
                    deadline = deadline.min(Instant::now() + FAULT_WAIT);
                }
                Update::Works(scope) => drop(faults.remove(&scope_name(scope))),
                _ => {}
            }
            compiler.apply(update);
        }
        let computed = compiler.compute().is_some();
        // Services may be what is waited for.
        demand.send_if_modified(|current| {
            let wanted = compiler.demand();
            let other = *current != wanted;
            *current = wanted;
            other
        });
        if !computed {
            // Everything has been read, and our node is not there.
            if compiler.waits_for().is_empty() {
                break;
            }
            continue;
        }
        if compiler.secrets_to_come().is_empty() {
            return Ok(compiler);
        }
        secrets_until.get_or_insert_with(|| deadline.min(Instant::now() + SECRETS_WAIT));
    }
    if compiler.current().is_some() {
        return Ok(compiler);
    }
    Err(what_is_missing(&compiler, options, &faults))
}

fn what_is_missing(
    compiler: &Compiler,
    options: &FollowOptions,
    faults: &BTreeMap<String, String>,
) -> String {
    let missing: Vec<String> = compiler.waits_for().iter().map(scope_name).collect();
    let faults: Vec<String> = faults.iter().map(|(scope, error)| format!("\n  {scope}: {error}")).collect();
    if !missing.is_empty() {
        return format!("the datastore does not give {}{}", missing.join(", "), faults.concat());
    }
    let node = &options.node.node;
    let names: Vec<&str> = compiler.cluster().node_names().take(10).collect();
    let there = if names.is_empty() { "no node at all".into() } else { names.join(", ") };
    format!("the datastore has no Node '{node}'; it has {there}{}", faults.concat())
}
