use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer;

use super::ACCESS;
use super::flood::Flood;
use crate::routes::is_unlimited;

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

/// Bounds the access log. A refused request is left out: its refusal has a line already, and the
/// rate of those lines is bounded. Of what is served without a limit there are so many lines a
/// second.
pub(super) struct Bounded(pub(super) Arc<Flood>);

impl<S> layer::Filter<S> for Bounded {
    fn enabled(&self, _: &Metadata<'_>, _: &layer::Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &layer::Context<'_, S>) -> bool {
        let access =
            *event.metadata().level() == Level::INFO && event.metadata().target() == ACCESS;
        let mut seen = Seen::default();
        if access {
            event.record(&mut seen);
        }
        !seen.refused && (!seen.is_unlimited() || self.0.has_room())
    }
}

/// What an event of the access log tells; a field without a value is not visited.
#[derive(Default)]
struct Seen {
    /// A layer inside has refused.
    refused: bool,
    /// The route is served without a limit.
    unlimited: bool,
    options: bool,
    status: u64,
}

impl Seen {
    /// Whether no limit counts it. CORS answers preflights before any limit does.
    const fn is_unlimited(&self) -> bool {
        self.unlimited || self.options && self.status == 204
    }
}

impl Visit for Seen {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "refused.kind" => self.refused = true,
            "http.route" => self.unlimited = is_unlimited(value),
            "http.request.method" => self.options = value == "OPTIONS",
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "http.response.status_code" {
            self.status = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
