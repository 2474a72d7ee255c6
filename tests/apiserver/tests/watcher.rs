//! kube's own watcher against the server, in both ways it has to get the initial state.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use apiserver_double::{Action, Builder, CalicoApi, Failure, Fault, FutureWatch, Handle, Server};
use futures::{Stream, StreamExt};
use k8s_openapi::api::core::v1::Node;
use kube::api::{ApiResource, DynamicObject, ListParams, PartialObjectMeta};
use kube::core::GroupVersionKind;
use kube::runtime::watcher::{self, Config, Error, Event, watcher};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};

const NODES: &str = "v1/nodes";

/// The two ways to the initial state.
fn modes() -> [Config; 2] {
    [Config::default(), Config::default().streaming_lists()]
}

type Events<K> = Pin<Box<dyn Stream<Item = watcher::Result<Event<K>>> + Send>>;

/// What a user of the watcher knows.
struct Follower<K> {
    events: Events<K>,
    /// Name and revision of the objects, as of the last complete state and the changes since.
    known: BTreeMap<String, String>,
    coming: BTreeMap<String, String>,
    complete: usize,
    errors: Vec<Error>,
}

impl<K: ResourceExt> Follower<K> {
    fn new(events: impl Stream<Item = watcher::Result<Event<K>>> + Send + 'static) -> Self {
        let (known, coming) = (BTreeMap::new(), BTreeMap::new());
        Self { events: Box::pin(events), known, coming, complete: 0, errors: Vec::new() }
    }

    /// Follows until `done`.
    async fn until(&mut self, done: impl Fn(&Self) -> bool) {
        let follow = async {
            while !done(self) {
                self.step().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), follow).await.expect("it never came to that");
    }

    async fn until_known(&mut self, names: &[&str]) {
        self.until(|follower| follower.complete > 0 && follower.known.keys().eq(names)).await;
    }

