//! Limits of sources.

use crate::key::NetKey;
use crate::limit::{LimitsPassed, SourceLimit};
use crate::source::SourceId;

use super::Table;

impl<K: NetKey> Table<K> {
    /// Changes a source's limits: which it is past already. As with BIRD, both count what is in the table
    /// (`receive limit` what is kept of refused routes, too).
    pub fn set_limits(
        &mut self,
        id: SourceId,
        receive: Option<SourceLimit>,
        import: Option<SourceLimit>,
    ) -> LimitsPassed {
        let Some(slot) = self.slot_mut(id) else { return LimitsPassed::default() };
        LimitsPassed {
            receive: slot.receive.set(receive, slot.imported + slot.filtered),
            import: slot.import.set(import, slot.imported),
        }
    }

    /// Which limits a source has ever been past.
    pub fn limits_were_passed(&self, id: SourceId) -> LimitsPassed {
        self.slot(id).map_or_else(LimitsPassed::default, |slot| LimitsPassed {
            receive: slot.receive.was_over(),
            import: slot.import.was_over(),
        })
    }
}
