//! How the daemon starts and ends, as the scripts around BIRD expect it.

use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Process, Program, Router, Scratch, birdc_text, godwit, text, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const QUIET: &str = "router id 192.0.2.1; protocol device { }";

fn output(command: &mut Command) -> Result<Output> {
    Ok(command.stdin(Stdio::null()).output()?)
}

/// The first line of what was said about a file, without the program's name and column.
fn said(output: &Output) -> String {
    let text = text(&output.stderr);
    text.lines().next().unwrap_or_default().split_once(": ").map_or("", |(_, rest)| rest).to_owned()
}

#[test]
fn lab_background_start_and_stop() -> Result<()> {
    for program in [Program::Bird2, Program::Godwit] {
        let (namespace, scratch) = (Namespace::new("bg")?, Scratch::new("bg")?);
        let config =
            scratch.write("bird.conf", &format!("log \"{}\" all; {QUIET}", scratch.file("log").display()))?;
        let (socket, pid_file) = (scratch.file("ctl"), scratch.file("pid"));
        let start = || {
            let mut command = namespace.command(program.path()?);
            output(command.arg("-c").arg(&config).arg("-s").arg(&socket).arg("-P").arg(&pid_file))
        };
        // It returns when it runs, and not before.
        let began = start()?;
        ensure!(began.status.code() == Some(0), "{program:?}: {began:?}");
        let pid_text = || std::fs::read_to_string(&pid_file).unwrap_or_default();
        if program == Program::Bird2 {
            // It writes the file a moment after it has returned; godwit before.
            until("bird2's pid file", || pid_text().ends_with('\n'))?;
        }
        let pid = pid_text();
        ensure!(pid.ends_with('\n'), "{program:?}: {pid:?}");
        let pid = Pid::from_raw(pid.trim().parse()?);
        ensure!(birdc_text(&socket, "show status").contains("Daemon is up and running"));

        // Another on the same socket does not.
        let second = start()?;
        ensure!(second.status.code() == Some(1), "{program:?}: {second:?}");
        ensure!(text(&second.stderr).contains("I found another BIRD running"), "{program:?}: {second:?}");
        ensure!(
            birdc_text(&socket, "show status").contains("Daemon is up and running"),
            "{program:?}: the first is disturbed"
        );

        kill(pid, Signal::SIGTERM)?;
        until("the end", || kill(pid, None).is_err())?;
        ensure!(!socket.exists() && !pid_file.exists(), "{program:?} leaves files");
        let log = std::fs::read_to_string(scratch.file("log"))?;
        for line in ["<INFO> Started", "<INFO> Shutting down", "<FATAL> Shutdown completed"] {
            ensure!(log.contains(line), "{program:?}: {line} is not in {log}");
        }
    }
    Ok(())
}

#[test]
fn lab_a_socket_left_over_is_taken() -> Result<()> {
    let (namespace, scratch) = (Namespace::new("left")?, Scratch::new("left")?);
    let config = scratch.write("bird.conf", QUIET)?;
    let socket = scratch.file("ctl");
    for _ in 0..2 {
        let mut command = namespace.command(godwit()?);
        command.arg("-f").arg("-c").arg(&config).arg("-s").arg(&socket);
        let mut process = Process::start(command, scratch.file("log"))?;
        until("an answer", || birdc_text(&socket, "show status").contains("up and running"))?;
        process.kill();
        ensure!(socket.exists(), "a killed daemon cannot remove its socket");
    }
    Ok(())
}

#[test]
fn lab_parse_only_as_bird_does() -> Result<()> {
    let scratch = Scratch::new("parse")?;
    let good = scratch.write("good.conf", QUIET)?;
    let bad = scratch.write("bad.conf", "router id 192.0.2.1;\nprotocol bgp {\n  local as 1;\n}\n")?;
    let missing = scratch.file("missing.conf");
    for (file, code) in [(good, 0), (bad, 1), (missing, 1)] {
        let run = |program: &Path| output(Command::new(program).arg("-p").arg("-c").arg(&file));
        let (ours, theirs) = (run(&godwit()?)?, run(&Program::Bird2.path()?)?);
        ensure!(ours.status.code() == Some(code), "{ours:?}");
        ensure!(theirs.status.code() == Some(code), "{theirs:?}");
        ensure!(ours.stdout == theirs.stdout, "{ours:?}");
        if file.ends_with("missing.conf") {
            ensure!(said(&ours) == said(&theirs), "{ours:?} {theirs:?}");
        }
    }
    Ok(())
}

