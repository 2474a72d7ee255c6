//! Lines of several routers in one process.

use godwit_config::{Dialect, LogClasses, LogDestination, LogTarget, RouterConfig};
use godwit_observe::{Log, router};
use time::UtcOffset;

#[test]
fn each_line_says_whose_it_is_and_goes_where_that_one_logs() {
    let directory = std::env::temp_dir().join(format!("godwit-observe-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = |name: &str| directory.join(name).to_string_lossy().into_owned();
    let all = path("all");
    let log = Log::install_for_routers(false, Some(all.clone()), false, UtcOffset::UTC).expect("a log");
    let own = LogTarget {
        destination: LogDestination::File { path: path("six"), rotate: None },
        classes: LogClasses(LogClasses::WARNING),
    };
    log.apply_to("bird", &RouterConfig::new(Dialect::Bird16, false));
    log.apply_to("bird6", &RouterConfig { log: vec![own], ..RouterConfig::new(Dialect::Bird16, true) });
    let say = |words: &str| tracing::warn!(target: "godwit_test", "{words}");
    say("of nobody");
    router("bird").in_scope(|| say("of one"));
    router("bird6").in_scope(|| {
        say("of the other");
        tracing::info!(target: "godwit_test", "less");
    });
    let lines = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(path(file)).expect("written");
        text.lines().filter_map(|line| line.split_once("> ")).map(|(_, rest)| rest.to_owned()).collect()
    };
    let expected = ["godwit: of nobody", "bird: of one", "bird6: of the other", "bird6: less"];
    assert_eq!(lines("all"), expected);
    assert_eq!(lines("six"), ["bird6: of the other"]);
    std::fs::remove_dir_all(&directory).expect("gone");
}
