//! Following, with datastores that say what a test tells them to.

use std::path::{Path, PathBuf};

use futures::FutureExt as _;
use tokio::sync::mpsc;

use super::*;
use crate::backend::{Running, Updates};
use crate::resource::{Node, Resource, Secret};
use crate::settings::Release;
use crate::status::Remark;
use crate::{Id, Kind, Object};

/// Says what comes out of a channel.
struct Told {
    says: mpsc::UnboundedReceiver<Vec<Update>>,
    demands: mpsc::UnboundedSender<Demand>,
}

impl Datastore for Told {
    fn describe(&self) -> String {
        "what the test says".into()
    }

    fn run(mut self: Box<Self>, mut demand: watch::Receiver<Demand>, updates: Updates) -> Running {
        async move {
            loop {
                tokio::select! {
                    said = self.says.recv() => {
                        let Some(said) = said else { break };
                        if updates.send(said).await.is_err() {
                            break;
                        }
                    }
                    Ok(()) = demand.changed() => drop(self.demands.send(demand.borrow_and_update().clone())),
                    else => break,
                }
            }
            std::future::pending::<()>().await;
        }
        .boxed()
    }
}

/// A follower of a datastore that the test is.
struct Scene {
    say: mpsc::UnboundedSender<Vec<Update>>,
    demands: mpsc::UnboundedReceiver<Demand>,
    configurations: Configurations,
    ask: mpsc::Sender<StatusRequest>,
}

fn scene(state_file: Option<PathBuf>) -> Scene {
    let (say, says) = mpsc::unbounded_channel();
    let (demands_sender, demands) = mpsc::unbounded_channel();
    let node = NodeSettings {
        node: "a".into(),
        kubernetes_node: "a".into(),
        release: Release::V3_33,
        namespace: "kube-system".into(),
        ..NodeSettings::default()
    };
    let options = FollowOptions { node, with_workloads: false, state_file };
    let following = follow(options, vec![Box::new(Told { says, demands: demands_sender })]);
    Scene { say, demands, configurations: following.configurations, ask: following.ask }
}

impl Scene {
    fn say(&self, update: Update) {
        self.say.send(vec![update]).expect("somebody listens");
    }

    fn list(&self, kind: Kind, objects: Vec<Object>) {
        self.say(Update::Listed { scope: Scope::Kind(kind), objects });
    }

    /// Lists everything but nodes as empty.
    fn nothing_but_nodes(&self) {
        for kind in Kind::ALL.into_iter().filter(|k| !matches!(k, Kind::Node | Kind::Secret)) {
            self.list(kind, Vec::new());
        }
    }

    async fn next(&mut self) -> NodeConfig {
        self.configurations.changed().await.expect("it follows");
        self.configurations.borrow_and_update().clone().expect("a configuration")
    }

    async fn status(&self) -> Status {
        let (sender, receiver) = oneshot::channel();
        self.ask.send(sender).await.expect("it follows");
        receiver.await.expect("it answers")
    }
}

