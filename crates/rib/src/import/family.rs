//! One family's side of the import step.

use godwit_wire::MessageError;

use crate::attrs::HashedAttributes;
use crate::key::NetKey;
use crate::table::RouteBatch;

use super::kept::Kept;
use super::nets::{Taken, plain, with_id, withdraw_each};
use super::{ChannelImport, Context, Links, UpdateSummary};

/// A family's channel, if there is one, and what is kept of what came through it.
#[derive(Debug)]
pub(super) struct Family<K> {
    channel: Option<ChannelImport>,
    kept: Kept<K>,
}

impl<K: NetKey> Family<K> {
    pub(super) fn new(channel: Option<ChannelImport>) -> Self {
        let mut kept = Kept::default();
        kept.set(channel.as_ref().is_some_and(|channel| channel.import_table));
        kept.begins();
        Self { channel, kept }
    }

    pub(super) fn channel(&self) -> Option<&ChannelImport> {
        self.channel.as_ref()
    }

    pub(super) fn set_channel(&mut self, channel: ChannelImport) {
        if self.channel.as_ref().is_none_or(|old| !old.differs_only_in_policy(&channel)) {
            self.kept.is_made_otherwise();
        }
        self.kept.set(channel.import_table);
        self.channel = Some(channel);
    }

    /// What is kept.
    pub(super) fn kept(&self) -> &Kept<K> {
        &self.kept
    }

    /// The same.
    pub(super) fn kept_mut(&mut self) -> &mut Kept<K> {
        &mut self.kept
    }

    /// Runs the policy over all that is kept, if that is all there is.
    pub(super) fn reload(
        &self,
        context: &Context,
        links: &dyn Links,
        batch: &mut RouteBatch<K>,
    ) -> Option<UpdateSummary> {
        let channel = self.channel.as_ref().filter(|_| self.kept.is_complete())?;
        let mut summary = UpdateSummary::default();
        context.decide_again(channel, &self.kept, links, batch, &mut summary);
        Some(summary)
    }

    /// Reads the withdrawn nets of a field; without a channel it is only checked.
    pub(super) fn withdraw(&mut self, field: &[u8], batch: &mut RouteBatch<K>) -> Result<(), MessageError> {
        let kept = &mut self.kept;
        match &self.channel {
            Some(channel) if channel.add_path => {
                withdraw_each(K::path_nlri(field)?.map(with_id), kept, batch);
            }
            Some(_) => withdraw_each(K::nlri(field)?.map(plain), kept, batch),
            None => drop(K::nlri(field)?),
        }
        Ok(())
    }

    /// Reads the announced nets of a field, which have these attributes; none: they are gone. Without a channel the
    /// field is only checked.
    pub(super) fn announce(
        &mut self,
        context: &Context,
        field: &[u8],
        set: Option<&HashedAttributes>,
        links: &dyn Links,
        batch: &mut RouteBatch<K>,
        summary: &mut UpdateSummary,
    ) -> Result<(), MessageError> {
        let mut to = Taken { kept: &mut self.kept, batch };
        match &self.channel {
            Some(channel) if channel.add_path => {
                let nets = K::path_nlri(field)?.map(with_id);
                context.announce_each(nets, channel, set, links, &mut to, summary);
            }
            Some(channel) => {
                let nets = K::nlri(field)?.map(plain);
                context.announce_each(nets, channel, set, links, &mut to, summary);
            }
            None => drop(K::nlri(field)?),
        }
        Ok(())
    }
}
