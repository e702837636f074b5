use std::fmt;
use std::sync::Arc;

use rempart_core::{Clock, SharedClock, Source, SystemClock};
use tower_layer::Layer;

use super::{Sign, SignPolicy};

/// Applies [`Sign`] to a client: the counterpart of [`SignatureLayer`](crate::SignatureLayer).
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use rempart_core::{Live, RequestBody, TokioTimer};
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{Scheme, SignLayer, SignPolicy};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let secret = Secret::new("whsec_bWFkZS11cC1mb3ItdGhlLWRvY3VtZW50YXRpb24=")?;
/// let policy = SignPolicy::builder()
///     .scheme(Scheme::standard_webhooks())
///     .keys(KeyRing::single(KeyId::new("2026-q4")?, secret))
///     .timer(TokioTimer)
///     .build()?;
/// // Or the policy itself, if its keys never turn.
/// let live = Live::new(policy);
///
/// // Any client; here one that shows what it would send.
/// let client = service_fn(|request: Request<RequestBody<Full<Bytes>>>| async move {
///     Ok::<_, std::io::Error>(Response::new(request.headers().clone()))
/// });
/// let client = SignLayer::new(live.clone()).layer(client);
/// let request = Request::post("https://api.example.com/hooks").body(Full::from("{}"))?;
/// let sent = client.oneshot(request).await?.into_body();
/// assert!(sent["webhook-signature"].to_str()?.starts_with("v1,"));
/// assert_eq!(sent["webhook-id"].len(), 32);
/// # Ok(())
/// # }
/// ```
///
/// # Security
///
/// It signs whatever passes, whoever it goes to: it belongs around a client of the one receiver
/// that the secret is shared with, where no redirect is followed, for whoever is sent a signed
/// request can replay it. It stands inside of what sends a request again, so that each try has a
/// time of its own.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct SignLayer {
    shared: Arc<Shared>,
}

/// What every clone of a service shares.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) policy: Source<SignPolicy>,
    pub(super) clock: SharedClock,
}

impl SignLayer {
    /// Signs as `policy` says.
    pub fn new(policy: impl Into<Source<SignPolicy>>) -> Self {
        Self { shared: Arc::new(Shared { policy: policy.into(), clock: Arc::new(SystemClock) }) }
    }

    /// Tells the time by this clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        Arc::make_mut(&mut self.shared).clock = Arc::new(clock);
        self
    }
}

impl<S> Layer<S> for SignLayer {
    type Service = Sign<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Sign { inner, shared: Arc::clone(&self.shared) }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("policy", &self.policy).finish_non_exhaustive()
    }
}
