//! A real etcd on a machine of its own in the rack.

use anyhow::Result;
use godwit_lab::{Namespace, Process, Scratch, need_program, until};

/// One member; what it has survives its end.
pub(crate) struct Etcd {
    process: Option<Process>,
    namespace: Namespace,
    address: &'static str,
    scratch: Scratch,
}

impl Etcd {
    /// On a machine that has this address.
    pub(crate) fn start(namespace: Namespace, address: &'static str) -> Result<Self> {
        need_program("etcd", "etcd-server")?;
        need_program("etcdctl", "etcd-client")?;
        let mut etcd = Self { process: None, namespace, address, scratch: Scratch::new("scene-etcd")? };
        etcd.up()?;
        Ok(etcd)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}:2379", self.address)
    }

    /// Starts it, again or for the first time.
    pub(crate) fn up(&mut self) -> Result<()> {
        let (url, peer) = (self.url(), format!("http://{}:2380", self.address));
        let mut command = self.namespace.command("etcd");
        command.arg("--data-dir").arg(self.scratch.file("data")).args(["--log-level", "error"]);
        command.args(["--listen-client-urls", &url, "--advertise-client-urls", &url]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &format!("default={peer}")]);
        self.process = Some(Process::start(command, self.scratch.file("log"))?);
        until("etcd to answer", || self.ctl(&["endpoint", "health"]).is_ok())?;
        Ok(())
    }

    /// Ends it without a word.
    pub(crate) fn down(&mut self) {
        self.process = None;
    }

    /// Runs `etcdctl` beside it.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> Result<String> {
        let url = self.url();
        self.namespace.run("etcdctl", &[&["--endpoints", &url][..], arguments].concat())
    }
}
