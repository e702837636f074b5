use std::sync::Arc;

use super::{Sns, place};
use crate::certified::CertifiedBuilder;
use crate::{ConfigError, ConfigErrors};

/// What SNS alone is asked: whose topics, and by which signatures.
#[derive(Debug, Default)]
pub struct SnsTerms {
    pub(super) topics: Vec<String>,
    pub(super) accepts_sha1: bool,
}

impl CertifiedBuilder<SnsTerms> {
    /// Takes messages of this topic, by its ARN; may be said again. Required: anybody with an
    /// account has topics, and SNS signs for all of them.
    pub fn topic(mut self, arn: impl Into<String>) -> Self {
        self.terms.topics.push(arn.into());
        self
    }

    /// Takes signatures of version 1 too, which are made over SHA-1.
    ///
    /// # Security
    ///
    /// Who can choose part of what SNS signs may be able to make two messages with one signature.
    /// Set the topic's `SignatureVersion` to 2 instead.
    pub const fn dangerously_accept_sha1(mut self) -> Self {
        self.terms.accepts_sha1 = true;
        self
    }

    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn build(self) -> Result<Sns, ConfigErrors> {
        let rules = self.rules("sns", |terms, faults| {
            if terms.topics.is_empty() {
                faults.push(ConfigError::TopicMissing);
            }
            for topic in terms.topics.iter().filter(|topic| !place::is_topic(topic)) {
                faults.push(ConfigError::Topic { topic: topic.clone() });
            }
        })?;
        Ok(Sns(Arc::new(rules)))
    }
}
