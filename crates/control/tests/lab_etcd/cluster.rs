//! Three members.

use std::sync::Arc;

use godwit_control::Kind;

use crate::relay::Relay;
use crate::server::Server;
use crate::watched::{Watched, key, settings, value};

/// Three members of which the first leads, and a backend that is connected to the one at this place, and may
/// connect to any.
async fn connected_to(at: usize) -> (Vec<Server>, Vec<Relay>, Watched) {
    let mut servers = Server::start_cluster(3);
    let leader = servers.iter().position(Server::is_leader).expect("one leads");
    servers.swap(0, leader);
    let mut relays = Vec::new();
    for server in &servers {
        relays.push(Relay::start(server.client).await);
    }
    relays.iter().enumerate().filter(|(i, _)| *i != at).for_each(|(_, relay)| relay.cut());
    let urls: Vec<String> = relays.iter().map(Relay::url).collect();
    let mut watched = Watched::start(settings(&urls));
    watched.until_works().await;
    for (relay, server) in relays.iter().zip(&servers) {
        relay.mend(server.client);
    }
    (servers, relays, watched)
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_the_leader_dies_and_no_update_is_lost() {
    let (mut servers, _relays, mut watched) = connected_to(0).await;
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
    let member = others.first().expect("two are left");
    member.put(&key(Kind::Node, "last"), &value(Kind::Node, "last"));
    watched.until("all forty and the last", |w| w.objects.len() == 41).await;
    watched.until_works().await;
    for (id, count) in &watched.events {
        let written = member.version(&key(Kind::Node, &id.name));
        assert!(*count as u64 <= written, "{id}: said {count} times, written {written} times");
        // A member that had not applied yet what its dead leader said makes it list again, which is right too.
        assert!(*count as u64 == written || watched.node_lists() > 1, "{id}: {count} of {written}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_member_without_a_leader_is_left() {
    // The one that the backend is connected to lives, and soon follows nobody.
    let (mut servers, _relays, mut watched) = connected_to(1).await;
    let mut third = servers.remove(2);
    let mut leader = servers.remove(0);
    leader.kill();
    third.kill();
    watched.until("the stream ends", |w| w.all_faults.iter().any(|f| f.contains("no leader"))).await;
    third.run();
    third.wait();
    watched.until_works().await;
    third.put(&key(Kind::Node, "b"), &value(Kind::Node, "b"));
    watched.until_has(Kind::Node, "b", true).await;
}
