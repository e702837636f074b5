use std::borrow::Cow;
use std::time::Duration;

use http::HeaderName;

use super::{
    Elements, Encoding, Extraction, HeaderFamily, Part, Scheme, SecretForm, Template, TimeUnit,
    Timestamp, UrlForm, Window, public_key,
};
use crate::Algorithm;

const fn dot() -> Part {
    Part::Literal(Cow::Borrowed("."))
}

const fn colon() -> Part {
    Part::Literal(Cow::Borrowed(":"))
}

fn template(parts: &'static [Part]) -> Template {
    Template::new(parts)
}

const TIMESTAMP_DOT_BODY: &[Part] = &[Part::Timestamp, dot(), Part::Body];
const TIMESTAMP_COLON_BODY: &[Part] = &[Part::Timestamp, colon(), Part::Body];
const BODY_TIMESTAMP: &[Part] = &[Part::Body, Part::Timestamp];
const ID_TIMESTAMP_BODY: &[Part] = &[Part::Id, dot(), Part::Timestamp, dot(), Part::Body];
const URL_BODY: &[Part] = &[Part::Url, Part::Body];
const URL_FORM: &[Part] = &[Part::Url, Part::Form];
const V0_TIMESTAMP_BODY: &[Part] =
    &[Part::Literal(Cow::Borrowed("v0:")), Part::Timestamp, colon(), Part::Body];

const GITHUB_BODY_LIMIT: u64 = 25 * 1024 * 1024;

