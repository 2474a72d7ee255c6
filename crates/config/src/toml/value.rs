//! Values with more than one form, such as `true`, `64` or `"aware"`.

mod bfd;
mod interfaces;
mod limit;
mod rpki;
mod scalar;
mod session;
mod via;

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use crate::model::DebugFlags;

pub(super) use bfd::Bfd;
pub(super) use interfaces::Interfaces;
pub(super) use limit::LimitValue;
pub(super) use rpki::RpkiTimeValue;
pub(super) use scalar::{
    AddPaths, AllowLocalAs, GracefulRestart, LogClass, MergePaths, Multihop, NeighborAsValue, Net,
    NextHopValue,
};
pub(super) use session::{Aigp, Cease, LocalRole, RemovePrivateAs, Require};
pub(super) use via::Via;

/// Tables by name, with the names' places.
#[derive(Clone, Debug)]
pub(super) struct Named<T>(pub(super) Vec<(Spanned<String>, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tables<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Tables<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tables by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    list.push(entry);
                }
                list.sort_by_key(|(name, _): &(Spanned<String>, T)| name.span().start);
                Ok(Named(list))
            }
        }
        deserializer.deserialize_map(Tables(std::marker::PhantomData))
    }
}

/// One value, or a list of them.
#[derive(Clone, Debug)]
pub(super) struct OneOrMore<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = OneOrMore<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of values")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<OneOrMore<T>, E> {
                let value = serde::de::value::BoolDeserializer::new(value);
                Ok(OneOrMore(vec![T::deserialize(value)?]))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMore<T>, E> {
                let value = serde::de::value::StrDeserializer::new(text);
                Ok(OneOrMore(vec![T::deserialize(value)?]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMore<T>, A::Error> {
                let value = serde::de::value::MapAccessDeserializer::new(map);
                Ok(OneOrMore(vec![T::deserialize(value)?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMore<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = seq.next_element()? {
                    list.push(value);
                }
                Ok(OneOrMore(list))
            }
        }
        deserializer.deserialize_any(List(std::marker::PhantomData))
    }
}

/// `debug`: one word or a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Debug(pub(super) DebugFlags);

impl<'de> Deserialize<'de> for Debug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Clone, Copy, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            All,
            Off,
            States,
            Routes,
            Filters,
            Interfaces,
            Events,
            Packets,
        }
        let words = OneOrMore::<Word>::deserialize(deserializer)?;
        let bits = words.0.iter().map(|word| match word {
            Word::All => DebugFlags::ALL.0,
            Word::Off => 0,
            Word::States => DebugFlags::STATES,
            Word::Routes => DebugFlags::ROUTES,
            Word::Filters => DebugFlags::FILTERS,
            Word::Interfaces => DebugFlags::INTERFACES,
            Word::Events => DebugFlags::EVENTS,
            Word::Packets => DebugFlags::PACKETS,
        });
        Ok(Self(DebugFlags(bits.fold(0, |all, bit| all | bit))))
    }
}
