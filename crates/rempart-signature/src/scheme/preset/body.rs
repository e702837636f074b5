//! Senders that sign the body alone.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderName;

use super::super::{Encoding, Extraction, Member, TimeUnit, Timestamp, Window};
use super::presets;
use crate::Algorithm;

const GITHUB_BODY_LIMIT: u64 = 25 * 1024 * 1024;

presets! {
    /// [Asana](https://developers.asana.com/docs/webhooks-guide#security): hexadecimal over the body. The
    /// secret is what the handshake's `X-Hook-Secret` said.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "asana" asana {} in "x-hook-signature";

    /// [Bitbucket](https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/#Secure-webhooks):
    /// `sha256=…` over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "bitbucket" bitbucket {
        with_extraction(Extraction::prefixed("sha256=")),
        with_id(HeaderName::from_static("x-request-uuid")),
    } in "x-hub-signature";

    /// [Convoy](https://www.getconvoy.io/docs/product-manual/signatures), simple signatures: hexadecimal
    /// over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "convoy" convoy {} in "x-convoy-signature";

    /// [DocuSign Connect](https://developers.docusign.com/platform/webhooks/connect/hmac/): Base64 over the
    /// body, a header for each key. Of its up to 100 keys the first 16 are looked for; any header may
    /// have been made by any key.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "docusign" docusign {
        with_encoding(Encoding::Base64),
        with_further_header(HeaderName::from_static("x-docusign-signature-2")),
        with_further_header(HeaderName::from_static("x-docusign-signature-3")),
        with_further_header(HeaderName::from_static("x-docusign-signature-4")),
        with_further_header(HeaderName::from_static("x-docusign-signature-5")),
        with_further_header(HeaderName::from_static("x-docusign-signature-6")),
        with_further_header(HeaderName::from_static("x-docusign-signature-7")),
        with_further_header(HeaderName::from_static("x-docusign-signature-8")),
        with_further_header(HeaderName::from_static("x-docusign-signature-9")),
        with_further_header(HeaderName::from_static("x-docusign-signature-10")),
        with_further_header(HeaderName::from_static("x-docusign-signature-11")),
        with_further_header(HeaderName::from_static("x-docusign-signature-12")),
        with_further_header(HeaderName::from_static("x-docusign-signature-13")),
        with_further_header(HeaderName::from_static("x-docusign-signature-14")),
        with_further_header(HeaderName::from_static("x-docusign-signature-15")),
        with_further_header(HeaderName::from_static("x-docusign-signature-16")),
    } in "x-docusign-signature-1";

    /// [Dropbox](https://www.dropbox.com/developers/reference/webhooks): hexadecimal over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "dropbox" dropbox {} in "x-dropbox-signature";

    /// [Gitea](https://docs.gitea.com/usage/webhooks) and Forgejo: hexadecimal over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "gitea" gitea {
        with_id(HeaderName::from_static("x-gitea-delivery")),
    } in "x-gitea-signature";

    /// [GitHub](https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries):
    /// `sha256=…` over the body, up to 25 MiB; the delivery's id is not signed.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "github" github {
        with_extraction(Extraction::prefixed("sha256=")),
        with_id(HeaderName::from_static("x-github-delivery")),
        with_body_limit(GITHUB_BODY_LIMIT),
    } in "x-hub-signature-256";

    /// [Hookdeck](https://hookdeck.com/docs/authentication#webhook-signature-verification): Base64 over the
    /// body, in a second header too while a secret is rolled. `x-hookdeck-verified` proves nothing.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "hookdeck" hookdeck {
        with_encoding(Encoding::Base64),
        with_further_header(HeaderName::from_static("x-hookdeck-signature-2")),
        with_id(HeaderName::from_static("x-hookdeck-eventid")),
    } in "x-hookdeck-signature";

    /// [Intercom](https://developers.intercom.com/docs/references/webhooks/webhook-models#signed-notifications):
    /// `sha1=…` over the body, HMAC-SHA-1.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "intercom" intercom {
        with_algorithm(Algorithm::HmacSha1),
        with_extraction(Extraction::prefixed("sha1=")),
    } in "x-hub-signature";

    /// [Linear](https://linear.app/developers/webhooks#securing-webhooks): hexadecimal over the body, in
    /// which stands the time, in milliseconds; one minute either way.
    "linear" linear {
        with_timestamp(
            Timestamp::member(Member::new("webhookTimestamp"))
                .unit(TimeUnit::Millis)
                .window(Window::symmetric(Duration::from_secs(60)))
        ),
        with_id(HeaderName::from_static("linear-delivery")),
    } in "linear-signature";

    /// [Meta](https://developers.facebook.com/docs/graph-api/webhooks/getting-started), `WhatsApp`
    /// and Messenger: `sha256=…` over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "meta" meta {
        with_extraction(Extraction::prefixed("sha256=")),
    } in "x-hub-signature-256";

    /// [Notion](https://developers.notion.com/reference/webhooks#step-3-validating-event-payloads-recommended):
    /// `sha256=…` over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "notion" notion {
        with_extraction(Extraction::prefixed("sha256=")),
    } in "x-notion-signature";

    /// [Paystack](https://paystack.com/docs/payments/webhooks/#signature-validation): hexadecimal
    /// HMAC-SHA-512 over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "paystack" paystack {
        with_algorithm(Algorithm::HmacSha512),
    } in "x-paystack-signature";

    /// [Razorpay](https://razorpay.com/docs/webhooks/validate-test/): hexadecimal over the body; the event's
    /// id is not signed.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "razorpay" razorpay {
        with_id(HeaderName::from_static("x-razorpay-event-id")),
    } in "x-razorpay-signature";

    /// [Segment](https://segment.com/docs/connections/destinations/catalog/webhooks/#authentication):
    /// hexadecimal HMAC-SHA-1 over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "segment" segment {
        with_algorithm(Algorithm::HmacSha1),
    } in "x-signature";

    /// [Sentry](https://docs.sentry.io/organization/integrations/integration-platform/webhooks/#request-headers):
    /// hexadecimal over the body; its timestamp is not signed.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "sentry" sentry {
        with_id(HeaderName::from_static("request-id")),
    } in "sentry-hook-signature";

    /// [Shopify](https://shopify.dev/docs/apps/build/webhooks/subscribe/https): Base64 over the
    /// body; the webhook's id is not signed.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "shopify" shopify {
        with_encoding(Encoding::Base64),
        with_id(HeaderName::from_static("x-shopify-webhook-id")),
    } in "x-shopify-hmac-sha256";

    /// [Typeform](https://www.typeform.com/developers/webhooks/secure-your-webhooks/): `sha256=…`
    /// in Base64 over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "typeform" typeform {
        with_extraction(Extraction::prefixed("sha256=")),
        with_encoding(Encoding::Base64),
    } in "typeform-signature";

    /// [Vapi](https://docs.vapi.ai/server-url/server-authentication), with a credential that signs
    /// the body alone: lower-case hexadecimal in `x-vapi-signature`.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "vapi" vapi {} in "x-vapi-signature";

    /// [Vercel](https://vercel.com/docs/webhooks/webhooks-api#securing-webhooks): hexadecimal
    /// HMAC-SHA-1 over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "vercel" vercel {
        with_algorithm(Algorithm::HmacSha1),
    } in "x-vercel-signature";

    /// [WooCommerce](https://developer.woocommerce.com/docs/best-practices/urls-and-routing/webhooks/):
    /// Base64 over the body; the delivery's id is not signed.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "woocommerce" woocommerce {
        with_encoding(Encoding::Base64),
        with_id(HeaderName::from_static("x-wc-webhook-delivery-id")),
    } in "x-wc-webhook-signature";
}