macro_rules! presets {
    ($( $(#[doc = $doc:literal])+ $name:literal $function:ident { $($step:ident($($argument:expr),*)),* $(,)? } in $header:literal; )+) => {
        impl Scheme {
            /// Every preset, in the order of their names.
            pub fn presets() -> impl Iterator<Item = Self> {
                let presets: &[public_key::Preset] = &[$( ($name, Self::$function), )+];
                let mut presets = [presets, public_key::PRESETS].concat();
                presets.sort_unstable_by_key(|(name, _)| *name);
                presets.into_iter().map(|(_, preset)| preset())
            }

            /// The preset of this name.
            ///
            /// ```
            /// use rempart_signature::Scheme;
            ///
            /// assert_eq!(Scheme::preset("github"), Some(Scheme::github()));
            /// assert_eq!(Scheme::preset("gitbub"), None);
            /// ```
            #[must_use]
            pub fn preset(name: &str) -> Option<Self> {
                match name {
                    $( $name => Some(Self::$function()), )+
                    _ => {
                        let mut presets = public_key::PRESETS.iter();
                        presets.find(|(own, _)| *own == name).map(|(_, preset)| preset())
                    }
                }
            }

            $(
                $(#[doc = $doc])+
                #[must_use]
                pub fn $function() -> Self {
                    Self::new(Cow::Borrowed($name), HeaderName::from_static($header))
                        $( .$step($($argument),*) )*
                }
            )+
        }
    };
}

presets! {
    /// [Dropbox](https://www.dropbox.com/developers/reference/webhooks): hexadecimal over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "dropbox" dropbox {} in "x-dropbox-signature";

    /// [ElevenLabs](https://elevenlabs.io/docs/product-guides/administration/webhooks):
    /// `t=…,v0=…`, half an hour.
    "elevenlabs" elevenlabs {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v0"))),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::element("t").window(past(1800))),
    } in "elevenlabs-signature";

    /// [GitHub](https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries):
    /// `sha256=…` over the body, up to 25 MiB; the delivery's id is not signed.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "github" github {
        with_extraction(Extraction::prefixed("sha256=")),
        with_id(HeaderName::from_static("x-github-delivery")),
        with_body_limit(GITHUB_BODY_LIMIT),
    } in "x-hub-signature-256";

    /// [Meta](https://developers.facebook.com/docs/graph-api/webhooks/getting-started), `WhatsApp`
    /// and Messenger: `sha256=…` over the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "meta" meta {
        with_extraction(Extraction::prefixed("sha256=")),
    } in "x-hub-signature-256";

    /// [Paddle Billing](https://developer.paddle.com/webhooks/signature-verification):
    /// `ts=…;h1=…`, five seconds.
    "paddle" paddle {
        with_extraction(Extraction::Elements(Elements::new(b';', b'=', "h1"))),
        with_template(template(TIMESTAMP_COLON_BODY)),
        with_timestamp(Timestamp::element("ts").window(Window::symmetric(Duration::from_secs(5)))),
    } in "paddle-signature";

    /// [Retell](https://docs.retellai.com/features/secure-webhook): `v=…,d=…`, milliseconds, the
    /// time after the body.
    "retell" retell {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "d"))),
        with_template(template(BODY_TIMESTAMP)),
        with_timestamp(Timestamp::element("v").unit(TimeUnit::Millis)),
    } in "x-retell-signature";

    /// [Shopify](https://shopify.dev/docs/apps/build/webhooks/subscribe/https): Base64 over the
    /// body; the webhook's id is not signed.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "shopify" shopify {
        with_encoding(Encoding::Base64),
        with_id(HeaderName::from_static("x-shopify-webhook-id")),
    } in "x-shopify-hmac-sha256";

    /// [Slack](https://docs.slack.dev/authentication/verifying-requests-from-slack): `v0=…` over
    /// version, time and body.
    "slack" slack {
        with_extraction(Extraction::prefixed("v0=")),
        with_template(template(V0_TIMESTAMP_BODY)),
        with_timestamp(Timestamp::header(HeaderName::from_static("x-slack-request-timestamp"))),
    } in "x-slack-signature";

    /// [Square](https://developer.squareup.com/docs/webhooks/step3validate): Base64 over the
    /// configured URL and the body.
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key.
    "square" square {
        with_encoding(Encoding::Base64),
        with_template(template(URL_BODY)),
    } in "x-square-hmacsha256-signature";

    /// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md),
    /// symmetric (`v1`).
    "standard-webhooks" standard_webhooks {
        with_extraction(Extraction::Elements(Elements::new(b' ', b',', "v1"))),
        with_encoding(Encoding::Base64),
        with_template(template(ID_TIMESTAMP_BODY)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("webhook-timestamp"))
                .window(Window::symmetric(Duration::from_secs(300)))
        ),
        with_id(HeaderName::from_static("webhook-id")),
        with_secret_form(SecretForm::base64("whsec_")),
        with_min_secret(24),
    } in "webhook-signature";

    /// [Stripe](https://docs.stripe.com/webhooks/signature): `t=…,v1=…`, several `v1` while a
    /// secret is rolled. The secret is used as it is shown, `whsec_` included.
    "stripe" stripe {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v1"))),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::element("t")),
    } in "stripe-signature";

    /// [Svix](https://docs.svix.com/receiving/verifying-payloads/how-manual): Standard Webhooks
    /// under Svix's own header names, or all of it under the standard's.
    "svix" svix {
        with_extraction(Extraction::Elements(Elements::new(b' ', b',', "v1"))),
        with_encoding(Encoding::Base64),
        with_template(template(ID_TIMESTAMP_BODY)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("svix-timestamp"))
                .window(Window::symmetric(Duration::from_secs(300)))
        ),
        with_id(HeaderName::from_static("svix-id")),
        with_secret_form(SecretForm::base64("whsec_")),
        with_min_secret(24),
        with_alternative(
            HeaderFamily::new(HeaderName::from_static("webhook-signature"))
                .timestamp(HeaderName::from_static("webhook-timestamp"))
                .id(HeaderName::from_static("webhook-id"))
        ),
    } in "svix-signature";

    /// [Twilio](https://www.twilio.com/docs/usage/security#validating-requests): HMAC-SHA-1 over
    /// the public URL and the form's sorted parameters, or over a URL that holds the SHA-256 of a
    /// body that is no form (`bodySHA256`).
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key. The method
    /// is not signed, and the parameters are joined without a mark between name and value.
    "twilio" twilio {
        with_algorithm(Algorithm::HmacSha1),
        with_encoding(Encoding::Base64),
        with_template(template(URL_FORM)),
        with_digest_parameter("bodySHA256"),
        with_url_form(UrlForm::Respelled),
        with_body_limit(Self::FORM_LIMIT),
        with_min_secret(32),
    } in "x-twilio-signature";

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

    /// [Vapi](https://docs.vapi.ai/server-url/server-authentication), with a credential as its
    /// dashboard proposes it: `x-signature` over `x-timestamp` and the body. The unit of the time is
    /// not documented, so that seconds and milliseconds are both read.
    "vapi-timestamped" vapi_timestamped {
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("x-timestamp")).unit(TimeUnit::Auto)
        ),
    } in "x-signature";

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

    /// [WorkOS](https://workos.com/docs/events/data-syncing/webhooks): `t=…, v1=…`, milliseconds,
    /// three minutes.
    "workos" workos {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v1"))),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::element("t").unit(TimeUnit::Millis).window(past(180))),
    } in "workos-signature";

    /// [Zoom](https://developers.zoom.us/docs/api/webhooks/#verify-with-zooms-header): `v0=…` over
    /// version, time and body.
    "zoom" zoom {
        with_extraction(Extraction::prefixed("v0=")),
        with_template(template(V0_TIMESTAMP_BODY)),
        with_timestamp(Timestamp::header(HeaderName::from_static("x-zm-request-timestamp"))),
    } in "x-zm-signature";
}

/// So many seconds back, one minute ahead.
const fn past(seconds: u64) -> Window {
    Window::new(Duration::from_secs(seconds), Window::DEFAULT.future())
}
