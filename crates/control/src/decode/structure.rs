//! Objects in objects: what serde derives would take lists for them, and refuse `null`.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// What an object holds; `null` is an empty one, as in Go.
#[derive(Clone, Default, Debug)]
pub(super) struct Record<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Record<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Of<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Of<T> {
            type Value = Record<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Record::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Record)
            }
        }

        deserializer.deserialize_any(Of(PhantomData))
    }
}

/// A list; `null` is an empty one.
#[derive(Clone, Debug)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::deserialize(deserializer)?.unwrap_or_default()))
    }
}

impl<T> List<Record<T>> {
    /// The entries.
    pub(super) fn into_records(self) -> impl Iterator<Item = T> {
        self.0.into_iter().map(|record| record.0)
    }
}

/// An object with a `spec`.
#[derive(Default, Deserialize)]
#[serde(default, bound = "T: Deserialize<'de> + Default")]
struct WithSpec<T> {
    spec: Record<T>,
}

/// Reads an object.
///
/// # Errors
/// The field and what is wrong with it.
pub(super) fn whole<T: DeserializeOwned + Default>(value: &Value) -> Result<T, String> {
    if !value.is_object() {
        return Err("it is no object".into());
    }
    serde_path_to_error::deserialize(value).map(|Record(whole)| whole).map_err(|error| error.to_string())
}

/// Reads the `spec` of an object; one that has none has an empty one.
///
/// # Errors
/// The field and what is wrong with it.
pub(super) fn spec<T: DeserializeOwned + Default>(value: &Value) -> Result<T, String> {
    whole::<WithSpec<T>>(value).map(|whole| whole.spec.0)
}
