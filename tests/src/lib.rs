//! What labs are made of: network namespaces, processes in them, and waiting for conditions.
//!
//! Everything made here has a unique name and is gone when its guard is dropped; only processes
//! started here are ended, by their id.
#![forbid(unsafe_code)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Fails unless we may make namespaces.
///
/// # Errors
/// We are not root.
pub fn need_root() -> Result<()> {
    if geteuid().is_root() {
        return Ok(());
    }
    bail!("labs make network namespaces, which only root may: run this as root")
}

/// Runs a program to its end and returns what it printed.
///
/// # Errors
/// It cannot be started, or fails; with what it said.
pub fn run(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!("{program} {}: {}{}", args.join(" "), text(&output.stderr), text(&output.stdout));
    }
    Ok(text(&output.stdout))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A network namespace with its loopback up.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes one; `label` is part of its unique name.
    ///
    /// # Errors
    /// The kernel or iproute2 refuses.
    pub fn new(label: &str) -> Result<Self> {
        need_root()?;
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("gw{}-{number}-{label}", std::process::id());
        run("ip", &["netns", "add", &name])?;
        let namespace = Self { name };
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip` in it.
    ///
    /// # Errors
    /// As [`run`].
    pub fn ip(&self, args: &[&str]) -> Result<String> {
        run("ip", &[&["-n", &self.name], args].concat())
    }

    /// Runs a program in it to its end.
    ///
    /// # Errors
    /// As [`run`].
    pub fn run(&self, program: &str, args: &[&str]) -> Result<String> {
        run("ip", &[&["netns", "exec", &self.name, program], args].concat())
    }

    /// A command that will run in it. `ip netns exec` becomes the program, so its id is the program's.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program.as_ref());
        command
    }

    /// Joins two namespaces by a veth pair and gives its ends addresses (with prefix length).
    ///
    /// # Errors
    /// As [`run`].
    pub fn join(a: (&Self, &str, &[&str]), b: (&Self, &str, &[&str])) -> Result<()> {
        run(
            "ip",
            &[
                "link", "add", a.1, "netns", &a.0.name, "type", "veth", "peer", "name", b.1, "netns",
                &b.0.name,
            ],
        )?;
        for (namespace, device, addresses) in [a, b] {
            for address in addresses {
                let mut args = vec!["addr", "add", *address, "dev", device];
                // Without duplicate address detection an IPv6 address can be used at once.
                if address.contains(':') {
                    args.push("nodad");
                }
                namespace.ip(&args)?;
            }
            namespace.ip(&["link", "set", device, "up"])?;
        }
        Ok(())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = run("ip", &["netns", "del", &self.name]);
    }
}

/// A directory of its own under the system's temporary one, removed at the end.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes one.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn new(label: &str) -> Result<Self> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("gw{}-{number}-{label}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path })
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file in it and returns its path.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.file(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A process that is ended when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command, its output going to a file.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(mut command: Command, log: PathBuf) -> Result<Self> {
        let file = File::create(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self { child, log })
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().ok().flatten().map(|status| status.code().unwrap_or(-1))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }

    /// Asks it to stop and waits; kills it if it does not.
    pub fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if self.ended().is_some() {
                return;
            }
            std::thread::sleep(POLL);
        }
        self.kill();
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// CPU seconds used and the peak of its resident memory in octets.
    pub fn usage(&self) -> (f64, u64) {
        let read =
            |what: &str| std::fs::read_to_string(format!("/proc/{}/{what}", self.id())).unwrap_or_default();
        let stat = read("stat");
        let after_name = stat.rsplit(')').next().unwrap_or("");
        let ticks: u64 =
            after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
        let status = read("status");
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("");
        let kib: u64 = peak.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
        (ticks as f64 / 100.0, kib * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

const POLL: Duration = Duration::from_millis(10);

/// Waits until `condition` gives something, looking every 10 ms. How long it took comes with it.
///
/// # Errors
/// It did not within `limit`; `what` says what was waited for.
pub fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Option<T>,
) -> Result<(T, Duration)> {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return Ok((found, start.elapsed()));
        }
        if start.elapsed() > limit {
            bail!("waited {limit:?} for {what}");
        }
        std::thread::sleep(POLL);
    }
}

/// Asks a control socket with the stock `birdc`.
///
/// # Errors
/// `birdc` cannot be started.
pub fn birdc(socket: &Path, command: &str) -> Result<Output> {
    Command::new("birdc")
        .arg("-s")
        .arg(socket)
        .args(command.split(' '))
        .stdin(Stdio::null())
        .output()
        .context("cannot start birdc: install bird2")
}

/// What `birdc` prints.
pub fn birdc_text(socket: &Path, command: &str) -> String {
    birdc(socket, command).map(|o| text(&o.stdout)).unwrap_or_default()
}

/// The root of the checkout.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// The daemon as `cargo xtask test` and `cargo xtask demo` built it: `GODWIT`, or the newest under `target`.
///
/// # Errors
/// It has not been built.
pub fn godwit() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("GODWIT") {
        return Ok(path.into());
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    let found = ["release", "debug"].iter().map(|profile| target.join(profile).join("godwit"));
    let newest = found.filter(|p| p.exists()).max_by_key(|p| p.metadata().and_then(|m| m.modified()).ok());
    newest.context("godwit is not built: cargo build --bin godwit, or run cargo xtask test")
}
