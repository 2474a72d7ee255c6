//! Three members.

use std::sync::Arc;

use godwit_control::Kind;

use crate::server::Server;
use crate::watched::{Watched, key, settings, value};

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_the_leader_dies_and_no_update_is_lost() {
    let mut servers = Server::start_cluster(3);
    let at = servers.iter().position(Server::is_leader).expect("one leads");
    // The leader first: the backend is connected to it.
    servers.swap(0, at);
    let urls: Vec<String> = servers.iter().map(Server::url).collect();
    let mut watched = Watched::start(settings(&urls));
    watched.until_works().await;
    let mut leader = servers.remove(0);
    let others = Arc::new(servers);
    let writer = Arc::clone(&others);
    let (said, written) = tokio::sync::oneshot::channel();
    let writing = tokio::task::spawn_blocking(move || {
        let mut said = Some(said);
        for i in 0..40 {
            let name = format!("n{i}");
            let member = writer.get(i % 2).expect("two are left");
            // What is refused while there is no leader may be written all the same: then it is written twice.
            while member.try_put(&key(Kind::Node, &name), &value(Kind::Node, &name)).is_err() {}
            if i == 10 {
                let _ = said.take().map(|said| said.send(()));
            }
        }
    });
    written.await.expect("it writes");
    leader.kill();
    writing.await.expect("all is written");
    // The last, so that what was written twice has been said twice.
    others.first().expect("two are left").put(&key(Kind::Node, "last"), &value(Kind::Node, "last"));
    watched.until("all forty and the last", |w| w.objects.len() > 40).await;
    watched.until_works().await;
    assert_eq!(watched.node_lists(), 1, "the watch was resumed at another member");
    for (id, count) in &watched.events {
        let written = others.first().expect("two are left").version(&key(Kind::Node, &id.name));
        assert_eq!(*count as u64, written, "{id}: said as often as written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_member_without_a_leader_is_left() {
    let mut servers = Server::start_cluster(3);
    let urls: Vec<String> = servers.iter().map(Server::url).collect();
    let mut watched = Watched::start(settings(&urls));
    watched.until_works().await;
    // The one that the backend is connected to lives, and leads nobody.
    let mut second = servers.remove(1);
    let mut third = servers.remove(1);
    second.kill();
    third.kill();
    watched.until("the stream ends", |w| !w.faults.is_empty()).await;
    assert!(watched.all_faults.iter().any(|f| f.contains("no leader")), "{:?}", watched.all_faults);
    second.run();
    second.wait();
    watched.until_works().await;
    second.put(&key(Kind::Node, "b"), &value(Kind::Node, "b"));
    watched.until_has(Kind::Node, "b", true).await;
}
