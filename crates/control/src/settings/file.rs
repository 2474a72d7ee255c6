//! Our own file, in TOML.
//!
//! ```toml
//! [node]
//! name = "worker-1"
//! release = "3.32"
//! router-id = "hash"                # or "192.0.2.1"
//! mesh-hold-time = "9s"             # where the datastore names none
//! state-file = "/var/lib/calico/godwit-state.json"   # or "none"
//!
//! [datastore]
//! type = "etcd"                     # or "kubernetes", "folder"
//! endpoints = ["https://10.0.0.1:2379"]
//! ca-file = "ca.pem"                # relative to the folder of this file
//!
//! [datastore.kubernetes]            # services and secrets beside etcd
//! kubeconfig = "/etc/kubernetes/kubeconfig"
//! ```
//! An unknown key is an error, and so is a key that does not belong to the type.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::error::with_suggestion;
use super::layer::{DatastoreLayer, EtcdLayer, Found, KubernetesLayer, NodeLayer, Type, api_group, cidr};
use super::{RouterIdSetting, endpoints, environment};
use crate::decode::hold_time;

type Text = Option<Spanned<String>>;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Raw {
    node: RawNode,
    datastore: Option<Spanned<RawDatastore>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct RawNode {
    name: Text,
    kubernetes_name: Text,
    release: Text,
    router_id: Text,
    use_pod_cidr: Option<bool>,
    advertise_cluster_ips: Text,
    namespace: Text,
    mesh_hold_time: Text,
    endpoint_status_prefix: Text,
    state_file: Text,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct RawDatastore {
    #[serde(rename = "type")]
    kind: Text,
    path: Text,
    endpoints: Option<Spanned<Vec<Spanned<String>>>>,
    username: Text,
    password: Text,
    cert_file: Text,
    key_file: Text,
    ca_file: Text,
    kubeconfig: Text,
    context: Text,
    endpoint: Text,
    token: Text,
    insecure: Option<Spanned<bool>>,
    api_group: Text,
    kubernetes: Option<Spanned<RawKubernetes>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct RawKubernetes {
    kubeconfig: Text,
    context: Text,
    endpoint: Text,
    cert_file: Text,
    key_file: Text,
    ca_file: Text,
    token: Text,
    insecure: Option<Spanned<bool>>,
    api_group: Text,
}

/// Reads the file.
///
/// # Errors
/// Problems, each one line with the file, the line and the column.
pub(super) fn read(path: &Path) -> Result<(NodeLayer, DatastoreLayer), Vec<String>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| vec![format!("{name}: {e}")])?;
    let mut reader = Reader { name, text: &text, folder: path.parent(), problems: Vec::new() };
    let raw: Raw = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![format!("{}: {}", reader.place(at), with_suggestion(error.message()))]
    })?;
    let node = reader.node(raw.node);
    let datastore = raw.datastore.map(|d| reader.datastore(d)).unwrap_or_default();
    if reader.problems.is_empty() { Ok((node, datastore)) } else { Err(reader.problems) }
}

