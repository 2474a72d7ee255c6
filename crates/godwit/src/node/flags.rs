//! The command line of `godwit node`, and the variables that say the same.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use godwit_control::settings::{Settings, SettingsBuilder};
use lexopt::Arg::{Long, Short};
use lexopt::ValueExt as _;

use crate::calico::{SettingsFlag, is_json, variable};
use crate::flags::CALICO_RUN_DIR;

/// The socket for `godwit calico status`, beside the control sockets.
const STATUS_SOCKET: &str = "godwit.sock";

pub(crate) const HELP: &str = "\
godwit node: BGP on a node of Calico's, in place of BIRD, bird6 and confd: follows the datastore and runs what
it makes of the node

Usage: godwit node [OPTIONS]

Which node, and where its datastore is (else as calico-node's environment says):
  --datastore WHERE     dir:FOLDER of manifests, etcd:URL,URL…, kubernetes or kubernetes:KUBECONFIG
  --node NAME           the node; else NODENAME, else /var/lib/calico/nodename
  --release R           the release of Calico to be like: 3.30, 3.31, 3.32 (if not told), 3.33
  --settings FILE       the same and more as TOML (docs/calico.md)
  --api-config FILE     a CalicoAPIConfig
  --state-file FILE     where the last known state is kept, or none
  --mesh-hold-time TIME the hold time of the mesh, such as 9s, where the datastore names none

Options:
  --socket-dir DIR      where bird.ctl and bird6.ctl are made (/var/run/calico)
  --status-socket PATH  where `godwit calico status` is answered (DIR/godwit.sock), or none
  --write-bird-cfg DIR  write what runs as confd would: bird.cfg, bird_aggr.cfg, bird_ipam.cfg, bird6…
  --extra FILE          a file of your own beside what the datastore gives; any number of them
  --withdraw-on-stop    withdraw everything when stopped, in place of a graceful restart
  --no-rename           be called godwit, and have no companion called bird6: calicoctl finds neither
  -d                    log messages for developers as well
  -D FILE               log to a file as well
  --log-format FMT      text or json
  -h, --help            print this

Each option also as a variable: GODWIT_SOCKET_DIR for --socket-dir, GODWIT_WITHDRAW_ON_STOP=true, GODWIT_DEBUG for
-d, GODWIT_DEBUG_FILE for -D; GODWIT_EXTRA takes several files with colons between them. A flag counts more.";

/// What a node is started with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NodeOptions {
    pub(crate) settings: Settings,
    pub(crate) socket_dir: PathBuf,
    /// None: nobody is answered.
    pub(crate) status_socket: Option<PathBuf>,
    /// Where confd's files are written, if anywhere.
    pub(crate) write_bird_cfg: Option<PathBuf>,
    /// The operator's own files.
    pub(crate) extra: Vec<PathBuf>,
    /// Stopping takes our routes from neighbors.
    pub(crate) withdraw_on_stop: bool,
    /// Be found by calicoctl.
    pub(crate) rename: bool,
    pub(crate) debug: bool,
    pub(crate) debug_file: Option<PathBuf>,
    pub(crate) json_log: bool,
}

/// What was said so far.
#[derive(Default)]
struct Said {
    socket_dir: Option<PathBuf>,
    status_socket: Option<PathBuf>,
    write_bird_cfg: Option<PathBuf>,
    extra: Vec<PathBuf>,
    withdraw_on_stop: bool,
    no_rename: bool,
    debug: bool,
    debug_file: Option<PathBuf>,
    json_log: bool,
}

type Variables<'v> = dyn Fn(&str) -> Option<OsString> + 'v;

