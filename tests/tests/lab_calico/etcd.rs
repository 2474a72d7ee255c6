//! Calico's part of an etcd.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use godwit_lab::Etcd;

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// One that listens at a loopback address of its own. A port that is free now may be taken by the time it starts, or
/// starts again: by a client that tries to connect to it meanwhile.
pub(crate) fn start() -> Result<Etcd> {
    // The id of a process has at most 22 bits.
    let number = (std::process::id() << 2) + COUNTER.fetch_add(1, Ordering::Relaxed) % 4;
    let address = Ipv4Addr::from((127 << 24) | (number & 0xff_ffff));
    Etcd::start(None, &address.to_string())
}

/// Writes a resource of Calico.
pub(crate) fn put(etcd: &Etcd, plural: &str, name: &str, spec: &str) -> Result<()> {
    let key = format!("/calico/resources/v3/projectcalico.org/{plural}/{name}");
    let value =
        format!(r#"{{"apiVersion":"projectcalico.org/v3","metadata":{{"name":"{name}"}},"spec":{spec}}}"#);
    etcd.ctl(&["put", &key, &value]).map(|_| ())
}

/// Makes everything before now forgotten.
pub(crate) fn compact(etcd: &Etcd) -> Result<()> {
    let out = etcd.ctl(&["get", "/", "--write-out", "json"])?;
    let value: serde_json::Value = serde_json::from_str(&out)?;
    let revision = value.pointer("/header/revision").and_then(serde_json::Value::as_u64).unwrap_or_default();
    etcd.ctl(&["compact", &revision.to_string()]).map(|_| ())
}
