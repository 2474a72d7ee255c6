//! Processes that live as long as a lab.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::POLL;

/// How long a program may take to stop before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(60);

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

    /// Its exit code if it has ended; -1 if a signal ended it.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().ok().flatten().map(|status| status.code().unwrap_or(-1))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }

    /// Asks it to stop and waits; kills it if it does not. Gives its exit code, -1 if a signal ended it.
    pub fn stop(&mut self) -> i32 {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + STOP_LIMIT;
        while Instant::now() < deadline {
            if let Some(code) = self.ended() {
                return code;
            }
            std::thread::sleep(POLL);
        }
        self.kill();
        -1
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
