use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body::Body;
use rempart_core::{Event, EventKind, Outcome, RequestBody, Sleep};
use tower_service::Service;

use super::Showing;
use super::certificates::{Certificates, Fetch, Found, LookUp};
use super::future::State;
use super::layer::Shared;
use super::rules::Counted;
use crate::body::{self, BoxError, Reader};
use crate::budget::Share;
use crate::handling::Call;
use crate::stopwatch::Stopwatch;
use crate::{Head, Rejection};

/// A request whose body is on its way.
pub(super) struct Arrival<S> {
    pub(super) ready: S,
    pub(super) parts: Parts,
    pub(super) received: u64,
    pub(super) work: Stopwatch,
}

impl<S> Arrival<S> {
    /// Reads on, and measures how long that takes but for the waits.
    pub(super) fn poll_read<B>(
        &mut self,
        shared: &Shared,
        reader: Pin<&mut Reader<B>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Rejection>>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
    {
        let mut counted = Counted { common: shared.sender.common(), received: &mut self.received };
        self.work.around(&shared.clock, || reader.poll_read(cx, &mut counted))
    }

    /// Looks for the certificate that a whole message names.
    pub(super) fn look_up<B>(
        self,
        shared: &Shared,
        read: Result<(), Rejection>,
        mut reader: Pin<&mut Reader<B>>,
    ) -> State<S, S::Future, B>
    where
        S: Service<Request<RequestBody<B>>>,
    {
        let Self { ready, parts, mut work, .. } = self;
        let now = shared.clock.unix();
        let showing = read.and_then(|()| {
            let whole = body::whole(reader.frames());
            shared.sender.show(&Head::of_parts(&parts), &whole, now)
        });
        let showing = match showing {
            Ok(showing) => showing,
            Err(rejection) => return shared.refuse(rejection, &parts, work),
        };
        let common = shared.sender.common();
        let looked_up = common.certificates.look_up(&showing.proof.url, now);
        if matches!(looked_up, LookUp::Fetching(_)) {
            work.pause(&shared.clock);
        }
        let share = reader.as_mut().share();
        let request = Request::from_parts(parts, reader.replay());
        let whole = Whole { ready, request, showing, work, share };
        match looked_up {
            LookUp::Done(found) => whole.conclude(shared, found),
            LookUp::Fetching(fetch) => {
                let patience = common.timer.sleep(Certificates::FETCHING_FOR);
                State::Fetching { fetching: Fetching { fetch, patience }, whole: Some(whole) }
            }
        }
    }
}

/// A certificate that is waited for, as long as anybody should.
pub(super) struct Fetching {
    fetch: Arc<Fetch>,
    patience: Sleep,
}

impl Fetching {
    pub(super) fn poll<S, B>(
        &mut self,
        shared: &Shared,
        whole: &Whole<S, B>,
        cx: &mut Context<'_>,
    ) -> Poll<Found> {
        if let Poll::Ready(found) = self.fetch.poll(cx) {
            let (common, now) = (shared.sender.common(), shared.clock.unix());
            common.certificates.settle(&whole.showing.proof.url, &self.fetch, &found, now);
            return Poll::Ready(found);
        }
        ready!(self.patience.as_mut().poll(cx));
        Poll::Ready(None)
    }
}

/// A request that is there, and is not known to be true.
pub(super) struct Whole<S, B> {
    ready: S,
    request: Request<RequestBody<B>>,
    showing: Showing,
    work: Stopwatch,
    /// What it takes up until then.
    share: Share,
}

impl<S, B> Whole<S, B>
where
    S: Service<Request<RequestBody<B>>>,
{
    /// Decides, with a certificate or without.
    pub(super) fn conclude(self, shared: &Shared, found: Found) -> State<S, S::Future, B> {
        let Self { ready, request, showing, mut work, share } = self;
        work.resume(&shared.clock);
        let common = shared.sender.common();
        let (mut parts, body) = request.into_parts();
        let verdict = common.conclude(showing.proof, found, shared.clock.unix());
        drop(share);
        match verdict {
            Ok(verified) => {
                let (key, replay_key) = (verified.key(), verified.replay_key());
                let event = Event::new(EventKind::Signature, Outcome::Allowed, &common.name);
                let event = event.parts(&parts).key(Some(key));
                shared.observers.emit(&event.elapsed(work.total(&shared.clock)));
                parts.extensions.extend(showing.also);
                parts.extensions.insert(verified);
                let request = Request::from_parts(parts, body);
                let claiming = common.replay.as_ref().map(|rules| rules.claim(replay_key));
                State::Handling { handling: Call { ready, request, key }.start(claiming) }
            }
            Err(rejection) => shared.refuse(rejection, &parts, work),
        }
    }
}

impl Shared {
    /// Refuses a request, and tells why.
    pub(super) fn refuse<S, F: Future, B>(
        &self,
        rejection: Rejection,
        parts: &Parts,
        work: Stopwatch,
    ) -> State<S, F, B> {
        let name = &self.sender.common().name;
        let event = Event::new(rejection.kind(), rejection.outcome(), name);
        let event = event.reason(rejection.reason()).parts(parts);
        self.observers.emit(&event.elapsed(work.total(&self.clock)));
        State::Refused { rejection }
    }
}
