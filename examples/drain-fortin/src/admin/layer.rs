use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use rempart_core::{
    ClientAddr, Event, EventKind, Flavour, Observers, Outcome, PolicyName, Problem, Reason,
    Refusal, Refused, Renderer,
};
use rempart_rate_limit::{Limiter, Rejection};
use rempart_token::{AdminGuardLayer, TokenLayer};
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt};
use tower_layer::Layer;
use tower_service::Service;

use super::direct::direct;

/// Lets programs on this machine through, and bearers of a token of the role `admin`.
///
/// Of each client, a few attempts that are denied are answered as such; after them it is told to
/// come back, whatever is wrong. A good token lets in all the same: who shares an address with
/// somebody who guesses is not locked out by that. Every access and every denied one is an event.
#[derive(Clone)]
pub(crate) struct AdminLayer {
    pub(crate) bound: SocketAddr,
    pub(crate) name: PolicyName,
    pub(crate) observers: Observers,
    /// Counts the attempts that were denied, and no others.
    pub(crate) denied: Limiter,
    pub(crate) token: TokenLayer,
    pub(crate) guard: AdminGuardLayer,
}

impl<S, B> Layer<S> for AdminLayer
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Service = Admin;

    fn layer(&self, inner: S) -> Admin {
        let inner = inner.map_response(|response: Response<B>| response.map(Body::new));
        let guarded = ServiceBuilder::new()
            .layer(self.token.clone())
            .layer(self.guard.clone())
            .service(inner.clone())
            .map_response(|response| response.map(Body::new));
        Admin {
            open: BoxCloneSyncService::new(inner),
            guarded: BoxCloneSyncService::new(guarded),
            layer: self.clone(),
        }
    }
}

type Inner = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// The administration behind an [`AdminLayer`].
#[derive(Clone)]
pub(crate) struct Admin {
    open: Inner,
    guarded: Inner,
    layer: AdminLayer,
}

impl Service<Request<Body>> for Admin {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<
        Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send + 'static>,
    >;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Which of the two is asked is known with the request; `oneshot` waits for it.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { this.answer(request).await })
    }
}

impl Admin {
    async fn answer(self, request: Request<Body>) -> Result<Response<Body>, Infallible> {
        let layer = &self.layer;
        let event = |outcome| Event::new(EventKind::Admin, outcome, &layer.name);
        let reason = match direct(layer.bound, &request) {
            Ok(()) => {
                layer.observers.emit(&event(Outcome::Allowed).request(&request));
                return self.open.oneshot(request).await;
            }
            Err(reason) => reason,
        };
        let client = ClientAddr::of(request.extensions());
        let flavour = Flavour::of_request(&request);
        // Reserved before anything is looked at: of attempts that are made all at once, no more are
        // answered than of those that wait for one another.
        let attempt = layer.denied.reserve_key(&client.map(ClientAddr::identity), 1);
        let response = if request.headers().contains_key(AUTHORIZATION) {
            self.guarded.oneshot(request).await?
        } else {
            let reason = if attempt.is_err() { Reason::QuotaExceeded } else { reason };
            layer.observers.emit(&event(Outcome::Refused).request(&request).reason(reason));
            layer.unauthorised(flavour, reason)
        };
        let is_denied = response.extensions().get::<Refused>().is_some();
        Ok(match attempt {
            Err(rejection) if is_denied => layer.too_many(flavour, rejection),
            Ok(attempt) if !is_denied => {
                attempt.give_back();
                response
            }
            _ => response,
        })
    }
}

impl AdminLayer {
    fn too_many(&self, flavour: Flavour, rejection: Rejection) -> Response<Body> {
        let wait = match rejection {
            Rejection::Limited { wait, .. } => wait,
            _ => Duration::ZERO,
        };
        let title = "Too many attempts were denied; try again later";
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit", title);
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
        Refusal::new(&problem, EventKind::Admin, Reason::QuotaExceeded, self.name)
            .header(RETRY_AFTER, HeaderValue::from(seconds))
            .into_response::<Body>(flavour, &Renderer::default())
            .map(Body::new)
    }

    fn unauthorised(&self, flavour: Flavour, reason: Reason) -> Response<Body> {
        let title = "A valid token is required";
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "token_invalid", title);
        let challenge = HeaderValue::from_static("Bearer realm=\"drain-fortin\"");
        Refusal::new(&problem, EventKind::Admin, reason, self.name)
            .header(WWW_AUTHENTICATE, challenge)
            .into_response::<Body>(flavour, &Renderer::default())
            .map(Body::new)
    }
}

impl fmt::Debug for AdminLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminLayer")
            .field("bound", &self.bound)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("layer", &self.layer).finish_non_exhaustive()
    }
}
