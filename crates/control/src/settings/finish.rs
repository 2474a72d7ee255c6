//! From what the places say together to settings: defaults, and what does not go together.

use std::path::PathBuf;

use super::layer::{DatastoreLayer, Found, KubernetesLayer, NodeLayer, Type};
use super::{DatastoreSettings, EtcdSettings, KubernetesSettings, NodeSettings, RouterIdSetting, endpoints};

/// Where a node's own name is kept by Calico's start-up.
const NODENAME_FILE: &str = "/var/lib/calico/nodename";

/// Makes settings of the layers.
pub(super) struct Finish<'a> {
    pub(super) problems: &'a mut Vec<String>,
    pub(super) notes: &'a mut Vec<String>,
}

impl Finish<'_> {
    pub(super) fn node(&mut self, node: NodeLayer) -> Option<NodeSettings> {
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
            mesh_hold_time_secs: node.mesh_hold_time_secs,
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

    pub(super) fn datastore(&mut self, layer: DatastoreLayer) -> Option<DatastoreSettings> {
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