struct Reader<'a> {
    name: String,
    text: &'a str,
    folder: Option<&'a Path>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// `file:line:column` of an octet.
    fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = 1 + before.matches('\n').count();
        let column = 1 + before.chars().rev().take_while(|c| *c != '\n').count();
        format!("{}:{line}:{column}", self.name)
    }

    fn problem(&mut self, at: usize, key: &str, problem: &str) {
        self.problems.push(format!("{}: {key}: {problem}", self.place(at)));
    }

    /// A text that is not empty.
    fn said(&mut self, key: &str, text: Text) -> Option<(usize, String)> {
        let text = text?;
        let at = text.span().start;
        let value = text.into_inner();
        if value.trim().is_empty() {
            self.problem(at, key, "it is empty; leave it out or fill it in");
            return None;
        }
        Some((at, value))
    }

    fn text(&mut self, key: &str, text: Text) -> Option<String> {
        self.said(key, text).map(|(_, value)| value)
    }

    fn found(&mut self, key: &str, text: Text) -> Option<Found<String>> {
        let (at, value) = self.said(key, text)?;
        Some((format!("{}: {key}", self.place(at)), value))
    }

    fn path(&mut self, key: &str, text: Text) -> Option<PathBuf> {
        let (_, value) = self.said(key, text)?;
        Some(self.folder.map_or_else(|| PathBuf::from(&value), |folder| folder.join(&value)))
    }

    fn parsed<T>(&mut self, key: &str, text: Text, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let (at, value) = self.said(key, text)?;
        parse(&value).map_err(|problem| self.problem(at, key, &problem)).ok()
    }

    fn node(&mut self, raw: RawNode) -> NodeLayer {
        let state_file = self.text("state-file", raw.state_file).map(|text| {
            let folder = self.folder.unwrap_or(Path::new(""));
            environment::state_file(&text).map(|path| folder.join(path))
        });
        NodeLayer {
            name: self.found("name", raw.name),
            name_file: None,
            kubernetes_name: self.text("kubernetes-name", raw.kubernetes_name),
            release: self.parsed("release", raw.release, str::parse),
            router_id: self.parsed("router-id", raw.router_id, |text| match text {
                "address" => Ok(RouterIdSetting::FromAddress),
                text => text.parse(),
            }),
            use_pod_cidr: raw.use_pod_cidr,
            advertise_cluster_ips: self.parsed("advertise-cluster-ips", raw.advertise_cluster_ips, cidr),
            namespace: self.text("namespace", raw.namespace),
            mesh_hold_time_secs: self.parsed("mesh-hold-time", raw.mesh_hold_time, hold_time),
            endpoint_status_prefix: self.path("endpoint-status-prefix", raw.endpoint_status_prefix),
            state_file,
        }
    }

    fn datastore(&mut self, raw: Spanned<RawDatastore>) -> DatastoreLayer {
        let at = raw.span().start;
        let mut raw = raw.into_inner();
        let Some(kind) = raw.kind.take() else {
            self.problem(at, "datastore", "type is missing: expected etcd, kubernetes or folder");
            return DatastoreLayer::default();
        };
        let kind_at = kind.span().start;
        let kind = match kind.get_ref().as_str() {
            "etcd" => Type::Etcd,
            "kubernetes" => Type::Kubernetes,
            "folder" => Type::Folder,
            other => {
                let problem = format!("'{other}' is no datastore: expected etcd, kubernetes or folder");
                self.problem(kind_at, "type", &problem);
                return DatastoreLayer::default();
            }
        };
        self.foreign(kind, &raw);
        if kind == Type::Folder && raw.path.is_none() {
            self.problem(kind_at, "path", "it is missing; expected the folder of the manifests");
        }
        let mut layer = DatastoreLayer { kind: Some(kind), ..DatastoreLayer::default() };
        match kind {
            Type::Folder => layer.folder = self.path("path", raw.path),
            Type::Etcd => {
                layer.etcd = EtcdLayer {
                    endpoints: raw.endpoints.map(|list| self.endpoints(list)),
                    username: self.found("username", raw.username),
                    password: self.found("password", raw.password),
                    key_file: self.path("key-file", raw.key_file),
                    cert_file: self.path("cert-file", raw.cert_file),
                    ca_file: self.path("ca-file", raw.ca_file),
                };
                let kubernetes = raw.kubernetes.map(Spanned::into_inner).unwrap_or_default();
                layer.kubernetes = self.kubernetes(kubernetes);
            }
            Type::Kubernetes => {
                layer.kubernetes = self.kubernetes(RawKubernetes {
                    kubeconfig: raw.kubeconfig,
                    context: raw.context,
                    endpoint: raw.endpoint,
                    cert_file: raw.cert_file,
                    key_file: raw.key_file,
                    ca_file: raw.ca_file,
                    token: raw.token,
                    insecure: raw.insecure,
                    api_group: raw.api_group,
                });
            }
        }
        layer
    }

    fn endpoints(&mut self, list: Spanned<Vec<Spanned<String>>>) -> Found<Vec<String>> {
        let at = list.span().start;
        let urls = list.into_inner();
        if urls.is_empty() {
            self.problem(at, "endpoints", "there is no URL in it");
        }
        for url in &urls {
            if let Err(problem) = endpoints::check(url.get_ref()) {
                self.problem(url.span().start, "endpoints", &problem);
            }
        }
        let place = format!("{}: endpoints", self.place(at));
        (place, urls.into_iter().map(Spanned::into_inner).collect())
    }

    fn kubernetes(&mut self, raw: RawKubernetes) -> KubernetesLayer {
        KubernetesLayer {
            kubeconfig: self.path("kubeconfig", raw.kubeconfig),
            context: self.found("context", raw.context),
            endpoint: self.text("endpoint", raw.endpoint),
            cert_file: self.path("cert-file", raw.cert_file),
            key_file: self.path("key-file", raw.key_file),
            ca_file: self.path("ca-file", raw.ca_file),
            token: self.text("token", raw.token),
            insecure: raw.insecure.map(Spanned::into_inner),
            api_group: self.parsed("api-group", raw.api_group, api_group),
        }
    }

    /// Keys of another type of datastore.
    fn foreign(&mut self, kind: Type, raw: &RawDatastore) {
        let text = |text: &Text| text.as_ref().map(|t| t.span().start);
        let etcd: &[Type] = &[Type::Etcd];
        let kubernetes: &[Type] = &[Type::Kubernetes];
        let both: &[Type] = &[Type::Etcd, Type::Kubernetes];
        let keys = [
            ("path", text(&raw.path), &[Type::Folder][..]),
            ("endpoints", raw.endpoints.as_ref().map(|e| e.span().start), etcd),
            ("username", text(&raw.username), etcd),
            ("password", text(&raw.password), etcd),
            ("cert-file", text(&raw.cert_file), both),
            ("key-file", text(&raw.key_file), both),
            ("ca-file", text(&raw.ca_file), both),
            ("kubeconfig", text(&raw.kubeconfig), kubernetes),
            ("context", text(&raw.context), kubernetes),
            ("endpoint", text(&raw.endpoint), kubernetes),
            ("token", text(&raw.token), kubernetes),
            ("insecure", raw.insecure.as_ref().map(|i| i.span().start), kubernetes),
            ("api-group", text(&raw.api_group), kubernetes),
            ("kubernetes", raw.kubernetes.as_ref().map(|k| k.span().start), etcd),
        ];
        let name = |kind| match kind {
            Type::Etcd => "etcd",
            Type::Kubernetes => "kubernetes",
            Type::Folder => "folder",
        };
        for (key, at, of) in keys {
            if let Some(at) = at.filter(|_| !of.contains(&kind)) {
                let types = of.iter().map(|k| name(*k)).collect::<Vec<_>>().join(" and ");
                let problem = format!("it is for the type {types}, and the type is {}", name(kind));
                self.problem(at, key, &problem);
            }
        }
    }
}
