//! Every bound of the daemon's queues and buffers, and what happens there.

use std::time::Duration;

/// Messages waiting for a table. Full: sessions stop reading, and TCP slows the neighbors down.
pub(crate) const TABLE_QUEUE_LEN: usize = 16;
/// Nets in one batch from a session to a table.
pub(crate) const BATCH_NETS_MAX: usize = 2048;
/// Nets an exporter looks at in one go.
pub(crate) const EXPORT_NETS_MAX: usize = 2048;
/// For how long a table says nothing to its readers while it waits to hear from another table where next hops go.
pub(crate) const LOOKUP_WAIT_MAX: Duration = Duration::from_millis(100);
/// Nets a job over the whole table looks at in one go.
pub(crate) const STEP_NETS_MAX: u32 = 8192;
/// Chunks waiting for a neighbor's socket. Full: changes collapse to dirty nets in the table.
pub(crate) const SESSION_CHUNKS_MAX: usize = 6;
/// Chunks waiting for a kernel table.
pub(crate) const KERNEL_CHUNKS_MAX: usize = 6;
/// A session's read buffer while there is much to read, octets.
pub(crate) const READ_BUFFER_LEN: usize = 128 * 1024;
/// The same of one that says little; a message has room in it.
pub(crate) const READ_BUFFER_LEN_MIN: usize = 8 * 1024;
/// Commands waiting for a protocol's task. Full: the supervisor waits.
pub(crate) const COMMAND_QUEUE_LEN: usize = 16;
/// Accepted connections waiting for a session. Full: further ones are closed.
pub(crate) const INCOMING_QUEUE_LEN: usize = 4;
/// The same of a range's, for each of which a session is to be made.
pub(crate) const RANGE_QUEUE_LEN: usize = 256;
/// Connections waiting to be accepted. Full: the kernel does not answer further ones.
pub(crate) const LISTEN_BACKLOG: i32 = 128;
/// Questions waiting for the supervisor. Full: askers wait.
pub(crate) const REQUEST_QUEUE_LEN: usize = 64;
/// Routes in one page of a listing.
pub(crate) const PAGE_ROUTES_MAX: usize = 256;
/// Nets looked at for one page, so that a selective question does not hold a table up.
pub(crate) const PAGE_NETS_MAX: usize = 20_000;
/// Batches of route events a kernel protocol may lag behind; past it, it reads the kernel's table again.
pub(crate) const KERNEL_EVENTS_MAX: usize = 1024;
/// Changes of kernel routes in one go, between which other work is done.
pub(crate) const KERNEL_PLAN_MAX: usize = 1024;
/// Octets waiting for a neighbor's socket beyond what the kernel has taken; past it, changes wait in the table.
pub(crate) const WRITE_QUEUE_LEN_MAX: usize = 256 * 1024;
