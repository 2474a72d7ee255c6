//! Limits on the number of routes.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::model::{Limit, LimitAction};

/// `import-limit` and the like: a number, or a table with `max` and `action`.
#[derive(Clone, Copy, Debug)]
pub(in crate::toml) struct LimitValue(pub(in crate::toml) Limit);

impl<'de> Deserialize<'de> for LimitValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Clone, Copy, Default, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Action {
            Warn,
            Block,
            Restart,
            #[default]
            Disable,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            max: u32,
            #[serde(default)]
            action: Action,
        }
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Table;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of routes, or a table with `max` and `action`")
            }

            fn visit_i64<E: Error>(self, n: i64) -> Result<Table, E> {
                let max = u32::try_from(n)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(n), &self))?;
                Ok(Table { max, action: Action::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Table, A::Error> {
                Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))
            }
        }
        let Table { max, action } = deserializer.deserialize_any(Form)?;
        let action = match action {
            Action::Warn => LimitAction::Warn,
            Action::Block => LimitAction::Block,
            Action::Restart => LimitAction::Restart,
            Action::Disable => LimitAction::Disable,
        };
        Ok(Self(Limit { max, action }))
    }
}
