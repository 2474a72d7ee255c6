//! What the control socket of BIRD 1.6.8 sends and what ours does: the same octets but for times.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Result, ensure};
use godwit_lab::Program;
use regex::Regex;
use similar::TextDiff;

use crate::scene::{self, Family, Running, Scene};
use crate::wire::{self, Line};

/// What is masked and by what. A time keeps its width, so that columns are compared too.
static MASKS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"\d\d:\d\d:\d\d", "hh:mm:ss"),
        (r"\d{4}-\d\d-\d\d", "yyyy-mm-dd"),
        (r"((?:timer|wait|delay): +)\d+/", "${1}LEFT/"),
        // BIRD 1.6 counts a route again when one that is not the best goes or comes.
        (r"(imported, )\d+( exported)", "${1}n${2}"),
        (r"^BIRD \S+", "BIRD VERSION"),
    ]
    .into_iter()
    .map(|(pattern, mask)| (Regex::new(pattern).expect("a pattern written here"), mask))
    .collect()
});
/// How often something was told, which is not what is so in the end.
static CHANGES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^( +(?:Export|Import) (?:updates|withdraws):)(.*)$").expect("a pattern written here")
});
static IPROUTE2: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^ip[prst]_\w+ *\tconstant$").expect("a pattern written here"));
static SIZE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^([A-Z].*:) +\d+ [ kMG]B$").expect("a pattern written here"));

/// A line with its code, times masked.
fn masked(line: &Line, folder: &str) -> String {
    let mut text = line.text.replace(folder, "DIR");
    for (pattern, mask) in MASKS.iter() {
        text = pattern.replace_all(&text, *mask).into_owned();
    }
    if let Some(parts) = CHANGES.captures(&text) {
        // Ten digits a column, and a blank before each but the first.
        let columns: Vec<&[u8]> = parts[2].as_bytes().chunks(11).collect();
        let shape: Vec<String> = columns
            .iter()
            .map(|c| match std::str::from_utf8(c).unwrap_or_default().trim() {
                "---" => String::from_utf8_lossy(c).into_owned(),
                number => format!("{}:{}", c.len(), if number.parse::<u64>().is_ok() { "n" } else { "?" }),
            })
            .collect();
        text = format!("{}{}", &parts[1], shape.join("|"));
    }
    if line.code == 1018
        && let Some(parts) = SIZE.captures(&text)
    {
        text = format!("{} SIZE of {} octets", &parts[1], line.text.len());
    }
    format!("{:04}{}{text}", line.code, if line.last { ' ' } else { '-' })
}

/// The reply as it is compared: nets in an order of their own, for BIRD's is that of its hash table, and
/// so are their paths but for the best.
pub(crate) fn comparable(command: &str, lines: &[Line], folder: &str) -> String {
    // Nets of paths of lines.
    let mut blocks: Vec<Vec<String>> = Vec::new();
    let nets = command.starts_with("show route");
    for line in lines {
        // The numbers of the system's files under /etc/iproute2, which are constants of BIRD's.
        if line.code == 1010 && IPROUTE2.is_match(&line.text) {
            continue;
        }
        let text = masked(line, folder);
        let more_of_path = line.code != 1007 || line.text.starts_with('\t');
        match blocks.last_mut() {
            Some(net) if nets && !line.last && more_of_path => {
                net.last_mut().into_iter().for_each(|path| *path = format!("{path}\n{text}"));
            }
            Some(net) if nets && !line.last && line.text.starts_with(' ') => net.push(text),
            _ => blocks.push(vec![text]),
        }
    }
    blocks.iter_mut().for_each(in_any_order);
    if nets || command.starts_with("show symbols") {
        let last = blocks.len().saturating_sub(1);
        blocks.get_mut(..last).into_iter().for_each(<[Vec<String>]>::sort);
    }
    blocks.concat().join("\n") + "\n"
}

/// The paths of a net in an order of their own, the best before them.
fn in_any_order(paths: &mut Vec<String>) {
    let [first, _, ..] = paths.as_mut_slice() else { return };
    // Whichever is the first has the net in front.
    let net = first.get(5..).and_then(|text| text.split(' ').next()).unwrap_or_default().to_owned();
    *first = first.replacen(&net, &" ".repeat(net.len()), 1);
    let is_best = |path: &str| path.lines().next().is_some_and(|row| row.contains("] *"));
    paths.sort_by_key(|path| (!is_best(path), path.clone()));
    paths.insert(0, net);
}