    async fn step(&mut self) {
        let entry = |object: &K| (object.name_any(), object.resource_version().unwrap_or_default());
        match self.events.next().await.unwrap() {
            Ok(Event::Init) => self.coming.clear(),
            Ok(Event::InitApply(object)) => self.coming.extend([entry(&object)]),
            Ok(Event::InitDone) => {
                self.known = std::mem::take(&mut self.coming);
                self.complete += 1;
            }
            Ok(Event::Apply(object)) => self.known.extend([entry(&object)]),
            Ok(Event::Delete(object)) => {
                self.known.remove(&object.name_any());
            }
            Err(error) => {
                self.errors.push(error);
                // The watcher leaves it to its user not to ask again at once.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

struct Setup {
    server: Server,
    handle: Handle,
    client: Client,
}

impl Setup {
    async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let server = settings(Server::builder().calico(CalicoApi::V1)).start().await.unwrap();
        let mut config = kube::Config::new(server.url().parse().unwrap());
        // kube tries 429, 503 and 504 again for minutes before it says anything.
        config.default_retry = false;
        Self { handle: server.handle(), client: Client::try_from(config).unwrap(), server }
    }

    fn follow(&self, config: Config) -> Follower<Node> {
        Follower::new(watcher(Api::<Node>::all(self.client.clone()), config))
    }

    /// A follower that knows `names`, which are there or are made, with its watch open.
    async fn followed(&self, config: &Config, names: &[&str]) -> Follower<Node> {
        for name in names {
            self.handle.apply(node(name)).unwrap();
        }
        let mut follower = self.follow(config.clone());
        follower.until_known(names).await;
        // The watch is asked for only when the next event is.
        self.drive_until(&mut follower, |handle| handle.open_watches() == 1).await;
        follower
    }

    /// Follows until the server sees something.
    async fn drive_until<K: ResourceExt>(&self, follower: &mut Follower<K>, seen: impl Fn(&Handle) -> bool) {
        tokio::select! {
            () = self.handle.wait_until(seen) => {}
            () = follower.until(|_| false) => {}
        }
    }
}

fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
}

#[tokio::test]
async fn initial_state_and_changes() {
    for mode in modes() {
        let setup = Setup::new().await;
        let mut follower = setup.followed(&mode, &["a", "b"]).await;
        assert_eq!(follower.known["b"], "3");
        setup.handle.create(node("c")).unwrap();
        setup.handle.patch(NODES, "a", &json!({"metadata": {"labels": {"x": "y"}}})).unwrap();
        setup.handle.delete(NODES, "b").unwrap();
        follower.until_known(&["a", "c"]).await;
        assert_eq!(follower.known["a"], "5");
        assert_eq!((follower.complete, follower.errors.len()), (1, 0));
        assert_eq!(setup.server.addr(), setup.handle.addr());
    }
}

#[tokio::test]
async fn the_two_modes_ask_as_they_should() {
    let names: Vec<String> = (0..25).map(|i| format!("n{i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let setup = Setup::new().await;
    setup.followed(&Config::default().page_size(10), &names).await;
    let pages = setup.handle.requests_to("GET", "/api/v1/nodes?*limit=10*");
    let tokens: Vec<bool> = pages.iter().map(|page| page.parameter("continue").is_some()).collect();
    assert_eq!(tokens, [false, true, true]);
    assert_eq!(setup.handle.watches_of(NODES), 1);

    let setup = Setup::new().await;
    setup.followed(&Config::default().streaming_lists(), &names).await;
    assert_eq!((setup.handle.lists_of(NODES), setup.handle.watches_of(NODES)), (0, 1));
}

#[tokio::test]
async fn an_empty_collection_is_complete_too() {
    for mode in modes() {
        let setup = Setup::new().await;
        setup.followed(&mode, &[]).await;
    }
}

#[tokio::test]
async fn a_watch_that_ends_is_resumed_without_a_new_list() {
    for mode in modes() {
        for end in [Handle::drop_watches, Handle::break_watches, Handle::end_connections] {
            let setup = Setup::new().await;
            let mut follower = setup.followed(&mode, &["a"]).await;
            let lists = setup.handle.lists_of(NODES);
            end(&setup.handle);
            setup.handle.create(node("b")).unwrap();
            setup.handle.delete(NODES, "a").unwrap();
            follower.until_known(&["b"]).await;
            assert_eq!((follower.complete, setup.handle.lists_of(NODES)), (1, lists));
            assert!(setup.handle.watches_of(NODES) >= 2);
        }
    }
}

#[tokio::test]
async fn a_bookmark_saves_a_list_after_a_compaction() {
    for mode in modes() {
        let setup = Setup::with(|builder| builder.bookmark_interval(Duration::from_millis(20))).await;
        let mut follower = setup.followed(&mode.timeout(1), &["a"]).await;
        setup.handle.advance_revision(100);
        // The watch after the one with the bookmark begins there, and not at the last change of a node.
        let resumed = |handle: &Handle| !handle.requests_to("GET", "*?*resourceVersion=102*").is_empty();
        setup.drive_until(&mut follower, resumed).await;
        setup.handle.compact();
        setup.handle.create(node("b")).unwrap();
        follower.until_known(&["a", "b"]).await;
        assert_eq!((follower.complete, follower.errors.len()), (1, 0));
    }
}

#[tokio::test]
async fn a_compaction_leads_to_a_new_list_that_shows_what_was_deleted() {
    for mode in modes() {
        let setup = Setup::new().await;
        let mut follower = setup.followed(&mode, &["a", "b"]).await;
        // The watch ends, and the deletion and the compaction come before the next one.
        setup.handle.stop_listening().await;
        setup.handle.delete(NODES, "a").unwrap();
        setup.handle.create(node("c")).unwrap();
        setup.handle.compact();
        setup.handle.listen_again().await.unwrap();
        follower.until_known(&["b", "c"]).await;
        assert_eq!(follower.complete, 2);
        assert!(follower.errors.iter().any(|e| matches!(e, Error::WatchError(status) if status.code == 410)));
    }
}

#[tokio::test]
async fn a_410_in_the_middle_of_a_watch_leads_to_a_new_list() {
    for mode in modes() {
        let setup = Setup::new().await;
        let mut follower = setup.followed(&mode, &["a"]).await;
        setup.handle.fail_watches(Failure::expired("too old resource version"));
        follower.until(|follower| follower.complete == 2).await;
        setup.handle.create(node("b")).unwrap();
        follower.until_known(&["a", "b"]).await;
    }
}

#[tokio::test]
async fn an_expired_page_begins_the_list_anew() {
    let setup = Setup::new().await;
    setup.handle.create_all(["a", "b", "c"].map(node)).unwrap();
    setup.handle.inject(Fault::new("*?*continue=*", Action::Fail(Failure::expired("continue is too old"))));
    let mut follower = setup.follow(Config::default().page_size(2));
    follower.until_known(&["a", "b", "c"]).await;
    assert!(matches!(follower.errors[..], [Error::InitialListFailed(_)]));
}

#[tokio::test]
async fn half_answers_and_failures_are_got_over() {
    for mode in modes() {
        let setup = Setup::new().await;
        setup.handle.create_all(["a", "b"].map(node)).unwrap();
        let fault = |action| Fault::new("/api/v1/nodes", action);
        setup.handle.inject(fault(Action::Half).times(2));
        setup.handle.inject(fault(Action::Garbage));
        for code in [429, 500, 503, 504] {
            setup.handle.inject(fault(Action::Fail(Failure::new(code, "not well"))));
        }
        let mut follower = setup.follow(mode);
        follower.until_known(&["a", "b"]).await;
        setup.handle.inject(fault(Action::Half));
        setup.handle.drop_watches();
        setup.handle.create(node("c")).unwrap();
        follower.until_known(&["a", "b", "c"]).await;
        assert_eq!(setup.handle.waiting_faults(), 0);
    }
}

#[tokio::test]
async fn a_server_that_was_away_is_followed_again_without_a_new_list() {
    for mode in modes() {
        let setup = Setup::new().await;
        let mut follower = setup.followed(&mode, &["a"]).await;
        setup.handle.stop_listening().await;
        follower.until(|follower| !follower.errors.is_empty()).await;
        setup.handle.create(node("b")).unwrap();
        setup.handle.listen_again().await.unwrap();
        follower.until_known(&["a", "b"]).await;
        assert_eq!(follower.complete, 1);
    }
}

#[tokio::test]
async fn a_watch_that_hangs_is_given_up_after_its_timeout() {
    let setup = Setup::new().await;
    let mut follower = setup.followed(&Config::default().timeout(1), &["a"]).await;
    setup.handle.freeze_watches();
    setup.handle.create(node("b")).unwrap();
    let before = setup.handle.watches_of(NODES);
    setup.drive_until(&mut follower, |handle| handle.watches_of(NODES) > before).await;
    assert!(!follower.known.contains_key("b"));
    setup.handle.thaw_watches();
    follower.until_known(&["a", "b"]).await;
}

/// The state goes back behind what the client has seen; what it has seen and lost must go, and what comes then must
/// be seen, although its revision was given before.
#[tokio::test]
async fn after_a_restart_from_a_backup_a_new_watcher_sees_the_right_state() {
    for mode in modes() {
        let setup = Setup::new().await;
        setup.handle.create_all(["old", "kept"].map(node)).unwrap();
        let backup = setup.handle.snapshot();
        setup.handle.delete(NODES, "old").unwrap();
        setup.handle.create(node("lost")).unwrap();
        let mut follower = setup.followed(&mode, &["kept", "lost"]).await;
        setup.handle.restart_from(&backup);
        setup.handle.create(node("new")).unwrap();
        // kube's watcher asks for the same revision again and again: only 410 makes it list anew. So its user must
        // know this answer and begin with a new watcher.
        follower.until(|follower| follower.errors.iter().any(too_large)).await;
        assert_eq!(follower.complete, 1);
        follower = setup.follow(mode);
        follower.until_known(&["kept", "new", "old"]).await;
        assert_eq!(follower.known["new"], "4");
        setup.handle.create(node("newer")).unwrap();
        follower.until_known(&["kept", "new", "newer", "old"]).await;
    }
}

/// Where the server lets such a watch wait, kube's watcher hears of nothing until the revision is past what it knew,
/// and then of the newest change only. No answer tells it; only a list from that revision would.
#[tokio::test]
async fn a_server_that_lets_a_watch_of_the_future_wait_hides_changes_from_kube() {
    let setup = Setup::with(|builder| builder.future_watch(FutureWatch::Wait)).await;
    let backup = setup.handle.snapshot();
    let mut follower = setup.followed(&Config::default(), &["lost"]).await;
    setup.handle.restart_from(&backup);
    setup
        .drive_until(&mut follower, |handle| handle.open_watches() == 1 && handle.watches_of(NODES) > 1)
        .await;
    setup.handle.create(node("hidden")).unwrap();
    setup.handle.create(node("seen")).unwrap();
    follower.until_known(&["lost", "seen"]).await;
    let list = Api::<Node>::all(setup.client.clone()).list(&ListParams::default().at("9")).await;
    assert!(matches!(list, Err(kube::Error::Api(status)) if status.code == 504));
}

fn too_large(error: &Error) -> bool {
    let Error::WatchStartFailed(kube::Error::Api(status)) = error else { return false };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    status.code == 504 && causes.into_iter().any(|cause| cause.reason == "ResourceVersionTooLarge")
}

#[tokio::test]
async fn metadata_alone_in_both_modes() {
    for mode in modes() {
        let setup = Setup::new().await;
        setup.handle.create_all(["a", "b"].map(node)).unwrap();
        let nodes = Api::<PartialObjectMeta<Node>>::all(setup.client.clone());
        let mut follower = Follower::new(watcher(nodes, mode));
        follower.until_known(&["a", "b"]).await;
        setup.drive_until(&mut follower, |handle| handle.open_watches() == 1).await;
        setup.handle.delete(NODES, "a").unwrap();
        setup.handle.create(node("c")).unwrap();
        follower.until_known(&["b", "c"]).await;
        let forms: Vec<String> = setup.handle.requests().into_iter().map(|request| request.accept).collect();
        assert!(forms.iter().all(|form| form.contains("as=PartialObjectMetadata")), "{forms:?}");
    }
}

#[tokio::test]
async fn custom_resources_by_their_name() {
    for mode in modes() {
        let setup = Setup::new().await;
        let pool = |name: &str| json!({"apiVersion": "crd.projectcalico.org/v1", "kind": "IPPool", "metadata": {"name": name}});
        setup.handle.create_all([pool("a"), node("n")]).unwrap();
        let kind = GroupVersionKind::gvk("crd.projectcalico.org", "v1", "IPPool");
        let resource = ApiResource::from_gvk_with_plural(&kind, "ippools");
        let pools = Api::<DynamicObject>::all_with(setup.client.clone(), &resource);
        let mut follower = Follower::new(watcher(pools, mode));
        follower.until_known(&["a"]).await;
        setup.handle.create(pool("b")).unwrap();
        follower.until_known(&["a", "b"]).await;
    }
}

#[tokio::test]
async fn selected_nodes_come_and_go() {
    for mode in modes() {
        let setup = Setup::new().await;
        let mut follower = setup.followed(&mode.labels("app=web"), &[]).await;
        setup.handle.create_all(["a", "b"].map(node)).unwrap();
        let label = |name: &str, value: Value| {
            setup.handle.patch(NODES, name, &json!({"metadata": {"labels": {"app": value}}})).unwrap();
        };
        label("a", json!("web"));
        label("b", json!("web"));
        follower.until_known(&["a", "b"]).await;
        label("a", json!(null));
        follower.until_known(&["b"]).await;
    }
}
