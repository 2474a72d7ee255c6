//! The listening side: many clients, each with its own bounded buffers.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use time::UtcOffset;
use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::Semaphore;

use crate::execute::Session;
use crate::{Backend, Framer};

/// The longest command, in octets without its line end.
const MAX_LINE: usize = 4096;
/// How many clients are served at once.
const MAX_CLIENTS: usize = 512;
/// Rest after a failed accept, so that a full descriptor table does not make a busy loop.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// What the server needs to know.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// What follows `BIRD ` in the banner and in `show status`: `2.0.12`, `v0.3.3+birdv1.6.8`.
    pub version: String,
    /// The configuration file as `configure` without a file names it.
    pub config_file: String,
    /// The local time zone.
    pub utc_offset: UtcOffset,
}

/// Why the socket could not be made.
#[derive(Debug)]
pub enum BindError {
    /// Someone answers there.
    InUse,
    /// The system refused.
    Io(PathBuf, std::io::Error),
}

impl std::fmt::Display for BindError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse => f.write_str("I found another BIRD running."),
            Self::Io(path, e) => {
                let text = e.to_string();
                // The system's words without the number Rust puts behind them.
                let text = text.split(" (os error").next().unwrap_or(&text);
                write!(f, "Cannot create control socket {}: {text}", path.display())
            }
        }
    }
}

impl std::error::Error for BindError {}

/// Makes the socket, mode 0660; a stale one is replaced, a living one is an error. Its owner is the
/// caller's business. It does not block, as a runtime wants it.
///
/// # Errors
/// Another daemon listens there, or the system refuses.
pub fn bind(path: &Path) -> Result<StdListener, BindError> {
    let failed = |e| BindError::Io(path.to_owned(), e);
    if StdStream::connect(path).is_ok() {
        return Err(BindError::InUse);
    }
    match fs::symlink_metadata(path) {
        // Only a socket is ours to remove.
        Ok(meta) if meta.file_type().is_socket() => fs::remove_file(path).map_err(failed)?,
        Ok(_) => return Err(failed(std::io::Error::from(ErrorKind::AlreadyExists))),
        Err(_) => {}
    }
    let listener = StdListener::bind(path).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(failed)?;
    Ok(listener)
}

/// Serves clients until dropped.
pub async fn serve(listener: UnixListener, backend: Arc<dyn Backend>, config: ServerConfig) {
    let config = Arc::new(config);
    let places = Arc::new(Semaphore::new(MAX_CLIENTS));
    let mut clients = tokio::task::JoinSet::new();
    loop {
        while clients.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(e) => {
                tracing::warn!("control socket: {e}");
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            // A new socket's buffer takes one line without waiting; if not, the client just sees the end.
            let _ = stream.try_write(b"9001 Too many control connections\n");
            continue;
        };
        let (backend, config) = (backend.clone(), config.clone());
        clients.spawn(async move {
            let _place = place;
            let (reader, writer) = stream.into_split();
            if let Err(e) = converse(reader, writer, &*backend, &config).await {
                tracing::debug!("control client: {e}");
            }
        });
    }
}

/// Greets one client and answers its commands until it says no more. Nothing is read while an answer is written.
///
/// # Errors
/// Those of the two streams.
pub async fn converse(
    mut reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Send + Unpin,
    backend: &dyn Backend,
    config: &ServerConfig,
) -> io::Result<()> {
    let mut out = Framer::new();
    out.end(1, &format!("BIRD {} ready.", config.version));
    writer.write_all(&out.take()).await?;
    let mut session = Session { backend, config, restricted: false };
    let mut lines = Lines::default();
    let mut buffer = [0u8; 4096];
    loop {
        let n = reader.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        for byte in buffer.iter().take(n) {
            match lines.push(*byte) {
                None => {}
                Some(Err(TooLong)) => {
                    out.end(9000, "Command too long");
                    writer.write_all(&out.take()).await?;
                }
                Some(Ok(line)) => {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    session.line(&line, &mut writer).await?;
                }
            }
        }
    }
}

/// A line was longer than a command may be.
#[derive(Debug, PartialEq, Eq)]
struct TooLong;

/// Splits octets into lines, never keeping more than one command.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    overflow: bool,
}

impl Lines {
    /// Takes one octet; gives the line it ends.
    fn push(&mut self, byte: u8) -> Option<Result<Vec<u8>, TooLong>> {
        match byte {
            b'\r' => None,
            b'\n' => {
                let line = std::mem::take(&mut self.line);
                Some(if std::mem::take(&mut self.overflow) { Err(TooLong) } else { Ok(line) })
            }
            _ if self.line.len() >= MAX_LINE => {
                self.overflow = true;
                None
            }
            _ => {
                self.line.push(byte);
                None
            }
        }
    }
}
