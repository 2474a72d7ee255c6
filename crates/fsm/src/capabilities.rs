//! Capabilities: what our OPEN says, and what must be in the neighbor's.

use godwit_wire::{
    AddressFamily, Capability, ExtendedNextHopFamily, GracefulRestart, GracefulRestartFamily, Hostname,
    LongLivedFamily, Notification, Open, Role,
};

use crate::config::{GracefulRestartConfig, PeerConfig};
use crate::establish::agreed_add_path;

/// The AFI of IPv6.
const AFI_IPV6: u16 = 2;

impl PeerConfig {
    /// The OPEN we send.
    pub(crate) fn open(&self, with_capabilities: bool) -> Open {
        let with = self.capabilities && with_capabilities;
        Open {
            asn: u16::try_from(self.local_as).unwrap_or(godwit_wire::AS_TRANS),
            hold_time_secs: self.hold_time_secs,
            identifier: self.router_id,
            capabilities: if with { self.our_capabilities() } else { Vec::new() },
        }
    }

    /// In the order of BIRD.
    fn our_capabilities(&self) -> Vec<Capability> {
        let implied = !self.announces_ipv4 && self.families == [AddressFamily::IPV4];
        let families = if implied { &[] } else { self.families.as_slice() };
        let mut list: Vec<_> = families.iter().map(|f| Capability::Multiprotocol(*f)).collect();
        if self.route_refresh {
            list.push(Capability::RouteRefresh);
        }
        let next_hops: Vec<_> =
            self.extended_next_hop.iter().filter(|f| self.families.contains(f)).map(extended).collect();
        if !next_hops.is_empty() {
            list.push(Capability::ExtendedNextHop(next_hops));
        }
        if self.extended_messages {
            list.push(Capability::ExtendedMessage);
        }
        list.extend(self.local_role.filter(|_| !self.may_be_internal()).map(Capability::Role));
        list.extend(self.graceful_restart_capability());
        if self.four_octet_as {
            list.push(Capability::FourOctetAs(self.local_as));
        }
        let add_path = self.add_path.iter().filter(|f| f.receive || f.send).copied();
        let add_path: Vec<_> = add_path.filter(|f| self.families.contains(&f.family)).collect();
        if !add_path.is_empty() {
            list.push(Capability::AddPath(add_path));
        }
        if self.route_refresh && self.enhanced_route_refresh {
            list.push(Capability::EnhancedRouteRefresh);
        }
        list.extend(self.long_lived_capability());
        list.extend(self.hostname.as_deref().map(|name| Capability::Hostname(Hostname::new(name))));
        list
    }

    fn graceful_restart_capability(&self) -> Option<Capability> {
        let (restart_time_secs, families) = match self.graceful_restart {
            GracefulRestartConfig::Off => return None,
            GracefulRestartConfig::Aware => (0, Vec::new()),
            GracefulRestartConfig::On { restart_time_secs } => {
                let family = |f: &AddressFamily| GracefulRestartFamily {
                    family: *f,
                    forwarding_preserved: self.preserved_families.contains(f),
                };
                (restart_time_secs, self.restart_families.iter().map(family).collect())
            }
        };
        Some(Capability::GracefulRestart(GracefulRestart {
            restarting: self.restarting,
            notification: self.graceful_notification,
            restart_time_secs,
            families,
        }))
    }

    /// RFC 9494 §4.1: only beside the capability of graceful restart.
    fn long_lived_capability(&self) -> Option<Capability> {
        if self.graceful_restart == GracefulRestartConfig::Off {
            return None;
        }
        let asked = self.long_lived.as_ref()?.iter().filter_map(|f| Some((f.family, f.stale_time_secs?)));
        let family = |(family, stale_time_secs)| LongLivedFamily {
            family,
            forwarding_preserved: self.preserved_families.contains(&family),
            stale_time_secs,
        };
        Some(Capability::LongLivedGracefulRestart(asked.map(family).collect()))
    }

