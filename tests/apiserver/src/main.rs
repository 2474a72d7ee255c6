//! The API server for tests as a program, to be poked at with curl.
//!
//! ```text
//! apiserver-double [--listen 127.0.0.1:PORT] [--calico v1|v3|both] [--token T]... [FILE.json]...
//! ```
//!
//! A file holds an object, a `List` of objects, or an array of them.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use apiserver_double::{CalicoApi, Handle, Server};
use serde_json::Value;

const USAGE: &str =
    "usage: apiserver-double [--listen 127.0.0.1:PORT] [--calico v1|v3|both] [--token T]... [FILE.json]...";

/// What the command line asks for.
#[derive(Debug)]
struct Arguments {
    listen: SocketAddr,
    calico: CalicoApi,
    tokens: Vec<String>,
    files: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => return complain(&format!("{message}\n{USAGE}"), 2),
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => complain(&message, 1),
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let mut builder = Server::builder().calico(arguments.calico).listen(arguments.listen);
    for token in &arguments.tokens {
        builder = builder.token(token);
    }
    let server = builder.start().await.map_err(|e| format!("{}: {e}", arguments.listen))?;
    for file in &arguments.files {
        load(&server.handle(), file).map_err(|e| format!("{file}: {e}"))?;
    }
    writeln!(io::stdout(), "{}", server.url()).map_err(|e| e.to_string())?;
    tokio::signal::ctrl_c().await.map_err(|e| e.to_string())
}

fn load(handle: &Handle, file: &str) -> Result<(), String> {
    let text = std::fs::read(file).map_err(|e| e.to_string())?;
    let value: Value = serde_json::from_slice(&text).map_err(|e| e.to_string())?;
    let objects = match value {
        Value::Array(objects) => objects,
        Value::Object(ref list) if list.get("items").is_some_and(Value::is_array) => {
            list.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
        }
        object => vec![object],
    };
    handle.create_all(objects).map_err(|e| e.to_string())
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut found = Arguments {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        calico: CalicoApi::V1,
        tokens: Vec::new(),
        files: Vec::new(),
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--listen" => found.listen = value()?.parse().map_err(|e| format!("--listen: {e}"))?,
            "--token" => found.tokens.push(value()?),
            "--calico" => {
                found.calico = match value()?.as_str() {
                    "v1" => CalicoApi::V1,
                    "v3" => CalicoApi::V3,
                    "both" => CalicoApi::Both,
                    other => return Err(format!("--calico: {other} is none of v1, v3, both")),
                }
            }
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            _ => found.files.push(word),
        }
    }
    Ok(found)
}

fn complain(message: &str, code: u8) -> ExitCode {
    // Nobody may be reading; the code tells it too.
    let _lost = writeln!(io::stderr(), "apiserver-double: {message}");
    ExitCode::from(code)
}
