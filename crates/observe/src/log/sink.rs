//! Where lines go.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::net::UnixDatagram;

use godwit_api::{UnixMillis, strftime};
use godwit_config::LogDestination;

use super::Log;
use super::class::Class;

/// Where lines go.
pub(super) enum Sink {
    /// Short ones, `bird: message`, before there is a configuration and for `-d`.
    Stderr {
        short: bool,
    },
    File {
        file: File,
        path: String,
        rotate: Option<(u64, String)>,
        len: u64,
    },
    Syslog {
        socket: Option<UnixDatagram>,
        name: String,
    },
}

pub(super) fn open(destination: &LogDestination) -> Result<Sink, String> {
    Ok(match destination {
        LogDestination::Stderr => Sink::Stderr { short: false },
        LogDestination::File { path, rotate } => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let file = file.map_err(|error| {
                let text = error.to_string();
                // The system's words without the number Rust puts behind them.
                text.split(" (os error").next().unwrap_or(&text).to_owned()
            })?;
            let len = file.metadata().map_or(0, |m| m.len());
            Sink::File { file, path: path.clone(), rotate: rotate.clone(), len }
        }
        LogDestination::Syslog { name } => syslog(name.as_deref().unwrap_or("bird")),
    })
}

pub(super) fn syslog(name: &str) -> Sink {
    Sink::Syslog { socket: connect_syslog(), name: name.to_owned() }
}

fn connect_syslog() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect("/dev/log").ok().map(|()| socket)
}

/// One line.
pub(super) struct Line<'l> {
    pub(super) class: &'l Class,
    /// The time as it is printed.
    pub(super) stamp: &'l str,
    pub(super) now: UnixMillis,
    /// Whose it is, where that is said.
    pub(super) router: Option<&'l str>,
    pub(super) message: &'l str,
}

impl Line<'_> {
    fn with_time(&self, json: bool) -> String {
        let Self { class, stamp, message, .. } = self;
        match self.router {
            Some(router) if json => {
                serde_json::json!({ "time": stamp, "class": class.mark, "router": router, "message": message })
                    .to_string()
            }
            None if json => {
                serde_json::json!({ "time": stamp, "class": class.mark, "message": message }).to_string()
            }
            _ => format!("{stamp} <{}> {}", class.mark, self.text()),
        }
    }

    /// Without the time.
    fn text(&self) -> Cow<'_, str> {
        match self.router {
            Some(router) => Cow::Owned(format!("{router}: {}", self.message)),
            None => Cow::Borrowed(self.message),
        }
    }
}

impl Sink {
    /// Writes one line; what cannot be written is lost.
    pub(super) fn write(&mut self, log: &Log, of: &Line<'_>) {
        match self {
            Self::Stderr { short } => {
                let line = if *short && !log.json {
                    format!("bird: {}", of.message)
                } else {
                    of.with_time(log.json)
                };
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            Self::File { file, path, rotate, len } => {
                let line = of.with_time(log.json);
                if let Some((limit, backup)) = rotate
                    && *len + line.len() as u64 >= *limit
                {
                    let _ = std::fs::rename(&*path, backup);
                    if let Ok(new) = OpenOptions::new().create(true).append(true).open(&*path) {
                        *file = new;
                        *len = 0;
                    }
                }
                *len += line.len() as u64 + 1;
                let _ = writeln!(file, "{line}");
            }
            Self::Syslog { socket, name } => {
                // Facility daemon (3), RFC 3164's form as syslog(3) sends it: with a time, without a host.
                let (priority, time) = (3 << 3 | of.class.severity, strftime("%b %e %T", of.now, log.offset));
                let line = format!("<{priority}>{time} {name}: {}", of.text());
                let sent = socket.as_ref().is_some_and(|socket| socket.send(line.as_bytes()).is_ok());
                if !sent {
                    // The system's log was restarted, or was not there when we started.
                    *socket = connect_syslog();
                    if let Some(socket) = socket {
                        let _ = socket.send(line.as_bytes());
                    }
                }
            }
        }
    }
}
