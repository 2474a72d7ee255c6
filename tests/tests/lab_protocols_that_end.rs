//! Sessions that end by themselves while the router is busy: each is disabled, and none that the operator has
//! started anew since.

use anyhow::{Context, Result, ensure};
use godwit_lab::speaker::Speaker;
use godwit_lab::{Namespace, Program, Router, run, until};

/// More than there are places in the queue to the supervisor.
const SESSIONS: u8 = 150;
/// Those the operator starts anew while it is not known yet that they have ended.
const STARTED_ANEW: u8 = 15;

fn neighbor(session: u8) -> String {
    format!("127.0.1.{session}")
}

fn config() -> String {
    let bgp = |n| {
        format!(
            "protocol bgp s{n} {{ local 127.0.0.1 as 64512; neighbor {} as 64513; multihop; passive;
               disable after error; ipv4 {{ import all; export all; }}; }}\n",
            neighbor(n)
        )
    };
    let head = "log stderr all; router id 192.0.2.1; protocol device { }\n".to_owned();
    head + &(1..=SESSIONS).map(bgp).collect::<String>()
}

/// Every session's line of `show protocols`.
fn sessions(router: &Router) -> Vec<String> {
    let shown = router.birdc("show protocols");
    shown.lines().filter(|line| line.contains(" BGP ")).map(str::to_owned).collect()
}

#[test]
fn lab_sessions_that_end_by_themselves_are_disabled() -> Result<()> {
    let namespace = Namespace::new("a")?;
    let router = Router::start(&namespace, Program::Godwit, &config())?;
    until("all to wait", || {
        sessions(&router).iter().filter(|s| s.contains("Passive")).count() == usize::from(SESSIONS)
    })?;
    // The supervisor reads a file that does not end.
    let pipe = router.file("pipe");
    let name = pipe.display().to_string();
    run("mkfifo", &[&name])?;
    let mut answers = Vec::new();
    std::thread::scope(|scope| -> Result<()> {
        let configured = scope.spawn(|| router.birdc(&format!("configure \"{name}\"")));
        let failed = (1..=SESSIONS).try_for_each(|n| {
            let mut speaker = Speaker::connect(&namespace, &neighbor(n), "127.0.0.1")?;
            speaker.send(&[0; 19])?;
            speaker.notification().map(drop)
        });
        // They wait for the supervisor as well, and may be heard before what the sessions have to say.
        let restart = |n| router.birdc(&format!("restart s{n}"));
        let anew: Vec<_> = (1..=STARTED_ANEW).map(|n| scope.spawn(move || restart(n))).collect();
        std::fs::write(&pipe, config())?;
        failed?;
        let configured = configured.join().ok().context("configure panicked")?;
        ensure!(configured.contains("Reconfigured"), "{configured}");
        for answer in anew {
            answers.push(answer.join().ok().context("restart panicked")?);
        }
        Ok(())
    })?;
    let disabled = |line: &String| line.split_whitespace().nth(3) == Some("down");
    let began = usize::from(STARTED_ANEW);
    until("the others to be disabled", || sessions(&router).iter().skip(began).all(disabled))
        .with_context(|| format!("{}\n{}", sessions(&router).join("\n"), router.log()))?;
    for (answer, line) in answers.iter().zip(sessions(&router)) {
        ensure!(answer.contains("restarted") || answer.contains("already disabled"), "{answer}");
        ensure!(answer.contains("restarted") != disabled(&line), "{answer}{line}\n{}", router.log());
    }
    Ok(())
}
