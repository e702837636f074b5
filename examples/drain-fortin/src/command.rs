//! The command line: what is asked for, and how it ends.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use crate::config::{Config, ConfigErrors, private_folder};
use crate::options::{DataOption, Options, ServeOptions, UserVerb, Verb};
use crate::store::{Added, NewUser, Store};
use crate::user::{Email, Role};
use crate::{banner, log, password, serve, tour};

/// Runs the command; the exit code is 0, 1 for what failed, 2 for wrong usage, 78 for a
/// configuration that is refused.
#[must_use]
pub fn main() -> ExitCode {
    let Options { verb, serve } = Options::parse();
    let ended =
        Runtime::new().map_err(|error| Ended::failed(&error)).and_then(|runtime| match verb {
            None => runtime.block_on(run(&serve)),
            Some(Verb::Tour) => runtime.block_on(show_tour()),
            Some(Verb::User(UserVerb::Add { email, role, data })) => {
                runtime.block_on(add_user(email, role, &data))
            }
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
    let config = Config::load(options, std::env::vars_os(), Some(Path::new(".env")));
    let config = config.map_err(|faults| Ended::misconfigured(&faults))?;
    let redactor = log::redactor(&config).map_err(|error| Ended::failed(&error))?;
    let _plain = rempart_redact::install_panic_hook(redactor, io::stderr());
    // Before anything listens: a stop that comes at once is a stop, too.
    let mut stop = Signals::new().map_err(|error| Ended::failed(&error))?;
    let running = serve::serve(config.clone()).await.map_err(|error| Ended::failed(&error))?;
    // Who closed stdout wants no banner; the service is none the worse for it.
    let _ = banner::write(&mut io::stdout().lock(), &config, &running);
    stop.wait().await;
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

async fn add_user(email: Email, role: Role, data: &DataOption) -> Result<(), Ended> {
    if io::stdin().is_terminal() {
        let _ = writeln!(io::stderr(), "the password, one line (it will be seen as you type):");
    }
    let password = read_line(io::stdin().lock()).map_err(|error| Ended::failed(&error))?;
    let hash = password::hash(password.as_bytes()).map_err(|error| Ended::failed(&error))?;
    private_folder(&data.folder).map_err(|error| Ended::failed(&error))?;
    let store = Store::open(&data.folder).map_err(|error| Ended::failed(&error))?;
    let added = store.add_user(NewUser { email: email.clone(), role, password: hash }).await;
    store.close().await;
    match added.map_err(|error| Ended::failed(&error))? {
        Added::New => {
            let _ = writeln!(io::stdout(), "added {email} as {}", role.as_str());
            Ok(())
        }
        Added::Known => Err(Ended::failed(&format_args!("{email} is a user already"))),
    }
}

/// One line, without its end; no more of it is read than a password may have.
fn read_line(input: impl BufRead) -> io::Result<String> {
    let most = u64::try_from(password::LONGEST).unwrap_or(u64::MAX).saturating_add(2);
    let mut line = String::new();
    input.take(most).read_line(&mut line)?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// The signals that end the service: SIGTERM, and Ctrl-C.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
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

    async fn wait(&mut self) {
        // An error says that Ctrl-C cannot be heard: then the process is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
