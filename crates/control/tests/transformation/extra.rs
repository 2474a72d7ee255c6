//! What `docs/calico.md` says of annotations and extra files, over the routers of a node.

use std::sync::Arc;

use crate::common::{Node, THREE_NODES};
use godwit_config::{
    ChangeKind, Extra, LoadOptions, Policy, ProtocolConfig, ProtocolKind, RouterConfig, diff, validate,
};

const PAGE: &str = include_str!("../../../../docs/calico.md");

const TOR: &str = "
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata: {name: tor}
spec: {peerIP: 10.0.0.1, asNumber: 65001}
";

/// The examples of a language in the section about extra files.
fn examples(language: &str) -> Vec<&'static str> {
    let (_, section) = PAGE.split_once("## More than Calico").expect("the section");
    let section = section.split("\n## ").next().unwrap_or(section);
    let mark = format!("```{language}\n");
    section.split(&mark).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn load(name: &str, text: &str) -> Extra {
    let include = &mut |_: &str, _: &str| Err("nothing to include".into());
    Extra::load(name, text, &LoadOptions::default(), include).unwrap_or_else(|error| panic!("{error}"))
}

fn routers(node: &Node) -> [Arc<RouterConfig>; 2] {
    let config = node.compiler.current().expect("a configuration");
    [config.ipv4.clone(), config.ipv6.clone()]
}

fn protocol<'r>(router: &'r RouterConfig, name: &str) -> &'r ProtocolConfig {
    router.protocol(name).unwrap_or_else(|| panic!("no {name}"))
}

fn hold_time(router: &RouterConfig, name: &str) -> u16 {
    match &protocol(router, name).kind {
        ProtocolKind::Bgp(bgp) => bgp.hold_time_secs,
        other => panic!("{name} is {}", other.name()),
    }
}

#[test]
fn the_examples_work() {
    let node = Node::new(TOR);
    let files = [("extra.conf", examples("bird")), ("extra.toml", examples("toml"))];
    for (name, texts) in files {
        assert_eq!(texts.len(), 1, "{name}");
        for text in texts {
            let mut extra = load(name, text);
            assert_eq!(extra.warnings().collect::<Vec<_>>(), [""; 0], "{name}");
            let applied = extra.apply(&routers(&node));
            assert_eq!(applied.remarks, [""; 0], "{name}");
            let [v4, v6] = applied.routers.as_slice() else { panic!("two routers") };
            assert_eq!((validate(v4), validate(v6)), (Vec::new(), Vec::new()));
            assert_eq!((hold_time(v4, "Mesh_10_0_0_3"), hold_time(v6, "Mesh_fd00__3")), (9, 9));
            assert_eq!(hold_time(v4, "Global_10_0_0_1"), 240);
            for router in [v4, v6] {
                let ProtocolKind::Kernel(kernel) = &protocol(router, "kernel1").kind else {
                    panic!("kernel1")
                };
                assert_eq!((kernel.metric, kernel.merge_paths), (2000, None));
            }
            if name == "extra.conf" {
                let tor = protocol(v4, "Global_10_0_0_1");
                assert_eq!(tor.description.as_deref(), Some("top of rack"));
                let export = tor.channels.first().map(|c| &c.export);
                assert!(matches!(export, Some(Policy::Filter(f)) if f.name() == Some("to_tor")));
                assert!(v4.protocol("collector").is_some() && v6.protocol("collector").is_none());
                assert!(v4.protocol("drop_test_net").is_some() && v6.protocol("drop_test_net").is_some());
            }
        }
    }
    let annotated = Node::new(examples("yaml").first().expect("an example"));
    assert_eq!(annotated.bgp("Mesh_10_0_0_3").hold_time_secs, 9);
    let tor = annotated.bgp("Global_192_0_2_1");
    assert_eq!((tor.hold_time_secs, tor.keepalive_time_secs), (12, Some(4)));
    assert_eq!(annotated.problems(), [""; 0]);
}

/// A peer that comes and one that changes, the file's protocols beside them.
#[test]
fn a_change_of_the_datastore_passes_through() {
    let mut node = Node::new("");
    let mut extra = load("extra.conf", "template bgp \"*\" { hold time 9; }");
    let first = extra.apply(&routers(&node)).routers;
    node.apply(TOR);
    let then = extra.apply(&routers(&node)).routers;
    let changes = diff(&first[0], &then[0]);
    assert_eq!(changes.protocol("Global_10_0_0_1"), Some(&ChangeKind::Added));
    assert_eq!(changes.protocol("Mesh_10_0_0_3"), Some(&ChangeKind::Unchanged));
    assert_eq!(hold_time(&then[0], "Global_10_0_0_1"), 9);
    assert!(Arc::ptr_eq(&first[1], &then[1]), "IPv6 did not change");
    node.apply(THREE_NODES);
    assert!(diff(&then[0], &extra.apply(&routers(&node)).routers[0]).is_empty());
}
