use std::sync::Arc;

use rempart_core::{Faults, Timer};

use super::{PayPal, Rules};
use crate::Window;
use crate::certified::{
    CertificateFetcher, CertifiedConfigError, CertifiedConfigErrors, CommonBuilder,
};

/// Builds a [`PayPal`].
#[derive(Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PayPalBuilder {
    common: CommonBuilder,
    webhook_id: String,
    accepts_checksum: bool,
}

impl PayPalBuilder {
    pub(super) fn new(name: &str) -> Self {
        let common = CommonBuilder::new(name, PayPal::WINDOW);
        Self { common, webhook_id: String::new(), accepts_checksum: false }
    }

    /// Takes what was sent for this webhook, by the id that the dashboard shows. Required: it is
    /// signed, and tells your webhooks from everybody else's.
    pub fn webhook_id(mut self, id: impl Into<String>) -> Self {
        self.webhook_id = id.into();
        self
    }

    /// Fetches certificates. Required.
    pub fn fetcher(mut self, fetcher: impl CertificateFetcher + 'static) -> Self {
        self.common.fetcher = Some(Box::new(fetcher));
        self
    }

    /// Measures how long a body and a certificate may take. Required.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.common.timer(timer);
        self
    }

    /// Takes webhooks that were sent so long ago; [`PayPal::WINDOW`] by default.
    pub const fn window(mut self, window: Window) -> Self {
        self.common.window = window;
        self
    }

    /// Takes bodies of at most so many bytes; 1 MiB by default.
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.common.body_limit = bytes;
        self
    }

    /// Is content with a signature that covers a checksum. Required: there is no other.
    ///
    /// # Security
    ///
    /// See [`PayPal`]: the body may be somebody else's.
    pub const fn dangerously_accept_checksum(mut self) -> Self {
        self.accepts_checksum = true;
        self
    }

    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`CertifiedConfigErrors`] with every fault there is.
    pub fn build(self) -> Result<PayPal, CertifiedConfigErrors> {
        let mut faults = Faults::new();
        let common = self.common.build(&mut faults);
        let is_id = |byte: u8| byte.is_ascii_alphanumeric();
        if self.webhook_id.is_empty() || !self.webhook_id.bytes().all(is_id) {
            faults.push(CertifiedConfigError::WebhookId);
        }
        if !self.accepts_checksum {
            faults.push(CertifiedConfigError::ChecksumOnly);
        }
        faults.finish()?;
        // It is there, or its absence was a fault.
        let common = common.ok_or(CertifiedConfigError::FetcherMissing)?;
        Ok(PayPal(Arc::new(Rules { common, webhook_id: self.webhook_id })))
    }
}
