//! The server over a real socket.

mod common;

use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

struct Peer(BufReader<UnixStream>);

impl Peer {
    async fn connect(path: &Path) -> Self {
        let mut peer = Self(BufReader::new(UnixStream::connect(path).await.unwrap()));
        assert_eq!(peer.reply().await, "0001 BIRD 2.0.12 ready.\n");
        peer
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.unwrap();
    }

    async fn reply(&mut self) -> String {
        let mut all = Vec::new();
        loop {
            let start = all.len();
            assert!(self.0.read_until(b'\n', &mut all).await.unwrap() > 0, "closed after {all:?}");
            let line = &all[start..];
            if line.len() > 4 && line[..4].iter().all(u8::is_ascii_digit) && line[4] == b' ' {
                return String::from_utf8(all).unwrap();
            }
        }
    }
}

const STATUS: &str = "1000-BIRD 2.0.12\n1011-Router ID is 10.0.0.1\n Hostname is lab\n \
    Current server time is 2026-11-20 19:14:22.969\n Last reboot on 2026-11-20 19:14:22.969\n \
    Last reconfiguration on 2026-11-20 19:14:22.969\n0013 Daemon is up and running\n";

#[tokio::test]
async fn pipelining_and_carriage_returns() {
    let (_dir, path) = common::start();
    let mut c = Peer::connect(&path).await;
    c.send(b"show status\r\nshow route count\nfoo\n").await;
    assert_eq!(c.reply().await, STATUS);
    assert_eq!(
        c.reply().await,
        "1007-3 of 3 routes for 3 networks in table master4\n 0 of 0 routes for 0 networks in table master6\n\
         0014 Total: 3 of 3 routes for 3 networks in 2 tables\n"
    );
    assert_eq!(c.reply().await, "9001 syntax error, unexpected CF_SYM_UNDEFINED\n");
}

#[tokio::test]
async fn errors_in_birds_words() {
    let (_dir, path) = common::start();
    let mut c = Peer::connect(&path).await;
    for (command, text) in [
        ("show", "syntax error, unexpected END"),
        ("show status x", "syntax error, unexpected CF_SYM_UNDEFINED, expecting END"),
        ("enable", "syntax error, unexpected END, expecting CF_SYM_KNOWN or TEXT or ALL"),
        ("enable 5", "syntax error, unexpected NUM, expecting CF_SYM_KNOWN or TEXT or ALL"),
        ("configure foo", "syntax error, unexpected CF_SYM_UNDEFINED"),
        ("show interfaces foo", "syntax error, unexpected CF_SYM_UNDEFINED, expecting END or SUMMARY"),
        ("show route 10.0.0.0/8 11.0.0.0/8", "Only one prefix expected"),
        ("show route protocol nope", "syntax error, unexpected CF_SYM_UNDEFINED, expecting CF_SYM_KNOWN"),
        ("show route table", "syntax error, unexpected END, expecting CF_SYM_KNOWN or ALL"),
        ("show bfd sessions", "There is no BFD protocol running"),
    ] {
        c.send(format!("{command}\n").as_bytes()).await;
        assert_eq!(c.reply().await, format!("9001 {text}\n"), "{command}");
    }
}

#[tokio::test]
async fn long_lines_are_refused_and_forgotten() {
    let (_dir, path) = common::start();
    let mut c = Peer::connect(&path).await;
    c.send(&vec![b'x'; 1_000_000]).await;
    c.send(b"\nshow status\n").await;
    assert_eq!(c.reply().await, "9000 Command too long\n");
    assert_eq!(c.reply().await, STATUS);
    c.send(&[b"\xff\xfe\0".as_slice(), b"\n"].concat()).await;
    assert!(c.reply().await.starts_with("9001 "));
}

#[tokio::test]
async fn restrict_holds() {
    let (_dir, path) = common::start();
    let mut c = Peer::connect(&path).await;
    c.send(b"restrict\ndown\nconfigure\nshow status\n").await;
    assert_eq!(c.reply().await, "0016 Access restricted\n");
    assert_eq!(c.reply().await, "8007 Access denied\n");
    assert_eq!(c.reply().await, "8007 Access denied\n");
    assert_eq!(c.reply().await, STATUS);
    let mut other = Peer::connect(&path).await;
    other.send(b"down\n").await;
    assert_eq!(other.reply().await, "0007 Shutdown requested\n");
}

#[tokio::test]
async fn many_clients_and_one_that_does_not_read() {
    let (_dir, path) = common::start_with(200_000);
    let mut stuck = Peer::connect(&path).await;
    stuck.send(b"show route\n").await;
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(Peer::connect(&path).await);
    }
    for c in &mut clients {
        c.send(b"show status\n").await;
    }
    for c in &mut clients {
        assert_eq!(c.reply().await, STATUS);
    }
    let all = stuck.reply().await;
    assert_eq!(all.lines().count(), 1 + 2 * 200_000 + 1);
}

#[tokio::test]
async fn bind_replaces_a_stale_socket_only() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, path) = common::start();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let error = godwit_ctl::bind(&path).unwrap_err();
    assert_eq!(error.to_string(), "I found another BIRD running.");
    let stale = dir.path().join("stale");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    godwit_ctl::bind(&stale).unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    godwit_ctl::bind(&file).unwrap_err();
    assert!(file.exists());
}
