//! The command line: BIRD's flags, its clients' flags under their names, and our own subcommands.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use godwit_ctl::ClientArgs;
use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt as _;

use crate::calico::{self, CalicoCommand};
use crate::node::{self, NodeOptions};
use crate::writing::{self, ConvertOptions, FormatOptions};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// Print this.
    Help(&'static str),
    /// Print the version.
    Version,
    /// Be the control client.
    Client(ClientArgs),
    /// `godwit calico`.
    Calico(Box<CalicoCommand>),
    /// `godwit node`.
    Node(Box<NodeOptions>),
    /// `godwit companion`.
    Companion {
        /// Only for as long as somebody holds the other end of standard input.
        until_input_ends: bool,
    },
    /// Check a file.
    Check(CheckOptions),
    /// Write a file in canonical form.
    Format(FormatOptions),
    /// Write a file in another language.
    Convert(ConvertOptions),
    /// Be the daemon.
    Daemon(Box<DaemonOptions>),
}

/// `godwit check FILE`, `-p`.
#[derive(Clone, Debug)]
pub(crate) struct CheckOptions {
    /// The file.
    pub(crate) config: PathBuf,
    /// A 1.6 file is for IPv6 (`bird6`).
    pub(crate) ipv6: bool,
    /// Say so if the file is good.
    pub(crate) say_good: bool,
    /// Run the tests (`bt_test_suite`) of the file.
    pub(crate) run_tests: bool,
}

/// The daemon's flags.
#[derive(Clone, Debug)]
pub(crate) struct DaemonOptions {
    pub(crate) config: PathBuf,
    pub(crate) socket: PathBuf,
    pub(crate) pid_file: Option<PathBuf>,
    /// `-d`: debug messages to standard error, in the foreground.
    pub(crate) debug: bool,
    /// `-D FILE`.
    pub(crate) debug_file: Option<PathBuf>,
    /// `-f`.
    pub(crate) foreground: bool,
    /// `-p`.
    pub(crate) parse_only: bool,
    /// `-R`.
    pub(crate) recovery: bool,
    pub(crate) user: Option<String>,
    pub(crate) group: Option<String>,
    /// Called as `bird6`.
    pub(crate) ipv6: bool,
    pub(crate) json_log: bool,
    /// `--run-tests`: instead of being the daemon.
    pub(crate) run_tests: bool,
}

impl DaemonOptions {
    pub(crate) fn check(&self) -> CheckOptions {
        CheckOptions {
            config: self.config.clone(),
            ipv6: self.ipv6,
            say_good: false,
            run_tests: self.run_tests,
        }
    }
}

const CONFIG_DIR: &str = "/etc/bird";
const RUN_DIR: &str = "/run/bird";
/// Where the sockets of a node of Calico's are.
pub(crate) const CALICO_RUN_DIR: &str = "/var/run/calico";

pub(crate) const HELP: &str = "\
godwit: a BGP speaker that runs bird.conf unchanged

Usage: godwit [run] [OPTIONS]        the daemon, with BIRD's flags
       godwit check [-6] FILE        check a configuration (-6: as bird6 would) and explain what is wrong with it
       godwit fmt [-w] FILE          write a bird.conf in canonical form; -w: into the file itself
       godwit convert [-6] FILE --to toml|bird2   write a configuration in another language
       godwit calico COMMAND         what a Calico datastore makes of a node; godwit calico --help
       godwit node [OPTIONS]         the whole of BGP on a node of Calico's; godwit node --help
       godwit companion              waits, for ever: what a service runs that is not needed any more
       godwit ctl [-s SOCKET] [COMMAND…]   talk to a running daemon; interactive without a command

