//! Waiting for conditions, never for time.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at.
pub const POLL: Duration = Duration::from_millis(10);

/// How long labs wait for something that takes well under a second on an idle machine, or some seconds with a peer that
/// delays its connects. On a busy one that peer may find nobody listening, or two connections at once, and BIRD tries
/// again after one or two minutes (`error wait time`, `connect retry time`).
pub const LIMIT: Duration = Duration::from_secs(180);

/// Waits until `condition` gives something. How long it took comes with it.
///
/// # Errors
/// It did not within `limit`; `what` says what was waited for.
pub fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Option<T>,
) -> Result<(T, Duration)> {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return Ok((found, start.elapsed()));
        }
        if start.elapsed() > limit {
            bail!("waited {limit:?} for {what}");
        }
        std::thread::sleep(POLL);
    }
}

/// Waits until `condition` holds, for [`LIMIT`] at most.
///
/// # Errors
/// It never did; `what` says what was waited for.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) -> Result<Duration> {
    wait_for(what, LIMIT, || condition().then_some(())).map(|((), took)| took)
}

/// A limit for what has to be quick, as many times longer as there are programs for each processor.
pub fn as_busy(limit: Duration) -> Duration {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let words: Vec<&str> = load.split(' ').collect();
    // Of the last minute, and now.
    let minute: f64 = words.first().and_then(|n| n.parse().ok()).unwrap_or_default();
    let now: f64 = words.get(3).and_then(|n| n.split('/').next()?.parse().ok()).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    limit.mul_f64((minute.max(now) / processors as f64).max(1.0))
}

/// Seconds for what is over after a time of the configuration, and has to be seen before.
const TIMES: [u64; 3] = [3, 12, 48];

/// Tries something with a time in seconds after which what is to be seen is over; with a longer one, if it failed: on a
/// busy machine it may be over before anyone has looked.
///
/// # Errors
/// Those of the longest time.
pub fn with_some_time(mut attempt: impl FnMut(u64) -> Result<()>) -> Result<()> {
    let mut last = Ok(());
    for time in TIMES {
        last = attempt(time);
        if last.is_ok() {
            break;
        }
    }
    last
}

/// Waits until what is seen no longer changes, and gives it.
///
/// # Errors
/// It never stopped changing.
pub fn settles<T: PartialEq>(what: &str, mut look: impl FnMut() -> T) -> Result<T> {
    let (mut seen, mut same) = (look(), 0);
    until(&format!("{what} to settle"), || {
        let now = look();
        same = if now == seen { same + 1 } else { 0 };
        seen = now;
        same > 10
    })?;
    Ok(seen)
}

/// Looks at `condition` for a while and fails the moment it does not hold.
///
/// # Errors
/// It did not hold; `what` says what was expected to stay.
pub fn stays(what: &str, time: Duration, mut condition: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < time {
        if !condition() {
            bail!("{what}: no longer after {:?}", start.elapsed());
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}
