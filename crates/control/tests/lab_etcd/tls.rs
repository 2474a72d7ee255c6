//! TLS, right and wrong.

use godwit_control::Kind;
use godwit_control::settings::EtcdSettings;

use crate::certificates::Ca;
use crate::server::{Server, Tls};
use crate::watched::{Watched, key, settings, value};

fn with(server: &Server, tls: &Tls) -> EtcdSettings {
    EtcdSettings {
        ca_file: Some(tls.ca.clone()),
        cert_file: Some(tls.cert.clone()),
        key_file: Some(tls.key.clone()),
        ..settings(&[server.url()])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_tls_with_certificates_works_and_what_is_wrong_is_said() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let ca = Ca::new(dir.path(), "ca");
    let server = Server::start_tls(ca.certify("etcd", "127.0.0.1"));
    server.put(&key(Kind::Node, "a"), &value(Kind::Node, "a"));
    let client = ca.certify("godwit", "127.0.0.1");
    let right = with(&server, &client);

    let mut watched = Watched::start(right.clone());
    watched.until_works().await;
    watched.until_has(Kind::Node, "a", true).await;

    let other = Ca::new(dir.path(), "other");
    let wrong_ca = EtcdSettings { ca_file: Some(other.file()), ..right.clone() };
    let hint = format!("check ETCD_CA_CERT_FILE ({})", other.file().display());
    let mut watched = Watched::start(wrong_ca);
    watched.until_faults("TLS: the server's certificate is not of a CA that is trusted").await;
    watched.until_faults(&hint).await;

    let no_certificate = EtcdSettings { cert_file: None, key_file: None, ..right.clone() };
    let mut watched = Watched::start(no_certificate);
    watched
        .until_faults("TLS: it does not accept our certificate; set ETCD_CERT_FILE and ETCD_KEY_FILE")
        .await;

    let stranger = Tls { ca: ca.file(), ..other.certify("stranger", "127.0.0.1") };
    let mut watched = Watched::start(with(&server, &stranger));
    watched
        .until_faults("TLS: it does not accept our certificate; check ETCD_CERT_FILE and ETCD_KEY_FILE")
        .await;

    let no_ca = EtcdSettings { ca_file: None, ..right.clone() };
    Watched::start(no_ca).until_faults("set ETCD_CA_CERT_FILE").await;

    let name =
        EtcdSettings { endpoints: vec![server.url().replace("127.0.0.1", "localhost")], ..right.clone() };
    Watched::start(name).until_faults("the server's certificate is not for the host of this URL").await;

    let plain = EtcdSettings { endpoints: vec![server.url().replace("https", "http")], ..right };
    Watched::start(plain).until_faults("if it wants TLS, the URL has to begin with https").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_server_without_tls_is_said() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let ca = Ca::new(dir.path(), "ca");
    let server = Server::start();
    let settings = EtcdSettings {
        endpoints: vec![server.url().replace("http", "https")],
        ca_file: Some(ca.file()),
        ..EtcdSettings::default()
    };
    Watched::start(settings)
        .until_faults("TLS: it does not speak TLS, as it seems; should the URL begin with http?")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_renewed_file_is_read() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let ca = Ca::new(dir.path(), "ca");
    let server = Server::start_tls(ca.certify("etcd", "127.0.0.1"));
    let client = ca.certify("godwit", "127.0.0.1");
    let other = Ca::new(dir.path(), "other");
    let file = dir.path().join("mounted.pem");
    std::fs::copy(other.file(), &file).expect("copied");
    let mut watched = Watched::start(with(&server, &Tls { ca: file.clone(), ..client }));
    watched.until_faults("ETCD_CA_CERT_FILE").await;
    std::fs::copy(ca.file(), &file).expect("copied");
    watched.until_works().await;
}
