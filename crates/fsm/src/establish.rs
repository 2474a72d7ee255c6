//! Judging the neighbor's OPEN, and what the two of them agree on.

use std::net::Ipv4Addr;
use std::time::Duration;

use godwit_wire::{
    AS_TRANS, AddPathFamily, AddressFamily, Capability, GracefulRestart, LongLivedFamily, Notification, Open,
    Role,
};

use crate::capabilities::agreed_next_hops;
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
    /// Both ends mark where the answer to one begins and ends (RFC 7313).
    pub enhanced_route_refresh: bool,
    /// The longest message either end sends, octets (RFC 8654).
    pub message_len_max: usize,
    /// Families of IPv4 whose routes may have next hops of IPv6 (RFC 8950).
    pub extended_next_hop: Vec<AddressFamily>,
    /// What we are to the neighbor (RFC 9234), if that is configured: also if the neighbor has not said its part.
    pub role: Option<Role>,
    /// The neighbor's graceful restart capability, if we announced ours too.
    pub graceful_restart: Option<GracefulRestart>,
    /// The families in which its routes may stay for long (RFC 9494) and how long, as our bounds have it.
    pub long_lived: Vec<LongLivedFamily>,
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

    /// Whether routes of a family may stay for the neighbor's restart time.
    pub(crate) fn restarts_family(&self, family: AddressFamily) -> bool {
        let listed = |graceful: &GracefulRestart| graceful.families.iter().any(|f| f.family == family);
        let timed = self.restart_time().is_some();
        timed && self.families.contains(&family) && self.graceful_restart.as_ref().is_some_and(listed)
    }

    /// Whether routes of a family may stay while the neighbor is away.
    pub fn keeps_family(&self, family: AddressFamily) -> bool {
        self.restarts_family(family) || self.long_lived.iter().any(|f| f.family == family)
    }

    /// Both ends take a NOTIFICATION for a lost connection, but a Hard Reset (RFC 8538 §2).
    pub(crate) fn graceful_notification(&self) -> bool {
        let says = |open: &Open| open.graceful_restart().is_some_and(|graceful| graceful.notification);
        says(&self.local_open) && says(&self.remote_open)
    }

    /// Whether the neighbor has kept forwarding for a family while it was away, so that its routes may
    /// stay until it has announced them again (RFC 4724 §4.2).
    pub fn has_kept_family(&self, family: AddressFamily) -> bool {
        let kept = |graceful: &GracefulRestart| {
            graceful.families.iter().any(|f| f.family == family && f.forwarding_preserved)
        };
        let long = |f: &LongLivedFamily| f.family == family && f.forwarding_preserved;
        self.families.contains(&family)
            && (self.graceful_restart.as_ref().is_some_and(kept) || self.long_lived.iter().any(long))
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
    let role = config.check_role(internal, open)?;
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
    config.check_required(local, open)?;
    let hold_time_secs = config.hold_time_secs.min(open.hold_time_secs);
    let keepalive = keepalive_time(config, hold_time_secs);
    if u32::from(hold_time_secs) < config.min_hold_time_secs
        || keepalive < Duration::from_secs(config.min_keepalive_time_secs.into())
    {
        return Err(Notification::new(2, 6));
    }
    let (low, high) = config.restart_time_bounds_secs;
    let bounded = |theirs: &GracefulRestart| {
        let restart_time_secs = theirs.restart_time_secs.max(low).min(high);
        GracefulRestart { restart_time_secs, ..theirs.clone() }
    };
    let extended_next_hop = agreed_next_hops(&families, local, open);
    let long_lived = long_lived(config, &families, local, open);
    let both = |capability: &Capability| local.has(capability) && open.has(capability);
    Ok(Negotiated {
        peer_as,
        peer_id: open.identifier,
        internal,
        hold_time: Duration::from_secs(if config.disable_rx { 0 } else { hold_time_secs.into() }),
        keepalive_time: keepalive,
        send_hold_time: send_hold_time(config, hold_time_secs),
        four_octet_as: local.four_octet_as().is_some() && open.four_octet_as().is_some(),
        families,
        add_path,
        route_refresh: both(&Capability::RouteRefresh),
        enhanced_route_refresh: both(&Capability::EnhancedRouteRefresh),
        message_len_max: local.message_len_max().min(open.message_len_max()),
        extended_next_hop,
        role,
        graceful_restart: local.graceful_restart().and(open.graceful_restart()).map(bounded),
        long_lived,
        local_open: local.clone(),
        remote_open: open.clone(),
    })
}

/// Path identifiers go in a direction where one end can send them and the other receive them (RFC 7911 §4).
pub(crate) fn agreed_add_path(family: AddressFamily, local: &Open, remote: &Open) -> Option<AddPathFamily> {
    let (ours, theirs) = (local.add_path(family)?, remote.add_path(family)?);
    let agreed =
        AddPathFamily { family, receive: ours.receive && theirs.send, send: ours.send && theirs.receive };
    (agreed.receive || agreed.send).then_some(agreed)
}

/// 2/7 with the capabilities that are missing (RFC 5492 §5).
fn missing_families(families: &[AddressFamily]) -> Notification {
    let missing: Vec<_> = families.iter().map(|f| Capability::Multiprotocol(*f)).collect();
    Notification::missing_capabilities(&missing)
}

/// What the neighbor asks of us after its restart time, within our bounds. Nothing without graceful restart
/// (RFC 9494 §4.1).
fn long_lived(
    config: &PeerConfig,
    families: &[AddressFamily],
    local: &Open,
    open: &Open,
) -> Vec<LongLivedFamily> {
    let graceful = local.graceful_restart().and(open.graceful_restart());
    let both = graceful.and(local.long_lived_graceful_restart()).and(open.long_lived_graceful_restart());
    let asked = both.unwrap_or_default().iter().filter(|f| families.contains(&f.family));
    let bounded = |asked: &LongLivedFamily| {
        let ours = config.long_lived.iter().flatten().find(|ours| ours.family == asked.family);
        let (low, high) = ours.map_or((0, u32::MAX), |ours| ours.bounds_secs);
        LongLivedFamily { stale_time_secs: asked.stale_time_secs.max(low).min(high), ..*asked }
    };
    asked.map(bounded).filter(|f| f.stale_time_secs > 0).collect()
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
