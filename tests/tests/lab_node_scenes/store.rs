//! The datastore of a cluster: a folder of manifests, etcd, or an API server.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};
use godwit_lab::{Etcd, Scratch};
use serde_json::{Value, json};

use crate::api::Api;

/// A Node as far as BGP is concerned.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeObject {
    pub(crate) name: String,
    /// With prefix length; empty: none.
    pub(crate) ipv4: String,
    pub(crate) ipv6: String,
    pub(crate) asn: Option<u32>,
    /// It reflects routes, with this cluster id.
    pub(crate) cluster_id: Option<&'static str>,
    pub(crate) labels: Vec<(&'static str, &'static str)>,
}

impl NodeObject {
    fn labels(&self) -> Value {
        self.labels.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect()
    }

    fn annotations(&self) -> Value {
        let asn = self.asn.map(|asn| asn.to_string()).unwrap_or_default();
        let all = [
            ("IPv4Address", self.ipv4.as_str()),
            ("IPv6Address", &self.ipv6),
            ("ASNumber", &asn),
            ("RouteReflectorClusterID", self.cluster_id.unwrap_or_default()),
        ];
        let set = all.iter().filter(|(_, value)| !value.is_empty());
        set.map(|(key, value)| (format!("projectcalico.org/{key}"), json!(value))).collect()
    }

    fn bgp(&self) -> Value {
        let all = [
            ("ipv4Address", json!(self.ipv4)),
            ("ipv6Address", json!(self.ipv6)),
            ("asNumber", json!(self.asn)),
            ("routeReflectorClusterID", json!(self.cluster_id)),
        ];
        let set = all.into_iter().filter(|(_, value)| !value.is_null() && value != "");
        set.map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// One object.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    Node(NodeObject),
    /// A block of addresses that belongs to a node.
    Block {
        node: String,
        cidr: String,
    },
    /// A resource of Calico: kind, name, spec.
    Calico(&'static str, String, Value),
    /// An object of Kubernetes: kind, API version, name, and everything but these.
    Core(&'static str, &'static str, String, Value),
}

/// A resource of Calico.
pub(crate) fn calico(kind: &'static str, name: &str, spec: Value) -> Object {
    Object::Calico(kind, name.to_owned(), spec)
}

/// The cluster's own BGPConfiguration.
pub(crate) fn bgp_configuration(spec: Value) -> Object {
    calico("BGPConfiguration", "default", spec)
}

/// A BGPPeer.
pub(crate) fn bgp_peer(name: &str, spec: Value) -> Object {
    calico("BGPPeer", name, spec)
}

/// An IPPool that is neither encapsulated nor anything else unusual.
pub(crate) fn ip_pool(name: &str, cidr: &str) -> Object {
    calico("IPPool", name, json!({ "cidr": cidr }))
}

fn file_name(cidr: &str) -> String {
    cidr.replace(['/', ':', '.'], "-")
}

impl Object {
    /// A file name without suffix; it is the same for all versions of an object.
    fn label(&self) -> String {
        match self {
            Self::Node(node) => format!("node-{}", node.name),
            Self::Block { node, cidr } => format!("block-{node}-{}", file_name(cidr)),
            Self::Calico(kind, name, _) | Self::Core(kind, _, name, _) => format!("{kind}-{name}"),
        }
    }

    /// As `kubectl apply` takes it.
    fn manifest(&self) -> Value {
        match self {
            Self::Node(node) => json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": { "name": node.name, "labels": node.labels(), "annotations": node.annotations() },
            }),
            Self::Block { node, cidr } => json!({
                "apiVersion": "crd.projectcalico.org/v1", "kind": "BlockAffinity",
                "metadata": { "name": self.label() },
                "spec": { "node": node, "cidr": cidr, "state": "confirmed", "deleted": "false" },
            }),
            Self::Calico(kind, name, spec) => json!({
                "apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": { "name": name }, "spec": spec,
            }),
            Self::Core(kind, api_version, name, rest) => {
                let mut whole = json!({
                    "apiVersion": api_version, "kind": kind,
                    "metadata": { "name": name, "namespace": "default" },
                });
                merge(&mut whole, rest);
                whole
            }
        }
    }

    /// Its key and value in etcd, as calicoctl writes them.
    fn etcd(&self) -> Result<(String, Value)> {
        let resource = |plural: &str, kind: &str, name: &str, labels: Value, spec: &Value| {
            let key = format!("/calico/resources/v3/projectcalico.org/{plural}/{name}");
            let metadata = json!({ "name": name, "labels": labels });
            let api = "projectcalico.org/v3";
            (key, json!({ "apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec }))
        };
        Ok(match self {
            Self::Node(node) => {
                resource("nodes", "Node", &node.name, node.labels(), &json!({ "bgp": node.bgp() }))
            }
            Self::Block { node, cidr } => {
                let family = if cidr.contains(':') { "ipv6" } else { "ipv4" };
                let key = format!("/calico/ipam/v2/host/{node}/{family}/block/{}", cidr.replace('/', "-"));
                (key, json!({ "state": "confirmed", "deleted": false }))
            }
            Self::Calico(kind, name, spec) => {
                let plural = format!("{}s", kind.to_lowercase());
                resource(&plural, kind, name, json!({}), spec)
            }
            Self::Core(kind, ..) => bail!("{kind} is Kubernetes' and not in etcd"),
        })
    }
}

/// Adds the fields of one object to another, those of objects in it too.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// Where the objects are.
pub(crate) enum Store {
    Folder(Scratch),
    Etcd(Etcd),
    Kubernetes(Api),
}

impl Store {
    /// An empty folder.
    pub(crate) fn folder() -> Result<Self> {
        Ok(Self::Folder(Scratch::new("manifests")?))
    }

    /// As `--datastore` takes it.
    pub(crate) fn flag(&self) -> String {
        match self {
            Self::Folder(folder) => format!("dir:{}", folder.path().display()),
            Self::Etcd(etcd) => format!("etcd:{}", etcd.url()),
            Self::Kubernetes(api) => api.flag(),
        }
    }

    fn file(folder: &Scratch, object: &Object) -> PathBuf {
        folder.file(&format!("{}.json", object.label()))
    }

    /// Writes an object; readers see the old one or the new one.
    pub(crate) fn put(&self, object: &Object) -> Result<()> {
        match self {
            Self::Folder(folder) => {
                let beside = folder.write(".new", &object.manifest().to_string())?;
                fs::rename(beside, Self::file(folder, object))?;
                Ok(())
            }
            Self::Etcd(etcd) => {
                let (key, value) = object.etcd()?;
                etcd.ctl(&["put", &key, &value.to_string()]).map(|_| ())
            }
            Self::Kubernetes(api) => api.put(object.manifest()),
        }
    }

    /// Removes an object.
    pub(crate) fn delete(&self, object: &Object) -> Result<()> {
        match self {
            Self::Folder(folder) => Ok(fs::remove_file(Self::file(folder, object))?),
            Self::Etcd(etcd) => etcd.ctl(&["del", &object.etcd()?.0]).map(|_| ()),
            Self::Kubernetes(api) => api.delete(object.manifest()),
        }
    }
}
