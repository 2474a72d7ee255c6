//! What speaks BGP on a node: BIRD 1.6.8 with rendered files, or godwit as the whole of it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::{LIMIT, Namespace, Process, Program, Scratch, birdc_text, godwit, text, wait_for};

/// The release of Calico that the nodes are like, unless a scene says otherwise.
pub(crate) const RELEASE: &str = "3.33";

/// Which software.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `bird` and `bird6` and the files that `godwit calico render` prints, as confd would write them.
    Files,
    /// `godwit node`.
    Node,
}

impl Kind {
    /// What the scenes run on: `godwit node`, or what `GODWIT_SCENES` says (`files` or `node`).
    pub(crate) fn usual() -> Self {
        match std::env::var("GODWIT_SCENES").as_deref() {
            Ok("files") => Self::Files,
            _ => Self::Node,
        }
    }
}

/// What a node is told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) datastore: String,
    pub(crate) node: String,
    pub(crate) release: &'static str,
}

/// IPv4 and IPv6: the number and the name of the socket and the file.
const FAMILIES: [(u8, &str); 2] = [(4, "bird"), (6, "bird6")];

/// What runs on a node, and its files, which outlive it.
pub(crate) struct Speaker {
    kind: Kind,
    processes: Vec<Process>,
    files: Scratch,
    told: Told,
    /// More flags for `godwit node`.
    pub(crate) more: Vec<&'static str>,
    starts: u32,
}

/// `godwit` with nothing of the environment the tests run in.
fn ours(namespace: &Namespace) -> Result<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut command = namespace.command(godwit()?);
    command.env_clear().env("PATH", path);
    command.env("CALICO_ENDPOINT_STATUS_PATH_PREFIX", "/nonexistent");
    Ok(command)
}

impl Speaker {
    /// Nothing runs yet.
    pub(crate) fn new(told: Told) -> Result<Self> {
        let files = Scratch::new("speaker")?;
        Ok(Self { kind: Kind::usual(), processes: Vec::new(), files, told, more: Vec::new(), starts: 0 })
    }

    /// Starts it, as Calico does: whatever was before, with graceful restart.
    pub(crate) fn start(&mut self, namespace: &Namespace, kind: Kind) -> Result<()> {
        self.kind = kind;
        self.starts += 1;
        self.processes = match kind {
            Kind::Files => self.start_files(namespace)?,
            Kind::Node => vec![self.start_node(namespace)?],
        };
        for (family, _) in FAMILIES {
            wait_for("the control socket", LIMIT, || {
                let ended = self.processes.iter_mut().any(|process| process.ended().is_some());
                (ended || self.birdc(family, "show status").contains("Daemon is")).then_some(())
            })
            .with_context(|| self.log())?;
        }
        for process in &mut self.processes {
            if let Some(code) = process.ended() {
                bail!("{kind:?} of {} ended with {code}: {}", self.told.node, self.log());
            }
        }
        Ok(())
    }

    fn start_node(&self, namespace: &Namespace) -> Result<Process> {
        let mut command = ours(namespace)?;
        let Told { datastore, node, release } = &self.told;
        command.args(["node", "--datastore", datastore, "--node", node, "--release", release]);
        command.arg("--socket-dir").arg(self.files.path()).arg("--state-file").arg(self.files.file("state"));
        command.args(&self.more);
        Process::start(command, self.files.file(&format!("node-{}.log", self.starts)))
    }

    fn start_files(&self, namespace: &Namespace) -> Result<Vec<Process>> {
        let mut processes = Vec::new();
        self.render(namespace)?;
        for ((_, name), program) in FAMILIES.into_iter().zip([Program::Bird16, Program::Bird16V6]) {
            let mut command = namespace.command(program.path()?);
            command.args(["-R", "-d", "-c"]).arg(self.config(name)).arg("-s").arg(self.socket(name));
            command.current_dir(self.files.path());
            let log = self.files.file(&format!("{name}-{}.log", self.starts));
            processes.push(Process::start(command, log)?);
        }
        Ok(processes)
    }

    fn config(&self, name: &str) -> PathBuf {
        self.files.file(&format!("{name}.cfg"))
    }

    fn socket(&self, name: &str) -> PathBuf {
        self.files.file(&format!("{name}.ctl"))
    }

    /// Writes the files that have changed; gives their families.
    fn render(&self, namespace: &Namespace) -> Result<Vec<u8>> {
        let mut changed = Vec::new();
        let Told { datastore, node, release } = &self.told;
        for (family, name) in FAMILIES {
            let mut command = ours(namespace)?;
            command.args([
                "calico",
                "render",
                "--datastore",
                datastore,
                "--node",
                node,
                "--release",
                release,
            ]);
            let output = command.args(["--with-passwords", "--family", &family.to_string()]).output()?;
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            if !output.status.success() {
                // The files stay as they are, as Calico's do.
                ensure!(err.contains(&format!("no Node '{node}'")), "render: {err}");
                continue;
            }
            let file = self.config(name);
            if fs::read_to_string(&file).unwrap_or_default() != out {
                fs::write(&file, out)?;
                changed.push(family);
            }
        }
        Ok(changed)
    }

    /// Has it see what the datastore has now; `godwit node` needs nobody for it.
    pub(crate) fn refresh(&self, namespace: &Namespace) -> Result<()> {
        if self.kind == Kind::Node || self.processes.is_empty() {
            return Ok(());
        }
        for family in self.render(namespace)? {
            let answer = self.birdc(family, "configure");
            ensure!(answer.contains("Reconfigur"), "{}: {answer}", self.told.node);
        }
        Ok(())
    }

    /// Whether something runs.
    pub(crate) fn runs(&self) -> bool {
        !self.processes.is_empty()
    }

    /// Asks it to end, as Kubernetes does, and waits until it has.
    pub(crate) fn stop(&mut self) -> Result<()> {
        for mut process in std::mem::take(&mut self.processes) {
            let code = process.stop();
            ensure!(code == 0, "{:?} of {} ended with {code}: {}", self.kind, self.told.node, process.log());
        }
        Ok(())
    }

    /// Waits until it has ended of itself.
    pub(crate) fn ends(&mut self) -> Result<()> {
        for mut process in std::mem::take(&mut self.processes) {
            let (code, _) = wait_for("its end", LIMIT, || process.ended())?;
            ensure!(code == 0, "{:?} of {} ended with {code}: {}", self.kind, self.told.node, process.log());
        }
        Ok(())
    }

    /// Ends it without a word.
    pub(crate) fn kill(&mut self) {
        self.processes.iter_mut().for_each(Process::kill);
        self.processes.clear();
    }

    /// What `birdc` prints, without its banner.
    pub(crate) fn birdc(&self, family: u8, command: &str) -> String {
        let name = if family == 4 { "bird" } else { "bird6" };
        let printed = birdc_text(&self.socket(name), command);
        printed.split_once(" ready.\n").map_or_else(|| printed.clone(), |(_, rest)| rest.to_owned())
    }

    /// What was printed, by this start.
    pub(crate) fn log(&self) -> String {
        self.processes.iter().map(Process::log).collect::<Vec<_>>().join("\n--\n")
    }
}
