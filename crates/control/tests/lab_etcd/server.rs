//! An etcd of a test's own.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything in these tests may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An address of loopback that nobody listens at, and that no connection gets by itself: the port lies below those
/// that the kernel gives to whoever connects, for else it may be gone before a server binds it, or while one is down.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Where one process begins, another does not.
    let first = u16::try_from(std::process::id() % 200).expect("below 200") * 100;
    loop {
        let port = 12_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener.local_addr().expect("it is bound");
        }
    }
}

/// A certificate, its key, and the CA of both sides.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) ca: PathBuf,
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// One member, stopped when dropped.
pub(crate) struct Server {
    name: String,
    dir: TempDir,
    data: String,
    pub(crate) client: SocketAddr,
    pub(crate) peer: SocketAddr,
    tls: Option<Tls>,
    /// `name=url,…` of a cluster of several.
    cluster: Option<String>,
    /// `user:password` for etcdctl.
    pub(crate) user: Option<String>,
    running: Option<Child>,
}

impl Server {
    /// One that runs alone.
    pub(crate) fn start() -> Self {
        let mut server = Self::new("one");
        server.run();
        server.wait();
        server
    }

    /// One that runs alone, with TLS that wants a certificate of clients.
    pub(crate) fn start_tls(tls: Tls) -> Self {
        let mut server = Self::new("one");
        server.tls = Some(tls);
        server.run();
        server.wait();
        server
    }

    /// Several that run together.
    pub(crate) fn start_cluster(size: usize) -> Vec<Self> {
        let mut servers: Vec<Self> = (0..size).map(|i| Self::new(&format!("m{i}"))).collect();
        let urls: Vec<String> = servers.iter().map(|s| format!("{}=http://{}", s.name, s.peer)).collect();
        for server in &mut servers {
            server.cluster = Some(urls.join(","));
            server.run();
        }
        servers.iter_mut().for_each(Self::wait);
        servers
    }

    fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            dir: tempfile::tempdir().expect("a temporary folder"),
            data: "data".into(),
            client: free_address(),
            peer: free_address(),
            tls: None,
            cluster: None,
            user: None,
            running: None,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.client)
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_string_lossy().into_owned()
    }

    /// Starts it on its data, and does not wait.
    pub(crate) fn run(&mut self) {
        let (client, peer) = (self.url(), format!("http://{}", self.peer));
        let cluster = self.cluster.clone().unwrap_or_else(|| format!("{}={peer}", self.name));
        let log = std::fs::File::create(self.dir.path().join("log")).expect("a log");
        let mut command = Command::new("/usr/bin/etcd");
        command.args(["--name", &self.name, "--data-dir", &self.path(&self.data)]);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &cluster, "--max-txn-ops", "10000"]);
        command.args(["--heartbeat-interval", "100", "--election-timeout", "1000"]);
        if let Some(tls) = &self.tls {
            command.arg("--client-cert-auth").arg("--trusted-ca-file").arg(&tls.ca);
            command.arg("--cert-file").arg(&tls.cert).arg("--key-file").arg(&tls.key);
        }
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log).spawn();
        self.running = Some(child.expect("/usr/bin/etcd starts; it is in Debian's package etcd-server"));
    }

    /// Until it answers.
    pub(crate) fn wait(&mut self) {
        let start = Instant::now();
        while self.try_ctl(&["endpoint", "health"], None).is_err() {
            let log = || std::fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(start.elapsed() < PATIENCE, "etcd does not answer: {}", log());
        }
    }

    /// Stops it, as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Goes on with the data, elsewhere.
    pub(crate) fn restart_elsewhere(&mut self) {
        self.kill();
        self.client = free_address();
        self.run();
        self.wait();
    }

    /// Saves a snapshot.
    pub(crate) fn save(&self) {
        self.ctl(&["snapshot", "save", &self.path("snapshot")]);
    }

    /// Goes on with the snapshot, as the same cluster by name and address.
    pub(crate) fn restore(&mut self) {
        self.kill();
        self.data = "restored".into();
        let peer = format!("http://{}", self.peer);
        let cluster = format!("{}={peer}", self.name);
        let (file, data) = (self.path("snapshot"), self.path(&self.data));
        self.ctl(&[
            "snapshot",
            "restore",
            &file,
            "--data-dir",
            &data,
            "--name",
            &self.name,
            "--initial-cluster",
            &cluster,
            "--initial-advertise-peer-urls",
            &peer,
        ]);
        self.run();
        self.wait();
    }

    /// etcdctl.
    pub(crate) fn ctl(&self, args: &[&str]) -> String {
        self.try_ctl(args, None).unwrap_or_else(|e| panic!("etcdctl {}: {e}", args.join(" ")))
    }

    fn try_ctl(&self, args: &[&str], input: Option<&str>) -> Result<String, String> {
        let mut command = Command::new("/usr/bin/etcdctl");
        command.env("ETCDCTL_API", "3").args(["--endpoints", &self.url()]);
        command.args(["--dial-timeout", "5s", "--command-timeout", "20s"]);
        if let Some(user) = &self.user {
            command.args(["--user", user]);
        }
        if let Some(tls) = &self.tls {
            command.arg("--cacert").arg(&tls.ca).arg("--cert").arg(&tls.cert).arg("--key").arg(&tls.key);
        }
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().expect("/usr/bin/etcdctl starts; it is in Debian's package etcd-client");
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            stdin.write_all(input.as_bytes()).expect("etcdctl reads");
        }
        let output = child.wait_with_output().expect("etcdctl ends");
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Writes a key.
    pub(crate) fn put(&self, key: &str, value: &str) {
        self.try_put(key, value).expect("it is written");
    }

    /// Writes a key, perhaps: without a leader it may have been written or not.
    pub(crate) fn try_put(&self, key: &str, value: &str) -> Result<String, String> {
        // An argument cannot be as long as a value may be, and etcdctl takes no empty input.
        if value.is_empty() {
            self.try_ctl(&["put", key, ""], None)
        } else {
            self.try_ctl(&["put", key], Some(value))
        }
    }

    /// How often a key was written since it is there.
    pub(crate) fn version(&self, key: &str) -> u64 {
        let text = self.ctl(&["get", key, "-w", "json"]);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        value.pointer("/kvs/0/version").and_then(serde_json::Value::as_u64).expect("it is there")
    }

    /// Removes a key.
    pub(crate) fn delete(&self, key: &str) {
        assert_eq!(self.ctl(&["del", key]).trim(), "1", "{key} was there");
    }

    /// Writes and removes in one transaction: one revision.
    pub(crate) fn transaction(&self, puts: &[(String, String)], deletes: &[String]) {
        let puts = puts.iter().map(|(key, value)| format!("put {key} '{value}'\n"));
        let deletes = deletes.iter().map(|key| format!("del {key}\n"));
        // No condition; what is done if it holds; what is done if not.
        let text = format!("\n{}\n\n", puts.chain(deletes).collect::<String>());
        self.try_ctl(&["txn"], Some(&text)).expect("it is written");
    }

    /// The revision of the store.
    pub(crate) fn revision(&self) -> u64 {
        let text = self.ctl(&["get", "none", "-w", "json"]);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        value.pointer("/header/revision").and_then(serde_json::Value::as_u64).expect("a revision")
    }

    /// Throws away every revision but the latest.
    pub(crate) fn compact(&self) {
        self.ctl(&["compact", &self.revision().to_string()]);
    }

    /// Whether it leads its cluster.
    pub(crate) fn is_leader(&self) -> bool {
        let text = self.ctl(&["endpoint", "status", "-w", "json"]);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let at = |path: &str| value.pointer(path).cloned();
        at("/0/Status/leader").is_some() && at("/0/Status/leader") == at("/0/Status/header/member_id")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a program that has to succeed.
pub(crate) fn run(program: &str, args: &[&str], dir: &Path) {
    let output = Command::new(program).args(args).current_dir(dir).output();
    let output = output.unwrap_or_else(|e| panic!("{program} starts: {e}"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
