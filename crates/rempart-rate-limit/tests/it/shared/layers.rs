//! Services behind layers whose limits are shared.

use std::convert::Infallible;
use std::future::{Ready, ready as now};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use rempart_core::{Event, Observer, Outcome, Reason};
use rempart_rate_limit::shared::{
    Builder, SharedPolicy, SharedRateLimit, SharedRateLimitLayer, SharedStore, connect,
};
use rempart_rate_limit::{Policy, PolicyBuilder};
use tower::Service;

use super::rig::SECRET;
use crate::rig::{from, send};

pub(super) const CLIENT: &str = "203.0.113.9";

pub(super) type Handled = Result<Response<Full<Bytes>>, Infallible>;
pub(super) type Told = (Outcome, Option<Reason>);

#[derive(Clone, Default)]
pub(super) struct Log(pub(super) Arc<Mutex<Vec<Told>>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push((event.outcome, event.reason));
    }
}

pub(super) fn nobody_listens() -> Builder {
    SharedStore::builder(connect("redis://127.0.0.1:1").unwrap()).secret(SECRET).instances(1)
}

pub(super) fn shared(policy: PolicyBuilder, store: &SharedStore) -> SharedPolicy {
    SharedPolicy::new(policy.build().unwrap(), store).unwrap()
}

pub(super) fn layer(policy: PolicyBuilder, store: &SharedStore) -> SharedRateLimitLayer {
    SharedRateLimitLayer::new(shared(policy, store))
}

pub(super) fn api() -> PolicyBuilder {
    Policy::builder("api")
}

/// Answers with the status that the path says.
#[expect(clippy::needless_pass_by_value, reason = "a service takes its request")]
pub(super) fn by_path(request: Request<()>) -> Ready<Handled> {
    let status: u16 = request.uri().path()[1..].parse().unwrap_or(200);
    now(Ok(Response::builder().status(status).body(Full::default()).unwrap()))
}

pub(super) fn to(path: &str) -> Request<()> {
    let mut request = from(CLIENT);
    *request.uri_mut() = path.parse().unwrap();
    request
}

pub(super) async fn status<S>(service: &SharedRateLimit<S>, request: Request<()>) -> u16
where
    S: Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible> + Clone,
{
    send(service.clone(), request).await.0.as_u16()
}
