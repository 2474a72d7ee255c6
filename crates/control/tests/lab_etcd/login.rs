//! etcd with users.

use godwit_control::settings::EtcdSettings;
use godwit_control::{Kind, Scope};

use crate::server::Server;
use crate::watched::{KINDS, Watched, key, settings, value};

const RESOURCES: &str = "/calico/resources/";
const BLOCKS: &str = "/calico/ipam/v2/host/";

/// One with the users `root` and `godwit`, who has the role `reader`, which may nothing yet.
fn with_users() -> Server {
    let mut server = Server::start();
    server.ctl(&["user", "add", "root:rootsecret"]);
    server.ctl(&["user", "grant-role", "root", "root"]);
    server.ctl(&["user", "add", "godwit:secret"]);
    server.ctl(&["role", "add", "reader"]);
    server.put(&key(Kind::Node, "a"), &value(Kind::Node, "a"));
    server.ctl(&["auth", "enable"]);
    server.user = Some("root:rootsecret".into());
    server
}

fn grant(server: &Server, prefix: &str) {
    server.ctl(&["role", "grant-permission", "reader", "--prefix=true", "read", prefix]);
}

fn as_user(server: &Server, password: &str) -> EtcdSettings {
    EtcdSettings { user: Some(("godwit".into(), password.into())), ..settings(&[server.url()]) }
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_permission_denied_is_said_and_a_grant_is_noticed() {
    let server = with_users();
    let mut watched = Watched::start(as_user(&server, "secret"));
    watched.until_faults("permission denied: user 'godwit' may not read /calico/").await;
    server.ctl(&["user", "grant-role", "godwit", "reader"]);
    // What may be read works, whatever may not.
    grant(&server, RESOURCES);
    watched.until("the resources work", |w| w.works.len() == KINDS.len() - 1).await;
    watched.until_has(Kind::Node, "a", true).await;
    let blocks = Scope::Kind(Kind::BlockAffinity);
    watched.until("one fault", |w| w.faults.len() == 1 && w.faults.contains_key(&blocks)).await;
    let lists = watched.node_lists();
    grant(&server, BLOCKS);
    watched.until_works().await;
    assert_eq!(watched.node_lists(), lists, "only what was denied is listed");
    server.put(&key(Kind::Node, "b"), &value(Kind::Node, "b"));
    watched.until_has(Kind::Node, "b", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_token_that_was_forgotten_is_renewed_in_silence() {
    let server = with_users();
    server.ctl(&["user", "grant-role", "godwit", "reader"]);
    grant(&server, RESOURCES);
    let mut watched = Watched::start(as_user(&server, "secret"));
    watched.until("the resources work", |w| w.works.len() == KINDS.len() - 1).await;
    // etcd forgets every token.
    server.ctl(&["auth", "disable"]);
    watched.until("what was denied works without users", |w| w.works.len() == KINDS.len()).await;
    server.ctl(&["auth", "enable"]);
    server.put(&key(Kind::Node, "b"), &value(Kind::Node, "b"));
    watched.until_has(Kind::Node, "b", true).await;
    assert!(watched.all_faults.iter().all(|f| f.contains(BLOCKS)), "{:?}", watched.all_faults);
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_wrong_password_is_said() {
    let server = with_users();
    server.ctl(&["user", "grant-role", "godwit", "reader"]);
    grant(&server, "/calico/");
    let mut watched = Watched::start(as_user(&server, "secret2"));
    watched.until_faults("the wrong password, for 'godwit'; check ETCD_USERNAME and ETCD_PASSWORD").await;
    // Set right where it was wrong.
    server.ctl(&["user", "delete", "godwit"]);
    server.ctl(&["user", "add", "godwit:secret2"]);
    server.ctl(&["user", "grant-role", "godwit", "reader"]);
    watched.until_works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_that_wants_a_user_is_told_none() {
    let server = with_users();
    let mut watched = Watched::start(settings(&[server.url()]));
    watched.until_faults("it wants a user; set ETCD_USERNAME and ETCD_PASSWORD").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_user_for_an_etcd_without_users_is_no_fault() {
    let server = Server::start();
    let mut watched = Watched::start(as_user(&server, "secret"));
    watched.until_works().await;
    assert!(watched.all_faults.is_empty(), "{:?}", watched.all_faults);
}
