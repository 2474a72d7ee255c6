//! Peers that are neither godwit nor BIRD.

use std::path::Path;

use anyhow::{Context, Result};

use crate::command::need_program;
use crate::{LIMIT, Namespace, Process, Scratch, run, wait_for};

/// FRR's bgpd alone: it has no zebra and programs no kernel.
#[derive(Debug)]
pub struct Frr {
    process: Process,
    scratch: Scratch,
}

impl Frr {
    /// Starts bgpd with a configuration and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start(namespace: &Namespace, config: &str) -> Result<Self> {
        let program = need_program("/usr/lib/frr/bgpd", "frr")?;
        let scratch = Scratch::new("frr")?;
        let config = scratch.write("bgpd.conf", config)?;
        let mut command = namespace.command(program);
        command.arg("-f").arg(config).args(["-u", "root", "-g", "root", "-S", "-Z", "-n", "-P", "0"]);
        command.arg("-i").arg(scratch.file("pid")).arg("-z").arg(scratch.file("zserv.api"));
        command.arg("--vty_socket").arg(scratch.path()).args(["--log", "stdout"]);
        let process = Process::start(command, scratch.file("log"))?;
        let frr = Self { process, scratch };
        wait_for("bgpd to answer", LIMIT, || frr.vtysh(&["show version"]).ok()).with_context(|| frr.log())?;
        Ok(frr)
    }

    /// Runs commands.
    ///
    /// # Errors
    /// As [`run`].
    pub fn vtysh(&self, commands: &[&str]) -> Result<String> {
        let socket = self.scratch.path().to_string_lossy();
        let mut args = vec!["--vty_socket", &*socket];
        for command in commands {
            args.extend(["-c", command]);
        }
        run("vtysh", &args)
    }

    /// What it printed.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

/// GoBGP.
#[derive(Debug)]
pub struct GoBgp<'a> {
    process: Process,
    namespace: &'a Namespace,
    _scratch: Scratch,
}

impl<'a> GoBgp<'a> {
    /// Starts gobgpd with a configuration in TOML and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start(namespace: &'a Namespace, config: &str) -> Result<Self> {
        let program = need_program("gobgpd", "gobgpd")?;
        need_program("gobgp", "gobgpd")?;
        let scratch = Scratch::new("gobgp")?;
        let config = scratch.write("gobgp.toml", config)?;
        let mut command = namespace.command(program);
        command.arg("-f").arg(Path::new(&config));
        let process = Process::start(command, scratch.file("log"))?;
        let gobgp = Self { process, namespace, _scratch: scratch };
        wait_for("gobgpd to answer", LIMIT, || gobgp.ask(&["neighbor"]).ok()).with_context(|| gobgp.log())?;
        Ok(gobgp)
    }

    /// Runs a command of its client.
    ///
    /// # Errors
    /// As [`run`].
    pub fn ask(&self, words: &[&str]) -> Result<String> {
        self.namespace.run("gobgp", words)
    }

    /// What it printed.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
