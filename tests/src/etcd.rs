//! A real etcd.

use std::process::Command;

use anyhow::Result;

use crate::command::{need_program, run};
use crate::{Namespace, Process, Scratch, until};

/// One member that keeps what it has between starts.
#[derive(Debug)]
pub struct Etcd {
    process: Option<Process>,
    namespace: Option<Namespace>,
    url: String,
    peer_url: String,
    scratch: Scratch,
}

impl Etcd {
    /// Starts one that listens for clients and members at an address: in a namespace that has the address, or where the
    /// lab itself runs.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start(namespace: Option<Namespace>, address: &str) -> Result<Self> {
        need_program("etcd", "etcd-server")?;
        need_program("etcdctl", "etcd-client")?;
        let url = |port: u16| format!("http://{address}:{port}");
        let scratch = Scratch::new("etcd")?;
        let mut etcd = Self { process: None, namespace, url: url(2379), peer_url: url(2380), scratch };
        etcd.up()?;
        Ok(etcd)
    }

    /// Where its clients find it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Starts it again.
    ///
    /// # Errors
    /// It does not answer.
    pub fn up(&mut self) -> Result<()> {
        let (url, peer) = (&*self.url, &*self.peer_url);
        let mut command = self.namespace.as_ref().map_or_else(|| Command::new("etcd"), |n| n.command("etcd"));
        command.arg("--data-dir").arg(self.scratch.file("data")).args(["--log-level", "error"]);
        command.args(["--listen-client-urls", url, "--advertise-client-urls", url]);
        command.args(["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]);
        command.args(["--initial-cluster", &format!("default={peer}")]);
        self.process = Some(Process::start(command, self.scratch.file("log"))?);
        until("etcd to answer", || self.ctl(&["endpoint", "health"]).is_ok())?;
        Ok(())
    }

    /// Ends it without a word.
    pub fn down(&mut self) {
        self.process = None;
    }

    /// Runs `etcdctl` beside it.
    ///
    /// # Errors
    /// As [`run`].
    pub fn ctl(&self, arguments: &[&str]) -> Result<String> {
        let arguments = [&["--endpoints", &self.url], arguments].concat();
        match &self.namespace {
            Some(namespace) => namespace.run("etcdctl", &arguments),
            None => run("etcdctl", &arguments),
        }
    }
}
