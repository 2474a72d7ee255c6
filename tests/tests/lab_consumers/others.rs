//! confd, users and their scripts, Calico's own tests of a node, the process list.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use godwit_lab::{Process, Program, Scratch, need_program, text, until};
use nix::sys::signal::Signal;

use crate::scene::{self, Family, Routes, Scene};
use crate::{calicoctl, probes};

/// The programs of a node under the names they have there.
pub(crate) struct Names {
    scratch: Scratch,
}

impl Names {
    /// Ours, or those of BIRD. The client of bird2 is taken for that of BIRD 1.6.8.
    pub(crate) fn new(program: Program) -> Result<Self> {
        let scratch = Scratch::new("names")?;
        for name in ["bird", "bird6", "birdcl", "birdcl6", "godwit"] {
            let target = match (program, name) {
                (Program::Godwit, _) | (_, "godwit") => godwit_lab::godwit()?,
                (_, "bird") => Program::Bird16.path()?,
                (_, "bird6") => Program::Bird16V6.path()?,
                _ => need_program("birdcl", "bird2")?,
            };
            symlink(target, scratch.file(name))?;
        }
        Ok(Self { scratch })
    }

    /// Where they are.
    pub(crate) fn folder(&self) -> &Path {
        self.scratch.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.file(name)
    }

    /// What a client prints, and its exit code.
    fn birdcl(&self, socket: &Path, command: &str) -> Result<(String, Option<i32>)> {
        let mut client = Command::new(self.path("birdcl"));
        client.arg("-s").arg(socket).args(command.split(' ')).stdin(Stdio::null());
        let output = client.output()?;
        Ok((text(&output.stdout), output.status.code()))
    }
}

const BOTH: [Program; 2] = [Program::Bird16, Program::Godwit];

#[test]
fn lab_confd_checks_files_by_the_exit_status() -> Result<()> {
    let good = scene::node(Family::V4, Routes::Odd);
    let good6 = scene::node(Family::V6, Routes::Odd);
    let bad = good.replace("calico_aggr();", "calico_agr();");
    for program in BOTH {
        let names = Names::new(program)?;
        for (daemon, config, expected) in [
            ("bird", good.as_str(), true),
            ("bird", &bad, false),
            ("bird", "protocol bgp {", false),
            ("bird", &good6, false),
            ("bird6", &good6, true),
            ("bird6", &good, false),
        ] {
            let file = names.scratch.write("checked.cfg", config)?;
            let output = Command::new(names.path(daemon)).args(["-p", "-c"]).arg(&file).output()?;
            let said = text(&output.stdout) + &text(&output.stderr);
            ensure!(
                output.status.success() == expected,
                "{program:?} as {daemon}: {}: {said}",
                output.status
            );
            ensure!(expected == said.is_empty(), "{program:?} as {daemon} says {said:?}");
        }
        let file = names.path("none.cfg");
        let output = Command::new(names.path("bird")).args(["-p", "-c"]).arg(&file).output()?;
        ensure!(output.status.code() == Some(1), "{program:?} without a file: {}", output.status);
    }
    Ok(())
}

#[test]
fn lab_a_hangup_has_the_file_read_again() -> Result<()> {
    for program in BOTH {
        let scene = Scene::new(Family::V4, Routes::Plain)?;
        let mut running = scene.run(program)?;
        let mesh = Family::V4.protocol("Mesh", scene::MESH);
        let (since, block) = (running.router.since(&mesh), Family::V4.block(1));
        let more = format!("route {block} blackhole; route 10.65.50.0/26 blackhole;");
        let config = scene::node(Family::V4, Routes::Plain);
        let changed = config.replace(&format!("route {block} blackhole;"), &more);
        std::fs::write(running.router.config(), changed)?;
        running.router.process().signal(Signal::SIGHUP);
        running.router.has_route("10.65.50.0/26", &["blackhole [static1 "])?;
        // One that cannot be used changes nothing.
        std::fs::write(running.router.config(), "protocol bgp {")?;
        running.router.process().signal(Signal::SIGHUP);
        until("the error", || running.router.log().contains("syntax error"))
            .with_context(|| running.router.log())?;
        running.router.has_route("10.65.50.0/26", &[])?;
        ensure!(running.router.since(&mesh) == since, "{program:?}: the session started anew");
    }
    Ok(())
}

