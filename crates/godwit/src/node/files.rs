//! What runs, as the files confd would have written: for people and programs that look there.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use godwit_config::{ProtocolKind, RouterConfig, print_parts};
use godwit_control::{Family, NodeConfig};
use tokio::sync::watch;

use super::router::name;

/// The first line of every file.
const HEAD: &str = "# Written by godwit: what runs, computed from the datastore. It is not read again.\n";
/// What confd has in `…_aggr.cfg`.
const AGGREGATION: [&str; 2] = ["calico_aggr", "static1"];
/// What it has in `…_ipam.cfg`.
const IPAM: [&str; 3] = ["reject_local_routes", "calico_export_to_bgp_peers", "calico_kernel_programming"];
/// A file with a password in it is its owner's only.
const SECRET: u32 = 0o600;
const PLAIN: u32 = 0o644;

/// Writes files, away from the routers: of configurations that come while it writes, the last.
pub(super) struct Files {
    configs: watch::Sender<Option<NodeConfig>>,
}

impl Files {
    /// Starts; nothing is written yet.
    pub(super) fn start(directory: PathBuf) -> Self {
        let (configs, mut changes) = watch::channel(None);
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let now: Option<NodeConfig> = changes.borrow_and_update().clone();
                let (Some(now), directory) = (now, directory.clone()) else { continue };
                // Its end is an error that was said.
                let _ = tokio::task::spawn_blocking(move || write(&directory, &now)).await;
            }
        });
        Self { configs }
    }

    /// Writes these.
    pub(super) fn write(&self, config: NodeConfig) {
        self.configs.send_replace(Some(config));
    }
}

fn write(directory: &Path, config: &NodeConfig) {
    if let Err(error) = DirBuilder::new().recursive(true).mode(0o755).create(directory) {
        tracing::warn!("--write-bird-cfg: cannot make {}: {error}", directory.display());
        return;
    }
    for file in Family::ALL.iter().flat_map(|family| lay_out(name(*family), config.family(*family))) {
        let path = directory.join(&file.name);
        if let Err(error) = put(&path, &file) {
            tracing::warn!("--write-bird-cfg: {}: {error}; it is as it was", path.display());
        }
    }
}

/// A file to be.
struct Laid {
    name: String,
    text: String,
    mode: u32,
}

/// The three files of a router, those that are included first.
fn lay_out(name: &str, config: &RouterConfig) -> [Laid; 3] {
    let parts = print_parts(config);
    let [mut before, mut after, mut aggregation, mut ipam] = [const { String::new() }; 4];
    for (symbol, text) in &parts.definitions {
        let rest = if aggregation.is_empty() && ipam.is_empty() { &mut before } else { &mut after };
        let file = match symbol.as_str() {
            symbol if AGGREGATION.contains(&symbol) => &mut aggregation,
            symbol if IPAM.contains(&symbol) => &mut ipam,
            _ => rest,
        };
        add(file, text);
    }
    let mut protocols = String::new();
    for (protocol, text) in &parts.protocols {
        let file = if AGGREGATION.contains(&protocol.as_str()) { &mut aggregation } else { &mut protocols };
        add(file, text);
    }
    let (aggregation_name, ipam_name) = (format!("{name}_aggr.cfg"), format!("{name}_ipam.cfg"));
    let includes = format!("\ninclude \"{aggregation_name}\";\ninclude \"{ipam_name}\";\n");
    let main = [HEAD, &parts.router, &before, &includes, &after, &parts.names, &protocols].concat();
    let has_password =
        config.protocols.iter().any(|p| matches!(&p.kind, ProtocolKind::Bgp(bgp) if bgp.password.is_some()));
    let mode = if has_password { SECRET } else { PLAIN };
    let included = |name, text: String| Laid { name, text: HEAD.to_owned() + &text, mode: PLAIN };
    [
        included(aggregation_name, aggregation),
        included(ipam_name, ipam),
        Laid { name: format!("{name}.cfg"), text: main, mode },
    ]
}

/// A definition or a protocol after those before it.
fn add(file: &mut String, text: &str) {
    file.push('\n');
    file.push_str(text);
}

/// Puts a file in place as a whole, unless it is as it should be.
fn put(path: &Path, file: &Laid) -> io::Result<()> {
    let is = fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o777 == file.mode);
    if is && fs::read(path).is_ok_and(|text| text == file.text.as_bytes()) {
        return Ok(());
    }
    let beside = path.with_file_name(format!(".{}.tmp", file.name));
    // What a process left that was killed while it wrote; its mode is not to be trusted.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new().write(true).create_new(true).mode(file.mode).open(&beside)?;
    let result = new
        .write_all(file.text.as_bytes())
        // Whatever the umask left of it.
        .and_then(|()| new.set_permissions(fs::Permissions::from_mode(file.mode)))
        .and_then(|()| fs::rename(&beside, path));
    if result.is_err() {
        // The error that matters is told already.
        let _ = fs::remove_file(&beside);
    }
    result
}

#[cfg(test)]
mod tests;
