//! A file of kind `CalicoAPIConfig`: calicoctl's way of saying where the datastore is.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::environment::datastore_type;
use super::error::with_suggestion;
use super::layer::{DatastoreLayer, EtcdLayer, KubernetesLayer, api_group};
use crate::yaml;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document {
    api_version: String,
    kind: String,
    #[serde(rename = "metadata", default)]
    _metadata: Option<IgnoredAny>,
    #[serde(default)]
    spec: Spec,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Spec {
    datastore_type: Option<String>,
    etcd_endpoints: Option<String>,
    etcd_discovery_srv: Option<String>,
    etcd_username: Option<String>,
    etcd_password: Option<String>,
    etcd_key_file: Option<String>,
    etcd_cert_file: Option<String>,
    #[serde(rename = "etcdCACertFile")]
    etcd_ca_cert_file: Option<String>,
    etcd_key: Option<String>,
    etcd_cert: Option<String>,
    #[serde(rename = "etcdCACert")]
    etcd_ca_cert: Option<String>,
    kubeconfig: Option<String>,
    kubeconfig_inline: Option<String>,
    #[serde(rename = "k8sAPIEndpoint")]
    k8s_api_endpoint: Option<String>,
    k8s_key_file: Option<String>,
    k8s_cert_file: Option<String>,
    #[serde(rename = "k8sCAFile")]
    k8s_ca_file: Option<String>,
    #[serde(rename = "k8sAPIToken")]
    k8s_api_token: Option<String>,
    #[serde(rename = "k8sInsecureSkipTLSVerify")]
    k8s_insecure_skip_tls_verify: Option<bool>,
    k8s_current_context: Option<String>,
    #[serde(rename = "k8sUsePodCIDR")]
    k8s_use_pod_cidr: Option<bool>,
    #[serde(rename = "k8sClientQPS")]
    _k8s_client_qps: Option<f64>,
    #[serde(rename = "k8sClientBurst")]
    _k8s_client_burst: Option<f64>,
    #[serde(rename = "calicoAPIGroup")]
    calico_api_group: Option<String>,
}

/// Reads the file. An empty text counts as not set.
///
/// # Errors
/// Problems, each one line with the file and the place or the field.
pub(super) fn read(path: &Path) -> Result<DatastoreLayer, Vec<String>> {
    let file = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| vec![format!("{file}: {e}")])?;
    let parsed: Result<Document, _> = serde_saphyr::from_str_with_options(&text, yaml::options());
    let document = parsed.map_err(|error| {
        let problem = yaml::Problem::from(error);
        let place = problem.at.map(|(line, column)| format!("{line}:{column}: ")).unwrap_or_default();
        vec![format!("{file}:{place}{}", with_suggestion(&problem.message))]
    })?;
    if document.kind != "CalicoAPIConfig" || document.api_version != "projectcalico.org/v3" {
        let (kind, version) = (&document.kind, &document.api_version);
        let expected = "expected CalicoAPIConfig of projectcalico.org/v3";
        return Err(vec![format!("{file}: it is a {kind} of {version}: {expected}")]);
    }
    let mut problems = Vec::new();
    let layer = layer(&file.to_string(), document.spec, &mut problems);
    if problems.is_empty() { Ok(layer) } else { Err(problems) }
}

fn layer(file: &str, spec: Spec, problems: &mut Vec<String>) -> DatastoreLayer {
    let said = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let found = |field: &str, text| said(text).map(|t| (format!("{file}: spec.{field}"), t));
    let path = |text| said(text).map(PathBuf::from);
    for (field, text, instead) in [
        ("etcdKey", &spec.etcd_key, "etcdKeyFile"),
        ("etcdCert", &spec.etcd_cert, "etcdCertFile"),
        ("etcdCACert", &spec.etcd_ca_cert, "etcdCACertFile"),
        ("kubeconfigInline", &spec.kubeconfig_inline, "kubeconfig"),
    ] {
        if text.as_ref().is_some_and(|t| !t.trim().is_empty()) {
            problems.push(format!("{file}: spec.{field}: it is not supported; name a file in {instead}"));
        }
    }
    let mut checked =
        |field: &str, problem: String| problems.push(format!("{file}: spec.{field}: {problem}"));
    let kind = said(spec.datastore_type).map(|t| datastore_type(&t));
    let kind = kind.and_then(|k| k.map_err(|e| checked("datastoreType", e)).ok());
    let group = said(spec.calico_api_group).map(|t| api_group(&t));
    let group = group.and_then(|g| g.map_err(|e| checked("calicoAPIGroup", e)).ok());
    let endpoints = found("etcdEndpoints", spec.etcd_endpoints).map(|(name, urls)| {
        let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
        (name, urls.map(str::to_owned).collect())
    });
    DatastoreLayer {
        kind,
        etcd: EtcdLayer {
            endpoints,
            username: found("etcdUsername", spec.etcd_username),
            password: found("etcdPassword", spec.etcd_password),
            key_file: path(spec.etcd_key_file),
            cert_file: path(spec.etcd_cert_file),
            ca_file: path(spec.etcd_ca_cert_file),
        },
        kubernetes: KubernetesLayer {
            kubeconfig: path(spec.kubeconfig),
            context: found("k8sCurrentContext", spec.k8s_current_context),
            endpoint: said(spec.k8s_api_endpoint),
            cert_file: path(spec.k8s_cert_file),
            key_file: path(spec.k8s_key_file),
            ca_file: path(spec.k8s_ca_file),
            token: said(spec.k8s_api_token),
            insecure: spec.k8s_insecure_skip_tls_verify,
            api_group: group,
        },
        discovery: found("etcdDiscoverySrv", spec.etcd_discovery_srv).map(|(name, _)| name),
        use_pod_cidr: spec.k8s_use_pod_cidr,
        ..DatastoreLayer::default()
    }
}
