//! Sessions with neighbors of a range. As with BIRD they stay when their neighbor goes, and go with their range's
//! protocol when that changes or is removed; to disable or restart it does nothing to them.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use godwit_config::{ChangeKind, ConfigDiff, Neighbor, ProtocolConfig, ProtocolKind, RouterConfig};

use crate::dynamic::{Newcomer, session_with};
use crate::links::is_link_local;

use super::Supervisor;

/// A session with a neighbor of a range.
#[derive(Clone)]
pub(super) struct Dynamic {
    pub(super) config: Arc<ProtocolConfig>,
    /// The protocol with the range.
    parent: String,
}

impl Supervisor {
    /// Every protocol there is: those of the configuration, then the dynamic ones in the order they came.
    pub(super) fn protocols_there_are(&self) -> impl Iterator<Item = &Arc<ProtocolConfig>> {
        self.config.protocols.iter().chain(self.dynamic.iter().map(|d| &d.config))
    }

    /// The configuration as it is with the dynamic sessions.
    pub(super) fn config_there_is(&self) -> Arc<RouterConfig> {
        if self.dynamic.is_empty() {
            return self.config.clone();
        }
        let protocols = self.protocols_there_are().cloned().collect();
        Arc::new(RouterConfig { protocols, ..(*self.config).clone() })
    }

    /// Makes a session for who has connected.
    pub(super) async fn newcomer(&mut self, newcomer: Newcomer) {
        let Newcomer { parent, life, incoming } = newcomer;
        let running = self.instances.get(&parent).and_then(|i| i.running.as_ref());
        // The range was of another life.
        if self.shutting_down || running.is_none_or(|running| running.life != life) {
            return;
        }
        let Some(config) = self.config.protocols.iter().find(|p| p.name == parent).cloned() else { return };
        let ProtocolKind::Bgp(bgp) = &config.kind else { return };
        let neighbor = self.neighbor(incoming.peer);
        // There is one that is disabled, or takes no connections just now.
        if self.dynamic.iter().any(|d| is_with(&d.config, &neighbor)) {
            return;
        }
        let (limit, here) = (bgp.dynamic_limit, self.dynamic.iter().filter(|d| d.parent == parent).count());
        if limit > 0 && here >= limit as usize {
            return self.refuse(&parent, limit, incoming.peer);
        }
        let name = self.next_name(&parent, |index| bgp.dynamic_name(index));
        let config = Arc::new(session_with(&config, &name, &neighbor));
        self.dynamic.push(Dynamic { config: config.clone(), parent });
        self.start_for(&config, Some(incoming)).await;
    }

    fn neighbor(&self, peer: SocketAddr) -> Neighbor {
        let interface = match peer {
            SocketAddr::V6(v6) if is_link_local(peer.ip()) => {
                Some(self.links.borrow().name(v6.scope_id()).to_string())
            }
            _ => None,
        };
        Neighbor::Address { address: peer.ip(), interface }
    }

    /// `dynamic limit` is reached.
    fn refuse(&mut self, parent: &str, limit: u32, peer: SocketAddr) {
        if let Some(instance) = self.instances.get_mut(parent) {
            instance.refused += 1;
        }
        if self.refusals.allows(Instant::now()) {
            if let Some(count) = self.refusals.left_out() {
                tracing::warn!("BGP: {count} more connections were refused and not logged");
            }
            let address = peer.ip();
            tracing::warn!("{parent}: connection from {address} refused: dynamic limit ({limit}) is reached");
        }
    }

    /// The next name that nobody has.
    fn next_name(&mut self, parent: &str, name: impl Fn(u32) -> String) -> String {
        let taken: HashSet<&str> = self.protocols_there_are().map(|p| p.name.as_str()).collect();
        let last = self.instances.get(parent).map_or(0, |i| i.last_dynamic);
        let mut names = (last.saturating_add(1)..=u32::MAX).map(|index| (index, name(index)));
        let found = names.find(|(_, name)| !taken.contains(name.as_str()));
        let (index, name) = found.unwrap_or_else(|| (last, name(last)));
        if let Some(instance) = self.instances.get_mut(parent) {
            instance.last_dynamic = index;
        }
        name
    }

    /// The dynamic sessions that stay when `new` is run in place of `old`, as they are to be then: not those whose
    /// range's protocol restarts or goes.
    pub(super) fn staying(&self, new: &RouterConfig, changes: &ConfigDiff) -> Vec<Dynamic> {
        let stays = |kind: &ChangeKind| matches!(kind, ChangeKind::Unchanged | ChangeKind::Modify { .. });
        let parents: HashMap<&str, &Arc<ProtocolConfig>> = new
            .protocols
            .iter()
            .zip(&changes.protocols)
            .filter(|(_, change)| stays(&change.kind))
            .map(|(protocol, _)| (protocol.name.as_str(), protocol))
            .collect();
        let named: HashSet<&str> = new.protocols.iter().map(|p| p.name.as_str()).collect();
        let one = |dynamic: &Dynamic| {
            let name = dynamic.config.name.as_str();
            let parent = parents.get(dynamic.parent.as_str()).filter(|_| !named.contains(name))?;
            let ProtocolKind::Bgp(bgp) = &dynamic.config.kind else { return None };
            let config = Arc::new(session_with(parent, name, &bgp.neighbor));
            Some(Dynamic { config, parent: dynamic.parent.clone() })
        };
        self.dynamic.iter().filter_map(one).collect()
    }
}

/// A configuration with dynamic sessions in it.
pub(super) fn with(config: &RouterConfig, dynamic: &[Dynamic]) -> RouterConfig {
    let mut config = config.clone();
    config.protocols.extend(dynamic.iter().map(|d| d.config.clone()));
    config
}

fn is_with(config: &ProtocolConfig, neighbor: &Neighbor) -> bool {
    matches!(&config.kind, ProtocolKind::Bgp(bgp) if bgp.neighbor == *neighbor)
}
