//! Judging the neighbor's OPEN, and what the two of them agree on.

use std::net::Ipv4Addr;
use std::time::Duration;

use godwit_wire::{AS_TRANS, AddPathFamily, AddressFamily, Capability, GracefulRestart, Notification, Open};

use crate::config::PeerConfig;

/// What an established session agreed on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Negotiated {
    /// The neighbor's AS.
    pub peer_as: u32,
    /// The neighbor's BGP identifier.
    pub peer_id: Ipv4Addr,
    /// An internal session.
    pub internal: bool,
    /// Hold time; zero: off.
    pub hold_time: Duration,
    /// Keepalive time; zero: off.
    pub keepalive_time: Duration,
    /// How long the neighbor may take nothing of what we send (RFC 9687); none: for ever.
    pub send_hold_time: Option<Duration>,
    /// Both ends use 4-octet AS numbers.
    pub four_octet_as: bool,
    /// Families both announced.
    pub families: Vec<AddressFamily>,
    /// Which of these carry path identifiers: from the neighbor (`receive`), to it (`send`).
    pub add_path: Vec<AddPathFamily>,
    /// The neighbor takes ROUTE-REFRESH, and we announced it too.
    pub route_refresh: bool,
    /// The neighbor's graceful restart capability, if we announced ours too.
    pub graceful_restart: Option<GracefulRestart>,
    /// Our OPEN.
    pub local_open: Open,
    /// The neighbor's.
    pub remote_open: Open,
}

impl Negotiated {
    /// Whether a family's NLRI carry path identifiers: from the neighbor, and to it.
    pub fn add_path(&self, family: AddressFamily) -> (bool, bool) {
        let found = self.add_path.iter().find(|f| f.family == family);
        found.map_or((false, false), |f| (f.receive, f.send))
    }

    /// The neighbor keeps forwarding while it restarts: it announced the capability with a family at
    /// least. Without any it only helps others (RFC 4724 §3, §5).
    pub(crate) fn keeps_forwarding(&self) -> bool {
        self.graceful_restart.as_ref().is_some_and(|graceful| !graceful.families.is_empty())
    }

    /// Whether either end keeps routes of the other's over a restart (RFC 4724 §4.2).
    pub(crate) fn keeps_routes(&self) -> bool {
        let ends = [&self.local_open, &self.remote_open].map(Open::graceful_restart);
        ends.iter().all(Option::is_some) && ends.into_iter().flatten().any(|end| !end.families.is_empty())
    }

