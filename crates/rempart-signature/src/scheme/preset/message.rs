//! Senders that sign more of a message: its id, its URL, its headers.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderName;

use super::super::{
    Elements, Encoding, Extraction, HeaderFamily, Part, SecretForm, SignedHeaders, TimeUnit,
    Timestamp, UrlForm, Window,
};
use super::{literal, past, presets, template};
use crate::Algorithm;

const ID_TIMESTAMP_BODY: &[Part] =
    &[Part::Id, literal("."), Part::Timestamp, literal("."), Part::Body];
const ID_TIMESTAMP_BODY_BARE: &[Part] = &[Part::Id, Part::Timestamp, Part::Body];
const METHOD_URL_BODY_TIMESTAMP: &[Part] = &[Part::Method, Part::Url, Part::Body, Part::Timestamp];
const TIMESTAMP_HEADERS_BODY: &[Part] = &[
    Part::Timestamp,
    literal("."),
    Part::HeaderNames,
    literal("."),
    Part::HeaderValues,
    literal("."),
    Part::Body,
];
const URL_BODY: &[Part] = &[Part::Url, Part::Body];
const URL_FORM: &[Part] = &[Part::Url, Part::Form];

presets! {
    /// [Hook0](https://documentation.hook0.com/docs/verifying-webhook-signatures) and Coinbase:
    /// `t=…,h=…,v1=…` over time, the names of headers, what they hold, and the body.
    ///
    /// The request says which headers are signed: what a handler relies on is to be
    /// [required](SignedHeaders::require). Values are joined by dots, so that with two headers the end
    /// of the one may be moved to the start of the other where it begins with a dot.
    "hook0" hook0 {
        with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v1"))),
        with_template(template(TIMESTAMP_HEADERS_BODY)),
        with_timestamp(Timestamp::element("t")),
        with_signed_headers(SignedHeaders::element("h")),
    } in "x-hook0-signature";

    /// [HubSpot](https://developers.hubspot.com/docs/api/webhooks/validating-requests), version 3: Base64
    /// over method, URL, body and time, milliseconds. Twelve marks of the URL are signed unescaped.
    ///
    /// Nothing tells where the URL ends and the body begins: whoever has seen a request can move bytes
    /// from the one to the other, and it is still signed. Give it one path, and no route that takes any.
    ///
    /// Versions 1 and 2 are plain hashes of secret and message, and not to be had.
    "hubspot" hubspot {
        with_encoding(Encoding::Base64),
        with_template(template(METHOD_URL_BODY_TIMESTAMP)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("x-hubspot-request-timestamp")).unit(TimeUnit::Millis)
        ),
        with_url_form(UrlForm::Decoded),
    } in "x-hubspot-signature-v3";

    /// [Square](https://developer.squareup.com/docs/webhooks/step3validate): Base64 over the
    /// configured URL and the body.
    ///
    /// Nothing tells where the URL ends and the body begins: whoever has seen a request can move bytes
    /// from the one to the other, and it is still signed. Give it one path, and no route that takes any.
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

    /// [Supabase Auth hooks](https://supabase.com/docs/guides/auth/auth-hooks#security): Standard Webhooks,
    /// and a secret that may be a list: `v1,whsec_…|v1,whsec_…`.
    "supabase-auth" supabase_auth {
        with_secret_form(SecretForm::base64_list("v1,whsec_")),
    } like standard_webhooks;

    /// [Svix](https://docs.svix.com/receiving/verifying-payloads/how-manual): Standard Webhooks
    /// under Svix's own header names, or all of it under the standard's.
    "svix" svix {
        with_header(HeaderName::from_static("svix-signature")),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("svix-timestamp"))
                .window(Window::symmetric(Duration::from_secs(300)))
        ),
        with_id(HeaderName::from_static("svix-id")),
        with_alternative(
            HeaderFamily::new(HeaderName::from_static("webhook-signature"))
                .timestamp(HeaderName::from_static("webhook-timestamp"))
                .id(HeaderName::from_static("webhook-id"))
        ),
    } like standard_webhooks;

    /// [Twilio](https://www.twilio.com/docs/usage/security#validating-requests): HMAC-SHA-1 over
    /// the public URL and the form's sorted parameters, or over a URL that holds the SHA-256 of a
    /// body that is no form (`bodySHA256`).
    ///
    /// Without a signed time: what stops a later replay is the handler's own unique key. The method
    /// is not signed, and URL and parameters are joined without a mark between them: a `GET` of `/x?To=1`
    /// has the signature of a `POST` of `o==1` to `/x?T`. A policy that takes one method says so
    /// ([`methods`](crate::PolicyBuilder::methods)).
    "twilio" twilio {
        with_algorithm(Algorithm::HmacSha1),
        with_encoding(Encoding::Base64),
        with_template(template(URL_FORM)),
        with_digest_parameter("bodySHA256"),
        with_url_form(UrlForm::Respelled),
        with_body_limit(Self::FORM_LIMIT),
        with_min_secret(32),
    } in "x-twilio-signature";

    /// [Twitch EventSub](https://dev.twitch.tv/docs/eventsub/handling-webhook-events/#verifying-the-event-message):
    /// `sha256=…` over id, time and body; the time an RFC 3339 date to the nanosecond, ten minutes. Ids
    /// hold no colon: the first one is that of the time, and tells where the id ends.
    ///
    /// Its secrets have 10 to 100 characters: ours are to have 16 at least.
    "twitch" twitch {
        with_extraction(Extraction::prefixed("sha256=")),
        with_template(template(ID_TIMESTAMP_BODY_BARE)),
        with_timestamp(
            Timestamp::header(HeaderName::from_static("twitch-eventsub-message-timestamp"))
                .unit(TimeUnit::Rfc3339)
                .window(past(600))
        ),
        with_id(HeaderName::from_static("twitch-eventsub-message-id")),
    } in "twitch-eventsub-message-signature";
}
