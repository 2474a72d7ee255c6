//! How much of a kind one route may carry. Over a limit, the route is treated as withdrawn: a
//! neighbor must not decide how much memory and time its routes cost everyone behind us.

/// AS numbers in an AS_PATH, all segments together.
pub const AS_PATH_MAX: usize = 2048;
/// Communities of one kind (standard, extended, large).
pub const COMMUNITIES_MAX: usize = 1024;
/// Cluster ids in a CLUSTER_LIST.
pub const CLUSTER_LIST_MAX: usize = 128;
/// Attributes not known here that are carried on.
pub const UNKNOWN_ATTRIBUTES_MAX: usize = 64;
/// Errors reported one by one for an attribute block; the verdict counts all.
pub const ATTRIBUTE_ERRORS_MAX: usize = 32;
