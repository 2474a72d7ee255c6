use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use proptest::prelude::*;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::{Id, Object, Resource, Scope, Update};

/// Longer than anything takes on a machine that is busy.
const LONG: Duration = Duration::from_secs(30);

fn pool(name: &str, cidr: &str) -> String {
    format!(
        "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {{name: {name}}}\nspec: {{cidr: {cidr}}}\n---\n"
    )
}

fn pool_id(name: &str) -> Id {
    Id::new(Kind::IpPool, name)
}

/// The pool's prefix.
fn cidr(object: &Object) -> String {
    match &object.resource {
        Ok(Resource::IpPool(pool)) => pool.cidr.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A backend that runs, and what it says.
struct Run {
    updates: mpsc::Receiver<Vec<Update>>,
    task: JoinHandle<()>,
    _demand: watch::Sender<Demand>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Run {
    fn new(backend: Box<dyn Datastore>) -> Self {
        let (sender, updates) = mpsc::channel(100);
        let (demand, watched) = watch::channel(Demand::default());
        Self { updates, task: tokio::spawn(backend.run(watched, sender)), _demand: demand }
    }

    fn of(path: &Path) -> Self {
        let mut folder = Folder::new(path.into(), "n1".into());
        // What is seen is seen by inotify.
        folder.directory.poll = 100 * LONG;
        folder.directory.retry = 100 * LONG;
        Self::new(Box::new(folder))
    }

    async fn next(&mut self) -> Vec<Update> {
        timeout(LONG, self.updates.recv()).await.expect("nothing was said").expect("it ended")
    }

    /// The next batch that has something in it that is asked for, and that.
    async fn until<T>(&mut self, find: impl Fn(&Update) -> Option<T>) -> (Vec<Update>, T) {
        loop {
            let batch = self.next().await;
            if let Some(found) = batch.iter().find_map(&find) {
                return (batch, found);
            }
        }
    }

    async fn fault(&mut self) -> (Vec<Update>, String) {
        self.until(|update| match update {
            Update::Fault { error, .. } => Some(error.clone()),
            _ => None,
        })
        .await
    }

    async fn changed(&mut self, id: &Id) -> (Vec<Update>, Object) {
        self.until(|update| match update {
            Update::Changed(object) if object.id == *id => Some(object.clone()),
            _ => None,
        })
        .await
    }

    async fn deleted(&mut self, id: &Id) -> Vec<Update> {
        self.until(|update| matches!(update, Update::Deleted(gone) if gone == id).then_some(())).await.0
    }

    async fn works(&mut self) -> Vec<Update> {
        let nodes = Scope::Kind(Kind::Node);
        self.until(|update| matches!(update, Update::Works(scope) if *scope == nodes).then_some(())).await.0
    }
}

fn listed(batch: &[Update], kind: Kind) -> Option<&[Object]> {
    batch.iter().find_map(|update| match update {
        Update::Listed { scope, objects } if *scope == Scope::Kind(kind) => Some(objects.as_slice()),
        _ => None,
    })
}

fn is_change(update: &Update) -> bool {
    matches!(update, Update::Changed(_) | Update::Deleted(_) | Update::Listed { .. })
}

#[tokio::test]
async fn every_kind_is_listed_at_once_and_then_what_changes() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.yaml"), pool("a", "10.0.0.0/16") + &pool("b", "10.1.0.0/16")).unwrap();
    let mut run = Run::of(root.path());
    let first = run.next().await;
    for kind in Kind::ALL {
        let count = listed(&first, kind).map(<[Object]>::len);
        let expected = match kind {
            Kind::EndpointStatus => None,
            Kind::IpPool => Some(2),
            _ => Some(0),
        };
        assert_eq!(count, expected, "{kind:?}");
        let works = first.contains(&Update::Works(Scope::Kind(kind)));
        assert_eq!(works, expected.is_some(), "{kind:?}");
    }
    // One object of two is changed: only that is said.
    fs::write(root.path().join("a.yaml"), pool("a", "10.0.0.0/16") + &pool("b", "10.2.0.0/16")).unwrap();
    let (batch, object) = run.changed(&pool_id("b")).await;
    assert_eq!((batch.len(), cidr(&object)), (1, "10.2.0.0/16".to_owned()), "{batch:?}");
    fs::write(root.path().join("a.yaml"), pool("b", "10.2.0.0/16")).unwrap();
    assert_eq!(run.next().await, [Update::Deleted(pool_id("a"))]);
    fs::remove_file(root.path().join("a.yaml")).unwrap();
    assert_eq!(run.next().await, [Update::Deleted(pool_id("b"))]);
}

/// As if they were applied one after the other.
#[tokio::test]
async fn the_later_one_counts() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("10.yaml"), pool("a", "10.3.0.0/16") + &pool("a", "10.1.0.0/16")).unwrap();
    fs::write(root.path().join("9.yml"), pool("a", "10.2.0.0/16")).unwrap();
    let mut run = Run::of(root.path());
    let first = run.next().await;
    assert_eq!(listed(&first, Kind::IpPool).unwrap().iter().map(cidr).collect::<Vec<_>>(), ["10.2.0.0/16"]);
    fs::remove_file(root.path().join("9.yml")).unwrap();
    let (_, object) = run.changed(&pool_id("a")).await;
    assert_eq!(cidr(&object), "10.1.0.0/16");
}