impl Scene {
    /// The status once it is as it should become.
    async fn status_when(&self, is: impl Fn(&Status) -> bool) -> Status {
        loop {
            let status = self.status().await;
            if is(&status) {
                return status;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn node(name: &str, address: &str) -> Object {
    let node = Node { ipv4: address.parse().ok(), ..Node::default() };
    Object { id: Id::new(Kind::Node, name), resource: Ok(Resource::Node(node)) }
}

fn peers(config: &NodeConfig) -> Vec<&str> {
    let names = config.ipv4.protocols.iter().map(|p| p.name.as_str());
    names.filter(|n| n.starts_with("Mesh_")).collect()
}

#[tokio::test]
async fn configurations_come_when_everything_is_listed_and_after_each_change() {
    let mut scene = scene(None);
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24"), node("b", "10.0.0.2/24")]);
    assert_eq!(scene.status().await.source, Source::Nothing);
    assert!(scene.status().await.waits_for.contains(&"BGPPeer".to_owned()));
    scene.nothing_but_nodes();
    assert_eq!(peers(&scene.next().await), ["Mesh_10_0_0_2"]);
    scene.say(Update::Changed(node("c", "10.0.0.3/24")));
    assert_eq!(peers(&scene.next().await), ["Mesh_10_0_0_2", "Mesh_10_0_0_3"]);
    let status = scene.status().await;
    assert_eq!((status.source, status.degraded), (Source::Datastore, false));
    let change = status.last_change.expect("a change");
    assert_eq!((change.what.as_str(), change.added, change.removed, change.changed), ("Node c", 1, 0, 0));
}

#[tokio::test]
async fn what_changes_nothing_is_not_handed_on() {
    let mut scene = scene(None);
    scene.nothing_but_nodes();
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24")]);
    scene.next().await;
    scene.say(Update::Changed(node("a", "10.0.0.1/24")));
    scene.say(Update::Changed(node("b", "10.0.0.2/24")));
    assert_eq!(peers(&scene.next().await), ["Mesh_10_0_0_2"]);
    assert_eq!(scene.status().await.counters.changes, 2);
}

#[tokio::test]
async fn a_fault_degrades_and_what_runs_stays() {
    let mut scene = scene(None);
    scene.nothing_but_nodes();
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24"), node("b", "10.0.0.2/24")]);
    scene.next().await;
    let fault = || Update::Fault { scope: Scope::Kind(Kind::Node), error: "connection refused".into() };
    scene.say(fault());
    scene.say(fault());
    let status = scene.status_when(|s| s.counters.faults == 2).await;
    assert!(status.degraded);
    let watch = status.watches.iter().find(|w| w.scope == "Node").expect("a watch");
    let fault = watch.fault.as_ref().expect("a fault");
    assert_eq!((fault.error.as_str(), fault.tries, watch.objects), ("connection refused", 2, 2));
    scene.say(Update::Works(Scope::Kind(Kind::Node)));
    scene.status_when(|s| !s.degraded).await;
    assert!(!scene.configurations.has_changed().expect("it follows"));
}

#[tokio::test]
async fn what_is_refused_is_said_and_the_rest_applies() {
    let mut scene = scene(None);
    scene.nothing_but_nodes();
    let bad = Object { id: Id::new(Kind::Node, "x"), resource: Err("spec.bgp: no such thing".into()) };
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24"), node("b", "10.0.0.2/24"), bad]);
    assert_eq!(peers(&scene.next().await), ["Mesh_10_0_0_2"]);
    let status = scene.status().await;
    assert_eq!(status.refused, [Remark { object: "Node x".into(), text: "spec.bgp: no such thing".into() }]);
    assert_eq!(status.counters.refused, 1);
}

fn with_password() -> Object {
    let value = serde_json::json!({
        "kind": "BGPPeer", "apiVersion": "projectcalico.org/v3", "metadata": {"name": "tor"},
        "spec": {"peerIP": "192.0.2.1", "asNumber": 65001, "password": {"secretKeyRef": {"name": "s", "key": "k"}}}
    });
    crate::decode::manifest(&value).expect("good").expect("an object")
}

fn secret() -> Update {
    let id = Id::namespaced(Kind::Secret, "kube-system", "s");
    let data = [("k".into(), b"word".to_vec())].into();
    let object = Object { id: id.clone(), resource: Ok(Resource::Secret(Secret { data })) };
    Update::Listed { scope: Scope::One(id), objects: vec![object] }
}

fn tor(config: &NodeConfig) -> &godwit_config::ProtocolConfig {
    config.ipv4.protocol("Global_192_0_2_1").expect("the peer")
}

#[tokio::test(start_paused = true)]
async fn the_first_configuration_waits_a_moment_for_its_secrets() {
    let mut scene = scene(None);
    scene.nothing_but_nodes();
    scene.list(Kind::BgpPeer, vec![with_password()]);
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24")]);
    // The demand comes first, so nothing was handed on.
    assert!(scene.demands.recv().await.expect("a demand").secrets.contains("s"));
    assert!(!scene.configurations.has_changed().expect("it follows"));
    scene.say(secret());
    assert_eq!(tor(&scene.next().await).held, None);
}

#[tokio::test(start_paused = true)]
async fn the_first_configuration_does_not_wait_for_ever() {
    let mut scene = scene(None);
    scene.nothing_but_nodes();
    scene.list(Kind::BgpPeer, vec![with_password()]);
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24")]);
    assert!(tor(&scene.next().await).held.is_some());
    scene.say(secret());
    assert_eq!(tor(&scene.next().await).held, None);
}

#[tokio::test]
async fn services_are_asked_for_before_they_are_waited_for() {
    let mut scene = scene(None);
    for kind in [Kind::IpPool, Kind::BgpPeer, Kind::BgpFilter, Kind::BlockAffinity] {
        scene.list(kind, Vec::new());
    }
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24")]);
    let value = serde_json::json!({
        "kind": "BGPConfiguration", "apiVersion": "projectcalico.org/v3", "metadata": {"name": "default"},
        "spec": {"serviceClusterIPs": [{"cidr": "10.96.0.0/16"}]}
    });
    scene.list(
        Kind::BgpConfiguration,
        vec![crate::decode::manifest(&value).expect("good").expect("an object")],
    );
    assert!(scene.demands.recv().await.expect("a demand").services);
    scene.list(Kind::Service, Vec::new());
    scene.list(Kind::EndpointSlice, Vec::new());
    assert!(scene.next().await.ipv4.protocol("static1").is_some());
}

async fn kept(path: &Path) {
    let mut scene = scene(Some(path.to_path_buf()));
    scene.nothing_but_nodes();
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24"), node("b", "10.0.0.2/24")]);
    scene.next().await;
    // It is written when nothing has changed for a while, or at the end.
    drop(scene);
    while !path.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_datastore_that_is_away_at_the_start_is_replaced_by_what_was_last_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.json");
    kept(&path).await;
    let mut scene = scene(Some(path));
    scene.say(Update::Fault { scope: Scope::Kind(Kind::Node), error: "connection refused".into() });
    assert_eq!(peers(&scene.next().await), ["Mesh_10_0_0_2"]);
    let status = scene.status().await;
    assert!(matches!(status.source, Source::StateFile { .. }) && status.degraded);
    // Back again: nothing changes before everything has been read.
    scene.say(Update::Works(Scope::Kind(Kind::Node)));
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24"), node("c", "10.0.0.3/24")]);
    let status = scene.status_when(|s| s.watches.iter().any(|w| w.scope == "Node" && w.listed)).await;
    assert!(matches!(status.source, Source::StateFile { .. }));
    assert!(!scene.configurations.has_changed().expect("it follows"));
    scene.nothing_but_nodes();
    assert_eq!(peers(&scene.next().await), ["Mesh_10_0_0_3"]);
    let status = scene.status().await;
    assert_eq!((status.source, status.degraded), (Source::Datastore, false));
}

#[tokio::test]
async fn without_a_state_file_it_waits_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut scene = scene(Some(folder.path().join("nothing.json")));
    scene.say(Update::Fault { scope: Scope::Kind(Kind::Node), error: "connection refused".into() });
    let status = scene.status_when(|s| s.counters.faults == 1).await;
    assert_eq!(status.source, Source::Nothing);
    assert!(status.degraded && status.waits_for.contains(&"Node".to_owned()));
    scene.say(Update::Works(Scope::Kind(Kind::Node)));
    scene.nothing_but_nodes();
    scene.list(Kind::Node, vec![node("a", "10.0.0.1/24")]);
    scene.next().await;
}

#[tokio::test]
async fn the_status_is_on_a_socket() {
    use tokio::io::AsyncReadExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("calico.sock");
    let scene = scene(None);
    serve_status(path.clone(), scene.ask.clone()).await.expect("a socket");
    assert!(serve_status(path.clone(), scene.ask.clone()).await.is_err(), "somebody answers on it");
    let mut text = String::new();
    let mut stream = tokio::net::UnixStream::connect(&path).await.expect("it answers");
    stream.read_to_string(&mut text).await.expect("text");
    let status: Status = serde_json::from_str(&text).expect("a status");
    assert_eq!((status.node.as_str(), status.release.as_str()), ("a", "3.33"));
}
