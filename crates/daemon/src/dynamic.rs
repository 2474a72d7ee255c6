//! Dynamic neighbors: the protocol with `neighbor range`, which has no session but has one made for who connects.

use godwit_api::{ProtocolState, ProtocolStatus};
use godwit_config::{BgpConfig, DebugFlags, Neighbor, ProtocolConfig, ProtocolKind};
use ipnetwork::IpNetwork;
use tokio::sync::mpsc;

use crate::directory::Incoming;
use crate::entrance::Entrance;
use crate::limits::RANGE_QUEUE_LEN;
use crate::protocol::{Command, Context, base_status};
use crate::session::{channel_down, not_running};
use crate::task::sleep_until;

/// Somebody of a range has connected: a session is to be made.
#[derive(Debug)]
pub(crate) struct Newcomer {
    /// The protocol with the range, and which of its lives.
    pub(crate) parent: String,
    pub(crate) life: u64,
    pub(crate) incoming: Incoming,
}

/// Where newcomers of a life of a protocol are told of.
pub(crate) struct Newcomers {
    pub(crate) life: u64,
    pub(crate) to: mpsc::Sender<Newcomer>,
}

/// The configuration of the session with one neighbor of a range.
pub(crate) fn session_with(parent: &ProtocolConfig, name: &str, neighbor: &Neighbor) -> ProtocolConfig {
    let mut config = ProtocolConfig { name: name.to_owned(), ..parent.clone() };
    if let ProtocolKind::Bgp(bgp) = &mut config.kind {
        bgp.neighbor = neighbor.clone();
        bgp.range_interface = None;
        bgp.interface_range = Vec::new();
    }
    config
}

/// Runs a protocol with a range until it is told to stop.
pub(crate) async fn run(
    config: ProtocolConfig,
    net: IpNetwork,
    context: Context,
    commands: mpsc::Receiver<Command>,
    newcomers: Newcomers,
) {
    let ProtocolKind::Bgp(bgp) = config.kind.clone() else { return };
    let (to, incoming) = mpsc::channel(RANGE_QUEUE_LEN);
    let since = crate::clock::unix_millis();
    let template = Template { config, bgp: *bgp, net, context, since, entrance: Entrance::new(to) };
    template.main(commands, incoming, newcomers).await;
}

struct Template {
    config: ProtocolConfig,
    bgp: BgpConfig,
    net: IpNetwork,
    context: Context,
    since: u64,
    entrance: Entrance,
}

impl Template {
    async fn main(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut incoming: mpsc::Receiver<Incoming>,
        newcomers: Newcomers,
    ) {
        self.open();
        self.trace(DebugFlags::EVENTS, "Started");
        // One that is not told of yet: the supervisor may be waiting for us.
        let mut waiting: Option<Incoming> = None;
        loop {
            let retry_at = self.entrance.retry_at();
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Stop(_, done)) => {
                        self.entrance.close();
                        for (flag, text) in STOPPING {
                            self.trace(flag, text);
                        }
                        let _ = done.send(());
                        return;
                    }
                    Some(Command::Status(reply)) => drop(reply.send(self.status())),
                    Some(Command::Channels(reply)) => drop(reply.send(Vec::new())),
                    Some(Command::Reload(_, reply)) => drop(reply.send(true)),
                    Some(Command::Update(config, _)) => self.config = *config,
                    // Its sessions are told themselves.
                    Some(Command::Hostname(_) | Command::Imported(..)) => {}
                    None => return,
                },
                () = sleep_until(retry_at) => self.open(),
                permit = newcomers.to.reserve(), if waiting.is_some() => {
                    let (Ok(permit), Some(incoming)) = (permit, waiting.take()) else { return };
                    let (parent, life) = (self.config.name.clone(), newcomers.life);
                    permit.send(Newcomer { parent, life, incoming });
                }
                Some(connection) = incoming.recv(), if waiting.is_none() => {
                    let (address, port) = (connection.peer.ip(), connection.peer.port());
                    let text = format!("Incoming connection from {address} (port {port}) accepted");
                    self.trace(DebugFlags::EVENTS, &text);
                    waiting = Some(connection);
                }
            }
        }
    }

    fn open(&mut self) {
        let (directory, bgp, net) = (&self.context.directory, &self.bgp, self.net);
        let without = "nobody is let in while that cannot be protected";
        self.entrance.open(&self.config.name, without, |to| directory.open_range(bgp, net, to));
    }

    fn status(&self) -> ProtocolStatus {
        let mut status = base_status(&self.config, ProtocolState::Start, self.since);
        let mut bgp = not_running(&self.bgp, self.entrance.fault());
        bgp.state = if self.entrance.is_open() { "Passive" } else { "Idle" };
        status.bgp = Some(Box::new(bgp));
        status.channels =
            self.config.channels.iter().map(|c| channel_down(&self.config, &self.bgp, c)).collect();
        status
    }

    /// A line for those who asked for it with `debug`.
    fn trace(&self, flag: u8, text: &str) {
        if self.config.debug.has(flag) {
            tracing::debug!("{}: {text}", self.config.name);
        }
    }
}

/// What is traced at the end.
const STOPPING: [(u8, &str); 6] = [
    (DebugFlags::STATES, "Shutting down"),
    (DebugFlags::EVENTS, "Shutdown requested"),
    (DebugFlags::STATES, "State changed to stop"),
    (DebugFlags::EVENTS, "Down"),
    (DebugFlags::STATES, "State changed to flush"),
    (DebugFlags::STATES, "State changed to down"),
];

#[cfg(test)]
mod tests {
    use godwit_config::NeighborAs;

    use super::*;

    #[test]
    fn a_session_is_as_its_range_but_for_whom_it_is_with() {
        let range = Neighbor::Range("fe80::/10".parse().unwrap());
        let mut bgp = BgpConfig::new(64_512, range, NeighborAs::External);
        bgp.range_interface = Some("eth0".into());
        bgp.password = Some(godwit_config::Password::new("secret"));
        let mut parent = ProtocolConfig::new("range", ProtocolKind::Bgp(Box::new(bgp)));
        parent.description = Some("all of them".into());
        let neighbor =
            Neighbor::Address { address: "fe80::2".parse().unwrap(), interface: Some("eth0".into()) };
        let session = session_with(&parent, "dynbgp1", &neighbor);
        assert_eq!((session.name.as_str(), &session.description), ("dynbgp1", &parent.description));
        let ProtocolKind::Bgp(bgp) = session.kind else { panic!("no session") };
        assert_eq!((bgp.neighbor, bgp.range_interface), (neighbor, None));
        assert!(bgp.password.is_some());
    }
}
