//! The log: on stderr, redacted, in text or in JSON.

mod filter;

use std::{fmt, io};

use rempart_keys::Loaded;
use rempart_redact::{ConfigErrors, Policy, RedactMakeWriter, Redactor};
use tracing::Dispatch;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;

pub(crate) use self::filter::Filter;
use self::filter::OneLineARefusal;
use crate::config::Config;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Json,
    #[default]
    Text,
}

/// Where the lines of a service go.
#[derive(Clone)]
pub struct Log(Dispatch);

impl Log {
    pub(crate) fn to_stderr(config: &Config) -> Result<Self, ConfigErrors> {
        Self::to(config, io::stderr)
    }

    /// Writes to `writer`, redacted, as the configuration says.
    ///
    /// # Errors
    ///
    /// A secret that cannot be looked for, such as one too short to be told from other text.
    pub fn to<W>(config: &Config, writer: W) -> Result<Self, ConfigErrors>
    where
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        let writer = RedactMakeWriter::new(redactor(config)?, writer);
        let filter = config.log_filter.to_filter();
        let lines = layer().with_writer(writer);
        let lines = match config.log_format {
            LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
            LogFormat::Text => lines.with_ansi(false).boxed(),
        };
        let lines = lines.with_filter(OneLineARefusal).with_filter(filter);
        Ok(Self(Dispatch::new(tracing_subscriber::registry().with(lines))))
    }

    pub(crate) fn into_dispatch(self) -> Dispatch {
        self.0
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

/// What hides secrets: those of the service by value, those of others by their shape.
pub(crate) fn redaction(variables: &Loaded) -> Result<Policy, ConfigErrors> {
    let secrets = variables.server_only();
    let policy =
        secrets.fold(Policy::builder("log"), |policy, (name, secret)| policy.secret(name, secret));
    policy.build()
}

pub(crate) fn redactor(config: &Config) -> Result<Redactor, ConfigErrors> {
    redaction(&config.variables).map(Redactor::new)
}
