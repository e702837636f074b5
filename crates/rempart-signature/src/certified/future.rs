use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use rempart_core::{Event, EventKind, Flavour, Outcome, RequestBody, ResponseBody, Sleep};
use tower_service::Service;

use super::certificates::{Certificates, Fetch, Found, LookUp};
use super::config::Counted;
use super::layer::Shared;
use super::{Showing, Shown};
use crate::body::{self, BoxError, Reader};
use crate::stopwatch::Stopwatch;
use crate::{Head, Rejection};

pin_project! {
    /// Response future of [`Certified`](super::Certified).
    #[must_use = "futures do nothing unless polled"]
    pub struct CertifiedFuture<S, F, B> {
        shared: Arc<Shared>,
        flavour: Flavour,
        #[pin]
        reader: Reader<B>,
        received: u64,
        work: Stopwatch,
        // Taken when the service is called, or the request refused.
        waiting: Option<(S, Parts)>,
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Calling {
            #[pin]
            response: F,
        },
        // `showing` is taken when there is a certificate, or none.
        Fetching {
            fetch: Arc<Fetch>,
            patience: Sleep,
            showing: Option<Showing>,
        },
        Reading,
        Refused {
            rejection: Rejection,
        },
    }
}

impl<S, F, B> CertifiedFuture<S, F, B> {
    pub(super) fn new(
        shared: Arc<Shared>,
        flavour: Flavour,
        ready: S,
        request: Request<B>,
        examined: Result<(), Rejection>,
        work: Stopwatch,
    ) -> Self {
        let (parts, body) = request.into_parts();
        let state = match examined {
            Ok(()) => State::Reading,
            Err(rejection) => {
                shared.refuse(rejection, &parts, work);
                State::Refused { rejection }
            }
        };
        let waiting = Some((ready, parts));
        Self { shared, flavour, reader: Reader::new(body), received: 0, work, waiting, state }
    }
}

impl<S, F, B, R, E> Future for CertifiedFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>, Error = E, Future = F>,
    F: Future<Output = Result<Response<R>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let shared: &Shared = this.shared;
            let common = shared.sender.common();
            let verdict = match this.state.as_mut().project() {
                StateProj::Calling { response } => {
                    let response = ready!(response.poll(cx))?;
                    return Poll::Ready(Ok(response.map(ResponseBody::inner)));
                }
                StateProj::Refused { rejection } => {
                    let refusal = rejection.refusal(common.name);
                    return Poll::Ready(Ok(refusal.into_response(*this.flavour, &shared.renderer)));
                }
                StateProj::Reading => {
                    let mut counted = Counted { common, received: this.received };
                    this.work.resume(&shared.clock);
                    let Poll::Ready(read) = this.reader.as_mut().poll_read(cx, &mut counted) else {
                        this.work.pause(&shared.clock);
                        return Poll::Pending;
                    };
                    let Some((_, parts)) = this.waiting.as_ref() else { return Poll::Pending };
                    let now = shared.clock.unix();
                    let showing = read.and_then(|()| {
                        let whole = body::whole(this.reader.frames());
                        let showing = shared.sender.show(&Head::of_parts(parts), &whole)?;
                        common.judge(showing.proof.at, now).map(|()| showing)
                    });
                    match showing {
                        Err(rejection) => Err(rejection),
                        Ok(showing) => match common.certificates.look_up(&showing.proof.url, now) {
                            LookUp::Done(found) => shared.judge(showing, found),
                            LookUp::Fetching(fetch) => {
                                let patience = common.timer.sleep(Certificates::FETCHING_FOR);
                                let showing = Some(showing);
                                this.work.pause(&shared.clock);
                                this.state.set(State::Fetching { fetch, patience, showing });
                                continue;
                            }
                        },
                    }
                }
                StateProj::Fetching { fetch, patience, showing } => {
                    let found = match fetch.poll(cx) {
                        Poll::Ready(found) => {
                            if let Some(showing) = &showing {
                                let now = shared.clock.unix();
                                common.certificates.settle(&showing.proof.url, fetch, &found, now);
                            }
                            found
                        }
                        Poll::Pending => {
                            ready!(patience.as_mut().poll(cx));
                            None
                        }
                    };
                    let Some(showing) = showing.take() else { return Poll::Pending };
                    this.work.resume(&shared.clock);
                    shared.judge(showing, found)
                }
            };
            let Some((mut ready, mut parts)) = this.waiting.take() else { return Poll::Pending };
            let next = match verdict {
                Ok(shown) => {
                    let event = Event::new(EventKind::Signature, Outcome::Allowed, &common.name);
                    let elapsed = this.work.total(&shared.clock);
                    shared.observers.emit(&event.parts(&parts).elapsed(elapsed));
                    shown.insert(&mut parts.extensions);
                    let request = Request::from_parts(parts, this.reader.as_mut().replay());
                    State::Calling { response: ready.call(request) }
                }
                Err(rejection) => {
                    shared.refuse(rejection, &parts, *this.work);
                    State::Refused { rejection }
                }
            };
            this.state.set(next);
        }
    }
}

impl Shared {
    fn judge(&self, showing: Showing, found: Found) -> Result<Shown, Rejection> {
        showing.judge(found, self.clock.unix())
    }

    fn refuse(&self, rejection: Rejection, parts: &Parts, work: Stopwatch) {
        let common = self.sender.common();
        let outcome = rejection.outcome();
        let event = Event::new(rejection.kind(), outcome, &common.name);
        self.observers
            .emit(&event.reason(rejection.reason()).parts(parts).elapsed(work.total(&self.clock)));
    }
}

impl Showing {
    /// What was verified, if this certificate is the signer's.
    pub(crate) fn judge(self, found: Found, now: std::time::Duration) -> Result<Shown, Rejection> {
        let certificate = found.ok_or(Rejection::KeysUnavailable)?;
        certificate.verify(&self.proof, now)?;
        Ok(self.shown)
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<S, F, B> fmt::Debug for CertifiedFuture<S, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Calling { .. } => "calling",
            State::Fetching { .. } => "fetching",
            State::Reading => "reading",
            State::Refused { .. } => "refused",
        };
        f.debug_struct("CertifiedFuture").field("state", &state).finish_non_exhaustive()
    }
}
