use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use rempart_core::{
    Event, EventKind, Flavour, KeyId, Outcome, PolicyName, Reason, RequestBody, ResponseBody,
    SharedClock,
};
use tower_service::Service;

use crate::body::{self, BoxError, Reader};
use crate::layer::Shared;
use crate::{Answer, Head, Policy, Rejection, Verification, Verified, revoked};

pin_project! {
    /// Response future of [`Signature`](crate::Signature).
    ///
    /// Dropping it before it is done drops what was read; the inner service was not called then.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, F, B> {
        shared: Arc<Shared>,
        flavour: Flavour,
        #[pin]
        state: State<S, F, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, B> {
        Answered {
            answer: Answer,
        },
        Calling {
            #[pin]
            response: F,
        },
        // `claim` is taken when the body is whole, and this state is left in the same poll.
        Reading {
            #[pin]
            reader: Reader<B>,
            claim: Option<Claim<S>>,
        },
        Refused {
            policy: PolicyName,
            rejection: Rejection,
        },
    }
}

/// A request without its body, and what is to be known before it may go on.
struct Claim<S> {
    ready: S,
    parts: Parts,
    verification: Verification,
    work: Stopwatch,
}

impl<S, F, B> ResponseFuture<S, F, B> {
    pub(crate) const fn answered(shared: Arc<Shared>, answer: Answer, flavour: Flavour) -> Self {
        Self { shared, flavour, state: State::Answered { answer } }
    }

    pub(crate) const fn refused(
        shared: Arc<Shared>,
        policy: PolicyName,
        rejection: Rejection,
        flavour: Flavour,
    ) -> Self {
        Self { shared, flavour, state: State::Refused { policy, rejection } }
    }

    pub(crate) fn reading(
        shared: Arc<Shared>,
        ready: S,
        request: Request<B>,
        verification: Verification,
        work: Stopwatch,
        flavour: Flavour,
    ) -> Self {
        let (parts, body) = request.into_parts();
        let claim = Some(Claim { ready, parts, verification, work });
        Self { shared, flavour, state: State::Reading { reader: Reader::new(body), claim } }
    }
}

impl<S, F, B, R, E> Future for ResponseFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>, Error = E, Future = F>,
    F: Future<Output = Result<Response<R>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Answered { answer } => return Poll::Ready(Ok(answer.response())),
                StateProj::Calling { response } => {
                    let response = ready!(response.poll(cx))?;
                    return Poll::Ready(Ok(response.map(ResponseBody::inner)));
                }
                StateProj::Refused { policy, rejection } => {
                    let refusal = rejection.refusal(*policy);
                    let response = refusal.into_response(*this.flavour, &this.shared.renderer);
                    return Poll::Ready(Ok(response));
                }
                StateProj::Reading { mut reader, claim } => {
                    let read = match claim {
                        None => return Poll::Pending,
                        Some(open) => {
                            let clock = &this.shared.clock;
                            open.work.resume(clock);
                            match reader.as_mut().poll_read(cx, &mut open.verification) {
                                Poll::Ready(read) => read,
                                Poll::Pending => {
                                    open.work.pause(clock);
                                    return Poll::Pending;
                                }
                            }
                        }
                    };
                    match claim.take() {
                        None => return Poll::Pending,
                        Some(claim) => claim.conclude(this.shared, read, reader),
                    }
                }
            };
            this.state.set(next);
        }
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not, and the
// request's headers hold the signature.
impl<S, F, B> fmt::Debug for ResponseFuture<S, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Answered { .. } => "answered",
            State::Calling { .. } => "calling",
            State::Reading { .. } => "reading",
            State::Refused { .. } => "refused",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish_non_exhaustive()
    }
}

