use std::fmt;
use std::str::FromStr;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer;

/// Which lines are written, as `RUST_LOG` says it; checked.
#[derive(Clone, Debug)]
pub(crate) struct Filter(String);

impl Filter {
    pub(super) fn to_filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl FromStr for Filter {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        EnvFilter::try_new(text).map(|_| Self(text.to_owned()))
    }
}

/// Leaves a refused request out of the access log: its refusal has a line already, and the rate
/// of those lines is bounded.
pub(super) struct OneLineARefusal;

impl<S> layer::Filter<S> for OneLineARefusal {
    fn enabled(&self, _: &Metadata<'_>, _: &layer::Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &layer::Context<'_, S>) -> bool {
        let access = *event.metadata().level() == Level::INFO
            && event.metadata().target() == "rempart::access";
        let mut seen = Seen::default();
        if access {
            event.record(&mut seen);
        }
        !seen.refused
    }
}

/// What an event of the access log tells; a field without a value is not visited.
#[derive(Default)]
struct Seen {
    /// A layer inside has refused.
    refused: bool,
}

impl Visit for Seen {
    fn record_str(&mut self, field: &Field, _: &str) {
        self.refused |= field.name() == "refused.kind";
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
