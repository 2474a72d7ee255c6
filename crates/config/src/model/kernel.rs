//! The kernel protocol.

/// `protocol kernel`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelConfig {
    /// `persist`.
    pub persist: bool,
    /// `scan time`, seconds.
    pub scan_time_secs: u32,
    /// `learn`.
    pub learn: bool,
    /// `device routes` (1.6); BIRD 2 always exports them.
    pub device_routes: bool,
    /// `kernel table`, 254 is main.
    pub table: u32,
    /// `metric`; 0: the route's `krt_metric` or the kernel's default.
    pub metric: u32,
    /// `graceful restart`.
    pub graceful_restart: bool,
    /// `merge paths` with its limit.
    pub merge_paths: Option<u32>,
}
