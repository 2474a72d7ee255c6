//! `godwit calico render`.

use std::process::ExitCode;

use godwit_config::{print, print_without_secrets};
use godwit_control::Family;
use godwit_control::settings::Settings;

use super::read;

/// Prints the routers as BIRD's configuration.
pub(crate) async fn run(
    settings: &Settings,
    families: &[Family],
    with_passwords: bool,
) -> Result<ExitCode, String> {
    let print = if with_passwords { print } else { print_without_secrets };
    let compiler = read(settings).await?;
    let Some(config) = compiler.current() else { return Err("there is no configuration".into()) };
    for family in families {
        let file = if *family == Family::V6 { "bird6.cfg" } else { "bird.cfg" };
        println!(
            "# {file} of node {}, as Calico {} would have it\n{}",
            settings.node.node,
            settings.node.release,
            print(config.family(*family))
        );
    }
    Ok(ExitCode::SUCCESS)
}
