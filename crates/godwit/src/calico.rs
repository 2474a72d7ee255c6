//! `godwit calico`: what a Calico datastore makes of a node, shown, compared and followed.

mod diff;
mod flags;
mod render;
mod show;
mod status;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use godwit_control::Compiler;
use godwit_control::backend;
use godwit_control::follow::{FollowOptions, snapshot};
use godwit_control::settings::Settings;

pub(crate) use self::flags::{CalicoCommand, HELP, SettingsFlag, is_json, parse, variable};

/// What is wrong is worth another code than a difference.
const FAILED: u8 = 2;
/// How long a datastore may take to be read.
const READ_WAIT: Duration = Duration::from_secs(30);

/// Carries a command out.
pub(crate) fn run(command: CalicoCommand) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let done = runtime.block_on(async {
        match command {
            CalicoCommand::Render { settings, families, with_passwords } => {
                render::run(&settings, &families, with_passwords).await
            }
            CalicoCommand::Diff { settings, against } => diff::run(&settings, &against).await,
            CalicoCommand::Status { socket, json } => status::run(&socket, json).await,
            CalicoCommand::Watch { settings, socket, json_log } => {
                watch::run(*settings, &socket, json_log).await
            }
        }
    });
    done.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("godwit: {error}");
    ExitCode::from(FAILED)
}

/// Reads the datastore once; what there is to say about it goes to standard error.
async fn read(settings: &Settings) -> Result<Compiler, String> {
    let options = follow_options(settings);
    let compiler = snapshot(&options, backend::open(settings), READ_WAIT).await?;
    for (id, reason) in compiler.cluster().refused() {
        eprintln!("warning: {id} is refused: {reason}");
    }
    for problem in compiler.problems() {
        eprintln!("warning: {problem}");
    }
    Ok(compiler)
}

pub(crate) fn follow_options(settings: &Settings) -> FollowOptions {
    FollowOptions {
        node: settings.node.clone(),
        with_workloads: backend::has_workloads(settings),
        state_file: settings.state_file.clone(),
    }
}
