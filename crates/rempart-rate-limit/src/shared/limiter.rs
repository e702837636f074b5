use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, HeaderMap};
use rempart_core::{ClientAddr, Current, SharedClock, Source};

use super::SharedPolicy;
use super::question::Question;
use crate::by::Asker;
use crate::decision::Joint;
use crate::gate::Gate;
use crate::store::Seed;
use crate::{Decision, Rejection};

/// Decides by one shared policy; clones are one instance's.
///
/// A [`SharedRateLimitLayer`](super::SharedRateLimitLayer) has one. Make it first where several
/// layers, or something that is no layer, shall have the same bans.
///
/// ```
/// use rempart_core::ClientAddr;
/// use rempart_rate_limit::shared::{SharedLimiter, SharedPolicy, SharedStore, connect};
/// use rempart_rate_limit::{Decision, Policy};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Nothing listens here: this instance decides by its half of the quota.
/// let store = SharedStore::builder(connect("redis://127.0.0.1:1")?)
///     .secret("made up for the documentation, and no secret")
///     .instances(2)
///     .build()?;
/// let policy = Policy::new("messages", "10 per minute")?;
/// let limiter = SharedLimiter::new(SharedPolicy::new(policy, &store)?);
///
/// // Outside of Tower: a message on a connection that is open already.
/// let client = ClientAddr::new("203.0.113.9".parse()?);
/// assert!(matches!(limiter.check(client).await, Decision::Allowed(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedLimiter(Arc<Parts>);

struct Parts {
    policy: Source<SharedPolicy>,
    gate: Gate,
}

/// What is known of a request before the store has answered.
pub(super) enum Begun {
    /// It passes uncounted.
    Passed,
    /// The lists or the bans refuse it, or nobody knows whom to count.
    Refused(Rejection),
    Asked(Box<Question>),
}

impl SharedLimiter {
    /// Decides by this policy, or by a [`Live`](rempart_core::Live) one. The debts of a limit survive
    /// every change but one of its name, of how it counts or of whom it counts together.
    pub fn new(policy: impl Into<Source<SharedPolicy>>) -> Self {
        let policy = policy.into();
        let gate = Gate::new(Seed::random());
        gate.make_room(policy.get().policy());
        Self(Arc::new(Parts { policy, gate }))
    }

    /// Decides on a request of this client, of which nothing else is known.
    ///
    /// It is to be polled within a Tokio runtime, and is done after the store's deadline at the
    /// latest.
    pub fn check(&self, client: ClientAddr) -> impl Future<Output = Decision> + Send + use<> {
        let (headers, extensions) = (&HeaderMap::new(), &Extensions::new());
        let policy = self.policy().clone();
        let begun = self.begin(&policy, &Asker { client: Some(client), headers, extensions });
        let limiter = self.clone();
        async move {
            let joint = match begun {
                Begun::Passed => Joint::unlimited(),
                Begun::Refused(rejection) => Joint::refused(rejection),
                Begun::Asked(question) => question.await,
            };
            limiter.count(&policy, Some(client), &joint);
            joint.decision
        }
    }

    /// Bans a client by hand on this instance, if the policy bans at all; says whether there was
    /// room for it. A ban that is there is not shortened.
    #[must_use = "where there is no room, nobody is banned"]
    pub fn ban(&self, client: ClientAddr, length: Duration) -> bool {
        self.bans().is_some_and(|(gate, clock)| gate.ban(client, length, &*clock))
    }

    /// Ends the ban of a client on this instance; says whether there was one. The next one is as
    /// long as it would have been.
    #[must_use = "there may have been none"]
    pub fn unban(&self, client: ClientAddr) -> bool {
        self.bans().is_some_and(|(gate, clock)| gate.unban(client, &*clock))
    }

    /// For how long this instance still bans a client.
    #[must_use]
    pub fn banned(&self, client: ClientAddr) -> Option<Duration> {
        let (gate, clock) = self.bans()?;
        gate.banned(client, &*clock)
    }

    /// If anybody is banned at all.
    fn bans(&self) -> Option<(&Gate, SharedClock)> {
        let policy = self.policy();
        policy.policy().ban_rule()?;
        Some((&self.0.gate, SharedClock::clone(policy.store().clock())))
    }

    /// The policy of this moment.
    #[must_use]
    pub fn policy(&self) -> Current<'_, SharedPolicy> {
        self.0.policy.get()
    }

    /// What the lists and the bans say, if they say anything.
    pub(super) fn before(
        &self,
        policy: &SharedPolicy,
        client: Option<ClientAddr>,
    ) -> Option<Result<(), Rejection>> {
        self.0.gate.ask(policy.policy(), client, &**policy.store().clock())
    }

    /// Decides as far as that can be done at once, and asks the store otherwise.
    pub(super) fn begin(&self, policy: &SharedPolicy, asker: &Asker<'_>) -> Begun {
        match self.before(policy, asker.client) {
            Some(Ok(())) => return Begun::Passed,
            Some(Err(rejection)) => return Begun::Refused(rejection),
            None => {}
        }
        match Question::ask(policy.clone(), asker) {
            Ok(question) => Begun::Asked(Box::new(question)),
            Err(rejection) => Begun::Refused(rejection),
        }
    }

    /// Counts a refusal, if the policy bans for such; a fault of the store is none.
    pub(super) fn count(&self, policy: &SharedPolicy, client: Option<ClientAddr>, joint: &Joint) {
        if joint.is_own {
            self.0.gate.refused(policy.policy(), client, &**policy.store().clock());
        }
    }
}

impl fmt::Debug for SharedLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedLimiter").field("policy", &*self.policy()).finish_non_exhaustive()
    }
}
