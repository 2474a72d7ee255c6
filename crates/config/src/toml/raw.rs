//! The tables and keys of the format. Everything is optional here, so that a template can be laid
//! under a session; what must be there is checked when the router is put together.

use std::net::{IpAddr, Ipv4Addr};

use serde::Deserialize;
use toml::Spanned;

use super::value::{
    AddPaths, AllowLocalAs, Debug, GracefulRestart, Interfaces, LimitValue, LogClass, MergePaths, Multihop,
    Named, NeighborAsValue, Net, NextHopValue, OneOrMore, Via,
};

/// A whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Router {
    pub(super) router: Global,
    /// Constants, functions and filters in the filter language.
    pub(super) filters: Option<Spanned<String>>,
    pub(super) tables: Named<Family>,
    pub(super) log: Vec<Log>,
    pub(super) time_format: TimeFormats,
    pub(super) device: Option<Spanned<Device>>,
    pub(super) direct: Named<Direct>,
    pub(super) kernel: Named<Kernel>,
    #[serde(rename = "static")]
    pub(super) statics: Named<Static>,
    pub(super) bgp_template: Named<Bgp>,
    pub(super) bgp: Named<Bgp>,
}

/// A file that is laid over routers that something else computes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Extra {
    filters: Option<Spanned<String>>,
    tables: Named<Family>,
    direct: Named<Direct>,
    kernel: Named<Kernel>,
    #[serde(rename = "static")]
    statics: Named<Static>,
    bgp_template: Named<Bgp>,
    bgp: Named<Bgp>,
    #[serde(rename = "override")]
    overrides: Overrides,
}

impl Extra {
    /// What it has in common with a whole file, and its patterns.
    pub(super) fn split(self) -> (Router, Overrides) {
        let Self { filters, tables, direct, kernel, statics, bgp_template, bgp, overrides } = self;
        let rest =
            Router { filters, tables, direct, kernel, statics, bgp_template, bgp, ..Router::default() };
        (rest, overrides)
    }
}

/// `[override.TYPE."PATTERN"]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Overrides {
    pub(super) device: Named<Device>,
    pub(super) direct: Named<Direct>,
    pub(super) kernel: Named<Kernel>,
    #[serde(rename = "static")]
    pub(super) statics: Named<Static>,
    pub(super) bgp: Named<Bgp>,
}

/// `[router]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Global {
    pub(super) id: Option<Ipv4Addr>,
    pub(super) id_from: Option<Interfaces>,
    pub(super) hostname: Option<String>,
    pub(super) debug: Option<Debug>,
    pub(super) debug_commands: u32,
    pub(super) graceful_restart_wait: Option<u32>,
}

/// The family of a table.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Family {
    Ipv4,
    Ipv6,
}

/// `[[log]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Log {
    /// `stderr`, `syslog` or a path.
    pub(super) to: Spanned<String>,
    /// The program name in the system log.
    pub(super) name: Option<Spanned<String>>,
    /// Octets after which the file is renamed to `backup`.
    pub(super) limit: Option<Spanned<u64>>,
    pub(super) backup: Option<String>,
    pub(super) classes: Option<OneOrMore<LogClass>>,
}

/// `[time-format]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TimeFormats {
    pub(super) route: Option<TimeFormat>,
    pub(super) protocol: Option<TimeFormat>,
    pub(super) base: Option<TimeFormat>,
    pub(super) log: Option<TimeFormat>,
}

/// How times are shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TimeFormat {
    /// strftime's format.
    pub(super) format: String,
    /// From this age on, seconds, `old` is used.
    pub(super) limit: Option<Spanned<u32>>,
    pub(super) old: Option<String>,
}

/// A table whose keys are all optional, and how one is laid over another.
macro_rules! layered {
    ($(#[$meta:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $of:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub(super) struct $name {
            $($(#[$attr])* pub(super) $field: Option<$of>),+
        }

        impl $name {
            /// What is set here, and from `under` what is not.
            pub(super) fn over(self, under: Self) -> Self {
                Self { $($field: self.$field.or(under.$field)),+ }
            }
        }
    };
}

/// `[device]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Device {
    pub(super) name: Option<Spanned<String>>,
    pub(super) description: Option<String>,
    pub(super) disabled: Option<bool>,
    pub(super) debug: Option<Debug>,
    pub(super) scan_time: Option<u32>,
}

/// `[direct.NAME]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Direct {
    pub(super) description: Option<String>,
    pub(super) disabled: Option<bool>,
    pub(super) debug: Option<Debug>,
    pub(super) interfaces: Option<Interfaces>,
    pub(super) check_link: Option<bool>,
    pub(super) ipv4: Option<Channel>,
    pub(super) ipv6: Option<Channel>,
}

