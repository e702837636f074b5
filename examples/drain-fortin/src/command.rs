//! The command line: what is asked for, and how it ends.

mod users;

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use crate::config::{Config, ConfigErrors};
use crate::log::Log;
use crate::options::{Options, ServeOptions, Verb};
use crate::{banner, serve, tour};

/// Runs the command; the exit code is 0, 1 for what failed, 2 for wrong usage, 78 for a
/// configuration that is refused.
#[must_use]
pub fn main() -> ExitCode {
    let Options { verb, serve } = Options::parse();
    let ended =
        Runtime::new().map_err(|error| Ended::failed(&error)).and_then(|runtime| match verb {
            None => runtime.block_on(run(&serve)),
            Some(Verb::Tour) => runtime.block_on(show_tour()),
            Some(Verb::User(verb)) => runtime.block_on(users::run(verb)),
        });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended { code, why }) => {
            // If stderr is closed there is nobody left to tell.
            let _ = writeln!(io::stderr(), "drain-fortin: {why}");
            ExitCode::from(code)
        }
    }
}

/// An end that is no success.
struct Ended {
    code: u8,
    why: String,
}

impl Ended {
    fn failed(why: &dyn Display) -> Self {
        Self { code: 1, why: why.to_string() }
    }

    /// By the convention of `sysexits.h`.
    fn misconfigured(faults: &ConfigErrors) -> Self {
        Self { code: 78, why: format!("the configuration is refused:\n{faults}") }
    }
}

async fn run(options: &ServeOptions) -> Result<(), Ended> {
    // Before all else: a signal that comes at once ends nothing that it should not, nor too little.
    let mut stop = Signals::new().map_err(|error| Ended::failed(&error))?;
    let config = Config::load(options, std::env::vars_os(), Some(Path::new(".env")));
    let config = config.map_err(|faults| Ended::misconfigured(&faults))?;
    let log = Log::to_stderr(&config).map_err(|error| Ended::failed(&error))?;
    let _plain = rempart_redact::install_panic_hook(log.redactor(), io::stderr());
    let running = serve::serve_without(config.clone(), None, log).await;
    let running = running.map_err(|error| Ended::failed(&error))?;
    // Who closed stdout wants no banner; the service is none the worse for it.
    let _ = banner::write(&mut io::stdout().lock(), &config, &running);
    while stop.wait().await == Asked::ToReload {
        // What came of it is in the log.
        running.reload().await;
    }
    running.stop.gracefully().await;
    Ok(())
}

async fn show_tour() -> Result<(), Ended> {
    let table = tour::tour(None).await.map_err(|error| Ended::failed(&error))?;
    writeln!(io::stdout(), "{table}").map_err(|error| Ended::failed(&error))?;
    match table.red() {
        0 => Ok(()),
        red => Err(Ended::failed(&format_args!("{red} rows are red"))),
    }
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no signal for it elsewhere"))]
    ToReload,
    ToStop,
}

/// The signals that end the service, SIGTERM and Ctrl-C, and the one to reload, SIGHUP.
#[cfg(unix)]
struct Signals {
    hangup: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (hangup, terminate) = (signal(SignalKind::hangup())?, signal(SignalKind::terminate())?);
        Ok(Self { hangup, terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) -> Asked {
        tokio::select! {
            _ = self.hangup.recv() => Asked::ToReload,
            _ = self.terminate.recv() => Asked::ToStop,
            _ = self.interrupt.recv() => Asked::ToStop,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) -> Asked {
        // An error says that Ctrl-C cannot be heard: then the process is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Asked::ToStop
    }
}
