mod any;
mod bgp_configuration;
mod bgp_filter;
mod bgp_peer;
mod cluster;
mod node;
mod object;
mod scalars;

use serde_json::{Value, json};

use super::*;

/// What a `spec` of a kind is taken for.
fn of_spec(kind: Kind, spec: Value) -> Result<Option<Resource>, String> {
    resource(kind, &json!({ "spec": spec }))
}

/// A spec with one field.
fn with(field: &str, value: Value) -> Value {
    let mut spec = serde_json::Map::new();
    spec.insert(field.into(), value);
    Value::Object(spec)
}

/// Each `spec` is refused, and the error begins like that.
fn are_refused(kind: Kind, cases: &[(Value, &str)]) {
    for (spec, start) in cases {
        match of_spec(kind, spec.clone()) {
            Err(error) => assert!(error.starts_with(start), "{spec}: {error}"),
            Ok(taken) => panic!("{spec} is taken: {taken:?}"),
        }
    }
}

fn net(text: &str) -> ipnetwork::IpNetwork {
    text.parse().expect("a network")
}
