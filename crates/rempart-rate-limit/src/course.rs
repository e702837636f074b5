//! Where a request goes when it is decided, and what is told of that.

use http::{Extensions, Method};
use rempart_core::{
    ClientAddr, Event, EventKind, HttpMethod, Observers, Outcome, Reason, RouteName, SharedClock,
};

use crate::charges::Charges;
use crate::decision::{Joint, Standings, Told};
use crate::{Decision, Passed, Policy, Rejection, Standing};

/// Where a request goes.
pub(crate) enum Course {
    /// On, and its response tells where the client stands with the only limit, if it shall.
    Serve(Option<(Policy, Standing)>),
    /// On, and its response settles what depends on it.
    Settle(Box<Settlement>),
    Refuse(Policy, Rejection, Option<Box<Standings>>),
}

/// What several limits need of the response, or one that charges by it.
pub(crate) struct Settlement {
    pub(crate) policy: Policy,
    pub(crate) standings: Standings,
    pub(crate) shadowed: Option<Reason>,
    pub(crate) clock: SharedClock,
    pub(crate) charges: Charges,
}

impl Course {
    /// Of a request that one limit has decided on.
    #[inline]
    pub(crate) fn alone(policy: &Policy, decision: Decision) -> Self {
        match decision {
            Decision::Allowed(standing) => {
                let told = policy.tells(&[Some(Told { standing, tier: 0, partition: None })]);
                Self::Serve(told.then(|| (policy.clone(), standing)))
            }
            Decision::Refused(rejection) => Self::Refuse(policy.clone(), rejection, None),
        }
    }

    /// Of a request that all limits have decided on.
    pub(crate) fn jointly(policy: &Policy, joint: Joint, clock: &SharedClock) -> Self {
        let Joint { decision, standings, charges, shadowed, .. } = joint;
        match decision {
            Decision::Allowed(_) => {
                let tells = policy.tells(&standings) || policy.tells_handlers();
                if charges.is_empty() && !tells {
                    return Self::Serve(None);
                }
                let (policy, clock) = (policy.clone(), SharedClock::clone(clock));
                Self::Settle(Box::new(Settlement { policy, standings, shadowed, clock, charges }))
            }
            Decision::Refused(rejection) => {
                let standings = rejection.is_excess().then(|| Box::new(standings));
                Self::Refuse(policy.clone(), rejection, standings)
            }
        }
    }
}

impl Settlement {
    /// Tells the handler, in the extensions of its request, or who logs, in those of its response.
    #[inline]
    pub(crate) fn tell(&self, extensions: &mut Extensions) {
        if self.policy.tells_handlers() {
            Passed::tell(extensions, &self.policy, &self.standings, self.shadowed);
        }
    }
}

/// Tells the observers of a decision.
#[inline]
pub(crate) fn tell(
    observers: &Observers,
    policy: &Policy,
    (outcome, reason): (Outcome, Option<Reason>),
    client: Option<ClientAddr>,
    method: &Method,
    extensions: &Extensions,
) {
    if observers.listen(EventKind::RateLimit, outcome) {
        let name = policy.name();
        let mut event = Event::new(EventKind::RateLimit, outcome, &name)
            .client(client)
            .method(HttpMethod::of(method))
            .route(RouteName::of(extensions));
        event.reason = reason;
        observers.emit(&event);
    }
}

impl Decision {
    /// What the observers are told of it.
    #[inline]
    pub(crate) fn told(&self) -> (Outcome, Option<Reason>) {
        match self {
            Self::Allowed(_) => (Outcome::Allowed, None),
            Self::Refused(rejection) => (rejection.outcome(), Some(rejection.reason())),
        }
    }
}

impl Joint {
    /// What the observers are told of it.
    pub(crate) fn told(&self) -> (Outcome, Option<Reason>) {
        match self.decision {
            Decision::Allowed(_) if self.shadowed.is_some() => (Outcome::Shadowed, self.shadowed),
            _ => self.decision.told(),
        }
    }
}
