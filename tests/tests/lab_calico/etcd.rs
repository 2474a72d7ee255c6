//! A real etcd.

use std::net::TcpListener;
use std::process::Command;

use anyhow::Result;
use godwit_lab::{Process, Scratch, need_program, run as run_program, until};

/// One member that keeps what it has between starts.
pub(crate) struct Etcd {
    process: Option<Process>,
    data: String,
    client: u16,
    peer: u16,
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Etcd {
    pub(crate) fn start(scratch: &Scratch) -> Result<Self> {
        need_program("etcd", "etcd-server")?;
        need_program("etcdctl", "etcd-client")?;
        let data = scratch.file("etcd").to_string_lossy().into_owned();
        let mut etcd = Self { process: None, data, client: free_port()?, peer: free_port()? };
        etcd.up(scratch)?;
        Ok(etcd)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.client)
    }

    /// Starts it, again or for the first time.
    pub(crate) fn up(&mut self, scratch: &Scratch) -> Result<()> {
        let (url, peer) = (self.url(), format!("http://127.0.0.1:{}", self.peer));
        let mut command = Command::new("etcd");
        command.args([
            "--data-dir",
            &self.data,
            "--listen-client-urls",
            &url,
            "--advertise-client-urls",
            &url,
        ]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &format!("default={peer}"), "--log-level", "error"]);
        self.process = Some(Process::start(command, scratch.file("etcd.log"))?);
        until("etcd to answer", || self.ctl(&["endpoint", "health"]).is_ok())?;
        Ok(())
    }

    /// Stops it.
    pub(crate) fn down(&mut self) {
        self.process = None;
    }

    pub(crate) fn ctl(&self, arguments: &[&str]) -> Result<String> {
        let url = self.url();
        run_program("etcdctl", &[&["--endpoints", &url][..], arguments].concat())
    }

    /// Writes a resource of Calico.
    pub(crate) fn put(&self, plural: &str, name: &str, spec: &str) -> Result<()> {
        let key = format!("/calico/resources/v3/projectcalico.org/{plural}/{name}");
        let value = format!(
            r#"{{"apiVersion":"projectcalico.org/v3","metadata":{{"name":"{name}"}},"spec":{spec}}}"#
        );
        self.ctl(&["put", &key, &value]).map(|_| ())
    }

    /// Makes everything before now forgotten.
    pub(crate) fn compact(&self) -> Result<()> {
        let out = self.ctl(&["get", "/", "--write-out", "json"])?;
        let value: serde_json::Value = serde_json::from_str(&out)?;
        let revision =
            value.pointer("/header/revision").and_then(serde_json::Value::as_u64).unwrap_or_default();
        self.ctl(&["compact", &revision.to_string()]).map(|_| ())
    }
}
