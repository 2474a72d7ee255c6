use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;

type Variables<'a> = &'a [(&'a str, &'a str)];

fn builder(variables: Variables<'_>) -> SettingsBuilder {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    SettingsBuilder::new().environment(&|name| variables.get(name).map(|v| (*v).to_owned()))
}

fn settings(variables: Variables<'_>) -> Settings {
    let mut all = vec![("NODENAME", "n1")];
    all.extend(variables);
    builder(&all).build().unwrap_or_else(|e| panic!("{e}"))
}

fn problems(variables: Variables<'_>) -> Vec<String> {
    let mut all = vec![("NODENAME", "n1")];
    all.extend(variables);
    builder(&all).build().unwrap_err().problems().to_vec()
}

/// A file with a text, and its path.
fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn etcd(settings: &Settings) -> &EtcdSettings {
    match &settings.datastore {
        DatastoreSettings::Etcd(etcd) => etcd,
        other => panic!("{other:?}"),
    }
}

fn kubernetes(settings: &Settings) -> &KubernetesSettings {
    match &settings.datastore {
        DatastoreSettings::Kubernetes(kubernetes) => kubernetes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn defaults() {
    let settings = settings(&[]);
    assert_eq!(settings.datastore, DatastoreSettings::Kubernetes(KubernetesSettings::default()));
    assert_eq!(settings.node.kubernetes_node, "n1");
    assert_eq!(settings.node.namespace, "kube-system");
    assert_eq!(settings.node.release, Release::V3_32);
    assert_eq!(settings.endpoint_status_prefix, Path::new("/var/run/calico"));
    assert_eq!(settings.state_file.as_deref(), Some(Path::new("/var/lib/calico/godwit-state.json")));
    assert!(settings.notes.is_empty(), "{:?}", settings.notes);
}

#[test]
fn the_node() {
    let settings = settings(&[
        ("CALICO_K8S_NODE_REF", "k1"),
        ("CALICO_ROUTER_ID", "hash"),
        ("USE_POD_CIDR", "true"),
        ("CALICO_ADVERTISE_CLUSTER_IPS", "10.96.0.1/12"),
        ("NAMESPACE", "calico-system"),
        ("CALICO_ENDPOINT_STATUS_PATH_PREFIX", "/run/c"),
        ("GODWIT_STATE_FILE", "none"),
        ("GODWIT_RELEASE", "v3.30"),
    ]);
    assert_eq!(
        settings.node,
        NodeSettings {
            node: "n1".into(),
            kubernetes_node: "k1".into(),
            release: Release::V3_30,
            router_id: RouterIdSetting::Hash,
            use_pod_cidr: true,
            advertise_cluster_ips: Some("10.96.0.0/12".parse().unwrap()),
            namespace: "calico-system".into(),
            ..NodeSettings::default()
        }
    );
    assert_eq!(settings.endpoint_status_prefix, Path::new("/run/c"));
    assert_eq!(settings.state_file, None);
}

#[test]
fn every_problem_is_told_at_once() {
    let problems = problems(&[
        ("CALICO_ROUTER_ID", "10.0.0"),
        ("USE_POD_CIDR", "maybe"),
        ("CALICO_ADVERTISE_CLUSTER_IPS", "10.0.0.0/8,10.1.0.0/16"),
        ("DATASTORE_TYPE", "etcd"),
        ("GODWIT_RELEASE", "2.0"),
        ("CALICO_API_GROUP", "v3"),
    ]);
    for (name, expected) in [
        ("CALICO_ROUTER_ID: ", "expected hash, or 192.0.2.1"),
        ("USE_POD_CIDR: ", "neither true nor false"),
        ("CALICO_ADVERTISE_CLUSTER_IPS: ", "expected one such as 10.96.0.0/12"),
        ("DATASTORE_TYPE: ", "expected kubernetes or etcdv3"),
        ("GODWIT_RELEASE: ", "3.30, 3.31, 3.32, 3.33"),
        ("CALICO_API_GROUP: ", "projectcalico.org/v3"),
    ] {
        assert!(problems.iter().any(|p| p.starts_with(name) && p.contains(expected)), "{name}: {problems:?}");
    }
    assert_eq!(problems.len(), 6, "{problems:?}");
}

#[test]
fn the_name_may_be_in_a_file() {
    let (_folder, path) = file("nodename", "n2\n");
    let path = path.to_str().unwrap();
    let settings = builder(&[("CALICO_NODENAME_FILE", path)]).build().unwrap();
    assert_eq!(settings.node.node, "n2");
    // The variable counts more, the flag most.
    let both = [("CALICO_NODENAME_FILE", path), ("NODENAME", "n1")];
    assert_eq!(builder(&both).build().unwrap().node.node, "n1");
    assert_eq!(builder(&both).node("n3").build().unwrap().node.node, "n3");

    let error = builder(&[("CALICO_NODENAME_FILE", "/no/such")]).build().unwrap_err().to_string();
    assert!(error.starts_with("NODENAME: not set, and /no/such: "), "{error}");
    assert!(error.contains("set it to this node's name"), "{error}");
    let (_folder, path) = file("nodename", " \n");
    let error = builder(&[("CALICO_NODENAME_FILE", path.to_str().unwrap())]).build().unwrap_err();
    assert!(error.to_string().contains("there is no name of a node in it"), "{error}");
    let error = builder(&[]).node("a/b").build().unwrap_err().to_string();
    assert!(error.starts_with("--node: 'a/b' is no name"), "{error}");
}

/// Etcd if there are endpoints, else Kubernetes; the type counts more; the prefix counts most.
#[test]
fn the_type_of_the_datastore() {
    let endpoints = ("ETCD_ENDPOINTS", "http://10.0.0.1:2379, https://[::1]:2379,");
    let by_endpoints = settings(&[endpoints]);
    assert_eq!(etcd(&by_endpoints).endpoints, ["http://10.0.0.1:2379", "https://[::1]:2379"]);
    assert_eq!(etcd(&by_endpoints).kubernetes, None);
    let other = settings(&[endpoints, ("DATASTORE_TYPE", "kubernetes")]);
    kubernetes(&other);
    assert!(other.notes[0].starts_with("ETCD_ENDPOINTS: it has no effect"), "{:?}", other.notes);
    kubernetes(&settings(&[("DATASTORE_TYPE", "etcdv3"), ("CALICO_DATASTORE_TYPE", "kubernetes")]));
    let longer = settings(&[("ETCD_ENDPOINTS", "http://a:1"), ("CALICO_ETCD_ENDPOINTS", "http://b:1")]);
    assert_eq!(etcd(&longer).endpoints, ["http://b:1"]);
    // An empty one is none, with the prefix too.
    let empty = settings(&[("ETCD_ENDPOINTS", "http://a:1"), ("CALICO_ETCD_ENDPOINTS", "")]);
    assert_eq!(etcd(&empty).endpoints, ["http://a:1"]);
    let missing = problems(&[("DATASTORE_TYPE", "etcdv3")]);
    assert!(missing[0].starts_with("ETCD_ENDPOINTS: not set; expected the URLs"), "{missing:?}");
}

#[test]
fn etcd_of_the_environment() {
    let all = settings(&[
        ("ETCD_ENDPOINTS", "https://e:2379"),
        ("ETCD_USERNAME", "u"),
        ("CALICO_ETCD_PASSWORD", "secret"),
        ("ETCD_KEY_FILE", "/k"),
        ("ETCD_CERT_FILE", "/c"),
        ("ETCD_CA_CERT_FILE", "/ca"),
        ("KUBECONFIG", "/kc"),
    ]);
    let expected = EtcdSettings {
        endpoints: vec!["https://e:2379".into()],
        user: Some(("u".into(), "secret".into())),
        key_file: Some("/k".into()),
        cert_file: Some("/c".into()),
        ca_file: Some("/ca".into()),
        kubernetes: Some(KubernetesSettings {
            kubeconfig: Some("/kc".into()),
            ..KubernetesSettings::default()
        }),
    };
    assert_eq!(etcd(&all), &expected);
    assert!(!format!("{all:?}").contains("secret"));
    let in_pod = settings(&[("ETCD_ENDPOINTS", "https://e:2379"), ("KUBERNETES_SERVICE_HOST", "10.96.0.1")]);
    assert_eq!(etcd(&in_pod).kubernetes, Some(KubernetesSettings::default()));

    let half = settings(&[("ETCD_ENDPOINTS", "https://e:2379"), ("ETCD_USERNAME", "u")]);
    assert_eq!(etcd(&half).user, None);
    assert!(half.notes.iter().any(|n| n.starts_with("ETCD_USERNAME: it has no effect")), "{:?}", half.notes);
    let half = problems(&[("ETCD_ENDPOINTS", "https://e:2379"), ("ETCD_CERT_FILE", "/c")]);
    assert_eq!(half, ["ETCD_KEY_FILE: not set, but ETCD_CERT_FILE is; expected both or neither"]);
    for url in ["e:2379", "ftp://e", "http://", "http://a:0", "http://[::1", "http://a:99999", "http://a b"] {
        let found = problems(&[("ETCD_ENDPOINTS", url)]);
        assert!(
            found[0].starts_with("ETCD_ENDPOINTS: ") && found[0].contains("expected http://"),
            "{found:?}"
        );
    }
    let found = problems(&[("ETCD_ENDPOINTS", "http://u:pw@e:2379")]);
    assert!(!found[0].contains("pw"), "{found:?}");
}

#[test]
fn discovery_is_not_supported() {
    let text = "ETCD_DISCOVERY_SRV: not supported, list the endpoints in ETCD_ENDPOINTS";
    assert_eq!(problems(&[("ETCD_DISCOVERY_SRV", "example.org")]), [text]);
    let settings = settings(&[("ETCD_DISCOVERY_SRV", "example.org"), ("ETCD_ENDPOINTS", "http://a:1")]);
    assert!(settings.notes.contains(&text.to_owned()));
}

#[test]
fn kubernetes_of_the_environment() {
    let all = settings(&[
        ("CALICO_KUBECONFIG", "/kc"),
        ("K8S_API_ENDPOINT", "https://api:6443/path"),
        ("K8S_CERT_FILE", "/c"),
        ("K8S_KEY_FILE", "/k"),
        ("K8S_CA_FILE", "/ca"),
        ("K8S_API_TOKEN", "secret"),
        ("K8S_INSECURE_SKIP_TLS_VERIFY", "1"),
        ("K8S_CURRENT_CONTEXT", "ctx"),
        ("CALICO_API_GROUP", "crd.projectcalico.org/v1"),
        ("K8S_CLIENT_QPS", "20"),
    ]);
    let expected = KubernetesSettings {
        kubeconfig: Some("/kc".into()),
        context: Some("ctx".into()),
        endpoint: Some("https://api:6443/path".into()),
        cert_file: Some("/c".into()),
        key_file: Some("/k".into()),
        ca_file: Some("/ca".into()),
        token: Some("secret".into()),
        insecure: true,
        api_group: Some("crd.projectcalico.org/v1".into()),
    };
    assert_eq!(kubernetes(&all), &expected);
    assert!(!format!("{all:?}").contains("secret"));
    assert!(all.notes[0].starts_with("K8S_CLIENT_QPS: "), "{:?}", all.notes);
    let found = problems(&[("K8S_API_ENDPOINT", "api:6443")]);
    assert!(found[0].starts_with("K8S_API_ENDPOINT: 'api:6443' is no URL"), "{found:?}");
}

#[test]
fn a_kubeconfig_at_home_is_taken_if_it_is_there() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("HOME", home.path().to_str().unwrap())];
    assert_eq!(kubernetes(&settings(&variables)).kubeconfig, None);
    let path = home.path().join(".kube/config");
    std::fs::create_dir(home.path().join(".kube")).unwrap();
    std::fs::write(&path, "").unwrap();
    assert_eq!(kubernetes(&settings(&variables)).kubeconfig, Some(path));
    let endpoint = [variables[0], ("K8S_API_ENDPOINT", "http://a:1")];
    assert_eq!(kubernetes(&settings(&endpoint)).kubeconfig, None);
}

