use std::sync::Arc;

use rempart_core::{Faults, Timer};

use super::{Rules, Sns, place};
use crate::Window;
use crate::certified::{
    CertificateFetcher, CertifiedConfigError, CertifiedConfigErrors, CommonBuilder,
};

/// Builds an [`Sns`].
#[derive(Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct SnsBuilder {
    common: CommonBuilder,
    topics: Vec<String>,
    accepts_sha1: bool,
}

impl SnsBuilder {
    pub(super) fn new(name: &str) -> Self {
        let common = CommonBuilder::new(name, Sns::WINDOW);
        Self { common, topics: Vec::new(), accepts_sha1: false }
    }

    /// Takes messages of this topic, by its ARN; may be said again. Required: anybody with an
    /// account has topics, and SNS signs for all of them.
    pub fn topic(mut self, arn: impl Into<String>) -> Self {
        self.topics.push(arn.into());
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

    /// Takes messages that were published so long ago; [`Sns::WINDOW`] by default.
    pub const fn window(mut self, window: Window) -> Self {
        self.common.window = window;
        self
    }

    /// Takes bodies of at most so many bytes; 1 MiB by default.
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.common.body_limit = bytes;
        self
    }

    /// Takes signatures of version 1 too, which are made over SHA-1.
    ///
    /// # Security
    ///
    /// Who can choose part of what SNS signs may be able to make two messages with one signature.
    /// Set the topic's `SignatureVersion` to 2 instead.
    pub const fn dangerously_accept_sha1(mut self) -> Self {
        self.accepts_sha1 = true;
        self
    }

    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`CertifiedConfigErrors`] with every fault there is.
    pub fn build(self) -> Result<Sns, CertifiedConfigErrors> {
        let mut faults = Faults::new();
        let common = self.common.build(&mut faults);
        if self.topics.is_empty() {
            faults.push(CertifiedConfigError::TopicMissing);
        }
        for topic in self.topics.iter().filter(|topic| !place::is_topic(topic)) {
            faults.push(CertifiedConfigError::Topic { topic: topic.clone() });
        }
        faults.finish()?;
        // It is there, or its absence was a fault.
        let common = common.ok_or(CertifiedConfigError::FetcherMissing)?;
        let rules = Rules { common, topics: self.topics, accepts_sha1: self.accepts_sha1 };
        Ok(Sns(Arc::new(rules)))
    }
}