/// Reads the command line after `godwit node`, and the environment; `None`: help is wanted.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn parse(
    mut args: lexopt::Parser,
    variables: &Variables<'_>,
) -> Result<Option<NodeOptions>, lexopt::Error> {
    // Empty is what charts make of values that are not set.
    let variables = |name: &str| variables(name).filter(|value| !value.is_empty());
    let text = |name: &str| variables(name).and_then(|value| value.into_string().ok());
    let mut builder = SettingsBuilder::new().environment(&text);
    for (name, flag) in SettingsFlag::variables() {
        if let Some(value) = variables(&name) {
            builder = flag.take(builder, value).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    let mut said = environment(&variables)?;
    let mut extra = Vec::new();
    while let Some(arg) = args.next()? {
        if let Some(flag) = SettingsFlag::of(&arg) {
            builder = flag.take(builder, args.value()?)?;
            continue;
        }
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Long("socket-dir") => said.socket_dir = Some(args.value()?.into()),
            Long("status-socket") => said.status_socket = Some(args.value()?.into()),
            Long("write-bird-cfg") => said.write_bird_cfg = Some(args.value()?.into()),
            Long("extra") => extra.push(args.value()?.into()),
            Long("withdraw-on-stop") => said.withdraw_on_stop = true,
            Long("no-rename") => said.no_rename = true,
            Short('d') => said.debug = true,
            Short('D') => said.debug_file = Some(args.value()?.into()),
            Long("log-format") => said.json_log = is_json(&args.value()?.string()?)?,
            other => return Err(other.unexpected()),
        }
    }
    if !extra.is_empty() {
        said.extra = extra;
    }
    let settings = builder.build().map_err(|error| error.to_string())?;
    Ok(Some(finish(settings, said)))
}

fn finish(settings: Settings, said: Said) -> NodeOptions {
    let socket_dir = said.socket_dir.unwrap_or_else(|| CALICO_RUN_DIR.into());
    let status_socket = said.status_socket.unwrap_or_else(|| socket_dir.join(STATUS_SOCKET));
    NodeOptions {
        settings,
        socket_dir,
        status_socket: Some(status_socket).filter(|path| path != Path::new("none")),
        write_bird_cfg: said.write_bird_cfg,
        extra: said.extra,
        withdraw_on_stop: said.withdraw_on_stop,
        rename: !said.no_rename,
        debug: said.debug,
        debug_file: said.debug_file,
        json_log: said.json_log,
    }
}

fn environment(variables: &Variables<'_>) -> Result<Said, lexopt::Error> {
    let path = |flag: &str| variables(&variable(flag)).map(PathBuf::from);
    let is_set = |flag: &str| switch(&variable(flag), variables);
    let json_log = match variables("GODWIT_LOG_FORMAT") {
        Some(format) => is_json(&format.string()?).map_err(|error| format!("GODWIT_LOG_FORMAT: {error}"))?,
        None => false,
    };
    Ok(Said {
        socket_dir: path("socket-dir"),
        status_socket: path("status-socket"),
        write_bird_cfg: path("write-bird-cfg"),
        extra: path("extra").map(|list| std::env::split_paths(&list).collect()).unwrap_or_default(),
        withdraw_on_stop: is_set("withdraw-on-stop")?,
        no_rename: is_set("no-rename")?,
        debug: is_set("debug")?,
        debug_file: path("debug-file"),
        json_log,
    })
}

/// A variable that is on or off.
fn switch(name: &str, variables: &Variables<'_>) -> Result<bool, lexopt::Error> {
    let Some(value) = variables(name) else { return Ok(false) };
    match value.to_string_lossy().to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        other => Err(format!("{name}: '{other}' is neither true nor false").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str], variables: &[(&str, &str)]) -> Result<Option<NodeOptions>, String> {
        let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        parse(lexopt::Parser::from_args(words), &get).map_err(|error| error.to_string())
    }

    fn options(words: &[&str], variables: &[(&str, &str)]) -> NodeOptions {
        read(words, variables).expect("good").expect("no help")
    }

    const NODE: [&str; 4] = ["--datastore", "dir:/m", "--node", "a"];

    #[test]
    fn a_node_is_where_calico_has_it_unless_told() {
        let o = options(&NODE, &[]);
        assert_eq!(o.socket_dir, Path::new("/var/run/calico"));
        assert_eq!(o.status_socket.as_deref(), Some(Path::new("/var/run/calico/godwit.sock")));
        assert!(o.rename && !o.withdraw_on_stop && !o.debug && o.write_bird_cfg.is_none());
        let o = options(&[&NODE[..], &["--socket-dir", "/s", "--status-socket", "none"]].concat(), &[]);
        assert_eq!((o.socket_dir.as_path(), o.status_socket), (Path::new("/s"), None));
    }

    #[test]
    fn the_environment_says_all_that_flags_say_and_counts_less() {
        let variables = [
            ("GODWIT_DATASTORE", "dir:/m"),
            ("NODENAME", "a"),
            ("GODWIT_STATE_FILE", "/state"),
            ("GODWIT_RELEASE", "3.33"),
            ("GODWIT_SOCKET_DIR", "/s"),
            ("GODWIT_WRITE_BIRD_CFG", "/c"),
            ("GODWIT_EXTRA", "/a.conf:/b.conf"),
            ("GODWIT_STATUS_SOCKET", ""),
            ("GODWIT_WITHDRAW_ON_STOP", "True"),
            ("GODWIT_NO_RENAME", "1"),
            ("GODWIT_DEBUG", "yes"),
            ("GODWIT_DEBUG_FILE", "/d"),
            ("GODWIT_LOG_FORMAT", "json"),
        ];
        let o = options(&[], &variables);
        assert_eq!(o, options(&[], &[&variables[..], &[("UNRELATED", "x")]].concat()));
        let flags =
            ["--socket-dir", "/s", "--write-bird-cfg", "/c", "--extra", "/a.conf", "--extra", "/b.conf"];
        let more = ["--withdraw-on-stop", "--no-rename", "-d", "-D", "/d", "--log-format", "json"];
        let settings = ["--release", "3.33", "--state-file", "/state"];
        let by_flags = options(&[&NODE[..], &flags, &more, &settings].concat(), &[]);
        assert_eq!(o, by_flags);
        let o = options(&["--socket-dir", "/t", "--extra", "/c.conf", "--node", "b"], &variables);
        assert_eq!((o.socket_dir.as_path(), o.extra.len()), (Path::new("/t"), 1));
        assert_eq!(o.settings.node.node, "b");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |variables: &[(&str, &str)]| read(&NODE, variables).expect_err("it is wrong");
        assert!(error(&[("GODWIT_NO_RENAME", "maybe")]).contains("GODWIT_NO_RENAME: 'maybe'"));
        assert!(error(&[("GODWIT_LOG_FORMAT", "xml")]).contains("GODWIT_LOG_FORMAT"));
        assert!(error(&[("GODWIT_DATASTORE", "ldap:x")]).contains("GODWIT_DATASTORE"));
        assert!(read(&["--family", "4"], &[]).expect_err("no such flag").contains("--family"));
    }
}
