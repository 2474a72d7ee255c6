//! The configurations in the folder `config`.

mod common;

use std::sync::Arc;

use common::{files, findings, folder, good, read, read_toml};
use godwit_config::{Dialect, LoadOptions, ProtocolKind, RouterConfig, diff, load, validate};

fn sample(name: &str) -> RouterConfig {
    let all = files(&folder("../../config"), name);
    let (path, text) = all.first().expect("the sample");
    good(load(&path.to_string_lossy(), text, &LoadOptions::default(), &mut |_, _| Err("no includes".into())))
}

#[test]
fn all_samples_load_and_hold() {
    let mut count = 0;
    for ending in [".conf", ".toml"] {
        for (path, text) in files(&folder("../../config"), ending) {
            let name = path.to_string_lossy();
            let loaded = load(&name, &text, &LoadOptions::default(), &mut |_, _| Err("no includes".into()));
            assert_eq!(findings(&loaded), Vec::<String>::new());
            assert_eq!(validate(&loaded.config.expect("a configuration")), Vec::new());
            count += 1;
        }
    }
    assert!(count >= 7, "{count} samples");
}

#[test]
fn toml_is_the_same_router() {
    for name in ["lab-r1", "lab-r2", "route-reflector"] {
        let (mut conf, toml) = (sample(&format!("{name}.conf")), sample(&format!("{name}.toml")));
        // The one default that is not BIRD's.
        for protocol in &mut conf.protocols {
            if let ProtocolKind::Bgp(bgp) = &mut Arc::make_mut(protocol).kind {
                bgp.allow_as_sets = false;
            }
        }
        assert_eq!(conf, toml, "{name}");
        assert!(diff(&conf, &toml).is_empty());
    }
}

#[test]
fn dialects_of_samples() {
    assert_eq!(sample("lab-r1.conf").dialect, Dialect::Bird2);
    assert_eq!(sample("node-1.6.conf").dialect, Dialect::Bird16);
}

#[test]
fn comparison_sees_differences() {
    let conf = sample("lab-r1.conf");
    let all = files(&folder("../../config"), "lab-r1.toml");
    let (_, text) = all.first().expect("the sample");
    let other = good(read_toml(&text.replace("10.1.0.0/24", "10.1.0.0/25")));
    assert_ne!(conf, other);
    assert_ne!(conf, good(read("protocol device { scan time 2; }")));
}
