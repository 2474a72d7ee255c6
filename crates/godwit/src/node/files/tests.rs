use std::collections::BTreeMap;

use godwit_config::{Dialect, LoadOptions, compare, load};

use super::*;

const ROUTER: &str = "\
router id 10.0.0.1;
function 'bgp_f_exportFilterV4'() { if (net = 10.9.0.0/16) then { reject; } }
function apply_communities() { if (net ~ 10.44.0.0/16) then { bgp_community.add((64900, 100)); } }
function calico_aggr() { if (net = 10.44.7.64/26) then { accept; } }
function reject_local_routes() { if (defined(ifname) && ifname ~ \"bpf*.cali\") then { reject; } }
function calico_export_to_bgp_peers(bool internal_peer) {
  reject_local_routes();
  apply_communities();
  calico_aggr();
}
filter calico_kernel_programming { accept; }
filter mine { calico_export_to_bgp_peers(true); reject; }
protocol kernel kernel1 { persist; export filter calico_kernel_programming; }
protocol device device1 { scan time 2; }
protocol static static1 { route 10.44.7.64/26 blackhole; }
protocol static mine_too { route 10.45.0.0/16 blackhole; }
protocol bgp Mesh_10_0_0_2 {
  local 10.0.0.1 as 64512;
  neighbor 10.0.0.2 as 64512;
  PASSWORD
  export filter mine;
}
";

fn read(text: &str, files: &BTreeMap<String, String>) -> RouterConfig {
    let options = LoadOptions { dialect: Some(Dialect::Bird16), ..LoadOptions::default() };
    let mut include = |name: &str, _: &str| {
        let text = files.get(name).ok_or_else(|| format!("no {name}"))?;
        Ok(vec![(name.to_owned(), text.clone())])
    };
    let loaded = load("bird.cfg", text, &options, &mut include);
    let errors: Vec<String> = loaded.diagnostics.iter().map(|d| loaded.sources.one_line(d)).collect();
    loaded.config.unwrap_or_else(|| panic!("{errors:?}\n{text}"))
}

fn router(password: &str) -> RouterConfig {
    read(&ROUTER.replace("PASSWORD", password), &BTreeMap::new())
}

#[test]
fn three_files_are_the_configuration_again() {
    let config = router("");
    let files: BTreeMap<String, String> =
        lay_out("bird", &config).into_iter().map(|file| (file.name, file.text)).collect();
    let names: Vec<&String> = files.keys().collect();
    assert_eq!(names, ["bird.cfg", "bird_aggr.cfg", "bird_ipam.cfg"]);
    assert!(files["bird_aggr.cfg"].contains("function calico_aggr"));
    assert!(files["bird_aggr.cfg"].contains("protocol static static1"));
    assert!(files["bird_ipam.cfg"].contains("filter calico_kernel_programming"));
    assert!(files["bird.cfg"].contains("protocol static mine_too"));
    let again = read(&files["bird.cfg"], &files);
    assert_eq!(compare(&config, &again), Vec::new());
}

#[test]
fn a_file_with_a_password_is_for_its_owner() {
    let modes = |config: &RouterConfig| lay_out("bird6", config).map(|file| (file.name, file.mode));
    let name = |name: &str, mode: u32| (name.to_owned(), mode);
    let included = [name("bird6_aggr.cfg", PLAIN), name("bird6_ipam.cfg", PLAIN)];
    let [a, b] = included;
    assert_eq!(modes(&router("password \"x\";")), [a.clone(), b.clone(), name("bird6.cfg", SECRET)]);
    assert_eq!(modes(&router("")), [a, b, name("bird6.cfg", PLAIN)]);
}

#[test]
fn a_file_is_written_when_it_is_another() {
    let directory = std::env::temp_dir().join(format!("godwit-node-files-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("bird.cfg");
    let laid = |text: &str, mode| Laid { name: "bird.cfg".into(), text: text.into(), mode };
    let modified = || fs::metadata(&path).and_then(|meta| meta.modified()).expect("it is there");
    put(&path, &laid("a", PLAIN)).expect("written");
    let first = modified();
    put(&path, &laid("a", PLAIN)).expect("left alone");
    assert_eq!(modified(), first);
    put(&path, &laid("a", SECRET)).expect("another mode");
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, SECRET);
    put(&path, &laid("b", SECRET)).expect("another text");
    assert_eq!(fs::read_to_string(&path).expect("there"), "b");
    assert_eq!(fs::read_dir(&directory).expect("there").count(), 1, "nothing is left beside it");
    fs::remove_dir_all(&directory).expect("gone");
}
