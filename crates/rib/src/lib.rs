//! Routing tables: interned attributes, best path, next hop resolution, and the steps on either
//! side of a table: import (UPDATE to routes) and export (changed nets to UPDATEs).
//!
//! Everything here is a plain value driven by its owner: no sockets, no clock, no tasks. Times
//! come in as arguments, in milliseconds since the Unix epoch.
#![forbid(unsafe_code)]

mod attrs;
mod best;
mod bitmap;
mod counters;
mod export;
mod import;
mod key;
mod limit;
mod nexthop;
mod source;
mod table;
mod trace;

pub use attrs::{AttrId, AttrStore, HashedAttributes};
pub use counters::{ExportCounters, ImportCounters, RowCounters};
pub use export::{
    AigpPolicy, BgpExport, ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, LinkLocalFormat,
    MissingLinkLocal, NextHopPolicy, Preview, PrivateAsPolicy, Refused, WantedPath, WantedRoute,
    export_check,
};
pub use import::{
    Batches, BgpImport, ChannelImport, ImportStep, ImportedRoute, Links, OnLink, UpdateSummary,
};
pub use key::NetKey;
pub use limit::{LimitsPassed, SourceLimit};
pub use nexthop::{LookUp, Resolution, ResolvedHops, WatcherId};
pub use source::{BgpSource, SourceId, SourceInfo};
pub use table::{Change, NetView, PATHS_PER_NET_MAX, PathView, RouteBatch, Table};
pub use trace::Trace;
