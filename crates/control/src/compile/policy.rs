//! The filters of a family as text of BIRD's language (§4.1 to §4.3). Functions and filters have the
//! names they have in a file of confd.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::frame::{Family, Frame};
use super::services::ServiceRoutes;
use crate::resource::{AffinityState, Encapsulation, IpPool};
use crate::settings::Release;

/// Route priorities and LOCAL_PREF add up to this.
pub(crate) const PRIORITY_MAX: u32 = 2_147_483_647;

/// So many nets have a statement each.
const SINGLE_NETS_MAX: usize = 8;

/// What the common filters of a family are made of.
#[derive(Debug)]
pub(crate) struct Policy<'p> {
    pub(crate) frame: &'p Frame,
    pub(crate) family: Family,
    /// Pools of the family, one for each prefix.
    pub(crate) pools: &'p [IpPool],
    /// Our blocks, in the order of their text.
    pub(crate) blocks: &'p [(IpNetwork, AffinityState)],
    pub(crate) services: &'p ServiceRoutes,
    /// BGP addresses of the other nodes that have WireGuard.
    pub(crate) wireguard: &'p BTreeSet<IpAddr>,
}

impl Policy<'_> {
    /// The definitions, in an order in which each knows those it needs.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.apply_communities(&mut out);
        self.aggregation(&mut out);
        self.export_to_bgp_peers(&mut out);
        self.kernel_programming(&mut out);
        out
    }

    fn priority(&self) -> u32 {
        self.frame.priority(self.family)
    }

    fn apply_communities(&self, out: &mut String) {
        line(out, "function apply_communities()");
        line(out, "{");
        for it in &self.frame.advertisements {
            if !self.family.has(it.cidr) {
                continue;
            }
            let values: BTreeSet<&str> = it.communities.iter().map(|c| self.community(c)).collect();
            let values: Vec<String> = values.into_iter().filter_map(add_community_text).collect();
            if values.is_empty() {
                continue;
            }
            line(out, &format!("  if ( net ~ {} ) then {{", it.cidr));
            values.iter().for_each(|value| line(out, &format!("    {value}")));
            line(out, "  }");
        }
        line(out, "}");
    }

    /// What a name of a community stands for, else itself.
    fn community<'c>(&'c self, name: &'c str) -> &'c str {
        self.frame.communities.iter().find(|(n, _)| **n == *name).map_or(name, |(_, value)| value)
    }

    /// Our blocks go out whole, and nothing beneath them but what was just moved here.
    fn aggregation(&self, out: &mut String) {
        line(out, "function calico_aggr()");
        line(out, "{");
        for (block, state) in self.blocks {
            if *state == AffinityState::PendingDeletion {
                line(out, &format!("  # {block} is being released."));
                continue;
            }
            line(out, &format!("  if ( net = {block} ) then {{ accept; }}"));
            if self.frame.has_priorities() {
                let priority = self.priority();
                line(out, &format!("  if ( net ~ {block} && krt_metric < {priority} ) then {{ accept; }}"));
            }
            line(out, &format!("  if ( net ~ {block} ) then {{ reject; }}"));
        }
        line(out, "}");
    }

    fn export_to_bgp_peers(&self, out: &mut String) {
        let frame = self.frame;
        line(out, "# Routes of BPF interfaces never leave the node.");
        line(out, "function reject_local_routes()");
        line(out, "{");
        line(out, "  if (defined(ifname) && ifname ~ \"bpf*.cali\") then { reject; }");
        line(out, "}");
        line(out, "function calico_export_to_bgp_peers(bool internal_peer)");
        line(out, "{");
        for pool in self.sorted_pools(|pool| pool.disable_bgp_export) {
            line(out, &format!("  if (net ~ {pool}) then {{ reject; }} # BGP export is disabled."));
        }
        let tunnel = if frame.release >= Release::V3_33 && !frame.programs_ipip() {
            " || (ifname ~ \"tunl0\")"
        } else {
            ""
        };
        line(out, "  # Felix makes these routes on every node.");
        line(out, "  if (internal_peer && defined(ifname)) then {");
        line(
            out,
            &format!("    if ((ifname ~ \"*.cali\") || (ifname ~ \"*.calico\"){tunnel}) then {{ reject; }}"),
        );
        line(out, "  }");
        if self.hides_felix() {
            line(out, "  # So it does those through an interface of the host.");
            line(
                out,
                "  if (internal_peer && source = RTS_INHERIT && dest = RTD_ROUTER && defined(krt_source)) then {",
            );
            line(out, "    if (krt_source = 80) then { reject; }");
            line(out, "  }");
        }
        line(out, "  reject_local_routes();");
        line(out, "  apply_communities();");
        line(out, "  calico_aggr();");
        self.within(self.services.routes.iter().copied(), "accept;", out);
        self.within(self.reflected().into_iter(), "accept;", out);
        for pool in self.sorted_pools(|pool| !pool.disable_bgp_export) {
            line(out, &format!("  if (net ~ {pool}) then {{ accept; }}"));
        }
        line(out, "}");
    }

    /// A verdict on everything within some nets. Of many it is one look into a set: each route passes here, and
    /// a cluster may have thousands of services.
    fn within(&self, nets: impl Iterator<Item = IpNetwork>, verdict: &str, out: &mut String) {
        let nets: Vec<IpNetwork> = nets.collect();
        if self.frame.is_exact() || nets.len() <= SINGLE_NETS_MAX {
            nets.iter().for_each(|net| line(out, &format!("  if ( net ~ {net} ) then {{ {verdict} }}")));
            return;
        }
        line(out, "  if ( net ~ [");
        let last = nets.len() - 1;
        for (at, net) in nets.iter().enumerate() {
            line(out, &format!("      {net}+{}", if at < last { "," } else { "" }));
        }
        line(out, &format!("  ] ) then {{ {verdict} }}"));
    }

    /// Where Felix programs routes to other nodes through the ordinary interfaces, they are learned from
    /// the kernel and would be announced as ours (§4.3).
    fn hides_felix(&self) -> bool {
        let felix = !self.frame.programs_plain() || !self.frame.programs_ipip();
        !self.frame.is_exact() && felix
    }

    /// Service ranges that a route reflector passes on for others.
    fn reflected(&self) -> Vec<IpNetwork> {
        if self.frame.cluster_id.is_none() {
            return Vec::new();
        }
        let external: &[IpNetwork] =
            if self.frame.release >= Release::V3_33 { &self.frame.external_ips } else { &[] };
        let all = self.frame.load_balancer_ips.iter().chain(external);
        by_text(all.filter(|net| self.family.has(**net)).copied().collect())
    }

    /// The prefixes of some pools, in the order of their text, which is that of Calico's rules.
    fn sorted_pools(&self, which: impl Fn(&IpPool) -> bool) -> Vec<IpNetwork> {
        by_text(self.pools.iter().filter(|p| which(p)).map(|p| p.cidr).collect())
    }

    fn kernel_programming(&self, out: &mut String) {
        let frame = self.frame;
        line(out, "filter calico_kernel_programming");
        line(out, "{");
        // Services' addresses.
        self.within(self.services.unprogrammed.iter().copied(), "reject;", out);
        if frame.has_priorities() {
            let priority = self.priority();
            line(out, "  if (defined(source) && (source = RTS_BGP) && !defined(krt_metric)) then {");
            line(out, &format!("    krt_metric = {priority};"));
            line(
                out,
                &format!(
                    "    if (defined(bgp_local_pref)) then {{ krt_metric = {PRIORITY_MAX} - bgp_local_pref; }}"
                ),
            );
            line(out, &format!("    if (krt_metric < {priority}) then {{ preference = 200; }}"));
            line(out, "  }");
        }
        self.wireguard(out);
        self.program_pools(out);
        line(out, "  accept;");
        line(out, "}");
    }

    fn wireguard(&self, out: &mut String) {
        if self.frame.release < Release::V3_33 || self.wireguard.is_empty() {
            return;
        }
        let nodes: Vec<String> = self.wireguard.iter().map(ToString::to_string).collect();
        line(out, "  # Felix sends what is for these nodes through WireGuard.");
        let nodes = nodes.join(", ");
        line(
            out,
            &format!("  if (defined(bgp_next_hop) && (bgp_next_hop ~ [ {nodes} ])) then {{ reject; }}"),
        );
    }

    fn program_pools(&self, out: &mut String) {
        let mut rules: Vec<String> = self.pools.iter().filter_map(|pool| self.pool_rule(pool)).collect();
        rules.sort();
        rules.iter().for_each(|rule| line(out, rule));
    }

    /// What happens to routes of a pool on their way to the kernel.
    fn pool_rule(&self, pool: &IpPool) -> Option<String> {
        let rule = |commands: &str| Some(format!("  if (net ~ {}) then {{ {commands} }}", pool.cidr));
        if pool.vxlan != Encapsulation::Never {
            return rule("reject;");
        }
        let v4 = self.family == Family::V4;
        // Without an IPv4 address there is no subnet to cross, and no session that brings routes.
        let subnet = if v4 { network(self.frame.own.ipv4?) } else { None };
        let ours = match pool.ipip {
            Encapsulation::Never => self.frame.programs_plain(),
            Encapsulation::Always | Encapsulation::CrossSubnet => self.frame.programs_ipip(),
        };
        if !ours {
            return rule("reject;");
        }
        match (pool.ipip, subnet) {
            // There is no tunnel of IPv6, and what is not rejected is accepted at the end.
            _ if !v4 => None,
            (Encapsulation::Never, _) => rule("accept;"),
            (Encapsulation::CrossSubnet, Some(net)) => rule(&format!(
                "if (defined(bgp_next_hop) && (bgp_next_hop ~ {net})) then krt_tunnel = \"\"; \
                 else krt_tunnel = \"tunl0\"; accept;"
            )),
            _ => rule("krt_tunnel = \"tunl0\"; accept;"),
        }
    }
}

/// The prefix without host bits.
fn network(net: IpNetwork) -> Option<IpNetwork> {
    IpNetwork::new(net.network(), net.prefix()).ok()
}

/// Prefixes in the order of their text, each once: so Calico sorts them.
pub(crate) fn by_text(mut nets: Vec<IpNetwork>) -> Vec<IpNetwork> {
    nets.sort_by_key(ToString::to_string);
    nets.dedup();
    nets
}

pub(crate) fn line(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

/// The command that adds a community to a route; `None` if the text is none.
fn add_community_text(value: &str) -> Option<String> {
    let parts: Vec<u32> = value.split(':').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    match parts.as_slice() {
        [a, b] if u16::try_from(*a).is_ok() && u16::try_from(*b).is_ok() => {
            Some(format!("bgp_community.add(({a}, {b}));"))
        }
        [a, b, c] => Some(format!("bgp_large_community.add(({a}, {b}, {c}));")),
        _ => None,
    }
}
