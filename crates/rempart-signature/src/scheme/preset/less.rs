//! Senders whose credential covers less than the body.
//!
//! A policy takes them with
//! [`dangerously_accept_coverage`](crate::PolicyBuilder::dangerously_accept_coverage) alone.

use std::borrow::Cow;

use http::HeaderName;

use super::super::{Extraction, Member, Part, Scheme, SecretForm, Timestamp};
use super::{Preset, template};

const TIMESTAMP_ID: &[Part] = &[Part::Timestamp, Part::Id];

pub(super) const PRESETS: &[Preset] = &[
    ("chargebee", Scheme::chargebee),
    ("cloudflare", Scheme::cloudflare),
    ("gitlab", Scheme::gitlab),
    ("mailgun", Scheme::mailgun),
    ("postmark", Scheme::postmark),
    ("telegram", Scheme::telegram),
    ("vapi-bearer", Scheme::vapi_bearer),
    ("vapi-secret", Scheme::vapi_secret),
];

fn shared(name: &'static str, header: &'static str) -> Scheme {
    Scheme::shared_secret(Cow::Borrowed(name), HeaderName::from_static(header))
}

fn basic(name: &'static str) -> Scheme {
    shared(name, "authorization")
        .with_extraction(Extraction::prefixed("Basic "))
        .with_secret_form(SecretForm::Basic)
}

impl Scheme {
    /// [Chargebee](https://www.chargebee.com/docs/2.0/webhook_settings.html#basic-authentication): a
    /// user's name and a password, which are the secret, with a colon between them.
    ///
    /// # Security
    ///
    /// Covers nothing of the message: [`Coverage::None`](crate::Coverage::None).
    #[must_use]
    pub fn chargebee() -> Self {
        basic("chargebee")
    }

    /// [Cloudflare notifications](https://developers.cloudflare.com/notifications/get-started/configure-webhooks/):
    /// a secret in `cf-webhook-auth`.
    ///
    /// # Security
    ///
    /// Covers nothing of the message: [`Coverage::None`](crate::Coverage::None).
    #[must_use]
    pub fn cloudflare() -> Self {
        shared("cloudflare", "cf-webhook-auth")
    }

    /// [GitLab](https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token):
    /// a secret in `x-gitlab-token`. Its signing token is
    /// [`standard_webhooks`](Self::standard_webhooks).
    ///
    /// # Security
    ///
    /// Covers nothing of the message: [`Coverage::None`](crate::Coverage::None).
    #[must_use]
    pub fn gitlab() -> Self {
        shared("gitlab", "x-gitlab-token").with_id(HeaderName::from_static("x-gitlab-event-uuid"))
    }

    /// [Mailgun](https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks):
    /// hexadecimal over a time and a token, all three in the body's `signature`.
    ///
    /// # Security
    ///
    /// Covers two fields and not the event: [`Coverage::Fields`](crate::Coverage::Fields). The body
    /// has to be read before anything is known about it.
    #[must_use]
    pub fn mailgun() -> Self {
        Self::in_body("mailgun", Member::new("signature.signature"))
            .with_template(template(TIMESTAMP_ID))
            .with_timestamp(Timestamp::member(Member::new("signature.timestamp")))
            .with_id_member(Member::new("signature.token"))
    }

    /// [Postmark](https://postmarkapp.com/developer/webhooks/webhooks-overview#protecting-your-webhook): a
    /// user's name and a password, which are the secret, with a colon between them.
    ///
    /// # Security
    ///
    /// Covers nothing of the message: [`Coverage::None`](crate::Coverage::None).
    #[must_use]
    pub fn postmark() -> Self {
        basic("postmark")
    }

    /// [Telegram bots](https://core.telegram.org/bots/api#setwebhook): a secret in
    /// `x-telegram-bot-api-secret-token`.
    ///
    /// # Security
    ///
    /// Covers nothing of the message: [`Coverage::None`](crate::Coverage::None).
    #[must_use]
    pub fn telegram() -> Self {
        shared("telegram", "x-telegram-bot-api-secret-token")
    }

    /// [Vapi](https://docs.vapi.ai/server-url/server-authentication), with a bearer credential: the
    /// secret in `authorization`, after `Bearer`.
    ///
    /// # Security
    ///
    /// Covers nothing of the message: [`Coverage::None`](crate::Coverage::None).
    #[must_use]
    pub fn vapi_bearer() -> Self {
        shared("vapi-bearer", "authorization").with_extraction(Extraction::prefixed("Bearer "))
    }

    /// [Vapi](https://docs.vapi.ai/server-url/server-authentication), as it was of old: the secret in
    /// `x-vapi-secret`.
    ///
    /// # Security
    ///
    /// Covers nothing of the message: [`Coverage::None`](crate::Coverage::None).
    #[must_use]
    pub fn vapi_secret() -> Self {
        shared("vapi-secret", "x-vapi-secret")
    }
}