#[tokio::test]
async fn other_files_are_nothing_to_it() {
    let root = tempfile::tempdir().unwrap();
    for name in [".a.yaml", "b.yaml~", "c.yaml.tmp", "d.txt", "e", "yaml", "#f.yaml#"] {
        fs::write(root.path().join(name), "{").unwrap();
    }
    fs::create_dir(root.path().join("g.yaml")).unwrap();
    fs::write(root.path().join("g.yaml/h.yaml"), pool("h", "10.0.0.0/16")).unwrap();
    fs::write(root.path().join("empty.yaml"), "").unwrap();
    fs::write(root.path().join("remarks.yaml"), "# nothing\n---\n---\n").unwrap();
    fs::write(root.path().join("other.yaml"), "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n").unwrap();
    let first = Run::of(root.path()).next().await;
    assert_eq!(listed(&first, Kind::IpPool).unwrap(), []);
    assert!(!first.iter().any(|u| matches!(u, Update::Fault { .. })), "{first:?}");
}

/// A file counts as a whole: its last good version stays while there is a fault in it.
#[tokio::test]
async fn a_broken_file_keeps_what_it_said() {
    let root = tempfile::tempdir().unwrap();
    let (good, bad) = (root.path().join("good.yaml"), root.path().join("bad.yaml"));
    fs::write(&good, pool("a", "10.0.0.0/16")).unwrap();
    fs::write(&bad, pool("b", "10.1.0.0/16")).unwrap();
    let mut run = Run::of(root.path());
    run.next().await;
    fs::write(&bad, pool("c", "10.2.0.0/16") + "kind: IPPool\nspec: [1, }\n").unwrap();
    let (batch, error) = run.fault().await;
    assert!(error.starts_with("bad.yaml: line 7, column 7: "), "{error}");
    assert!(!error.contains('\n'), "{error}");
    assert!(!batch.iter().any(is_change), "{batch:?}");
    // Other files apply meanwhile; the fault is said again.
    fs::write(&good, pool("a", "10.9.0.0/16")).unwrap();
    let (batch, _) = run.changed(&pool_id("a")).await;
    assert!(batch.iter().any(|u| matches!(u, Update::Fault { .. })), "{batch:?}");
    fs::write(&bad, pool("c", "10.2.0.0/16")).unwrap();
    let batch = run.works().await;
    assert!(batch.contains(&Update::Deleted(pool_id("b"))), "{batch:?}");
}

