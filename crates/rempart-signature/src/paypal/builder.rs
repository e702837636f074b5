use std::sync::Arc;

use super::PayPal;
use crate::certified::CertifiedBuilder;
use crate::{ConfigError, ConfigErrors};

/// What `PayPal` alone is asked: for which webhook, and whether a checksum is enough.
#[derive(Debug, Default)]
pub struct PayPalTerms {
    pub(super) webhook_id: String,
    accepts_checksum: bool,
}

impl CertifiedBuilder<PayPalTerms> {
    /// Takes what was sent for this webhook, by the id that the dashboard shows. Required: it is
    /// signed, and tells your webhooks from everybody else's.
    pub fn webhook_id(mut self, id: impl Into<String>) -> Self {
        self.terms.webhook_id = id.into();
        self
    }

    /// Is content with a signature that covers a checksum. Required: there is no other.
    ///
    /// # Security
    ///
    /// See [`PayPal`]: the body may be somebody else's.
    pub const fn dangerously_accept_checksum(mut self) -> Self {
        self.terms.accepts_checksum = true;
        self
    }

    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn build(self) -> Result<PayPal, ConfigErrors> {
        let rules = self.rules("paypal", |terms, faults| {
            let is_id = |byte: u8| byte.is_ascii_alphanumeric();
            if terms.webhook_id.is_empty() || !terms.webhook_id.bytes().all(is_id) {
                faults.push(ConfigError::WebhookId);
            }
            if !terms.accepts_checksum {
                faults.push(ConfigError::ChecksumOnly);
            }
        })?;
        Ok(PayPal(Arc::new(rules)))
    }
}
