use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, Request, StatusCode, header};
use http_body::Body;
use rempart_core::{Event, EventKind, KeyId, Outcome, Reason, Refusal, RequestBody};
use tower_service::Service;

use super::State;
use crate::body::{self, BoxError, Reader};
use crate::handling::Call;
use crate::layer::Shared;
use crate::stopwatch::Stopwatch;
use crate::{Head, Policy, Rejection, Verification, Verified, revoked};

/// A request without its body, and what is to be known before it may go on.
pub(super) struct Arrival<S> {
    pub(super) ready: S,
    pub(super) parts: Parts,
    pub(super) verification: Verification,
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
        self.work.around(&shared.clock, || reader.poll_read(cx, &mut self.verification))
    }

    /// Decides, once there is nothing more to read.
    pub(super) fn conclude<B>(
        self,
        shared: &Shared,
        read: Result<(), Rejection>,
        reader: Pin<&mut Reader<B>>,
    ) -> State<S, S::Future, B>
    where
        S: Service<Request<RequestBody<B>>>,
    {
        let Self { ready, mut parts, verification, work } = self;
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
                let (key, replay_key) = (verified.key(), verified.replay_key());
                if let Some(components) = verified.components() {
                    parts.extensions.insert(components.clone());
                }
                if let Some(items) = verified.items() {
                    parts.extensions.insert(items.clone());
                }
                let event = Event::new(EventKind::Signature, Outcome::Allowed, policy.name());
                let event = event.parts(&parts).key(Some(key));
                shared.observers.emit(&event.elapsed(elapsed));
                parts.extensions.insert(verified);
                let request = Request::from_parts(parts, reader.replay());
                let claiming = policy.replay().map(|rules| rules.claim(replay_key));
                let handling = Call { ready, request, key }.start(claiming);
                State::Handling { handling, policy: *policy.name() }
            }
            Err(rejection) => {
                #[cfg(feature = "explain")]
                shared.explain_body(&policy, rejection, &parts, reader.frames());
                let signer = shared.revoked_signer(&policy, rejection, &parts, reader.frames());
                let rejection = signer.map_or(rejection, |_| Rejection::RevokedKey);
                let event = refused(&policy, rejection, elapsed);
                shared.observers.emit(&event.parts(&parts).key(signer));
                if signer.is_some() {
                    shared.observers.emit(&revoked_use(&policy).parts(&parts).key(signer));
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

    /// Tells of a request that was refused by its head alone, and gives the reason as it was told.
    pub(crate) fn refused_at_once<B: Body>(
        &self,
        policy: &Policy,
        rejection: Rejection,
        request: &Request<B>,
        work: Stopwatch,
    ) -> Rejection {
        let (head, elapsed) = (Head::of(request), work.total(&self.clock));
        let signer = revoked::signer_by_head(policy, rejection, &head, self.clock.unix());
        let rejection = signer.map_or(rejection, |_| Rejection::RevokedKey);
        self.observers.emit(&refused(policy, rejection, elapsed).request(request).key(signer));
        if signer.is_some() {
            self.observers.emit(&revoked_use(policy).request(request).key(signer));
        }
        rejection
    }

    /// Tells the client which methods are taken, or what to sign, if the policy wants it told.
    pub(super) fn asking(&self, refusal: Refusal, rejection: Rejection) -> Refusal {
        let policy = self.policy.get();
        if rejection == Rejection::MethodNotAllowed {
            return match policy.allow() {
                Some(methods) => refusal.header(header::ALLOW, methods),
                None => refusal,
            };
        }
        match policy.message_rules().and_then(|rules| rules.accept.as_ref()) {
            Some(asked) if rejection.status() == StatusCode::UNAUTHORIZED => {
                let name = const { HeaderName::from_static("accept-signature") };
                refusal.header(name, asked.clone())
            }
            _ => refusal,
        }
    }

    fn finish(
        &self,
        policy: &Policy,
        verification: Verification,
        parts: &Parts,
        frames: &VecDeque<Bytes>,
    ) -> Result<Verified, Rejection> {
        // The clock is asked again only where a key may have come to its end meanwhile, or the body
        // holds its own time.
        let now = if policy.asks_the_time_again() { self.clock.unix() } else { Duration::ZERO };
        verification.finish(&Head::of_parts(parts), now, || body::whole(frames))
    }

    /// The policy may have been replaced while the body arrived: a key that is gone is refused.
    fn still_good(&self, policy: &Policy, verified: Verified) -> Result<Verified, Rejection> {
        let current = self.policy.get();
        if current.still_allows(policy, verified.key(), self.clock.unix()) {
            Ok(verified)
        } else {
            Err(Rejection::RevokedKey)
        }
    }

    /// The revoked key that made the signature, as the policy of this moment remembers it.
    fn revoked_signer(
        &self,
        began: &Policy,
        rejection: Rejection,
        parts: &Parts,
        frames: &VecDeque<Bytes>,
    ) -> Option<KeyId> {
        use Rejection::{Mismatch, RevokedKey, UnknownKey};

        if !matches!(rejection, Mismatch | RevokedKey | UnknownKey) {
            return None;
        }
        // What is known of a tenant's keys came with them.
        let current = self.policy.get();
        let policy = if current.tenants().is_some() { began } else { &*current };
        let length = frames.iter().fold(0_usize, |sum, frame| sum.saturating_add(frame.len()));
        // Before the pieces are put together.
        revoked::trying(policy, length)?;
        let head = Head::of_parts(parts);
        revoked::revoked_signer(policy, &head, &body::whole(frames), self.clock.unix())
    }
}

fn answered(policy: &Policy, elapsed: Duration) -> Event<'_> {
    let event = Event::new(EventKind::Signature, Outcome::Allowed, policy.name());
    event.reason(Reason::Challenge).elapsed(elapsed)
}

fn refused(policy: &Policy, rejection: Rejection, elapsed: Duration) -> Event<'_> {
    let event = Event::new(rejection.kind(), rejection.outcome(), policy.name());
    event.reason(rejection.reason()).elapsed(elapsed)
}

fn revoked_use(policy: &Policy) -> Event<'_> {
    let event = Event::new(EventKind::KeyRevokedUse, Outcome::Refused, policy.name());
    event.reason(Rejection::RevokedKey.reason())
}
