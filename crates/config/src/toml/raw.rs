//! The tables and keys of the format. Everything is optional here, so that a template can be laid
//! under a session; what must be there is checked when the router is put together.

/// A table whose keys are all optional, and how one is laid over another.
macro_rules! layered {
    ($(#[$meta:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $of:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub(in crate::toml) struct $name {
            $($(#[$attr])* pub(in crate::toml) $field: Option<$of>),+
        }

        impl $name {
            /// What is set here, and from `under` what is not.
            pub(in crate::toml) fn over(self, under: Self) -> Self {
                Self { $($field: self.$field.or(under.$field)),+ }
            }
        }
    };
}

mod others;
mod session;

use std::net::{IpAddr, Ipv4Addr};

use serde::Deserialize;
use toml::Spanned;

pub(super) use self::others::{Accept, BfdPart, BfdPeer, BfdProtocol, Pipe, RoaEntry, Rpki};
pub(super) use self::session::{Bgp, Channel, Gateway, Key, MissingLladdrWord, NextHopFormat, NextHopPrefer};
use super::value::{Debug, Interfaces, LogClass, MergePaths, Named, Net, OneOrMore, Via};

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
    pub(super) pipe: Named<Pipe>,
    pub(super) rpki: Named<Rpki>,
    pub(super) bfd: Named<BfdProtocol>,
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
    Roa4,
    Roa6,
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
    pub(super) roas: Vec<RoaEntry>,
    pub(super) roa4: Option<Channel>,
    pub(super) roa6: Option<Channel>,
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
