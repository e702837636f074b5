//! Webhooks of `PayPal`, whose signature covers a checksum of the body.

mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use self::builder::PayPalBuilder;
use crate::certified::{CertificateUrl, Common, Digest, Proof, Showing, Shown, date};
use crate::{Algorithm, Head, Rejection, Scheme, Window};

/// Verifies [PayPal's webhooks](https://developer.paypal.com/api/rest/webhooks/rest/) without
/// asking `PayPal` each time.
///
/// ```
/// use bytes::Bytes;
/// use rempart_core::TokioTimer;
/// use rempart_signature::certified::{CertificateUrl, CertifiedLayer, FetchError};
/// use rempart_signature::paypal::{PayPal, PayPalVerified};
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
/// async fn on_event(verified: axum::Extension<PayPalVerified>) -> String {
///     format!("transmission {}", verified.transmission_id())
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
/// before money moves; the signature then only keeps strangers from making you ask.
///
/// The certificate is trusted because of where it was fetched from: see
/// [`CertificateFetcher`](crate::certified::CertificateFetcher).
#[derive(Clone)]
pub struct PayPal(Arc<Rules>);

struct Rules {
    common: Common,
    webhook_id: String,
}

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
    pub fn builder(name: &str) -> PayPalBuilder {
        PayPalBuilder::new(name)
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
    ) -> Result<PayPalVerified, Rejection> {
        self.examine(head, now)?;
        if u64::try_from(body.len()).unwrap_or(u64::MAX) > self.common().body_limit {
            return Err(Rejection::TooLarge);
        }
        match self.common().verify(self.show(head, body)?, now).await? {
            Shown::PayPal(verified) => Ok(verified),
            #[cfg(feature = "sns")]
            Shown::Sns(_) => Err(Rejection::Malformed),
        }
    }

    pub(crate) fn common(&self) -> &Common {
        &self.0.common
    }

    pub(crate) fn examine(&self, head: &Head<'_>, now: Duration) -> Result<(), Rejection> {
        let at = Headers::of(head)?.read().ok_or(Rejection::Malformed)?.at;
        self.common().judge(at, now)
    }

    pub(crate) fn show(&self, head: &Head<'_>, body: &[u8]) -> Result<Showing, Rejection> {
        let headers = Headers::of(head)?;
        let Read { url, signature, at } = headers.read().ok_or(Rejection::Malformed)?;
        let (id, time, webhook) = (headers.id, headers.time, &self.0.webhook_id);
        let message = format!("{id}|{time}|{webhook}|{}", crc32fast::hash(body)).into_bytes();
        let shown = Shown::PayPal(PayPalVerified { transmission_id: id.to_owned(), at });
        let proof = Proof { url, digest: Digest::Sha256, message, signature, at };
        Ok(Showing { proof, shown })
    }
}

/// What the headers say.
struct Read {
    url: CertificateUrl,
    signature: Vec<u8>,
    at: Duration,
}

impl<'a> Headers<'a> {
    fn of(head: &Head<'a>) -> Result<Self, Rejection> {
        let once = |name: &'static str| {
            let mut values = head.headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (Some(value), None) if value.len() <= Scheme::MAX_HEADER => {
                    value.to_str().map_err(|_| Rejection::Malformed)
                }
                (Some(_), None) => Err(Rejection::Malformed),
                (Some(_), Some(_)) => Err(Rejection::Duplicated),
                (None, _) => Err(Rejection::Missing),
            }
        };
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
        Some(Read { url, signature, at: date::read(self.time)? })
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

impl fmt::Debug for PayPal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayPal")
            .field("common", &self.0.common)
            .field("webhook_id", &self.0.webhook_id)
            .finish()
    }
}

/// Says in a request's extensions that a webhook of `PayPal` was verified.
///
/// Only this crate makes one. It says nothing of the body: see [`PayPal`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayPalVerified {
    transmission_id: String,
    at: Duration,
}

impl PayPalVerified {
    /// The id of the transmission, which is signed.
    #[must_use]
    pub fn transmission_id(&self) -> &str {
        &self.transmission_id
    }

    /// When it was sent, since the Unix epoch; signed too.
    #[must_use]
    pub const fn timestamp(&self) -> Duration {
        self.at
    }
}
