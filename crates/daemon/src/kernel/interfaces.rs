//! Interfaces that come, change and go, and what that means for routes. The kernel drops IPv4 routes with the interface
//! they went through and says nothing, so its table is read again then; but only then: on a node whose pods come and go
//! all day nothing goes through most interfaces.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use godwit_netlink::Event;
use godwit_rib::{NetKey, RouteBatch};
use tokio::sync::broadcast;

use super::Kernel;
use crate::links::{Link, LinkTable};

/// The interfaces as they were when last looked at.
#[derive(Debug)]
pub(super) struct Interfaces {
    last: Arc<LinkTable>,
    /// Of those the kernel may have routes it does not use now, which it uses again without a word.
    dormant: BTreeSet<u32>,
}

/// What happened to interfaces.
#[derive(PartialEq, Eq, Debug, Default)]
struct Changes {
    /// They are not there any more.
    gone: BTreeSet<u32>,
    /// Routes through them may be gone.
    lost: BTreeSet<u32>,
    /// No interface has them any more.
    addresses: BTreeSet<IpAddr>,
    /// They work again.
    woken: bool,
}

impl Interfaces {
    pub(super) fn new(links: Arc<LinkTable>) -> Self {
        let dormant = links.links.iter().filter(|link| !works(link)).map(|link| link.index).collect();
        Self { last: links, dormant }
    }

    /// What is different from when this was last asked.
    fn look(&mut self, links: Arc<LinkTable>) -> Changes {
        let before = std::mem::replace(&mut self.last, links);
        let mut changes = Changes::default();
        for old in &before.links {
            match self.last.by_index(old.index) {
                None => drop(changes.gone.insert(old.index)),
                Some(new) if new.lost != old.lost => drop(changes.lost.insert(old.index)),
                Some(_) => {}
            }
        }
        let addresses = |links: &LinkTable| -> BTreeSet<IpAddr> {
            links.addresses().map(|(_, address)| address.address.ip()).collect()
        };
        changes.addresses = &addresses(&before) - &addresses(&self.last);
        let now: BTreeSet<u32> = self.last.links.iter().filter(|link| works(link)).map(|l| l.index).collect();
        changes.woken = !self.dormant.is_disjoint(&now);
        self.dormant.retain(|index| self.last.by_index(*index).is_some() && !now.contains(index));
        changes
    }
}

fn works(link: &Link) -> bool {
    link.admin_up && link.link_up
}

impl<K: NetKey> Kernel<K> {
    /// Interfaces or their addresses changed.
    pub(super) async fn links_changed(&mut self, events: &mut broadcast::Receiver<Arc<[Event]>>) {
        let mut lagged = false;
        // The monitor tells of an interface before it tells of the routes through it. So all that is known of routes
        // after this is not younger than what is known of interfaces, nor is something older still to come.
        let links = loop {
            let links = self.context.links.borrow_and_update().clone();
            loop {
                match events.try_recv() {
                    Ok(batch) => self.events(&batch).await,
                    Err(broadcast::error::TryRecvError::Lagged(_)) => lagged = true,
                    Err(_) => break,
                }
            }
            if !self.context.links.has_changed().unwrap_or(false) {
                break links;
            }
        };
        let (id, surroundings) = (self.chunks.id(), links.clone());
        self.table
            .call(move |shell| {
                if let Some(exporter) = shell.table.exporter_mut(id) {
                    exporter.set_surroundings(surroundings);
                }
            })
            .await;
        // Before the dump shows that the routes through an interface went with it.
        self.tunnels_changed();
        let Changes { gone, lost, addresses, woken } = self.interfaces.look(links.clone());
        // Also one that came and went since the last look.
        let present: BTreeSet<u32> = links.links.iter().map(|link| link.index).collect();
        let is_gone = |index: u32| index != 0 && !present.contains(&index);
        let mut batch = RouteBatch::default();
        for news in self.fib.interfaces_gone(is_gone) {
            self.learn(&news, &mut batch);
        }
        self.send(batch).await;
        let something = !gone.is_empty() || !lost.is_empty();
        let concerns = |index: u32| lost.contains(&index) || is_gone(index) || (index == 0 && something);
        let concerned = self.fib.depends_on(concerns, &addresses);
        if concerned {
            self.interfaces.dormant.extend(lost);
            // It may have been the interface each time.
            self.fib.forget_contests();
        }
        self.fib.retry_refused();
        if concerned || woken || lagged {
            self.resync().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(links: &[(u32, bool, u64)]) -> Arc<LinkTable> {
        let link = |(index, up, lost): &(u32, bool, u64)| Link {
            index: *index,
            admin_up: *up,
            link_up: *up,
            lost: *lost,
            ..Link::default()
        };
        Arc::new(LinkTable { links: links.iter().map(link).collect() })
    }

    #[test]
    fn what_comes_is_no_loss_and_what_goes_is_one() {
        let mut interfaces = Interfaces::new(table(&[(1, true, 1)]));
        assert_eq!(interfaces.look(table(&[(1, true, 1), (2, false, 2)])), Changes::default());
        assert_eq!(interfaces.look(table(&[(1, true, 1), (2, true, 2)])), Changes::default());
        let gone = Changes { gone: [2].into(), ..Changes::default() };
        assert_eq!(interfaces.look(table(&[(1, true, 1)])), gone);
        // It went down and came up between two looks.
        let lost = Changes { lost: [1].into(), ..Changes::default() };
        assert_eq!(interfaces.look(table(&[(1, true, 3)])), lost);
    }

    #[test]
    fn what_was_down_at_first_may_bring_routes_back() {
        let mut interfaces = Interfaces::new(table(&[(1, false, 1)]));
        assert!(!interfaces.look(table(&[(1, false, 1), (2, true, 2)])).woken);
        assert!(interfaces.look(table(&[(1, true, 1)])).woken);
        assert!(!interfaces.look(table(&[(1, true, 1), (2, false, 2)])).woken);
    }
}