    /// How long its routes may stay after the connection is lost without a word; none: not at all.
    pub(crate) fn restart_time(&self) -> Option<Duration> {
        let seconds = self.graceful_restart.as_ref().filter(|_| self.keeps_forwarding())?.restart_time_secs;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    /// Whether routes of a family may stay while the neighbor restarts.
    pub fn keeps_family(&self, family: AddressFamily) -> bool {
        let listed = |graceful: &GracefulRestart| graceful.families.iter().any(|f| f.family == family);
        self.families.contains(&family) && self.graceful_restart.as_ref().is_some_and(listed)
    }

    /// Whether the neighbor has kept forwarding for a family while it was away, so that its routes may
    /// stay until it has announced them again (RFC 4724 §4.2).
    pub fn has_kept_family(&self, family: AddressFamily) -> bool {
        let kept = |graceful: &GracefulRestart| {
            graceful.families.iter().any(|f| f.family == family && f.forwarding_preserved)
        };
        self.families.contains(&family) && self.graceful_restart.as_ref().is_some_and(kept)
    }
}

/// Judges an OPEN (RFC 4271 §6.2).
///
/// # Errors
/// The NOTIFICATION to send.
pub(crate) fn check_open(config: &PeerConfig, local: &Open, open: &Open) -> Result<Negotiated, Notification> {
    let peer_as = open.effective_as();
    if let Some(asn) = open.four_octet_as() {
        let field = u32::from(open.asn);
        if asn == 0 || (field != u32::from(AS_TRANS) && field != asn) {
            return Err(Notification::new(2, 2));
        }
    }
    if peer_as == 0 || !config.remote_as.accepts(peer_as, config.local_as) {
        let data = u16::try_from(peer_as).unwrap_or(AS_TRANS).to_be_bytes();
        return Err(Notification { code: 2, subcode: 2, data: bytes::Bytes::copy_from_slice(&data) });
    }
    let internal = peer_as == config.local_as;
    if open.identifier.is_unspecified() || (internal && open.identifier == config.router_id) {
        let data = bytes::Bytes::copy_from_slice(&open.identifier.octets());
        return Err(Notification { code: 2, subcode: 3, data });
    }
    let theirs = open.families();
    // An OPEN without capabilities speaks IPv4, also where we have no use for it.
    let ours = local.families().into_iter().filter(|f| config.families.contains(f));
    let families: Vec<AddressFamily> = ours.filter(|f| theirs.contains(f)).collect();
    if families.is_empty() {
        return Err(missing_families(&config.families));
    }
    let missing: Vec<_> =
        config.mandatory_families.iter().copied().filter(|f| !families.contains(f)).collect();
    if !missing.is_empty() {
        return Err(missing_families(&missing));
    }
    let add_path = families.iter().filter_map(|f| agreed_add_path(*f, local, open)).collect();
    let hold_time_secs = config.hold_time_secs.min(open.hold_time_secs);
    let both = |capability: &Capability| local.has(capability) && open.has(capability);
    Ok(Negotiated {
        peer_as,
        peer_id: open.identifier,
        internal,
        hold_time: Duration::from_secs(hold_time_secs.into()),
        keepalive_time: keepalive_time(config, hold_time_secs),
        send_hold_time: send_hold_time(config, hold_time_secs),
        four_octet_as: local.four_octet_as().is_some() && open.four_octet_as().is_some(),
        families,
        add_path,
        route_refresh: both(&Capability::RouteRefresh),
        graceful_restart: local.graceful_restart().and(open.graceful_restart()).cloned(),
        local_open: local.clone(),
        remote_open: open.clone(),
    })
}

/// Path identifiers go in a direction where one end can send them and the other receive them (RFC 7911 §4).
fn agreed_add_path(family: AddressFamily, local: &Open, remote: &Open) -> Option<AddPathFamily> {
    let (ours, theirs) = (local.add_path(family)?, remote.add_path(family)?);
    let agreed =
        AddPathFamily { family, receive: ours.receive && theirs.send, send: ours.send && theirs.receive };
    (agreed.receive || agreed.send).then_some(agreed)
}

/// 2/7 with the capabilities that are missing (RFC 5492 §5).
fn missing_families(families: &[AddressFamily]) -> Notification {
    let mut data = Vec::new();
    for family in families {
        data.extend_from_slice(&[1, 4]);
        data.extend_from_slice(&family.afi.to_be_bytes());
        data.extend_from_slice(&[0, family.safi]);
    }
    Notification { code: 2, subcode: 7, data: data.into() }
}

/// The shortest time between two KEEPALIVEs (RFC 4271 §4.4).
pub(crate) const KEEPALIVE_MIN: Duration = Duration::from_secs(1);

/// A third of the hold time, or what was configured, scaled to the hold time agreed on.
fn keepalive_time(config: &PeerConfig, hold_time_secs: u16) -> Duration {
    let hold = Duration::from_secs(hold_time_secs.into());
    if hold.is_zero() {
        return Duration::ZERO;
    }
    let time = match config.keepalive_time_secs {
        Some(time) if config.hold_time_secs > hold_time_secs => {
            Duration::from_secs(time.into()) * u32::from(hold_time_secs)
                / u32::from(config.hold_time_secs.max(1))
        }
        Some(time) => Duration::from_secs(time.into()),
        None => hold / 3,
    };
    time.max(KEEPALIVE_MIN)
}

/// Twice the hold time agreed on, or what was configured for our own, scaled to it (RFC 9687 §3).
fn send_hold_time(config: &PeerConfig, hold_time_secs: u16) -> Option<Duration> {
    let hold = u64::from(hold_time_secs);
    let secs = match config.send_hold_time_secs {
        None => 2 * hold,
        Some(told) if hold_time_secs < config.hold_time_secs => {
            // A limit that is asked for stays one.
            (u64::from(told) * hold / u64::from(config.hold_time_secs)).max(u64::from(told).min(1))
        }
        Some(told) => told.into(),
    };
    (hold > 0 && secs > 0).then(|| Duration::from_secs(secs))
}
