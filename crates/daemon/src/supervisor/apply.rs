//! From one configuration to another.

use std::sync::Arc;

use godwit_api::ConfigureOutcome;
use godwit_config::{ChangeKind, ConfigDiff, ProtocolConfig, ProtocolKind, RouterConfig, diff};
use godwit_wire::AddressFamily;
use tokio::sync::{mpsc, oneshot};

use crate::limits::COMMAND_QUEUE_LEN;
use crate::protocol::{AnyTable, Command, ReloadDirection, StopReason, Tables};
use crate::{computed, kernel, session, table};

use super::{Running, Supervisor};

impl Supervisor {
    /// Makes the router run `new`, changing as little as the difference asks for.
    pub(super) async fn apply(&mut self, old: &RouterConfig, new: &Arc<RouterConfig>, soft: bool) {
        let changes = diff(old, new);
        // Old protocols go first: their tables, names and listening addresses may be wanted.
        for change in &changes.protocols {
            let (verb, reason) = match &change.kind {
                ChangeKind::Removed => ("Removing", StopReason::Removed),
                ChangeKind::Restart { .. } => ("Restarting", StopReason::Reconfigured),
                _ => continue,
            };
            tracing::info!("{verb} protocol {}", change.name);
            self.stop_protocol(&change.name, reason).await;
            if change.kind == ChangeKind::Removed {
                self.instances.remove(&change.name);
            }
        }
        self.config = new.clone();
        (self.applied)(new);
        self.choose_router_id(new);
        self.apply_tables(new);
        self.listeners.apply(new, &self.directory);
        for protocol in &new.protocols {
            self.apply_protocol(protocol, &changes, soft).await;
        }
    }

    async fn apply_protocol(&mut self, protocol: &ProtocolConfig, changes: &ConfigDiff, soft: bool) {
        let change = changes.protocols.iter().find(|c| c.name == protocol.name).map(|c| &c.kind);
        match change {
            Some(ChangeKind::Added | ChangeKind::Restart { .. }) => {
                let instance = self.instances.entry(protocol.name.clone()).or_default();
                instance.disabled = protocol.disabled;
                instance.since = crate::clock::unix_millis();
                self.start_protocol(protocol).await;
            }
            Some(ChangeKind::Modify { reimport, reexport }) => {
                let direction = ReloadDirection { import: *reimport && !soft, export: *reexport && !soft };
                if *reimport || *reexport {
                    tracing::info!("Reloading protocol {}", protocol.name);
                }
                if let Some(running) = self.instances.get(&protocol.name).and_then(|i| i.running.as_ref()) {
                    let update = Command::Update(Box::new(protocol.clone()), direction);
                    let _ = running.commands.send(update).await;
                }
            }
            _ => {}
        }
    }

    /// Tables that are new are made; those no longer named end with their last user.
    fn apply_tables(&mut self, new: &RouterConfig) {
        let mut tables = Tables::new();
        for config in &new.tables {
            let known = self.tables.get(&config.name).filter(|t| match t {
                AnyTable::Ipv4(_) => config.family == AddressFamily::IPV4,
                AnyTable::Ipv6(_) => config.family == AddressFamily::IPV6,
            });
            let table = known.cloned().unwrap_or_else(|| {
                if config.family == AddressFamily::IPV6 {
                    AnyTable::Ipv6(table::spawn(&config.name, self.seed))
                } else {
                    AnyTable::Ipv4(table::spawn(&config.name, self.seed))
                }
            });
            tables.insert(config.name.clone(), table);
        }
        self.tables = Arc::new(tables);
    }

    /// Starts what waited for a router id.
    pub(super) async fn start_waiting(&mut self, config: &Arc<RouterConfig>) {
        for protocol in &config.protocols {
            let waits = self.instances.get(&protocol.name).is_some_and(|i| i.running.is_none());
            if waits {
                self.start_protocol(protocol).await;
            }
        }
    }

    /// Starts a protocol's task unless it is disabled, or needs a router id and there is none.
    pub(super) async fn start_protocol(&mut self, protocol: &ProtocolConfig) {
        let instance = self.instances.entry(protocol.name.clone()).or_default();
        let needs_id = matches!(protocol.kind, ProtocolKind::Bgp(_)) && protocol.router_id.is_none();
        if instance.disabled || instance.running.is_some() || (needs_id && self.router_id.is_none()) {
            return;
        }
        let context = self.context();
        let (commands, rx) = mpsc::channel(COMMAND_QUEUE_LEN);
        let config = protocol.clone();
        let task = match &protocol.kind {
            ProtocolKind::Device(_) | ProtocolKind::Direct(_) | ProtocolKind::Static(_) => {
                let (announced, first) = oneshot::channel();
                let task = tokio::spawn(computed::run(config, context, rx, announced));
                // An error only says that the task ended.
                let _ = first.await;
                task
            }
            ProtocolKind::Kernel(_) => {
                let Some(channel) = protocol.channels.first().cloned() else { return };
                match context.tables.get(&channel.table).cloned() {
                    Some(AnyTable::Ipv4(t)) => tokio::spawn(kernel::run(config, channel, t, context, rx)),
                    Some(AnyTable::Ipv6(t)) => tokio::spawn(kernel::run(config, channel, t, context, rx)),
                    None => return,
                }
            }
            ProtocolKind::Bgp(_) => tokio::spawn(session::run(config, context, rx, self.exits.0.clone())),
        };
        let instance = self.instances.entry(protocol.name.clone()).or_default();
        instance.since = crate::clock::unix_millis();
        instance.last_error = None;
        instance.running = Some(Running { commands, task });
    }

    /// Reads a configuration and runs it, or says what is wrong with it.
    pub(super) async fn configure(
        &mut self,
        file: Option<&str>,
        check_only: bool,
        soft: bool,
    ) -> ConfigureOutcome {
        let loader = self.loader.clone();
        let name = file.map(str::to_owned);
        // Files are read off the threads that serve sessions.
        let loaded = tokio::task::spawn_blocking(move || loader(name.as_deref())).await;
        let new = match loaded {
            Ok(Ok(config)) => config,
            Ok(Err(lines)) => {
                lines.iter().for_each(|line| tracing::error!("{line}"));
                return ConfigureOutcome::Failed(lines);
            }
            Err(error) => return ConfigureOutcome::Failed(vec![error.to_string()]),
        };
        if check_only {
            return ConfigureOutcome::Checked;
        }
        tracing::info!("Reconfiguring");
        let old = self.config.clone();
        self.apply(&old, &Arc::new(new), soft).await;
        self.previous = Some(old);
        self.reconfigured = crate::clock::unix_millis();
        tracing::info!("Reconfigured");
        ConfigureOutcome::Reconfigured
    }

    /// Back to the configuration before; whether there was one.
    pub(super) async fn undo(&mut self) -> bool {
        self.undo_at = None;
        let Some(previous) = self.previous.take() else { return false };
        let current = self.config.clone();
        self.apply(&current, &previous, false).await;
        self.previous = Some(current);
        self.reconfigured = crate::clock::unix_millis();
        true
    }
}
