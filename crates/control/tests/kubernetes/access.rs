//! Who may read what.

use apiserver_double::Server;
use godwit_control::backend::kubernetes::{Kubernetes, Reads};
use godwit_control::settings::KubernetesSettings;
use godwit_control::{Demand, Kind, Scope};

use crate::cluster::{
    ALWAYS, Follower, PEERS, backend, node_settings, of, peer, secret, secret_id, server, timing,
};

fn wants(names: &[&str]) -> Demand {
    Demand { secrets: names.iter().map(|name| (*name).into()).collect(), ..Demand::default() }
}

#[tokio::test]
async fn a_secret_that_may_not_be_read_is_as_if_not_there_until_it_may() {
    let (server, handle) = server(|b| b).await;
    handle.create(secret("bgp")).unwrap();
    handle.forbid("v1/secrets");
    let mut follower = Follower::of(backend(&server), wants(&["bgp"]));
    let scope = Scope::One(secret_id("bgp"));
    follower.until(|f| f.lists.contains_key(&scope) && f.works.contains_key(&scope)).await;
    let words = "forbidden: may not list secrets in kube-system: give calico-node a Role for it";
    let fault = follower.faults.iter().find(|(of, _)| *of == scope);
    assert!(fault.is_some_and(|(_, text)| text.starts_with(words)), "{fault:?}");
    assert!(!follower.known.contains_key(&secret_id("bgp")));
    // As a Role with `resourceNames` does.
    handle.allow_only("v1/secrets", "kube-system/bgp");
    follower.until(|f| f.known.contains_key(&secret_id("bgp")) && f.works.get(&scope) == Some(&true)).await;
}

#[tokio::test]
async fn a_secret_that_was_read_stays_when_it_may_not_be_read_any_more() {
    let (server, handle) = server(|b| b).await;
    handle.create(secret("bgp")).unwrap();
    let mut follower = Follower::of(backend(&server), wants(&["bgp"]));
    let scope = Scope::One(secret_id("bgp"));
    follower
        .until_at(&handle, |f, h| f.works.get(&scope) == Some(&true) && h.open_watches_of("v1/secrets") == 1)
        .await;
    handle.forbid("v1/secrets");
    handle.break_watches();
    // Often enough for a list to be tried.
    follower.until(|f| f.faults.iter().filter(|(of, _)| *of == scope).count() > 8).await;
    assert!(follower.known.contains_key(&secret_id("bgp")));
    assert_eq!(follower.lists.get(&scope), Some(&1));
}

#[tokio::test]
async fn peers_that_may_not_be_read_are_not_taken_for_none() {
    let (server, handle) = server(|b| b).await;
    handle.create(peer("p", 64512)).unwrap();
    handle.forbid(PEERS);
    let mut follower = Follower::of(backend(&server), Demand::default());
    let words = "may not list bgppeers of crd.projectcalico.org: give calico-node's ClusterRole";
    follower.until(|f| f.faulted(Kind::BgpPeer, words)).await;
    follower.until(|f| ALWAYS.iter().all(|k| *k == Kind::BgpPeer || f.works(*k))).await;
    assert!(!follower.lists.contains_key(&of(Kind::BgpPeer)));
    handle.allow(PEERS);
    follower.until(|f| f.has("p") && f.works(Kind::BgpPeer)).await;
}

/// A kubeconfig whose token is in a file, as that of a service account is.
fn kubeconfig(folder: &std::path::Path, server: &Server) -> KubernetesSettings {
    let path = folder.join("config");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         clusters: [{{name: c, cluster: {{server: '{}'}}}}]\n\
         users: [{{name: u, user: {{tokenFile: '{}'}}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n",
        server.url(),
        folder.join("token").display()
    );
    std::fs::write(&path, text).unwrap();
    KubernetesSettings { kubeconfig: Some(path), ..KubernetesSettings::default() }
}

#[tokio::test]
async fn a_token_that_is_not_valid_any_more_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "first\n").unwrap();
    let (server, handle) = server(|b| b.token("first")).await;
    let settings = kubeconfig(folder.path(), &server);
    let backend = Kubernetes::new(settings, node_settings(), Reads::Everything).with_timing(timing());
    let mut follower = Follower::synced(backend).await;
    handle.set_tokens(["second"]);
    handle.break_watches();
    follower.until(|f| f.faulted(Kind::BgpPeer, "401")).await;
    std::fs::write(&token, "second\n").unwrap();
    handle.create(peer("p", 64512)).unwrap();
    follower.until(|f| f.has("p") && ALWAYS.iter().all(|kind| f.works(*kind))).await;
    assert!(follower.faults.iter().all(|(_, text)| !text.contains("first") && !text.contains("second")));
}

#[tokio::test]
async fn a_kubeconfig_that_comes_later_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (server, _handle) = server(|b| b.token("t")).await;
    let settings = kubeconfig(folder.path(), &server);
    let path = settings.kubeconfig.clone().unwrap();
    let text = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let backend = Kubernetes::new(settings, node_settings(), Reads::Everything).with_timing(timing());
    let mut follower = Follower::of(backend, Demand::default());
    follower.until(|f| f.faulted(Kind::Node, path.to_str().unwrap())).await;
    std::fs::write(folder.path().join("token"), "t").unwrap();
    std::fs::write(&path, text).unwrap();
    follower.until(|f| ALWAYS.iter().all(|kind| f.works(*kind))).await;
}

#[tokio::test]
async fn a_token_of_the_settings_is_sent() {
    let (server, _handle) = server(|b| b.token("t")).await;
    let settings = KubernetesSettings {
        endpoint: Some(server.url()),
        token: Some("t".into()),
        ..KubernetesSettings::default()
    };
    let backend = Kubernetes::new(settings, node_settings(), Reads::Everything).with_timing(timing());
    let follower = Follower::synced(backend).await;
    assert!(follower.faults.is_empty());
}
