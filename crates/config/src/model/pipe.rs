//! The pipe protocol.

use super::ChannelConfig;

/// `protocol pipe`: routes of one table go into another, and back.
#[derive(Clone, PartialEq, Debug)]
pub struct PipeConfig {
    /// The options of the primary table's side. `import` is from the peer table into the primary one, `export` the
    /// other way round; its preference is not used.
    pub channel: ChannelConfig,
    /// `peer table`.
    pub peer_table: String,
    /// `preference`; none: routes keep theirs.
    pub preference: Option<u16>,
    /// Whether both are tables of ROAs.
    pub roa: bool,
    /// `mode opaque` of 1.6: attributes of a route are not passed on.
    pub opaque: bool,
}
