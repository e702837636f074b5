use std::time::Duration;

use http::{HeaderName, header};

use super::{BodyToken, TokenTime};
use crate::{Encoding, Window};

/// Five minutes back, one minute ahead.
const FIVE_MINUTES: Window = Window::new(Duration::from_secs(300), Window::DEFAULT.future());

impl BodyToken {
    /// [LiveKit](https://docs.livekit.io/intro/basics/rooms-participants-tracks/webhooks-events/): the
    /// bare token in `authorization`, by the secret of this API key, which is its issuer.
    #[must_use]
    pub fn livekit(api_key: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::new("livekit", header::AUTHORIZATION, "sha256")
            .with_encoding(Encoding::Base64)
            .with_issuer(api_key)
            .with_time(TokenTime::Expires(FIVE_MINUTES))
    }

    /// [Netlify](https://docs.netlify.com/deploy/deploy-notifications/#payload-signature):
    /// `x-webhook-signature`, by the secret that was set for the notification.
    ///
    /// # Security
    ///
    /// It says no time: whoever has seen a request can send it again as long as the secret is good.
    #[must_use]
    pub fn netlify() -> Self {
        Self::new("netlify", HeaderName::from_static("x-webhook-signature"), "sha256")
            .with_issuer("netlify")
            .with_time(TokenTime::Unsaid)
    }

    /// [Plaid](https://plaid.com/docs/api/webhooks/webhook-verification/): ES256 in
    /// `plaid-verification`, by the key that its `kid` names.
    ///
    /// A key is what `/webhook_verification_key/get` gives, the JWK as it is, and has the
    /// [name](Self::key_id) that its `kid` stands for. One with an `expired_at` is over, and is to be
    /// left out: a ring says by itself how long a key is good. To have keys looked up as they are named, see
    /// [`TenantSource::token_kid`](crate::TenantSource::token_kid).
    #[cfg(feature = "ecdsa")]
    #[cfg_attr(docsrs, doc(cfg(feature = "ecdsa")))]
    #[must_use]
    pub fn plaid() -> Self {
        let header = HeaderName::from_static("plaid-verification");
        Self::new("plaid", header, "request_body_sha256")
            .with_algorithm(crate::Algorithm::EcdsaP256Sha256)
            .with_time(TokenTime::Issued(FIVE_MINUTES))
            .with_key_names()
    }

    /// [Vonage](https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks):
    /// `authorization`, after `Bearer`, by the signature secret of the account. For its `POST`s: of a
    /// `GET` it hashes the query, written as JSON, and those are refused.
    #[must_use]
    pub fn vonage() -> Self {
        Self::new("vonage", header::AUTHORIZATION, "payload_hash")
            .with_prefix("Bearer ")
            .with_time(TokenTime::Issued(FIVE_MINUTES))
    }
}
