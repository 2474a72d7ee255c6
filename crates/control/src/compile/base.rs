//! The protocols that are no sessions, and what holds for the router of a family (§3.6, §4.4).

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use godwit_config::{
    ChannelConfig, DebugFlags, DeviceConfig, Dialect, DirectConfig, InterfacePattern, KernelConfig,
    ListenConfig, Policy, ProtocolConfig, ProtocolKind, RouterConfig, RouterId, StaticConfig, StaticNextHop,
    StaticRoute, StaticTarget,
};
use ipnetwork::IpNetwork;

use super::family::table;
use super::frame::{Family, Frame, LogLevel};
use crate::resource::{AffinityState, BindMode};

/// BGP's port.
const PORT: u16 = 179;
/// How many next hops a merged route may have.
const MERGED_PATHS: u32 = 16;
/// Seconds between scans of the kernel and of interfaces.
const SCAN_SECS: u32 = 2;

/// A router with the settings of a family, and no protocols yet.
pub(crate) fn router(frame: &Frame, family: Family) -> RouterConfig {
    let address = frame.address(family).filter(|_| frame.bind_mode == BindMode::NodeIp);
    let listens = address.is_some() || frame.own_port.is_some();
    RouterConfig {
        router_id: Some(RouterId::Fixed(frame.router_id)),
        listen: listens.then(|| ListenConfig { address, port: frame.own_port.unwrap_or(PORT) }),
        ..RouterConfig::new(Dialect::Bird16, family == Family::V6)
    }
}

/// `kernel1`, `device1`, `direct1`. Kernel and static say nothing of what they do at any level.
pub(crate) fn protocols(frame: &Frame, family: Family, kernel_export: Policy) -> Vec<ProtocolConfig> {
    let debug = match frame.log {
        LogLevel::None => DebugFlags::default(),
        LogLevel::Info => DebugFlags(DebugFlags::STATES),
        LogLevel::Debug => DebugFlags::ALL,
    };
    let kernel = KernelConfig {
        persist: true,
        learn: true,
        scan_time_secs: SCAN_SECS,
        graceful_restart: true,
        merge_paths: Some(MERGED_PATHS),
        ..KernelConfig::new(Dialect::Bird16)
    };
    let device = ProtocolKind::Device(DeviceConfig { scan_time_secs: SCAN_SECS });
    let direct =
        ProtocolKind::Direct(DirectConfig { interfaces: interfaces(frame), ..DirectConfig::default() });
    let mut kernel = with_channel("kernel1", ProtocolKind::Kernel(kernel), family);
    if let Some(channel) = kernel.channels.first_mut() {
        channel.export = kernel_export;
    }
    let device = ProtocolConfig { debug, ..ProtocolConfig::new("device1", device) };
    let direct = ProtocolConfig { debug, ..with_channel("direct1", direct, family) };
    vec![kernel, device, direct]
}

fn with_channel(name: &str, kind: ProtocolKind, family: Family) -> ProtocolConfig {
    let table = table(family);
    let channel = ChannelConfig::new(table.family, table.name, kind.default_preference());
    ProtocolConfig { channels: vec![channel], ..ProtocolConfig::new(name, kind) }
}

/// The first that matches decides.
fn interfaces(frame: &Frame) -> Vec<InterfacePattern> {
    let pattern = |negative, name: &str| InterfacePattern { negative, name: Some(name.into()), prefix: None };
    let ignored = frame.ignored_interfaces.iter().map(|name| pattern(true, name));
    let usual = [pattern(true, "cali*"), pattern(true, "kube-ipvs*"), pattern(false, "*")];
    ignored.chain(usual).collect()
}

/// `static1`: our blocks, services, and ways to neighbors; `None` if there is none of it.
pub(crate) fn static_routes(
    family: Family,
    blocks: &[(IpNetwork, AffinityState)],
    services: &[IpNetwork],
    gateways: &[(IpAddr, IpAddr)],
) -> Option<Arc<ProtocolConfig>> {
    // The route of a single address is the workload's own; a blackhole would take its place.
    let wide = blocks.iter().map(|(net, _)| *net).filter(|net| net.prefix() < family.bits());
    let blackholes = wide.chain(services.iter().copied()).map(|net| (net, StaticTarget::Blackhole));
    let ways = gateways.iter().map(|(peer, gateway)| {
        let hop = StaticNextHop { gateway: Some(*gateway), interface: None, weight: 1, onlink: false };
        (IpNetwork::from(*peer), StaticTarget::NextHops(vec![hop]))
    });
    let mut seen = HashSet::new();
    let routes: Vec<StaticRoute> = blackholes
        .chain(ways)
        .filter(|(net, _)| seen.insert(*net))
        .map(|(net, target)| StaticRoute { net, target, commands: None })
        .collect();
    if routes.is_empty() {
        return None;
    }
    let kind = ProtocolKind::Static(StaticConfig { routes, ..StaticConfig::default() });
    Some(Arc::new(with_channel("static1", kind, family)))
}