#[test]
fn typha_is_noted() {
    let noted = settings(&[("FELIX_TYPHAK8SSERVICENAME", "calico-typha"), ("CONFD_TYPHAADDR", "none")]);
    assert_eq!(
        noted.notes,
        ["FELIX_TYPHAK8SSERVICENAME: Typha is not used; the datastore is watched directly"]
    );
}

#[test]
fn the_flag() {
    let parse = |text: &str| text.parse::<DatastoreSettings>();
    assert_eq!(parse("dir:/a:b").unwrap(), DatastoreSettings::Folder("/a:b".into()));
    assert_eq!(parse("kubernetes").unwrap(), DatastoreSettings::Kubernetes(KubernetesSettings::default()));
    for wrong in ["", "dir", "dir:", "etcd", "etcd:", "etcd:a:1", "kubernetes:", "consul:x", "etcd:,"] {
        let error = parse(wrong).unwrap_err();
        assert!(error.contains("expected "), "{wrong}: {error}");
    }
    // What it does not say is taken from the environment.
    let variables = [
        ("NODENAME", "n1"),
        ("DATASTORE_TYPE", "kubernetes"),
        ("ETCD_CA_CERT_FILE", "/ca"),
        ("ETCD_ENDPOINTS", "http://env:1"),
        ("K8S_CURRENT_CONTEXT", "ctx"),
    ];
    let build = |flag: &str| builder(&variables).datastore(parse(flag).unwrap()).build().unwrap();
    let flagged = build("etcd:https://a:1,https://b:1");
    assert_eq!(etcd(&flagged).endpoints, ["https://a:1", "https://b:1"]);
    assert_eq!(etcd(&flagged).ca_file, Some("/ca".into()));
    let flagged = build("kubernetes:/kc");
    assert_eq!(kubernetes(&flagged).kubeconfig, Some("/kc".into()));
    assert_eq!(kubernetes(&flagged).context.as_deref(), Some("ctx"));
    let flagged = build("dir:/m");
    assert_eq!(flagged.datastore, DatastoreSettings::Folder("/m".into()));
    assert_eq!(flagged.state_file, None, "a folder is its own last known state");
    let kept = builder(&variables).datastore(parse("dir:/m").unwrap()).state_file("/s").build().unwrap();
    assert_eq!(kept.state_file, Some("/s".into()));
}

