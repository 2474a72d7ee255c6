//! `godwit calico watch`: follows the datastore as a node would, and runs nothing.

use std::path::Path;
use std::process::ExitCode;

use godwit_config::{ChangeKind, RouterConfig, diff};
use godwit_control::follow::{Following, follow, serve_status};
use godwit_control::settings::Settings;
use godwit_control::{Family, NodeConfig, backend};
use time::UtcOffset;
use tokio::signal::unix::{SignalKind, signal};

use super::follow_options;

/// Follows until it is told to stop.
pub(crate) async fn run(settings: Settings, socket: &Path, json_log: bool) -> Result<ExitCode, String> {
    let _log = godwit_observe::Log::install(true, None, json_log, UtcOffset::UTC)?;
    for note in &settings.notes {
        tracing::warn!("{note}");
    }
    let Following { mut configurations, ask, task } =
        follow(follow_options(&settings), backend::open(&settings));
    let path = socket.display();
    serve_status(socket.to_path_buf(), ask).await.map_err(|error| format!("the socket {path}: {error}"))?;
    let mut stop = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut before: Option<NodeConfig> = None;
    loop {
        tokio::select! {
            changed = configurations.changed() => {
                if changed.is_err() {
                    return Err("nothing is followed any more".into());
                }
                let now = configurations.borrow_and_update().clone();
                if let Some(now) = &now {
                    print(before.as_ref(), now);
                }
                before = now;
            }
            _ = stop.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    // It writes down what it knows when nobody listens any more.
    drop(configurations);
    task.await.map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Says which protocols are new, gone, or not as they were.
fn print(before: Option<&NodeConfig>, now: &NodeConfig) {
    for family in Family::ALL {
        let nothing = RouterConfig::default();
        let old = before.map_or(&nothing, |b| b.family(family));
        let version = family.digit();
        for protocol in diff(old, now.family(family)).protocols {
            let name = &protocol.name;
            match protocol.kind {
                ChangeKind::Added => println!("IPv{version} + {name}"),
                ChangeKind::Removed => println!("IPv{version} - {name}"),
                ChangeKind::Restart { reason } => println!("IPv{version} ! {name}: {reason}"),
                ChangeKind::Modify { .. } => println!("IPv{version} ~ {name}"),
                ChangeKind::Unchanged => {}
            }
        }
    }
}