/// What is asked; what changes something comes last.
fn commands(family: Family, file: &Path) -> Vec<String> {
    let peer = |kind, n| family.protocol(kind, n);
    let mesh = peer("Mesh", scene::MESH);
    let refused = format!("{}_port_1790", peer("Global", scene::REFUSED));
    let mut all: Vec<String> = ["show status", "show protocols", "show protocols all"].map(Into::into).into();
    let names = [
        mesh.clone(),
        peer("Mesh", scene::PASSIVE),
        peer("Node", scene::DISABLED),
        peer("Node", scene::CLIENT),
        peer("Node", scene::WRONG_AS),
        peer("Local_Workload", scene::WORKLOAD),
        refused.clone(),
        "kernel1".into(),
        "static1".into(),
        "direct1".into(),
        "device1".into(),
    ];
    for name in &names {
        all.extend([
            format!("show protocols all {name}"),
            format!("show protocols {name}"),
            format!("show route protocol {name}"),
            format!("show route noexport {name}"),
            format!("show route export {name}"),
        ]);
    }
    // With what is merged.
    all.push("show route export kernel1 all".into());
    for n in [scene::MESH, 1, 77, 101] {
        all.push(format!("show route {} export kernel1", family.block(n)));
    }
    all.extend(
        [
            "show protocols \"Mesh_*\"",
            "show protocols \"None_*\"",
            "show route",
            "show route all",
            "show route primary",
            "show route count",
            "show route stats",
            "show interfaces",
            "show interfaces summary",
            "show static",
            "show static static1",
            "show memory",
            "show symbols",
            "show symbols table",
            "show symbols filter",
            "show symbols function",
            "show symbols protocol",
            "show symbols template",
            "show symbols kernel1",
            "show bfd sessions",
            "show roa",
            "show route table master",
            "",
            "show",
        ]
        .map(Into::into),
    );
    for n in [scene::MESH, scene::SHARED, 1, 77, 78, 101, 102, 200] {
        let net = family.block(n);
        all.extend([
            format!("show route {net}"),
            format!("show route {net} all"),
            format!("show route all {net}"),
        ]);
        all.push(format!("show route for {}", family.workload(n)));
    }
    let file = file.display();
    all.extend([
        format!("configure check \"{file}\""),
        format!("configure check \"{file}.none\""),
        format!("configure \"{file}\""),
        format!("configure soft \"{file}\""),
        "configure".into(),
        format!("disable {refused}"),
        format!("disable {refused}"),
        format!("show protocols {refused}"),
        format!("show protocols all {refused}"),
        format!("restart {refused}"),
        format!("enable {refused}"),
        format!("enable {refused}"),
        "disable \"Global_*\"".into(),
        "enable \"Global_*\"".into(),
        "restart \"None_*\"".into(),
        format!("reload {mesh}"),
        format!("reload in {mesh}"),
        format!("reload out {mesh}"),
        format!("disable {}", peer("Node", scene::DISABLED)),
        "restrict".into(),
    ]);
    all
}

/// Whether a line says that a session tries to connect.
fn connects(line: &Line) -> bool {
    let words: Vec<&str> = line.text.split_whitespace().collect();
    words == ["BGP", "state:", "Connect"] || (words.get(1), words.get(5)) == (Some(&"BGP"), Some(&"Connect"))
}

/// The reply of a moment in which no session tries to connect: when one does, and for how long, is a matter of time.
fn at_rest(socket: &Path, command: &str) -> Result<Vec<Line>> {
    let ask = || Some(wire::ask(socket, command)).filter(|r| !r.iter().flatten().any(connects));
    let (reply, _) = godwit_lab::wait_for("the sessions to rest", godwit_lab::LIMIT, ask)?;
    reply
}

/// Every command with its reply.
fn transcript(scene: &Scene, program: Program) -> Result<Vec<(String, String)>> {
    let running = scene.run(program)?;
    let router = &running.router;
    let folder = router.config().parent().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    let mut all = Vec::new();
    for command in commands(scene.family, router.config()) {
        // An empty line gets no reply.
        if command.is_empty() {
            continue;
        }
        let lines = at_rest(router.socket(), &command)?;
        all.push((command.replace(&folder, "DIR"), comparable(&command, &lines, &folder)));
    }
    after_a_restart(scene, &running, &mut all)?;
    Ok(all)
}

/// A session that was disabled, enabled and restarted comes back.
fn after_a_restart(scene: &Scene, running: &Running, all: &mut Vec<(String, String)>) -> Result<()> {
    let router = &running.router;
    let mesh = scene.family.protocol("Mesh", scene::MESH);
    for command in [format!("disable {mesh}"), format!("enable {mesh}"), format!("restart {mesh}")] {
        all.push((command.clone(), comparable(&command, &wire::ask(router.socket(), &command)?, "(none)")));
        if command.starts_with("disable") {
            let row = format!("show protocols {mesh}");
            godwit_lab::until("the session to be down", || router.birdc(&row).contains(" down "))?;
            all.push((row.clone(), comparable(&row, &wire::ask(router.socket(), &row)?, "(none)")));
        } else {
            router.established(&mesh)?;
        }
    }
    Ok(())
}

fn same_octets(family: Family, routes: scene::Routes) -> Result<()> {
    let scene = Scene::new(family, routes)?;
    let theirs = transcript(&scene, family.bird())?;
    let ours = transcript(&scene, family.godwit())?;
    let mut report = String::new();
    for ((command, theirs), (_, ours)) in theirs.iter().zip(&ours) {
        if theirs != ours {
            let diff = TextDiff::from_lines(theirs, ours);
            write!(report, "=== {command}\n{}", diff.unified_diff().context_radius(0))?;
        }
    }
    ensure!(report.is_empty(), "- is BIRD's, + is ours\n{report}");
    Ok(())
}

#[test]
fn lab_the_octets_of_a_node_are_those_of_bird() -> Result<()> {
    same_octets(Family::V4, scene::Routes::Odd)
}

#[test]
fn lab_the_octets_of_an_ipv6_node_are_those_of_bird6() -> Result<()> {
    same_octets(Family::V6, scene::Routes::Odd)
}