impl<S> Claim<S> {
    /// Calls the service, or refuses.
    fn conclude<B>(
        self,
        shared: &Shared,
        read: Result<(), Rejection>,
        reader: Pin<&mut Reader<B>>,
    ) -> State<S, S::Future, B>
    where
        S: Service<Request<RequestBody<B>>>,
    {
        let Self { mut ready, mut parts, verification, work } = self;
        let policy = verification.policy().clone();
        let verdict = read.and_then(|()| {
            let verified = shared.finish(&policy, verification, &parts, reader.frames())?;
            let verified = shared.still_good(&policy, verified)?;
            Ok((policy.answer_frames(&verified, &parts, reader.frames())?, verified))
        });
        let elapsed = work.total(&shared.clock);
        match verdict {
            Ok((Some(answer), verified)) => {
                let event = answered(&policy, elapsed).parts(&parts).key(Some(verified.key()));
                shared.observers.emit(&event);
                State::Answered { answer }
            }
            Ok((None, verified)) => {
                let key = Some(verified.key());
                let event = Event::new(EventKind::Signature, Outcome::Allowed, policy.name());
                shared.observers.emit(&event.parts(&parts).key(key).elapsed(elapsed));
                parts.extensions.insert(verified);
                let request = Request::from_parts(parts, reader.replay());
                State::Calling { response: ready.call(request) }
            }
            Err(rejection) => {
                let signer = shared.revoked_signer(rejection, &parts, reader.frames());
                let rejection = signer.map_or(rejection, |_| Rejection::RevokedKey);
                let event = refused(&policy, rejection, elapsed);
                shared.observers.emit(&event.parts(&parts).key(signer));
                if signer.is_some() {
                    let event =
                        Event::new(EventKind::KeyRevokedUse, Outcome::Refused, policy.name());
                    let event = event.reason(rejection.reason()).parts(&parts).key(signer);
                    shared.observers.emit(&event);
                }
                State::Refused { policy: *policy.name(), rejection }
            }
        }
    }
}

impl Shared {
    /// Tells of a handshake that was answered by its head alone.
    pub(crate) fn answered_at_once<B>(
        &self,
        policy: &Policy,
        request: &Request<B>,
        work: Stopwatch,
    ) {
        let event = answered(policy, work.total(&self.clock));
        self.observers.emit(&event.request(request));
    }

    /// Tells of a request that was refused by its head alone.
    pub(crate) fn refused_at_once<B>(
        &self,
        policy: &Policy,
        rejection: Rejection,
        request: &Request<B>,
        work: Stopwatch,
    ) {
        let event = refused(policy, rejection, work.total(&self.clock));
        self.observers.emit(&event.request(request));
    }

    fn finish(
        &self,
        policy: &Policy,
        verification: Verification,
        parts: &Parts,
        frames: &VecDeque<Bytes>,
    ) -> Result<Verified, Rejection> {
        // The clock is asked again only where a key may have come to its end meanwhile.
        let now = if policy.has_retiring_keys() { self.clock.unix() } else { Duration::ZERO };
        verification.finish(&Head::of_parts(parts), now, || body::whole(frames))
    }

    /// The policy may have been replaced while the body arrived: a key that is gone is refused.
    fn still_good(&self, policy: &Policy, verified: Verified) -> Result<Verified, Rejection> {
        let current = self.policy.get();
        if current.still_verifies(policy, verified.key(), self.clock.unix()) {
            Ok(verified)
        } else {
            Err(Rejection::RevokedKey)
        }
    }

    /// The revoked key that made the signature, as the policy of this moment remembers it.
    fn revoked_signer(
        &self,
        rejection: Rejection,
        parts: &Parts,
        frames: &VecDeque<Bytes>,
    ) -> Option<KeyId> {
        if !matches!(rejection, Rejection::Mismatch | Rejection::RevokedKey) {
            return None;
        }
        let policy = self.policy.get();
        let length = frames.iter().fold(0_usize, |sum, frame| sum.saturating_add(frame.len()));
        // Before the pieces are put together.
        revoked::trying(&policy, length)?;
        let head = Head::of_parts(parts);
        revoked::revoked_signer(&policy, &head, &body::whole(frames), self.clock.unix())
    }
}

fn answered(policy: &Policy, elapsed: Duration) -> Event<'_> {
    let event = Event::new(EventKind::Signature, Outcome::Allowed, policy.name());
    event.reason(Reason::Challenge).elapsed(elapsed)
}

fn refused(policy: &Policy, rejection: Rejection, elapsed: Duration) -> Event<'_> {
    let event = Event::new(rejection.kind(), Outcome::Refused, policy.name());
    event.reason(rejection.reason()).elapsed(elapsed)
}

/// Measures work, not waiting: the time of a slow client is not the time of a verification.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    since: Option<u64>,
    spent: u64,
}

impl Stopwatch {
    pub(crate) fn start(clock: &SharedClock) -> Self {
        Self { since: Some(clock.ticks()), spent: 0 }
    }

    fn pause(&mut self, clock: &SharedClock) {
        if let Some(since) = self.since.take() {
            self.spent = self.spent.saturating_add(clock.ticks().saturating_sub(since));
        }
    }

    fn resume(&mut self, clock: &SharedClock) {
        self.since.get_or_insert_with(|| clock.ticks());
    }

    fn total(mut self, clock: &SharedClock) -> Duration {
        self.pause(clock);
        Duration::from_nanos(self.spent)
    }
}
