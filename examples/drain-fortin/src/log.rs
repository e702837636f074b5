//! The log: on stderr, redacted, in text or in JSON.

mod filter;
mod flood;

use std::sync::Arc;
use std::{fmt, io};

use rempart_core::{Event, EventKind, Observer, Outcome, Reason};
use rempart_monitor::EventLog;
use rempart_redact::{RedactMakeWriter, Redactor};
use tracing::Dispatch;
use tracing::subscriber::set_global_default;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;

use self::filter::Bounded;
pub(crate) use self::filter::Filter;
pub(crate) use self::flood::Flood;
use crate::config::Config;
use crate::keys::Hidden;
use crate::serve::StartError;

/// Where the lines on requests go.
const ACCESS: &str = "rempart::access";

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Json,
    #[default]
    Text,
}

/// Where the lines of a service go.
#[derive(Clone)]
pub struct Log {
    dispatch: Dispatch,
    hidden: Hidden,
    flood: Arc<Flood>,
}

impl Log {
    pub(crate) fn to_stderr(config: &Config) -> Result<Self, StartError> {
        Self::to(config, io::stderr)
    }

    /// Writes to `writer`, redacted, as the configuration says.
    ///
    /// # Errors
    ///
    /// A secret that cannot be looked for, such as one too short to be told from other text.
    pub fn to<W>(config: &Config, writer: W) -> Result<Self, StartError>
    where
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        let hidden = Hidden::new(Arc::clone(&config.variables))?;
        let writer = RedactMakeWriter::new(Redactor::new(hidden.redaction()), writer);
        let filter = config.log_filter.to_filter();
        let lines = layer().with_writer(writer);
        let lines = match config.log_format {
            LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
            LogFormat::Text => lines.with_ansi(false).boxed(),
        };
        let flood = Arc::new(Flood::new(Arc::clone(&config.clock)));
        let lines = lines.with_filter(Bounded(Arc::clone(&flood))).with_filter(filter);
        stay_open();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(lines));
        Ok(Self { dispatch, hidden, flood })
    }

    /// What makes a text fit for this log.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(self.hidden.redaction())
    }

    /// Where the lines go, what is hidden in them, and what bounds those on requests.
    pub(crate) fn into_parts(self) -> (Dispatch, Hidden, Arc<Flood>) {
        (self.dispatch, self.hidden, self.flood)
    }
}

/// Lets each place that logs be heard by the service whose thread comes by, whoever came first.
///
/// While there is one subscriber, `tracing` asks the first thread that comes by whether the place
/// is wanted, and remembers the answer: a thread outside the service would silence it for good.
/// A default that hears nothing, yet says that it might, keeps the question open.
fn stay_open() {
    let nothing = dynamic_filter_fn(|_, _| false).with_max_level_hint(LevelFilter::OFF);
    // Only the first is taken; another program's default keeps the question open as well.
    let _ = set_global_default(tracing_subscriber::registry().with(nothing));
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

/// Tells what other threads see in the log of this service, which is theirs by no other way.
pub(crate) struct InLog {
    pub(crate) dispatch: Dispatch,
    pub(crate) log: Arc<EventLog>,
}

impl Observer for InLog {
    fn observe(&self, event: &Event<'_>) {
        tracing::dispatcher::with_default(&self.dispatch, || {
            self.log.observe(event);
            // What an operator did is worth a line, and there are few of them.
            if (event.kind, event.outcome) == (EventKind::KeyState, Outcome::Allowed) {
                let key = event.key.map(|key| key.to_string());
                let reason = event.reason.map(Reason::as_str);
                tracing::info!(
                    ring = event.policy.as_str(),
                    key,
                    reason,
                    "a key changed its state"
                );
            }
        });
    }
}