    fn may_be_internal(&self) -> bool {
        self.remote_as.accepts(self.local_as, self.local_as)
    }

    /// What is required and not there: NOTIFICATION 2/7 says it (RFC 5492 §5).
    pub(crate) fn check_required(&self, local: &Open, open: &Open) -> Result<(), Notification> {
        let required = &self.required;
        let restart = || Capability::GracefulRestart(open_restart(local));
        let long_lived = || Capability::LongLivedGracefulRestart(Vec::new());
        let cases = [
            (required.route_refresh, open.has(&Capability::RouteRefresh), Capability::RouteRefresh),
            (required.extended_messages, open.has(&Capability::ExtendedMessage), Capability::ExtendedMessage),
            (required.graceful_restart, open.graceful_restart().is_some(), restart()),
            (required.four_octet_as, open.four_octet_as().is_some(), Capability::FourOctetAs(self.local_as)),
            (
                required.enhanced_route_refresh,
                open.has(&Capability::EnhancedRouteRefresh),
                Capability::EnhancedRouteRefresh,
            ),
            (
                required.long_lived_graceful_restart,
                open.long_lived_graceful_restart().is_some(),
                long_lived(),
            ),
            (
                required.hostname,
                open.hostname().is_some(),
                Capability::Hostname(local.hostname().cloned().unwrap_or_default()),
            ),
        ];
        let mut missing: Vec<_> =
            cases.into_iter().filter(|(required, there, _)| *required && !there).map(|(_, _, c)| c).collect();
        let next_hops = open.extended_next_hop(AFI_IPV6);
        let next_hops: Vec<_> =
            required.extended_next_hop.iter().filter(|f| !next_hops.contains(f)).map(extended).collect();
        if !next_hops.is_empty() {
            missing.push(Capability::ExtendedNextHop(next_hops));
        }
        let agrees = |f: &AddressFamily| {
            let agreed = agreed_add_path(*f, local, open).map_or((false, false), |a| (a.receive, a.send));
            local.add_path(*f).is_none_or(|ours| (ours.receive, ours.send) == agreed)
        };
        let paths: Vec<_> = required.add_path.iter().filter(|f| !agrees(f)).collect();
        if !paths.is_empty() {
            let ours = paths.into_iter().filter_map(|f| local.add_path(*f)).collect();
            missing.push(Capability::AddPath(ours));
        }
        if missing.is_empty() { Ok(()) } else { Err(Notification::missing_capabilities(&missing)) }
    }

    /// What we are to a neighbor that has sent this OPEN (RFC 9234 §4.2).
    pub(crate) fn check_role(&self, internal: bool, open: &Open) -> Result<Option<Role>, Notification> {
        let Some(ours) = self.local_role.filter(|_| !internal) else { return Ok(None) };
        match open.role()? {
            Some(theirs) if theirs == ours.counterpart() => Ok(Some(ours)),
            None if !self.required.roles => Ok(Some(ours)),
            Some(_) | None => Err(Notification::ROLE_MISMATCH),
        }
    }
}

fn extended(family: &AddressFamily) -> ExtendedNextHopFamily {
    ExtendedNextHopFamily { family: *family, next_hop_afi: AFI_IPV6 }
}

fn open_restart(local: &Open) -> GracefulRestart {
    local.graceful_restart().cloned().unwrap_or_default()
}

/// Families whose routes may go with next hops of IPv6: both ends said so (RFC 8950 §4).
pub(crate) fn agreed_next_hops(
    families: &[AddressFamily],
    local: &Open,
    remote: &Open,
) -> Vec<AddressFamily> {
    let (ours, theirs) = (local.extended_next_hop(AFI_IPV6), remote.extended_next_hop(AFI_IPV6));
    families.iter().copied().filter(|f| ours.contains(f) && theirs.contains(f)).collect()
}
