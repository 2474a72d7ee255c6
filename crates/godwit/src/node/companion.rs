//! The names under which Calico's tools look for the daemons: a process whose first argument is `bird`, and
//! another whose is `bird6`. The node is the first; the second is a companion that only waits.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};

/// What the node is called.
const BIRD: &str = "bird";
/// What its companion is called.
const BIRD6: &str = "bird6";
/// Rest before another companion is started in place of one that ended.
const AGAIN: Duration = Duration::from_secs(1);
/// The longest such rest, where none lives for so long: a fault that stays does not fill the log.
const AGAIN_MAX: Duration = Duration::from_mins(1);

/// Starts the program again under the name that is looked for, in this process. It is found by its path, so
/// that the system goes on calling it by its own name. Returns if it is called so already.
///
/// # Errors
/// It cannot be started.
pub(super) fn take_name() -> io::Result<()> {
    let mut args = std::env::args_os();
    if args.next().is_some_and(|name| name == BIRD) {
        return Ok(());
    }
    let exe = std::env::current_exe()?;
    Err(Command::new(exe).arg0(BIRD).args(args).exec())
}

/// Sees to it that there is a companion for as long as this process lives.
pub(super) fn keep() {
    let kept = thread::Builder::new().name("companion".into()).spawn(|| {
        // Twice that is the first.
        let mut rest = AGAIN / 2;
        loop {
            let started = Instant::now();
            match start() {
                // What it waits for is that nobody holds the other end any more: whatever becomes of us.
                Ok(mut child) => {
                    let _held = child.stdin.take();
                    let ended = child.wait();
                    tracing::warn!(
                        "the companion process {BIRD6} ended ({}); starting another",
                        said(&ended)
                    );
                }
                Err(error) => {
                    tracing::warn!("calicoctl will not find {BIRD6}: its process cannot be started: {error}");
                }
            }
            rest = next_rest(rest, started.elapsed());
            thread::sleep(rest);
        }
    });
    if let Err(error) = kept {
        tracing::warn!("calicoctl will not find {BIRD6}: {error}");
    }
}

/// The rest after a companion that lived so long, where the last rest was `rest`.
fn next_rest(rest: Duration, lived: Duration) -> Duration {
    if lived >= AGAIN_MAX { AGAIN } else { (rest * 2).min(AGAIN_MAX) }
}

fn said(ended: &io::Result<std::process::ExitStatus>) -> String {
    ended.as_ref().map_or_else(ToString::to_string, ToString::to_string)
}

fn start() -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg0(BIRD6)
        .args(["companion", "--until-input-ends"])
        // It has no use for what the environment says, such as passwords of a datastore.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Waits: for the end of standard input, or for ever. Signals that ask a daemon something are nothing to it.
pub(crate) fn run(until_input_ends: bool) -> ExitCode {
    let mut ignored = SigSet::empty();
    ignored.add(Signal::SIGHUP);
    ignored.add(Signal::SIGUSR1);
    if until_input_ends {
        // Those of a terminal reach the whole group; it ends with the node.
        ignored.add(Signal::SIGINT);
        ignored.add(Signal::SIGTERM);
    }
    if let Err(error) = ignored.thread_block() {
        eprintln!("godwit: cannot ignore signals: {error}");
    }
    if until_input_ends {
        // An error is an end as well.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        return ExitCode::SUCCESS;
    }
    loop {
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companions_that_end_soon_are_started_less_and_less_often() {
        let soon = Duration::from_millis(5);
        assert_eq!(next_rest(AGAIN / 2, soon), AGAIN);
        let mut rest = AGAIN;
        for _ in 0..20 {
            rest = next_rest(rest, soon);
        }
        assert_eq!((rest, next_rest(rest, AGAIN_MAX)), (AGAIN_MAX, AGAIN));
    }
}
