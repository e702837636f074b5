//! What a layer tells its observers: a closed vocabulary, copied, never allocated.

mod kind;
mod method;
mod outcome;
mod reason;
mod vocabulary;

use std::time::Duration;

use http::{Extensions, Method, Request, request};

pub use self::kind::EventKind;
pub use self::method::HttpMethod;
pub use self::outcome::Outcome;
pub use self::reason::Reason;
use crate::{ClientAddr, KeyId, PolicyName, RouteName};

/// One decision of a layer, as its observers see it.
///
/// It is emitted when the decision is taken, before the request moves on, and borrows what it
/// names. It holds nothing that a client could have made up, but for the address.
///
/// ```
/// use rempart_core::{Event, EventKind, Outcome, PolicyName, Reason};
///
/// let policy = PolicyName::new("vapi")?;
/// let event = Event::new(EventKind::Signature, Outcome::Refused, &policy).reason(Reason::Mismatch);
/// assert_eq!(event.name(), "signature.rejected");
/// # Ok::<(), rempart_core::NameError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// What was decided upon.
    pub kind: EventKind,
    /// How it was decided.
    pub outcome: Outcome,
    /// Why, exactly; `None` when there is nothing to explain.
    pub reason: Option<Reason>,
    /// The policy that decided.
    pub policy: &'a PolicyName,
    /// Who asked, if the address is known.
    pub client: Option<ClientAddr>,
    /// The method of the request.
    pub method: Option<HttpMethod>,
    /// The route of the request as it was declared, if a router has said it.
    pub route: Option<&'a str>,
    /// The key that was used, if one was.
    pub key: Option<KeyId>,
    /// The secret that it is about, by the name of its variable: never the value.
    pub secret: Option<&'a str>,
    /// How long the decision took; measured by the signature and token layers alone, since two
    /// readings of a clock cost more than the other decisions.
    pub elapsed: Option<Duration>,
}

impl<'a> Event<'a> {
    /// Starts from what every event has.
    #[must_use]
    pub const fn new(kind: EventKind, outcome: Outcome, policy: &'a PolicyName) -> Self {
        Self {
            kind,
            outcome,
            reason: None,
            policy,
            client: None,
            method: None,
            route: None,
            key: None,
            secret: None,
            elapsed: None,
        }
    }

    /// Adds the method, the client and the route of a request.
    #[must_use]
    pub fn request<B>(self, request: &'a Request<B>) -> Self {
        self.asked(request.method(), request.extensions())
    }

    /// Adds the method, the client and the route of a request's head.
    #[must_use]
    pub fn parts(self, parts: &'a request::Parts) -> Self {
        self.asked(&parts.method, &parts.extensions)
    }

    /// Adds the reason.
    #[must_use]
    pub const fn reason(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Adds the client.
    #[must_use]
    pub const fn client(mut self, client: Option<ClientAddr>) -> Self {
        self.client = client;
        self
    }

    /// Adds the method.
    #[must_use]
    pub const fn method(mut self, method: HttpMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// Adds the route.
    #[must_use]
    pub const fn route(mut self, route: Option<&'a str>) -> Self {
        self.route = route;
        self
    }

    /// Adds the key.
    #[must_use]
    pub const fn key(mut self, key: Option<KeyId>) -> Self {
        self.key = key;
        self
    }

    /// Adds the name of a secret, as the configuration gives it.
    #[must_use]
    pub const fn secret(mut self, name: Option<&'a str>) -> Self {
        self.secret = name;
        self
    }

    /// Adds the time that the decision took.
    #[must_use]
    pub const fn elapsed(mut self, elapsed: Duration) -> Self {
        self.elapsed = Some(elapsed);
        self
    }

    /// The name of the event in logs, dotted: `signature.rejected`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.kind.event_name(self.outcome)
    }

    fn asked(mut self, method: &Method, extensions: &'a Extensions) -> Self {
        self.method = Some(HttpMethod::of(method));
        self.client = ClientAddr::of(extensions);
        self.route = RouteName::of(extensions);
        self
    }
}
