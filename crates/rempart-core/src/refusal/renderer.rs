use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;

use crate::{Flavour, Refusal};

pub(super) type Render = dyn Fn(&Refusal, Flavour) -> Response<Bytes> + Send + Sync;

/// Turns refusals into responses: problem details ([RFC 9457]) or gRPC statuses by default, or
/// whatever a closure makes of them.
///
/// A closure answers for its response: above all, that it tells the client no more of the cause
/// than the default does. The refusal's own headers (`Retry-After`, `WWW-Authenticate`) are added
/// where the closure left them out, and a `HEAD` gets no body.
///
/// ```
/// use bytes::Bytes;
/// use http::Response;
/// use rempart_core::Renderer;
///
/// let plain = Renderer::from_fn(|refusal, _flavour| {
///     let mut response = Response::new(Bytes::from_static(b"no\n"));
///     *response.status_mut() = refusal.status();
///     response
/// });
/// # let _ = plain;
/// ```
///
/// [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457
#[derive(Clone, Default)]
pub struct Renderer(Option<Arc<Render>>);

impl Renderer {
    /// Renders by a closure.
    pub fn from_fn(
        render: impl Fn(&Refusal, Flavour) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(render)))
    }

    pub(super) fn custom(&self) -> Option<&Render> {
        self.0.as_deref()
    }
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Renderer(custom)" } else { "Renderer(problem details)" })
    }
}
