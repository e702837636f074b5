use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use rempart_core::{Clock, SharedClock, Source, SystemClock};
use tower_layer::Layer;

use crate::{AccessLog, Policy, Redactor};

/// Applies [`AccessLog`] to a service.
///
/// ```
/// use rempart_redact::{AccessLogLayer, Policy};
///
/// # fn main() -> Result<(), rempart_redact::ConfigErrors> {
/// let layer = AccessLogLayer::new(Policy::builder("access").build()?);
/// # let _ = layer;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied"]
pub struct AccessLogLayer {
    settings: Arc<Settings>,
}

/// What a layer and its services share.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) redactor: Redactor,
    pub(crate) clock: SharedClock,
    pub(crate) request_id: HeaderName,
}

impl AccessLogLayer {
    /// Logs each request, its parameters' names searched by `policy`.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        let redactor = Redactor::new(policy);
        let request_id = HeaderName::from_static("x-request-id");
        let clock = Arc::new(SystemClock);
        Self { settings: Arc::new(Settings { redactor, clock, request_id }) }
    }

    /// Measures time by this clock.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.with(|settings| settings.clock = Arc::new(clock))
    }

    /// Reads the request's identifier from this header: `x-request-id` unless told otherwise.
    ///
    /// Only what is made as identifiers are is logged: a UUID, 32 hexadecimal digits or a ULID.
    pub fn request_id(self, header: HeaderName) -> Self {
        self.with(|settings| settings.request_id = header)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S> Layer<S> for AccessLogLayer {
    type Service = AccessLog<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AccessLog { inner, settings: Arc::clone(&self.settings) }
    }
}

// By hand: a clock has no `Debug`.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("redactor", &self.redactor)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AccessLogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLogLayer").field("settings", &self.settings).finish()
    }
}
