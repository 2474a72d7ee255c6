//! The command line of `godwit calico`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use godwit_control::Family;
use godwit_control::settings::{Settings, SettingsBuilder};
use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt as _;

/// Where `watch` answers, unless told otherwise.
const SOCKET: &str = "/run/godwit/calico.sock";
/// Where `godwit node` does.
const NODE_SOCKET: &str = "/var/run/calico/godwit.sock";

pub(crate) const HELP: &str = "\
godwit calico: what a Calico datastore makes of a node

Usage: godwit calico render [OPTIONS] [--family 4|6] [--with-passwords]
                                                         print the equivalent bird.cfg, bird6.cfg
       godwit calico diff [OPTIONS] --against FILE…      compare with what confd rendered; 0: the same, 1: not
       godwit calico watch [OPTIONS] [--socket PATH]     follow the datastore and say what changes
       godwit calico status [--socket PATH] [--json]     how a running node or `watch` is doing

Options:
  --datastore WHERE     dir:FOLDER of manifests, etcd:URL,URL…, kubernetes or kubernetes:KUBECONFIG;
                        else as calico-node's environment says (DATASTORE_TYPE, ETCD_*, KUBECONFIG, …)
  --node NAME           the node; else NODENAME, else /var/lib/calico/nodename
  --release R           the release of Calico to be like: 3.30, 3.31, 3.32 (if not told), 3.33
  --settings FILE       the same and more as TOML (docs/calico.md)
  --api-config FILE     a CalicoAPIConfig
  --state-file FILE     where the last known state is kept (watch), or none
  --mesh-hold-time TIME the hold time of the mesh, such as 9s, where the datastore names none
  --log-format FMT      text or json (watch)
  -h, --help            print this";

/// A flag that says which node, or where its datastore is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SettingsFlag(&'static str);

impl SettingsFlag {
    const ALL: [&'static str; 7] =
        ["datastore", "node", "release", "settings", "api-config", "state-file", "mesh-hold-time"];

    pub(crate) fn of(arg: &lexopt::Arg<'_>) -> Option<Self> {
        let Long(name) = arg else { return None };
        Self::ALL.into_iter().find(|flag| flag == name).map(Self)
    }

    /// The variables that say the same as flags, each with its flag.
    pub(crate) fn variables() -> impl Iterator<Item = (String, Self)> {
        // The others have variables of their own, which count less than a file.
        let flags = ["datastore", "settings", "api-config"];
        flags.into_iter().map(|flag| (variable(flag), Self(flag)))
    }

    /// Notes what it says.
    ///
    /// # Errors
    /// It cannot be that.
    pub(crate) fn take(
        self,
        builder: SettingsBuilder,
        value: OsString,
    ) -> Result<SettingsBuilder, lexopt::Error> {
        Ok(match self.0 {
            "datastore" => builder.datastore(value.parse()?),
            "node" => builder.node(&value.string()?),
            "release" => builder.release(value.parse()?),
            "settings" => builder.file(&PathBuf::from(value)),
            "api-config" => builder.api_config(&PathBuf::from(value)),
            "mesh-hold-time" => builder.mesh_hold_time(&value.string()?),
            _ => builder.state_file(&value.string()?),
        })
    }
}

/// The variable that says what a flag does.
pub(crate) fn variable(flag: &str) -> String {
    format!("GODWIT_{}", flag.replace('-', "_").to_uppercase())
}

/// Reads the value of `--log-format`.
///
/// # Errors
/// It is neither.
pub(crate) fn is_json(format: &str) -> Result<bool, lexopt::Error> {
    match format {
        "json" => Ok(true),
        "text" => Ok(false),
        other => Err(format!("--log-format is text or json, not {other}").into()),
    }
}

/// What is asked for.
#[derive(Debug)]
pub(crate) enum CalicoCommand {
    Render { settings: Box<Settings>, families: Vec<Family>, with_passwords: bool },
    Diff { settings: Box<Settings>, against: Vec<PathBuf> },
    Status { socket: PathBuf, json: bool },
    Watch { settings: Box<Settings>, socket: PathBuf, json_log: bool },
}

/// Reads the command line after `godwit calico`; `None`: help is wanted.
pub(crate) fn parse(mut args: lexopt::Parser) -> Result<Option<CalicoCommand>, lexopt::Error> {
    let mut command = None;
    let mut builder = SettingsBuilder::new().environment(&|name| std::env::var(name).ok());
    let mut families = Family::ALL.to_vec();
    let mut against: Vec<PathBuf> = Vec::new();
    let mut socket = None;
    let (mut json, mut json_log, mut with_passwords) = (false, false, false);
    while let Some(arg) = args.next()? {
        if let Some(flag) = SettingsFlag::of(&arg) {
            builder = flag.take(builder, args.value()?)?;
            continue;
        }
        builder = match arg {
            Short('h') | Long("help") => return Ok(None),
            Long("family") => {
                families = match args.value()?.string()?.as_str() {
                    "4" => vec![Family::V4],
                    "6" => vec![Family::V6],
                    other => return Err(format!("--family is 4 or 6, not {other}").into()),
                };
                builder
            }
            Long("against") => {
                against.extend(args.values()?.map(PathBuf::from));
                builder
            }
            Long("socket") => {
                socket = Some(args.value()?.into());
                builder
            }
            Long("with-passwords") => {
                with_passwords = true;
                builder
            }
            Long("json") => {
                json = true;
                builder
            }
            Long("log-format") => {
                json_log = is_json(&args.value()?.string()?)?;
                builder
            }
            Value(word) if command.is_none() => {
                command = Some(word.string()?);
                builder
            }
            other => return Err(other.unexpected()),
        };
    }
    let settings = || builder.build().map(Box::new).map_err(|error| lexopt::Error::from(error.to_string()));
    Ok(Some(match command.as_deref() {
        Some("render") => CalicoCommand::Render { settings: settings()?, families, with_passwords },
        Some("diff") if against.is_empty() => return Err("against which files? --against FILE…".into()),
        Some("diff") => CalicoCommand::Diff { settings: settings()?, against },
        Some("watch") => CalicoCommand::Watch {
            settings: settings()?,
            socket: socket.unwrap_or_else(|| SOCKET.into()),
            json_log,
        },
        Some("status") => {
            let node = Path::new(NODE_SOCKET);
            let usual = if node.exists() { node } else { Path::new(SOCKET) };
            CalicoCommand::Status { socket: socket.unwrap_or_else(|| usual.into()), json }
        }
        Some(other) => return Err(format!("'{other}' is none of render, diff, watch, status").into()),
        None => return Ok(None),
    }))
}
