//! Peers that are neither godwit nor BIRD.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::need_program;
use crate::{LIMIT, Namespace, Process, Scratch, run, wait_for};

/// FRR's bgpd, alone unless its zebra is asked for: then it programs no kernel.
#[derive(Debug)]
pub struct Frr {
    process: Process,
    /// It goes after bgpd, whose routes it keeps if that goes without a word.
    zebra: Option<Process>,
    scratch: Scratch,
}

impl Frr {
    /// Starts bgpd with a configuration and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start(namespace: &Namespace, config: &str) -> Result<Self> {
        let scratch = Scratch::new("frr")?;
        scratch.write("bgpd.conf", config)?;
        let process = Self::bgpd(namespace, &scratch, &["-Z", "-n"])?;
        Self { process, zebra: None, scratch }.answers()
    }

    /// The same with a zebra, which puts bgpd's routes into the kernel.
    ///
    /// # Errors
    /// As [`Frr::start`].
    pub fn start_with_zebra(namespace: &Namespace, config: &str) -> Result<Self> {
        let program = need_program("/usr/lib/frr/zebra", "frr")?;
        let scratch = Scratch::new("frr")?;
        scratch.write("bgpd.conf", config)?;
        // Unlike bgpd it insists on being who the package says it is.
        std::fs::set_permissions(scratch.path(), std::fs::Permissions::from_mode(0o777))?;
        let mut command = namespace.command(program);
        command.arg("-f").arg(scratch.write("zebra.conf", "")?);
        Self::place(&mut command, &scratch, "zebra");
        let zebra = Process::start(command, scratch.file("zebra.log"))?;
        let socket = scratch.file("zserv.api");
        wait_for("zebra to listen", LIMIT, || socket.exists().then_some(())).with_context(|| zebra.log())?;
        let process = Self::bgpd(namespace, &scratch, &[])?;
        Self { process, zebra: Some(zebra), scratch }.answers()
    }

    /// Starts bgpd again after its end, with the same zebra and another configuration.
    ///
    /// # Errors
    /// As [`Frr::start`].
    pub fn start_again(self, namespace: &Namespace, config: &str) -> Result<Self> {
        let Self { mut process, zebra, scratch } = self;
        process.kill();
        scratch.write("bgpd.conf", config)?;
        let alone: &[&str] = if zebra.is_some() { &[] } else { &["-Z", "-n"] };
        let process = Self::bgpd(namespace, &scratch, alone)?;
        Self { process, zebra, scratch }.answers()
    }

    fn bgpd(namespace: &Namespace, scratch: &Scratch, flags: &[&str]) -> Result<Process> {
        let program = need_program("/usr/lib/frr/bgpd", "frr")?;
        let mut command = namespace.command(program);
        command.arg("-f").arg(scratch.file("bgpd.conf")).args(["-u", "root", "-g", "root", "-S"]).args(flags);
        Self::place(&mut command, scratch, "bgpd");
        Process::start(command, scratch.file("log"))
    }

    /// Where a daemon's files are, and who it is.
    fn place(command: &mut Command, scratch: &Scratch, name: &str) {
        command.args(["-P", "0", "--log", "stdout"]);
        command.arg("-i").arg(scratch.file(&format!("{name}.pid")));
        command.arg("-z").arg(scratch.file("zserv.api")).arg("--vty_socket").arg(scratch.path());
    }

    fn answers(self) -> Result<Self> {
        wait_for("bgpd to answer", LIMIT, || self.vtysh(&["show version"]).ok())
            .with_context(|| self.log())?;
        Ok(self)
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
        self.process.log() + &self.zebra.as_ref().map(Process::log).unwrap_or_default()
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

/// GoBGP.
#[derive(Debug)]
pub struct GoBgp {
    process: Process,
    namespace: String,
    _scratch: Scratch,
}

impl GoBgp {
    /// Starts gobgpd with a configuration in TOML and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start(namespace: &Namespace, config: &str) -> Result<Self> {
        let program = need_program("gobgpd", "gobgpd")?;
        need_program("gobgp", "gobgpd")?;
        let scratch = Scratch::new("gobgp")?;
        let config = scratch.write("gobgp.toml", config)?;
        let mut command = namespace.command(program);
        command.arg("-f").arg(config).args(["-l", "debug", "--pprof-disable"]);
        let process = Process::start(command, scratch.file("log"))?;
        let gobgp = Self { process, namespace: namespace.name().to_owned(), _scratch: scratch };
        wait_for("gobgpd to answer", LIMIT, || gobgp.ask(&["neighbor"]).ok()).with_context(|| gobgp.log())?;
        Ok(gobgp)
    }

    /// Runs a command of its client.
    ///
    /// # Errors
    /// As [`run`].
    pub fn ask(&self, words: &[&str]) -> Result<String> {
        run("ip", &[&["netns", "exec", &self.namespace, "gobgp"], words].concat())
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

/// OpenBGPD: `SCRATCH` in its configuration is its directory, where its socket must be `bgpd.sock`.
#[derive(Debug)]
pub struct OpenBgpd {
    process: Process,
    scratch: Scratch,
}

impl OpenBgpd {
    /// Starts bgpd with a configuration and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start(namespace: &Namespace, config: &str) -> Result<Self> {
        let program = need_program("/usr/sbin/bgpd", "openbgpd")?;
        // Its processes change their root to it; the package leaves it to systemd to make it.
        std::fs::create_dir_all("/run/openbgpd")?;
        let scratch = Scratch::new("openbgpd")?;
        let text = config.replace("SCRATCH", &scratch.path().to_string_lossy());
        let config = scratch.write("bgpd.conf", &text)?;
        // It refuses a file that others may read.
        std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600))?;
        let mut command = namespace.command(program);
        command.args(["-d", "-v", "-f"]).arg(config);
        let process = Process::start(command, scratch.file("log"))?;
        let bgpd = Self { process, scratch };
        wait_for("bgpd to answer", LIMIT, || bgpd.ask(&["show"]).ok()).with_context(|| bgpd.log())?;
        Ok(bgpd)
    }

    /// Runs a command of bgpctl.
    ///
    /// # Errors
    /// As [`run`].
    pub fn ask(&self, words: &[&str]) -> Result<String> {
        let socket = self.scratch.file("bgpd.sock");
        run("bgpctl", &[&["-s", &*socket.to_string_lossy()], words].concat())
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

/// ExaBGP: `SCRATCH` in its configuration is its directory, where it must write `received`, a line of JSON each.
#[derive(Debug)]
pub struct ExaBgp {
    process: Process,
    scratch: Scratch,
}

impl ExaBgp {
    /// Starts it with a configuration.
    ///
    /// # Errors
    /// It is not installed.
    pub fn start(namespace: &Namespace, config: &str) -> Result<Self> {
        let program = need_program("exabgp", "exabgp")?;
        let scratch = Scratch::new("exabgp")?;
        let text = config.replace("SCRATCH", &scratch.path().to_string_lossy());
        let config = scratch.write("exabgp.conf", &text)?;
        // Its pipe has nothing to read at times, which ends `cat`.
        let received = scratch.file("received");
        scratch.write(
            "receive",
            &format!("while cat >> {0} || [ -e {0} ]; do sleep 0.1; done\n", received.display()),
        )?;
        let mut command = namespace.command(program);
        command.arg(config).env("exabgp.daemon.user", "root").env("exabgp.api.cli", "false");
        // It listens for neighbors that are `passive`, only where it is told to.
        let listen = text.lines().find_map(|line| line.trim().strip_prefix("local-address "));
        command.env("exabgp.tcp.bind", listen.unwrap_or_default().trim_end_matches(';'));
        let process = Process::start(command, scratch.file("log"))?;
        Ok(Self { process, scratch })
    }

    /// The last that it was told of a net; empty if it was withdrawn, or never told.
    pub fn route(&self, net: &str) -> String {
        let received = self.received();
        let last = received.lines().rfind(|line| line.contains(&format!("\"{net}\"")));
        let last = last.filter(|line| !line.contains("\"withdraw\""));
        last.unwrap_or_default().to_owned()
    }

    /// All that it was told.
    pub fn received(&self) -> String {
        std::fs::read_to_string(self.scratch.file("received")).unwrap_or_default()
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
