//! Next hops of static routes.

use std::fmt;
use std::net::IpAddr;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A next hop of a static route: an address, `address%interface`, an interface, or a table.
#[derive(Clone, Debug)]
pub(in crate::toml) struct Via {
    pub(in crate::toml) gateway: Option<IpAddr>,
    pub(in crate::toml) interface: Option<String>,
    pub(in crate::toml) weight: u16,
    pub(in crate::toml) onlink: bool,
}

impl<'de> Deserialize<'de> for Via {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            gateway: Option<IpAddr>,
            interface: Option<String>,
            weight: Option<u16>,
            #[serde(default)]
            onlink: bool,
        }
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Via;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an address, an interface, or a table with `gateway`, `interface`, `weight`, `onlink`",
                )
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Via, E> {
                let (address, zone) = match text.split_once('%') {
                    Some((address, zone)) => (address, Some(zone.to_owned())),
                    None => (text, None),
                };
                let (gateway, interface) = match address.parse() {
                    Ok(ip) => (Some(ip), zone),
                    Err(_) => (None, Some(text.to_owned())),
                };
                Ok(Via { gateway, interface, weight: 1, onlink: false })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Via, A::Error> {
                let table = Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                let weight = table.weight.unwrap_or(1);
                if !(1..=256).contains(&weight) {
                    return Err(A::Error::custom("Weight must be in range 1-256"));
                }
                if table.gateway.is_none() && table.interface.is_none() {
                    return Err(A::Error::custom("a next hop needs `gateway`, `interface` or both"));
                }
                Ok(Via { gateway: table.gateway, interface: table.interface, weight, onlink: table.onlink })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Via, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self))
            }
        }
        deserializer.deserialize_any(Form)
    }
}
