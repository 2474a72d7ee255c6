//! What one place says: the flags, a file, the environment. What it does not say is left to the place below.

use std::path::PathBuf;

use ipnetwork::IpNetwork;

use super::{Release, RouterIdSetting};

/// The kind of a datastore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    Kubernetes,
    Etcd,
    Folder,
}

/// A text with the name of where it was found, for what is judged only once the datastore is known.
pub(super) type Found<T> = (String, T);

/// Who we are.
#[derive(Default)]
pub(super) struct NodeLayer {
    pub(super) name: Option<Found<String>>,
    pub(super) name_file: Option<PathBuf>,
    pub(super) kubernetes_name: Option<String>,
    pub(super) release: Option<Release>,
    pub(super) router_id: Option<RouterIdSetting>,
    pub(super) use_pod_cidr: Option<bool>,
    pub(super) advertise_cluster_ips: Option<IpNetwork>,
    pub(super) namespace: Option<String>,
    pub(super) mesh_hold_time_secs: Option<u16>,
    pub(super) endpoint_status_prefix: Option<PathBuf>,
    /// Some(None): nowhere.
    pub(super) state_file: Option<Option<PathBuf>>,
}

/// Where the datastore is.
#[derive(Default)]
pub(super) struct DatastoreLayer {
    pub(super) kind: Option<Type>,
    pub(super) folder: Option<PathBuf>,
    pub(super) etcd: EtcdLayer,
    pub(super) kubernetes: KubernetesLayer,
    /// `ETCD_DISCOVERY_SRV` and the like is set: its name.
    pub(super) discovery: Option<String>,
    /// The home folder, where a kubeconfig may be.
    pub(super) home: Option<PathBuf>,
    /// There are the variables that a pod has.
    pub(super) in_cluster: Option<bool>,
    /// `USE_POD_CIDR`, which is one of the datastore's variables.
    pub(super) use_pod_cidr: Option<bool>,
}

#[derive(Default)]
pub(super) struct EtcdLayer {
    pub(super) endpoints: Option<Found<Vec<String>>>,
    pub(super) username: Option<Found<String>>,
    pub(super) password: Option<Found<String>>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) cert_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
}

#[derive(Default)]
pub(super) struct KubernetesLayer {
    pub(super) kubeconfig: Option<PathBuf>,
    pub(super) context: Option<Found<String>>,
    pub(super) endpoint: Option<String>,
    pub(super) cert_file: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) token: Option<String>,
    pub(super) insecure: Option<bool>,
    pub(super) api_group: Option<String>,
}

/// The one layer over the other, field by field.
macro_rules! over {
    ($upper:ident, $lower:ident, [$($field:ident),* $(,)?] $(, $part:ident)*) => {
        Self { $($field: $upper.$field.or($lower.$field),)* $($part: $upper.$part.over($lower.$part),)* }
    };
}

impl NodeLayer {
    pub(super) fn over(self, lower: Self) -> Self {
        over!(
            self,
            lower,
            [
                name,
                name_file,
                kubernetes_name,
                release,
                router_id,
                use_pod_cidr,
                advertise_cluster_ips,
                namespace,
                mesh_hold_time_secs,
                endpoint_status_prefix,
                state_file,
            ]
        )
    }
}

impl DatastoreLayer {
    pub(super) fn over(self, lower: Self) -> Self {
        over!(self, lower, [kind, folder, discovery, home, in_cluster, use_pod_cidr], etcd, kubernetes)
    }
}

impl EtcdLayer {
    fn over(self, lower: Self) -> Self {
        over!(self, lower, [endpoints, username, password, key_file, cert_file, ca_file])
    }
}

impl KubernetesLayer {
    fn over(self, lower: Self) -> Self {
        over!(
            self,
            lower,
            [kubeconfig, context, endpoint, cert_file, key_file, ca_file, token, insecure, api_group,]
        )
    }

    /// Whether it says how an API server is reached.
    pub(super) fn is_set(&self) -> bool {
        self.kubeconfig.is_some() || self.endpoint.is_some()
    }
}

/// The two groups that Calico's kinds can be in (§1.2).
pub(super) fn api_group(text: &str) -> Result<String, String> {
    match text {
        "projectcalico.org/v3" | "crd.projectcalico.org/v1" => Ok(text.to_owned()),
        _ => Err(format!("'{text}' is no group: expected projectcalico.org/v3 or crd.projectcalico.org/v1")),
    }
}

/// One prefix, with its length; host bits are cleared.
pub(super) fn cidr(text: &str) -> Result<IpNetwork, String> {
    let parsed = text.contains('/').then(|| text.parse::<IpNetwork>().ok()).flatten();
    parsed
        .and_then(|net| IpNetwork::new(net.network(), net.prefix()).ok())
        .ok_or_else(|| format!("'{text}' is no prefix: expected one such as 10.96.0.0/12"))
}
