use std::ops::AddAssign;

/// One row of BIRD's `Route change stats`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RowCounters {
    /// All that came.
    pub received: u64,
    /// Not valid, or refused by the protocol before the filter.
    pub rejected: u64,
    /// Refused by the filter.
    pub filtered: u64,
    /// Changed nothing.
    pub ignored: u64,
    /// Taken.
    pub accepted: u64,
}

impl AddAssign for RowCounters {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.rejected += other.rejected;
        self.filtered += other.filtered;
        self.ignored += other.ignored;
        self.accepted += other.accepted;
    }
}

/// What a channel imported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ImportCounters {
    /// Announcements.
    pub updates: RowCounters,
    /// Withdrawals.
    pub withdraws: RowCounters,
}

impl AddAssign for ImportCounters {
    fn add_assign(&mut self, other: Self) {
        self.updates += other.updates;
        self.withdraws += other.withdraws;
    }
}

/// What a channel exported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ExportCounters {
    /// Announcements.
    pub updates: RowCounters,
    /// Withdrawals.
    pub withdraws: RowCounters,
}
