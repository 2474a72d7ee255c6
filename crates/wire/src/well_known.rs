//! Well-known communities that mean something to a router.

/// The path is kept for a neighbor that has been away for long (RFC 9494 §4.6).
pub const LLGR_STALE: u32 = 0xffff_0006;
/// The path must not be kept so (RFC 9494 §4.7).
pub const NO_LLGR: u32 = 0xffff_0007;
/// Not beyond the AS or the confederation (RFC 1997).
pub const NO_EXPORT: u32 = 0xffff_ff01;
/// To nobody (RFC 1997).
pub const NO_ADVERTISE: u32 = 0xffff_ff02;
/// Not beyond the AS, nor to another member of the confederation (RFC 1997).
pub const NO_EXPORT_SUBCONFED: u32 = 0xffff_ff03;
