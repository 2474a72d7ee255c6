//! Filters and expressions that commands carry, read against the running configuration's symbols.

use std::sync::Arc;

use godwit_config::RouterConfig;
use godwit_filter::Filter;

use crate::command::FilterText;

/// The filter a `show route` asks for, or what is wrong with it.
pub(crate) fn filter(config: &RouterConfig, text: &FilterText) -> Result<Arc<Filter>, String> {
    let program = &config.program;
    match text {
        FilterText::Name(name) => program.filter(name).ok_or_else(|| format!("No such filter: {name}")),
        FilterText::Block(body) => program.filter_body(body).map_err(|d| d.message),
        FilterText::Where(condition) => program.where_filter(condition).map_err(|d| d.message),
    }
}

/// The value of an expression as `eval` prints it, or the reply code and text of its failure.
pub(crate) fn eval(config: &RouterConfig, text: &str) -> Result<String, (u16, String)> {
    config.program.eval(text).map_err(|d| {
        let run_time = d.message.starts_with("Runtime error");
        if run_time { (8008, "runtime error".into()) } else { (9001, d.message) }
    })
}
