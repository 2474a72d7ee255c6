//! Answers about the router.

mod routes;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use godwit_api::{
    ChannelStatus, ConfigureOutcome, Interface, InterfaceAddress, Memory, ProtocolState, ProtocolStatus,
    Reply, Request, Selector, Status, UnixMillis,
};
use godwit_config::{ChannelConfig, ProtocolKind};
use ipnetwork::IpNetwork;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::links::{Link, LinkTable, is_link_local};
use crate::protocol::{AnyTable, Command, ReloadDirection, base_status, channel_status};
use crate::session;

use super::Supervisor;
use super::act::selects;
use super::apply::How;
use routes::page;

impl Supervisor {
    pub(super) async fn answer(&mut self, request: Request, reply: oneshot::Sender<Reply>) {
        // A page of routes is between the asker and a table; the supervisor goes on meanwhile.
        if let Request::Routes(query) = request {
            match self.route_tables(&query) {
                Ok(asked) => {
                    let (tables, links) = (self.tables.clone(), self.links.borrow().clone());
                    crate::task::spawn(async move {
                        let _ = reply.send(Reply::Routes(page(&query, &asked, &tables, &links).await));
                    });
                }
                Err(refusal) => {
                    let _ = reply.send(Reply::Refused(refusal));
                }
            }
            return;
        }
        let _ = reply.send(self.reply(request).await);
    }

    async fn reply(&mut self, request: Request) -> Reply {
        match request {
            Request::Status => Reply::Status(Box::new(self.status())),
            Request::Protocols(selector) => Reply::Protocols(self.protocols(&selector).await),
            Request::Interfaces => Reply::Interfaces(interfaces(&self.links.borrow())),
            Request::Memory => Reply::Memory(self.memory().await),
            Request::Config => Reply::Config(self.config_there_is()),
            Request::Configure { file, check_only, soft, undo_after_secs } => {
                let outcome = self.configure(file.as_deref(), check_only, soft).await;
                if matches!(outcome, ConfigureOutcome::Reconfigured) {
                    self.undo_at =
                        undo_after_secs.map(|secs| Instant::now() + Duration::from_secs(secs.into()));
                }
                Reply::Configure(outcome)
            }
            Request::ConfigureConfirm => match self.undo_at.take() {
                Some(_) => Reply::Confirmed,
                None => Reply::NothingToDo,
            },
            Request::ConfigureUndo => {
                if self.undo().await {
                    Reply::Configure(ConfigureOutcome::Reconfigured)
                } else {
                    Reply::NothingToDo
                }
            }
            Request::ConfigureStatus => {
                let left = |at: Instant| at.saturating_duration_since(Instant::now()).as_secs_f64();
                Reply::ConfigureStatus(self.undo_at.map(left))
            }
            Request::Act { action, selector, message } => {
                Reply::Acted(self.act(action, &selector, message).await)
            }
            Request::SetDebug { selector, flags } => self.set_debug(&selector, flags).await,
            Request::Shutdown | Request::GracefulRestart | Request::Routes(_) => Reply::Done,
        }
    }

    /// The name that neighbors are told.
    pub(super) fn announced_name(&self) -> Option<std::sync::Arc<str>> {
        Some(self.hostname()).filter(|name| !name.is_empty()).map(Into::into)
    }

    /// `hostname`, or the system's; empty if it has none.
    pub(super) fn hostname(&self) -> String {
        self.config.hostname.clone().unwrap_or_else(system_hostname)
    }

    fn status(&self) -> Status {
        Status {
            router_id: self.router_id,
            hostname: self.hostname(),
            now: UnixMillis(crate::clock::unix_millis()),
            started: UnixMillis(self.started),
            reconfigured: UnixMillis(self.reconfigured),
            shutting_down: self.shutting_down,
            recovery: self.recovery.status(self.config.graceful_restart_wait_secs),
        }
    }

    async fn protocols(&self, selector: &Selector) -> Vec<ProtocolStatus> {
        let mut list = Vec::new();
        for protocol in self.protocols_there_are().filter(|p| selects(selector, &p.name)) {
            let instance = self.instances.get(&protocol.name);
            let asked = match instance.and_then(|i| i.running.as_ref()) {
                Some(running) => {
                    let (reply, answer) = oneshot::channel();
                    match running.commands.send(Command::Status(reply)).await {
                        Ok(()) => answer.await.ok(),
                        Err(_) => None,
                    }
                }
                None => None,
            };
            let mut status = asked.unwrap_or_else(|| {
                let since = instance.map_or(self.started, |i| i.since);
                let mut status = base_status(protocol, ProtocolState::Down, since);
                status.message = protocol.held.clone().or_else(|| instance.and_then(|i| i.message.clone()));
                let last_error = instance.and_then(|i| i.last_error.clone());
                let channel: &dyn Fn(&ChannelConfig) -> ChannelStatus = match &protocol.kind {
                    ProtocolKind::Bgp(bgp) => {
                        status.bgp = Some(Box::new(session::not_running(bgp, last_error)));
                        &|c| session::channel_down(protocol, bgp, c)
                    }
                    _ => &|c| channel_status(c, "DOWN"),
                };
                status.channels = protocol.channels.iter().map(channel).collect();
                if let Some(over_limit) = instance.and_then(|i| i.over_limit.as_ref()) {
                    status.channels.iter_mut().for_each(|channel| over_limit.mark_hit(channel));
                }
                status
            });
            if let Some(bgp) = &mut status.bgp
                && let Some(refused) = instance.map(|i| i.refused).filter(|n| *n > 0)
            {
                let text = || format!("Error: Dynamic limit reached, {refused} connections refused");
                bgp.last_error.get_or_insert_with(text);
            }
            list.push(status);
        }
        list
    }

