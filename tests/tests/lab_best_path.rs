//! Pairs of routes that differ in one thing: godwit prefers the one that BIRD 2 prefers, whichever came first.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, Star, same_lines, settles};

/// What the first and the second neighbor do to their routes of a net. Both announce as route servers do, so that
/// the paths are as written.
const PAIRS: &[(&str, &str)] = &[
    ("", ""),
    ("bgp_path.prepend(9);", ""),
    ("", "bgp_path.prepend(9);"),
    ("bgp_origin = ORIGIN_EGP;", "bgp_origin = ORIGIN_INCOMPLETE;"),
    ("bgp_origin = ORIGIN_INCOMPLETE;", "bgp_origin = ORIGIN_IGP;"),
    ("bgp_med = 10;", "bgp_med = 20;"),
    ("bgp_med = 20;", "bgp_med = 10;"),
    ("bgp_med = 60;", ""),
    ("bgp_med = 20; bgp_path.prepend(9);", "bgp_med = 10; bgp_path.prepend(8);"),
    ("bgp_med = 10; bgp_path.prepend(9);", "bgp_med = 20; bgp_path.prepend(8);"),
    ("bgp_community.add((65535, 6));", ""),
    ("", "bgp_community.add((65535, 6)); bgp_local_pref = 900;"),
    ("bgp_local_pref = 200;", "bgp_local_pref = 300;"),
    ("bgp_local_pref = 300;", "bgp_local_pref = 200;"),
    ("bgp_local_pref = 90;", ""),
    ("bgp_path.prepend(9); bgp_med = 5;", "bgp_origin = ORIGIN_INCOMPLETE; bgp_med = 4;"),
];

/// What differs in the router that chooses: options of the first session and channel, and of the second's.
const CHOICES: &[[(&str, &str); 2]] = &[
    [("", ""), ("", "")],
    [("med metric on;", ""), ("", "")],
    [("path metric off;", ""), ("path metric off;", "")],
    [("path metric off;", ""), ("", "")],
    [("default bgp_med 50;", ""), ("", "")],
    [("default bgp_local_pref 150;", ""), ("", "")],
    [("prefer older on;", ""), ("prefer older on;", "")],
    [("", "preference 90;"), ("", "")],
    [("", "cost 20;"), ("", "cost 10;")],
    [("", "cost 10;"), ("", "cost 20;")],
    [("igp metric off;", "cost 20;"), ("igp metric off;", "cost 10;")],
    [("deterministic med on;", ""), ("deterministic med on;", "")],
];

fn neighbor(n: usize) -> String {
    let mut statics = String::new();
    let mut filter = String::new();
    for (i, pair) in PAIRS.iter().enumerate() {
        let change = if n == 2 { pair.0 } else { pair.1 };
        let _ = write!(statics, "route 172.16.{i}.0/24 blackhole;");
        let _ = writeln!(filter, "if net = 172.16.{i}.0/24 then {{ {change} }}");
    }
    // Of the address, the router id and the AS the second neighbor's are the higher ones.
    format!(
        "log stderr all; router id 10.0.0.{n}; protocol device {{ }} protocol static {{ ipv4; {statics} }}
         protocol bgp middle {{ passive; local 10.9.{n}.2 as 6500{n}; neighbor 10.9.{n}.1 as 65000;
           rs client; allow bgp_local_pref;
           ipv4 {{ import none; export filter {{ if source != RTS_STATIC then reject;
             bgp_path.prepend(7); bgp_community = -empty-; {filter} accept; }}; }}; }}"
    )
}

fn middle(choice: &[(&str, &str); 2]) -> String {
    let mut config = "log stderr all; router id 10.0.0.1; protocol device { }\n".to_owned();
    for (n, (session, channel)) in [2, 3].into_iter().zip(choice) {
        let _ = write!(
            config,
            "protocol bgp n{n} {{ disabled; local 10.9.{n}.1 as 65000; neighbor 10.9.{n}.2 as 6500{n};
               connect delay time 1; connect retry time 1; allow bgp_local_pref; {session}
               ipv4 {{ import all; export none; {channel} }}; }}\n"
        );
    }
    config
}

/// The chosen routes: of each net the prefix and the protocol.
fn chosen(router: &Router) -> Vec<String> {
    let shown = router.birdc("show route primary");
    let words = |line: &str| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    shown.lines().filter(|line| line.starts_with("172.16.")).map(words).collect()
}

/// What a program chooses if the neighbors come in an order.
fn choose(hub: &Namespace, program: Program, config: &str, order: [&str; 2]) -> Result<Vec<String>> {
    let router = Router::start(hub, program, config)?;
    for protocol in order {
        router.birdc(&format!("enable {protocol}"));
        router.established(protocol)?;
        let all = || router.birdc(&format!("show route count protocol {protocol}"));
        godwit_lab::until("all its routes", || all().contains(&format!("{} of", PAIRS.len())))?;
    }
    let mut chosen = settles("the choice", || chosen(&router))?;
    chosen.sort();
    ensure!(chosen.len() == PAIRS.len(), "{chosen:?}\n{}", router.birdc("show route all"));
    Ok(chosen)
}

/// What a program chooses, line by line with what it was asked.
fn choices(program: Program) -> Result<Vec<String>> {
    let star = Star::new([2, 3])?;
    let _neighbors = [2, 3]
        .into_iter()
        .zip(&star.spokes)
        .map(|(n, space)| Router::start(space, Program::Bird2, &neighbor(n)))
        .collect::<Result<Vec<_>>>()?;
    let mut all = Vec::new();
    for choice in CHOICES {
        for order in [["n2", "n3"], ["n3", "n2"]] {
            let chosen = choose(&star.hub, program, &middle(choice), order)
                .with_context(|| format!("{program:?}: {choice:?}, {order:?}"))?;
            all.extend(chosen.iter().map(|line| format!("{choice:?}, {order:?}: {line}")));
        }
    }
    Ok(all)
}

#[test]
fn lab_the_best_path_is_that_of_bird2() -> Result<()> {
    same_lines(Program::Bird2, choices)
}
