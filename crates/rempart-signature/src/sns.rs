//! Messages of AWS SNS, whose signature stands in the body, and its key in a certificate.

mod builder;
mod message;
mod place;

use std::sync::Arc;
use std::time::Duration;

use http::Extensions;

pub use self::builder::SnsTerms;
use self::message::Envelope;
pub use self::message::{SnsKind, SnsMessage};
use crate::certified::{CertifiedBuilder, CertifiedSender, Common, Proof, Rules, Sender, Showing};
use crate::{Head, Rejection, Verified, Window};

/// Verifies what [Amazon SNS](https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html)
/// posts: notifications of topics that are named, and nobody else's.
///
/// ```
/// use bytes::Bytes;
/// use rempart_core::TokioTimer;
/// use rempart_signature::certified::{CertificateUrl, CertifiedLayer, FetchError};
/// use rempart_signature::sns::{Sns, SnsKind, SnsMessage};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sns = Sns::builder("orders")
///     .topic("arn:aws:sns:us-east-2:123456789012:orders")
///     .fetcher(|url: CertificateUrl| async move {
///         // With your HTTP client, over TLS and following no redirect:
///         Err::<Bytes, FetchError>(format!("{url}: not fetched in the documentation").into())
///     })
///     .timer(TokioTimer)
///     .build()?;
///
/// async fn on_message(message: axum::Extension<SnsMessage>) -> String {
///     match message.kind() {
///         // Once, by hand or by a client that asks: SNS waits for somebody to visit it.
///         SnsKind::SubscriptionConfirmation => format!("visit {:?}", message.subscribe_url()),
///         _ => format!("{} characters", message.message().len()),
///     }
/// }
///
/// let app: axum::Router = axum::Router::new()
///     .route("/sns", axum::routing::post(on_message))
///     .layer(CertifiedLayer::new(sns));
/// # let _ = app; Ok(())
/// # }
/// ```
///
/// # Security
///
/// - The certificate is trusted because of where it was fetched from: see
///   [`CertificateFetcher`](crate::certified::CertificateFetcher).
/// - `MessageAttributes` and `UnsubscribeURL` are not signed: an [`SnsMessage`] does not have them,
///   and a handler that reads them from the body reads what anybody may have written there.
/// - SNS sends a message again until it is answered, with the same [`SnsMessage::id`]: what is to be
///   done once is stored under it, by the handler or by a
///   [`ReplayStore`](CertifiedBuilder::replay). It comes again after a 5xx and no 4xx, as its
///   [documentation](https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html)
///   says: where others are answered 408 or 409, SNS is answered 503.
#[derive(Clone, Debug)]
pub struct Sns(Arc<Rules<SnsTerms>>);

impl Sns {
    /// How far back a message may have been published: as long as SNS tries to deliver it.
    pub const WINDOW: Window = Window::new(Duration::from_secs(3600), Window::DEFAULT.future());

    /// Starts a policy of this name (`[a-z0-9-]{1,32}`).
    pub fn builder(name: &str) -> CertifiedBuilder<SnsTerms> {
        CertifiedBuilder::new(name, Self::WINDOW, SnsTerms::default())
    }

    /// Verifies a message that is in memory: what was signed of it, and how it was verified.
    ///
    /// The certificate is fetched at most once at a time for all who wait for it. How long to wait
    /// is the caller's to say; the layer waits for ten seconds.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] that the layer would answer with.
    pub async fn verify(
        &self,
        body: &[u8],
        now: Duration,
    ) -> Result<(SnsMessage, Verified), Rejection> {
        let common = self.0.common();
        common.measure(u64::try_from(body.len()).unwrap_or(u64::MAX))?;
        let (message, proof) = self.0.read(body)?;
        Ok((message, common.verify(proof, now).await?))
    }

    /// The topics whose messages are taken.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.0.terms.topics.iter().map(String::as_str)
    }
}

impl Rules<SnsTerms> {
    fn read(&self, body: &[u8]) -> Result<(SnsMessage, Proof), Rejection> {
        let envelope = Envelope::read(body).ok_or(Rejection::Malformed)?;
        let shown = envelope.show(self.terms.accepts_sha1);
        let (message, proof) = shown.ok_or(Rejection::Malformed)?;
        if !self.terms.topics.iter().any(|topic| topic == message.topic()) {
            return Err(Rejection::UnknownTopic);
        }
        Ok((message, proof))
    }
}

impl Sender for Rules<SnsTerms> {
    fn common(&self) -> &Common {
        &self.common
    }

    /// The header says what the body is to say: without it, SNS did not send this.
    fn examine(&self, head: &Head<'_>, _: Duration) -> Result<(), Rejection> {
        let kind = head.once(KIND)?;
        let kinds = SnsKind::ALL.iter().any(|known| known.as_str().as_bytes() == kind.as_bytes());
        kinds.then_some(()).ok_or(Rejection::Malformed)
    }

    fn show(&self, head: &Head<'_>, body: &[u8]) -> Result<Showing, Rejection> {
        let (message, proof) = self.read(body)?;
        if head.once(KIND)?.as_bytes() != message.kind().as_str().as_bytes() {
            return Err(Rejection::Malformed);
        }
        let mut also = Extensions::new();
        also.insert(message);
        Ok(Showing { proof, also })
    }

    /// SNS comes again after a 5xx, and takes a 409 or 408 for the end of it.
    fn answered_as(&self, rejection: Rejection) -> Rejection {
        match rejection {
            Rejection::InFlight | Rejection::TooSlow => Rejection::ReplayUnavailable,
            other => other,
        }
    }
}

impl From<Sns> for CertifiedSender {
    fn from(sns: Sns) -> Self {
        Self(sns.0)
    }
}

/// What the header says that the body is to say.
const KIND: &str = "x-amz-sns-message-type";
