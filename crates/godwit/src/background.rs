//! Going to the background. A fork cannot be done safely here, so the program starts itself again:
//! the first process waits until the second is ready, shows its errors, and leaves with its exit code.

use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};

use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, setsid};

/// Set for the second process.
const MARK: &str = "GODWIT_IN_BACKGROUND";

/// Whether this is the second process.
pub(crate) fn is_second() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Starts the second process and waits for its first word.
pub(crate) fn start_second() -> ExitCode {
    let exe = match std::env::current_exe() {
        Ok(exe) => exe,
        Err(error) => {
            eprintln!("godwit: cannot find its own program to start in the background: {error}");
            return ExitCode::from(1);
        }
    };
    let mut args = std::env::args_os();
    let mut command = Command::new(exe);
    if let Some(name) = args.next() {
        std::os::unix::process::CommandExt::arg0(&mut command, name);
    }
    let spawned = command.args(args).env(MARK, "1").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            eprintln!("godwit: cannot start in the background: {error}");
            return ExitCode::from(1);
        }
    };
    let mut word = [0];
    let ready = child.stdout.take().is_some_and(|mut out| out.read_exact(&mut word).is_ok());
    if ready {
        return ExitCode::SUCCESS;
    }
    let code = child.wait().ok().and_then(|status| status.code()).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Leaves the terminal. In the second process, before anything else.
pub(crate) fn leave_terminal() {
    // Fails only for a process that leads its group already, which has no terminal to leave.
    let _ = setsid();
}

/// Tells the first process that all is well, and lets go of its terminal.
pub(crate) fn ready() {
    let mut out = std::io::stdout();
    let _ = out.write_all(b"!");
    let _ = out.flush();
    if let Ok(null) = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null") {
        let _ = dup2_stdin(&null);
        let _ = dup2_stdout(&null);
        let _ = dup2_stderr(&null);
    }
}
