//! Pools (§1.9).

use serde::Deserialize;
use serde_json::Value;

use super::scalar::{Field, Flag};
use super::structure::spec;
use super::text::Prefix;
use crate::resource::{Encapsulation, IpPool};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    cidr: Field<Prefix>,
    ipip_mode: Field<Box<str>>,
    vxlan_mode: Field<Box<str>>,
    #[serde(rename = "disableBGPExport")]
    disable_bgp_export: Flag,
}

pub(super) fn decode(value: &Value) -> Result<IpPool, String> {
    let spec: Spec = spec(value)?;
    let cidr = spec.cidr.0.ok_or("spec.cidr: a pool is nothing without it")?.0;
    Ok(IpPool {
        cidr,
        ipip: encapsulation(spec.ipip_mode),
        vxlan: encapsulation(spec.vxlan_mode),
        disable_bgp_export: spec.disable_bgp_export.is_set(),
    })
}

fn encapsulation(mode: Field<Box<str>>) -> Encapsulation {
    match mode.0.as_deref() {
        Some("Always") => Encapsulation::Always,
        Some("CrossSubnet") => Encapsulation::CrossSubnet,
        _ => Encapsulation::Never,
    }
}
