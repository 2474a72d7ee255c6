//! The times of a cache of ROAs (RFC 8210 §6).

/// Its name, the least and the greatest seconds.
pub(crate) type Interval = (&'static str, u32, u32);

pub(crate) const REFRESH: Interval = ("refresh", 1, 86_400);
pub(crate) const RETRY: Interval = ("retry", 1, 7200);
pub(crate) const EXPIRE: Interval = ("expire", 600, 172_800);

/// What is wrong with so many seconds.
pub(crate) fn interval_problem((what, least, most): Interval, secs: u32) -> Option<String> {
    if secs < least {
        let unit = if least == 1 { "second" } else { "seconds" };
        Some(format!("Minimum allowed {what} interval is {least} {unit}"))
    } else if secs > most {
        Some(format!("Maximum allowed {what} interval is {most} seconds"))
    } else {
        None
    }
}