#[tokio::test]
async fn what_is_wrong_has_its_place() {
    for (name, text, expected) in [
        ("a.yaml", "a: 1\na: 2\n", "a.yaml: line 2, column 1: "),
        ("a.yaml", "kind: IPPool\nmetadata: {}\n", "a.yaml: line 1: "),
        ("a.yaml", "\n\n---\n- 5\n", "a.yaml: line 4: "),
        ("a.yaml", "kind: \"IPPool\n", "a.yaml: line 2, column 1: "),
        ("a.json", "{\"kind\":\n \"IPPool\",}", "a.json: line 2, column "),
        ("a.json", "{} x", "a.json: line 1"),
    ] {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(name), text).unwrap();
        let (batch, error) = Run::of(root.path()).fault().await;
        assert!(error.starts_with(expected), "{text}: {error}");
        // The rest is listed all the same.
        assert!(listed(&batch, Kind::IpPool).is_some());
    }
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.yaml"), b"a: 1\nb: \xff\n").unwrap();
    let (_, error) = Run::of(root.path()).fault().await;
    assert_eq!(error, "a.yaml: line 2: it is not UTF-8");
}

#[tokio::test]
async fn a_pipe_is_not_waited_for() {
    let root = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(root.path().join("a.yaml")).status().unwrap();
    assert!(made.success());
    symlink("nowhere", root.path().join("b.yaml")).unwrap();
    let (_, error) = Run::of(root.path()).fault().await;
    assert!(error.contains("a.yaml: it is no file"), "{error}");
    assert!(error.contains("b.yaml: No such file"), "{error}");
}

/// A list of an API server says what its items are only once.
#[tokio::test]
async fn lists_and_json() {
    let root = tempfile::tempdir().unwrap();
    fs::write(
        root.path().join("a.yaml"),
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: projectcalico.org/v3\n  kind: IPPool\n  \
         metadata: {name: a}\n  spec: {cidr: 10.0.0.0/16}\n- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n",
    )
    .unwrap();
    fs::write(
        root.path().join("b.json"),
        r#"{"apiVersion":"projectcalico.org/v3","kind":"IPPoolList","items":[
            {"metadata":{"name":"b"},"spec":{"cidr":"10.1.0.0/16"}}]}
           [{"apiVersion":"projectcalico.org/v3","kind":"IPPool",
             "metadata":{"name":"c"},"spec":{"cidr":"10.2.0.0/16"}}]"#,
    )
    .unwrap();
    let first = Run::of(root.path()).next().await;
    let names = listed(&first, Kind::IpPool).unwrap().iter().map(|o| &*o.id.name).collect::<Vec<_>>();
    assert_eq!(names, ["a", "b", "c"], "{first:?}");
}

