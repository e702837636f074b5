//! Senders that sign a time and the body.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderName;

use super::super::{Elements, Encoding, Extraction, Part, TimeUnit, Timestamp, Window};
use super::{
    BODY_TIMESTAMP, TIMESTAMP_COLON_BODY, TIMESTAMP_DOT_BODY, V0_TIMESTAMP_BODY, literal, past,
    presets, template,
};

const BRACKETED: &[Part] = &[literal("["), Part::Timestamp, literal(";"), Part::Body, literal("]")];
const TIMESTAMP_BODY: &[Part] = &[Part::Timestamp, Part::Body];
const TIMESTAMP_COMMA_BODY: &[Part] = &[Part::Timestamp, literal(","), Part::Body];

presets! {
    /// [Box](https://developer.box.com/guides/webhooks/v2/signatures-v2/): Base64 over the body and the
    /// time after it, an RFC 3339 date; ten minutes. A header for each of the two keys.
    "box" box_com {
        with_encoding(Encoding::Base64),
        with_further_header(HeaderName::from_static("box-signature-secondary")),
        with_template(template(BODY_TIMESTAMP)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("box-delivery-timestamp"))
                .unit(TimeUnit::Rfc3339)
                .window(past(600))
        ),
        with_id(HeaderName::from_static("box-delivery-id")),
    } in "box-signature-primary";

    /// [Calendly](https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures): `t=…,v1=…`.
    "calendly" calendly {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v1"))),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::element("t")),
    } in "calendly-webhook-signature";

    /// [Chatwoot](https://www.chatwoot.com/hc/user-guide/articles/1677693021-how-to-use-webhooks): `sha256=…`
    /// over time and body; the delivery's id is not signed.
    "chatwoot" chatwoot {
        with_extraction(Extraction::prefixed("sha256=")),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::header(HeaderName::from_static("x-chatwoot-timestamp"))),
        with_id(HeaderName::from_static("x-chatwoot-delivery")),
    } in "x-chatwoot-signature";

    /// [Convoy](https://www.getconvoy.io/docs/product-manual/signatures), advanced signatures: `t=…,v1=…`,
    /// and a comma between time and body.
    "convoy-advanced" convoy_advanced {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v1"))),
        with_template(template(TIMESTAMP_COMMA_BODY)),
        with_timestamp(Timestamp::element("t")),
    } in "x-convoy-signature";

    /// [Crisp](https://docs.crisp.chat/guides/rest-api/rtm-events/webhooks/): hexadecimal over
    /// `[time;body]`, milliseconds.
    "crisp" crisp {
        with_template(template(BRACKETED)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("x-crisp-request-timestamp")).unit(TimeUnit::Millis)
        ),
    } in "x-crisp-signature";

    /// [Customer.io](https://docs.customer.io/journeys/webhooks/#securely-verify-requests): hexadecimal over
    /// `v0:`, time and body.
    "customer-io" customer_io {
        with_template(template(V0_TIMESTAMP_BODY)),
        with_timestamp(Timestamp::header(HeaderName::from_static("x-cio-timestamp"))),
    } in "x-cio-signature";

    /// [ElevenLabs](https://elevenlabs.io/docs/product-guides/administration/webhooks):
    /// `t=…,v0=…`, half an hour.
    "elevenlabs" elevenlabs {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v0"))),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::element("t").window(past(1800))),
    } in "elevenlabs-signature";

    /// [Front](https://dev.frontapp.com/docs/security-1): Base64 over time, colon and body. The unit of the
    /// time is not documented, so that seconds and milliseconds are both read.
    "front" front {
        with_encoding(Encoding::Base64),
        with_template(template(TIMESTAMP_COLON_BODY)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("x-front-request-timestamp")).unit(TimeUnit::Auto)
        ),
    } in "x-front-signature";

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

    /// [Slack](https://docs.slack.dev/authentication/verifying-requests-from-slack): `v0=…` over
    /// version, time and body.
    "slack" slack {
        with_extraction(Extraction::prefixed("v0=")),
        with_template(template(V0_TIMESTAMP_BODY)),
        with_timestamp(Timestamp::header(HeaderName::from_static("x-slack-request-timestamp"))),
    } in "x-slack-signature";

    /// [Stripe](https://docs.stripe.com/webhooks/signature): `t=…,v1=…`, several `v1` while a
    /// secret is rolled. The secret is used as it is shown, `whsec_` included.
    "stripe" stripe {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v1"))),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::element("t")),
    } in "stripe-signature";

    /// [TikTok](https://developers.tiktok.com/doc/webhooks-verification): `t=…,s=…`.
    "tiktok" tiktok {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "s"))),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::element("t")),
    } in "tiktok-signature";

    /// [Vapi](https://docs.vapi.ai/server-url/server-authentication), with a credential as its
    /// dashboard proposes it: `x-signature` over `x-timestamp` and the body. The unit of the time is
    /// not documented, so that seconds and milliseconds are both read.
    "vapi-timestamped" vapi_timestamped {
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("x-timestamp")).unit(TimeUnit::Auto)
        ),
    } in "x-signature";

    /// [Webflow](https://developers.webflow.com/data/docs/working-with-webhooks#validating-request-signatures):
    /// hexadecimal over time, colon and body, milliseconds.
    "webflow" webflow {
        with_template(template(TIMESTAMP_COLON_BODY)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("x-webflow-timestamp")).unit(TimeUnit::Millis)
        ),
    } in "x-webflow-signature";

    /// [WorkOS](https://workos.com/docs/events/data-syncing/webhooks): `t=…, v1=…`, milliseconds,
    /// three minutes.
    "workos" workos {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v1"))),
        with_template(template(TIMESTAMP_DOT_BODY)),
        with_timestamp(Timestamp::element("t").unit(TimeUnit::Millis).window(past(180))),
    } in "workos-signature";

    /// [Zendesk](https://developer.zendesk.com/documentation/webhooks/verifying/): Base64 over time and
    /// body, the time an RFC 3339 date.
    "zendesk" zendesk {
        with_encoding(Encoding::Base64),
        with_template(template(TIMESTAMP_BODY)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("x-zendesk-webhook-signature-timestamp"))
                .unit(TimeUnit::Rfc3339)
        ),
    } in "x-zendesk-webhook-signature";

    /// [Zoom](https://developers.zoom.us/docs/api/webhooks/#verify-with-zooms-header): `v0=…` over
    /// version, time and body.
    "zoom" zoom {
        with_extraction(Extraction::prefixed("v0=")),
        with_template(template(V0_TIMESTAMP_BODY)),
        with_timestamp(Timestamp::header(HeaderName::from_static("x-zm-request-timestamp"))),
    } in "x-zm-signature";
}
