use std::sync::{Arc, LazyLock};

use godwit_config::{Dialect, Extra, Format, LoadOptions, RouterConfig, diff, load, validate};

use crate::text;

const COMMON: &str = "
function calico_export_to_bgp_peers(bool internal_peer) { if internal_peer then accept; reject; }
protocol kernel kernel1 { learn; persist; export all; }
protocol device device1 {}
protocol direct direct1 {}
template bgp common { local as 64512; multihop; gateway recursive; export all; }
";

static ROUTERS: LazyLock<[Arc<RouterConfig>; 2]> = LazyLock::new(|| {
    [("10.0.0", false), ("fd00:", true)].map(|(prefix, ipv6_daemon)| {
        let mut text = COMMON.to_owned();
        for i in 1..4 {
            let separator = if ipv6_daemon { ":" } else { "." };
            let neighbor = format!("{prefix}{separator}{i}");
            text.extend([format!("protocol bgp Mesh_{i} from common {{ neighbor {neighbor} as 64512; }}\n")]);
        }
        let options = LoadOptions { dialect: Some(Dialect::Bird16), ipv6_daemon, ..LoadOptions::default() };
        let loaded = load("bird.cfg", &text, &options, &mut |_, _| Err("nothing to include".into()));
        Arc::new(loaded.config.expect("a router"))
    })
});

/// A text that is laid over two routers, in either language (the first octet): what is refused is refused in words; what is taken
/// gives routers that are sound, the same once more, and do not differ from those of a text that is read anew.
pub fn config_extra(data: &[u8]) {
    let Some((language, rest)) = data.split_first() else { return };
    let text = text(rest);
    let format = if language & 1 != 0 { Format::Toml } else { Format::Bird };
    let options = LoadOptions { format, ..LoadOptions::default() };
    let read = || Extra::load("fuzz", text, &options, &mut |_, _| Err("nothing to include".into()));
    let mut extra = match read() {
        Ok(extra) => extra,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let routers = &*ROUTERS;
    let first = extra.apply(routers);
    for router in &first.routers {
        assert_eq!(validate(router), Vec::new());
    }
    let copies = routers.each_ref().map(|router| Arc::new(RouterConfig::clone(router)));
    let again = extra.apply(&copies);
    assert!(first.routers.iter().zip(&again.routers).all(|(a, b)| Arc::ptr_eq(a, b)));
    assert_eq!(first.remarks, again.remarks);
    let anew = read().expect("it was read before").apply(&copies);
    assert!(first.routers.iter().zip(&anew.routers).all(|(a, b)| diff(a, b).is_empty()));
}
