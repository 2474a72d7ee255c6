//! Filters (§1.8). What cannot be understood is refused as a whole: half a filter would let pass what it was
//! written to stop.

use ipnetwork::IpNetwork;
use serde::Deserialize;
use serde_json::Value;

use super::scalar::{AsNumber, Bounded, Field};
use super::structure::{List, Record, spec};
use super::text::{FromText, InterfacePattern, Prefix};
use crate::resource::{
    BgpFilter, Community, FilterAction, FilterOperation, FilterRule, MatchOperator, PeerType, PrefixMatch,
};

/// The most operations of a rule.
const OPERATIONS_MAX: usize = 10;

/// A priority is the complement of a LOCAL_PREF of 31 bits.
type Priority = Bounded<u32, 0, 2_147_483_647>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    #[serde(rename = "importV4")]
    import_v4: List<Record<Rule>>,
    #[serde(rename = "exportV4")]
    export_v4: List<Record<Rule>>,
    #[serde(rename = "importV6")]
    import_v6: List<Record<Rule>>,
    #[serde(rename = "exportV6")]
    export_v6: List<Record<Rule>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rule {
    action: Field<FilterAction>,
    cidr: Field<Prefix>,
    match_operator: Field<MatchOperator>,
    prefix_length: Record<Lengths>,
    source: Field<Source>,
    interface: Field<InterfacePattern>,
    peer_type: Field<PeerType>,
    communities: Option<Record<Communities>>,
    as_path_prefix: List<AsNumber>,
    priority: Priority,
    operations: List<Record<Operation>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Lengths {
    min: Bounded<u8, 0, 128>,
    max: Bounded<u8, 0, 128>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Communities {
    values: List<Field<Community>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Operation {
    add_community: Option<Record<AddCommunity>>,
    #[serde(rename = "prependASPath")]
    prepend_as_path: Option<Record<PrependAsPath>>,
    set_priority: Option<Record<SetPriority>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AddCommunity {
    value: Field<Community>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PrependAsPath {
    prefix: List<AsNumber>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SetPriority {
    value: Priority,
}

/// The one value of `source`.
struct Source;

impl FromText for Source {
    fn from_text(text: &str) -> Result<Self, String> {
        if text == "RemotePeers" { Ok(Self) } else { Err(format!("{text:?} is not RemotePeers")) }
    }
}

impl FromText for FilterAction {
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "Accept" => Ok(Self::Accept),
            "Reject" => Ok(Self::Reject),
            _ => Err(format!("{text:?} is neither Accept nor Reject")),
        }
    }
}

impl FromText for MatchOperator {
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "Equal" => Ok(Self::Equal),
            "NotEqual" => Ok(Self::NotEqual),
            "In" => Ok(Self::In),
            "NotIn" => Ok(Self::NotIn),
            _ => Err(format!("{text:?} is neither Equal nor NotEqual nor In nor NotIn")),
        }
    }
}

impl FromText for PeerType {
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "eBGP" => Ok(Self::External),
            "iBGP" => Ok(Self::Internal),
            _ => Err(format!("{text:?} is neither eBGP nor iBGP")),
        }
    }
}

pub(super) fn decode(value: &Value) -> Result<BgpFilter, String> {
    let spec: Spec = spec(value)?;
    Ok(BgpFilter {
        import_v4: rules(spec.import_v4, "importV4", true)?,
        export_v4: rules(spec.export_v4, "exportV4", true)?,
        import_v6: rules(spec.import_v6, "importV6", false)?,
        export_v6: rules(spec.export_v6, "exportV6", false)?,
    })
}

fn rules(list: List<Record<Rule>>, field: &str, ipv4: bool) -> Result<Vec<FilterRule>, String> {
    list.into_records()
        .enumerate()
        .map(|(index, entry)| rule(entry, ipv4).map_err(|error| format!("spec.{field}[{index}].{error}")))
        .collect()
}

