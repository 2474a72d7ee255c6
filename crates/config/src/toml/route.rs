//! Static routes.

use godwit_filter::Diagnostic;
use ipnetwork::IpNetwork;
use toml::Spanned;

use super::build::Build;
use super::raw::{Route, RouteType};
use super::span;
use super::value::{Net, Via};
use crate::model::{StaticNextHop, StaticRoute, StaticTarget};

impl Build<'_> {
    /// A prefix whose host bits are zero.
    pub(super) fn net(&mut self, raw: &Spanned<Net>) -> Option<IpNetwork> {
        let net = raw.get_ref().0;
        if net.ip() == net.network() {
            return Some(net);
        }
        let wanted = format!("{}/{}", net.network(), net.prefix());
        let family = if net.is_ipv4() { "IPv4" } else { "IPv6" };
        self.wrong(raw, format!("Invalid {family} prefix {net}, maybe you wanted {wanted}"));
        None
    }

    /// A route of a static protocol.
    pub(super) fn route(&mut self, raw: &Spanned<Route>) -> Option<StaticRoute> {
        let place = span(self.file, raw.span());
        let raw = raw.get_ref();
        let net = self.net(&raw.net)?;
        let target = match (&raw.via, raw.recursive, raw.kind) {
            (Some(via), None, None) if !via.0.is_empty() => {
                let hop = |v: &Via| StaticNextHop {
                    gateway: v.gateway,
                    interface: v.interface.clone(),
                    weight: v.weight,
                    onlink: v.onlink,
                };
                StaticTarget::NextHops(via.0.iter().map(hop).collect())
            }
            (None, Some(address), None) => StaticTarget::Recursive(address),
            (None, None, Some(RouteType::Blackhole)) => StaticTarget::Blackhole,
            (None, None, Some(RouteType::Unreachable)) => StaticTarget::Unreachable,
            (None, None, Some(RouteType::Prohibit)) => StaticTarget::Prohibit,
            _ => {
                let message = "a route needs exactly one of `via`, `recursive` and `type`";
                self.diagnostics.push(Diagnostic::error(place, message));
                return None;
            }
        };
        let commands = match &raw.set {
            Some(set) => Some(self.commands(set)?),
            None => None,
        };
        Some(StaticRoute { net, target, commands })
    }
}