    async fn set_debug(&mut self, selector: &Selector, flags: godwit_config::DebugFlags) -> Reply {
        let mut config = (*self.config).clone();
        for protocol in config.protocols.iter_mut().filter(|p| selects(selector, &p.name)) {
            Arc::make_mut(protocol).debug = flags;
        }
        let old = self.config.clone();
        self.apply(&old, &Arc::new(config), How { soft: true, follow_disabled: false }).await;
        for dynamic in self.dynamic.iter_mut().filter(|d| selects(selector, &d.config.name)) {
            Arc::make_mut(&mut dynamic.config).debug = flags;
            let running = self.instances.get(&dynamic.config.name).and_then(|i| i.running.as_ref());
            if let Some(running) = running {
                let nothing = ReloadDirection { import: false, export: false };
                let update = Command::Update(Box::new((*dynamic.config).clone()), nothing);
                let _ = running.commands.send(update).await;
            }
        }
        Reply::Done
    }

    async fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for table in self.tables.values() {
            let used = match table {
                AnyTable::Ipv4(t) => t.call(|shell| shell.table.memory()).await,
                AnyTable::Ipv6(t) => t.call(|shell| shell.table.memory()).await,
            };
            let (nets, attributes) = used.unwrap_or_default();
            memory.tables.0 += nets as u64;
            memory.attributes.0 += attributes as u64;
        }
        memory.total.0 = resident_memory();
        memory
    }
}

fn interfaces(links: &LinkTable) -> Vec<Interface> {
    links.links.iter().map(|link| interface(link, links)).collect()
}

fn interface(link: &Link, links: &LinkTable) -> Interface {
    // As BIRD marks them: one of IPv4, one of IPv6 that is not link-local, and the link-local one.
    let first =
        |of: &dyn Fn(IpAddr) -> bool| link.addresses.iter().position(|a| !a.secondary && of(a.address.ip()));
    let preferred =
        [first(&|ip| ip.is_ipv4()), first(&|ip| ip.is_ipv6() && !is_link_local(ip)), first(&is_link_local)];
    let addresses = link.addresses.iter().enumerate().map(|(i, a)| InterfaceAddress {
        address: a.address,
        // A peer prefix is nobody's address.
        opposite: match a.peer {
            None => opposite(&a.address),
            peer => peer.filter(|p| a.address.prefix() == if p.is_ipv4() { 32 } else { 128 }),
        },
        preferred: preferred.contains(&Some(i)),
        secondary: a.secondary,
        scope: a.scope,
    });
    Interface {
        name: link.name.to_string(),
        index: link.index,
        master: link.master.map(|m| links.name(m).to_string()),
        admin_up: link.admin_up,
        link_up: link.link_up,
        loopback: link.loopback,
        point_to_point: link.point_to_point,
        broadcast: link.broadcast,
        multicast: link.multicast,
        mtu: link.mtu,
        addresses: addresses.collect(),
    }
}

/// The one other address of a /30, /31, /126 or /127.
fn opposite(address: &IpNetwork) -> Option<std::net::IpAddr> {
    match address {
        IpNetwork::V4(net) => {
            let ip = u32::from(net.ip());
            match net.prefix() {
                31 => Some(std::net::Ipv4Addr::from(ip ^ 1).into()),
                30 if matches!(ip & 3, 1 | 2) => Some(std::net::Ipv4Addr::from(ip ^ 3).into()),
                _ => None,
            }
        }
        IpNetwork::V6(net) => {
            let ip = u128::from(net.ip());
            match net.prefix() {
                127 => Some(std::net::Ipv6Addr::from(ip ^ 1).into()),
                126 if matches!(ip & 3, 1 | 2) => Some(std::net::Ipv6Addr::from(ip ^ 3).into()),
                _ => None,
            }
        }
    }
}

fn system_hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map(|s| s.trim().to_owned()).unwrap_or_default()
}

/// Resident memory, octets.
fn resident_memory() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    pages * 4096
}