#[test]
fn our_file_is_between_flags_and_environment() {
    let (folder, path) = file(
        "godwit.toml",
        r#"
        [node]
        name = "n2"
        release = "3.31"
        router-id = "192.0.2.1"
        state-file = "s.json"

        [datastore]
        type = "etcd"
        endpoints = ["https://e:2379"]
        ca-file = "ca.pem"

        [datastore.kubernetes]
        kubeconfig = "/kc"
        "#,
    );
    let variables = [
        ("NODENAME", "n1"),
        ("NAMESPACE", "ns"),
        ("GODWIT_STATE_FILE", "none"),
        ("ETCD_ENDPOINTS", "http://env:1"),
        ("ETCD_KEY_FILE", "/k"),
        ("ETCD_CERT_FILE", "/c"),
    ];
    let settings = builder(&variables).file(&path).release(Release::V3_33).build().unwrap();
    assert_eq!((settings.node.node.as_str(), settings.node.release), ("n2", Release::V3_33));
    assert_eq!(settings.node.router_id, RouterIdSetting::Fixed(Ipv4Addr::new(192, 0, 2, 1)));
    assert_eq!(settings.node.namespace, "ns");
    assert_eq!(settings.state_file, Some(folder.path().join("s.json")));
    assert_eq!(etcd(&settings).endpoints, ["https://e:2379"]);
    assert_eq!(etcd(&settings).ca_file, Some(folder.path().join("ca.pem")));
    assert_eq!(etcd(&settings).key_file, Some("/k".into()));
    let kubernetes = etcd(&settings).kubernetes.as_ref().unwrap();
    assert_eq!(kubernetes.kubeconfig, Some("/kc".into()));
}

