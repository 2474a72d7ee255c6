//! What labs are made of: network namespaces, processes in them, and waiting for conditions.
//!
//! Everything made here has a unique name and is gone when its guard is dropped; only processes
//! started here are ended, by their id.
#![forbid(unsafe_code)]

mod beside;
mod command;
mod etcd;
pub mod flow;
pub mod interop;
mod namespace;
mod process;
pub mod rack;
pub mod report;
mod router;
mod scratch;
pub mod speaker;
mod star;
mod third_party;
mod wait;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub use beside::{difference, same_lines, without_times};
pub use command::{need_program, need_root, run, text};
pub use etcd::Etcd;
pub use namespace::Namespace;
pub use process::Process;
pub use router::{Program, Router, birdc_text, godwit, target};
pub use scratch::Scratch;
pub use star::Star;
pub use third_party::{ExaBgp, Frr, GoBgp, OpenBgpd};
pub use wait::{LIMIT, POLL, as_busy, settles, stays, until, wait_for, with_some_time};

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A name no other lab on this machine has.
fn unique(label: &str) -> String {
    format!("gw{}-{}-{label}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// The root of the checkout.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}
