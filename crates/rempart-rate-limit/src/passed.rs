//! What handlers and loggers are told of a request that was let through.

use std::fmt;
use std::sync::Arc;

use http::Extensions;
use rempart_core::{PolicyName, Reason};

use crate::decision::Standings;
use crate::{Policy, Standing};

/// Where the client stands with each limit that let its request through: an extension of the
/// request, for handlers, and of its response, for what logs outside. A policy puts it there if
/// [`PolicyBuilder::tell_handlers`](crate::PolicyBuilder::tell_handlers) says so.
///
/// ```
/// use http::{Request, Response};
/// use rempart_core::ClientAddr;
/// use rempart_rate_limit::{Passed, Policy, RateLimitLayer};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = Policy::builder("api").quota("100 per minute").tell_handlers().build()?;
/// let handler = service_fn(async |request: Request<()>| {
///     let left = request.extensions().get::<Passed>().and_then(Passed::nearest);
///     let is_scarce = left.is_some_and(|left| left.remaining() < 10);
///     let body = if is_scarce { "in short" } else { "in full" };
///     Ok::<_, std::convert::Infallible>(Response::new(body))
/// });
/// let mut request = Request::new(());
/// request.extensions_mut().insert(ClientAddr::new("203.0.113.9".parse()?));
/// let response = RateLimitLayer::new(policy).layer(handler).oneshot(request).await?;
/// let passed = response.extensions().get::<Passed>().expect("it was let through");
/// let limits: Vec<_> = passed.limits().collect();
/// assert_eq!((limits[0].0.as_str(), limits[0].1.remaining()), ("api", 99));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Passed(Arc<Parts>);

struct Parts {
    policy: Policy,
    standings: Standings,
    shadowed: Option<Reason>,
    other: Option<Passed>,
}

impl Passed {
    /// Puts it beside what layers outside, or inside of a response, have put there.
    pub(crate) fn tell(
        extensions: &mut Extensions,
        policy: &Policy,
        standings: &Standings,
        shadowed: Option<Reason>,
    ) {
        let other = extensions.remove::<Self>();
        let policy = policy.clone();
        extensions.insert(Self(Arc::new(Parts { policy, standings: *standings, shadowed, other })));
    }

    /// The policy that let it through.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// The limits that clients are told of, and where this one stands with each, by what was charged
    /// before the request was served. None of them, if nothing was asked: for whoever is on the list
    /// of those that pass uncounted, and where a store of shared limits cannot be asked and lets
    /// everybody through.
    pub fn limits(&self) -> impl Iterator<Item = (PolicyName, Standing)> {
        let told = self.0.policy.checked().iter().filter(|limit| !limit.on_trial);
        let told = told.zip(&self.0.standings);
        told.filter_map(|(limit, told)| told.map(|told| (limit.name, told.standing)))
    }

    /// Where it stands with the limit that it is nearest to, of all layers.
    #[must_use]
    pub fn nearest(&self) -> Option<Standing> {
        let all = self.layers().flat_map(|passed| passed.limits().collect::<Vec<_>>());
        all.map(|(_, standing)| standing).reduce(Standing::nearer)
    }

    /// Why a limit on trial would have refused it, the first of them.
    #[must_use]
    pub fn shadowed(&self) -> Option<Reason> {
        self.0.shadowed
    }

    /// This, and what other layers have said of the same request: for a handler the next one outside
    /// first, for a logger the next one inside.
    pub fn layers(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |passed| passed.0.other.as_ref())
    }
}

impl fmt::Debug for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits: Vec<_> = self.limits().collect();
        f.debug_struct("Passed")
            .field("policy", &self.0.policy.name())
            .field("limits", &limits)
            .field("shadowed", &self.0.shadowed)
            .finish_non_exhaustive()
    }
}
