//! The running service: two listeners, and a way to stop them that loses nothing.

mod error;
mod http1;
mod patience;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rempart_redact::RefusalLog;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

pub use self::error::StartError;
use crate::config::Config;
use crate::log::Log;
use crate::part::Part;
use crate::store::Store;
use crate::{assembly, health};

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

/// Ends a service.
#[derive(Debug)]
#[must_use = "a service that is forgotten runs on"]
pub struct Stop {
    signal: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    flusher: JoinHandle<()>,
    refusals: Arc<RefusalLog>,
    store: Store,
    dispatch: Dispatch,
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
        self.flusher.abort();
        tracing::dispatcher::with_default(&self.dispatch, || self.refusals.flush());
        self.store.close().await;
    }
}

/// Starts the service.
///
/// ```
/// use drain_fortin::{Config, DataOption, ServeOptions, serve};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("drain-fortin-{}", std::process::id()));
/// # let data = folder.clone();
/// let any = "127.0.0.1:0".parse()?;
/// let options = ServeOptions { listen: any, admin_listen: any, data: DataOption { folder } };
/// let running = serve(Config::load(&options, std::env::vars_os(), None)?).await?;
/// println!("listening on http://{}", running.public);
/// running.stop.gracefully().await;
/// # std::fs::remove_dir_all(data)?;
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
    let dispatch = log.into_dispatch();
    let start = start_logged(config, dispatch.clone(), without);
    start.with_subscriber(dispatch).await
}

async fn start_logged(
    config: Config,
    dispatch: Dispatch,
    without: Option<Part>,
) -> Result<Running, StartError> {
    for warning in config.variables.warnings() {
        tracing::warn!(%warning, "a secret would be better kept otherwise");
    }
    let (public_listener, public) = bind("--listen", config.listen).await?;
    let (admin_listener, admin) = bind("--admin-listen", config.admin_listen).await?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{public}"));
    let refusals = Arc::new(RefusalLog::new(Arc::clone(&config.clock)));
    let app = assembly::app(&config, &public_url, &refusals, without).await?;
    let onion = assembly::onion(&config, app.clone(), without)?;
    let public_router = assembly::router(&config, &onion)?;
    let store = app.store.clone();
    let admin_router = Router::new().route("/healthz", get(health::healthz)).with_state(app);

    let (signal, stop) = watch::channel(false);
    let listen = |listener, router, stop| {
        let accepting = http1::accept(listener, router, stop, dispatch.clone());
        tokio::spawn(accepting.with_subscriber(dispatch.clone()))
    };
    let listeners = vec![
        listen(public_listener, public_router, stop.clone()),
        listen(admin_listener, admin_router, stop),
    ];
    let flusher = tokio::spawn(flush(Arc::clone(&refusals)).with_subscriber(dispatch.clone()));
    tracing::info!(%public, %admin, "serving");
    let stop = Stop { signal, listeners, flusher, refusals, store, dispatch };
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

/// Tells, when a flood is over, what the log of refusals held back.
async fn flush(refusals: Arc<RefusalLog>) {
    let mut turns = tokio::time::interval(Duration::from_secs(10));
    loop {
        turns.tick().await;
        refusals.flush();
    }
}
