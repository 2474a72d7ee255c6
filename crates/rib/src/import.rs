//! The import step: UPDATE messages of one session to batches of routes.

mod cache;
mod family;
mod kept;
mod nets;
mod route;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use godwit_filter::{Filter, Outcome, Subject, Surroundings, Verdict};
use godwit_wire::{
    AddressFamily, AttributeContext, MessageError, ParsedAttributes, Role, UpdateFrame, end_of_rib_family,
    parse_attributes, split_update,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::attrs::HashedAttributes;
use crate::key::NetKey;
use crate::table::RouteBatch;
use cache::BlockCache;
use family::Family;
use nets::Decision;

pub use kept::ImportedRoute;

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
    /// The cluster of the neighbor, if it is a client of ours: what has been through it comes back. As BIRD, we take
    /// from others what another reflector of the cluster says of clients we may have lost.
    pub cluster_id: Option<u32>,
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
    /// Where a next hop is on no link and is not looked up, the gateway is the neighbor, as with BIRD 1.6.
    pub next_hop_is_peer_else: bool,
    /// `onlink`: the neighbor is there whatever the addresses.
    pub onlink: bool,
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
    /// Where they are looked up, IPv4 and IPv6 ones: [`godwit_filter::Recursion::table`] (`igp table`).
    pub lookup_tables: [u16; 2],
    /// Of two addresses of a next hop that is on the link, the link-local one is the gateway (`next hop prefer`).
    pub prefer_link_local: bool,
    /// What comes is kept as it was before the policy (`import table`).
    pub import_table: bool,
    /// AIGP is taken (RFC 7311).
    pub aigp: bool,
    /// Prefixes come with path identifiers (RFC 7911).
    pub add_path: bool,
    /// What the policy refuses is kept to be looked at (`import keep filtered`).
    pub keep_filtered: bool,
}

impl ChannelImport {
    /// Whether another channel makes the same of what comes, but for the policy.
    fn differs_only_in_policy(&self, other: &Self) -> bool {
        let Self { policy, keep_filtered, .. } = self;
        *self == Self { policy: policy.clone(), keep_filtered: *keep_filtered, ..other.clone() }
    }
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
    context: Context,
    cache: BlockCache,
    ipv4: Family<Ipv4Network>,
    ipv6: Family<Ipv6Network>,
}

/// What both families have in common.
#[derive(Debug)]
struct Context {
    session: BgpImport,
    seed: u64,
}

impl ImportStep {
    /// The step for an established session, with the channels it negotiated.
    pub fn new(
        session: BgpImport,
        ipv4: Option<ChannelImport>,
        ipv6: Option<ChannelImport>,
        seed: u64,
    ) -> Self {
        Self {
            context: Context { session, seed },
            cache: BlockCache::new(seed),
            ipv4: Family::new(ipv4),
            ipv6: Family::new(ipv6),
        }
    }

    /// Changes the policy of a family's channel.
    pub fn set_channel(&mut self, family: AddressFamily, channel: ChannelImport) {
        self.forget();
        match family {
            AddressFamily::IPV4 => self.ipv4.set_channel(channel),
            AddressFamily::IPV6 => self.ipv6.set_channel(channel),
            _ => {}
        }
    }

    /// Runs a family's policy over all that its neighbor has announced, if that was kept (`import table`).
    /// Otherwise the neighbor has to be asked.
    pub fn reload(
        &self,
        family: AddressFamily,
        links: &dyn Links,
        batches: &mut Batches,
    ) -> Option<UpdateSummary> {
        match family {
            AddressFamily::IPV4 => self.ipv4.reload(&self.context, links, &mut batches.ipv4),
            AddressFamily::IPV6 => self.ipv6.reload(&self.context, links, &mut batches.ipv6),
            _ => None,
        }
    }

