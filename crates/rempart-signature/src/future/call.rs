use http::Request;
use rempart_core::{Event, EventKind, KeyId, Outcome, PolicyName, Reason, RequestBody};
use tower_service::Service;

use super::State;
use crate::layer::Shared;
use crate::replay::{Claimed, Held, ReplayKey, Reply, Settled};
use crate::{Policy, Rejection};

/// A request whose signature was good, and the service that is ready for it.
pub(super) struct Call<S, B> {
    pub(super) ready: S,
    pub(super) request: Request<RequestBody<B>>,
    pub(super) policy: Policy,
    pub(super) key: KeyId,
    /// What it is claimed by, where replays are looked for.
    pub(super) replay_key: Option<ReplayKey>,
}

impl<S, B> Call<S, B>
where
    S: Service<Request<RequestBody<B>>>,
{
    /// Claims the request if replays are looked for, or else calls the service.
    pub(super) fn start(self) -> State<S, S::Future, B> {
        let Some(rules) = self.policy.replay() else { return self.calling(None) };
        let reply = match self.replay_key {
            Some(key) => rules.store().claim(key, rules.lease()),
            // What cannot be told from what came before does not pass as new.
            None => Reply::now(Claimed::Unavailable),
        };
        State::Claiming { reply, call: Some(self) }
    }

    /// Calls the service with what nobody handled yet, and refuses the rest.
    pub(super) fn claimed(self, shared: &Shared, claimed: Claimed) -> State<S, S::Future, B> {
        let rejection = match claimed {
            Claimed::Fresh(claim) => {
                let held = self.policy.replay().map(|rules| Held::new(rules, claim));
                self.tell(shared, Outcome::Allowed, None);
                return self.calling(held);
            }
            Claimed::Done => Rejection::Replayed,
            Claimed::InFlight => Rejection::InFlight,
            Claimed::Unavailable => Rejection::ReplayUnavailable,
        };
        self.tell(shared, rejection.outcome(), Some(rejection.reason()));
        State::Refused { policy: *self.policy.name(), rejection }
    }

    fn calling(mut self, held: Option<Held>) -> State<S, S::Future, B> {
        let policy = *self.policy.name();
        State::Calling { response: self.ready.call(self.request), policy, held }
    }

    fn tell(&self, shared: &Shared, outcome: Outcome, reason: Option<Reason>) {
        let event = Event::new(EventKind::Replay, outcome, self.policy.name());
        let event = reason.map_or(event, |reason| event.reason(reason));
        shared.observers.emit(&event.request(&self.request).key(Some(self.key)));
    }
}

impl Shared {
    /// Tells of a claim that could not be settled: an equal request may be handled again.
    pub(super) fn settled(&self, policy: &PolicyName, settled: Settled) {
        let reason = match settled {
            Settled::Applied => return,
            Settled::Lost => Reason::LeaseLost,
            Settled::Unavailable => Reason::BackendUnavailable,
        };
        let event = Event::new(EventKind::Replay, Outcome::Error, policy);
        self.observers.emit(&event.reason(reason));
    }
}
