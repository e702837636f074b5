use std::pin::Pin;
use std::task::{Context, Poll};

use http::Request;
use http_body::Body;
use rempart_core::RequestBody;
use tower_service::Service;

use super::{Arrival, State};
use crate::body::Reader;
use crate::layer::Shared;
use crate::stopwatch::Stopwatch;
use crate::tenant::Waiting;
use crate::{Decision, Head, Policy, Rejection, decide};

/// A request whose body waits until the keys of its tenant are there.
pub(crate) struct Unread<S, B> {
    ready: S,
    request: Request<B>,
    /// The one that it began with, without keys.
    policy: Policy,
    work: Stopwatch,
}

impl<S, B> Unread<S, B> {
    pub(crate) const fn new(
        ready: S,
        request: Request<B>,
        policy: Policy,
        work: Stopwatch,
    ) -> Self {
        Self { ready, request, policy, work }
    }

    /// Waits for the keys, and measures nothing of the wait.
    pub(super) fn poll_keys(
        &mut self,
        shared: &Shared,
        waiting: &mut Waiting,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Policy, Rejection>> {
        self.work.pause(&shared.clock);
        Pin::new(waiting).poll(cx)
    }

    /// Decides by the head, with the tenant's own keys.
    pub(super) fn start(
        self,
        shared: &Shared,
        keys: Result<Policy, Rejection>,
    ) -> State<S, S::Future, B>
    where
        S: Service<Request<RequestBody<B>>>,
        B: Body,
    {
        let Self { ready, request, policy, mut work } = self;
        work.resume(&shared.clock);
        let decided = match keys {
            Ok(keyed) => decide(&keyed, &Head::of(&request), shared.clock.unix()),
            Err(rejection) => Decision::Refuse(rejection),
        };
        match decided {
            Decision::Read(verification) => {
                let (parts, body) = request.into_parts();
                let arrival = Some(Arrival { ready, parts, verification, work });
                State::Reading { reader: Reader::new(body), arrival }
            }
            Decision::Refuse(rejection) => {
                let rejection = shared.refused_at_once(&policy, rejection, &request, work);
                State::Refused { policy: *policy.name(), rejection }
            }
        }
    }
}