/// `[kernel.NAME]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Kernel {
    pub(super) description: Option<String>,
    pub(super) disabled: Option<bool>,
    pub(super) debug: Option<Debug>,
    pub(super) persist: Option<bool>,
    pub(super) scan_time: Option<u32>,
    pub(super) learn: Option<bool>,
    pub(super) kernel_table: Option<u32>,
    pub(super) metric: Option<u32>,
    pub(super) graceful_restart: Option<bool>,
    pub(super) merge_paths: Option<MergePaths>,
    pub(super) ipv4: Option<Channel>,
    pub(super) ipv6: Option<Channel>,
}

/// `[static.NAME]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Static {
    pub(super) description: Option<String>,
    pub(super) disabled: Option<bool>,
    pub(super) debug: Option<Debug>,
    pub(super) check_link: Option<bool>,
    pub(super) igp_table: Option<Spanned<String>>,
    pub(super) routes: Vec<Spanned<Route>>,
    pub(super) ipv4: Option<Channel>,
    pub(super) ipv6: Option<Channel>,
}

/// A static route.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Route {
    pub(super) net: Spanned<Net>,
    pub(super) via: Option<OneOrMore<Via>>,
    pub(super) recursive: Option<IpAddr>,
    #[serde(rename = "type")]
    pub(super) kind: Option<RouteType>,
    /// Commands of the filter language, run on the route.
    pub(super) set: Option<Spanned<String>>,
}

/// A route that leads nowhere.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RouteType {
    Blackhole,
    Unreachable,
    Prohibit,
}

layered! {
    /// `[….ipv4]`, `[….ipv6]`
    Channel {
        table: Spanned<String>,
        import: Spanned<String>,
        export: Spanned<String>,
        preference: u16,
        keep_filtered: bool,
        receive_limit: LimitValue,
        import_limit: LimitValue,
        export_limit: LimitValue,
        next_hop_self: Spanned<NextHopValue>,
        next_hop_keep: Spanned<NextHopValue>,
        next_hop_address: Spanned<IpAddr>,
        gateway: Spanned<Gateway>,
        igp_table: Spanned<String>,
        secondary: Spanned<bool>,
        add_paths: Spanned<AddPaths>,
        mandatory: Spanned<bool>,
        graceful_restart: Spanned<bool>,
    }
}

/// How next hops are resolved.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Gateway {
    Auto,
    Direct,
    Recursive,
}

layered! {
    /// `[bgp.NAME]`, `[bgp-template.NAME]`
    Bgp {
        from: Spanned<String>,
        description: String,
        disabled: bool,
        debug: Debug,
        router_id: Ipv4Addr,
        local_as: u32,
        local_address: IpAddr,
        local_port: u16,
        neighbor: IpAddr,
        neighbor_range: Spanned<Net>,
        neighbor_as: NeighborAsValue,
        neighbor_port: u16,
        interface: String,
        multihop: Multihop,
        strict_bind: bool,
        password: String,
        passive: bool,
        rr_client: bool,
        rr_cluster_id: Ipv4Addr,
        rs_client: bool,
        hold_time: Spanned<u16>,
        startup_hold_time: u16,
        keepalive_time: Spanned<u16>,
        connect_delay_time: u32,
        connect_retry_time: u32,
        error_wait_time: [u32; 2],
        error_forget_time: u32,
        disable_after_error: bool,
        path_metric: bool,
        med_metric: bool,
        deterministic_med: bool,
        igp_metric: bool,
        prefer_older: bool,
        default_med: u32,
        default_local_pref: u32,
        allow_local_as: AllowLocalAs,
        allow_local_pref: bool,
        allow_as_sets: bool,
        enforce_first_as: bool,
        interpret_communities: bool,
        route_refresh: bool,
        four_octet_as: bool,
        capabilities: bool,
        graceful_restart: GracefulRestart,
        graceful_restart_time: Spanned<u16>,
        ttl_security: bool,
        check_link: bool,
        ipv4: Channel,
        ipv6: Channel,
    }
}

impl Bgp {
    /// What is set here and in its channels, and from `under` what is not.
    pub(super) fn derived_from(mut self, mut under: Self) -> Self {
        let layer = |over: Option<Channel>, under: Option<Channel>| match (over, under) {
            (Some(over), Some(under)) => Some(over.over(under)),
            (over, under) => over.or(under),
        };
        let ipv4 = layer(self.ipv4.take(), under.ipv4.take());
        let ipv6 = layer(self.ipv6.take(), under.ipv6.take());
        // A session's own place to reach a neighbor replaces the template's of either kind.
        if self.neighbor.is_some() || self.neighbor_range.is_some() {
            under.neighbor = None;
            under.neighbor_range = None;
        }
        Self { ipv4, ipv6, ..self.over(under) }
    }
}
