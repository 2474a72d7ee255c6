//! From the settings to a client.

use std::error::Error;
use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::super::problem::{Cause, Problem};
use crate::settings::KubernetesSettings;

/// Where a pod finds the token of its service account.
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// And whom it is to believe.
const POD_CA: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

/// Where the settings lead to, for people.
pub(in super::super) fn describe(settings: &KubernetesSettings) -> String {
    let context = settings.context.as_ref().map(|context| format!(", context {context}")).unwrap_or_default();
    match (&settings.endpoint, kubeconfig(settings)) {
        (Some(endpoint), _) => format!("Kubernetes at {endpoint}"),
        (None, Some(path)) => format!("Kubernetes as {} says{context}", path.display()),
        (None, None) => {
            let host = std::env::var("KUBERNETES_SERVICE_HOST");
            format!("Kubernetes as a pod reaches it, at {}", host.as_deref().unwrap_or("an address not set"))
        }
    }
}

/// The kubeconfig: the one that is set; without one and without an endpoint that of the home folder, if it is there.
fn kubeconfig(settings: &KubernetesSettings) -> Option<PathBuf> {
    let home = || {
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
        let path = Path::new(&home).join(".kube/config");
        (settings.endpoint.is_none() && path.exists()).then_some(path)
    };
    settings.kubeconfig.clone().or_else(home)
}

/// A client. All files are read anew.
///
/// # Errors
/// One line: which of the settings or files is at fault, and why.
pub(super) async fn client(settings: &KubernetesSettings) -> Result<Client, String> {
    Client::try_from(config(settings).await?).map_err(|e| line("no connection can be set up", &e))
}

async fn config(settings: &KubernetesSettings) -> Result<Config, String> {
    let mut config = match (kubeconfig(settings), &settings.endpoint) {
        (Some(path), _) => {
            let failed = |e: &(dyn Error + 'static)| line(&format!("{} cannot be used", path.display()), e);
            let file = Kubeconfig::read_from(&path).map_err(|e| failed(&e))?;
            let options =
                KubeConfigOptions { context: settings.context.clone(), ..KubeConfigOptions::default() };
            Config::from_custom_kubeconfig(file, &options).await.map_err(|e| failed(&e))?
        }
        (None, Some(endpoint)) => Config::new(uri(endpoint)?),
        (None, None) => Config::incluster_env().map_err(|e| line("this is no pod of a cluster", &e))?,
    };
    if let Some(endpoint) = &settings.endpoint {
        config.cluster_url = uri(endpoint)?;
    }
    apply(settings, &mut config);
    // Our own pace is slower, and every try is told.
    config.default_retry = false;
    // A network that drops what is sent is a fault soon, not at the end of a watch.
    config.connect_timeout = config.connect_timeout.map(|t| t.min(std::time::Duration::from_secs(10)));
    Ok(config)
}

/// The variables over what a file says.
fn apply(settings: &KubernetesSettings, config: &mut Config) {
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    let auth = &mut config.auth_info;
    if let Some(cert) = &settings.cert_file {
        (auth.client_certificate, auth.client_certificate_data) = (Some(text(cert)), None);
    }
    if let Some(key) = &settings.key_file {
        (auth.client_key, auth.client_key_data) = (Some(text(key)), None);
    }
    if let Some(token) = &settings.token {
        (auth.token, auth.token_file) = (Some(token.clone().into()), None);
    }
    // kube takes such a file as it is, and no header can have a line end. One that has it is read again when
    // its token is refused.
    let file = auth.token_file.as_ref().filter(|_| auth.token.is_none());
    let token = file.and_then(|path| std::fs::read_to_string(path).ok());
    if let Some(token) = token.filter(|token| token.trim() != token) {
        (auth.token, auth.token_file) = (Some(token.trim().to_owned().into()), None);
    }
    if let Some(ca) = &settings.ca_file {
        config.root_cert_file = Some(ca.clone());
    }
    config.accept_invalid_certs |= settings.insecure;
    let secure = config.cluster_url.scheme_str() == Some("https");
    // An endpoint alone: the pod's own account is good there too.
    let nobody = settings.kubeconfig.is_none()
        && settings.token.is_none()
        && settings.cert_file.is_none()
        && config.auth_info.token_file.is_none();
    if settings.endpoint.is_some() && secure && nobody && Path::new(POD_TOKEN).exists() {
        config.auth_info.token_file = Some(POD_TOKEN.into());
        if config.root_cert_file.is_none() && !config.accept_invalid_certs && Path::new(POD_CA).exists() {
            config.root_cert_file = Some(POD_CA.into());
        }
    }
    if config.root_cert_file.is_some() || config.accept_invalid_certs || !secure {
        // Not the system's certificates then, which an image may not have.
        config.root_cert.get_or_insert_default();
    }
}

fn uri(endpoint: &str) -> Result<http::Uri, String> {
    endpoint.parse().map_err(|e| line(&format!("'{endpoint}' is no URL"), &e))
}

fn line(tried: &str, error: &(dyn Error + 'static)) -> String {
    Problem::chain(Cause::Unreachable, tried, error).text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn variables_are_over_the_kubeconfig() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = r"
apiVersion: v1
kind: Config
current-context: one
clusters:
- {name: c, cluster: {server: 'http://192.0.2.1:1'}}
- {name: d, cluster: {server: 'http://192.0.2.2:2', insecure-skip-tls-verify: true}}
users:
- {name: u, user: {token: a}}
contexts:
- {name: one, context: {cluster: c, user: u}}
- {name: two, context: {cluster: d, user: u}}
";
        std::fs::write(&path, text).unwrap();
        let settings = KubernetesSettings { kubeconfig: Some(path), ..KubernetesSettings::default() };
        let made = config(&settings).await.unwrap();
        assert_eq!(made.cluster_url.to_string(), "http://192.0.2.1:1/");
        let other = KubernetesSettings { context: Some("two".into()), ..settings.clone() };
        let made = config(&other).await.unwrap();
        assert_eq!(made.cluster_url.to_string(), "http://192.0.2.2:2/");
        assert!(made.accept_invalid_certs);
        let ca = Some(PathBuf::from("/ca"));
        let endpoint = Some("https://192.0.2.3".into());
        let other = KubernetesSettings { endpoint, ca_file: ca.clone(), ..settings.clone() };
        let made = config(&other).await.unwrap();
        assert_eq!((made.cluster_url.host(), made.root_cert_file), (Some("192.0.2.3"), ca));
        let nowhere = KubernetesSettings { context: Some("three".into()), ..settings };
        assert!(config(&nowhere).await.unwrap_err().contains("three"));
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_named_and_a_token_never() {
        let settings = KubernetesSettings {
            kubeconfig: Some("/nowhere/config".into()),
            token: Some("hush".into()),
            ..KubernetesSettings::default()
        };
        let error = config(&settings).await.unwrap_err();
        assert!(error.contains("/nowhere/config") && !error.contains("hush"), "{error}");
        let settings = KubernetesSettings {
            endpoint: Some("https://127.0.0.1:1".into()),
            ca_file: Some("/nowhere/ca".into()),
            ..KubernetesSettings::default()
        };
        let error = client(&settings).await.err().unwrap();
        assert!(error.contains("No such file"), "{error}");
    }
}
