//! What `netgauze-bgp-pkt` reads.

use std::collections::HashMap;

use netgauze_bgp_pkt::BgpMessage;
use netgauze_bgp_pkt::nlri::{Ipv4UnicastAddress, Ipv6UnicastAddress};
use netgauze_bgp_pkt::path_attribute::{Aggregator, Aigp, AsPath, MpReach, MpUnreach, PathAttributeValue};
use netgauze_bgp_pkt::wire::deserializer::BgpParsingContext;
use netgauze_iana::address_family::AddressType;
use netgauze_parse_utils::WritablePdu;
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;

use super::{Net, Session, Told};

/// What it reads in a whole message.
pub(crate) fn theirs(message: &[u8], session: Session) -> Result<Told, String> {
    let add_path = [AddressType::Ipv4Unicast, AddressType::Ipv6Unicast].map(|a| (a, session.paths));
    let mut context = BgpParsingContext::new(
        session.four_octet_as,
        HashMap::new(),
        HashMap::from(add_path),
        true,
        true,
        true,
        true,
    );
    let mut reader = SliceReader::new(message);
    let update = match BgpMessage::parse(&mut reader, &mut context) {
        Ok(BgpMessage::Update(update)) => update,
        other => return Err(format!("the other refuses: {other:?}")),
    };
    let mut told = Told {
        withdrawn: nets4(update.withdraw_routes()),
        announced: nets4(update.nlri()),
        ..Told::default()
    };
    for attribute in update.path_attributes() {
        read(attribute.value(), &mut told);
    }
    told.unknown.sort();
    Ok(told)
}

fn nets4(nets: &[Ipv4UnicastAddress]) -> Vec<Net> {
    nets.iter().map(|n| (n.path_id(), n.network().address().trunc().to_string())).collect()
}

fn nets6(nets: &[Ipv6UnicastAddress]) -> Vec<Net> {
    nets.iter().map(|n| (n.path_id(), n.network().address().trunc().to_string())).collect()
}

fn read(value: &PathAttributeValue, told: &mut Told) {
    match value {
        PathAttributeValue::Origin(origin) => told.origin = Some(*origin as u8),
        PathAttributeValue::AsPath(AsPath::As2PathSegments(segments)) => {
            let segment = |s: &netgauze_bgp_pkt::path_attribute::As2PathSegment| {
                (s.segment_type() as u8, s.as_numbers().iter().map(|a| u32::from(*a)).collect())
            };
            told.path = segments.iter().map(segment).collect();
        }
        PathAttributeValue::AsPath(AsPath::As4PathSegments(segments)) => {
            told.path = segments.iter().map(|s| (s.segment_type() as u8, s.as_numbers().to_vec())).collect();
        }
        PathAttributeValue::NextHop(hop) => told.next_hop = Some(hop.next_hop().into()),
        PathAttributeValue::MultiExitDiscriminator(med) => told.med = Some(med.metric()),
        PathAttributeValue::LocalPreference(preference) => told.local_pref = Some(preference.metric()),
        PathAttributeValue::AtomicAggregate(_) => told.atomic_aggregate = true,
        PathAttributeValue::Aggregator(Aggregator::As2Aggregator(a)) => {
            told.aggregator = Some(((*a.asn()).into(), a.origin().into()));
        }
        PathAttributeValue::Aggregator(Aggregator::As4Aggregator(a)) => {
            told.aggregator = Some((*a.asn(), a.origin().into()));
        }
        PathAttributeValue::Communities(list) => {
            told.communities =
                list.communities().iter().map(netgauze_bgp_pkt::community::Community::value).collect();
        }
        PathAttributeValue::ExtendedCommunities(list) => {
            told.ext_communities = list.communities().iter().map(eight_octets).collect();
        }
        PathAttributeValue::LargeCommunities(list) => {
            let numbers = |c: &netgauze_bgp_pkt::community::LargeCommunity| {
                [c.global_admin(), c.local_data1(), c.local_data2()]
            };
            told.large_communities = list.communities().iter().map(numbers).collect();
        }
        PathAttributeValue::Originator(originator) => told.originator_id = Some(originator.id().into()),
        PathAttributeValue::ClusterList(list) => {
            told.cluster_list = list.cluster_list().iter().map(|c| c.id().into()).collect();
        }
        PathAttributeValue::MpReach(MpReach::Ipv4Unicast { next_hop, next_hop_local, nlri }) => {
            told.reach = Some((1, *next_hop, *next_hop_local, nets4(nlri)));
        }
        PathAttributeValue::MpReach(MpReach::Ipv6Unicast { next_hop_global, next_hop_local, nlri }) => {
            told.reach = Some((2, (*next_hop_global).into(), *next_hop_local, nets6(nlri)));
        }
        PathAttributeValue::MpUnreach(MpUnreach::Ipv4Unicast { nlri }) => {
            told.unreach = Some((1, nets4(nlri)));
        }
        PathAttributeValue::MpUnreach(MpUnreach::Ipv6Unicast { nlri }) => {
            told.unreach = Some((2, nets6(nlri)));
        }
        PathAttributeValue::OnlyToCustomer(otc) => told.only_to_customer = Some(otc.asn()),
        PathAttributeValue::Aigp(Aigp::AccumulatedIgpMetric(metric)) => told.aigp = Some(*metric),
        PathAttributeValue::UnknownAttribute(unknown) => {
            told.unknown.push((unknown.code(), unknown.value().to_vec()));
        }
        other => panic!("no UPDATE here has {other:?}"),
    }
}

/// It takes them apart; written again, they are numbers.
fn eight_octets(community: &netgauze_bgp_pkt::community::ExtendedCommunity) -> u64 {
    let mut octets = Vec::new();
    community.write(&mut octets).unwrap();
    u64::from_be_bytes(octets.try_into().unwrap())
}