/// Numbers and words that are not what they look like.
#[test]
fn yaml_has_no_surprises() {
    let read = |text: &str| {
        serde_saphyr::from_str_with_options::<serde_json::Value>(text, crate::yaml::options())
            .unwrap()
            .to_string()
    };
    for (text, expected) in [
        ("yes", "true"),
        ("off", "false"),
        ("true", "true"),
        ("'1e3'", "\"1e3\""),
        ("\"0x10\"", "\"0x10\""),
        ("0x10", "16"),
        ("010", "\"010\""),
        ("1_000", "\"1_000\""),
        ("64512.1", "64512.1"),
        ("4294967295", "4294967295"),
        ("~", "null"),
        ("{a: &a 1, b: *a}", r#"{"a":1,"b":1}"#),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    let not_a_number =
        serde_saphyr::from_str_with_options::<serde_json::Value>(".nan", crate::yaml::options());
    assert!(not_a_number.is_err());
}

/// Aliases of aliases must not fill the memory.
#[test]
fn a_billion_laughs_are_refused() {
    use std::fmt::Write;
    let mut text = String::from("a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol,lol]\n");
    for i in 1..12 {
        let before = format!("*a{},", i - 1).repeat(10);
        writeln!(text, "a{i}: &a{i} [{}]", before.trim_end_matches(',')).unwrap();
    }
    let error = manifest::entries(false, text.as_bytes()).unwrap_err();
    assert!(error.starts_with("line "), "{error}");
}

/// Nor must depth fill the stack.
#[test]
fn what_is_too_deep_is_refused() {
    let deep = "[".repeat(100_000);
    manifest::entries(false, deep.as_bytes()).unwrap_err();
    manifest::entries(true, deep.as_bytes()).unwrap_err();
}

/// One object in each of many documents, more than a parser's usual bounds allow.
#[test]
fn a_large_cluster_in_one_file() {
    let text: String = (0..3000).map(|i| pool(&format!("p{i}"), "10.0.0.0/16")).collect();
    assert_eq!(manifest::entries(false, text.as_bytes()).unwrap().len(), 3000);
}

/// A mounted ConfigMap: links into `..data`, which is swapped for another folder at once.
#[tokio::test]
async fn a_config_map_is_swapped() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir(at("..1")).unwrap();
    fs::write(at("..1/a.yaml"), pool("a", "10.0.0.0/16")).unwrap();
    symlink("..1", at("..data")).unwrap();
    symlink("..data/a.yaml", at("a.yaml")).unwrap();
    let mut run = Run::of(root.path());
    assert_eq!(listed(&run.next().await, Kind::IpPool).unwrap().len(), 1);
    fs::create_dir(at("..2")).unwrap();
    fs::write(at("..2/a.yaml"), pool("a", "10.7.0.0/16")).unwrap();
    symlink("..2", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    let (_, object) = run.changed(&pool_id("a")).await;
    assert_eq!(cidr(&object), "10.7.0.0/16");
}

#[tokio::test]
async fn a_link_to_the_folder_is_swapped() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    for (folder, prefix) in [("one", "10.1.0.0/16"), ("two", "10.2.0.0/16")] {
        fs::create_dir_all(at(folder).join("deep")).unwrap();
        fs::write(at(folder).join("deep/a.yaml"), pool("a", prefix)).unwrap();
    }
    symlink("one", at("link")).unwrap();
    let mut run = Run::of(&at("link/deep"));
    assert!(listed(&run.next().await, Kind::IpPool).is_some());
    symlink("two", at("new")).unwrap();
    fs::rename(at("new"), at("link")).unwrap();
    let (_, object) = run.changed(&pool_id("a")).await;
    assert_eq!(cidr(&object), "10.2.0.0/16");
    // And it is the new one that is watched.
    fs::write(at("two/deep/a.yaml"), pool("a", "10.3.0.0/16")).unwrap();
    let (_, object) = run.changed(&pool_id("a")).await;
    assert_eq!(cidr(&object), "10.3.0.0/16");
}

/// Nothing is listed before the folder is there, and nothing is lost when it goes.
#[tokio::test]
async fn a_folder_that_is_not_there() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("not/yet");
    let mut run = Run::of(&path);
    let (batch, error) = run.fault().await;
    assert_eq!(batch.len(), 1, "{batch:?}");
    assert!(error.contains("not/yet: No such file"), "{error}");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("a.yaml"), pool("a", "10.1.0.0/16")).unwrap();
    let (batch, ()) = run.until(|u| matches!(u, Update::Listed { .. }).then_some(())).await;
    if listed(&batch, Kind::IpPool).unwrap().is_empty() {
        run.changed(&pool_id("a")).await;
    }
    fs::rename(&path, root.path().join("aside")).unwrap();
    let (batch, _) = run.fault().await;
    assert!(!batch.iter().any(is_change), "{batch:?}");
    fs::rename(root.path().join("aside"), &path).unwrap();
    let batch = run.works().await;
    assert!(!batch.iter().any(is_change), "{batch:?}");
    fs::write(path.join("a.yaml"), pool("a", "10.2.0.0/16")).unwrap();
    run.changed(&pool_id("a")).await;
}

#[tokio::test]
async fn an_editor_renames_over_it() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::write(at("a.yaml"), pool("a", "10.1.0.0/16")).unwrap();
    let mut run = Run::of(root.path());
    run.next().await;
    fs::write(at(".a.yaml.swp"), pool("a", "10.2.0.0/16")).unwrap();
    fs::rename(at("a.yaml"), at("a.yaml~")).unwrap();
    fs::rename(at(".a.yaml.swp"), at("a.yaml")).unwrap();
    // The moment without the file is not told of.
    let (batch, _) = run.changed(&pool_id("a")).await;
    assert_eq!(batch.len(), 1, "{batch:?}");
}