#[test]
fn lab_what_stops_a_start_is_said_as_bird_says_it() -> Result<()> {
    let (namespace, scratch) = (Namespace::new("refused")?, Scratch::new("refused")?);
    let good = scratch.write("good.conf", QUIET)?;
    let socket = scratch.file("ctl");
    let (good, socket) = (good.to_string_lossy(), socket.to_string_lossy());
    let usual = ["-c", &*good, "-s", &*socket];
    let cases: [&[&str]; 6] = [
        &["-u", "nosuchuser"],
        &["-g", "nosuchgroup"],
        &["-P", "/nonexistent/pid"],
        &["-D", "/nonexistent/log"],
        &["-s", "/nonexistent/ctl"],
        &["-c", "/nonexistent/conf"],
    ];
    for more in cases {
        for foreground in [&["-f"][..], &[]] {
            let run = |program: Program| {
                let mut command = namespace.command(program.path()?);
                output(command.args(usual).args(more).args(foreground))
            };
            let ours = run(Program::Godwit)?;
            // A daemon that never was has started nothing and leaves nothing, unlike BIRD.
            ensure!(ours.stdout.is_empty() && !Path::new(&*socket).exists(), "{more:?}: {ours:?}");
            let theirs = run(Program::Bird2)?;
            let _ = std::fs::remove_file(&*socket);
            ensure!(text(&ours.stderr) == text(&theirs.stderr), "{more:?}: {ours:?} {theirs:?}");
            ensure!(ours.status.code() == Some(1) && theirs.status.code() == Some(1), "{more:?}: {ours:?}");
        }
    }
    Ok(())
}

#[test]
fn lab_a_log_that_cannot_be_written_is_an_error() -> Result<()> {
    let (namespace, scratch) = (Namespace::new("nolog")?, Scratch::new("nolog")?);
    let bad = format!("log \"/nonexistent/log\" all; {QUIET}");
    let file = scratch.write("bird.conf", &bad)?;
    let says = "Unable to open log file '/nonexistent/log': No such file or directory";
    for program in [Program::Bird2, Program::Godwit] {
        let mut command = namespace.command(program.path()?);
        let said = output(command.arg("-c").arg(&file).arg("-s").arg(scratch.file("ctl")))?;
        ensure!(said.status.code() == Some(1) && text(&said.stderr).contains(says), "{program:?}: {said:?}");
        let router = Router::start(&namespace, program, &format!("log stderr all; {QUIET}"))?;
        let answer = router.configure(&bad)?;
        ensure!(answer.contains(says), "{program:?}: {answer}");
        ensure!(!router.log().contains("Reconfigured"), "{program:?}: {}", router.log());
    }
    Ok(())
}

#[test]
fn lab_the_socket_of_a_user_in_a_folder_of_roots() -> Result<()> {
    for program in [Program::Bird2, Program::Godwit] {
        let (namespace, scratch) = (Namespace::new("owner")?, Scratch::new("owner")?);
        let log = scratch.write("log", "")?;
        chown(&log, Some(65_534), None)?;
        let config = scratch.write("bird.conf", &format!("log \"{}\" all; {QUIET}", log.display()))?;
        let socket = scratch.file("ctl");
        let mut command = namespace.command(program.path()?);
        command.args(["-f", "-u", "nobody", "-g", "nogroup", "-c"]).arg(&config).arg("-s").arg(&socket);
        let mut process = Process::start(command, scratch.file("out"))?;
        until("an answer", || birdc_text(&socket, "show status").contains("up and running"))
            .with_context(|| format!("{program:?}: {}", process.log()))?;
        let made = std::fs::metadata(&socket)?;
        let seen = (made.uid(), made.gid(), made.mode() & 0o777);
        ensure!(seen == (65_534, 65_534, 0o660), "{program:?}: {seen:?}");
        process.stop();
    }
    Ok(())
}

