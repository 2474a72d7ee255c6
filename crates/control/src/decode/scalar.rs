//! Single values, as lenient as YAML makes it necessary.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

use super::text::{self, FromText};

/// A field that a string holds; missing, `null` and the empty string are none. Numbers and booleans are what
/// YAML makes of unquoted strings, so they are taken for their text.
#[derive(Clone, Debug)]
pub(super) struct Field<T>(pub(super) Option<T>);

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: FromText> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(OfText)? {
            Some(text) if !text.is_empty() => {
                T::from_text(&text).map(Some).map(Self).map_err(D::Error::custom)
            }
            _ => Ok(Self(None)),
        }
    }
}

/// The text of a scalar; none of `null`.
struct OfText;

impl Visitor<'_> for OfText {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }
}

/// A value of an annotation: whatever is not valid counts as absent (§1.3).
#[derive(Clone, Debug)]
pub(super) struct Annotation<T>(pub(super) Option<T>);

impl<T> Default for Annotation<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: FromText> Deserialize<'de> for Annotation<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_any(OfAnything)?;
        Ok(Self(text.filter(|t| !t.is_empty()).and_then(|t| T::from_text(&t).ok())))
    }
}

/// The text of a scalar; none of anything else. A fraction is no text: `1.10` has become `1.1`.
struct OfAnything;

impl<'de> Visitor<'de> for OfAnything {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A boolean. Also as a string, which older releases store and YAML 1.2 makes of `no`; none if missing, `null`
/// or empty.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Flag(pub(super) Option<bool>);

impl Flag {
    /// Whether it is given and true.
    pub(super) fn is_set(self) -> bool {
        self.0 == Some(true)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfFlag;

        impl Visitor<'_> for OfFlag {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_unit<E>(self) -> Result<Flag, E> {
                Ok(Flag(None))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(Some(value)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Flag, E> {
                match text.to_ascii_lowercase().as_str() {
                    "" => Ok(Flag(None)),
                    "true" | "t" | "1" | "yes" | "on" => Ok(Flag(Some(true))),
                    "false" | "f" | "0" | "no" | "off" => Ok(Flag(Some(false))),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(OfFlag)
    }
}

/// An AS number (§1.13), as a number or a string; 0, `null` and an empty string are none.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct AsNumber(pub(super) Option<u32>);

impl FromText for AsNumber {
    fn from_text(text: &str) -> Result<Self, String> {
        text::as_number(text)
            .map(|number| Self(Some(number).filter(|n| *n != 0)))
            .ok_or_else(|| format!("{text:?} is no AS number: up to 4294967295, or hi.lo"))
    }
}

impl<'de> Deserialize<'de> for AsNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfAs;

        impl Visitor<'_> for OfAs {
            type Value = AsNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an AS number")
            }

            fn visit_unit<E>(self) -> Result<AsNumber, E> {
                Ok(AsNumber(None))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<AsNumber, E> {
                let number =
                    u32::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))?;
                Ok(AsNumber(Some(number).filter(|n| *n != 0)))
            }

            // 1.10 and 1.1 are one number and two AS numbers.
            fn visit_f64<E: Error>(self, value: f64) -> Result<AsNumber, E> {
                Err(E::custom(format!("{value} is no AS number; hi.lo has to be in quotes")))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<AsNumber, E> {
                if text.is_empty() {
                    Ok(AsNumber(None))
                } else {
                    AsNumber::from_text(text).map_err(E::custom)
                }
            }
        }

        deserializer.deserialize_any(OfAs)
    }
}

/// A whole number in a range; missing and `null` are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounded<T, const MIN: u64, const MAX: u64>(pub(super) Option<T>);

impl<T, const MIN: u64, const MAX: u64> Default for Bounded<T, MIN, MAX> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: TryFrom<u64>, const MIN: u64, const MAX: u64> Deserialize<'de> for Bounded<T, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfBounded<T, const MIN: u64, const MAX: u64>(PhantomData<T>);

        impl<T: TryFrom<u64>, const MIN: u64, const MAX: u64> Visitor<'_> for OfBounded<T, MIN, MAX> {
            type Value = Bounded<T, MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Bounded(None))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                T::try_from(value)
                    .ok()
                    .filter(|_| (MIN..=MAX).contains(&value))
                    .map(|number| Bounded(Some(number)))
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
            }
        }

        deserializer.deserialize_any(OfBounded(PhantomData))
    }
}
