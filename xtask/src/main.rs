//! Project tasks: `cargo xtask help`.
#![forbid(unsafe_code)]

mod bench;
mod bench_calico;
mod bench_node;
mod demo;
mod demo_calico;
mod http;
mod interop_table;
mod labs;
mod packages;
mod peer;
mod spread;
mod test;

use std::ffi::OsStr;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask demo             both of these, step by step (as root)
cargo xtask demo lab         two routers in network namespaces
cargo xtask demo calico      a Calico cluster of three nodes
cargo xtask test             everything: unit, property and lab tests (labs as root)
cargo xtask test --unit      only what needs neither root nor other programs
cargo xtask test --lab       only the labs
cargo xtask interop [PEER] [FEATURE]  godwit against other speakers, as a table (as root)
cargo xtask bench [RUNS]     1,000,000 prefixes through godwit and through bird2 (as root)
cargo xtask bench-calico     a cluster of 1,000 nodes, followed in etcd and in an API server for tests
cargo xtask bench-node       a node: from the datastore to the next kernel, and in a mesh of 500 (as root)
cargo xtask help             this";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["demo"] => demo::run().and_then(|()| demo_calico::run()),
        ["demo", "lab"] => demo::run(),
        ["demo", "calico"] => demo_calico::run(),
        ["test", options @ ..] => test::run(options),
        ["interop", words @ ..] => interop_table::run(words),
        ["bench", options @ ..] => bench::run(options),
        ["bench-calico"] => bench_calico::run(),
        ["bench-node", options @ ..] => bench_node::run(options),
        ["bench-peer", count] => peer::run(count),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs cargo in the workspace.
fn cargo(args: &[&str]) -> Result<()> {
    cargo_with(args, &[])
}

/// The same with more in its environment.
fn cargo_with(args: &[&str], environment: &[(&str, &OsStr)]) -> Result<()> {
    if !cargo_command(args, environment).status()?.success() {
        bail!("cargo {} failed", args.join(" "));
    }
    Ok(())
}

/// The command for it: the cargo that runs us.
fn cargo_command(args: &[&str], environment: &[(&str, &OsStr)]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).envs(environment.iter().copied()).current_dir(godwit_lab::workspace());
    command
}

/// Where cargo puts a profile's programs.
fn built(profile: &str) -> std::path::PathBuf {
    godwit_lab::target().join(profile).join("godwit")
}
