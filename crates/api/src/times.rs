//! Times as the `timeformat` statements want them.

use std::fmt::Write as _;

use godwit_config::{Dialect, TimeFormat, TimeFormats};
use time::{OffsetDateTime, UtcOffset};

use crate::UnixMillis;

/// Times younger than this show the time of day by default, seconds.
const NEAR_SECS: u32 = 20 * 3600;

/// What a time is printed with.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    /// The language of the running configuration, which has its own defaults.
    pub dialect: Dialect,
    /// The `timeformat` statements.
    pub formats: &'a TimeFormats,
    /// The local time zone.
    pub offset: UtcOffset,
    /// Now, to tell young times from old ones.
    pub now: UnixMillis,
}

impl Times<'_> {
    /// A time of a route.
    pub fn route(&self, at: UnixMillis) -> String {
        self.short(self.formats.route.as_ref(), at)
    }

    /// A time of a protocol.
    pub fn protocol(&self, at: UnixMillis) -> String {
        self.short(self.formats.protocol.as_ref(), at)
    }

    /// A time in `show status`.
    pub fn base(&self, at: UnixMillis) -> String {
        self.long(self.formats.base.as_ref(), at)
    }

    /// A time in the log.
    pub fn log(&self, at: UnixMillis) -> String {
        self.long(self.formats.log.as_ref(), at)
    }

    fn long(&self, format: Option<&TimeFormat>, at: UnixMillis) -> String {
        let default = match self.dialect {
            Dialect::Bird16 => "%F %T",
            Dialect::Bird2 => "%F %T.%3f",
        };
        strftime(format.map_or(default, |format| self.pick(format, at)), at, self.offset)
    }

    fn short(&self, format: Option<&TimeFormat>, at: UnixMillis) -> String {
        let near = match self.dialect {
            Dialect::Bird16 => "%T",
            Dialect::Bird2 => "%T.%3f",
        };
        let format = match format {
            Some(format) => self.pick(format, at),
            None if self.is_near(at, NEAR_SECS) => near,
            None => "%F",
        };
        strftime(format, at, self.offset)
    }

    fn pick<'f>(&self, format: &'f TimeFormat, at: UnixMillis) -> &'f str {
        match &format.far {
            Some((limit, far)) if *limit > 0 && !self.is_near(at, *limit) => far,
            _ => &format.near,
        }
    }

    fn is_near(&self, at: UnixMillis, limit_secs: u32) -> bool {
        self.now.0.saturating_sub(at.0) < u64::from(limit_secs) * 1000
    }
}

/// A time in a strftime format; `%f` is microseconds and `%Nf` N digits of a fraction. What is not
/// known is printed as written.
pub fn strftime(format: &str, at: UnixMillis, offset: UtcOffset) -> String {
    let nanos = i128::from(at.0) * 1_000_000;
    let when = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let t = when.checked_to_offset(offset).unwrap_or(when);
    let mut out = String::with_capacity(32);
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(digit @ '1'..='6') if chars.peek() == Some(&'f') => {
                chars.next();
                let micros = format!("{:06}", t.microsecond());
                out.push_str(micros.get(..digit as usize - '0' as usize).unwrap_or(&micros));
            }
            Some(c) => field(&mut out, c, t),
            None => out.push('%'),
        }
    }
    out
}

fn field(out: &mut String, c: char, t: OffsetDateTime) {
    let (year, month, day) = (t.year(), u8::from(t.month()), t.day());
    let (h, min, sec) = (t.hour(), t.minute(), t.second());
    let hour12 = if h % 12 == 0 { 12 } else { h % 12 };
    let weekday = t.weekday().to_string();
    let month_name = t.month().to_string();
    // Writing to a String cannot fail.
    let _ = match c {
        'T' => write!(out, "{h:02}:{min:02}:{sec:02}"),
        'F' => write!(out, "{year:04}-{month:02}-{day:02}"),
        'D' => write!(out, "{month:02}/{day:02}/{:02}", year.rem_euclid(100)),
        'R' => write!(out, "{h:02}:{min:02}"),
        'H' => write!(out, "{h:02}"),
        'I' => write!(out, "{hour12:02}"),
        'M' => write!(out, "{min:02}"),
        'S' => write!(out, "{sec:02}"),
        'f' => write!(out, "{:06}", t.microsecond()),
        'Y' => write!(out, "{year}"),
        'y' => write!(out, "{:02}", year.rem_euclid(100)),
        'm' => write!(out, "{month:02}"),
        'd' => write!(out, "{day:02}"),
        'e' => write!(out, "{day:2}"),
        'j' => write!(out, "{:03}", t.ordinal()),
        'p' => write!(out, "{}", if h < 12 { "AM" } else { "PM" }),
        'a' => write!(out, "{}", weekday.get(..3).unwrap_or("")),
        'A' => write!(out, "{weekday}"),
        'b' | 'h' => write!(out, "{}", month_name.get(..3).unwrap_or("")),
        'B' => write!(out, "{month_name}"),
        's' => write!(out, "{}", t.unix_timestamp()),
        'z' => {
            let minutes = t.offset().whole_minutes();
            let sign = if minutes < 0 { '-' } else { '+' };
            write!(out, "{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60)
        }
        'n' => write!(out, " "),
        't' => write!(out, "\t"),
        '%' => write!(out, "%"),
        other => write!(out, "%{other}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixMillis = UnixMillis(1_795_202_062_969);

    #[test]
    fn formats() {
        let utc = UtcOffset::UTC;
        assert_eq!(strftime("%F %T.%3f", AT, utc), "2026-11-20 19:14:22.969");
        assert_eq!(strftime("%d.%m.%y %H:%M %% %Q %", AT, utc), "20.11.26 19:14 % %Q %");
        assert_eq!(strftime("%T %z", AT, UtcOffset::from_hms(-1, -30, 0).unwrap()), "17:44:22 -0130");
        strftime("%F", UnixMillis(u64::MAX), utc);
    }

    #[test]
    fn defaults_and_limits() {
        let formats = TimeFormats::default();
        let now = UnixMillis(AT.0 + 20 * 3_600_000);
        fn times(formats: &TimeFormats, dialect: Dialect, now: UnixMillis) -> Times<'_> {
            Times { dialect, formats, offset: UtcOffset::UTC, now }
        }
        assert_eq!(times(&formats, Dialect::Bird2, AT).route(AT), "19:14:22.969");
        assert_eq!(times(&formats, Dialect::Bird16, AT).protocol(AT), "19:14:22");
        assert_eq!(times(&formats, Dialect::Bird16, now).protocol(AT), "2026-11-20");
        assert_eq!(times(&formats, Dialect::Bird16, AT).base(AT), "2026-11-20 19:14:22");
        let route = Some(TimeFormat { near: "%H".into(), far: Some((60, "%Y".into())) });
        let formats = TimeFormats { route, ..TimeFormats::default() };
        assert_eq!(times(&formats, Dialect::Bird2, AT).route(AT), "19");
        assert_eq!(times(&formats, Dialect::Bird2, now).route(AT), "2026");
    }
}
