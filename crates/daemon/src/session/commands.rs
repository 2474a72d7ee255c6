//! What a session is told: by the supervisor, and by a table when a limit is passed.

use std::time::Instant;

use godwit_config::{DebugFlags, LimitAction, ProtocolConfig, ProtocolKind};
use godwit_fsm::{Action, CloseReason, Outbound, StopCause};
use godwit_wire::{AddressFamily, RouteRefresh};

use crate::over_limit::LimitKind;
use crate::protocol::{Command, ReloadDirection, StopReason};

use super::Task;
use super::peer::peer_config;

impl Task {
    pub(super) fn limit_hit(&mut self) {
        let name = &self.config.name;
        let mut end: Option<StopCause> = None;
        let mut disable = false;
        for channel in &self.config.channels {
            for kind in LimitKind::ALL {
                let passed = self.over_limit.take(channel.family, kind);
                let Some(limit) = kind.of(channel).filter(|_| passed) else { continue };
                let (max, action) = (limit.max, limit.action.word());
                tracing::warn!("Protocol {name} hits route {} limit ({max}), action: {action}", kind.word());
                end = match (limit.action, kind) {
                    (LimitAction::Warn | LimitAction::Block, _) => end,
                    // The neighbor has not sent too much.
                    (LimitAction::Restart, LimitKind::Export) => {
                        end.or(Some(StopCause::AdministrativeReset(None)))
                    }
                    (LimitAction::Disable, LimitKind::Export) => {
                        end.or(Some(StopCause::AdministrativeShutdown(None)))
                    }
                    (_, LimitKind::Receive | LimitKind::Import) => Some(StopCause::MaxPrefixes),
                };
                disable |= limit.action == LimitAction::Disable;
            }
        }
        let Some(cause) = end else { return };
        tracing::warn!("{name}: Route limit exceeded, shutting down");
        self.fsm.end(&cause, Instant::now());
        if disable {
            self.exit.end_over_limit(self.over_limit.clone());
        }
    }

    pub(super) async fn command(&mut self, command: Command) {
        match command {
            Command::Status(reply) => {
                let _ = reply.send(self.status().await);
            }
            Command::Imported(family, query, reply) => {
                let imported = self.up.as_ref().and_then(|up| up.imported(family, &query));
                let _ = reply.send(imported);
            }
            Command::Channels(reply) => drop(reply.send(self.channels_up())),
            Command::Reload(direction, reply) => {
                let _ = reply.send(self.reload(direction).await);
            }
            Command::Update(config, direction) => self.update_config(*config, direction).await,
            Command::Hostname(name) => {
                self.context.hostname = name;
                self.fsm.set_config(peer_config(&self.config, &self.bgp, &self.context));
            }
            Command::Stop(..) => {}
        }
    }

    /// The families that are spoken, and those of a neighbor that restarts.
    fn channels_up(&self) -> Vec<AddressFamily> {
        let mut families = self.up.as_ref().map(|up| up.families()).unwrap_or_default();
        families.extend(self.held.ipv4.as_ref().map(|_| AddressFamily::IPV4));
        families.extend(self.held.ipv6.as_ref().map(|_| AddressFamily::IPV6));
        families
    }

    async fn update_config(&mut self, config: ProtocolConfig, direction: ReloadDirection) {
        let mut suffices = true;
        if let ProtocolKind::Bgp(bgp) = &config.kind {
            // Whatever else is agreed on in an OPEN would have made the session restart.
            suffices = self.fsm.set_config(peer_config(&config, bgp, &self.context));
            let check_link = std::mem::replace(&mut self.bgp, (**bgp).clone()).check_link;
            if check_link != self.bgp.check_link {
                self.links_changed().await;
            }
        }
        self.config = config;
        if let Some(mut up) = self.up.take() {
            let negotiated = up.negotiated().clone();
            up.set_policies(self.view(&negotiated)).await;
            self.up = Some(up);
        }
        if !suffices {
            tracing::info!("Restarting protocol {}", self.config.name);
            return self.restart().await;
        }
        let import = ReloadDirection { export: false, ..direction };
        if import.import && !self.reload(import).await {
            tracing::info!("{}: neighbor does not take route refresh, restarting", self.config.name);
            self.restart().await;
        }
    }

    /// The session begins anew, as what is in the configuration wants it.
    async fn restart(&mut self) {
        self.fsm.stop(&StopCause::ConfigurationChange, Instant::now());
        self.act().await;
        self.fsm.start(Instant::now());
    }

    /// Runs policies over all routes again; `false` if the neighbor cannot be asked for its routes.
    async fn reload(&mut self, direction: ReloadDirection) -> bool {
        let Some(up) = &mut self.up else { return true };
        if direction.export {
            up.refeed().await;
        }
        if !direction.import {
            return true;
        }
        let links = self.context.links.borrow().clone();
        let mut to_ask = up.families();
        to_ask.retain(|family| !up.reload_kept(*family, &links, &self.config));
        if to_ask.is_empty() {
            return true;
        }
        if !up.can_refresh() {
            return false;
        }
        let over = up.direction();
        for family in to_ask {
            self.send(over, &Outbound::RouteRefresh(RouteRefresh { family, subtype: 0 }));
        }
        true
    }

    pub(super) async fn stop(&mut self, reason: &StopReason) {
        if *reason == StopReason::Graceful {
            // Gone without a word: the neighbor keeps our routes if it can.
            self.outgoing = None;
            self.incoming = None;
        }
        let cause = match reason {
            StopReason::Disabled(text) => StopCause::AdministrativeShutdown(text.clone()),
            StopReason::Shutdown | StopReason::Graceful => StopCause::AdministrativeShutdown(None),
            StopReason::Restarted(text) => StopCause::AdministrativeReset(text.clone()),
            StopReason::Removed => StopCause::Deconfigured,
            StopReason::Reconfigured => StopCause::ConfigurationChange,
        };
        self.trace(DebugFlags::STATES, "Shutting down");
        self.trace(DebugFlags::EVENTS, "Shutdown requested");
        self.trace(DebugFlags::STATES, "State changed to stop");
        self.fsm.stop(&cause, Instant::now());
        let mut closing = Vec::new();
        while let Some(action) = self.fsm.poll_action() {
            match action {
                Action::Send(direction, message) => self.send(direction, &message),
                Action::Close(direction, CloseReason::AfterFlush) => {
                    closing.extend(self.slot(direction).take().map(|c| crate::task::spawn(c.linger())));
                }
                Action::Log(class, text) => self.log(class, &text),
                _ => {}
            }
        }
        self.trace_end();
        if *reason != StopReason::Graceful {
            // The routes go at once, however long a dead neighbor does not close its end. In a graceful stop they stay
            // until the tables go: other sessions may still be up and would withdraw them.
            if let Some(up) = self.up.take() {
                up.stop().await;
            }
            self.held.flush().await;
        }
        // The last words go out before the runtime may end. Otherwise nobody waits for a neighbor that is gone.
        if matches!(reason, StopReason::Shutdown | StopReason::Graceful) {
            for connection in closing {
                let _ = connection.await;
            }
        }
    }
}
