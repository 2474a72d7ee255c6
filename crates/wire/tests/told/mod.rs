//! What an UPDATE says, in a form that is neither ours nor the other implementation's.

mod netgauze;

use std::net::{IpAddr, Ipv6Addr};

use godwit_wire::{
    AddressFamily, AsPath, MpReach, Treatment, ipv4_nlri, ipv4_path_nlri, ipv6_nlri, ipv6_path_nlri,
    parse_attributes, split_update,
};

pub(crate) use netgauze::theirs;

/// What the two ends agreed on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    /// ASes have four octets.
    pub(crate) four_octet_as: bool,
    /// Nets have path identifiers, in both families.
    pub(crate) paths: bool,
}

/// A net in words, with its identifier.
pub(crate) type Net = (Option<u32>, String);

/// An UPDATE's say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Told {
    pub(crate) withdrawn: Vec<Net>,
    pub(crate) announced: Vec<Net>,
    /// Family, next hop and link-local next hop, nets.
    pub(crate) reach: Option<(u16, IpAddr, Option<Ipv6Addr>, Vec<Net>)>,
    pub(crate) unreach: Option<(u16, Vec<Net>)>,
    pub(crate) origin: Option<u8>,
    /// Segments' kinds and ASes.
    pub(crate) path: Vec<(u8, Vec<u32>)>,
    pub(crate) next_hop: Option<IpAddr>,
    pub(crate) med: Option<u32>,
    pub(crate) local_pref: Option<u32>,
    pub(crate) atomic_aggregate: bool,
    pub(crate) aggregator: Option<(u32, u32)>,
    pub(crate) communities: Vec<u32>,
    pub(crate) originator_id: Option<u32>,
    pub(crate) cluster_list: Vec<u32>,
    pub(crate) ext_communities: Vec<u64>,
    pub(crate) large_communities: Vec<[u32; 3]>,
    pub(crate) aigp: Option<u64>,
    pub(crate) only_to_customer: Option<u32>,
    /// Codes and values of the others.
    pub(crate) unknown: Vec<(u8, Vec<u8>)>,
}

/// What we read in the body of an UPDATE; all of it has to be good.
pub(crate) fn ours(body: &[u8], session: Session) -> Result<Told, String> {
    let frame = split_update(body).map_err(|e| e.to_string())?;
    let context = session.context();
    let parsed =
        parse_attributes(frame.attributes, !frame.nlri.is_empty(), &context).map_err(|e| e.to_string())?;
    if parsed.verdict != Treatment::Accept {
        return Err(format!("we refuse: {:?}", parsed.errors));
    }
    let a = parsed.attributes;
    let rare = a.rare.map(|r| *r).unwrap_or_default();
    let reach = |r: MpReach<'_>| {
        Ok::<_, String>((r.family.afi, r.next_hop.unwrap(), r.link_local, nets(r.family, r.nlri, session)?))
    };
    Ok(Told {
        withdrawn: nets(AddressFamily::IPV4, frame.withdrawn, session)?,
        announced: nets(AddressFamily::IPV4, frame.nlri, session)?,
        reach: parsed.mp_reach.map(reach).transpose()?,
        unreach: match parsed.mp_unreach {
            Some(u) => Some((u.family.afi, nets(u.family, u.nlri, session)?)),
            None => None,
        },
        origin: a.origin.map(|o| o as u8),
        path: a
            .as_path
            .iter()
            .flat_map(AsPath::segments)
            .map(|s| (s.kind as u8, s.ases().collect()))
            .collect(),
        next_hop: a.next_hop,
        med: a.med,
        local_pref: a.local_pref,
        atomic_aggregate: rare.atomic_aggregate,
        aggregator: rare.aggregator.map(|g| (g.asn, g.address.into())),
        communities: a.communities.to_vec(),
        originator_id: rare.originator_id.map(u32::from),
        cluster_list: rare.cluster_list.to_vec(),
        ext_communities: rare.ext_communities.iter().map(|c| c.0).collect(),
        large_communities: rare.large_communities.iter().map(|c| [c.global, c.data1, c.data2]).collect(),
        aigp: rare.aigp,
        only_to_customer: rare.only_to_customer,
        unknown: rare.unknown.iter().map(|u| (u.code, u.value.to_vec())).collect(),
    })
}

fn nets(family: AddressFamily, field: &[u8], session: Session) -> Result<Vec<Net>, String> {
    let words = |e: godwit_wire::MessageError| e.to_string();
    Ok(match (family == AddressFamily::IPV4, session.paths) {
        (true, false) => ipv4_nlri(field).map_err(words)?.map(|n| (None, n.to_string())).collect(),
        (false, false) => ipv6_nlri(field).map_err(words)?.map(|n| (None, n.to_string())).collect(),
        (true, true) => {
            ipv4_path_nlri(field).map_err(words)?.map(|(id, n)| (Some(id), n.to_string())).collect()
        }
        (false, true) => {
            ipv6_path_nlri(field).map_err(words)?.map(|(id, n)| (Some(id), n.to_string())).collect()
        }
    })
}