/// Errors begin with the field in the rule.
fn rule(rule: Rule, ipv4: bool) -> Result<FilterRule, String> {
    let action = rule.action.0.ok_or("action: a rule is nothing without it")?;
    let operations = operations(rule.operations)?;
    if action == FilterAction::Reject && !operations.is_empty() {
        return Err("operations: there are none with action Reject".into());
    }
    Ok(FilterRule {
        action,
        prefix: prefix(rule.cidr.0, rule.match_operator.0, rule.prefix_length.0, ipv4)?,
        from_remote_peers: rule.source.0.is_some(),
        interface: rule.interface.0.map(|pattern| pattern.0),
        peer_type: rule.peer_type.0,
        community: rule.communities.map(|Record(c)| only_community(c)).transpose()?,
        // An AS path with 0 in it is none we would ever have; the rule just never matches.
        as_path_prefix: rule.as_path_prefix.0.into_iter().map(|n| n.0.unwrap_or_default()).collect(),
        priority: rule.priority.0,
        operations,
    })
}

fn prefix(
    cidr: Option<Prefix>,
    operator: Option<MatchOperator>,
    lengths: Lengths,
    ipv4: bool,
) -> Result<Option<PrefixMatch>, String> {
    let (min_length, max_length) = (lengths.min.0, lengths.max.0);
    let (cidr, operator) = match (cidr, operator) {
        (Some(cidr), Some(operator)) => (cidr.0, operator),
        (Some(_), None) => return Err("matchOperator: cidr needs one".into()),
        (None, Some(_)) => return Err("cidr: matchOperator needs one".into()),
        (None, None) if min_length.is_some() || max_length.is_some() => {
            return Err("prefixLength: it needs cidr".into());
        }
        (None, None) => return Ok(None),
    };
    if cidr.is_ipv4() != ipv4 {
        return Err(format!("cidr: {cidr} is not of IPv{}", if ipv4 { 4 } else { 6 }));
    }
    check_lengths(cidr, min_length, max_length)?;
    Ok(Some(PrefixMatch { cidr, operator, min_length, max_length }))
}

/// A range of lengths with nothing in it is a mistake, and no pattern of a filter.
fn check_lengths(cidr: IpNetwork, min: Option<u8>, max: Option<u8>) -> Result<(), String> {
    let bits = if cidr.is_ipv4() { 32 } else { 128 };
    for (field, length) in [("min", min), ("max", max)] {
        if let Some(length) = length.filter(|length| *length > bits) {
            return Err(format!("prefixLength.{field}: {length} is more than {bits}"));
        }
    }
    let low = min.unwrap_or_default().max(cidr.prefix());
    let high = max.unwrap_or(bits);
    if low > high {
        return Err(format!("prefixLength: no prefix in {cidr} has a length from {low} to {high}"));
    }
    Ok(())
}

fn only_community(communities: Communities) -> Result<Community, String> {
    let mut values = communities.values.0.into_iter();
    match (values.next(), values.next()) {
        (Some(Field(Some(community))), None) => Ok(community),
        _ => Err("communities.values: it has to be exactly one".into()),
    }
}

fn operations(list: List<Record<Operation>>) -> Result<Vec<FilterOperation>, String> {
    if list.0.len() > OPERATIONS_MAX {
        return Err(format!("operations: there are more than {OPERATIONS_MAX}"));
    }
    list.into_records()
        .enumerate()
        .map(|(index, entry)| operation(entry).map_err(|error| format!("operations[{index}]{error}")))
        .collect()
}

fn operation(operation: Operation) -> Result<FilterOperation, String> {
    match (operation.add_community, operation.prepend_as_path, operation.set_priority) {
        (Some(Record(add)), None, None) => add
            .value
            .0
            .map(FilterOperation::AddCommunity)
            .ok_or_else(|| ".addCommunity.value: missing".into()),
        (None, Some(Record(prepend)), None) => {
            let path: Option<Vec<u32>> = prepend.prefix.0.into_iter().map(|number| number.0).collect();
            match path {
                None => Err(".prependASPath.prefix: 0 is no AS of a path".into()),
                Some(path) if path.is_empty() => Err(".prependASPath.prefix: missing".into()),
                Some(path) => Ok(FilterOperation::PrependAsPath(path)),
            }
        }
        (None, None, Some(Record(set))) => {
            set.value.0.map(FilterOperation::SetPriority).ok_or_else(|| ".setPriority.value: missing".into())
        }
        _ => Err(": it has to be exactly one of addCommunity, prependASPath, setPriority".into()),
    }
}
