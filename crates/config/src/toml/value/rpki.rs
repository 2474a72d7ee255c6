//! Times of a cache of ROAs.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::model::RpkiTime;

/// `refresh` and the like: seconds, or a table with `secs` and `keep`.
#[derive(Clone, Copy, Debug)]
pub(in crate::toml) struct RpkiTimeValue(pub(in crate::toml) RpkiTime);

impl<'de> Deserialize<'de> for RpkiTimeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            secs: u32,
            #[serde(default)]
            keep: bool,
        }
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = RpkiTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds, or a table with `secs` and `keep`")
            }

            fn visit_i64<E: Error>(self, secs: i64) -> Result<RpkiTime, E> {
                let wrong = |_| E::invalid_value(serde::de::Unexpected::Signed(secs), &self);
                Ok(RpkiTime { secs: u32::try_from(secs).map_err(wrong)?, keep: false })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RpkiTime, A::Error> {
                let Table { secs, keep } =
                    Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(RpkiTime { secs, keep })
            }
        }
        deserializer.deserialize_any(Form).map(Self)
    }
}
