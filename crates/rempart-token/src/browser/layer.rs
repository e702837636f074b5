use std::sync::Arc;

use rempart_core::{Observers, Renderer, Source};
use tower_layer::Layer;

use super::{BrowserGuard, Policy};
use crate::shared::Shared;

/// Applies [`BrowserGuard`] to a service; stands outside whatever takes the credential.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode};
/// use http_body_util::Full;
/// use rempart_token::browser::{BrowserGuardLayer, Policy};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let layer = BrowserGuardLayer::new(Policy::builder("browser").build()?);
/// let service = layer.layer(service_fn(async |_: Request<()>| {
///     Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
/// }));
///
/// let request = Request::get("/").header("apikey", "sb_secret_made-up");
/// let response = service.clone().oneshot(request.body(())?).await?;
/// assert_eq!(response.status(), StatusCode::OK, "from a server");
///
/// let request = Request::get("/").header("apikey", "sb_secret_made-up");
/// let request = request.header("origin", "https://app.example.test");
/// let response = service.oneshot(request.body(())?).await?;
/// assert_eq!(response.status(), StatusCode::FORBIDDEN, "from a page");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct BrowserGuardLayer {
    shared: Arc<Shared<Policy>>,
}

impl BrowserGuardLayer {
    /// Refuses what this policy says.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self { shared: Shared::new(policy.into(), ()) }
    }

    /// Tells these observers of every refusal, instead of the log.
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

impl<S> Layer<S> for BrowserGuardLayer {
    type Service = BrowserGuard<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BrowserGuard { inner, shared: Arc::clone(&self.shared) }
    }
}
