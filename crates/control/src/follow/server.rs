//! The status on a socket: whoever connects is told it as JSON.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

use super::StatusRequest;

/// Answers on a socket until the follower ends. A socket that is left over from a process that is gone is
/// replaced.
///
/// # Errors
/// The socket cannot be made, or another process answers on it.
pub async fn serve_status(path: PathBuf, ask: mpsc::Sender<StatusRequest>) -> io::Result<()> {
    let listener = listen(&path).await?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        tokio::spawn(answer(stream, ask.clone()));
                    }
                    Err(error) => {
                        tracing::warn!("the status socket: {error}");
                        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                    }
                },
                () = ask.closed() => break,
            }
        }
        // Somebody may have removed it.
        let _ = std::fs::remove_file(&path);
    });
    Ok(())
}

async fn listen(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if UnixStream::connect(path).await.is_ok() {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)?
        }
        other => other?,
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

async fn answer(mut stream: UnixStream, ask: mpsc::Sender<StatusRequest>) {
    let (sender, receiver) = oneshot::channel();
    if ask.send(sender).await.is_err() {
        return;
    }
    let Ok(status) = receiver.await else { return };
    if let Ok(mut text) = serde_json::to_vec(&status) {
        text.push(b'\n');
        // Who asked may have gone.
        let _ = stream.write_all(&text).await;
    }
}
