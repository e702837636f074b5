//! Presets of senders that sign with a key of their own, which nobody else has.

#[cfg(any(feature = "ecdsa", feature = "ed25519"))]
use std::borrow::Cow;

#[cfg(any(feature = "ecdsa", feature = "ed25519"))]
use http::HeaderName;

use super::Scheme;
#[cfg(feature = "ed25519")]
use super::{Elements, Extraction, HeaderFamily, HexCase, Window};
#[cfg(any(feature = "ecdsa", feature = "ed25519"))]
use super::{Encoding, Part, SecretForm, Template, Timestamp};
#[cfg(any(feature = "ecdsa", feature = "ed25519"))]
use crate::Algorithm;

/// A name, and what makes the scheme of it.
pub(super) type Preset = (&'static str, fn() -> Scheme);

pub(super) const PRESETS: &[Preset] = &[
    #[cfg(feature = "ed25519")]
    ("discord", Scheme::discord),
    #[cfg(feature = "ecdsa")]
    ("sendgrid", Scheme::sendgrid),
    #[cfg(feature = "ed25519")]
    ("standard-webhooks-v1a", Scheme::standard_webhooks_v1a),
    #[cfg(feature = "ed25519")]
    ("telnyx", Scheme::telnyx),
];

#[cfg(any(feature = "ecdsa", feature = "ed25519"))]
const TIMESTAMP_BODY: &[Part] = &[Part::Timestamp, Part::Body];

#[cfg(any(feature = "ecdsa", feature = "ed25519"))]
fn signed(name: &'static str, header: &'static str, algorithm: Algorithm) -> Scheme {
    Scheme::new(Cow::Borrowed(name), HeaderName::from_static(header))
        .with_algorithm(algorithm)
        .with_encoding(Encoding::Base64)
        .with_secret_form(SecretForm::PublicKey)
}

#[cfg(any(feature = "ecdsa", feature = "ed25519"))]
fn timed(header: &'static str) -> Timestamp {
    Timestamp::header(HeaderName::from_static(header))
}

#[cfg(feature = "ecdsa")]
impl Scheme {
    /// [SendGrid](https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features):
    /// ECDSA in DER over time and body, five minutes. The key is shown as Base64.
    #[cfg_attr(docsrs, doc(cfg(feature = "ecdsa")))]
    #[must_use]
    pub fn sendgrid() -> Self {
        const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
        signed("sendgrid", SIGNATURE, Algorithm::EcdsaP256Sha256)
            .with_encoding(Encoding::Base64Der)
            .with_template(Template::new(TIMESTAMP_BODY))
            .with_timestamp(timed("x-twilio-email-event-webhook-timestamp"))
    }
}

#[cfg(feature = "ed25519")]
impl Scheme {
    /// [Discord](https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint):
    /// Ed25519 in hexadecimal over time and body, five minutes. The key is shown in hexadecimal.
    #[cfg_attr(docsrs, doc(cfg(feature = "ed25519")))]
    #[must_use]
    pub fn discord() -> Self {
        signed("discord", "x-signature-ed25519", Algorithm::Ed25519)
            .with_encoding(Encoding::Hex(HexCase::Lower))
            .with_template(Template::new(TIMESTAMP_BODY))
            .with_timestamp(timed("x-signature-timestamp"))
    }

    /// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md),
    /// asymmetric (`v1a`): Ed25519 with a key that begins with `whpk_`; under Svix's header names
    /// too.
    #[cfg_attr(docsrs, doc(cfg(feature = "ed25519")))]
    #[must_use]
    pub fn standard_webhooks_v1a() -> Self {
        Self::standard_webhooks()
            .with_name("standard-webhooks-v1a")
            .with_algorithm(Algorithm::Ed25519)
            .with_extraction(Extraction::Elements(Elements::new(b' ', b',', "v1a")))
            .with_secret_form(SecretForm::PublicKey)
            .with_alternative(
                HeaderFamily::new(HeaderName::from_static("svix-signature"))
                    .timestamp(HeaderName::from_static("svix-timestamp"))
                    .id(HeaderName::from_static("svix-id")),
            )
    }

    /// [Telnyx](https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks):
    /// Ed25519 in Base64 over time, `|` and body, five minutes either way. The key is shown as
    /// Base64.
    #[cfg_attr(docsrs, doc(cfg(feature = "ed25519")))]
    #[must_use]
    pub fn telnyx() -> Self {
        const PARTS: &[Part] = &[Part::Timestamp, Part::Literal(Cow::Borrowed("|")), Part::Body];
        let window = Window::symmetric(std::time::Duration::from_secs(300));
        signed("telnyx", "telnyx-signature-ed25519", Algorithm::Ed25519)
            .with_template(Template::new(PARTS))
            .with_timestamp(timed("telnyx-timestamp").window(window))
    }
}
