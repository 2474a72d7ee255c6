//! Filters and expressions that commands carry, read against the running configuration.

use std::sync::Arc;

use godwit_config::{Policy, RouterConfig};
use godwit_filter::Filter;

use crate::command::FilterText;

/// The filter a `show route` asks for, or BIRD's words on what is wrong with it.
pub(crate) fn filter(config: &RouterConfig, text: &FilterText) -> Result<Arc<Filter>, String> {
    match text {
        FilterText::Name(name) => named(config, name).ok_or_else(|| format!("No such filter: {name}")),
        FilterText::Block(_) | FilterText::Where(_) => Err("filters are not supported here yet".into()),
    }
}

/// The value of an expression as `eval` prints it.
pub(crate) fn eval(_config: &RouterConfig, _text: &str) -> Result<String, String> {
    Err("eval is not supported yet".into())
}

fn named(config: &RouterConfig, name: &str) -> Option<Arc<Filter>> {
    let policies = config.protocols.iter().flat_map(|p| &p.channels).flat_map(|c| [&c.import, &c.export]);
    policies
        .filter_map(|p| match p {
            Policy::Filter(f) => Some(f),
            _ => None,
        })
        .find(|f| f.name() == Some(name))
        .cloned()
}