#[test]
fn the_file_s_errors_have_their_place() {
    for (text, expected) in [
        ("[node]\nrelaese = \"3.32\"\n", ":2:1: unknown field `relaese`"),
        ("[node]\nrelaese = \"3.32\"\n", "did you mean 'release'?"),
        ("[node]\nrelease = \"3.2\"\n", ":2:11: release: '3.2' is no release"),
        ("[node]\nname = 5\n", ":2:8: invalid type: integer `5`, expected a string"),
        ("[node]\nname = \"\"\n", ":2:8: name: it is empty"),
        ("[node\n", ":1:6: "),
        ("[datastore]\npath = \"/m\"\n", ":1:1: datastore: type is missing"),
        ("[datastore]\ntype = \"consul\"\n", ":2:8: type: 'consul' is no datastore"),
        ("[datastore]\ntype = \"folder\"\n", ":2:8: path: it is missing"),
        (
            "[datastore]\ntype = \"folder\"\npath = \"/m\"\nendpoints = []\n",
            ":4:13: endpoints: it is for the type etcd",
        ),
        (
            "[datastore]\ntype = \"etcd\"\nendpoints = [\"http://a\", \"b\"]\n",
            ":3:26: endpoints: 'b' is no URL",
        ),
        ("[datastore]\ntype = \"kubernetes\"\napi-group = \"x\"\n", ":3:13: api-group: 'x' is no group"),
    ] {
        let (_folder, path) = file("godwit.toml", text);
        let error = builder(&[("NODENAME", "n")]).file(&path).build().unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(error.starts_with(path.to_str().unwrap()), "{error}");
    }
    let error = builder(&[("NODENAME", "n")]).file(Path::new("/no/such")).build().unwrap_err();
    assert!(error.to_string().starts_with("/no/such: "), "{error}");
}

