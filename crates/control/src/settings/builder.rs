//! Puts the places together: flags over our file over Calico's file over the environment.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::SettingsError;
use super::layer::{DatastoreLayer, EtcdLayer, Found, KubernetesLayer, NodeLayer, Type};
use super::{
    DatastoreSettings, EtcdSettings, KubernetesSettings, NodeSettings, Release, RouterIdSetting, Settings,
    api_config, endpoints, environment, file,
};

/// Where a node's own name is kept by Calico's start-up.
const NODENAME_FILE: &str = "/var/lib/calico/nodename";
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

/// Makes settings of the layers.
struct Finish<'a> {
    problems: &'a mut Vec<String>,
    notes: &'a mut Vec<String>,
}

impl Finish<'_> {
    fn node(&mut self, node: NodeLayer) -> Option<NodeSettings> {
        let name = match node.name {
            Some(found) => found,
            None => self.name_of_file(node.name_file)?,
        };
        let name = self.checked_name(name)?;
        Some(NodeSettings {
            kubernetes_node: node.kubernetes_name.unwrap_or_else(|| name.clone()),
            node: name,
            release: node.release.unwrap_or_default(),
            router_id: node.router_id.unwrap_or(RouterIdSetting::FromAddress),
            use_pod_cidr: node.use_pod_cidr.unwrap_or_default(),
            advertise_cluster_ips: node.advertise_cluster_ips,
            namespace: node.namespace.unwrap_or_else(|| "kube-system".into()),
        })
    }

    fn name_of_file(&mut self, file: Option<PathBuf>) -> Option<Found<String>> {
        let file = file.unwrap_or_else(|| NODENAME_FILE.into());
        match std::fs::read_to_string(&file) {
            Ok(name) => Some((file.display().to_string(), name.trim().to_owned())),
            Err(error) => {
                self.problems.push(format!(
                    "NODENAME: not set, and {}: {error}; set it to this node's name in the datastore, or give \
                     --node, or node.name in the file",
                    file.display()
                ));
                None
            }
        }
    }

    fn checked_name(&mut self, (place, name): Found<String>) -> Option<String> {
        if name.is_empty() {
            self.problems.push(format!("{place}: there is no name of a node in it"));
        } else if name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
            let problem = "is no name of a node: expected one without blanks and slashes";
            self.problems.push(format!("{place}: '{}' {problem}", name.escape_debug()));
        } else {
            return Some(name);
        }
        None
    }

    fn datastore(&mut self, layer: DatastoreLayer) -> Option<DatastoreSettings> {
        let kind = layer.kind.unwrap_or(if layer.etcd.endpoints.is_some() || layer.discovery.is_some() {
            Type::Etcd
        } else {
            Type::Kubernetes
        });
        if kind != Type::Etcd
            && let Some((name, _)) = &layer.etcd.endpoints
        {
            self.notes.push(format!("{name}: it has no effect; the datastore is not etcd"));
        }
        match kind {
            Type::Folder => {
                if layer.folder.is_none() {
                    self.problems.push("datastore.path: it is missing; expected the folder".into());
                }
                layer.folder.map(DatastoreSettings::Folder)
            }
            Type::Kubernetes => {
                let settings = self.kubernetes(layer.kubernetes, layer.home, "");
                Some(DatastoreSettings::Kubernetes(settings))
            }
            Type::Etcd => self.etcd(layer).map(DatastoreSettings::Etcd),
        }
    }

    fn etcd(&mut self, layer: DatastoreLayer) -> Option<EtcdSettings> {
        let DatastoreLayer { etcd, kubernetes, discovery, in_cluster, .. } = layer;
        let (place, urls) = etcd.endpoints.unwrap_or_default();
        if let Some(name) = discovery {
            let problem = format!("{name}: not supported, list the endpoints in ETCD_ENDPOINTS");
            if urls.is_empty() {
                self.problems.push(problem);
                return None;
            }
            self.notes.push(problem);
        } else if urls.is_empty() {
            self.problems.push(
                "ETCD_ENDPOINTS: not set; expected the URLs of etcd with commas between them, or \
                 --datastore etcd:URL,URL, or datastore.endpoints in the file"
                    .into(),
            );
        }
        for problem in urls.iter().filter_map(|url| endpoints::check(url).err()) {
            self.problems.push(format!("{place}: {problem}"));
        }
        self.pair("ETCD_CERT_FILE", "ETCD_KEY_FILE", etcd.cert_file.is_some(), etcd.key_file.is_some());
        let user = match (etcd.username, etcd.password) {
            (Some((_, user)), Some((_, password))) => Some((user, password)),
            (Some((name, _)), None) | (None, Some((name, _))) => {
                let note = "it has no effect; a user name and a password are used only together";
                self.notes.push(format!("{name}: {note}"));
                None
            }
            (None, None) => None,
        };
        let reachable = kubernetes.is_set() || in_cluster.unwrap_or_default();
        if !reachable {
            self.notes.push(
                "KUBECONFIG: not set; services, their endpoints and secrets are in Kubernetes and are not watched"
                    .into(),
            );
        }
        Some(EtcdSettings {
            endpoints: urls,
            user,
            key_file: etcd.key_file,
            cert_file: etcd.cert_file,
            ca_file: etcd.ca_file,
            kubernetes: reachable.then(|| self.kubernetes(kubernetes, None, " (Kubernetes beside etcd)")),
        })
    }

    fn kubernetes(
        &mut self,
        layer: KubernetesLayer,
        home: Option<PathBuf>,
        which: &str,
    ) -> KubernetesSettings {
        self.pair("K8S_CERT_FILE", "K8S_KEY_FILE", layer.cert_file.is_some(), layer.key_file.is_some());
        let at_home = || home.map(|home| home.join(".kube/config")).filter(|path| path.is_file());
        let endpoint = layer.endpoint;
        let kubeconfig = layer.kubeconfig.or_else(|| if endpoint.is_none() { at_home() } else { None });
        if let Some(url) = &endpoint
            && endpoints::check_scheme(url).is_err()
        {
            let expected = "expected http://HOST:PORT or https://HOST:PORT";
            self.problems.push(format!("K8S_API_ENDPOINT{which}: '{url}' is no URL: {expected}"));
        }
        if let (Some((name, _)), None) = (&layer.context, &kubeconfig) {
            self.notes.push(format!("{name}: it has no effect; there is no kubeconfig to choose from"));
        }
        KubernetesSettings {
            context: layer.context.map(|(_, context)| context).filter(|_| kubeconfig.is_some()),
            kubeconfig,
            endpoint,
            cert_file: layer.cert_file,
            key_file: layer.key_file,
            ca_file: layer.ca_file,
            token: layer.token,
            insecure: layer.insecure.unwrap_or_default(),
            api_group: layer.api_group,
        }
    }

    /// Two files of which one is of no use.
    fn pair(&mut self, cert: &str, key: &str, has_cert: bool, has_key: bool) {
        if has_cert != has_key {
            let (has, lacks) = if has_cert { (cert, key) } else { (key, cert) };
            self.problems.push(format!("{lacks}: not set, but {has} is; expected both or neither"));
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
