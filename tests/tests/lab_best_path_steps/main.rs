//! Each step of the choice of the best path: of two routes one is better in this step and worse in all later ones, and
//! it is chosen, whichever came first. ExaBGP announces them, so that they are as written; BIRD 2 chooses the same.

mod scenes;

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{ExaBgp, Program, Router, Star, same_lines, settles, until};

use scenes::{Scene, Side, Step, scenes};

/// The last that each of them announces.
const MARK: &str = "172.16.99.0/24";

/// The neighbor at 10.9.N.2 with what it says of each net; nothing where it has none.
fn exabgp(n: u8, side: &Side, routes: &[&str]) -> String {
    let Side { asn, id, hop, .. } = side;
    let hop = if hop.is_empty() { format!("10.9.{n}.2") } else { (*hop).to_owned() };
    let mut announced = String::new();
    for (i, attributes) in routes.iter().chain([&side.mark]).enumerate() {
        let net = if i == routes.len() { MARK.to_owned() } else { format!("172.16.{i}.0/24") };
        let hop = if attributes.contains("next-hop") { String::new() } else { format!("next-hop {hop}") };
        let _ = writeln!(announced, "unicast {net} {hop} {attributes};");
    }
    format!(
        "neighbor 10.9.{n}.1 {{ router-id {id};
           local-address 10.9.{n}.2;
           local-as {asn}; peer-as 65000; passive true; family {{ ipv4 unicast; }}
           announce {{ ipv4 {{\n{announced}}} }} }}"
    )
}

/// The router that chooses, its sessions `w` and `l` not yet begun.
fn middle(scene: &Scene) -> String {
    let mut config = "log stderr all; router id 10.0.0.1; protocol device { } protocol direct { ipv4; }
        protocol static { ipv4; route 10.20.1.0/24 via 10.9.3.2 { igp_metric = 10; };
          route 10.20.2.0/24 via 10.9.2.2 { igp_metric = 20; }; route 10.20.3.0/24 via 10.9.3.2;
          route 10.20.4.0/24 blackhole { igp_metric = 5; }; route 10.20.5.0/24 unreachable;
          route 10.20.6.0/24 prohibit; }\n"
        .to_owned();
    for (name, n, side) in [("w", 3, &scene.better), ("l", 2, &scene.worse)] {
        let _ = writeln!(
            config,
            "protocol bgp {name} {{ disabled; local 10.9.{n}.1 as 65000; neighbor 10.9.{n}.2 as {}; {} {}
               connect delay time 1; connect retry time 1; error wait time 1, 2;
               ipv4 {{ import all; export none; {} {} }}; }}",
            side.asn, scene.session, side.session, scene.channel, side.channel
        );
    }
    config
}

/// Which session's route is chosen for each net, a letter each.
fn chosen(router: &Router, nets: usize) -> String {
    let shown = router.birdc("show route primary");
    let of = |i: usize| {
        let line = shown.lines().find(|line| line.starts_with(&format!("172.16.{i}.0/24 ")));
        line.and_then(|line| line.split('[').nth(1)).and_then(|from| from.chars().next()).unwrap_or('-')
    };
    (0..nets).map(of).collect()
}

fn choices(program: Program) -> Result<Vec<String>> {
    let star = Star::new([2, 3])?;
    let mut lines = Vec::new();
    for scene in &scenes()? {
        let routes = |pick: fn(&Step) -> &str| scene.steps.iter().map(pick).collect::<Vec<_>>();
        let nearer = ExaBgp::start(&star.spokes[0], &exabgp(2, &scene.worse, &routes(|s| &s.worse)))?;
        let farther = ExaBgp::start(&star.spokes[1], &exabgp(3, &scene.better, &routes(|s| &s.better)))?;
        for order in [["w", "l"], ["l", "w"]] {
            let router = Router::start(&star.hub, program, &middle(scene))?;
            for protocol in order {
                router.birdc(&format!("enable {protocol}"));
                until(&format!("all routes of {protocol}"), || {
                    router.birdc(&format!("show route protocol {protocol} {MARK}")).contains(MARK)
                })
                .with_context(|| {
                    let shown = router.birdc("show protocols all") + &router.log();
                    format!("{}: {shown}\n{}{}", scene.name, nearer.log(), farther.log())
                })?;
            }
            let chosen = settles("the choice", || chosen(&router, scene.steps.len()))?;
            // What is shown of them is the same too.
            lines.extend(
                router.routes().into_iter().map(|route| format!("{}, {order:?}: {route}", scene.name)),
            );
            for (letter, Step { what, better, worse }) in chosen.chars().zip(&scene.steps) {
                let line = format!("{}, {order:?}, {what}: {better} | {worse}", scene.name);
                // Where age decides, it is the first one; else it is always the same.
                let wanted = if scene.wanted == "oldest" { order[0] } else { scene.wanted };
                ensure!(
                    wanted.starts_with(letter),
                    "{program:?}: {line}: {letter} is chosen\n{}",
                    router.birdc("show route all")
                );
                lines.push(format!("{line}: {letter}"));
            }
        }
    }
    Ok(lines)
}

#[test]
fn lab_each_step_of_the_best_path_decides() -> Result<()> {
    same_lines(Program::Bird2, choices)
}
