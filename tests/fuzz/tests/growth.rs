//! Long input takes time that grows with its length, and deep input is refused before the stack ends: of everything
//! that reads text. Time is that of the processor, and eight times the input may take 24 times as long; what grows
//! with the square would take 64 times as long.

#[path = "growth/inputs.rs"]
mod inputs;

use std::time::Duration;

use fuzz_targets::TARGETS;
use nix::time::{ClockId, clock_gettime};

/// How much more there is the second time, and how much longer that may take.
const MORE: usize = 8;
const LONGER: u32 = 24;
/// What takes less than this is not measured.
const LITTLE: Duration = Duration::from_millis(3);
/// As deep as nothing that is meant can be.
const DEEP: usize = 50_000;

/// Processor time of this thread.
fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock of the thread").into()
}

fn target(name: &str) -> fn(&[u8]) {
    TARGETS.iter().find(|(n, _)| *n == name).expect("a target").1
}

/// The least of three.
fn time(target: fn(&[u8]), data: &[u8]) -> Duration {
    let once = || {
        let begin = now();
        target(data);
        now().saturating_sub(begin)
    };
    (0..3).map(|_| once()).min().unwrap_or_default()
}

#[test]
fn long_input_takes_time_in_proportion() {
    let mut bad = Vec::new();
    for (name, what, n, text) in inputs::LONG {
        let target = target(name);
        let (short, long) = (text(*n), text(MORE * n));
        // A text that is refused at once would say nothing of the rest.
        let (before, after) = (time(target, short.as_bytes()), time(target, long.as_bytes()));
        println!(
            "{name}, {what}: {before:?} -> {after:?}, {:.1}",
            after.as_secs_f64() / before.as_secs_f64()
        );
        if after > before.max(LITTLE) * LONGER {
            bad.push(format!("{name}, {what}: {n}: {before:?}, {}: {after:?}", MORE * n));
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

/// On the stack of a thread of tests, which is that of a task too: 2 MiB.
#[test]
fn deep_input_is_bounded() {
    for (name, what, text) in inputs::DEEP {
        let begin = now();
        target(name)(text(DEEP).as_bytes());
        println!("{name}, {what}: {:?}", now().saturating_sub(begin));
    }
}
