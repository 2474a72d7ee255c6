//! Values of sessions that are lists of words, or a word of many.

use godwit_wire::Role;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::OneOrMore;
use super::scalar::{Scalar, scalar};
use crate::model::{AigpMode, CeaseCodes, PrivateAs, Requirements};

scalar!(Aigp, RemovePrivateAs, LocalRole, CeaseWord);

/// `aigp`
#[derive(Clone, Copy, Debug)]
pub(in crate::toml) struct Aigp(pub(in crate::toml) AigpMode);

impl Scalar for Aigp {
    const EXPECTED: &'static str = "true, false or \"originate\"";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self(if on { AigpMode::On } else { AigpMode::Off }))
    }

    fn from_word(word: &str) -> Option<Self> {
        (word == "originate").then_some(Self(AigpMode::Originate))
    }
}

/// `remove-private-as`
#[derive(Clone, Copy, Debug)]
pub(in crate::toml) struct RemovePrivateAs(pub(in crate::toml) PrivateAs);

impl Scalar for RemovePrivateAs {
    const EXPECTED: &'static str = "true, false or \"replace\"";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self(if on { PrivateAs::Remove } else { PrivateAs::Keep }))
    }

    fn from_word(word: &str) -> Option<Self> {
        (word == "replace").then_some(Self(PrivateAs::Replace))
    }
}

/// `local-role`
#[derive(Clone, Copy, Debug)]
pub(in crate::toml) struct LocalRole(pub(in crate::toml) Role);

impl Scalar for LocalRole {
    const EXPECTED: &'static str = "\"peer\", \"provider\", \"customer\", \"rs-server\" or \"rs-client\"";

    fn from_word(word: &str) -> Option<Self> {
        (0..=u8::MAX).map_while(Role::from_code).find(|role| role.name().replace('_', "-") == word).map(Self)
    }
}

/// One of `disable-after-cease`: a bit for each.
#[derive(Clone, Copy, Debug)]
struct CeaseWord(u16);

impl Scalar for CeaseWord {
    const EXPECTED: &'static str = "true, false or a list of \"cease\", \"prefix-limit-hit\", \"administrative-shutdown\", \"peer-deconfigured\", \"administrative-reset\", \"connection-rejected\", \"configuration-change\", \"connection-collision\", \"out-of-resources\"";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self(if on { CeaseCodes::ON.0 } else { CeaseCodes::NONE.0 }))
    }

    fn from_word(word: &str) -> Option<Self> {
        CeaseCodes::WORDS.iter().position(|known| known.replace(' ', "-") == word).map(|code| Self(1 << code))
    }
}

/// `disable-after-cease`
#[derive(Clone, Copy, Debug)]
pub(in crate::toml) struct Cease(pub(in crate::toml) CeaseCodes);

impl<'de> Deserialize<'de> for Cease {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = OneOrMore::<CeaseWord>::deserialize(deserializer)?;
        Ok(Self(CeaseCodes(words.0.iter().fold(0, |all, word| all | word.0))))
    }
}

/// `require`: a word or a list.
#[derive(Clone, Copy, Debug)]
pub(in crate::toml) struct Require(pub(in crate::toml) Requirements);

impl<'de> Deserialize<'de> for Require {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Requirements::default();
        for word in OneOrMore::<String>::deserialize(deserializer)?.0 {
            let place = match word.as_str() {
                "route-refresh" => &mut all.route_refresh,
                "enhanced-route-refresh" => &mut all.enhanced_route_refresh,
                "four-octet-as" => &mut all.four_octet_as,
                "extended-messages" => &mut all.extended_messages,
                "hostname" => &mut all.hostname,
                "graceful-restart" => &mut all.graceful_restart,
                "long-lived-graceful-restart" => &mut all.long_lived_graceful_restart,
                "roles" => &mut all.roles,
                _ => {
                    let known = [
                        "route-refresh",
                        "enhanced-route-refresh",
                        "four-octet-as",
                        "extended-messages",
                        "hostname",
                        "graceful-restart",
                        "long-lived-graceful-restart",
                        "roles",
                    ];
                    return Err(D::Error::custom(format!("`{word}` is none of: {}", known.join(", "))));
                }
            };
            *place = true;
        }
        Ok(Self(all))
    }
}