/// Many files that are written in one go are one batch.
#[tokio::test]
async fn a_burst_is_one_batch() {
    let root = tempfile::tempdir().unwrap();
    let mut run = Run::of(root.path());
    run.next().await;
    for i in 0..20 {
        fs::write(root.path().join(format!("{i}.yaml")), pool(&format!("p{i}"), "10.0.0.0/16")).unwrap();
    }
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 20 {
        sizes.push(run.next().await.len());
    }
    assert!(sizes.len() <= 3, "{sizes:?}");
}

/// A file that is open for writing is not read half way as long as its writer keeps at it.
#[tokio::test]
async fn a_slow_writer_is_waited_for() {
    use std::io::Write;
    let root = tempfile::tempdir().unwrap();
    let mut run = Run::of(root.path());
    run.next().await;
    let mut file = fs::File::create(root.path().join("a.yaml")).unwrap();
    file.write_all(pool("a", "10.0.0.0/16").as_bytes()).unwrap();
    // Not closed: read at last all the same.
    run.changed(&pool_id("a")).await;
    file.write_all(pool("b", "10.1.0.0/16").as_bytes()).unwrap();
    drop(file);
    run.changed(&pool_id("b")).await;
    fs::remove_file(root.path().join("a.yaml")).unwrap();
    run.deleted(&pool_id("a")).await;
}

/// A deleted affinity in a later file takes the one in an earlier file away.
#[tokio::test]
async fn a_deleted_affinity_is_none() {
    let root = tempfile::tempdir().unwrap();
    let block = |deleted: &str| {
        format!(
            "apiVersion: crd.projectcalico.org/v1\nkind: BlockAffinity\nmetadata: {{name: b}}\n\
             spec: {{node: n2, cidr: 10.0.0.0/26, state: confirmed, deleted: '{deleted}'}}\n"
        )
    };
    fs::write(root.path().join("a.yaml"), block("false")).unwrap();
    let mut run = Run::of(root.path());
    // Of another node, but kept.
    assert_eq!(listed(&run.next().await, Kind::BlockAffinity).unwrap().len(), 1);
    fs::write(root.path().join("b.yaml"), block("true")).unwrap();
    run.deleted(&Id::new(Kind::BlockAffinity, "b")).await;
}

/// Without inotify the folder is looked at by the clock, and that is said; else each kind is heard of.
#[tokio::test]
async fn the_poll() {
    let root = tempfile::tempdir().unwrap();
    let folder = |inotify: bool| {
        let mut folder = Folder::new(root.path().into(), "n1".into());
        folder.directory.inotify = inotify;
        folder.directory.poll = Duration::from_millis(30);
        Run::new(Box::new(folder))
    };
    let mut polled = folder(false);
    let (_, error) = polled.fault().await;
    assert!(error.starts_with("inotify is off; looked at every "), "{error}");
    let mut watched = folder(true);
    let heard = |u: &Update| matches!(u, Update::Heard { .. }).then_some(());
    let (batch, ()) = watched.until(heard).await;
    assert_eq!(batch.len(), 9, "{batch:?}");
    fs::write(root.path().join("a.yaml"), pool("a", "10.0.0.0/16")).unwrap();
    polled.changed(&pool_id("a")).await;
    // Of the same length, at once: the stamp may be the same.
    fs::write(root.path().join("a.yaml"), pool("a", "10.1.0.0/16")).unwrap();
    polled.changed(&pool_id("a")).await;
}

#[tokio::test]
async fn it_ends_when_nobody_listens() {
    let root = tempfile::tempdir().unwrap();
    let mut run = Run::of(root.path());
    run.next().await;
    run.updates.close();
    timeout(LONG, &mut run.task).await.unwrap().unwrap();
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in "[\\[\\]{}a-z&*!|>:,'\"#\\- \n\t0-9.~%@]{0,80}", octets in any::<Vec<u8>>()) {
        for json in [true, false] {
            let _ = manifest::entries(json, text.as_bytes());
            let _ = manifest::entries(json, &octets);
        }
    }
}
