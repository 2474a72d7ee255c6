//! Log lines as BIRD writes them, to where the configuration says.
//!
//! The convention for the rest of godwit: use tracing's macros; the level gives BIRD's class
//! (`error` ERR, `warn` WARN, `info` INFO, `debug` TRACE, `trace` DBG), and where it does not, a field
//! does: `class = "RMT"`, `"AUTH"`, `"FATAL"`, `"BUG"`.

mod class;
mod sink;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use godwit_api::{Times, UnixMillis};
use godwit_config::{Dialect, LogClasses, LogDestination, RouterConfig, TimeFormats};
use time::{OffsetDateTime, UtcOffset};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use class::{CLASSES, Class};
use sink::{Sink, open, syslog};

/// What a configuration says of the log.
struct Output {
    targets: Vec<(Sink, u16)>,
    dialect: Dialect,
    formats: TimeFormats,
}

/// The log. One for the process; its targets follow the configuration.
#[derive(Clone)]
pub struct Log {
    output: Arc<Mutex<Output>>,
    json: bool,
    debug: bool,
    debug_file: Option<String>,
    offset: UtcOffset,
}

impl Log {
    /// A log to standard error, until a configuration says otherwise, as the process's only one.
    ///
    /// `debug` keeps standard error among the targets whatever is configured, `debug_file` adds a file,
    /// `json` makes every line a JSON object; `offset` is the local time zone.
    ///
    /// # Errors
    /// The debug file cannot be opened, in words for the user.
    pub fn install(
        debug: bool,
        debug_file: Option<String>,
        json: bool,
        offset: UtcOffset,
    ) -> Result<Self, String> {
        if let Some(path) = &debug_file {
            let file = LogDestination::File { path: path.clone(), rotate: None };
            open(&file).map_err(|error| format!("Unable to open debug file {path}: {error}"))?;
        }
        let targets = vec![(Sink::Stderr { short: true }, LogClasses::ALL.0)];
        let output = Output { targets, dialect: Dialect::default(), formats: TimeFormats::default() };
        let log = Self { output: Arc::new(Mutex::new(output)), json, debug, debug_file, offset };
        let subscriber = tracing_subscriber::registry().with(log.clone());
        // A second call in one process would be a bug of ours, and loses nothing.
        let _ = tracing::subscriber::set_global_default(subscriber);
        Ok(log)
    }

    /// Whether every file a configuration logs to can be written; an error is in BIRD's words.
    ///
    /// # Errors
    /// One cannot be.
    pub fn check(config: &RouterConfig) -> Result<(), String> {
        for target in &config.log {
            if let LogDestination::File { path, .. } = &target.destination {
                open(&target.destination)
                    .map_err(|error| format!("Unable to open log file '{path}': {error}"))?;
            }
        }
        Ok(())
    }

    /// Writes to where a configuration says from now on.
    pub fn apply(&self, config: &RouterConfig) {
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
        let has_stderr = targets.iter().any(|(sink, _)| matches!(sink, Sink::Stderr { .. }));
        if self.debug && !has_stderr {
            targets.push((Sink::Stderr { short: true }, LogClasses::ALL.0));
        }
        if let Some(path) = &self.debug_file {
            let file = LogDestination::File { path: path.clone(), rotate: None };
            targets.extend(open(&file).ok().map(|sink| (sink, LogClasses::ALL.0)));
        }
        let output = Output { targets, dialect: config.dialect, formats: config.time_formats.clone() };
        *self.output.lock().unwrap_or_else(PoisonError::into_inner) = output;
    }

    /// A line with its time.
    fn line(&self, class: &Class, stamp: &str, message: &str) -> String {
        if self.json {
            return serde_json::json!({ "time": stamp, "class": class.mark, "message": message }).to_string();
        }
        format!("{stamp} <{}> {message}", class.mark)
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
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let now = UnixMillis(
            u64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(0),
        );
        let Output { targets, dialect, formats } = &mut *output;
        let stamp = Times { dialect: *dialect, formats, offset: self.offset, now }.log(now);
        for (sink, _) in targets.iter_mut().filter(|(_, classes)| *classes & class.bit != 0) {
            sink.write(self, class, &stamp, now, &fields.message);
        }
    }
}
