//! A layer that looks for replays, around a strict service that counts its calls.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody, ResponseBody};
use rempart_signature::{
    Claim, Claimed, MemoryReplayStore, PolicyBuilder, ReplayKey, ReplayStore, Reply, Settled,
    SignatureLayer,
};
use rempart_testing::{Script, strict};
use tower::util::BoxCloneService;
use tower::{Layer, Service, ServiceExt};

use super::senders::Sender;
use crate::support::{NOW, Recorder, layer};

pub(crate) const TTL: Duration = Duration::from_secs(600);

pub(crate) type Answer = Response<ResponseBody<Full<Bytes>>>;
pub(crate) type Stack = BoxCloneService<Request<Script>, Answer, Failed>;

/// The service that a layer stands around.
pub(crate) type Inner =
    BoxCloneService<Request<RequestBody<Script>>, Response<Full<Bytes>>, Failed>;

/// The error of the service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed;

impl From<Infallible> for Failed {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// What the service does with its calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    Answer(StatusCode),
    Fail,
    Panic,
    /// Waits once.
    Wait(StatusCode),
}

pub(crate) struct Rig {
    pub(crate) service: Stack,
    pub(crate) recorder: Recorder,
    pub(crate) clock: ManualClock,
    calls: Arc<AtomicUsize>,
    does: Arc<Mutex<Does>>,
}

impl Rig {
    /// For a sender, with a store in memory.
    pub(crate) fn of(sender: Sender) -> Self {
        let clock = ManualClock::at(NOW);
        let store = MemoryReplayStore::default().clock(clock.clone());
        Self::storing(sender, &clock, store)
    }

    /// For a sender, with this store.
    pub(crate) fn storing(
        sender: Sender,
        clock: &ManualClock,
        store: impl ReplayStore + 'static,
    ) -> Self {
        let recorder = Recorder::default();
        let layer = sender.layer(clock, store, recorder.clone());
        Self::handling(clock, layer, recorder)
    }

    pub(crate) fn with(clock: &ManualClock, builder: PolicyBuilder) -> Self {
        let (layer, recorder) = layer(builder.build().unwrap(), clock);
        Self::around(clock, &layer, recorder)
    }

    pub(crate) fn around(clock: &ManualClock, layer: &SignatureLayer, recorder: Recorder) -> Self {
        Self::handling(clock, |inner| BoxCloneService::new(layer.layer(inner)), recorder)
    }

    fn handling(
        clock: &ManualClock,
        layer: impl FnOnce(Inner) -> Stack,
        recorder: Recorder,
    ) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let does = Arc::new(Mutex::new(Does::Answer(StatusCode::NO_CONTENT)));
        let (counted, told) = (Arc::clone(&calls), Arc::clone(&does));
        let handle = move |_: Request<RequestBody<Script>>| {
            counted.fetch_add(1, Ordering::SeqCst);
            let does = *told.lock().unwrap();
            async move {
                match does {
                    Does::Answer(status) => Ok(answer(status)),
                    Does::Fail => Err(Failed),
                    Does::Panic => panic!("a handler that panics"),
                    Does::Wait(status) => {
                        tokio::task::yield_now().await;
                        Ok(answer(status))
                    }
                }
            }
        };
        let inner = strict(handle).map_result(|done: Result<_, Infallible>| {
            let Ok(answer) = done;
            answer
        });
        let service = layer(BoxCloneService::new(inner));
        Self { service, recorder, clock: clock.clone(), calls, does }
    }

    pub(crate) fn does(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// A request under way.
    pub(crate) fn start(
        &mut self,
        request: Request<Script>,
    ) -> <Stack as Service<Request<Script>>>::Future {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(self.service.poll_ready(&mut cx).is_ready());
        self.service.call(request)
    }

    pub(crate) async fn send(&mut self, request: Request<Script>) -> Result<Answer, Failed> {
        self.start(request).await
    }

    /// The status of an answer, and whether the service was called for it.
    pub(crate) async fn status(&mut self, request: Request<Script>) -> (StatusCode, bool) {
        let before = self.calls();
        let status = self.send(request).await.unwrap().status();
        (status, self.calls() > before)
    }
}

fn answer(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

pub(crate) fn request(headers: &HeaderMap, body: &'static [u8]) -> Request<Script> {
    crate::support::post(headers.clone(), Script::new().data(body))
}

/// Polls once.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// A store that replies only once it is let, one reply at a time.
#[derive(Clone)]
pub(crate) struct Slow {
    inner: Arc<MemoryReplayStore>,
    pub(crate) open: Arc<std::sync::atomic::AtomicBool>,
}

impl Slow {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        let inner = Arc::new(MemoryReplayStore::default().clock(clock.clone()));
        Self { inner, open: Arc::default() }
    }

    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// What the store says once it is open; it does nothing before.
    fn later<T: Send + 'static>(
        &self,
        then: impl FnOnce(&MemoryReplayStore) -> Reply<T> + Send + 'static,
    ) -> Reply<T> {
        let store = self.clone();
        Reply::later(async move {
            let mut then = Some(then);
            std::future::poll_fn(|cx| {
                if !store.open.swap(false, Ordering::SeqCst) {
                    return Poll::Pending;
                }
                let mut reply = then.take().unwrap()(&store.inner);
                std::pin::Pin::new(&mut reply).poll(cx)
            })
            .await
        })
    }
}

impl ReplayStore for Slow {
    fn claim(&self, key: ReplayKey, lease: Duration) -> Reply<Claimed> {
        self.later(move |store| store.claim(key, lease))
    }

    fn commit(&self, claim: Claim, ttl: Duration) -> Reply<Settled> {
        self.later(move |store| store.commit(claim, ttl))
    }

    fn release(&self, claim: Claim) -> Reply<Settled> {
        self.later(move |store| store.release(claim))
    }

    fn abandon(&self, claim: Claim) {
        self.inner.abandon(claim);
    }
}

/// A store that says the same to everybody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken;

impl ReplayStore for Broken {
    fn claim(&self, _: ReplayKey, _: Duration) -> Reply<Claimed> {
        Reply::now(Claimed::Unavailable)
    }

    fn commit(&self, _: Claim, _: Duration) -> Reply<Settled> {
        Reply::now(Settled::Unavailable)
    }

    fn release(&self, _: Claim) -> Reply<Settled> {
        Reply::now(Settled::Unavailable)
    }
}

/// A store that nobody may ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Untouched;

impl ReplayStore for Untouched {
    fn claim(&self, _: ReplayKey, _: Duration) -> Reply<Claimed> {
        panic!("asked before the signature was found good")
    }

    fn commit(&self, _: Claim, _: Duration) -> Reply<Settled> {
        panic!("nothing was claimed")
    }

    fn release(&self, _: Claim) -> Reply<Settled> {
        panic!("nothing was claimed")
    }
}