Options of the daemon:
  -c FILE            the configuration file (bird.conf or TOML)
  -s FILE            the control socket
  -P FILE            write the process id to a file
  -d                 debug messages to standard error, in the foreground
  -D FILE            debug messages to a file
  -f                 stay in the foreground
  -l                 look for the files in the current directory
  -p                 check the configuration and exit: 0 if it is good, 1 if not
  -R                 take part in graceful restart recovery
  -u USER, -g GROUP  drop privileges after the start, but for the network capabilities
  --log-format FMT   text (as BIRD's) or json
  --version          print the version
  -h, --help         print this

Under the names bird and bird6 it is the daemon, under birdc and birdcl the client.";

/// Reads a command line.
///
/// # Errors
/// What is wrong with it, and how to get help.
pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<Invocation, String> {
    let mut args = args.peekable();
    let name = args.next().unwrap_or_default();
    let name = Path::new(&name).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let fail = |error: lexopt::Error| format!("{name}: {error}\nTry '{name} --help' for more information.");
    if name.starts_with("birdc") {
        return client(lexopt::Parser::from_args(args), name.ends_with('6')).map_err(fail);
    }
    let ipv6 = name == "bird6";
    let subcommand = args.peek().and_then(|a| a.to_str()).map(str::to_owned);
    match subcommand.as_deref() {
        Some("ctl") => client(lexopt::Parser::from_args(args.skip(1)), false).map_err(fail),
        Some("calico") => match calico::parse(lexopt::Parser::from_args(args.skip(1))) {
            Ok(Some(command)) => Ok(Invocation::Calico(Box::new(command))),
            Ok(None) => Ok(Invocation::Help(calico::HELP)),
            Err(error) => {
                Err(format!("{name} calico: {error}\nTry '{name} calico --help' for more information."))
            }
        },
        Some("node") => match node::parse(lexopt::Parser::from_args(args.skip(1)), &variables) {
            Ok(Some(options)) => Ok(Invocation::Node(Box::new(options))),
            Ok(None) => Ok(Invocation::Help(node::HELP)),
            Err(error) => {
                Err(format!("{name} node: {error}\nTry 'godwit node --help' for more information."))
            }
        },
        Some("companion") => companion(lexopt::Parser::from_args(args.skip(1))).map_err(fail),
        Some("check") => check(lexopt::Parser::from_args(args.skip(1))).map_err(fail),
        Some("fmt") => writing::parse_format(lexopt::Parser::from_args(args.skip(1))).map_err(fail),
        Some("convert") => writing::parse_convert(lexopt::Parser::from_args(args.skip(1))).map_err(fail),
        Some("run") => daemon(lexopt::Parser::from_args(args.skip(1)), ipv6, true).map_err(fail),
        _ => daemon(lexopt::Parser::from_args(args), ipv6, false).map_err(fail),
    }
}

/// The environment.
fn variables(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn companion(mut args: lexopt::Parser) -> Result<Invocation, lexopt::Error> {
    let mut until_input_ends = false;
    while let Some(arg) = args.next()? {
        match arg {
            Long("until-input-ends") => until_input_ends = true,
            Short('h') | Long("help") => return Ok(Invocation::Help(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Invocation::Companion { until_input_ends })
}

fn check(mut args: lexopt::Parser) -> Result<Invocation, lexopt::Error> {
    let mut config = None;
    let (mut ipv6, mut run_tests) = (false, false);
    while let Some(arg) = args.next()? {
        match arg {
            Value(value) if config.is_none() => config = Some(value.into()),
            Short('6') => ipv6 = true,
            Long("run-tests") => run_tests = true,
            Short('h') | Long("help") => return Ok(Invocation::Help(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    let config: PathBuf = config.ok_or("which file? godwit check FILE")?;
    Ok(Invocation::Check(CheckOptions { config, ipv6, say_good: true, run_tests }))
}

fn client(mut args: lexopt::Parser, ipv6: bool) -> Result<Invocation, lexopt::Error> {
    let socket = if ipv6 { "bird6.ctl" } else { "bird.ctl" };
    let mut client = ClientArgs {
        path: client_socket(socket, &|path| path.exists()),
        verbose: false,
        restrict: false,
        command: Vec::new(),
    };
    while let Some(arg) = args.next()? {
        match arg {
            Short('s') => client.path = args.value()?.into(),
            Short('v') => client.verbose = true,
            Short('r') => client.restrict = true,
            Short('l') => client.path = socket.into(),
            Short('h') | Long("help") => return Ok(Invocation::Help(HELP)),
            Value(word) => {
                client.command.push(word.string()?);
                // What follows belongs to the command, dashes and all.
                for word in args.raw_args()? {
                    client.command.push(word.string()?);
                }
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Invocation::Client(client))
}

/// Where a client looks: where BIRD's socket is, or Calico's if only that one is there.
fn client_socket(name: &str, there: &dyn Fn(&Path) -> bool) -> PathBuf {
    let (usual, calico) = (Path::new(RUN_DIR).join(name), Path::new(CALICO_RUN_DIR).join(name));
    if there(&calico) && !there(&usual) { calico } else { usual }
}

fn daemon(mut args: lexopt::Parser, ipv6: bool, foreground: bool) -> Result<Invocation, lexopt::Error> {
    let (config, socket) = if ipv6 { ("bird6.conf", "bird6.ctl") } else { ("bird.conf", "bird.ctl") };
    let mut options = DaemonOptions {
        config: Path::new(CONFIG_DIR).join(config),
        socket: Path::new(RUN_DIR).join(socket),
        pid_file: None,
        debug: false,
        debug_file: None,
        foreground,
        parse_only: false,
        recovery: false,
        user: None,
        group: None,
        ipv6,
        json_log: false,
        run_tests: false,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Short('c') => options.config = args.value()?.into(),
            Short('s') => options.socket = args.value()?.into(),
            Short('P') => options.pid_file = Some(args.value()?.into()),
            Short('d') => options.debug = true,
            Short('D') => options.debug_file = Some(args.value()?.into()),
            Short('f') => options.foreground = true,
            Short('p') => options.parse_only = true,
            Short('R') => options.recovery = true,
            Short('l') => {
                options.config = config.into();
                options.socket = socket.into();
            }
            Short('u') => options.user = Some(args.value()?.string()?),
            Short('g') => options.group = Some(args.value()?.string()?),
            Short('h') | Long("help") => return Ok(Invocation::Help(HELP)),
            Long("version") => return Ok(Invocation::Version),
            Long("run-tests") => options.run_tests = true,
            Long("log-format") => options.json_log = calico::is_json(&args.value()?.string()?)?,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Invocation::Daemon(Box::new(options)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Invocation, String> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn flags_combine_as_with_bird() {
        let Ok(Invocation::Daemon(o)) = parse_words(&["/usr/sbin/bird", "-dfc", "x.conf", "-sx.ctl", "-R"])
        else {
            panic!("a daemon's flags")
        };
        assert!(o.debug && o.foreground && o.recovery && !o.ipv6);
        assert_eq!((o.config.as_path(), o.socket.as_path()), (Path::new("x.conf"), Path::new("x.ctl")));
    }

    #[test]
    fn names_choose_the_program() {
        assert!(matches!(parse_words(&["bird6"]), Ok(Invocation::Daemon(o)) if o.ipv6));
        assert!(
            matches!(parse_words(&["birdcl", "show", "status"]), Ok(Invocation::Client(c)) if c.command.len() == 2)
        );
        assert!(matches!(parse_words(&["godwit", "ctl", "-s", "a", "down"]), Ok(Invocation::Client(_))));
        assert!(matches!(parse_words(&["godwit", "check", "f"]), Ok(Invocation::Check(c)) if !c.run_tests));
        let tests = parse_words(&["godwit", "check", "--run-tests", "f"]);
        assert!(matches!(tests, Ok(Invocation::Check(c)) if c.run_tests));
        let tests = parse_words(&["bird", "--run-tests", "-c", "f"]);
        assert!(matches!(tests, Ok(Invocation::Daemon(o)) if o.check().run_tests));
    }

    #[test]
    fn a_node_and_its_companion_are_found_under_every_name() {
        let node = ["bird", "node", "--datastore", "dir:/m", "--node", "a"];
        assert!(matches!(parse_words(&node), Ok(Invocation::Node(_))));
        let companion = parse_words(&["bird6", "companion", "--until-input-ends"]);
        assert!(matches!(companion, Ok(Invocation::Companion { until_input_ends: true })));
    }

    #[test]
    fn a_client_finds_the_socket_of_calico() {
        let only = |dir: &'static str| move |path: &Path| path.starts_with(dir);
        assert_eq!(client_socket("bird6.ctl", &only("/var")), Path::new("/var/run/calico/bird6.ctl"));
        assert_eq!(client_socket("bird.ctl", &only("/run")), Path::new("/run/bird/bird.ctl"));
        assert_eq!(client_socket("bird.ctl", &|_| true), Path::new("/run/bird/bird.ctl"));
        assert_eq!(client_socket("bird.ctl", &|_| false), Path::new("/run/bird/bird.ctl"));
    }

    #[test]
    fn an_unknown_flag_is_refused_by_name() {
        let error = parse_words(&["bird", "-x"]).expect_err("no such flag");
        assert!(error.contains("-x") && error.contains("--help"), "{error}");
    }
}
