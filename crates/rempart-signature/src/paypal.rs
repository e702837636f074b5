//! Webhooks of `PayPal`, whose signature covers a checksum of the body.

mod builder;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Extensions, HeaderValue};

pub use self::builder::PayPalTerms;
use crate::certified::{
    CertificateUrl, CertifiedBuilder, CertifiedSender, Common, Digest, Proof, Rules, Sender,
    Showing, date,
};
use crate::{Algorithm, Head, Rejection, Verified, Window};

/// Verifies [PayPal's webhooks](https://developer.paypal.com/api/rest/webhooks/rest/) without
/// asking `PayPal` each time.
///
/// ```
/// use bytes::Bytes;
/// use rempart_core::TokioTimer;
/// use rempart_signature::certified::{CertificateUrl, CertifiedLayer, FetchError};
/// use rempart_signature::Verified;
/// use rempart_signature::paypal::PayPal;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let paypal = PayPal::builder("payments")
///     .webhook_id("8PT597110X687430LKGECATA")
///     .fetcher(|url: CertificateUrl| async move {
///         // With your HTTP client, over TLS and following no redirect:
///         Err::<Bytes, FetchError>(format!("{url}: not fetched in the documentation").into())
///     })
///     .timer(TokioTimer)
///     .dangerously_accept_checksum()
///     .build()?;
///
/// async fn on_event(verified: axum::Extension<Verified>) -> String {
///     format!("transmission {:?}", verified.signed_id())
/// }
///
/// let app: axum::Router = axum::Router::new()
///     .route("/paypal", axum::routing::post(on_event))
///     .layer(CertifiedLayer::new(paypal));
/// # let _ = app; Ok(())
/// # }
/// ```
///
/// # Security
///
/// What is signed is the CRC-32 of the body, which is no cryptographic hash. Whoever has seen one
/// webhook can make another body with the same checksum in no time, and send it with the same
/// signature while its time is within the window. Ask `PayPal`'s API for the event by its id
/// before money moves; the signature then only keeps strangers from making you ask. With a
/// [`ReplayStore`](CertifiedBuilder::replay) only the first body of a transmission is handled, so
/// that whoever has seen it arrive comes too late.
///
/// The certificate is trusted because of where it was fetched from: see
/// [`CertificateFetcher`](crate::certified::CertificateFetcher).
#[derive(Clone, Debug)]
pub struct PayPal(Arc<Rules<PayPalTerms>>);

/// The headers of a webhook, each there once.
struct Headers<'a> {
    id: &'a str,
    time: &'a str,
    signature: &'a str,
    url: &'a str,
    algorithm: &'a str,
}

impl PayPal {
    /// How far back a webhook may have been sent.
    pub const WINDOW: Window = Window::new(Duration::from_secs(3600), Window::DEFAULT.future());

    /// Starts a policy of this name (`[a-z0-9-]{1,32}`).
    pub fn builder(name: &str) -> CertifiedBuilder<PayPalTerms> {
        CertifiedBuilder::new(name, Self::WINDOW, PayPalTerms::default())
    }

    /// Verifies a webhook that is in memory.
    ///
    /// How long to wait for the certificate is the caller's to say; the layer waits for ten seconds.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] that the layer would answer with.
    pub async fn verify(
        &self,
        head: &Head<'_>,
        body: &[u8],
        now: Duration,
    ) -> Result<Verified, Rejection> {
        let common = self.0.common();
        self.0.examine(head, now)?;
        common.examine(&head.length(u64::try_from(body.len()).unwrap_or(u64::MAX)))?;
        common.verify(self.0.show(head, body)?.proof, now).await
    }
}

impl Sender for Rules<PayPalTerms> {
    fn common(&self) -> &Common {
        &self.common
    }

    fn examine(&self, head: &Head<'_>, now: Duration) -> Result<(), Rejection> {
        let at = Headers::of(head)?.read().ok_or(Rejection::Malformed)?.at;
        self.common.judge(at, now)
    }

    fn show(&self, head: &Head<'_>, body: &[u8]) -> Result<Showing, Rejection> {
        let headers = Headers::of(head)?;
        let Read { url, signature, at, id } = headers.read().ok_or(Rejection::Malformed)?;
        let Headers { id: transmission, time, .. } = headers;
        let (webhook, checksum) = (&self.terms.webhook_id, crc32fast::hash(body));
        let message = format!("{transmission}|{time}|{webhook}|{checksum}").into_bytes();
        let proof = Proof { url, digest: Digest::Sha256, message, signature, at, id };
        Ok(Showing { proof, also: Extensions::new() })
    }
}

impl From<PayPal> for CertifiedSender {
    fn from(paypal: PayPal) -> Self {
        Self(paypal.0)
    }
}

/// What the headers say.
struct Read {
    url: CertificateUrl,
    signature: Vec<u8>,
    at: Duration,
    id: HeaderValue,
}

impl<'a> Headers<'a> {
    fn of(head: &Head<'a>) -> Result<Self, Rejection> {
        let once = |name: &'static str| head.once(name)?.to_str().map_err(|_| Rejection::Malformed);
        Ok(Self {
            id: once("paypal-transmission-id")?,
            time: once("paypal-transmission-time")?,
            signature: once("paypal-transmission-sig")?,
            url: once("paypal-cert-url")?,
            algorithm: once("paypal-auth-algo")?,
        })
    }

    fn read(&self) -> Option<Read> {
        // The bar that ends an id in what is signed is none of its characters.
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let id_fits = (1..=64).contains(&self.id.len()) && self.id.bytes().all(is_id);
        if !id_fits || self.algorithm != "SHA256withRSA" {
            return None;
        }
        let signature = STANDARD.decode(self.signature).ok()?;
        if !Algorithm::RsaPkcs1Sha256.takes(signature.len()) {
            return None;
        }
        let url = CertificateUrl::read(self.url, is_host, |path| path.starts_with(CERTIFICATES))?;
        let id = HeaderValue::from_str(self.id).ok()?;
        Some(Read { url, signature, at: date::read(self.time)?, id })
    }
}

const CERTIFICATES: &str = "/v1/notifications/certs/";

fn is_host(host: &str) -> bool {
    matches!(
        host,
        "api.paypal.com"
            | "api-m.paypal.com"
            | "api.sandbox.paypal.com"
            | "api-m.sandbox.paypal.com"
    )
}
