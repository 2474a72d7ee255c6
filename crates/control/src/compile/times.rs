//! The hold and keepalive times of a session (`docs/calico.md`).

use std::time::Duration;

use crate::resource::SessionTimes;

/// The hold time of a session for which nobody says another, seconds.
const HOLD_SECS: u16 = 240;

/// The times of a session that are not Calico's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Times {
    /// The hold time, seconds; none: BIRD's.
    pub(crate) hold: Option<u16>,
    /// The keepalive time; none: a third of the hold time.
    pub(crate) keepalive: Option<Duration>,
}

impl Times {
    /// What annotations make of a session whose keepalive time is `calico`, and what is wrong with that.
    pub(crate) fn new(of: &SessionTimes, calico: Option<Duration>) -> (Self, Option<String>) {
        let ours = of.keepalive.map(|n| Duration::from_secs(n.into()));
        let times = Self { hold: of.hold, keepalive: ours.or(calico) };
        let hold = of.hold.unwrap_or(HOLD_SECS);
        let is_ours = of.hold.is_some() || ours.is_some();
        match times.keepalive {
            Some(keepalive) if is_ours && hold > 0 && keepalive >= Duration::from_secs(hold.into()) => {
                let text = format!(
                    "has a keepalive time of {} s, which is ignored: it must be less than the hold time, {hold} s",
                    keepalive.as_secs(),
                );
                (Self { keepalive: None, ..times }, Some(text))
            }
            _ => (times, None),
        }
    }
}
