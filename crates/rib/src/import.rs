//! The import step: UPDATE messages of one session to batches of routes.

mod cache;
mod nets;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use godwit_filter::{
    Destination, Filter, NextHop, Outcome, RouteAttributes, RouteSource, Subject, Surroundings, Verdict,
};
use godwit_wire::{
    AddressFamily, AttributeContext, MessageError, ParsedAttributes, PathAttributes, Role, Treatment,
    UpdateFrame, end_of_rib_family, parse_attributes, split_update,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::attrs::HashedAttributes;
use crate::key::NetKey;
use crate::table::RouteBatch;
use cache::BlockCache;
use nets::withdraw;

/// What the import step has to know of the session.
#[derive(Clone, Debug)]
pub struct BgpImport {
    /// The protocol's name.
    pub protocol: Arc<str>,
    /// Our AS on the session.
    pub local_as: u32,
    /// The neighbor's AS.
    pub peer_as: u32,
    /// The AS number we have to those outside: the confederation's, if there is one (RFC 5065).
    pub public_as: u32,
    /// An internal session.
    pub internal: bool,
    /// Our router id: routes we originated come back with it as ORIGINATOR_ID.
    pub router_id: Ipv4Addr,
    /// The cluster id we use on this session.
    pub cluster_id: u32,
    /// The neighbor's address.
    pub peer_address: IpAddr,
    /// `allow local as`: how often our AS may stand in the path.
    pub allow_local_as: u32,
    /// `enforce first as`.
    pub enforce_first_as: bool,
    /// What we are to the neighbor (RFC 9234).
    pub role: Option<Role>,
    /// `default bgp_local_pref`.
    pub default_local_pref: u32,
    /// The interface of a single-hop session: where its link-local next hops are.
    pub ifindex: Option<u32>,
    /// How attributes are to be read.
    pub attributes: AttributeContext,
}

/// A channel's options for import.
#[derive(Clone, PartialEq, Debug)]
pub struct ChannelImport {
    /// Which routes pass.
    pub policy: crate::ExportPolicy,
    /// The preference they get.
    pub preference: u16,
    /// Next hops are looked up rather than taken to be on the link (`gateway recursive`).
    pub recursive: bool,
    /// Of two addresses of a next hop that is on the link, the link-local one is the gateway (`next hop prefer`).
    pub prefer_link_local: bool,
    /// AIGP is taken (RFC 7311).
    pub aigp: bool,
    /// Prefixes come with path identifiers (RFC 7911).
    pub add_path: bool,
}

/// Whether a next hop is on a link of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnLink {
    /// On the interface with this kernel index.
    Yes(u32),
    /// It is an address of ours.
    Local,
    /// It is not.
    No,
}

/// The links next hops are looked for on.
pub trait Links: Surroundings {
    /// Where an address is, looked for on one interface or on all. A link-local IPv6 address is on no
    /// link unless the interface is named.
    fn on_link(&self, address: IpAddr, interface: Option<u32>) -> OnLink;
}

/// What came of one UPDATE besides routes.
#[derive(Debug, Default)]
pub struct UpdateSummary {
    /// It was this family's End-of-RIB marker (RFC 4724 §2).
    pub end_of_rib: Option<AddressFamily>,
    /// Lines for the log, at the class for a neighbor's faults.
    pub remarks: Vec<String>,
    /// Lines that filters printed.
    pub messages: Vec<String>,
}

/// Routes of both families on their way to the tables.
#[derive(Debug, Default)]
pub struct Batches {
    /// For the IPv4 channel.
    pub ipv4: RouteBatch<Ipv4Network>,
    /// For the IPv6 channel.
    pub ipv6: RouteBatch<Ipv6Network>,
}

/// The import side of a session.
#[derive(Debug)]
pub struct ImportStep {
    session: BgpImport,
    ipv4: Option<ChannelImport>,
    ipv6: Option<ChannelImport>,
    seed: u64,
    cache: BlockCache,
}

impl ImportStep {
    /// The step for an established session, with the channels it negotiated.
    pub fn new(
        session: BgpImport,
        ipv4: Option<ChannelImport>,
        ipv6: Option<ChannelImport>,
        seed: u64,
    ) -> Self {
        Self { session, ipv4, ipv6, seed, cache: BlockCache::new(seed) }
    }

    /// Changes the policy of a family's channel.
    pub fn set_channel(&mut self, family: AddressFamily, channel: ChannelImport) {
        self.forget();
        match family {
            AddressFamily::IPV4 => self.ipv4 = Some(channel),
            AddressFamily::IPV6 => self.ipv6 = Some(channel),
            _ => {}
        }
    }

    /// Forgets attribute blocks seen before: interfaces changed, and with them what is on the link.
    pub fn forget(&mut self) {
        self.cache.clear();
    }