    /// The neighbor begins to announce all it has of a family again (RFC 7313 §4).
    pub fn refresh_begins(&mut self, family: AddressFamily) {
        match family {
            AddressFamily::IPV4 => self.ipv4.kept_mut().refresh_begins(),
            AddressFamily::IPV6 => self.ipv6.kept_mut().refresh_begins(),
            _ => {}
        }
    }

    /// It has done so: what was kept and did not come again goes.
    pub fn refresh_ends(&mut self, family: AddressFamily) {
        match family {
            AddressFamily::IPV4 => self.ipv4.kept_mut().refresh_ends(),
            AddressFamily::IPV6 => self.ipv6.kept_mut().refresh_ends(),
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
            self.ipv4.withdraw(frame.withdrawn, &mut batches.ipv4)?;
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
            let (set, batch) = (set.as_ref(), &mut batches.ipv4);
            self.ipv4.announce(&self.context, frame.nlri, set, links, batch, &mut summary)?;
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
        let parsed = parse_attributes(frame.attributes, has_nlri, &self.context.session.attributes)?;
        summary.remarks.extend(parsed.errors.iter().map(ToString::to_string));
        self.multiprotocol(&parsed, links, batches, summary)?;
        if !has_nlri {
            return Ok(None);
        }
        let cacheable = parsed.errors.is_empty() && parsed.mp_reach.is_none() && parsed.mp_unreach.is_none();
        let set = self.context.route(parsed.attributes, parsed.verdict, self.ipv4.channel(), links, summary);
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
                AddressFamily::IPV4 => self.ipv4.withdraw(unreach.nlri, &mut batches.ipv4)?,
                AddressFamily::IPV6 => self.ipv6.withdraw(unreach.nlri, &mut batches.ipv6)?,
                _ => {}
            }
        }
        let Some(reach) = &parsed.mp_reach else { return Ok(()) };
        let mut attributes = parsed.attributes.clone();
        attributes.next_hop = reach.next_hop;
        if let Some(link_local) = reach.link_local {
            attributes.rare_mut().link_local_next_hop = Some(link_local);
        }
        let context = &self.context;
        let channel = match reach.family {
            AddressFamily::IPV4 => self.ipv4.channel(),
            AddressFamily::IPV6 => self.ipv6.channel(),
            _ => return Ok(()),
        };
        let set = context.route(attributes, parsed.verdict, channel, links, summary);
        let (set, nlri) = (set.as_ref(), reach.nlri);
        match reach.family {
            AddressFamily::IPV4 => self.ipv4.announce(context, nlri, set, links, &mut batches.ipv4, summary),
            _ => self.ipv6.announce(context, nlri, set, links, &mut batches.ipv6, summary),
        }
    }
}

impl Context {
    /// Runs an import filter; equal results of consecutive nets are one set. `keep`: those it refuses are wanted, too.
    #[expect(clippy::too_many_arguments, reason = "each is of another owner")]
    fn run<K: NetKey>(
        &self,
        filter: &Filter,
        net: K,
        set: &HashedAttributes,
        links: &dyn Links,
        keep: bool,
        last: &mut Option<HashedAttributes>,
        summary: &mut UpdateSummary,
    ) -> Decision {
        let subject = Subject {
            net: net.to_net(),
            protocol: &self.session.protocol,
            attributes: set.attributes(),
            surroundings: links,
        };
        let Outcome { verdict, attributes, messages, error } = filter.run(&subject);
        summary.messages.extend(messages);
        summary.remarks.extend(error);
        let decide = match verdict {
            Verdict::Accept => Decision::With,
            _ if keep => Decision::Kept,
            _ => return Decision::Refused,
        };
        let Some(mut changed) = attributes else { return decide(set.clone()) };
        changed.enter_table();
        if let Some(last) = last
            && **last.attributes() == *changed
        {
            return decide(last.clone());
        }
        let new = HashedAttributes::new(Arc::from(changed), self.seed);
        *last = Some(new.clone());
        decide(new)
    }
}
