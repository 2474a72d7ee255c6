//! Log lines as BIRD writes them, to where the configuration says.
//!
//! The convention for the rest of godwit: use tracing's macros; the level gives BIRD's class
//! (`error` ERR, `warn` WARN, `info` INFO, `debug` TRACE, `trace` DBG), and where it does not, a field
//! does: `class = "RMT"`, `"AUTH"`, `"FATAL"`, `"BUG"`.

mod class;
mod router;
mod sink;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use godwit_api::{Times, UnixMillis};
use godwit_config::{Dialect, LogClasses, LogDestination, RouterConfig, TimeFormats};
use time::{OffsetDateTime, UtcOffset};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use class::CLASSES;
pub use router::router;
use sink::{Line, Sink, open, syslog};

/// What a configuration says of the log.
struct Output {
    targets: Vec<(Sink, u16)>,
    dialect: Dialect,
    formats: TimeFormats,
}

/// The process's own, and those of its routers by their names if it has several.
struct Outputs {
    own: Output,
    routers: BTreeMap<String, Output>,
}

/// What is there whatever a configuration says.
#[derive(Clone, Copy)]
enum Usual {
    /// As with BIRD: the system's log, if no target is configured.
    Syslog,
    /// Standard error with these classes.
    Stderr(LogClasses),
}

/// The log. One for the process; its targets follow the configuration.
#[derive(Clone)]
pub struct Log {
    outputs: Arc<Mutex<Outputs>>,
    usual: Usual,
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
        let first = (Sink::Stderr { short: true }, LogClasses::ALL.0);
        Self::start(Usual::Syslog, first, debug, debug_file, json, offset)
    }

    /// The log of a process with several routers, each line with the name of the router it is of
    /// ([`router()`]). All of it goes to standard error, but for the class `debug` unless `debug` is set.
    ///
    /// # Errors
    /// As [`Log::install`].
    pub fn install_for_routers(
        debug: bool,
        debug_file: Option<String>,
        json: bool,
        offset: UtcOffset,
    ) -> Result<Self, String> {
        let classes =
            if debug { LogClasses::ALL } else { LogClasses(LogClasses::ALL.0 & !LogClasses::DEBUG) };
        let first = (Sink::Stderr { short: false }, classes.0);
        let log = Self::start(Usual::Stderr(classes), first, false, debug_file, json, offset)?;
        // With the debug file, and the times as those of the routers.
        let own = log.output(&RouterConfig::new(Dialect::Bird16, false));
        log.outputs.lock().unwrap_or_else(PoisonError::into_inner).own = own;
        Ok(log)
    }

    fn start(
        usual: Usual,
        first: (Sink, u16),
        debug: bool,
        debug_file: Option<String>,
        json: bool,
        offset: UtcOffset,
    ) -> Result<Self, String> {
        if let Some(path) = &debug_file {
            let file = LogDestination::File { path: path.clone(), rotate: None };
            open(&file).map_err(|error| format!("Unable to open debug file {path}: {error}"))?;
        }
        let own =
            Output { targets: vec![first], dialect: Dialect::default(), formats: TimeFormats::default() };
        let outputs = Outputs { own, routers: BTreeMap::new() };
        let log = Self { outputs: Arc::new(Mutex::new(outputs)), usual, json, debug, debug_file, offset };
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
        let output = self.output(config);
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner).own = output;
    }

    /// Writes lines of one router of several to where its configuration says from now on.
    pub fn apply_to(&self, router: &str, config: &RouterConfig) {
        let output = self.output(config);
        let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        outputs.routers.insert(router.to_owned(), output);
    }

    fn output(&self, config: &RouterConfig) -> Output {
        let mut targets = Vec::new();
        for target in &config.log {
            match open(&target.destination) {
                Ok(sink) => targets.push((sink, target.classes.0)),
                Err(error) => eprintln!("godwit: log: {error}"),
            }
        }
        match self.usual {
            Usual::Syslog if config.log.is_empty() => targets.push((syslog("bird"), LogClasses::ALL.0)),
            Usual::Syslog => {}
            Usual::Stderr(classes) => targets.push((Sink::Stderr { short: false }, classes.0)),
        }
        let has_stderr = targets.iter().any(|(sink, _)| matches!(sink, Sink::Stderr { .. }));
        if self.debug && !has_stderr {
            targets.push((Sink::Stderr { short: true }, LogClasses::ALL.0));
        }
        if let Some(path) = &self.debug_file {
            let file = LogDestination::File { path: path.clone(), rotate: None };
            targets.extend(open(&file).ok().map(|sink| (sink, LogClasses::ALL.0)));
        }
        Output { targets, dialect: config.dialect, formats: config.time_formats.clone() }
    }

    /// Who a line is of, if that is not plain.
    fn whose<'r>(&self, router: Option<&'r str>) -> Option<&'r str> {
        match self.usual {
            Usual::Syslog => None,
            Usual::Stderr(_) => Some(router.unwrap_or("godwit")),
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

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("godwit")
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        router::remember(attributes, id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
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
        let router = router::of(event, &context);
        let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        let now = UnixMillis(
            u64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(0),
        );
        let Outputs { own, routers } = &mut *outputs;
        let output = router.as_deref().and_then(|name| routers.get_mut(name)).unwrap_or(own);
        let Output { targets, dialect, formats } = output;
        let stamp = Times { dialect: *dialect, formats, offset: self.offset, now }.log(now);
        let line = Line {
            class,
            stamp: &stamp,
            now,
            router: self.whose(router.as_deref()),
            message: &fields.message,
        };
        for (sink, _) in targets.iter_mut().filter(|(_, classes)| *classes & class.bit != 0) {
            sink.write(self, &line);
        }
    }
}
