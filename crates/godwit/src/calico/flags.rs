//! The command line of `godwit calico`.

use std::path::PathBuf;

use godwit_control::Family;
use godwit_control::settings::{Settings, SettingsBuilder};
use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt as _;

/// Where the status is asked for, unless told otherwise.
const SOCKET: &str = "/run/godwit/calico.sock";

pub(crate) const HELP: &str = "\
godwit calico: what a Calico datastore makes of a node

Usage: godwit calico render [OPTIONS] [--family 4|6] [--with-passwords]
                                                         print the equivalent bird.cfg, bird6.cfg
       godwit calico diff [OPTIONS] --against FILE…      compare with what confd rendered; 0: the same, 1: not
       godwit calico watch [OPTIONS] [--socket PATH]     follow the datastore and say what changes
       godwit calico status [--socket PATH] [--json]     how a running `watch` is doing

Options:
  --datastore WHERE     dir:FOLDER of manifests, etcd:URL,URL…, kubernetes or kubernetes:KUBECONFIG;
                        else as calico-node's environment says (DATASTORE_TYPE, ETCD_*, KUBECONFIG, …)
  --node NAME           the node; else NODENAME, else /var/lib/calico/nodename
  --release R           the release of Calico to be like: 3.30, 3.31, 3.32 (if not told), 3.33
  --settings FILE       the same and more as TOML (docs/calico.md)
  --api-config FILE     a CalicoAPIConfig
  --state-file FILE     where the last known state is kept (watch), or none
  --log-format FMT      text or json (watch)
  -h, --help            print this";

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
    let mut socket = PathBuf::from(SOCKET);
    let (mut json, mut json_log, mut with_passwords) = (false, false, false);
    while let Some(arg) = args.next()? {
        builder = match arg {
            Short('h') | Long("help") => return Ok(None),
            Long("datastore") => builder.datastore(args.value()?.parse()?),
            Long("node") => builder.node(&args.value()?.string()?),
            Long("release") => builder.release(args.value()?.parse()?),
            Long("settings") => builder.file(&PathBuf::from(args.value()?)),
            Long("api-config") => builder.api_config(&PathBuf::from(args.value()?)),
            Long("state-file") => builder.state_file(&args.value()?.string()?),
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
                socket = args.value()?.into();
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
                json_log = match args.value()?.string()?.as_str() {
                    "json" => true,
                    "text" => false,
                    other => return Err(format!("--log-format is text or json, not {other}").into()),
                };
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
        Some("watch") => CalicoCommand::Watch { settings: settings()?, socket, json_log },
        Some("status") => CalicoCommand::Status { socket, json },
        Some(other) => return Err(format!("'{other}' is none of render, diff, watch, status").into()),
        None => return Ok(None),
    }))
}
