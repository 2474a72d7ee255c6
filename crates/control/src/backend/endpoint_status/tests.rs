use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::{Resource, Scope, Update};

struct Run {
    updates: mpsc::Receiver<Vec<Update>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Run {
    fn of(prefix: &Path) -> Self {
        let (sender, updates) = mpsc::channel(100);
        let (_, demand) = watch::channel(Demand::default());
        let mut folder = EndpointStatusFolder::new(prefix.into());
        // What is seen is seen by inotify.
        folder.directory.poll = Duration::from_secs(3600);
        folder.directory.retry = Duration::from_secs(3600);
        Self { updates, task: tokio::spawn(Box::new(folder).run(demand, sender)) }
    }

    async fn next(&mut self) -> Vec<Update> {
        timeout(Duration::from_secs(30), self.updates.recv())
            .await
            .expect("nothing was said")
            .expect("it ended")
    }
}

fn status(peer: &str) -> String {
    format!(
        r#"{{"ifaceName":"cali1","mac":"ee:ee","ipv4Nets":["192.168.1.5/32"],"ipv6Nets":[],"bgpPeerName":"{peer}"}}"#
    )
}

fn listed(batch: &[Update]) -> &[Object] {
    match &batch[0] {
        Update::Listed { scope: Scope::Kind(Kind::EndpointStatus), objects } => objects,
        other => panic!("{other:?}"),
    }
}

fn changed(batch: &[Update]) -> &Object {
    match batch {
        [Update::Changed(object)] => object,
        other => panic!("{other:?}"),
    }
}

fn peer(object: &Object) -> (&str, &str) {
    match &object.resource {
        Ok(Resource::EndpointStatus(status)) => (&object.id.name, &status.bgp_peer),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn files_come_change_and_go() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("endpoint-status");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a"), status("p1")).unwrap();
    fs::write(folder.join("no-peer"), status("")).unwrap();
    fs::write(folder.join(".hidden"), "{").unwrap();
    let mut run = Run::of(root.path());
    let first = run.next().await;
    assert_eq!(listed(&first).iter().map(peer).collect::<Vec<_>>(), [("a", "p1")]);
    assert!(first.contains(&Update::Works(Scope::Kind(Kind::EndpointStatus))));
    fs::write(folder.join("no-peer"), status("p2")).unwrap();
    assert_eq!(peer(changed(&run.next().await)), ("no-peer", "p2"));
    fs::write(folder.join("a"), status("")).unwrap();
    assert_eq!(run.next().await, [Update::Deleted(Id::new(Kind::EndpointStatus, "a"))]);
    fs::remove_file(folder.join("no-peer")).unwrap();
    assert_eq!(run.next().await, [Update::Deleted(Id::new(Kind::EndpointStatus, "no-peer"))]);
}

/// It is in sync, and empty; and it is seen when it comes, and when it goes.
#[tokio::test]
async fn a_folder_that_is_not_there_is_empty() {
    let root = tempfile::tempdir().unwrap();
    let prefix = root.path().join("calico");
    let mut run = Run::of(&prefix);
    let first = run.next().await;
    assert!(listed(&first).is_empty());
    assert!(!first.iter().any(|u| matches!(u, Update::Fault { .. })), "{first:?}");
    fs::create_dir_all(prefix.join("endpoint-status")).unwrap();
    fs::write(prefix.join("endpoint-status/a"), status("p1")).unwrap();
    assert_eq!(peer(changed(&run.next().await)), ("a", "p1"));
    fs::remove_dir_all(&prefix).unwrap();
    assert_eq!(run.next().await, [Update::Deleted(Id::new(Kind::EndpointStatus, "a"))]);
    fs::create_dir_all(prefix.join("endpoint-status")).unwrap();
    fs::write(prefix.join("endpoint-status/a"), status("p3")).unwrap();
    assert_eq!(peer(changed(&run.next().await)), ("a", "p3"));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("endpoint-status");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a"), "{\"bgpPeerName\":").unwrap();
    let mut run = Run::of(root.path());
    let first = run.next().await;
    let error = listed(&first)[0].resource.clone().unwrap_err();
    assert!(error.contains("EOF"), "{error}");
    fs::write(folder.join("a"), status("p1")).unwrap();
    assert_eq!(peer(changed(&run.next().await)), ("a", "p1"));
    fs::write(folder.join("a"), "").unwrap();
    assert!(changed(&run.next().await).resource.is_err());
}
