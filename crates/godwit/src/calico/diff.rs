//! `godwit calico diff`: would godwit run what confd's files say?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use godwit_config::{Difference, RouterConfig, compare};
use godwit_control::settings::Settings;
use godwit_control::{Compiler, Family, Fidelity};

use super::{read, show};
use crate::loading;

/// Compares with files of confd. Success if the only differences are those that are meant to be.
pub(crate) async fn run(settings: &Settings, against: &[PathBuf]) -> Result<ExitCode, String> {
    let ours = read(settings).await?;
    let mut exact = ours.with_fidelity(Fidelity::Calico);
    exact.compute();
    let mut differences = 0;
    for file in against {
        let family = family_of(file);
        let theirs = load(file, family)?;
        let found = compare(config(&exact, family)?, &theirs);
        if !found.is_empty() && compare(config(&ours, family)?, &theirs).is_empty() {
            println!("{}: no difference, as godwit has it", file.display());
            continue;
        }
        let meant = compare(config(&ours, family)?, config(&exact, family)?);
        differences += found.len();
        report(file, &found, &meant);
    }
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn report(file: &Path, found: &[Difference], meant: &[Difference]) {
    let count = |n: usize| match n {
        0 => "no difference".to_owned(),
        1 => "1 difference".to_owned(),
        n => format!("{n} differences"),
    };
    println!("{}: {}", file.display(), count(found.len()));
    show::differences(found, "the datastore", "the file");
    if !meant.is_empty() {
        println!("{}: {} that godwit makes on purpose (docs/calico.md)", file.display(), count(meant.len()));
        show::differences(meant, "godwit", "Calico");
    }
}

fn config(compiler: &Compiler, family: Family) -> Result<&RouterConfig, String> {
    compiler.current().map(|c| &**c.family(family)).ok_or_else(|| "there is no configuration".into())
}

/// confd's files of IPv6 begin with `bird6`.
fn family_of(file: &Path) -> Family {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with("bird6") { Family::V6 } else { Family::V4 }
}

fn load(file: &Path, family: Family) -> Result<RouterConfig, String> {
    loading::load_as_16(file, family == Family::V6).map_err(|errors| errors.join("\n"))
}