#[test]
fn lab_an_error_shows_its_place() -> Result<()> {
    let scratch = Scratch::new("caret")?;
    let file = scratch.write("bird.conf", "router id 192.0.2.1;\nprotocol device { scan tim 10; }\n")?;
    for args in [["-p", "-c"].as_slice(), &["check"], &["-f", "-c"]] {
        let said = output(Command::new(godwit()?).args(args).arg(&file))?;
        let error = text(&said.stderr);
        ensure!(said.status.code() == Some(1), "{args:?}: {said:?}");
        ensure!(error.contains("bird.conf:2:24"), "{args:?}: {error}");
        ensure!(
            error.contains("protocol device { scan tim 10; }") && error.contains('^'),
            "{args:?}: {error}"
        );
    }
    Ok(())
}

#[test]
fn lab_the_names_of_bird() -> Result<()> {
    let (namespace, scratch) = (Namespace::new("names")?, Scratch::new("names")?);
    for name in ["bird", "bird6", "birdc", "birdcl"] {
        symlink(godwit()?, scratch.file(name))?;
    }
    let config = scratch.write(
        "bird6.conf",
        "router id 192.0.2.1; protocol device { }\
        protocol static { route 2001:db8::/32 reject; }",
    )?;
    let socket = scratch.file("bird6.ctl");
    let mut command = namespace.command(scratch.file("bird6"));
    command.arg("-f").arg("-c").arg(&config).arg("-s").arg(&socket);
    let daemon = Process::start(command, scratch.file("log"))?;
    for client in ["birdc", "birdcl"] {
        let ask =
            || output(Command::new(scratch.file(client)).arg("-s").arg(&socket).args(["show", "route"]));
        until("the route of bird6", || ask().is_ok_and(|o| text(&o.stdout).contains("2001:db8::/32")))
            .with_context(|| daemon.log())?;
        ensure!(ask()?.status.code() == Some(0));
    }
    let own = output(Command::new(godwit()?).arg("ctl").arg("-s").arg(&socket).args(["show", "status"]))?;
    ensure!(text(&own.stdout).contains("Daemon is up and running"), "{own:?}");
    let version = output(Command::new(scratch.file("bird")).arg("--version"))?;
    ensure!(
        text(&version.stderr).starts_with("BIRD version ") && version.status.code() == Some(0),
        "{version:?}"
    );
    Ok(())
}

#[test]
fn lab_without_the_right_to_change_routes() -> Result<()> {
    let namespace = Namespace::new("norights")?;
    namespace.ip(&["addr", "add", "192.0.2.1/24", "dev", "lo"])?;
    let scratch = Scratch::new("norights")?;
    let config = scratch.write(
        "bird.conf",
        &format!(
            "log stderr all; {QUIET} protocol kernel {{ ipv4 {{ export all; }}; }}
          protocol static {{ ipv4; route 10.1.0.0/24 via 192.0.2.9; route 10.2.0.0/24 blackhole; }}"
        ),
    )?;
    let socket = scratch.file("ctl");
    let mut command = namespace.command("/usr/bin/setpriv");
    command.args(["--bounding-set", "-net_admin", "--inh-caps", "-net_admin", "--"]).arg(godwit()?);
    command.arg("-f").arg("-c").arg(&config).arg("-s").arg(&socket);
    let mut process = Process::start(command, scratch.file("log"))?;
    until("the line", || process.log().contains("CAP_NET_ADMIN")).with_context(|| process.log())?;
    ensure!(birdc_text(&socket, "show route").contains("10.2.0.0/24"), "the rest does not work");
    process.stop();
    let lines = process.log().lines().filter(|l| l.contains("CAP_NET_ADMIN")).count();
    ensure!(lines == 1, "{}", process.log());
    Ok(())
}

