//! From the settings to a place that can be connected to.

use std::path::Path;
use std::time::Duration;

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Uri};

use crate::settings::EtcdSettings;

use super::explain::{Way, chain};
use super::pace::Timing;

/// A connection is asked for a sign of life so often, as Calico's is.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// And is dead without one after so long.
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);

/// The URL with a scheme: without one, TLS is meant if files for it are set.
fn with_scheme(settings: &EtcdSettings, url: &str) -> String {
    let url = url.trim();
    if url.contains("://") {
        return url.to_owned();
    }
    let tls = settings.ca_file.is_some() || settings.cert_file.is_some();
    format!("{}://{url}", if tls { "https" } else { "http" })
}

/// The URL as people may see it: without a user and password that someone put there.
pub(super) fn shown(settings: &EtcdSettings, url: &str) -> String {
    let url = with_scheme(settings, url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            format!("{scheme}://{}", host.trim_end_matches('/'))
        }
        None => url,
    }
}

/// What an explanation has to know of an endpoint.
pub(super) fn way(settings: &EtcdSettings, url: &str) -> Way {
    Way {
        endpoint: shown(settings, url),
        ca: settings.ca_file.as_ref().map(|file| file.display().to_string()),
        has_certificate: settings.cert_file.is_some(),
        user: settings.user.as_ref().map(|(name, _)| name.clone()),
        worked: false,
    }
}

/// The endpoint. The files of TLS are read each time: they may have been renewed.
///
/// # Errors
/// The URL or a file is of no use: which, and why.
pub(super) fn endpoint(settings: &EtcdSettings, url: &str, timing: &Timing) -> Result<Endpoint, String> {
    let unfit = "is no URL of etcd; it looks like https://HOST:2379 (ETCD_ENDPOINTS)";
    let uri: Uri = shown(settings, url).parse().map_err(|_| unfit.to_owned())?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(unfit)?.to_owned();
    let tls = match uri.scheme_str() {
        Some("https") => Some(tls(settings, &host)?),
        Some("http") => None,
        _ => return Err(unfit.to_owned()),
    };
    let endpoint = Endpoint::from(uri)
        .connect_timeout(timing.connect)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .keep_alive_while_idle(true);
    match tls {
        Some(tls) => endpoint.tls_config(tls).map_err(|e| format!("TLS: {}", chain(&e))),
        None => Ok(endpoint),
    }
}

fn tls(settings: &EtcdSettings, host: &str) -> Result<ClientTlsConfig, String> {
    // An IPv6 address stands in brackets in a URL and without in a certificate.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let mut tls = ClientTlsConfig::new().domain_name(name);
    tls = match &settings.ca_file {
        Some(file) => {
            tls.ca_certificate(Certificate::from_pem(pem(file, "ETCD_CA_CERT_FILE", "CERTIFICATE")?))
        }
        None => tls.with_enabled_roots(),
    };
    match (&settings.cert_file, &settings.key_file) {
        (Some(cert), Some(key)) => {
            let cert = pem(cert, "ETCD_CERT_FILE", "CERTIFICATE")?;
            Ok(tls.identity(Identity::from_pem(cert, pem(key, "ETCD_KEY_FILE", "PRIVATE KEY")?)))
        }
        (None, None) => Ok(tls),
        (Some(_), None) => Err("TLS: ETCD_CERT_FILE is set, and ETCD_KEY_FILE is not".into()),
        (None, Some(_)) => Err("TLS: ETCD_KEY_FILE is set, and ETCD_CERT_FILE is not".into()),
    }
}

/// A file of TLS. What has nothing of the kind in it would be taken as empty, silently.
fn pem(file: &Path, variable: &str, what: &str) -> Result<Vec<u8>, String> {
    let shown = file.display();
    let text = std::fs::read(file).map_err(|e| format!("TLS: cannot read {variable} {shown}: {e}"))?;
    let marker = format!("{what}-----");
    if text.windows(marker.len()).any(|part| part == marker.as_bytes()) {
        Ok(text)
    } else {
        Err(format!("TLS: {variable} {shown} has no {what} in PEM"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> EtcdSettings {
        EtcdSettings::default()
    }

    #[test]
    fn a_url_is_shown_without_password_and_with_a_scheme() {
        assert_eq!(shown(&settings(), "http://u:secret@e:2379/"), "http://e:2379");
        assert_eq!(shown(&settings(), " e:2379"), "http://e:2379");
        let tls = EtcdSettings { ca_file: Some("/ca".into()), ..settings() };
        assert_eq!(shown(&tls, "e:2379"), "https://e:2379");
    }

    #[test]
    fn what_is_no_url_is_said() {
        for url in ["", "unix:///x", "ftp://a", "http://", "http://a b", "://", "http://[::1"] {
            let error = endpoint(&settings(), url, &Timing::default()).expect_err(url);
            assert!(error.contains("ETCD_ENDPOINTS"), "{url}: {error}");
        }
        for url in ["http://a", "a:2379", "http://[::1]:2379", "10.0.0.1:2379"] {
            endpoint(&settings(), url, &Timing::default()).expect(url);
        }
    }

    #[test]
    fn files_of_tls_that_do_not_do_are_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let empty = dir.path().join("empty.pem");
        std::fs::write(&empty, "nothing").expect("written");
        let error = |settings: &EtcdSettings| {
            endpoint(settings, "https://e:2379", &Timing::default()).expect_err("refused")
        };
        let missing = EtcdSettings { ca_file: Some(dir.path().join("none.pem")), ..settings() };
        assert!(error(&missing).starts_with("TLS: cannot read ETCD_CA_CERT_FILE "));
        let no_pem = EtcdSettings { ca_file: Some(empty.clone()), ..settings() };
        assert!(error(&no_pem).ends_with("has no CERTIFICATE in PEM"));
        let half = EtcdSettings { cert_file: Some(empty), ..settings() };
        assert!(error(&half).contains("ETCD_KEY_FILE is not"));
    }
}
