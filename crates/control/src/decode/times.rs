//! The times of sessions, which Calico has no field for: annotations of ours. A bad one is ignored and said, so
//! that it costs nobody a session.

use std::time::Duration;

use serde_json::Value;

use super::one_line;
use super::text::{FromText as _, decimal};
use crate::resource::SessionTimes;

/// The hold time.
const HOLD: &str = "godwit/hold-time";
/// The keepalive time.
const KEEPALIVE: &str = "godwit/keepalive-time";
/// Where calicoctl puts the annotations of an object that it stores in Kubernetes' older group.
const WRAPPED: &str = "projectcalico.org/metadata";

/// What the annotations of an object say.
pub(super) fn decode(value: &Value) -> SessionTimes {
    let mut times = SessionTimes::default();
    let Some(annotations) = value.get("metadata").and_then(|m| m.get("annotations")) else { return times };
    let wrapped = annotations.get(WRAPPED).and_then(Value::as_str);
    let inner: Option<Value> = wrapped.and_then(|text| serde_json::from_str(text).ok());
    let inner = inner.as_ref().and_then(|metadata| metadata.get("annotations"));
    let find = |key: &str| annotations.get(key).or_else(|| inner.and_then(|a| a.get(key)));
    let mut read = |key: &str, parse: fn(&str) -> Result<u16, String>| {
        let text = match find(key)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        parse(&text)
            .map_err(|why| times.faults.push(one_line(&format!("has {key}, which is ignored: {why}")).into()))
            .ok()
    };
    let hold = read(HOLD, hold_time);
    let keepalive = read(KEEPALIVE, keepalive_time);
    SessionTimes { hold, keepalive, ..times }
}

/// A hold time in seconds: 0, or 3 and more (RFC 4271 §4.2).
///
/// # Errors
/// Why it is none.
pub(crate) fn hold_time(text: &str) -> Result<u16, String> {
    seconds(text)
        .filter(|n| *n == 0 || *n >= 3)
        .ok_or_else(|| format!("{text:?} is no hold time: expected 3s to 65535s, or 0"))
}

fn keepalive_time(text: &str) -> Result<u16, String> {
    seconds(text)
        .filter(|n| *n > 0)
        .ok_or_else(|| format!("{text:?} is no keepalive time: expected 1s to 65535s"))
}

/// Whole seconds, as a number or a duration of Go's.
fn seconds(text: &str) -> Option<u16> {
    let text = text.trim();
    decimal(text).or_else(|| {
        let time = Duration::from_text(text).ok().filter(|time| time.subsec_nanos() == 0)?;
        u16::try_from(time.as_secs()).ok()
    })
}
