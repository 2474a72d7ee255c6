//! Project tasks: `cargo xtask help`.
#![forbid(unsafe_code)]

mod bench;
mod demo;
mod peer;
mod test;

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask demo             two routers in network namespaces, step by step (as root)
cargo xtask test             everything: unit, property and lab tests (labs as root)
cargo xtask test --unit      only what needs neither root nor other programs
cargo xtask test --lab       only the labs
cargo xtask bench [RUNS]     1,000,000 prefixes through godwit and through bird2 (as root)
cargo xtask help             this";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["demo"] => demo::run(),
        ["test", options @ ..] => test::run(options),
        ["bench", options @ ..] => bench::run(options),
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
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(args).current_dir(godwit_lab::workspace()).status()?;
    if !status.success() {
        bail!("cargo {} failed", args.join(" "));
    }
    Ok(())
}

/// Where cargo puts a profile's programs.
fn built(profile: &str) -> std::path::PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| godwit_lab::workspace().join("target"), std::path::PathBuf::from);
    target.join(profile).join("godwit")
}
