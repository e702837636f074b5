use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::ALLOW;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rempart_core::PeerAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use super::patience::Patience;
use crate::onion::REQUEST_ID;

/// Accepts connections until it is told to stop, then waits for those that are being served.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    mut stop: watch::Receiver<bool>,
    dispatch: Dispatch,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let connection = tokio::select! {
            connection = next(&listener, &places) => connection,
            // An error says that whoever could tell is gone.
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, peer, place) = connection;
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), peer, request));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
        let connection = http.serve_connection(TokioIo::new(Patience::new(stream)), service);
        let connection = graceful.watch(connection);
        let served = async move {
            // What breaks off, or speaks no HTTP, has nobody to be answered to.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        };
        tokio::spawn(served.with_subscriber(dispatch.clone()));
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that did not end in time were cut off");
    }
}

/// The next connection, when there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<tokio::sync::OwnedSemaphorePermit>) {
    // Never closed, so that there is always a permit to come.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small answers leave at once; where it cannot be set they leave a little later.
                let _ = stream.set_nodelay(true);
                return (stream, peer, place);
            }
            // Out of file descriptors, or a client that has left: neither ends the service.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    // Requests are named here; a name that a client brings could be another request's.
    request.headers_mut().remove(REQUEST_ID);
    request.extensions_mut().insert(PeerAddr(peer));
    let mut response = router.oneshot(request.map(Body::new)).await?;
    // The router writes it outside of all layers, onto their refusals, too.
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().remove(ALLOW);
    }
    Ok(response)
}

/// Connections at once; further ones wait to be accepted.
const CONNECTIONS: usize = 4096;

/// How long a client may take to send the head of a request, idle time before it included.
const HEADERS_WITHIN: Duration = Duration::from_secs(20);

/// How long requests may go on after the stop.
const GRACE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(100);
