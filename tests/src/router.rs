//! Daemons with BIRD's flags and BIRD's control socket: godwit and the real ones.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::{need_program, text};
use crate::{LIMIT, Namespace, Process, Scratch, until, wait_for, workspace};

/// Which daemon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Program {
    /// Ours.
    Godwit,
    /// Ours under the name `bird6`, which says of a 1.6 file that it is IPv6's.
    GodwitV6,
    /// Debian's bird2.
    Bird2,
    /// Bird 1.6.8 for IPv4.
    Bird16,
    /// Bird 1.6.8 for IPv6.
    Bird16V6,
}

impl Program {
    /// Where it is.
    ///
    /// # Errors
    /// It is not there; says what brings it.
    pub fn path(self) -> Result<PathBuf> {
        match self {
            Self::Godwit => godwit(),
            Self::GodwitV6 => godwit_as("bird6"),
            Self::Bird2 => need_program("/usr/sbin/bird", "bird2"),
            Self::Bird16 => bird16("bird"),
            Self::Bird16V6 => bird16("bird6"),
        }
    }
}

fn bird16(name: &str) -> Result<PathBuf> {
    let path = target().join("peers/bird16/usr/sbin").join(name);
    if !path.exists() {
        bail!("there is no bird 1.6.8 at {}: cargo xtask test unpacks it there", path.display());
    }
    Ok(path)
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// The daemon as `cargo xtask test` and `cargo xtask demo` built it: `GODWIT`, or the newest under `target`.
///
/// # Errors
/// It has not been built.
pub fn godwit() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("GODWIT") {
        return Ok(path.into());
    }
    let found = ["release", "debug"].iter().map(|profile| target().join(profile).join("godwit"));
    let newest = found.filter(|p| p.exists()).max_by_key(|p| p.metadata().and_then(|m| m.modified()).ok());
    newest.context("godwit is not built: cargo build --bin godwit, or run cargo xtask test")
}

/// The same under another name, as a link beside it.
fn godwit_as(name: &str) -> Result<PathBuf> {
    let godwit = godwit()?;
    let link = godwit.with_file_name(name);
    match std::os::unix::fs::symlink(&godwit, &link) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(link),
    }
}

/// What the stock `birdc` prints for one command, its banner first; nothing if nobody answers.
pub fn birdc_text(socket: &Path, command: &str) -> String {
    let mut birdc = Command::new("birdc");
    birdc.arg("-s").arg(socket).args(command.split(' ')).stdin(Stdio::null());
    birdc.output().map(|o| text(&o.stdout)).unwrap_or_default()
}

/// A running daemon with its files.
#[derive(Debug)]
pub struct Router {
    process: Process,
    socket: PathBuf,
    config: PathBuf,
    scratch: Scratch,
}

impl Router {
    /// Starts a daemon in the foreground and waits until its control socket answers.
    ///
    /// # Errors
    /// It does not start; with what it printed.
    pub fn start(namespace: &Namespace, program: Program, config: &str) -> Result<Self> {
        Self::start_with(namespace, program, config, |_| {})
    }

    /// The same with more flags or another environment.
    ///
    /// # Errors
    /// As [`Router::start`].
    pub fn start_with(
        namespace: &Namespace,
        program: Program,
        config: &str,
        more: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        need_program("birdc", "bird2")?;
        let scratch = Scratch::new("router")?;
        // A TOML file says in its first line what it is.
        let name = if config.starts_with("# TOML") { "godwit.toml" } else { "bird.conf" };
        let config = scratch.write(name, config)?;
        let socket = scratch.file("bird.ctl");
        let mut command = namespace.command(program.path()?);
        command.arg("-f").arg("-c").arg(&config).arg("-s").arg(&socket).arg("-P").arg(scratch.file("pid"));
        more(&mut command);
        let mut process = Process::start(command, scratch.file("log"))?;
        let answered = wait_for("the control socket", LIMIT, || {
            let ended = process.ended();
            (ended.is_some() || !birdc_text(&socket, "show status").is_empty()).then_some(ended)
        });
        match answered {
            Ok((None, _)) => Ok(Self { process, socket, config, scratch }),
            Ok((Some(code), _)) => bail!("{program:?} ended with {code}: {}", process.log()),
            Err(error) => Err(error.context(process.log())),
        }
    }

    /// What `birdc` prints, without its banner.
    pub fn birdc(&self, command: &str) -> String {
        let printed = birdc_text(&self.socket, command);
        printed.split_once(" ready.\n").map_or_else(|| printed.clone(), |(_, rest)| rest.to_owned())
    }

    /// The control socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The configuration file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// A file beside the configuration.
    pub fn file(&self, name: &str) -> PathBuf {
        self.scratch.file(name)
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// What the daemon printed.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Writes another configuration and has it read; gives what `birdc` printed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn configure(&self, config: &str) -> Result<String> {
        std::fs::write(&self.config, config)?;
        Ok(self.birdc("configure"))
    }

    /// Waits for a session to be Established.
    ///
    /// # Errors
    /// It was not; with the protocols and the log.
    pub fn established(&self, protocol: &str) -> Result<Duration> {
        let command = format!("show protocols {protocol}");
        until(&format!("{protocol} to be Established"), || self.birdc(&command).contains("Established"))
            .with_context(|| format!("{}{}", self.birdc("show protocols all"), self.log()))
    }

    /// The value of a line such as `BGP state:` of `show protocols all`.
    pub fn detail(&self, protocol: &str, name: &str) -> String {
        let all = self.birdc(&format!("show protocols all {protocol}"));
        let line = all.lines().find_map(|l| l.trim().strip_prefix(name));
        line.map(|value| value.trim().to_owned()).unwrap_or_default()
    }

    /// When a protocol last changed its state, as `show protocols` prints it.
    pub fn since(&self, protocol: &str) -> String {
        let shown = self.birdc(&format!("show protocols {protocol}"));
        let line = shown.lines().find(|l| l.starts_with(protocol)).unwrap_or_default();
        line.split_whitespace().nth(4).unwrap_or_default().to_owned()
    }

    /// `show route all` for one prefix; empty if there is no such route.
    pub fn route(&self, prefix: &str) -> String {
        let shown = self.birdc(&format!("show route all {prefix}"));
        if shown.contains(prefix) { shown } else { String::new() }
    }

    /// Waits until a route is there whose `show route all` has all these words.
    ///
    /// # Errors
    /// It never had; with what is shown instead.
    pub fn has_route(&self, prefix: &str, words: &[&str]) -> Result<Duration> {
        until(&format!("{prefix} with {words:?}"), || {
            let route = self.route(prefix);
            !route.is_empty() && words.iter().all(|w| route.contains(w))
        })
        .with_context(|| format!("{}{}", self.birdc("show route all"), self.log()))
    }

    /// Waits until a route is gone.
    ///
    /// # Errors
    /// It stayed.
    pub fn lost_route(&self, prefix: &str) -> Result<Duration> {
        until(&format!("{prefix} to go"), || self.route(prefix).is_empty())
            .with_context(|| format!("{}{}", self.birdc("show route all"), self.log()))
    }
}
