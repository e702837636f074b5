use std::sync::Arc;

use rempart_core::{Observers, Renderer, Source};
use tower_layer::Layer;

use super::{EgressGuard, Policy};
use crate::shared::Shared;

/// Applies [`EgressGuard`] to a service.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode};
/// use http_body_util::{BodyExt, Full};
/// use rempart_keys::Secret;
/// use rempart_token::egress::{EgressGuardLayer, Policy};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let policy = Policy::builder("egress").secret("VAPI_API_KEY", &secret).build()?;
/// let service = EgressGuardLayer::new(policy).layer(service_fn(async |_: Request<()>| {
///     let dump = r#"{"vapi_api_key":"made-up-for-the-documentation-only"}"#;
///     Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(dump))))
/// }));
///
/// let response = service.oneshot(Request::new(())).await?;
/// assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
/// let body = response.into_body().collect().await?.to_bytes();
/// assert!(!body.windows(7).any(|window| window == b"made-up"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct EgressGuardLayer {
    shared: Arc<Shared<Policy>>,
}

impl EgressGuardLayer {
    /// Keeps the secrets of this policy inside.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self { shared: Shared::new(policy.into(), ()) }
    }

    /// Tells these observers of every response that is held back, instead of the log.
    pub fn observer(mut self, observers: impl Into<Observers>) -> Self {
        Arc::make_mut(&mut self.shared).observers = observers.into();
        self
    }

    /// Renders refusals otherwise.
    pub fn renderer(mut self, renderer: Renderer) -> Self {
        Arc::make_mut(&mut self.shared).renderer = renderer;
        self
    }
}

impl<S> Layer<S> for EgressGuardLayer {
    type Service = EgressGuard<S>;

    fn layer(&self, inner: S) -> Self::Service {
        EgressGuard { inner, shared: Arc::clone(&self.shared) }
    }
}
