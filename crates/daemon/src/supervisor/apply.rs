//! From one configuration to another.

mod channels;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use godwit_api::ConfigureOutcome;
use godwit_config::{
    ChangeKind, DebugFlags, GlobalChange, Neighbor, ProtocolChange, ProtocolConfig, ProtocolKind,
    RouterConfig, diff,
};
use godwit_wire::AddressFamily;
use tokio::sync::{mpsc, oneshot};

use crate::directory::Incoming;
use crate::dynamic::Newcomers;
use crate::exit::ExitSender;
use crate::limits::COMMAND_QUEUE_LEN;
use crate::protocol::{AnyTable, Command, ReloadDirection, StopReason, Tables};
use crate::without_effect::reason_for_no_session;
use crate::{computed, dynamic, kernel, session, table};

use super::dynamic::with;
use super::{Running, Supervisor};
use channels::log_faults;

/// How a configuration is applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// Changed policies do not make routes go through them again.
    pub(super) soft: bool,
    /// Protocols become disabled or not as the configuration says, whatever the operator has done since.
    pub(super) follow_disabled: bool,
}

impl Supervisor {
    /// Makes the router run `new`, changing as little as the difference asks for.
    pub(super) async fn apply(&mut self, old: &RouterConfig, new: &Arc<RouterConfig>, how: How) {
        let mut changes = diff(old, new);
        let (mut all_old, mut all_new) = (Cow::Borrowed(old), Cow::Borrowed(&**new));
        self.look_at_channels(&mut changes).await;
        let staying = self.staying(new, &changes);
        if !self.dynamic.is_empty() {
            (all_old, all_new) = (Cow::Owned(with(old, &self.dynamic)), Cow::Owned(with(new, &staying)));
            changes = diff(&all_old, &all_new);
            self.look_at_channels(&mut changes).await;
        }
        let starting = self.instances.is_empty();
        // Thousands of neighbors are looked up by name.
        let by_name = |config: &RouterConfig| -> HashMap<String, bool> {
            config.protocols.iter().map(|p| (p.name.clone(), p.stays_down())).collect()
        };
        let (was, is) = (by_name(&all_old), by_name(&all_new));
        // Old protocols go first: their tables, names and listening addresses may be wanted.
        for change in &changes.protocols {
            let instance = self.instances.get(&change.name);
            let was_disabled = instance.is_some_and(|i| i.disabled);
            let disabled = is.get(&change.name).copied().unwrap_or_default();
            let changed = was.get(&change.name).is_some_and(|was| *was != disabled);
            let follow_disabled = how.follow_disabled || changed;
            let (verb, reason) = match &change.kind {
                ChangeKind::Removed => ("Removing", StopReason::Removed),
                ChangeKind::Added if starting => continue,
                ChangeKind::Added => {
                    tracing::info!("Adding protocol {}", change.name);
                    continue;
                }
                // What was enabled and disabled by hand, or by itself, is again as the file says.
                _ if follow_disabled && was_disabled && !disabled => ("Enabling", StopReason::Reconfigured),
                _ if follow_disabled && !was_disabled && disabled => {
                    ("Disabling", StopReason::Disabled(None))
                }
                ChangeKind::Restart { .. } if !was_disabled => {
                    log_faults(new, change);
                    ("Restarting", StopReason::Reconfigured)
                }
                _ => continue,
            };
            tracing::info!("{verb} protocol {}", change.name);
            self.stop_protocol(&change.name, reason).await;
            if change.kind == ChangeKind::Removed {
                self.instances.remove(&change.name);
            } else if let Some(instance) = self.instances.get_mut(&change.name) {
                instance.disabled = disabled;
            }
        }
        self.config = new.clone();
        self.dynamic = staying;
        (self.applied)(new);
        self.choose_router_id(new);
        self.apply_tables(new);
        self.tell_own_addresses().await;
        self.listeners.apply(new, &self.directory).await;
        if changes.globals.contains(&GlobalChange::Hostname) {
            self.tell_hostname(&all_new).await;
        }
        // The first changes are those of the new protocols, in their order.
        for (protocol, change) in all_new.protocols.iter().zip(&changes.protocols) {
            self.apply_protocol(protocol, change, how.soft).await;
            // It may have been down for no reason that is in a file.
            self.start_protocol(protocol).await;
        }
    }

