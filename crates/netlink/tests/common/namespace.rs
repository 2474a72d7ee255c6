//! A network namespace without a name: it is gone with the thread that made it.

use std::future::Future;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sched::{CloneFlags, unshare};

/// How long labs wait for news that come at once on an idle machine, and a lab may take in all.
pub const LIMIT: Duration = Duration::from_secs(180);

/// Runs a lab in a network namespace of its own, with its loopback up.
pub fn lab<F: Future<Output = Result<()>>>(lab: impl FnOnce() -> F + Send) -> Result<()> {
    let inside = move || {
        unshare(CloneFlags::CLONE_NEWNET).context("labs make network namespaces: run this as root")?;
        ip("link set lo up")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async { tokio::time::timeout(LIMIT, lab()).await.context("the lab hangs")? })
    };
    // A thread of its own: the test's is not to stay in the namespace.
    let ended = std::thread::scope(|scope| scope.spawn(inside).join());
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs `ip` with these words; it is in the namespace of the thread that starts it.
pub fn ip(words: &str) -> Result<String> {
    let output = Command::new("ip").args(words.split_whitespace()).stdin(Stdio::null()).output();
    let output = output.context("cannot start ip")?;
    if !output.status.success() {
        bail!("ip {words}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What `ip -j` shows.
pub fn ip_json(words: &str) -> Result<Vec<serde_json::Value>> {
    let text = ip(&format!("-j {words}"))?;
    let found = serde_json::from_str(if text.trim().is_empty() { "[]" } else { &text });
    found.with_context(|| format!("ip -j {words}: {text}"))
}

/// Two cables with a near end each, up and with addresses: `eth0` (192.0.2.1/24, 2001:db8::1/64) and `eth1`
/// (198.51.100.1/24).
pub fn interfaces() -> Result<()> {
    for (name, addresses) in [("eth0", "192.0.2.1/24 2001:db8::1/64"), ("eth1", "198.51.100.1/24")] {
        ip(&format!("link add {name} type veth peer name {name}-far"))?;
        ip(&format!("link set {name}-far up"))?;
        for address in addresses.split(' ') {
            let nodad = if address.contains(':') { "nodad" } else { "" };
            ip(&format!("address add {address} dev {name} {nodad}"))?;
        }
        ip(&format!("link set {name} up"))?;
    }
    Ok(())
}

/// The index of an interface.
pub fn index(name: &str) -> Result<u32> {
    let links = ip_json(&format!("link show dev {name}"))?;
    let index = links.first().and_then(|link| link.get("ifindex")).and_then(serde_json::Value::as_u64);
    ensure!(index.is_some(), "{name} has no index");
    Ok(u32::try_from(index.unwrap_or_default())?)
}
