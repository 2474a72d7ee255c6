//! The way to the server over TLS, both sides with certificates.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use godwit_control::backend::kubernetes::{Kubernetes, Reads};
use godwit_control::settings::KubernetesSettings;
use godwit_control::{Demand, Kind};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::cluster::{ALWAYS, Follower, node_settings, peer, server, timing};

/// A CA, and a key with a certificate of it.
struct Identity {
    ca: PathBuf,
    cert: PathBuf,
    key: PathBuf,
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output();
    let output = output.expect("openssl is needed");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

fn authority(folder: &Path, name: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} \
             -keyout {name}.key -out {name}.pem"
        ),
    );
}

fn identity(folder: &Path, ca: &str, name: &str) -> Identity {
    openssl(
        folder,
        &format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
        ),
    );
    std::fs::write(folder.join("san"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    openssl(
        folder,
        &format!(
            "x509 -req -in {name}.csr -CA {ca}.pem -CAkey {ca}.key -CAcreateserial -days 2 -extfile san -out {name}.pem"
        ),
    );
    let path = |end: &str| folder.join(end);
    Identity {
        ca: path(&format!("{ca}.pem")),
        cert: path(&format!("{name}.pem")),
        key: path(&format!("{name}.key")),
    }
}

/// Takes TLS connections of clients that the CA knows, and passes on what comes over them.
async fn door(of: &Identity, to: SocketAddr) -> SocketAddr {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&of.ca).unwrap()).unwrap();
    let clients = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let chain = vec![CertificateDer::from_pem_file(&of.cert).unwrap()];
    let config = ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&of.key).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Who is refused is told so by the handshake.
                let Ok(mut outer) = acceptor.accept(stream).await else { return };
                let mut inner = TcpStream::connect(to).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut outer, &mut inner).await);
            });
        }
    });
    address
}

fn backend(at: SocketAddr, ca: Option<&Path>, of: Option<&Identity>) -> Kubernetes {
    let settings = KubernetesSettings {
        endpoint: Some(format!("https://{at}")),
        ca_file: ca.map(Path::to_owned),
        cert_file: of.map(|i| i.cert.clone()),
        key_file: of.map(|i| i.key.clone()),
        insecure: ca.is_none(),
        ..KubernetesSettings::default()
    };
    Kubernetes::new(settings, node_settings(), Reads::Everything).with_timing(timing())
}

#[tokio::test]
async fn lab_both_sides_are_believed_for_their_certificates_only() {
    let folder = tempfile::tempdir().unwrap();
    authority(folder.path(), "ours");
    authority(folder.path(), "other");
    let of_server = identity(folder.path(), "ours", "server");
    let of_client = identity(folder.path(), "ours", "client");
    let of_other = identity(folder.path(), "other", "stranger");
    let (server, handle) = server(|b| b).await;
    handle.create(peer("p", 64512)).unwrap();
    let at = door(&of_server, server.addr()).await;

    let follower = Follower::synced(backend(at, Some(&of_server.ca), Some(&of_client))).await;
    assert!(follower.has("p") && follower.faults.is_empty());
    let follower = Follower::synced(backend(at, None, Some(&of_client))).await;
    assert!(follower.has("p"), "insecure: any server is believed");

    let mut follower = Follower::of(backend(at, Some(&of_other.ca), Some(&of_client)), Demand::default());
    follower.until(|f| f.faulted(Kind::Node, "certificate")).await;
    for client in [None, Some(&of_other)] {
        let mut follower = Follower::of(backend(at, Some(&of_server.ca), client), Demand::default());
        follower.until(|f| ALWAYS.iter().all(|kind| f.faults.iter().any(|(s, _)| s.kind() == *kind))).await;
        assert!(follower.lists.is_empty());
    }
}

/// Certificates are renewed in their files; the next connection has the new ones.
#[tokio::test]
async fn lab_a_certificate_that_is_replaced_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    authority(folder.path(), "ours");
    authority(folder.path(), "other");
    let of_server = identity(folder.path(), "ours", "server");
    let good = identity(folder.path(), "ours", "client");
    let bad = identity(folder.path(), "other", "stranger");
    let used =
        Identity { ca: of_server.ca.clone(), cert: folder.path().join("c"), key: folder.path().join("k") };
    std::fs::copy(&bad.cert, &used.cert).unwrap();
    std::fs::copy(&bad.key, &used.key).unwrap();
    let (server, _handle) = server(|b| b).await;
    let at = door(&of_server, server.addr()).await;
    let mut follower = Follower::of(backend(at, Some(&used.ca), Some(&used)), Demand::default());
    follower.until(|f| f.faulted(Kind::Node, "does not answer")).await;
    std::fs::copy(&good.cert, &used.cert).unwrap();
    std::fs::copy(&good.key, &used.key).unwrap();
    follower.until(|f| ALWAYS.iter().all(|kind| f.works(*kind))).await;
}
