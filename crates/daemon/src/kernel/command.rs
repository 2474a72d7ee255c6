//! What a kernel protocol is asked and told.

use godwit_api::{ProtocolState, ProtocolStatus};
use godwit_config::ProtocolKind;
use godwit_rib::{ExportPolicy, NetKey};

use crate::protocol::{
    Command, StopReason, base_status, channel_status, channels_of, counters, policy, trace,
};
use crate::table::TableShell;

use super::{After, Kernel};

impl<K: NetKey> Kernel<K> {
    /// Whether the protocol goes on.
    pub(super) async fn command(&mut self, command: Command) -> bool {
        match command {
            Command::Status(reply) => {
                let _ = reply.send(self.status().await);
            }
            Command::Channels(reply) => drop(reply.send(channels_of(&self.config))),
            Command::Reload(direction, reply) => {
                self.reload(direction.import, direction.export, None).await;
                let _ = reply.send(!self.context.dialect16);
            }
            Command::Update(config, direction) => {
                self.config = *config;
                if let ProtocolKind::Kernel(options) = &self.config.kind {
                    self.options = options.clone();
                }
                if let Some(channel) = self.config.channels.first().cloned() {
                    self.import = policy(&channel.import);
                    self.channel = channel;
                }
                let (id, source) = (self.chunks.id(), self.source);
                let traced = trace(&self.config, self.channel.family, self.context.dialect16);
                let set = move |shell: &mut TableShell<K>| {
                    shell.table.set_source_trace(source, traced.clone());
                    shell.table.exporter_mut(id).map(|exporter| exporter.set_trace(traced))
                };
                self.table.call(set).await;
                let export = policy(&self.channel.export);
                self.reload(direction.import, direction.export, Some(export)).await;
            }
            Command::Hostname(_) | Command::Imported(..) => {}
            Command::Stop(reason, done) => {
                self.stop(&reason).await;
                let _ = done.send(());
                return false;
            }
        }
        true
    }

    async fn reload(&mut self, import: bool, export: bool, policy: Option<ExportPolicy>) {
        if import {
            // Everything foreign is news again.
            self.fib.forget_aliens();
            self.resync().await;
        }
        if export {
            let id = self.chunks.id();
            self.table
                .call(move |shell| {
                    let Some(exporter) = shell.table.exporter_mut(id) else { return };
                    match policy {
                        Some(policy) => exporter.set_policy(policy),
                        None => exporter.refeed(),
                    }
                })
                .await;
        }
    }

    async fn status(&self) -> ProtocolStatus {
        let mut status = base_status(&self.config, ProtocolState::Up, self.since);
        let mut channel = channel_status(&self.channel, "UP");
        channel.recovery = (self.recovery != After::Nothing).then_some("waiting");
        channel.counters = counters(&self.table, vec![self.source], Some(self.chunks.id())).await;
        status.channels.push(channel);
        status
    }

    async fn stop(&mut self, reason: &StopReason) {
        self.table.remove_exporter(self.chunks.id()).await;
        let source = self.source;
        self.table.call(move |shell| shell.table.flush_source(source)).await;
        if !self.options.keeps_routes(*reason == StopReason::Graceful) {
            let operations = self.fib.remove_all();
            if let Err(error) = self.programmer.apply(&operations).await {
                tracing::error!("{}: {error}", self.config.name);
            }
        }
    }
}
