//! Runs the labs: all of them side by side, then alone the few that failed there.
//!
//! Labs talk to other programs in real time on a machine that they keep busy. One that fails among others is
//! run again by itself: it fails for good if it fails again, and is named in either case, since what holds only
//! on an idle machine wants to be looked at.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};

use anyhow::{Result, bail};

/// If more fail than this, it is not for want of time.
const MOST_AGAIN: usize = 6;

/// Tests of one program that failed.
#[derive(Debug, PartialEq, Eq)]
struct Failed {
    /// What cargo wants to hear to run this program only: `-p godwit-lab --test lab_pair`.
    target: String,
    tests: Vec<String>,
}

/// Four at once: they wait more than they work.
pub(crate) fn run(environment: &[(&str, &OsStr)]) -> Result<()> {
    let args = ["test", "--workspace", "--tests", "--no-fail-fast", "--", "lab_", "--test-threads", "4"];
    let (passed, output) = watched(&args, environment)?;
    if passed {
        return Ok(());
    }
    let Some(failed) = failed(&output) else { bail!("labs failed") };
    let count: usize = failed.iter().map(|f| f.tests.len()).sum();
    if count > MOST_AGAIN {
        bail!("{count} labs failed: {}", names(&failed));
    }
    println!("\n{count} labs failed among others and run again alone: {}", names(&failed));
    for Failed { target, tests } in &failed {
        let mut args = vec!["test"];
        args.extend(target.split(' '));
        args.extend(["--", "--exact", "--test-threads", "1"]);
        args.extend(tests.iter().map(String::as_str));
        let (passed, output) = watched(&args, environment)?;
        let ran: usize = output.iter().filter_map(|line| count_passed(line)).sum();
        if !passed || ran != tests.len() {
            bail!("labs failed twice, among others and alone, of {}", tests.join(" "));
        }
    }
    println!("\nfailed among others, passed alone: {}", names(&failed));
    Ok(())
}

/// How many passed, of the line that ends a program's tests.
fn count_passed(line: &str) -> Option<usize> {
    line.strip_prefix("test result: ok. ")?.split_once(" passed")?.0.parse().ok()
}

fn names(failed: &[Failed]) -> String {
    failed.iter().flat_map(|f| &f.tests).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Runs cargo, shows what it prints while it does, and gives it: whether all passed, and the lines.
fn watched(args: &[&str], environment: &[(&str, &OsStr)]) -> Result<(bool, Vec<String>)> {
    let (reader, writer) = std::io::pipe()?;
    let mut command = crate::cargo_command(args, environment);
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // It holds the other end of the pipe, which has to close when cargo ends.
    drop(command);
    let mut lines = Vec::new();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
    Ok((child.wait()?.success(), lines))
}

/// Which tests failed, of which programs; `None` if something else went wrong: it did not compile, or a program
/// ended before its tests did.
fn failed(output: &[String]) -> Option<Vec<Failed>> {
    let mut all = Vec::new();
    let mut tests = Vec::new();
    for line in output {
        if let Some(rest) = line.strip_prefix("test ") {
            tests.extend(rest.strip_suffix(" ... FAILED").map(str::to_owned));
        } else if let Some(rest) = line.strip_prefix("error: test failed, to rerun pass `") {
            let target = rest.strip_suffix('`')?.to_owned();
            let tests = std::mem::take(&mut tests);
            if tests.is_empty() {
                return None;
            }
            all.push(Failed { target, tests });
        } else if line.starts_with("error: could not compile") {
            return None;
        }
    }
    (tests.is_empty() && !all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::{Failed, count_passed, failed};

    fn of(output: &str) -> Option<Vec<Failed>> {
        failed(&output.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn who_failed_is_read_from_what_cargo_prints() {
        let output = "\
running 2 tests
test a::lab_one ... ok
test a::lab_two has been running for over 60 seconds
test a::lab_two ... FAILED

failures:
    a::lab_two

test result: FAILED. 1 passed; 1 failed; 0 ignored

error: test failed, to rerun pass `-p godwit-lab --test lab_pair`
     Running tests/other.rs (target/debug/deps/other-0123)
test lab_three ... FAILED
error: test failed, to rerun pass `-p godwit-ctl --test other`
error: 2 targets failed:
    `-p godwit-lab --test lab_pair`
    `-p godwit-ctl --test other`";
        let failed = |target: &str, test: &str| Failed { target: target.into(), tests: vec![test.into()] };
        let expected = vec![
            failed("-p godwit-lab --test lab_pair", "a::lab_two"),
            failed("-p godwit-ctl --test other", "lab_three"),
        ];
        assert_eq!(of(output), Some(expected));
    }

    #[test]
    fn what_is_no_failed_test_is_not_run_again() {
        assert_eq!(of("error: could not compile `godwit-lab` (test \"lab_pair\")"), None);
        // It crashed: nobody knows what its other tests would have said.
        assert_eq!(
            of("test lab_one ... ok\nerror: test failed, to rerun pass `-p godwit-lab --test lab_pair`"),
            None
        );
        assert_eq!(of(""), None);
        assert_eq!(count_passed("test result: ok. 12 passed; 0 failed; 0 ignored"), Some(12));
        assert_eq!(count_passed("test result: FAILED. 1 passed; 1 failed; 0 ignored"), None);
    }
}
