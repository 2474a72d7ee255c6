//! Which of several routers in a process a line is of.

use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Span, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The name of the spans that say it, and of their field.
const ROUTER: &str = "router";

/// What is done in this span is done by the router of this name.
pub fn router(name: &str) -> Span {
    tracing::error_span!("router", router = name)
}

/// The name, kept with the span.
struct Name(String);

#[derive(Default)]
struct Found(Option<String>);

impl Visit for Found {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == ROUTER {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Keeps the name of a new span.
pub(super) fn remember<S>(attributes: &Attributes<'_>, id: &Id, context: &Context<'_, S>)
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    if attributes.metadata().name() != ROUTER {
        return;
    }
    let mut found = Found::default();
    attributes.record(&mut found);
    if let (Some(name), Some(span)) = (found.0, context.span(id)) {
        span.extensions_mut().insert(Name(name));
    }
}

/// The router of the innermost span that says one.
pub(super) fn of<S>(event: &Event<'_>, context: &Context<'_, S>) -> Option<String>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    let mut scope = context.event_scope(event)?;
    scope.find_map(|span| span.extensions().get::<Name>().map(|name| name.0.clone()))
}
