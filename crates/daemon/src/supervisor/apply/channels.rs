//! What a change of the configuration means for channels that are up, and for those that are down.

use godwit_config::{
    ChannelChange, ChannelFault, ConfigDiff, Dialect, ProtocolChange, ProtocolConfig, ProtocolKind,
    RouterConfig,
};
use godwit_wire::AddressFamily;
use tokio::sync::oneshot;

use crate::protocol::Command;
use crate::session::channel_name;

use crate::supervisor::Supervisor;

impl Supervisor {
    /// The families of a protocol whose channels are up.
    async fn channels_up(&self, protocol: &str) -> Vec<AddressFamily> {
        let running = self.instances.get(protocol).and_then(|i| i.running.as_ref());
        let Some(running) = running else { return Vec::new() };
        let (reply, answer) = oneshot::channel();
        match running.commands.send(Command::Channels(reply)).await {
            Ok(()) => answer.await.unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    /// A protocol need not restart for a channel that is gone if that was down.
    pub(super) async fn look_at_channels(&self, changes: &mut ConfigDiff) {
        for change in changes.protocols.iter_mut().filter(|c| c.depends_on_channels()) {
            let up = self.channels_up(&change.name).await;
            change.without_channels_that_were_down(|family| up.contains(&family));
        }
    }

    /// Says which channels' routes are gone through again, or, after `configure soft`, are not. Those that are down have
    /// none.
    pub(super) async fn log_reload(&self, protocol: &ProtocolConfig, channels: &[ChannelChange], soft: bool) {
        let name = &protocol.name;
        let mut channels: Vec<&ChannelChange> =
            channels.iter().filter(|c| c.reimport || c.reexport).collect();
        if channels.is_empty() {
            return;
        }
        let up = self.channels_up(name).await;
        channels.retain(|channel| up.contains(&channel.family));
        if self.config.dialect == Dialect::Bird16 {
            // There a protocol is its only channel.
            if !channels.is_empty() && !soft {
                tracing::info!("Reloading protocol {name}");
            }
            return;
        }
        for channel in channels {
            let family = channel_name(channel.family);
            if !soft {
                tracing::info!("Reloading channel {name}.{family}");
                continue;
            }
            for (changed, what) in [(channel.reimport, "import"), (channel.reexport, "export")] {
                if changed {
                    tracing::info!("Channel {name}.{family} changed {what}");
                }
            }
        }
    }
}

/// Says which channels make a protocol restart; of a static protocol BIRD 2 does not.
pub(super) fn log_faults(new: &RouterConfig, change: &ProtocolChange) {
    let is_static = |p: &ProtocolConfig| matches!(p.kind, ProtocolKind::Static(_));
    if new.dialect == Dialect::Bird16
        || change.faults.is_empty()
        || new.protocols.iter().filter(|p| p.name == change.name).any(|p| is_static(p))
    {
        return;
    }
    for fault in &change.faults {
        let (verb, family) = match fault {
            ChannelFault::New(family) => ("add", family),
            ChannelFault::Changed(family) => ("reconfigure", family),
            ChannelFault::Gone(family) => ("remove", family),
        };
        tracing::info!("Cannot {verb} channel {}.{}", change.name, channel_name(*family));
    }
}
