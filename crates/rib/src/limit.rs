//! Limits on how many routes a channel has.

/// How many paths a source may have, or an exporter send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLimit {
    /// So many.
    pub max: u32,
    /// Paths past it are refused, not only reported.
    pub refuse: bool,
}

/// Which limits were passed, since all was last within them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LimitsPassed {
    /// `receive limit`.
    pub receive: bool,
    /// `import limit`.
    pub import: bool,
}

/// A limit, if there is one, and whether it has been passed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bound {
    limit: Option<SourceLimit>,
    /// It is passed, which has been reported.
    over: bool,
    /// It has been passed.
    was_over: bool,
}

impl Bound {
    pub(crate) fn new(limit: Option<SourceLimit>) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.limit.is_some()
    }

    /// Whether one more than `count` may be there. That it is too many is noted.
    pub(crate) fn admits(&mut self, count: u64) -> bool {
        let Some(limit) = self.limit.filter(|limit| count >= u64::from(limit.max)) else { return true };
        (self.over, self.was_over) = (true, true);
        !limit.refuse
    }

    /// There are only `count` now.
    pub(crate) fn has_fallen_to(&mut self, count: u64) {
        self.over &= self.limit.is_some_and(|limit| count >= u64::from(limit.max));
    }

    /// Sets another limit, with `count` there. Whether that is past it.
    pub(crate) fn set(&mut self, limit: Option<SourceLimit>, count: u64) -> bool {
        if self.limit == limit {
            return false;
        }
        let over = limit.is_some_and(|limit| count > u64::from(limit.max));
        *self = Self { limit, over, was_over: over };
        over
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn was_over(&self) -> bool {
        self.was_over
    }
}
