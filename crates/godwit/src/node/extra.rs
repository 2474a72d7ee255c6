//! Configuration of the operator's own, beside what the datastore gives.

use std::path::PathBuf;

use godwit_control::NodeConfig;

/// The routers with the operator's files laid over them: where every configuration passes on its way from the
/// datastore to the routers.
pub(super) fn with_extras(config: &NodeConfig, _files: &[PathBuf]) -> NodeConfig {
    config.clone()
}
