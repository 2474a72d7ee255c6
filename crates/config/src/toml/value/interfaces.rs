//! Interface patterns.

use std::net::IpAddr;

use ipnetwork::IpNetwork;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::OneOrMore;
use crate::model::InterfacePattern;

/// Interface patterns: `"eth*"`, `"-cali*"`, `"10.0.0.0/8"`, `"eth* 10.0.0.0/8"`.
#[derive(Clone, Debug)]
pub(in crate::toml) struct Interfaces(pub(in crate::toml) Vec<InterfacePattern>);

impl<'de> Deserialize<'de> for Interfaces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let patterns = OneOrMore::<String>::deserialize(deserializer)?;
        patterns
            .0
            .iter()
            .map(|text| pattern(text))
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(D::Error::custom)
    }
}

fn pattern(text: &str) -> Result<InterfacePattern, String> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    let prefix = |word: &str| -> Result<IpNetwork, String> {
        let net: IpNetwork = word.parse().map_err(|_| format!("`{word}` is no prefix"))?;
        if net.ip() == net.network() {
            Ok(net)
        } else {
            Err(format!("`{word}` has bits past its prefix length"))
        }
    };
    let (name, prefix) = match words.as_slice() {
        [word] if word.contains('/') || word.parse::<IpAddr>().is_ok() => (None, Some(prefix(word)?)),
        [word] => (Some((*word).to_owned()), None),
        [name, net] => (Some((*name).to_owned()), Some(prefix(net)?)),
        _ => return Err(format!("`{text}` is no interface pattern, expected a name, a prefix, or both")),
    };
    Ok(InterfacePattern { negative, name, prefix })
}
