//! What the kernel says: dumps, and news between them.

use std::collections::BTreeSet;

use ipnetwork::IpNetwork;

use super::compare::{effective_metric, is_learnable};
use super::{Alien, Fib};
use crate::PROTOCOL_BIRD;
use crate::model::{Family, KernelRoute};

impl Fib {
    /// A full dump follows.
    pub fn begin_resync(&mut self) {
        self.resyncing = true;
        self.aliens_seen.clear();
        self.strays.clear();
        self.entries.values_mut().for_each(|e| e.seen = false);
    }

    /// The dump was complete: what was not in it is not there. Foreign routes that went missing are
    /// returned.
    pub fn end_resync(&mut self) -> Vec<Alien> {
        self.resyncing = false;
        self.synced = true;
        let mut lost = Vec::new();
        for (net, entry) in &mut self.entries {
            if entry.seen {
                continue;
            }
            (entry.installed, entry.inherited) = (None, None);
            if entry.wanted.is_some() && entry.in_place {
                entry.in_place = false;
                self.counters.disturbed += 1;
                if !entry.queued {
                    entry.queued = true;
                    lost.push(*net);
                }
            }
        }
        self.queue.extend(lost);
        self.look_again_at_held();
        let gone: Vec<KernelRoute> = self
            .aliens
            .values()
            .flatten()
            .filter(|r| !self.aliens_seen.contains(&(r.net, r.metric, r.protocol)))
            .cloned()
            .collect();
        gone.iter().filter_map(|route| self.alien(route, true)).collect()
    }

    /// A route is there (or, with `gone`, no longer). News of foreign routes are returned.
    pub fn observe(&mut self, route: &KernelRoute, gone: bool) -> Option<Alien> {
        if route.table != self.table || Family::of(&route.net) != self.family {
            return None;
        }
        if route.protocol == PROTOCOL_BIRD {
            if self.metric == 0 || route.metric == self.metric {
                self.own(route, gone);
            }
            return None;
        }
        if gone {
            self.vacated(route);
        } else {
            self.displaced(route);
        }
        if self.resyncing && !gone {
            self.aliens_seen.insert((route.net, route.metric, route.protocol));
        }
        self.alien(route, gone)
    }

    fn own(&mut self, route: &KernelRoute, gone: bool) {
        let wanted = self.entries.get(&route.net).and_then(|e| e.wanted.clone());
        let Some(wanted) = wanted.filter(|w| self.effective_metric(w.metric) == route.metric) else {
            // What is queued takes the route away that it knows of.
            let known = self.entries.get_mut(&route.net).filter(|e| e.installed == Some(route.metric));
            match known {
                Some(entry) if gone && entry.inherited.is_some() => {
                    (entry.installed, entry.inherited) = (None, None);
                }
                Some(_) if gone => {}
                Some(entry) => {
                    entry.seen = true;
                    if let Some(inherited) = &mut entry.inherited {
                        **inherited = route.clone();
                    }
                }
                None if gone => drop(self.strays.remove(&(route.net, route.metric))),
                None => drop(self.strays.insert((route.net, route.metric), route.clone())),
            }
            if gone {
                self.release(route.net);
            }
            return;
        };
        let same = !gone && self.is_as_wanted(route, &wanted);
        if !gone {
            self.leave_behind(route.net, route.metric);
        }
        let Some(entry) = self.entries.get_mut(&route.net) else { return };
        entry.seen = !gone;
        if gone && entry.inherited.take().is_some() {
            entry.installed = None;
        }
        if !gone {
            let earlier = self.recovering && (entry.installed.is_none() || entry.inherited.is_some());
            entry.inherited = earlier.then(|| Box::new(route.clone()));
            entry.installed = Some(route.metric);
        }
        // News may be older than what we did since: a route that is gone may be there again.
        if same {
            entry.in_place = true;
            self.refused.remove(&route.net);
        } else if entry.in_place {
            entry.in_place = false;
            self.disturbed(route.net);
        }
        if gone {
            self.release(route.net);
        }
    }

    /// A dump may have shown that what nets were held for is gone.
    fn look_again_at_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        let (stay, go): (BTreeSet<_>, BTreeSet<_>) = held.into_iter().partition(|net| self.is_held(*net));
        self.held = stay;
        self.queue.extend(go);
    }

    /// Somebody else has a route where we know of ours. The kernel says no more than this of one that was
    /// replaced, and a later change of ours must not hit his.
    fn displaced(&mut self, by: &KernelRoute) {
        self.strays.remove(&(by.net, by.metric));
        if let Some(entry) = self.entries.get_mut(&by.net)
            && entry.installed == Some(by.metric)
        {
            (entry.installed, entry.inherited) = (None, None);
        }
        self.release(by.net);
    }

    /// Somebody else's route is gone: ours may take the place it had, now rather than at the next try.
    pub(super) fn vacated(&mut self, by: &KernelRoute) {
        let (table, family) = (self.metric, self.family);
        if let Some(entry) = self.entries.get_mut(&by.net)
            && entry.wanted.as_ref().is_some_and(|w| effective_metric(table, family, w.metric) == by.metric)
            && entry.installed.is_none()
        {
            entry.in_place = false;
            if !entry.queued {
                entry.queued = true;
                self.queue.push_back(by.net);
            }
        }
    }

    /// A route of ours with this metric takes the place of the one we know of. One with another metric
    /// is left over then.
    pub(super) fn leave_behind(&mut self, net: IpNetwork, metric: u32) {
        let known = self.entries.get(&net).and_then(|e| e.installed);
        if let Some(old) = known.filter(|old| *old != metric) {
            self.strays.insert((net, old), self.identity(net, old));
        }
    }

    /// Keeps the foreign routes of each net; the one with the lowest metric is news when it changes.
    pub(super) fn alien(&mut self, route: &KernelRoute, gone: bool) -> Option<Alien> {
        // 2 is the kernel's own, 1 a redirect: neither is learned.
        if !self.learn || matches!(route.protocol, 1 | 2) || !is_learnable(&route.net) {
            return None;
        }
        let list = self.aliens.entry(route.net).or_default();
        let before = list.first().cloned();
        list.retain(|r| r.metric != route.metric || (gone && r.protocol != route.protocol));
        if !gone {
            let place = list.partition_point(|r| r.metric < route.metric);
            list.insert(place, route.clone());
        }
        let after = list.first().cloned();
        if after.is_none() {
            self.aliens.remove(&route.net);
        }
        match after {
            after if after == before => None,
            Some(best) => Some(Alien::Best(best)),
            None => Some(Alien::None(route.net)),
        }
    }
}
