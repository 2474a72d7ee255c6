//! What a node of a cluster costs and how fast it is: from a write to the datastore to the neighbor and to the
//! neighbor's kernel, and a mesh of 500 beside BIRD 1.6.8 with the same configuration.

mod latency;
mod mesh;
mod speaker;

use anyhow::Result;

/// Changes that are timed, unless told otherwise.
const CHANGES: usize = 1000;
/// Neighbors in the mesh.
const NEIGHBORS: usize = 500;

pub(crate) fn run(options: &[&str]) -> Result<()> {
    godwit_lab::need_root()?;
    crate::packages::for_tests()?;
    crate::cargo(&["build", "--release", "--quiet", "--bin", "godwit"])?;
    match options {
        [] => {
            latency::run(CHANGES)?;
            mesh::run(NEIGHBORS)
        }
        ["latency"] => latency::run(CHANGES),
        ["latency", changes] => latency::run(changes.parse()?),
        ["mesh"] => mesh::run(NEIGHBORS),
        ["mesh", neighbors] => mesh::run(neighbors.parse()?),
        _ => anyhow::bail!("cargo xtask bench-node [latency [CHANGES] | mesh [NEIGHBORS]]"),
    }
}
