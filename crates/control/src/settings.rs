//! How a node is told what it is and where its datastore is: flags, the environment that calico-node
//! sets, a file (calico.md §2.1). [`SettingsBuilder`] puts these together.

mod api_config;
mod builder;
mod endpoints;
mod environment;
mod error;
mod file;
mod finish;
mod layer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;

use ipnetwork::IpNetwork;
use serde::{Deserialize, Serialize};

pub use builder::SettingsBuilder;
pub use error::SettingsError;

/// Which release of Calico is emulated (§3.12). It is told, never guessed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Release {
    /// 3.30
    V3_30,
    /// 3.31
    V3_31,
    /// 3.32
    #[default]
    V3_32,
    /// 3.33
    V3_33,
}

impl Release {
    /// Every release, oldest first.
    pub const ALL: [Self; 4] = [Self::V3_30, Self::V3_31, Self::V3_32, Self::V3_33];

    /// `3.32`
    pub fn name(self) -> &'static str {
        match self {
            Self::V3_30 => "3.30",
            Self::V3_31 => "3.31",
            Self::V3_32 => "3.32",
            Self::V3_33 => "3.33",
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Release> for &'static str {
    fn from(release: Release) -> Self {
        release.name()
    }
}

impl TryFrom<String> for Release {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Release {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix('v').unwrap_or(text);
        Self::ALL
            .into_iter()
            .find(|r| r.name() == name)
            .ok_or_else(|| format!("'{text}' is no release of Calico that is known: 3.30, 3.31, 3.32, 3.33"))
    }
}

/// `CALICO_ROUTER_ID`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum RouterIdSetting {
    /// The node's IPv4 address.
    #[default]
    FromAddress,
    /// `hash`: of the node's name.
    Hash,
    /// This one.
    Fixed(Ipv4Addr),
}

impl FromStr for RouterIdSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "hash" {
            return Ok(Self::Hash);
        }
        let id: Ipv4Addr =
            text.parse().map_err(|_| format!("'{text}' is no router id: expected hash, or 192.0.2.1"))?;
        if id.is_unspecified() {
            return Err("0.0.0.0 is no router id: expected hash, or 192.0.2.1".into());
        }
        Ok(Self::Fixed(id))
    }
}

/// What the transformation is told besides the datastore.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeSettings {
    /// `NODENAME`: who we are.
    pub node: String,
    /// `CALICO_K8S_NODE_REF`: who we are to Kubernetes; the same if not set.
    pub kubernetes_node: String,
    /// Which release is emulated.
    pub release: Release,
    /// The router id.
    pub router_id: RouterIdSetting,
    /// `USE_POD_CIDR`: blocks are the node's pod CIDRs.
    pub use_pod_cidr: bool,
    /// `CALICO_ADVERTISE_CLUSTER_IPS`, in place of `serviceClusterIPs`.
    pub advertise_cluster_ips: Option<IpNetwork>,
    /// `NAMESPACE`: where secrets are.
    pub namespace: String,
    /// `GODWIT_MESH_HOLD_TIME`: the hold time of the mesh where the datastore names none, seconds.
    pub mesh_hold_time_secs: Option<u16>,
}

/// Everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Who we are.
    pub node: NodeSettings,
    /// Where the datastore is.
    pub datastore: DatastoreSettings,
    /// The folder with Felix's `endpoint-status` folder in it (§1.12).
    pub endpoint_status_prefix: PathBuf,
    /// Where the last known state is kept; none: nowhere.
    pub state_file: Option<PathBuf>,
    /// What was found that has no effect here, or another than in Calico: a line each, for the log.
    pub notes: Vec<String>,
}

impl Settings {
    /// What the environment says, and the defaults.
    ///
    /// # Errors
    /// Every problem, with the variable's name and what is expected.
    pub fn from_environment(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        SettingsBuilder::new().environment(get).build()
    }
}

/// A datastore and how to reach it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DatastoreSettings {
    /// A Kubernetes API server.
    Kubernetes(KubernetesSettings),
    /// etcd v3.
    Etcd(EtcdSettings),
    /// A folder of manifests.
    Folder(PathBuf),
}

impl FromStr for DatastoreSettings {
    type Err = String;

    /// The value of `--datastore`: `dir:PATH`, `etcd:URL,URL`, `kubernetes` or `kubernetes:KUBECONFIG`.
    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected dir:PATH, etcd:URL[,URL...], kubernetes or kubernetes:KUBECONFIG";
        let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
        match (kind, rest) {
            (_, Some("")) => Err(format!("there is nothing after '{kind}:': {EXPECTED}")),
            ("dir", Some(path)) => Ok(Self::Folder(path.into())),
            ("etcd", Some(urls)) => {
                let endpoints = endpoints::parse(urls)?;
                Ok(Self::Etcd(EtcdSettings { endpoints, ..EtcdSettings::default() }))
            }
            ("kubernetes", path) => {
                let kubeconfig = path.map(PathBuf::from);
                Ok(Self::Kubernetes(KubernetesSettings { kubeconfig, ..KubernetesSettings::default() }))
            }
            _ => Err(format!("'{text}' is no datastore: {EXPECTED}")),
        }
    }
}

/// How to reach a Kubernetes API server. Without anything: `$HOME/.kube/config` if there, else as a pod does.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct KubernetesSettings {
    /// `KUBECONFIG`: a file.
    pub kubeconfig: Option<PathBuf>,
    /// `K8S_CURRENT_CONTEXT`: a context of the kubeconfig.
    pub context: Option<String>,
    /// `K8S_API_ENDPOINT`: a URL.
    pub endpoint: Option<String>,
    /// `K8S_CERT_FILE`.
    pub cert_file: Option<PathBuf>,
    /// `K8S_KEY_FILE`.
    pub key_file: Option<PathBuf>,
    /// `K8S_CA_FILE`.
    pub ca_file: Option<PathBuf>,
    /// `K8S_API_TOKEN`.
    pub token: Option<String>,
    /// `K8S_INSECURE_SKIP_TLS_VERIFY`.
    pub insecure: bool,
    /// `CALICO_API_GROUP`: `projectcalico.org/v3` or `crd.projectcalico.org/v1`; none: what is there (§1.2).
    pub api_group: Option<String>,
}

impl fmt::Debug for KubernetesSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("KubernetesSettings");
        text.field("kubeconfig", &self.kubeconfig).field("context", &self.context);
        text.field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// How to reach etcd.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct EtcdSettings {
    /// `ETCD_ENDPOINTS`: URLs.
    pub endpoints: Vec<String>,
    /// `ETCD_USERNAME` and `ETCD_PASSWORD`; only if both are set.
    pub user: Option<(String, String)>,
    /// `ETCD_KEY_FILE`.
    pub key_file: Option<PathBuf>,
    /// `ETCD_CERT_FILE`.
    pub cert_file: Option<PathBuf>,
    /// `ETCD_CA_CERT_FILE`.
    pub ca_file: Option<PathBuf>,
    /// Services, endpoints and secrets are in Kubernetes all the same; none: they are not watched.
    pub kubernetes: Option<KubernetesSettings>,
}

impl fmt::Debug for EtcdSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdSettings").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}
