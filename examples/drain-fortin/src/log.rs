//! The log: on stderr, redacted, in text or in JSON.

use std::fmt;
use std::io;
use std::str::FromStr;

use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::Config;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Json,
    #[default]
    Text,
}

/// Which lines are written, as `RUST_LOG` says it; checked.
#[derive(Clone, Debug)]
pub(crate) struct Filter(String);

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

/// Where the lines of a service go.
#[derive(Clone)]
pub struct Log(Dispatch);

impl Log {
    pub(crate) fn to_stderr(config: &Config) -> Self {
        Self::to(config, io::stderr)
    }

    /// Writes to `writer`, as the configuration says.
    pub fn to<W>(config: &Config, writer: W) -> Self
    where
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        let filter = EnvFilter::new(&config.log_filter.0);
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
        Self(match config.log_format {
            LogFormat::Json => Dispatch::new(lines.json().flatten_event(true).finish()),
            LogFormat::Text => Dispatch::new(lines.with_ansi(false).finish()),
        })
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
