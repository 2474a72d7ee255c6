use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use ipnetwork::IpNetwork;
use proptest::prelude::*;

use super::*;
use crate::resource::*;
use crate::{Kind, Selector};

fn state(objects: Vec<(Id, Resource)>) -> State {
    State { version: VERSION, node: "n1".into(), release: Release::V3_32, written: 1_790_000_000, objects }
}

fn pool(name: &str) -> (Id, Resource) {
    let pool = IpPool {
        cidr: "10.0.0.0/8".parse().unwrap(),
        ipip: Encapsulation::Always,
        vxlan: Encapsulation::Never,
        disable_bgp_export: true,
    };
    (Id::new(Kind::IpPool, name), Resource::IpPool(pool))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_saved_is_loaded_and_private() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("new/folder/state.json");
    let first = state(vec![pool("a")]);
    save(&path, &first).unwrap();
    assert_eq!(load(&path, "n1").unwrap(), first);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    // One with more rights does not keep them.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let second = state(vec![pool("b"), pool("c")]);
    save(&path, &second).unwrap();
    assert_eq!(load(&path, "n1").unwrap(), second);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn what_was_left_beside_it_is_not_written_to() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.json");
    let victim = root.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, root.path().join(".state.json.tmp")).unwrap();
    save(&path, &state(vec![])).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_save_that_fails_leaves_the_file_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.json");
    save(&path, &state(vec![pool("a")])).unwrap();
    fs::create_dir(root.path().join(".state.json.tmp")).unwrap();
    save(&path, &state(vec![])).unwrap_err();
    assert_eq!(load(&path, "n1").unwrap(), state(vec![pool("a")]));
    save(Path::new("/"), &state(vec![])).unwrap_err();
}