    /// Takes the body of an UPDATE (what follows the header) and adds its routes to the batches.
    /// An error ends the session.
    pub fn update(
        &mut self,
        body: &[u8],
        links: &dyn Links,
        batches: &mut Batches,
    ) -> Result<UpdateSummary, MessageError> {
        let frame = split_update(body)?;
        // Before any attribute is read: a fault beside an empty MP_UNREACH_NLRI makes no marker.
        let mut summary = UpdateSummary { end_of_rib: end_of_rib_family(&frame), ..UpdateSummary::default() };
        if summary.end_of_rib.is_some() {
            return Ok(summary);
        }
        if !frame.withdrawn.is_empty() {
            withdraw(self.ipv4.as_ref(), frame.withdrawn, &mut batches.ipv4)?;
        }
        if frame.attributes.is_empty() && frame.nlri.is_empty() {
            return Ok(summary);
        }
        let known = if frame.nlri.is_empty() { None } else { self.cache.get(frame.attributes) };
        let set = match known {
            Some(set) => set,
            None => self.attributes(&frame, links, batches, &mut summary)?,
        };
        if !frame.nlri.is_empty() {
            let (channel, batch) = (self.ipv4.as_ref(), &mut batches.ipv4);
            self.announce(channel, frame.nlri, set.as_ref(), links, batch, &mut summary)?;
        }
        Ok(summary)
    }

    /// Reads attributes. Nets of MP_REACH_NLRI and MP_UNREACH_NLRI go to the batches; what those of the NLRI field
    /// have is given back, and remembered if it follows from the attributes alone.
    fn attributes(
        &mut self,
        frame: &UpdateFrame<'_>,
        links: &dyn Links,
        batches: &mut Batches,
        summary: &mut UpdateSummary,
    ) -> Result<Option<HashedAttributes>, MessageError> {
        let has_nlri = !frame.nlri.is_empty();
        let parsed = parse_attributes(frame.attributes, has_nlri, &self.session.attributes)?;
        summary.remarks.extend(parsed.errors.iter().map(ToString::to_string));
        self.multiprotocol(&parsed, links, batches, summary)?;
        if !has_nlri {
            return Ok(None);
        }
        let cacheable = parsed.errors.is_empty() && parsed.mp_reach.is_none() && parsed.mp_unreach.is_none();
        let set = self.route(parsed.attributes, parsed.verdict, AddressFamily::IPV4, links, summary);
        if cacheable {
            self.cache.put(frame.attributes, set.clone());
        }
        Ok(set)
    }

    fn multiprotocol(
        &mut self,
        parsed: &ParsedAttributes<'_>,
        links: &dyn Links,
        batches: &mut Batches,
        summary: &mut UpdateSummary,
    ) -> Result<(), MessageError> {
        if let Some(unreach) = &parsed.mp_unreach {
            match unreach.family {
                AddressFamily::IPV4 => withdraw(self.ipv4.as_ref(), unreach.nlri, &mut batches.ipv4)?,
                AddressFamily::IPV6 => withdraw(self.ipv6.as_ref(), unreach.nlri, &mut batches.ipv6)?,
                _ => {}
            }
        }
        let Some(reach) = &parsed.mp_reach else { return Ok(()) };
        let mut attributes = parsed.attributes.clone();
        attributes.next_hop = reach.next_hop;
        if let Some(link_local) = reach.link_local {
            attributes.rare_mut().link_local_next_hop = Some(link_local);
        }
        if !matches!(reach.family, AddressFamily::IPV4 | AddressFamily::IPV6) {
            return Ok(());
        }
        let set = self.route(attributes, parsed.verdict, reach.family, links, summary);
        let set = set.as_ref();
        if reach.family == AddressFamily::IPV4 {
            self.announce(self.ipv4.as_ref(), reach.nlri, set, links, &mut batches.ipv4, summary)
        } else {
            self.announce(self.ipv6.as_ref(), reach.nlri, set, links, &mut batches.ipv6, summary)
        }
    }

    /// The attributes of a route from path attributes, or `None` where the routes are to be
    /// withdrawn: a loop, a bad next hop, an error that RFC 7606 treats so.
    fn route(
        &self,
        mut bgp: PathAttributes,
        verdict: Treatment,
        family: AddressFamily,
        links: &dyn Links,
        summary: &mut UpdateSummary,
    ) -> Option<HashedAttributes> {
        if verdict >= Treatment::Withdraw || self.is_loop(&bgp) {
            return None;
        }
        let channel = if family == AddressFamily::IPV4 { &self.ipv4 } else { &self.ipv6 };
        let channel = channel.as_ref()?;
        let first = bgp.as_path.as_ref().and_then(godwit_wire::AsPath::leading_as);
        if self.session.enforce_first_as && first != Some(self.session.peer_as) {
            summary.remarks.push("the first AS of the path is not the neighbor's".into());
            return None;
        }
        if let Some(leak) = self.only_to_customer(&mut bgp) {
            summary.remarks.push(leak);
            return None;
        }
        if !channel.aigp
            && let Some(rare) = bgp.rare.as_deref_mut()
        {
            (rare.aigp, rare.aigp_tlvs) = (None, Box::default());
        }
        let destination = self.destination(&bgp, channel, links, summary)?;
        bgp.local_pref.get_or_insert(self.session.default_local_pref);
        bgp.normalise();
        let mut attributes = RouteAttributes::new(RouteSource::Bgp, channel.preference, destination);
        attributes.from = Some(self.session.peer_address);
        attributes.bgp = bgp;
        Some(HashedAttributes::new(Arc::new(attributes), self.seed))
    }

