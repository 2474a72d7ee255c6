//! Blocks of nodes: as resources (§1.10) and as keys of etcd (§1.5).

use serde::Deserialize;
use serde_json::Value;

use super::scalar::{Field, Flag};
use super::structure::{spec, whole};
use super::text::{FromText, Prefix};
use super::{json, one_line};
use crate::resource::{AffinityState, BlockAffinity};
use crate::{Id, Kind, Resource};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    node: Field<Box<str>>,
    cidr: Field<Prefix>,
    #[serde(rename = "type")]
    of_type: Field<Box<str>>,
    state: Field<AffinityState>,
    deleted: Flag,
}

/// The value in etcd; the key says the rest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct EtcdValue {
    state: Field<AffinityState>,
    deleted: Flag,
}

impl FromText for AffinityState {
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "confirmed" => Ok(Self::Confirmed),
            "pending" => Ok(Self::Pending),
            "pendingDeletion" => Ok(Self::PendingDeletion),
            _ => Err(format!("{text:?} is neither confirmed nor pending nor pendingDeletion")),
        }
    }
}

pub(super) fn decode(value: &Value) -> Result<Option<BlockAffinity>, String> {
    let spec: Spec = spec(value)?;
    let of_host = matches!(spec.of_type.0.as_deref(), None | Some("host"));
    if spec.deleted.is_set() || !of_host {
        return Ok(None);
    }
    let node = spec.node.0.ok_or("spec.node: an affinity is nothing without it")?;
    let cidr = spec.cidr.0.ok_or("spec.cidr: an affinity is nothing without it")?.0;
    Ok(Some(BlockAffinity { node, cidr, state: spec.state.0.unwrap_or_default() }))
}

/// A key and value of etcd under `/calico/ipam/v2/`. The identity is made of the key alone, so it is also that
/// of a key that was deleted. `None` if the key is no block of a host.
pub fn etcd_affinity(key: &str, value: &[u8]) -> Option<(Id, Result<Option<Resource>, String>)> {
    let (node, rest) = key.strip_prefix("/calico/ipam/v2/host/")?.split_once('/')?;
    let (family, block) = rest.split_once("/block/")?;
    let ipv4 = match family {
        "ipv4" => true,
        "ipv6" => false,
        _ => return None,
    };
    if node.is_empty() || block.is_empty() || block.contains('/') || key.chars().any(char::is_control) {
        return None;
    }
    let cidr = block.rsplit_once('-').map_or_else(|| block.into(), |(ip, length)| format!("{ip}/{length}"));
    let id = Id::new(Kind::BlockAffinity, &format!("{node}/{cidr}"));
    let resource = of_key(node, &cidr, ipv4, value).map_err(|error| one_line(&error));
    Some((id, resource.map(|block| block.map(Resource::BlockAffinity))))
}

fn of_key(node: &str, cidr: &str, ipv4: bool, value: &[u8]) -> Result<Option<BlockAffinity>, String> {
    // Old clusters store nothing at all.
    let EtcdValue { state, deleted } =
        if value.trim_ascii().is_empty() { EtcdValue::default() } else { whole(&json(value)?)? };
    if deleted.is_set() {
        return Ok(None);
    }
    let cidr = Prefix::from_text(cidr).map_err(|error| format!("the key: {error}"))?.0;
    if cidr.is_ipv4() != ipv4 {
        return Err(format!("the key: {cidr} is not of IPv{}", if ipv4 { 4 } else { 6 }));
    }
    Ok(Some(BlockAffinity { node: node.into(), cidr, state: state.0.unwrap_or_default() }))
}