    /// Sessions that go on announce another name the next time.
    async fn tell_hostname(&self, new: &RouterConfig) {
        let sessions = new.protocols.iter().filter(|p| matches!(p.kind, ProtocolKind::Bgp(_)));
        for running in sessions.filter_map(|p| self.instances.get(&p.name)?.running.as_ref()) {
            let _ = running.commands.send(Command::Hostname(self.announced_name())).await;
        }
    }

    async fn apply_protocol(&mut self, protocol: &ProtocolConfig, change: &ProtocolChange, soft: bool) {
        match &change.kind {
            ChangeKind::Added | ChangeKind::Restart { .. } => {
                let instance = self.instances.entry(protocol.name.clone()).or_default();
                instance.disabled = protocol.stays_down();
                instance.since = crate::clock::unix_millis();
                self.start_protocol(protocol).await;
            }
            ChangeKind::Modify { reimport, reexport } => {
                let direction = ReloadDirection { import: *reimport && !soft, export: *reexport && !soft };
                self.log_reload(protocol, &change.channels, soft).await;
                if let Some(running) = self.instances.get(&protocol.name).and_then(|i| i.running.as_ref()) {
                    let update = Command::Update(Box::new(protocol.clone()), direction);
                    let _ = running.commands.send(update).await;
                }
            }
            ChangeKind::Unchanged | ChangeKind::Removed => {}
        }
    }

