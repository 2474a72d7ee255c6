//! The text of replies, byte for byte as BIRD 2 and BIRD 1.6 give it.

pub mod attributes;
mod capabilities;
mod config;
mod control;
mod interfaces;
mod protocols;
mod routes;
mod status;

pub use config::{static_routes, symbols};
pub use control::{acted, configure};
pub use interfaces::{interfaces, summary};
pub use protocols::{heading, protocol};
pub use routes::RouteLines;
pub use status::{memory, status};