#[test]
fn what_is_not_ours_is_refused_with_the_reason() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.json");
    assert!(matches!(load(&path, "n1"), Err(LoadError::Missing(_))));
    save(&path, &state(vec![pool("a")])).unwrap();
    let error = load(&path, "n2").unwrap_err();
    assert!(error.to_string().ends_with("it is of the node 'n1', and 'n2' is expected"), "{error}");
    let text = fs::read_to_string(&path).unwrap();

    // The rest of a later version may be anything.
    fs::write(&path, r#"{"version":2,"node":"n1","objects":{"all":"different"}}"#).unwrap();
    let error = load(&path, "n1").unwrap_err();
    assert!(error.to_string().ends_with("its format is version 2, and 1 is expected"), "{error}");

    for half in [0, 1, text.len() / 2, text.len() - 3] {
        fs::write(&path, &text[..half]).unwrap();
        assert!(matches!(load(&path, "n1"), Err(LoadError::Broken(..))), "{half}");
    }
    fs::write(&path, text.replacen(r#""kind":"IpPool""#, r#""kind":"Node""#, 1)).unwrap();
    let error = load(&path, "n1").unwrap_err();
    assert!(error.to_string().contains("Node a is of another kind"), "{error}");

    let large = File::create(&path).unwrap();
    large.set_len(MAX_FILE + 1).unwrap();
    assert!(matches!(load(&path, "n1"), Err(LoadError::TooLarge(_))));
    assert!(matches!(load(root.path(), "n1"), Err(LoadError::Broken(..))));
}

/// The size of a large cluster: it must not be built up as a whole in memory before it is written.
#[test]
fn a_large_cluster_is_kept() {
    let mut objects = Vec::new();
    for i in 0..1000_u32 {
        let labels = (0..10).map(|l| (format!("example.org/label-{l}").into(), "value".into())).collect();
        let node = Node { ipv4: Some("10.0.0.1/24".parse().unwrap()), labels, ..Node::default() };
        objects.push((Id::new(Kind::Node, &format!("node-{i}")), Resource::Node(node)));
    }
    for i in 0..4000_u32 {
        let block = BlockAffinity {
            node: format!("node-{}", i / 4).into(),
            cidr: "10.1.0.0/26".parse().unwrap(),
            state: AffinityState::Confirmed,
        };
        objects.push((Id::new(Kind::BlockAffinity, &format!("block-{i}")), Resource::BlockAffinity(block)));
    }
    for i in 0..2000_u32 {
        let service = Service { cluster_ips: vec!["10.96.0.1".parse().unwrap()], ..Service::default() };
        let id = Id::namespaced(Kind::Service, "default", &format!("service-{i}"));
        objects.push((id, Resource::Service(service)));
    }
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.json");
    let state = state(objects);
    save(&path, &state).unwrap();
    assert_eq!(load(&path, "n1").unwrap().objects.len(), 7000);
}

fn text() -> impl Strategy<Value = Box<str>> {
    any::<String>().prop_map(String::into_boxed_str)
}

fn network() -> impl Strategy<Value = IpNetwork> {
    (any::<IpAddr>(), 0..=128_u8).prop_map(|(ip, prefix)| {
        let most = if ip.is_ipv4() { 32 } else { 128 };
        IpNetwork::new(ip, prefix.min(most)).unwrap()
    })
}

fn duration() -> impl Strategy<Value = Duration> {
    (any::<u32>(), 0..1_000_000_000_u32).prop_map(|(s, n)| Duration::new(s.into(), n))
}

fn resource() -> impl Strategy<Value = (Kind, Resource)> {
    let labels = prop::collection::btree_map(text(), text(), 0..4);
    let node = (prop::option::of(network()), any::<Option<u32>>(), labels, prop::option::of(text()))
        .prop_map(|(ipv4, as_number, labels, route_reflector_cluster_id)| {
            let node = Node { ipv4, as_number, route_reflector_cluster_id, labels, ..Node::default() };
            (Kind::Node, Resource::Node(node))
        });
    let peer = (
        prop::option::of((any::<IpAddr>(), any::<Option<u16>>())),
        prop::option::of(text()),
        prop::option::of(duration()),
        prop::collection::vec(text(), 0..3),
    )
        .prop_map(|(address, selector, keepalive_time, filters)| {
            let peer = BgpPeer {
                peer_ip: address.map(|(ip, port)| PeerAddress { ip, port }),
                node_selector: selector.map(|text| Selector::new(&text)),
                keepalive_time,
                filters,
                next_hop: Some(NextHop::Keep),
                ..BgpPeer::default()
            };
            (Kind::BgpPeer, Resource::BgpPeer(Box::new(peer)))
        });
    let secret = prop::collection::btree_map(text(), any::<Vec<u8>>(), 0..3)
        .prop_map(|data: BTreeMap<_, _>| (Kind::Secret, Resource::Secret(Secret { data })));
    let block = (text(), network()).prop_map(|(node, cidr)| {
        let block = BlockAffinity { node, cidr, state: AffinityState::PendingDeletion };
        (Kind::BlockAffinity, Resource::BlockAffinity(block))
    });
    let configuration = (any::<Option<bool>>(), prop::collection::vec((text(), text()), 0..3), duration())
        .prop_map(|(mesh_enabled, communities, time)| {
            let configuration = BgpConfiguration {
                mesh_enabled,
                communities,
                mesh_max_restart_time: Some(time),
                program_cluster_routes: Some(ProgramClusterRoutes::EnabledIpipOnly),
                ..BgpConfiguration::default()
            };
            (Kind::BgpConfiguration, Resource::BgpConfiguration(Box::new(configuration)))
        });
    prop_oneof![node, peer, secret, block, configuration]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_state_comes_back(objects in prop::collection::vec((text(), text(), resource()), 0..6)) {
        let objects = objects.into_iter().map(|(namespace, name, (kind, resource))| {
            (Id { kind, namespace, name }, resource)
        });
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("state.json");
        let state = state(objects.collect());
        save(&path, &state).unwrap();
        prop_assert_eq!(load(&path, "n1").unwrap(), state);
    }

    #[test]
    fn no_file_is_a_panic(text in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("state.json");
        fs::write(&path, &text).unwrap();
        prop_assert!(load(&path, "n1").is_err());
        save(&path, &state(vec![pool("a")])).unwrap();
        let mut damaged = fs::read(&path).unwrap();
        let at = at.index(damaged.len());
        damaged[at] = octet;
        fs::write(&path, &damaged).unwrap();
        let _ = load(&path, "n1");
    }
}
