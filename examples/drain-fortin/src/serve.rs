//! The running service: two listeners, and a way to stop them that loses nothing.

mod error;
mod http1;
mod patience;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::Observers;
use rempart_keys::Watch;
use rempart_monitor::EventLog;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

pub use self::error::StartError;
use crate::app::App;
use crate::config::Config;
use crate::keys::{Hidden, Keys, Reloaded};
use crate::log::{Flood, InLog, Log};
use crate::monitor::Monitor;
use crate::part::Part;
use crate::{assembly, housekeeping, routes};

/// A service that answers.
#[derive(Debug)]
pub struct Running {
    /// Where the public listens.
    pub public: SocketAddr,
    /// Where the administration listens.
    pub admin: SocketAddr,
    /// How to end it.
    pub stop: Stop,
}

impl Running {
    /// Reads the rings of keys again, the variables that stand in files, and what the command has
    /// revoked. When it returns, what could be taken over is in force.
    pub async fn reload(&self) -> Reloaded {
        let reload = self.stop.app.reload();
        reload.with_subscriber(self.stop.dispatch.clone()).await
    }
}

/// Ends a service.
#[derive(Debug)]
#[must_use = "a service that is forgotten runs on"]
pub struct Stop {
    signal: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    beside: [JoinHandle<()>; 2],
    watches: Vec<Watch>,
    app: App,
    dispatch: Dispatch,
    flood: Arc<Flood>,
}

impl Stop {
    /// Lets the requests that are being served finish, closes the database, and returns.
    ///
    /// Requests that take longer than half a minute are cut off.
    pub async fn gracefully(self) {
        self.signal.send_replace(true);
        for listener in self.listeners {
            // An error is a panic of the listener: then there is nothing more to wait for.
            let _ = listener.await;
        }
        for task in self.beside {
            task.abort();
        }
        drop(self.watches);
        // What cannot be written has been told before.
        let _ = self.app.keys.write_uses();
        tracing::dispatcher::with_default(&self.dispatch, || {
            self.app.monitor.log.flush();
            self.flood.flush();
        });
        self.app.store.close().await;
    }
}

/// Starts the service.
///
/// ```
/// use drain_fortin::{Config, DataOption, ServeOptions, serve};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("drain-fortin-{}", std::process::id()));
/// # let made = folder.clone();
/// let any = "127.0.0.1:0".parse()?;
/// let data = DataOption { folder };
/// let options = ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None };
/// let running = serve(Config::load(&options, std::env::vars_os(), None)?).await?;
/// println!("listening on http://{}", running.public);
/// running.stop.gracefully().await;
/// # std::fs::remove_dir_all(made)?;
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
///
/// # Errors
///
/// An address in use, a database that cannot be used, a policy that contradicts itself.
pub async fn serve(config: Config) -> Result<Running, StartError> {
    let log = Log::to_stderr(&config)?;
    start(config, log, None).await
}

/// Starts the service with one layer of the onion left out, and a log of its own: to see what the
/// layer is for.
///
/// # Errors
///
/// As [`serve`].
pub async fn serve_without(
    config: Config,
    part: Option<Part>,
    log: Log,
) -> Result<Running, StartError> {
    start(config, log, part).await
}

async fn start(config: Config, log: Log, without: Option<Part>) -> Result<Running, StartError> {
    let (dispatch, hidden, flood) = log.into_parts();
    let start = start_logged(config, dispatch.clone(), hidden, flood, without);
    start.with_subscriber(dispatch).await
}

async fn start_logged(
    config: Config,
    dispatch: Dispatch,
    hidden: Hidden,
    flood: Arc<Flood>,
    without: Option<Part>,
) -> Result<Running, StartError> {
    for warning in config.variables.warnings() {
        tracing::warn!(%warning, "a secret would be better kept otherwise");
    }
    let (public_listener, public) = bind("--listen", config.listen).await?;
    let (admin_listener, admin) = bind("--admin-listen", config.admin_listen).await?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{public}"));
    let monitor = Monitor::new(&config.clock)?;
    // Rings are followed by threads of their own, which write into no log.
    let in_log = InLog { dispatch: dispatch.clone(), log: Arc::clone(&monitor.log) };
    let changes = Observers::from((in_log, monitor.metrics.clone(), monitor.history.clone()));
    let keys = Keys::open(&config, hidden.clone(), changes)?;
    let app = assembly::app(&config, keys.clone(), &public_url, &monitor, without).await?;
    let onion = assembly::onion(&config, app.clone(), &hidden, without)?;
    let public_router = assembly::router(&onion, &routes::CLASSES)?;
    let admin_router = assembly::admin(&onion, admin)?;
    let watches = keys.watch().map_err(StartError::Watch)?;

    let (signal, stop) = watch::channel(false);
    let listen = |listener, router, stop| {
        let accepting = http1::accept(listener, router, stop, dispatch.clone());
        tokio::spawn(accepting.with_subscriber(dispatch.clone()))
    };
    let listeners = vec![
        listen(public_listener, public_router, stop.clone()),
        listen(admin_listener, admin_router, stop),
    ];
    let flush =
        flush(Arc::clone(&monitor.log), Arc::clone(&flood)).with_subscriber(dispatch.clone());
    let keep = housekeeping::keep(app.clone()).with_subscriber(dispatch.clone());
    let beside = [tokio::spawn(flush), tokio::spawn(keep)];
    tracing::info!(%public, %admin, "serving");
    let stop = Stop { signal, listeners, beside, watches, app, dispatch, flood };
    Ok(Running { public, admin, stop })
}

async fn bind(
    option: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let fault = |error| StartError::Bind { option, address, error };
    let listener = TcpListener::bind(address).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    Ok((listener, address))
}

/// Tells now and then what the log left out.
async fn flush(log: Arc<EventLog>, flood: Arc<Flood>) {
    let mut turns = tokio::time::interval(Duration::from_secs(10));
    loop {
        turns.tick().await;
        log.flush();
        flood.flush();
    }
}
