//! BIRD's classes of log lines.

use godwit_config::LogClasses;

/// A class with its mark and its bit.
pub(super) struct Class {
    pub(super) mark: &'static str,
    /// Its bit in [`LogClasses`].
    pub(super) bit: u16,
    /// Syslog's severity.
    pub(super) severity: u8,
}

pub(super) const CLASSES: [Class; 9] = [
    Class { mark: "DBG", bit: LogClasses::DEBUG, severity: 7 },
    Class { mark: "TRACE", bit: LogClasses::TRACE, severity: 7 },
    Class { mark: "INFO", bit: LogClasses::INFO, severity: 6 },
    Class { mark: "RMT", bit: LogClasses::REMOTE, severity: 3 },
    Class { mark: "WARN", bit: LogClasses::WARNING, severity: 4 },
    Class { mark: "ERR", bit: LogClasses::ERROR, severity: 3 },
    Class { mark: "AUTH", bit: LogClasses::AUTH, severity: 3 },
    Class { mark: "FATAL", bit: LogClasses::FATAL, severity: 2 },
    Class { mark: "BUG", bit: LogClasses::BUG, severity: 2 },
];