    /// Says to the tables which addresses are ours, if that is not what they know.
    pub(super) async fn tell_own_addresses(&mut self) {
        let own = self.links.borrow().own_addresses();
        if own == self.own_addresses {
            return;
        }
        self.own_addresses.clone_from(&own);
        for table in self.tables.values() {
            let own = own.clone();
            match table {
                AnyTable::Ipv4(t) => drop(t.call(|shell| shell.table.set_own_addresses(own)).await),
                AnyTable::Ipv6(t) => drop(t.call(|shell| shell.table.set_own_addresses(own)).await),
            }
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
                // It knows of no address yet.
                self.own_addresses.clear();
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
        self.start_for(protocol, None).await;
    }

    /// The same of one that is made for a connection.
    pub(super) async fn start_for(&mut self, protocol: &ProtocolConfig, first: Option<Incoming>) {
        let instance = self.instances.entry(protocol.name.clone()).or_default();
        let needs_id = matches!(protocol.kind, ProtocolKind::Bgp(_)) && protocol.router_id.is_none();
        let not_run = !protocol.kind.is_run();
        let cannot = needs_id && self.router_id.is_none();
        if not_run || cannot || instance.disabled || instance.running.is_some() {
            return;
        }
        trace_start(protocol);
        let context = self.context();
        let (commands, rx) = mpsc::channel(COMMAND_QUEUE_LEN);
        let life = self.lives;
        self.lives += 1;
        let config = protocol.clone();
        let task = match &protocol.kind {
            // They are not run.
            ProtocolKind::Pipe(_) | ProtocolKind::Rpki(_) | ProtocolKind::Bfd(_) => return,
            ProtocolKind::Device(_) | ProtocolKind::Direct(_) | ProtocolKind::Static(_) => {
                let (announced, first) = oneshot::channel();
                let task = crate::task::spawn(computed::run(config, context, rx, announced));
                // An error only says that the task ended.
                let _ = first.await;
                task
            }
            ProtocolKind::Kernel(_) => {
                let Some(channel) = protocol.channels.first().cloned() else { return };
                match context.tables.get(&channel.table).cloned() {
                    Some(AnyTable::Ipv4(t)) => {
                        crate::task::spawn(kernel::run(config, channel, t, context, rx))
                    }
                    Some(AnyTable::Ipv6(t)) => {
                        crate::task::spawn(kernel::run(config, channel, t, context, rx))
                    }
                    None => return,
                }
            }
            ProtocolKind::Bgp(bgp) => match bgp.neighbor {
                Neighbor::Range(net) if reason_for_no_session(bgp).is_none() => {
                    let newcomers = Newcomers { life, to: self.newcomers.0.clone() };
                    crate::task::spawn(dynamic::run(config, net, context, rx, newcomers))
                }
                _ => {
                    let exit = ExitSender::new(&protocol.name, life, self.exits.0.clone());
                    crate::task::spawn(session::run(config, context, rx, exit, first))
                }
            },
        };
        let instance = self.instances.entry(protocol.name.clone()).or_default();
        instance.since = crate::clock::unix_millis();
        (instance.last_error, instance.over_limit) = (None, None);
        instance.message = None;
        instance.last_dynamic = 0;
        instance.refused = 0;
        instance.running = Some(Running { life, commands, task });
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
        let span = tracing::Span::current();
        let read = move || span.in_scope(|| loader(name.as_deref()));
        let loaded = tokio::task::spawn_blocking(read).await;
        let new = match loaded {
            Ok(Ok(config)) => config,
            Ok(Err(lines)) => {
                // The log has no room for the lines of the file.
                let heads = lines.iter().filter_map(|text| text.lines().next());
                heads.for_each(|line| tracing::error!("{line}"));
                return ConfigureOutcome::Failed(lines);
            }
            Err(error) => return ConfigureOutcome::Failed(vec![error.to_string()]),
        };
        if check_only {
            return ConfigureOutcome::Checked;
        }
        tracing::info!("Reconfiguring");
        let old = self.config.clone();
        self.apply(&old, &Arc::new(new), How { soft, follow_disabled: true }).await;
        self.previous = Some(old);
        self.reconfigured = crate::clock::unix_millis();
        tracing::info!("Reconfigured");
        ConfigureOutcome::Reconfigured
    }

    /// Runs a configuration that was computed: only what changed in it is touched, and what an operator has
    /// disabled since stays so.
    pub(super) async fn replace(&mut self, new: Arc<RouterConfig>) {
        tracing::info!("Reconfiguring");
        let old = self.config.clone();
        self.apply(&old, &new, How { soft: false, follow_disabled: false }).await;
        // What an undo would go back to is not what is wanted any more.
        self.previous = None;
        self.undo_at = None;
        self.reconfigured = crate::clock::unix_millis();
        tracing::info!("Reconfigured");
    }

    /// Back to the configuration before; whether there was one.
    pub(super) async fn undo(&mut self) -> bool {
        self.undo_at = None;
        let Some(previous) = self.previous.take() else { return false };
        tracing::info!("Reconfiguring");
        let current = self.config.clone();
        // What is undone is forgotten: there is no undoing of that.
        self.apply(&current, &previous, How { soft: false, follow_disabled: true }).await;
        self.reconfigured = crate::clock::unix_millis();
        tracing::info!("Reconfigured");
        true
    }
}

/// What `debug { states }` shows of a start.
fn trace_start(protocol: &ProtocolConfig) {
    if protocol.debug.has(DebugFlags::STATES) {
        let state = if matches!(protocol.kind, ProtocolKind::Bgp(_)) { "start" } else { "up" };
        tracing::debug!("{}: Starting", protocol.name);
        tracing::debug!("{}: State changed to {state}", protocol.name);
    }
}

/// The same of a stop; a session tells of its own.
pub(super) fn trace_stop(protocol: &ProtocolConfig) {
    if protocol.debug.has(DebugFlags::STATES) && !matches!(protocol.kind, ProtocolKind::Bgp(_)) {
        tracing::debug!("{}: Shutting down", protocol.name);
        tracing::debug!("{}: State changed to flush", protocol.name);
        tracing::debug!("{}: State changed to down", protocol.name);
    }
}
