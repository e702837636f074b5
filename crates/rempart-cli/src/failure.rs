use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use thiserror::Error;

use crate::args;

/// Why a verb came to no verdict.
///
/// Nothing here holds a text that was given: the wrong argument may be a secret.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Help and the version were asked for; no failure.
    #[error("{0}")]
    Asked(String),
    /// No verb was given; this says which there are.
    #[error("{0}")]
    NoVerb(String),
    /// The arguments, or what they name, cannot be used.
    #[error("{0}")]
    Usage(String),
    /// Standard input cannot be used.
    #[error("standard input: {0}")]
    Input(String),
    /// Whoever read the output has read enough of it, and does not ask how it ends.
    #[error("nobody reads standard output")]
    HungUp,
    /// Standard output cannot be written.
    #[error("standard output: {}", .0.kind())]
    Output(#[source] io::Error),
}

impl Failure {
    pub(crate) fn usage(text: impl fmt::Display) -> Self {
        Self::Usage(text.to_string())
    }

    pub(crate) fn input(error: &io::Error) -> Self {
        Self::Input(error.kind().to_string())
    }

    /// Says it where it belongs, what was asked for on the output and the rest beside it, and
    /// gives the code to exit with.
    pub(crate) fn report(&self) -> ExitCode {
        if let Self::Asked(text) = self {
            let mut output = io::stdout().lock();
            let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
            return match written {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => Self::stream(error).report(),
            };
        }
        // Nobody may be reading that either.
        let mut stderr = io::stderr().lock();
        let _ = match self {
            Self::HungUp => return ExitCode::SUCCESS,
            Self::NoVerb(help) => write!(stderr, "{help}"),
            failure => writeln!(stderr, "rempart: {failure}"),
        };
        ExitCode::from(2)
    }

    /// Of an output that is a stream, any part is good for something. A verdict is not: there, that
    /// nobody reads it is a failure.
    pub(crate) fn stream(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::HungUp,
            _ => Self::Output(error),
        }
    }
}

/// What is wrong, each fault in a line of its own.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    pub(crate) fn push(&mut self, fault: impl fmt::Display) {
        self.0.push(fault.to_string());
    }

    pub(crate) fn take<T>(&mut self, result: Result<T, impl fmt::Display>) -> Option<T> {
        result.map_err(|fault| self.push(fault)).ok()
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        if self.0.is_empty() { Ok(()) } else { Err(Failure::Usage(self.0.join("\n"))) }
    }
}

/// Says something beside the output.
pub(crate) fn say(text: &str) {
    // What nobody reads is counted all the same.
    let _ = writeln!(io::stderr().lock(), "rempart: {text}");
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                return Self::Asked(error.render().to_string());
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                return Self::NoVerb(error.render().to_string());
            }
            _ => {}
        }
        let ours = [ContextKind::InvalidArg, ContextKind::PriorArg].map(|kind| {
            let options = match error.get(kind) {
                Some(ContextValue::String(option)) => std::slice::from_ref(option),
                Some(ContextValue::Strings(options)) => options,
                _ => &[],
            };
            let ours = options.iter().filter(|option| args::is_option(option));
            ours.cloned().collect::<Vec<_>>()
        });
        let ours = ours.concat().join(", ");
        let colon = if ours.is_empty() { "" } else { ": " };
        let what = error.kind().as_str().unwrap_or("the arguments cannot be used");
        Self::Usage(format!("{what}{colon}{ours} (try --help)"))
    }
}