#[test]
fn lab_a_port_in_use_is_tried_again() -> Result<()> {
    let (a, b) = (Namespace::new("a")?, Namespace::new("b")?);
    Namespace::join((&a, "va", &["192.0.2.1/24"]), (&b, "vb", &["192.0.2.2/24"]))?;
    let session = |own: u8, other: u8, more: &str| {
        format!(
            "log stderr all; router id 192.0.2.{own}; protocol device {{ }}
             protocol bgp peer {{ local 192.0.2.{own} as 6451{own}; neighbor 192.0.2.{other} as 6451{other}; {more}
               ipv4 {{ import all; export all; }}; }}"
        )
    };
    let mut occupant = Router::start(&a, Program::Bird2, &session(1, 9, "passive;"))?;
    let godwit = Router::start(&a, Program::Godwit, &session(1, 2, "passive;"))?;
    until("the line", || godwit.log().contains("cannot listen on 0.0.0.0 port 179"))?;
    occupant.process().stop();
    let _other = Router::start(&b, Program::Bird2, &session(2, 1, "connect delay time 1;"))?;
    godwit.established("peer")?;
    let lines = godwit.log().lines().filter(|l| l.contains("cannot listen")).count();
    ensure!(lines == 1, "{}", godwit.log());
    Ok(())
}

#[test]
fn lab_dropped_privileges_still_program_routes() -> Result<()> {
    let namespace = Namespace::new("nobody")?;
    let config = format!(
        "log stderr all; {QUIET} protocol kernel {{ ipv4 {{ export all; }}; }}
        protocol static {{ ipv4; route 10.2.0.0/24 blackhole; }}"
    );
    let scratch = Scratch::new("nobody")?;
    let config = scratch.write("bird.conf", &config)?;
    // The directory of the socket is the user's own, as a package would make it.
    let place = scratch.file("run");
    std::fs::create_dir(&place)?;
    output(Command::new("chown").arg("nobody").arg(&place))?;
    let mut command = namespace.command(godwit()?);
    command.args(["-f", "-u", "nobody", "-g", "nogroup", "-c"]).arg(&config);
    command.arg("-s").arg(place.join("ctl"));
    let mut process = Process::start(command, scratch.file("log"))?;
    until("the route", || !namespace.routes("10.2.0.0/24").is_empty()).with_context(|| process.log())?;
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let ids = status.lines().find(|l| l.starts_with("Uid:")).unwrap_or_default();
    ensure!(!ids.split_whitespace().any(|id| id == "0"), "{ids}");
    process.stop();
    ensure!(namespace.routes("10.2.0.0/24").is_empty(), "{}", process.log());
    Ok(())
}

#[test]
fn lab_persist_leaves_the_routes() -> Result<()> {
    for (option, stays) in [("persist;", true), ("", false)] {
        let namespace = Namespace::new("persist")?;
        let config = format!(
            "log stderr all; {QUIET} protocol kernel {{ {option} ipv4 {{ export all; }}; }}
            protocol static {{ ipv4; route 10.2.0.0/24 blackhole; }}"
        );
        let mut godwit = Router::start(&namespace, Program::Godwit, &config)?;
        until("the route", || !namespace.routes("10.2.0.0/24").is_empty())?;
        ensure!(godwit.process().stop() == 0, "{}", godwit.log());
        ensure!(namespace.routes("10.2.0.0/24").is_empty() != stays, "{option}: {}", godwit.log());
    }
    Ok(())
}

#[test]
fn lab_logs_in_json_and_to_files() -> Result<()> {
    let (namespace, scratch) = (Namespace::new("log")?, Scratch::new("log")?);
    let (all, remote) = (scratch.file("all"), scratch.file("remote"));
    let config = format!("log \"{}\" all; log \"{}\" {{ remote }}; {QUIET}", all.display(), remote.display());
    let config = scratch.write("bird.conf", &config)?;
    let mut command = namespace.command(godwit()?);
    command.args(["-f", "--log-format", "json", "-c"]).arg(&config).arg("-s").arg(scratch.file("ctl"));
    let mut process = Process::start(command, scratch.file("out"))?;
    until("an answer", || birdc_text(&scratch.file("ctl"), "show status").contains("up and running"))?;
    process.stop();
    let lines = std::fs::read_to_string(all)?;
    ensure!(lines.lines().count() >= 3, "{lines}");
    for line in lines.lines() {
        let object: serde_json::Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        ensure!(["time", "class", "message"].iter().all(|key| object.get(key).is_some()), "{line}");
    }
    let remote = std::fs::read_to_string(remote)?;
    ensure!(remote.is_empty(), "another class: {remote}");
    Ok(())
}
