//! From the JSON of a datastore to [`Resource`]s.
//!
//! Objects may have bypassed every validation, so each value is checked here: wrong types and values that
//! would change what is meant are refused, and the field is named; unknown fields are ignored.

mod affinity;
mod bgp_configuration;
mod bgp_filter;
mod bgp_peer;
mod endpoints;
mod ip_pool;
mod meta;
mod node;
mod scalar;
mod secret;
mod service;
mod structure;
#[cfg(test)]
mod tests;
mod text;
mod times;
mod workload;

use serde_json::Value;

use crate::{Kind, Object, Resource};

pub use affinity::etcd_affinity;
pub use meta::id;
pub(crate) use times::hold_time;

/// The most octets of an object: above what an API server and etcd store.
pub const OBJECT_LENGTH_MAX: usize = 4 << 20;

/// The most characters of an error.
const ERROR_LENGTH_MAX: usize = 400;

/// What an object of a kind says; `None` if it counts as not being there: a deleted or virtual affinity, a
/// workload that is nobody's peer.
///
/// The kind is the caller's to know: `kind` and `apiVersion` are only looked at to tell a Node of Kubernetes
/// from one of Calico, and `Endpoints` from an `EndpointSlice`.
///
/// # Errors
/// Why it is refused: one line that names the field.
pub fn resource(kind: Kind, value: &Value) -> Result<Option<Resource>, String> {
    let decoded = match kind {
        Kind::Node => node::decode(value).map(|node| Some(Resource::Node(node))),
        Kind::IpPool => ip_pool::decode(value).map(|pool| Some(Resource::IpPool(pool))),
        Kind::BgpConfiguration => bgp_configuration::decode(value)
            .map(|configuration| Some(Resource::BgpConfiguration(Box::new(configuration)))),
        Kind::BgpPeer => bgp_peer::decode(value).map(|peer| Some(Resource::BgpPeer(Box::new(peer)))),
        Kind::BgpFilter => bgp_filter::decode(value).map(|filter| Some(Resource::BgpFilter(filter))),
        Kind::BlockAffinity => affinity::decode(value).map(|block| block.map(Resource::BlockAffinity)),
        Kind::Service => service::decode(value).map(|service| Some(Resource::Service(service))),
        Kind::EndpointSlice => endpoints::decode(value).map(|slice| Some(Resource::EndpointSlice(slice))),
        Kind::Secret => secret::decode(value).map(|secret| Some(Resource::Secret(secret))),
        Kind::EndpointStatus => {
            workload::decode(value).map(|workload| workload.map(Resource::EndpointStatus))
        }
    };
    decoded.map_err(|error| one_line(&error))
}

/// A manifest of any kind: `None` if it is of a kind that is nothing to us, or counts as not being there, or
/// is an empty document.
///
/// # Errors
/// It is no object, or has no kind or no name.
pub fn manifest(value: &Value) -> Result<Option<Object>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let Some(kind) = meta::kind(value)? else { return Ok(None) };
    let id = id(kind, value)?;
    let resource = match resource(kind, value) {
        Ok(None) => return Ok(None),
        Ok(Some(resource)) => Ok(resource),
        Err(error) => Err(error),
    };
    Ok(Some(Object { id, resource }))
}

/// Reads JSON.
///
/// # Errors
/// It is longer than [`OBJECT_LENGTH_MAX`], is no JSON, or nests too deep; the error shows nothing of it.
pub fn json(bytes: &[u8]) -> Result<Value, String> {
    if bytes.len() > OBJECT_LENGTH_MAX {
        return Err(format!("{} octets are more than the {OBJECT_LENGTH_MAX} of an object", bytes.len()));
    }
    serde_json::from_slice(bytes).map_err(|error| one_line(&error.to_string()))
}

/// Errors quote what objects hold: no control characters, and no more than a line's worth.
fn one_line(text: &str) -> String {
    let mut line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(ERROR_LENGTH_MAX).collect();
    if line.len() < text.len() {
        line.push('…');
    }
    line
}
