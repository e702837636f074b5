use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, Request};
use rempart_core::{ClientAddr, Event, HttpMethod, Outcome, RouteName};

use super::{Policy, Rejection};
use crate::shared::Shared;

/// What events tell of a request, kept until its response is there.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    client: Option<ClientAddr>,
    method: HttpMethod,
    route: Option<Cow<'static, str>>,
}

impl Asked {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let extensions = request.extensions();
        let named = extensions.get::<RouteName>().map(|route| Cow::Borrowed(route.as_str()));
        let route = named.or_else(|| RouteName::of(extensions).map(|text| text.to_owned().into()));
        let method = HttpMethod::of(request.method());
        Self { client: ClientAddr::of(extensions), method, route }
    }

    pub(super) fn tell(&self, shared: &Shared<Policy>, policy: &Policy, rejection: Rejection<'_>) {
        let event = Event::new(rejection.kind(), Outcome::Refused, policy.name())
            .reason(rejection.reason())
            .client(self.client)
            .method(self.method)
            .route(self.route.as_deref())
            .secret(rejection.secret());
        shared.observers.emit(&event);
    }
}

/// Looks at the trailers of a body that goes out as it comes.
pub(super) struct Watch {
    pub(super) shared: Arc<Shared<Policy>>,
    pub(super) policy: Policy,
    pub(super) asked: Asked,
}

impl Watch {
    /// Whether a secret stands there, which is told.
    pub(super) fn exposed_in(&self, trailers: &HeaderMap) -> bool {
        let Some(secret) = self.policy.find_in_headers(trailers) else { return false };
        self.asked.tell(&self.shared, &self.policy, Rejection::Exposed { secret });
        true
    }
}
