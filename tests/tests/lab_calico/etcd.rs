//! Calico's part of an etcd.

use std::net::TcpListener;

use anyhow::Result;
use godwit_lab::Etcd;

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// One that listens where nobody does yet.
pub(crate) fn start() -> Result<Etcd> {
    Etcd::start(None, "127.0.0.1", free_port()?, free_port()?)
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
