//! Changes on their way into the kernel, and what is shown of those it refuses.

use std::time::{Duration, Instant};

use godwit_netlink::{NetlinkError, Operation};
use godwit_rib::NetKey;

use crate::limits::KERNEL_PLAN_MAX;
use crate::table::TableShell;

use super::Kernel;

// errno(3).
const ENODEV: i32 = 19;
const ENETDOWN: i32 = 100;

/// How long the news of an interface may be on its way.
const NEWS_OF_INTERFACE_MAX: Duration = Duration::from_secs(3);

/// What was said of a net whose interface is not there, or not up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum NoDevice {
    #[default]
    New,
    /// Refused for the first time then.
    Since(Instant),
    Said,
}

impl NoDevice {
    /// Refused again, or for the first time.
    fn is_to_be_said(&mut self, now: Instant) -> bool {
        match *self {
            Self::New => *self = Self::Since(now),
            Self::Since(first) if now.saturating_duration_since(first) >= NEWS_OF_INTERFACE_MAX => {
                *self = Self::Said;
                return true;
            }
            Self::Since(_) | Self::Said => {}
        }
        false
    }
}

impl<K: NetKey> Kernel<K> {
    /// Sends the next window of what is to be changed.
    pub(super) async fn program(&mut self) {
        if self.fib.has_plan() {
            let operations = self.fib.plan(KERNEL_PLAN_MAX);
            let mut refused = match self.programmer.apply(&operations).await {
                Ok(refused) => refused,
                Err(NetlinkError::NoPermission) => {
                    if !std::mem::replace(&mut self.permission_said, true) {
                        tracing::error!("{}: {}", self.config.name, NetlinkError::NoPermission);
                    }
                    operations.iter().enumerate().map(|(i, _)| (i, 1)).collect()
                }
                Err(error) => {
                    tracing::error!("{}: {error}", self.config.name);
                    operations.iter().enumerate().map(|(i, _)| (i, 5)).collect()
                }
            };
            refused.sort_unstable();
            let mut marks = Vec::new();
            for (index, operation) in operations.iter().enumerate() {
                let error = refused.binary_search_by_key(&index, |(i, _)| *i).ok();
                let code = error.and_then(|i| refused.get(i)).map(|(_, code)| *code);
                let news = self.fib.result(operation, code);
                let news = self.is_to_be_said(operation.net(), code, news);
                if let Some(code) = code.filter(|code| news && *code != 1) {
                    let text = std::io::Error::from_raw_os_error(code);
                    tracing::warn!("{}: Netlink: {}: {text}", self.config.name, operation.net());
                }
                if !matches!(operation, Operation::Delete(_)) {
                    marks.extend(self.mark(operation.net(), code.is_some()));
                }
            }
            self.show_refused(marks).await;
        }
    }

    /// Whether a refusal is worth a line, where `news` says that it is another than the last. That an interface
    /// is not there may be newer than what we know of interfaces: that is said when it is still so after a while.
    fn is_to_be_said(&mut self, net: ipnetwork::IpNetwork, code: Option<i32>, news: bool) -> bool {
        if !matches!(code, Some(ENODEV | ENETDOWN)) {
            self.no_device.remove(&net);
            return news;
        }
        self.no_device.entry(net).or_default().is_to_be_said(Instant::now())
    }

    /// Whether a net is refused, if that is to be told to the table.
    pub(super) fn mark(&mut self, net: ipnetwork::IpNetwork, refused: bool) -> Option<(K, bool)> {
        let key = K::from_net(net)?;
        let changed = if refused { self.marked.insert(key) } else { self.marked.remove(&key) };
        // The table forgets the mark when the route changes, so a refusal is always said again.
        (changed || refused).then_some((key, refused))
    }

    pub(super) async fn show_refused(&self, marks: Vec<(K, bool)>) {
        if marks.is_empty() {
            return;
        }
        let id = self.chunks.id();
        let show = move |shell: &mut TableShell<K>| {
            marks.into_iter().for_each(|(key, refused)| shell.table.set_refused(id, key, refused));
        };
        self.table.call(show).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_is_not_there_is_said_once_and_not_at_once() {
        let (mut state, now) = (NoDevice::default(), Instant::now());
        let said = [0, 0, 1, 2, 3, 3, 10].map(|secs| state.is_to_be_said(now + Duration::from_secs(secs)));
        assert_eq!(said, [false, false, false, false, true, false, false]);
    }
}
