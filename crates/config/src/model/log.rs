//! What is logged and where, and how times are written.

/// Which log classes a target takes; BIRD's `debug trace info remote warning error auth fatal bug`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogClasses(pub u16);

impl LogClasses {
    /// `debug`.
    pub const DEBUG: u16 = 1 << 0;
    /// `trace`.
    pub const TRACE: u16 = 1 << 1;
    /// `info`.
    pub const INFO: u16 = 1 << 2;
    /// `remote`: faults of a peer.
    pub const REMOTE: u16 = 1 << 3;
    /// `warning`.
    pub const WARNING: u16 = 1 << 4;
    /// `error`.
    pub const ERROR: u16 = 1 << 5;
    /// `auth`.
    pub const AUTH: u16 = 1 << 6;
    /// `fatal`.
    pub const FATAL: u16 = 1 << 7;
    /// `bug`.
    pub const BUG: u16 = 1 << 8;
    /// `all`.
    pub const ALL: Self = Self(0x1ff);
}

/// One `log` statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogTarget {
    /// Where lines go.
    pub destination: LogDestination,
    /// Which classes.
    pub classes: LogClasses,
}

/// Where a `log` statement sends lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogDestination {
    /// Standard error.
    Stderr,
    /// A file, rotated to `backup` past `limit` octets if given.
    File {
        /// Its path.
        path: String,
        /// Size limit in octets and the name to rotate to.
        rotate: Option<(u64, String)>,
    },
    /// The system log, under a name.
    Syslog {
        /// The program name to log under; none: `bird`.
        name: Option<String>,
    },
}

/// `debug` masks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DebugFlags(pub u8);

impl DebugFlags {
    /// `states`.
    pub const STATES: u8 = 1 << 0;
    /// `routes`.
    pub const ROUTES: u8 = 1 << 1;
    /// `filters`.
    pub const FILTERS: u8 = 1 << 2;
    /// `interfaces`.
    pub const INTERFACES: u8 = 1 << 3;
    /// `events`.
    pub const EVENTS: u8 = 1 << 4;
    /// `packets`.
    pub const PACKETS: u8 = 1 << 5;
    /// `all`.
    pub const ALL: Self = Self(0x3f);

    /// Whether a flag is set.
    pub fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// The `timeformat` statements; a format is strftime's, with `%f`/`%3f` for fractions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TimeFormats {
    /// Times of routes.
    pub route: Option<TimeFormat>,
    /// Times of protocols.
    pub protocol: Option<TimeFormat>,
    /// Times in `show status`.
    pub base: Option<TimeFormat>,
    /// Times in log lines.
    pub log: Option<TimeFormat>,
}

/// One `timeformat`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimeFormat {
    /// For times younger than the limit, or all.
    pub near: String,
    /// Limit in seconds and the format past it.
    pub far: Option<(u32, String)>,
}
