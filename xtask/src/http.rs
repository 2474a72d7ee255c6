//! As much of HTTP as it takes to write to etcd's JSON gateway and to an API server, on one connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A connection that is kept.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// To a server that may still be starting.
    pub(crate) fn open(host: &str, port: u16, patience: Duration) -> Result<Self> {
        let deadline = Instant::now() + patience;
        loop {
            match TcpStream::connect((host, port)) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self { stream: BufReader::new(stream) });
                }
                Err(error) if Instant::now() > deadline => {
                    return Err(error).context("the server did not start");
                }
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Writes a key.
    pub(crate) fn etcd_put(&mut self, key: &str, value: &str) -> Result<()> {
        let body = format!(r#"{{"key":"{}","value":"{}"}}"#, STANDARD.encode(key), STANDARD.encode(value));
        self.request("POST", "/v3/kv/put", "application/json", &body).map(|_| ())
    }

    /// Deletes a key.
    pub(crate) fn etcd_delete(&mut self, key: &str) -> Result<()> {
        let body = format!(r#"{{"key":"{}"}}"#, STANDARD.encode(key));
        self.request("POST", "/v3/kv/deleterange", "application/json", &body).map(|_| ())
    }

    /// The body of an answer that is good.
    pub(crate) fn request(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Result<String> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.stream.get_mut().write_all(format!("{head}{body}").as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let good = line.split(' ').nth(1).is_some_and(|code| code.starts_with('2'));
        let mut length = 0;
        loop {
            let mut header = String::new();
            self.stream.read_line(&mut header)?;
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if !good {
            bail!("{method} {path}: {} {answer}", line.trim());
        }
        Ok(answer)
    }
}
