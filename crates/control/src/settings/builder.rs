//! Puts the places together: flags over our file over Calico's file over the environment.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::SettingsError;
use super::finish::Finish;
use super::layer::{DatastoreLayer, EtcdLayer, KubernetesLayer, NodeLayer, Type};
use super::{DatastoreSettings, KubernetesSettings, Release, Settings, api_config, environment, file};
use crate::decode::hold_time;

/// Where the last known state is kept.
const STATE_FILE: &str = "/var/lib/calico/godwit-state.json";
/// Where Felix's folder is.
const ENDPOINT_STATUS_PREFIX: &str = "/var/run/calico";

/// Collects what flags, files and the environment say; the order of the calls does not matter. A flag
/// counts more than our file, that more than the environment. A file of Calico's takes the place of the
/// datastore's variables.
///
/// ```
/// use godwit_control::settings::{DatastoreSettings, SettingsBuilder};
///
/// let settings = SettingsBuilder::new()
///     .environment(&|name| (name == "NODENAME").then(|| "worker-1".to_owned()))
///     .datastore("dir:/etc/godwit/manifests".parse()?)
///     .build()?;
/// assert_eq!(settings.datastore, DatastoreSettings::Folder("/etc/godwit/manifests".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct SettingsBuilder {
    flags: NodeLayer,
    flag_datastore: DatastoreLayer,
    file: Option<(NodeLayer, DatastoreLayer)>,
    api_config: Option<DatastoreLayer>,
    environment: Environment,
    problems: Vec<String>,
}

impl SettingsBuilder {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the environment through a function.
    #[must_use]
    pub fn environment(mut self, get: &dyn Fn(&str) -> Option<String>) -> Self {
        self.environment = environment::read(get);
        self
    }

    /// Reads our own TOML file. Relative paths in it are relative to its folder.
    #[must_use]
    pub fn file(mut self, path: &Path) -> Self {
        match file::read(path) {
            Ok(layers) => self.file = Some(layers),
            Err(problems) => self.problems.extend(problems),
        }
        self
    }

    /// Reads a file of kind `CalicoAPIConfig`.
    #[must_use]
    pub fn api_config(mut self, path: &Path) -> Self {
        match api_config::read(path) {
            Ok(layer) => self.api_config = Some(layer),
            Err(problems) => self.problems.extend(problems),
        }
        self
    }

    /// The flag `--datastore`. What it does not say, such as the files for TLS, is taken from below.
    #[must_use]
    pub fn datastore(mut self, datastore: DatastoreSettings) -> Self {
        self.flag_datastore = flag(datastore);
        self
    }

    /// The flag for the node's name.
    #[must_use]
    pub fn node(mut self, name: &str) -> Self {
        self.flags.name = Some(("--node".into(), name.to_owned()));
        self
    }

    /// The flag for the release of Calico.
    #[must_use]
    pub fn release(mut self, release: Release) -> Self {
        self.flags.release = Some(release);
        self
    }

    /// The flag for the hold time of the mesh: seconds, or a duration such as `9s`.
    #[must_use]
    pub fn mesh_hold_time(mut self, text: &str) -> Self {
        match hold_time(text) {
            Ok(seconds) => self.flags.mesh_hold_time_secs = Some(seconds),
            Err(problem) => self.problems.push(format!("--mesh-hold-time: {problem}")),
        }
        self
    }

    /// The flag for the file of the last known state; `none`: nowhere.
    #[must_use]
    pub fn state_file(mut self, path: &str) -> Self {
        self.flags.state_file = Some(environment::state_file(path));
        self
    }

    /// Everything together.
    ///
    /// # Errors
    /// Every problem, with the flag, variable or key, and what is expected.
    pub fn build(self) -> Result<Settings, SettingsError> {
        let mut problems = self.problems;
        let Environment { node: env_node, datastore: env, mut notes, problems: found } = self.environment;
        problems.extend(found);
        let (file_node, file_datastore) = self.file.unwrap_or_default();
        let base = match self.api_config {
            Some(api) => DatastoreLayer { home: env.home, in_cluster: env.in_cluster, ..api },
            None => env,
        };
        let mut datastore = self.flag_datastore.over(file_datastore).over(base);
        let mut node = self.flags.over(file_node).over(env_node);
        node.use_pod_cidr = node.use_pod_cidr.or(datastore.use_pod_cidr.take());
        let mut finish = Finish { problems: &mut problems, notes: &mut notes };
        let datastore = finish.datastore(datastore);
        let default_state = match &datastore {
            Some(DatastoreSettings::Folder(_)) | None => None,
            Some(_) => Some(PathBuf::from(STATE_FILE)),
        };
        let endpoint_status_prefix = node.endpoint_status_prefix.take();
        let state_file = node.state_file.take().unwrap_or(default_state);
        let node = finish.node(node);
        match (datastore, node) {
            (Some(datastore), Some(node)) if problems.is_empty() => Ok(Settings {
                node,
                datastore,
                endpoint_status_prefix: endpoint_status_prefix
                    .unwrap_or_else(|| ENDPOINT_STATUS_PREFIX.into()),
                state_file,
                notes,
            }),
            _ => Err(SettingsError::new(problems)),
        }
    }
}

/// What the flag says, as a layer.
fn flag(datastore: DatastoreSettings) -> DatastoreLayer {
    let name = || "--datastore".to_owned();
    let kubernetes = |k: KubernetesSettings| KubernetesLayer {
        kubeconfig: k.kubeconfig,
        context: k.context.map(|context| (name(), context)),
        endpoint: k.endpoint,
        cert_file: k.cert_file,
        key_file: k.key_file,
        ca_file: k.ca_file,
        token: k.token,
        insecure: k.insecure.then_some(true),
        api_group: k.api_group,
    };
    match datastore {
        DatastoreSettings::Folder(path) => {
            DatastoreLayer { kind: Some(Type::Folder), folder: Some(path), ..DatastoreLayer::default() }
        }
        DatastoreSettings::Kubernetes(k) => DatastoreLayer {
            kind: Some(Type::Kubernetes),
            kubernetes: kubernetes(k),
            ..DatastoreLayer::default()
        },
        DatastoreSettings::Etcd(e) => {
            let (username, password) = e.user.unzip();
            DatastoreLayer {
                kind: Some(Type::Etcd),
                etcd: EtcdLayer {
                    endpoints: (!e.endpoints.is_empty()).then(|| (name(), e.endpoints)),
                    username: username.map(|user| (name(), user)),
                    password: password.map(|password| (name(), password)),
                    key_file: e.key_file,
                    cert_file: e.cert_file,
                    ca_file: e.ca_file,
                },
                kubernetes: e.kubernetes.map(kubernetes).unwrap_or_default(),
                ..DatastoreLayer::default()
            }
        }
    }
}

impl Settings {
    /// What the environment says, with a file of kind `CalicoAPIConfig` in place of its datastore's variables.
    ///
    /// # Errors
    /// Every problem, with the file and the field.
    pub fn with_api_config(get: &dyn Fn(&str) -> Option<String>, path: &Path) -> Result<Self, SettingsError> {
        SettingsBuilder::new().environment(get).api_config(path).build()
    }
}