/// What Calico's own tests of a node look for in `birdcl show route PREFIX all`.
#[test]
fn lab_routes_by_prefix_have_the_words_that_are_looked_for() -> Result<()> {
    for program in BOTH {
        let scene = Scene::new(Family::V4, Routes::Plain)?;
        let running = scene.run(program)?;
        // Either client with either daemon.
        for names in [Names::new(Program::Bird16)?, Names::new(Program::Godwit)?] {
            let ask = |command: &str| names.birdcl(running.router.socket(), command);
            let (shown, code) = ask(&format!("show route {} all", Family::V4.block(scene::MESH)))?;
            let words =
                [" via 10.9.0.2 on eth0 ", " * ", "\tBGP.local_pref: 100\n", "\tBGP.community: (64512,2)\n"];
            ensure!(words.iter().all(|w| shown.contains(w)) && code == Some(0), "{program:?}: {shown}");
            ensure!(shown.starts_with("BIRD ") && shown.contains(" ready.\n"), "{program:?}: {shown}");
            let (shown, code) = ask("show route 10.99.0.0/26 all")?;
            ensure!(shown.ends_with(" ready.\nNetwork not in table\n"), "{program:?}: {shown}");
            ensure!(code == Some(1), "{program:?}: {code:?}");
            let (shown, _) = ask(&format!("show route for {}", Family::V4.workload(scene::MESH)))?;
            ensure!(shown.contains("10.65.2.9/32 ") && shown.contains("dev cali1 "), "{program:?}: {shown}");
            probes::live(&names.path("birdcl"), running.router.socket())?;
            probes::live(&names.path("birdcl6"), running.router.socket())?;
        }
    }
    Ok(())
}

/// Started with the words of the services of calico-node, found by name as calicoctl does.
#[test]
fn lab_the_process_list_has_bird_and_bird6() -> Result<()> {
    for program in BOTH {
        let scene = Scene::new(Family::V4, Routes::Plain)?;
        let names = Names::new(program)?;
        let mut daemons = Vec::new();
        for (name, family) in [("bird", Family::V4), ("bird6", Family::V6)] {
            ensure!(!calicoctl::runs(&scene.node, name)?, "{name} runs already");
            let config = names.scratch.write(&format!("{name}.cfg"), &scene::node(family, Routes::Plain))?;
            let socket = names.path(&format!("{name}.ctl"));
            let mut command = scene.node.command(name);
            command.env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", names.scratch.path().display()));
            command.arg("-R").arg("-s").arg(&socket).arg("-d").arg("-c").arg(config);
            let daemon = Process::start(command, names.path(&format!("{name}.log")))?;
            until(&format!("{program:?} as {name}"), || {
                calicoctl::runs(&scene.node, name).unwrap_or(false)
                    && calicoctl::node_status(&socket, family).is_ok()
            })
            .with_context(|| daemon.log())?;
            daemons.push(daemon);
            // Nobody else needs to be there for a daemon to be alive.
            probes::live(&names.path("birdcl"), &socket)?;
        }
    }
    Ok(())
}

#[test]
fn lab_the_version_is_told() -> Result<()> {
    for program in BOTH {
        let names = Names::new(program)?;
        let output = Command::new(names.path("bird")).arg("--version").output()?;
        let said = text(&output.stdout) + &text(&output.stderr);
        ensure!(output.status.success() && said.starts_with("BIRD version "), "{program:?}: {said}");
    }
    Ok(())
}