    /// AS_PATH (RFC 4271 §9.1.2), ORIGINATOR_ID and CLUSTER_LIST (RFC 4456 §8) loops.
    fn is_loop(&self, bgp: &PathAttributes) -> bool {
        let s = &self.session;
        let too_often = |asn| {
            let times = bgp.as_path.as_ref().map_or(0, |p| p.count_as(asn));
            times as u64 > u64::from(s.allow_local_as)
        };
        too_often(s.local_as)
            || (s.public_as != s.local_as && too_often(s.public_as))
            || (s.internal
                && (bgp.originator_id() == Some(s.router_id) || bgp.cluster_list().contains(&s.cluster_id)))
    }

    /// OTC by what we are to the neighbor (RFC 9234 §5): set where it is missing, and what is a leak.
    fn only_to_customer(&self, bgp: &mut PathAttributes) -> Option<String> {
        let (role, peer_as) = (self.session.role?, self.session.peer_as);
        match (role, bgp.only_to_customer()) {
            (Role::Provider | Role::RsServer, Some(asn)) => {
                Some(format!("Route leak detected - OTC attribute from downstream: AS {asn}"))
            }
            (Role::Peer, Some(asn)) if asn != peer_as => {
                Some(format!("Route leak detected - OTC attribute with mismatched ASN {asn}"))
            }
            (Role::Customer | Role::Peer | Role::RsClient, None) => {
                bgp.rare_mut().only_to_customer = Some(peer_as);
                None
            }
            _ => None,
        }
    }

    fn destination(
        &self,
        bgp: &PathAttributes,
        channel: &ChannelImport,
        links: &dyn Links,
        summary: &mut UpdateSummary,
    ) -> Option<Destination> {
        let next_hop = bgp.next_hop?;
        let link_local = bgp.rare.as_ref().and_then(|r| r.link_local_next_hop);
        // A peer without a global address sends its link-local one in the global's place.
        let address = match (next_hop, link_local) {
            (IpAddr::V6(a), Some(ll)) if a.is_unspecified() => IpAddr::V6(ll),
            (IpAddr::V6(_), Some(ll)) if channel.prefer_link_local && !channel.recursive => IpAddr::V6(ll),
            (other, _) => other,
        };
        if channel.recursive {
            return Some(Destination::Recursive(address));
        }
        // Every link has link-local addresses: the neighbor means those of the session's.
        let link_local = matches!(address, IpAddr::V6(a) if a.is_unicast_link_local());
        let interface = self.session.ifindex.filter(|_| link_local);
        match links.on_link(address, interface) {
            OnLink::Yes(ifindex) => Some(Destination::Unicast(NextHop {
                gateway: Some(address),
                ifindex,
                weight: 1,
                onlink: false,
            })),
            OnLink::Local => {
                summary.remarks.push(format!("Invalid NEXT_HOP attribute - local address {address}"));
                None
            }
            OnLink::No => {
                summary
                    .remarks
                    .push(format!("Invalid NEXT_HOP attribute - address {address} not directly reachable"));
                None
            }
        }
    }

    /// Runs an import filter; equal results of consecutive nets are one set.
    fn run<K: NetKey>(
        &self,
        filter: &Filter,
        net: K,
        set: &HashedAttributes,
        links: &dyn Links,
        last: &mut Option<HashedAttributes>,
        summary: &mut UpdateSummary,
    ) -> Option<HashedAttributes> {
        let subject = Subject {
            net: net.to_net(),
            protocol: &self.session.protocol,
            attributes: set.attributes(),
            surroundings: links,
        };
        let Outcome { verdict, attributes, messages, error } = filter.run(&subject);
        summary.messages.extend(messages);
        summary.remarks.extend(error);
        if verdict != Verdict::Accept {
            return None;
        }
        let Some(mut changed) = attributes else { return Some(set.clone()) };
        changed.enter_table();
        if let Some(last) = last
            && **last.attributes() == *changed
        {
            return Some(last.clone());
        }
        let new = HashedAttributes::new(Arc::from(changed), self.seed);
        *last = Some(new.clone());
        Some(new)
    }
}
