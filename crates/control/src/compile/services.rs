//! Which routes the services of Kubernetes give (§4.6).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::frame::{Family, Frame};
use super::policy::by_text;
use crate::cluster::{Cluster, Namespaced};
use crate::resource::{EndpointSlice, Service, ServiceType, TrafficPolicy};

/// What services give a family.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ServiceRoutes {
    /// Announced, in the order of their text: blackholes of the static protocol.
    pub(crate) routes: Vec<IpNetwork>,
    /// Never for the kernel, in the order of their text.
    pub(crate) unprogrammed: Vec<IpNetwork>,
}

/// The addresses of services that are announced one by one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services {
    announced: BTreeMap<Namespaced, Vec<IpNetwork>>,
    /// How many services want a route.
    count: BTreeMap<IpNetwork, u32>,
}

impl Services {
    /// Looks at some services again. How many routes came or went.
    pub(crate) fn update<'k>(
        &mut self,
        frame: &Frame,
        cluster: &Cluster,
        keys: impl Iterator<Item = &'k Namespaced>,
    ) -> usize {
        let mut moved = 0;
        for key in keys {
            let now = match cluster.services.get(key) {
                Some(service) if frame.wants_services() => {
                    addresses(frame, service, &cluster.slices_of(key).collect::<Vec<_>>())
                }
                _ => Vec::new(),
            };
            let was = self.announced.remove(key).unwrap_or_default();
            if was == now {
                if !now.is_empty() {
                    self.announced.insert(key.clone(), now);
                }
                continue;
            }
            moved += was.len() + now.len();
            for net in was {
                if let Some(count) = self.count.get_mut(&net) {
                    *count -= 1;
                    if *count == 0 {
                        self.count.remove(&net);
                    }
                }
            }
            for net in &now {
                *self.count.entry(*net).or_default() += 1;
            }
            if !now.is_empty() {
                self.announced.insert(key.clone(), now);
            }
        }
        moved
    }

    /// Looks at every service again.
    pub(crate) fn update_all(&mut self, frame: &Frame, cluster: &Cluster) -> usize {
        let keys: BTreeSet<Namespaced> =
            cluster.services.keys().chain(self.announced.keys()).cloned().collect();
        self.update(frame, cluster, keys.iter())
    }

    /// The routes of a family: those of ranges and those of single services.
    pub(crate) fn routes(&self, frame: &Frame, family: Family) -> ServiceRoutes {
        let of_family = |nets: &[IpNetwork]| -> Vec<IpNetwork> {
            nets.iter().filter(|net| family.has(**net)).copied().collect()
        };
        let wide = |nets: &[IpNetwork]| -> Vec<IpNetwork> {
            of_family(nets).into_iter().filter(|net| net.prefix() < family.bits()).collect()
        };
        let mut ranges = of_family(&frame.cluster_ips);
        ranges.extend(wide(&frame.external_ips));
        if frame.aggregation {
            ranges.extend(wide(&frame.load_balancer_ips));
        }
        let hosts = || self.count.keys().filter(|net| family.has(**net)).copied();
        let mut routes: Vec<IpNetwork> = if frame.excluded { Vec::new() } else { ranges.clone() };
        routes.extend(hosts());
        let mut unprogrammed = ranges;
        if !frame.is_exact() {
            // Calico lets these into the kernel as blackholes, which takes the service from the nodes.
            unprogrammed.extend(of_family(&frame.external_ips));
            unprogrammed.extend(of_family(&frame.load_balancer_ips));
            let covered: Vec<IpNetwork> = unprogrammed.clone();
            let stray = hosts().filter(|host| !covered.iter().any(|range| contains(range, host)));
            unprogrammed.extend(stray.collect::<Vec<_>>());
        }
        ServiceRoutes { routes: by_text(routes), unprogrammed: by_text(unprogrammed) }
    }
}

fn contains(range: &IpNetwork, host: &IpNetwork) -> bool {
    range.contains(host.ip()) && range.prefix() <= host.prefix()
}

fn host(ip: IpAddr) -> IpNetwork {
    IpNetwork::from(ip)
}

/// The host routes a service gives, ascending, each once.
fn addresses(frame: &Frame, service: &Service, slices: &[&EndpointSlice]) -> Vec<IpNetwork> {
    let type_fits = !matches!(service.of_type, ServiceType::Other);
    if !type_fits || !service.has_cluster_ip || frame.excluded || !is_advertised(frame, service, slices) {
        return Vec::new();
    }
    let within = |ranges: &[IpNetwork], ip: IpAddr| ranges.iter().any(|range| range.contains(ip));
    let mut all: BTreeSet<IpNetwork> = BTreeSet::new();
    if !frame.cluster_ips.is_empty() {
        all.extend(service.cluster_ips.iter().map(|ip| host(*ip)));
    }
    let external = service.external_ips.iter().filter(|ip| within(&frame.external_ips, **ip));
    let ingress = service.ingress_ips.iter().filter(|ip| within(&frame.load_balancer_ips, **ip));
    all.extend(external.chain(ingress).map(|ip| host(*ip)));
    all.into_iter().collect()
}

/// Whether this node announces the addresses of a service itself.
fn is_advertised(frame: &Frame, service: &Service, slices: &[&EndpointSlice]) -> bool {
    let single = |ranges: &[IpNetwork], ip: &IpAddr| ranges.contains(&host(*ip));
    if service.traffic_policy == Some(TrafficPolicy::Cluster) {
        let balanced = service.of_type == ServiceType::LoadBalancer
            && service
                .ingress_ips
                .iter()
                .chain(&service.load_balancer_ip)
                .any(|ip| single(&frame.load_balancer_ips, ip));
        // What is not announced as a range must be announced by the service.
        if balanced || service.external_ips.iter().any(|ip| single(&frame.external_ips, ip)) {
            return true;
        }
    }
    let local = service.traffic_policy == Some(TrafficPolicy::Local);
    if !local && frame.aggregation {
        return false;
    }
    slices.iter().any(|slice| {
        let family_fits = (slice.ipv4 && service.ipv4) || (slice.ipv6 && service.ipv6);
        let ready = if local { !slice.ready_nodes.is_empty() } else { slice.any_ready };
        family_fits && ready
    })
}
