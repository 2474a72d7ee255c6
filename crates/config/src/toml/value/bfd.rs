//! Liveness of neighbors.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::model::BfdOptions;

/// `bfd`: a switch, `"graceful"`, or a table.
#[derive(Clone, Debug)]
pub(in crate::toml) struct Bfd(pub(in crate::toml) Option<BfdOptions>);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Table {
    graceful: bool,
    min_rx_ms: Option<u32>,
    min_tx_ms: Option<u32>,
    idle_tx_ms: Option<u32>,
    multiplier: Option<u32>,
    passive: Option<bool>,
}

impl<'de> Deserialize<'de> for Bfd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Option<BfdOptions>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, \"graceful\" or a table of options")
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<Self::Value, E> {
                Ok(on.then(BfdOptions::default))
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
                if word != "graceful" {
                    return Err(E::invalid_value(serde::de::Unexpected::Str(word), &self));
                }
                Ok(Some(BfdOptions { graceful: true, ..BfdOptions::default() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let table = Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                let time = |ms: Option<u32>| ms.map(|ms| Duration::from_millis(ms.into()));
                Ok(Some(BfdOptions {
                    graceful: table.graceful,
                    min_rx: time(table.min_rx_ms),
                    min_tx: time(table.min_tx_ms),
                    idle_tx: time(table.idle_tx_ms),
                    multiplier: table.multiplier,
                    passive: table.passive,
                }))
            }
        }
        deserializer.deserialize_any(Form).map(Self)
    }
}
