//! What the environment says.

use std::path::PathBuf;
use std::str::FromStr;

use super::layer::{DatastoreLayer, EtcdLayer, KubernetesLayer, NodeLayer, Type, api_group, cidr};
use crate::decode::hold_time;

/// What was read of the environment.
#[derive(Default)]
pub(super) struct Environment {
    pub(super) node: NodeLayer,
    pub(super) datastore: DatastoreLayer,
    pub(super) notes: Vec<String>,
    pub(super) problems: Vec<String>,
}

struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// A variable; an empty one counts as not set, which is what charts make of values that are not.
    fn text(&self, name: &str) -> Option<String> {
        (self.get)(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }

    /// A variable of the datastore and its name: with `CALICO_` before it, or as it is.
    fn found(&self, name: &str) -> Option<(String, String)> {
        let long = format!("CALICO_{name}");
        let value = self.text(&long).map(|v| (long, v));
        value.or_else(|| self.text(name).map(|v| (name.to_owned(), v)))
    }

    fn value(&self, name: &str) -> Option<String> {
        self.found(name).map(|(_, value)| value)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// What a function makes of a value.
    fn parsed<T>(
        &mut self,
        found: Option<(String, String)>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (name, value) = found?;
        let result = parse(&value);
        result.map_err(|problem| self.problems.push(format!("{name}: {problem}"))).ok()
    }

    fn here(&self, name: &str) -> Option<(String, String)> {
        self.text(name).map(|value| (name.to_owned(), value))
    }
}

/// Reads the variables of calico.md §2.1 and our own.
pub(super) fn read(get: &dyn Fn(&str) -> Option<String>) -> Environment {
    let mut reader = Reader { get, problems: Vec::new() };
    let datastore = datastore(&mut reader);
    let node = node(&mut reader);
    let notes = notes(&reader);
    Environment { node, datastore, notes, problems: reader.problems }
}

fn node(reader: &mut Reader<'_>) -> NodeLayer {
    NodeLayer {
        name: reader.here("NODENAME"),
        name_file: reader.text("CALICO_NODENAME_FILE").map(PathBuf::from),
        kubernetes_name: reader.text("CALICO_K8S_NODE_REF"),
        release: reader.parsed(reader.here("GODWIT_RELEASE"), FromStr::from_str),
        router_id: reader.parsed(reader.here("CALICO_ROUTER_ID"), FromStr::from_str),
        use_pod_cidr: None,
        advertise_cluster_ips: reader.parsed(reader.here("CALICO_ADVERTISE_CLUSTER_IPS"), cidr),
        namespace: reader.text("NAMESPACE"),
        mesh_hold_time_secs: reader.parsed(reader.here("GODWIT_MESH_HOLD_TIME"), hold_time),
        endpoint_status_prefix: reader.text("CALICO_ENDPOINT_STATUS_PATH_PREFIX").map(PathBuf::from),
        state_file: reader.text("GODWIT_STATE_FILE").map(|text| state_file(&text)),
    }
}

/// A path, or `none`.
pub(super) fn state_file(text: &str) -> Option<PathBuf> {
    (text != "none").then(|| PathBuf::from(text))
}

fn datastore(reader: &mut Reader<'_>) -> DatastoreLayer {
    let endpoints = reader.found("ETCD_ENDPOINTS").map(|(name, urls)| {
        let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
        (name, urls.map(str::to_owned).collect())
    });
    DatastoreLayer {
        kind: reader.parsed(reader.found("DATASTORE_TYPE"), datastore_type),
        folder: None,
        etcd: EtcdLayer {
            endpoints,
            username: reader.found("ETCD_USERNAME"),
            password: reader.found("ETCD_PASSWORD"),
            key_file: reader.path("ETCD_KEY_FILE"),
            cert_file: reader.path("ETCD_CERT_FILE"),
            ca_file: reader.path("ETCD_CA_CERT_FILE"),
        },
        kubernetes: KubernetesLayer {
            kubeconfig: reader.path("KUBECONFIG"),
            context: reader.found("K8S_CURRENT_CONTEXT"),
            endpoint: reader.value("K8S_API_ENDPOINT"),
            cert_file: reader.path("K8S_CERT_FILE"),
            key_file: reader.path("K8S_KEY_FILE"),
            ca_file: reader.path("K8S_CA_FILE"),
            token: reader.value("K8S_API_TOKEN"),
            insecure: reader.parsed(reader.found("K8S_INSECURE_SKIP_TLS_VERIFY"), boolean),
            api_group: reader.parsed(reader.here("CALICO_API_GROUP"), api_group),
        },
        discovery: reader.found("ETCD_DISCOVERY_SRV").map(|(name, _)| name),
        home: reader.text("HOME").map(PathBuf::from),
        in_cluster: reader.text("KUBERNETES_SERVICE_HOST").map(|_| true),
        use_pod_cidr: reader.parsed(reader.found("USE_POD_CIDR"), boolean),
    }
}

/// Calico's words for the datastores it has.
pub(super) fn datastore_type(text: &str) -> Result<Type, String> {
    match text {
        "kubernetes" => Ok(Type::Kubernetes),
        "etcdv3" => Ok(Type::Etcd),
        _ => Err(format!("'{text}' is no datastore: expected kubernetes or etcdv3")),
    }
}

/// The words Calico takes for a boolean.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("'{text}' is neither true nor false")),
    }
}

/// What has no effect.
fn notes(reader: &Reader<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for prefix in ["CONFD", "FELIX", "CALICO"] {
        for name in ["ADDR", "K8SSERVICENAME"] {
            let name = format!("{prefix}_TYPHA{name}");
            if reader.text(&name).is_some_and(|value| value != "none") {
                notes.push(format!("{name}: Typha is not used; the datastore is watched directly"));
            }
        }
    }
    for name in ["K8S_CLIENT_QPS", "K8S_CLIENT_BURST"] {
        if let Some((name, _)) = reader.found(name) {
            notes.push(format!("{name}: it has no effect; a watch needs few requests"));
        }
    }
    notes
}
