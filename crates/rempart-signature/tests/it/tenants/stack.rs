//! A layer for tenants, and a directory that answers when it is told to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{ManualClock, Reason, RequestBody};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    KeyResolver, Policy, ResolveError, Resolving, Scheme, SignatureLayer, TenantId, TenantSource,
    Tenants, Verified,
};
use rempart_testing::{Script, strict};
use tokio::sync::oneshot;
use tower::{Layer, Service, ServiceExt};

use crate::support::{BODY, NOW, Recorder, header, id, post, signed_with};

type Answer = Result<Option<KeyRing>, ResolveError>;

/// A directory that answers when it is told to, and counts how often it is asked.
#[derive(Clone, Default)]
pub(crate) struct Directory(Arc<Asked>);

#[derive(Default)]
struct Asked {
    count: AtomicUsize,
    dropped: AtomicUsize,
    open: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
}

/// Counts look-ups that are let go of before they have an answer.
struct Noticed(Arc<Asked>, bool);

impl Drop for Noticed {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Directory {
    pub(crate) fn asked(&self) -> usize {
        self.0.count.load(Ordering::SeqCst)
    }

    pub(crate) fn dropped(&self) -> usize {
        self.0.dropped.load(Ordering::SeqCst)
    }

    pub(crate) fn answer(&self, tenant: &str, answer: Answer) {
        let open = self.0.open.lock().unwrap().remove(tenant);
        assert!(open.unwrap().send(answer).is_ok());
    }
}

impl KeyResolver for Directory {
    fn resolve(&self, tenant: &TenantId) -> Resolving {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        let (sender, receiver) = oneshot::channel();
        self.0.open.lock().unwrap().insert(tenant.to_string(), sender);
        let asked = Arc::clone(&self.0);
        Box::pin(async move {
            let mut noticed = Noticed(asked, false);
            let answer = receiver.await.unwrap_or(Err(ResolveError));
            noticed.1 = true;
            answer
        })
    }
}

pub(crate) fn ring_of(secret: &str) -> KeyRing {
    KeyRing::single(id("theirs"), Secret::new(secret).unwrap())
}

pub(crate) fn source() -> TenantSource {
    TenantSource::header(HeaderName::from_static("x-tenant"))
}

pub(crate) fn policy(tenants: Tenants, clock: &ManualClock) -> Policy {
    Policy::builder("test")
        .scheme(Scheme::github())
        .tenants(tenants)
        .timer(clock.clone())
        .build()
        .unwrap()
}

pub(crate) fn of(tenant: &str, mut headers: HeaderMap) -> HeaderMap {
    headers.extend([header("x-tenant", tenant)]);
    headers
}

/// A signed request of a tenant.
pub(crate) fn request(tenant: &str, secret: &str) -> Request<Script> {
    let headers = signed_with(&Scheme::github(), secret, BODY);
    post(of(tenant, headers), Script::new().data(BODY))
}

/// A layer, the service in it, and everything told.
pub(crate) struct Stack {
    pub(crate) policy: Policy,
    pub(crate) layer: SignatureLayer,
    pub(crate) recorder: Recorder,
    pub(crate) clock: ManualClock,
}

pub(crate) type Calling = std::pin::Pin<Box<dyn Future<Output = (StatusCode, Option<String>)>>>;

impl Stack {
    pub(crate) fn new(tenants: Tenants) -> Self {
        let clock = ManualClock::at(NOW);
        let policy = policy(tenants, &clock);
        let recorder = Recorder::default();
        let layer = SignatureLayer::new(policy.clone()).clock(clock.clone());
        Self { policy, layer: layer.observer(recorder.clone()), recorder, clock }
    }

    pub(crate) fn waiting() -> (Self, Directory) {
        let directory = Directory::default();
        (Self::new(Tenants::new(source(), directory.clone())), directory)
    }

    /// The status, and the tenant that the handler was told of.
    pub(crate) fn call(&self, request: Request<Script>) -> Calling {
        let seen = Arc::new(Mutex::new(None));
        let noted = Arc::clone(&seen);
        let mut service = self.layer.layer(strict(move |request: Request<RequestBody<Script>>| {
            let verified: &Verified = request.extensions().get().unwrap();
            *noted.lock().unwrap() = verified.tenant().map(ToString::to_string);
            async { Response::new(Full::<Bytes>::default()) }
        }));
        Box::pin(async move {
            let response = service.ready().await.unwrap().call(request).await.unwrap();
            if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                assert!(response.headers().contains_key("retry-after"));
            }
            (response.status(), seen.lock().unwrap().take())
        })
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        *self.recorder.reasons().last().unwrap()
    }
}

pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut cx = Context::from_waker(Waker::noop());
    match std::pin::Pin::new(future).poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

pub(crate) fn accepted(tenant: &str) -> (StatusCode, Option<String>) {
    (StatusCode::OK, Some(tenant.to_owned()))
}

pub(crate) const REFUSED: (StatusCode, Option<String>) = (StatusCode::UNAUTHORIZED, None);
pub(crate) const UNAVAILABLE: (StatusCode, Option<String>) =
    (StatusCode::SERVICE_UNAVAILABLE, None);

/// A future in a task of its own, which knows whether it was woken.
pub(crate) struct Task<F: Future> {
    future: std::pin::Pin<Box<F>>,
    flag: Arc<Flag>,
}

#[derive(Default)]
struct Flag(std::sync::atomic::AtomicBool);

impl std::task::Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

pub(crate) fn task<F: Future>(future: F) -> Task<F> {
    Task { future: Box::pin(future), flag: Arc::default() }
}

impl<F: Future> Task<F> {
    pub(crate) fn poll_once(&mut self) -> Option<F::Output> {
        self.flag.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.flag));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.flag.0.load(Ordering::SeqCst)
    }
}
