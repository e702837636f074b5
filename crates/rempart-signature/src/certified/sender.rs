use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, HeaderValue};
use rempart_core::PolicyName;

use super::{CertificateUrl, Common, Digest};
use crate::replay::ReplayRules;
use crate::{Head, Rejection, Scheme};

/// Says whose messages a [`CertifiedLayer`](super::CertifiedLayer) lets through: made of an
/// [`Sns`](crate::sns::Sns) or a [`PayPal`](crate::paypal::PayPal). Clones share what is counted.
#[derive(Clone, Debug)]
pub struct CertifiedSender(pub(crate) Arc<dyn Sender>);

impl CertifiedSender {
    /// The policy's name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.common().name
    }

    /// The longest body that is taken, in bytes.
    #[must_use]
    pub fn body_limit(&self) -> u64 {
        self.common().limits.bytes
    }

    /// How many bytes of all bodies together may wait for their verification.
    #[must_use]
    pub fn buffer_budget(&self) -> u64 {
        self.common().budget.limit()
    }

    /// How many bytes wait for their verification now; for an operator's gauge.
    #[must_use]
    pub fn buffered(&self) -> u64 {
        self.common().budget.taken()
    }

    /// How long a message that is being handled is claimed, if replays are looked for.
    #[must_use]
    pub fn replay_lease(&self) -> Option<Duration> {
        self.common().replay.as_ref().map(ReplayRules::lease)
    }

    /// How long a message that was handled is remembered, if replays are looked for.
    #[must_use]
    pub fn replay_ttl(&self) -> Option<Duration> {
        self.common().replay.as_ref().map(ReplayRules::ttl)
    }

    pub(super) fn common(&self) -> &Common {
        self.0.common()
    }

    /// What can be said before the body is read.
    pub(super) fn examine(&self, head: &Head<'_>, now: Duration) -> Result<(), Rejection> {
        self.0.examine(head, now)?;
        self.common().examine(head)
    }

    /// Reads a whole message, and what time it says it is from.
    pub(super) fn show(
        &self,
        head: &Head<'_>,
        body: &[u8],
        now: Duration,
    ) -> Result<Showing, Rejection> {
        let showing = self.0.show(head, body)?;
        self.common().judge(showing.proof.at, now)?;
        Ok(showing)
    }
}

/// What tells the messages of one sender from all others.
pub(crate) trait Sender: fmt::Debug + Send + Sync {
    fn common(&self) -> &Common;

    /// What can be said of a message before its body is read.
    fn examine(&self, head: &Head<'_>, now: Duration) -> Result<(), Rejection>;

    /// Reads a whole message.
    fn show(&self, head: &Head<'_>, body: &[u8]) -> Result<Showing, Rejection>;

    /// The rejection with whose status a request is refused, so that the sender comes again where
    /// it should.
    fn answered_as(&self, rejection: Rejection) -> Rejection {
        rejection
    }
}

/// What a message shows for itself, before it is known whether it is true.
pub(crate) struct Showing {
    pub(crate) proof: Proof,
    /// What a handler finds beside the [`Verified`](crate::Verified) once it is.
    pub(crate) also: Extensions,
}

/// What is to be proved of a message.
pub(crate) struct Proof {
    pub(crate) url: CertificateUrl,
    pub(crate) digest: Digest,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// When it was signed.
    pub(crate) at: Duration,
    /// What it is known by, which is signed.
    pub(crate) id: HeaderValue,
}

impl<'a> Head<'a> {
    /// A header that has to be there, and once.
    pub(crate) fn once(&self, name: &'static str) -> Result<&'a HeaderValue, Rejection> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) if value.len() <= Scheme::MAX_HEADER => Ok(value),
            (Some(_), None) => Err(Rejection::Malformed),
            (Some(_), Some(_)) => Err(Rejection::Duplicated),
            (None, _) => Err(Rejection::Missing),
        }
    }
}
