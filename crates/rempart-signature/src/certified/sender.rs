use std::time::Duration;

use http::Extensions;

use super::{CertificateUrl, Common, Digest};
use crate::{Head, Rejection};

/// Says whose messages a [`CertifiedLayer`](super::CertifiedLayer) lets through.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CertifiedSender {
    /// `PayPal`'s webhooks.
    #[cfg(feature = "paypal")]
    PayPal(crate::paypal::PayPal),
    /// Messages of AWS SNS.
    #[cfg(feature = "sns")]
    Sns(crate::sns::Sns),
}

impl CertifiedSender {
    pub(super) fn common(&self) -> &Common {
        match self {
            #[cfg(feature = "paypal")]
            Self::PayPal(paypal) => paypal.common(),
            #[cfg(feature = "sns")]
            Self::Sns(sns) => sns.common(),
        }
    }

    /// What can be said before the body is read.
    #[cfg_attr(
        not(feature = "paypal"),
        expect(unused_variables, reason = "SNS signs its time in the body")
    )]
    pub(super) fn examine(&self, head: &Head<'_>, now: Duration) -> Result<(), Rejection> {
        match self {
            #[cfg(feature = "paypal")]
            Self::PayPal(paypal) => paypal.examine(head, now)?,
            #[cfg(feature = "sns")]
            Self::Sns(_) => crate::sns::Sns::examine(head)?,
        }
        self.common().examine(head)
    }

    /// Reads a whole message.
    pub(super) fn show(&self, head: &Head<'_>, body: &[u8]) -> Result<Showing, Rejection> {
        match self {
            #[cfg(feature = "paypal")]
            Self::PayPal(paypal) => paypal.show(head, body),
            #[cfg(feature = "sns")]
            Self::Sns(sns) => sns.show_request(head, body),
        }
    }
}

#[cfg(feature = "paypal")]
impl From<crate::paypal::PayPal> for CertifiedSender {
    fn from(paypal: crate::paypal::PayPal) -> Self {
        Self::PayPal(paypal)
    }
}

#[cfg(feature = "sns")]
impl From<crate::sns::Sns> for CertifiedSender {
    fn from(sns: crate::sns::Sns) -> Self {
        Self::Sns(sns)
    }
}

/// What a message shows for itself, before it is known whether it is true.
pub(crate) struct Showing {
    pub(crate) proof: Proof,
    pub(crate) shown: Shown,
}

/// What is to be proved of it.
pub(crate) struct Proof {
    pub(crate) url: CertificateUrl,
    pub(crate) digest: Digest,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// When it was signed.
    pub(crate) at: Duration,
}

/// What a handler finds in the request's extensions once it is verified.
pub(crate) enum Shown {
    #[cfg(feature = "paypal")]
    PayPal(crate::paypal::PayPalVerified),
    #[cfg(feature = "sns")]
    Sns(Box<crate::sns::SnsMessage>),
}

impl Shown {
    pub(super) fn insert(self, extensions: &mut Extensions) {
        match self {
            #[cfg(feature = "paypal")]
            Self::PayPal(verified) => drop(extensions.insert(verified)),
            #[cfg(feature = "sns")]
            Self::Sns(message) => drop(extensions.insert(*message)),
        }
    }
}