const API: &str = "apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata:\nspec:\n";

#[test]
fn calico_s_file_takes_the_place_of_the_variables() {
    let spec = "  datastoreType: etcdv3\n  etcdEndpoints: http://a:1,http://b:1\n  etcdCACertFile: /ca\n";
    let (_folder, path) = file("calicoctl.cfg", &format!("{API}{spec}"));
    let variables = [("NODENAME", "n"), ("DATASTORE_TYPE", "kubernetes"), ("ETCD_KEY_FILE", "/k")];
    let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    let settings = Settings::with_api_config(&get, &path).unwrap();
    assert_eq!(
        etcd(&settings),
        &EtcdSettings {
            endpoints: vec!["http://a:1".into(), "http://b:1".into()],
            ca_file: Some("/ca".into()),
            ..EtcdSettings::default()
        }
    );
    let spec =
        "  datastoreType: kubernetes\n  kubeconfig: /kc\n  k8sUsePodCIDR: true\n  k8sAPIEndpoint: ''\n";
    let (_folder, path) = file("calicoctl.cfg", &format!("{API}{spec}"));
    let settings = builder(&variables).api_config(&path).build().unwrap();
    assert_eq!(kubernetes(&settings).kubeconfig, Some("/kc".into()));
    assert!(settings.node.use_pod_cidr);
}

#[test]
fn calico_s_file_has_errors_too() {
    for (spec, expected) in [
        ("  etcdEndpoint: http://a:1\n", "did you mean 'etcdEndpoints'?"),
        ("  etcdEndpoint: http://a:1\n", ":5:3: unknown field"),
        ("  etcdKey: abc\n", "spec.etcdKey: it is not supported; name a file in etcdKeyFile"),
        ("  datastoreType: etcd\n", "spec.datastoreType: 'etcd' is no datastore"),
        ("  etcdEndpoints: a:1\n", "spec.etcdEndpoints: 'a:1' is no URL"),
        ("  etcdDiscoverySrv: a\n", "spec.etcdDiscoverySrv: not supported"),
        ("  - x\n", ":5:3: "),
    ] {
        let (_folder, path) = file("calicoctl.cfg", &format!("{API}{spec}"));
        let error = builder(&[("NODENAME", "n")]).api_config(&path).build().unwrap_err().to_string();
        assert!(error.contains(expected), "{spec}: {error}");
        assert!(error.starts_with(path.to_str().unwrap()) && error.lines().count() == 1, "{error}");
    }
    let (_folder, path) = file("x", "apiVersion: v1\nkind: Pod\n");
    let error = builder(&[("NODENAME", "n")]).api_config(&path).build().unwrap_err().to_string();
    assert!(error.contains("it is a Pod of v1: expected CalicoAPIConfig"), "{error}");
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in "\\PC{0,40}") {
        let _ = text.parse::<DatastoreSettings>();
        let _ = endpoints::check(&text);
        let _ = builder(&[
            ("NODENAME", &text), ("CALICO_ROUTER_ID", &text), ("ETCD_ENDPOINTS", &text),
            ("DATASTORE_TYPE", "etcdv3"), ("CALICO_ADVERTISE_CLUSTER_IPS", &text),
        ]).build();
    }

    #[test]
    fn no_file_is_a_panic(text in "[a-z\\[\\]=\"\\n. :-]{0,60}") {
        let (_folder, path) = file("f", &text);
        let _ = builder(&[]).file(&path).api_config(&path).node("n").build();
    }
}
