//! Log lines as BIRD writes them, to where the configuration says.
//!
//! The convention for the rest of godwit: use tracing's macros; the level gives BIRD's class
//! (`error` ERR, `warn` WARN, `info` INFO, `debug` TRACE, `trace` DBG), and where it does not, a field
//! does: `class = "RMT"`, `"AUTH"`, `"FATAL"`, `"BUG"`.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex, PoisonError};

use godwit_config::{LogClasses, LogDestination, RouterConfig};
use time::{OffsetDateTime, UtcOffset};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// A class with its mark and its bit.
struct Class {
    mark: &'static str,
    bit: u16,
    /// Syslog's severity.
    severity: u8,
}

const CLASSES: [Class; 9] = [
    Class { mark: "DBG", bit: LogClasses::DEBUG, severity: 7 },
    Class { mark: "TRACE", bit: LogClasses::TRACE, severity: 7 },
    Class { mark: "INFO", bit: LogClasses::INFO, severity: 6 },
    Class { mark: "RMT", bit: LogClasses::REMOTE, severity: 3 },
    Class { mark: "WARN", bit: LogClasses::WARNING, severity: 4 },
    Class { mark: "ERR", bit: LogClasses::ERROR, severity: 3 },
    Class { mark: "AUTH", bit: LogClasses::AUTH, severity: 3 },
    Class { mark: "FATAL", bit: LogClasses::FATAL, severity: 2 },
    Class { mark: "BUG", bit: LogClasses::BUG, severity: 2 },
];

/// Where lines go.
enum Sink {
    Stderr,
    File { file: File, path: String, rotate: Option<(u64, String)>, len: u64 },
    Syslog { socket: Option<UnixDatagram>, name: String },
}

/// The log. One for the process; its targets follow the configuration.
#[derive(Clone)]
pub(crate) struct Log {
    targets: Arc<Mutex<Vec<(Sink, u16)>>>,
    /// On a terminal or with `-d`, standard error has short lines: `bird: message`.
    short: bool,
    json: bool,
    debug: bool,
    debug_file: Option<String>,
    offset: UtcOffset,
}

impl Log {
    /// A log to standard error, until a configuration says otherwise, as the process's only one.
    pub(crate) fn install(
        short: bool,
        debug: bool,
        debug_file: Option<String>,
        json: bool,
        offset: UtcOffset,
    ) -> Self {
        let targets = Arc::new(Mutex::new(vec![(Sink::Stderr, LogClasses::ALL.0)]));
        let log = Self { targets, short, json, debug, debug_file, offset };
        let subscriber = tracing_subscriber::registry().with(log.clone());
        // A second call in one process would be a bug of ours, and loses nothing.
        let _ = tracing::subscriber::set_global_default(subscriber);
        log
    }

    /// Writes to where a configuration says from now on.
    pub(crate) fn apply(&self, config: &RouterConfig) {
        let mut targets = Vec::new();
        for target in &config.log {
            match open(&target.destination) {
                Ok(sink) => targets.push((sink, target.classes.0)),
                Err(error) => eprintln!("godwit: log: {error}"),
            }
        }
        if config.log.is_empty() {
            targets.push((syslog("bird"), LogClasses::ALL.0));
        }
        let has_stderr = targets.iter().any(|(sink, _)| matches!(sink, Sink::Stderr));
        if self.debug && !has_stderr {
            targets.push((Sink::Stderr, LogClasses::ALL.0));
        }
        if let Some(path) = &self.debug_file {
            let file = LogDestination::File { path: path.clone(), rotate: None };
            targets.extend(open(&file).ok().map(|sink| (sink, LogClasses::ALL.0)));
        }
        *self.targets.lock().unwrap_or_else(PoisonError::into_inner) = targets;
    }

    fn line(&self, class: &Class, message: &str) -> String {
        let now = OffsetDateTime::now_utc().to_offset(self.offset);
        let format = time::macros::format_description!(
            "[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]"
        );
        let stamp = now.format(format).unwrap_or_default();
        if self.json {
            return serde_json::json!({ "time": stamp, "class": class.mark, "message": message }).to_string();
        }
        format!("{stamp} <{}> {message}", class.mark)
    }
}

fn open(destination: &LogDestination) -> Result<Sink, String> {
    Ok(match destination {
        LogDestination::Stderr => Sink::Stderr,
        LogDestination::File { path, rotate } => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let file = file.map_err(|error| format!("cannot open {path}: {error}"))?;
            let len = file.metadata().map_or(0, |m| m.len());
            Sink::File { file, path: path.clone(), rotate: rotate.clone(), len }
        }
        LogDestination::Syslog { name } => syslog(name.as_deref().unwrap_or("bird")),
    })
}

fn syslog(name: &str) -> Sink {
    let socket = UnixDatagram::unbound().and_then(|s| s.connect("/dev/log").map(|()| s)).ok();
    Sink::Syslog { socket, name: name.to_owned() }
}

impl Sink {
    fn write(&mut self, log: &Log, class: &Class, message: &str) {
        match self {
            Self::Stderr => {
                let line = if log.short && !log.json {
                    format!("bird: {message}")
                } else {
                    log.line(class, message)
                };
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            Self::File { file, path, rotate, len } => {
                let line = log.line(class, message);
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
                // Facility daemon (3), RFC 3164's short form as syslog(3) sends it.
                let line = format!("<{}>{name}: {message}", 3 << 3 | class.severity);
                if let Some(socket) = socket {
                    let _ = socket.send(line.as_bytes());
                }
            }
        }
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    class: Option<String>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "class" => self.class = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        }
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("godwit")
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mark = fields.class.as_deref().unwrap_or(match *event.metadata().level() {
            Level::ERROR => "ERR",
            Level::WARN => "WARN",
            Level::INFO => "INFO",
            Level::DEBUG => "TRACE",
            Level::TRACE => "DBG",
        });
        let Some(class) = CLASSES.iter().find(|c| c.mark == mark) else { return };
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        for (sink, classes) in targets.iter_mut().filter(|(_, classes)| classes & class.bit != 0) {
            let _ = classes;
            sink.write(self, class, &fields.message);
        }
    }
}
