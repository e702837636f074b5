//! Schemes are data: they print, compare and can be altered.

use std::collections::HashSet;
use std::time::Duration;

use http::HeaderName;
use rempart_core::{ManualClock, Reason};
use rempart_signature::{
    Algorithm, Coverage, Encoding, Extraction, HexCase, Scheme, SecretForm, Template,
    TemplateError, TimeUnit, Timestamp, TimestampSource, Window,
};
use rempart_testing::Script;

use crate::support::{BODY, NOW, builder, header, post, send, signed};

#[test]
fn presets_have_names_that_find_them() {
    let names: Vec<String> = Scheme::presets().map(|scheme| scheme.name().to_owned()).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    assert!(names.is_sorted(), "{names:?}");
    for scheme in Scheme::presets() {
        assert_eq!(Scheme::preset(scheme.name()), Some(scheme));
    }
    assert_eq!(Scheme::preset(""), None);
}

#[test]
fn presets_cover_the_body_but_for_these() {
    let less = Scheme::presets().filter(|scheme| scheme.coverage() != Coverage::Body);
    let less: Vec<_> = less.map(|scheme| (scheme.name().to_owned(), scheme.coverage())).collect();
    let want = [
        ("chargebee", Coverage::None),
        ("cloudflare", Coverage::None),
        ("gitlab", Coverage::None),
        ("mailgun", Coverage::Fields),
        ("postmark", Coverage::None),
        ("telegram", Coverage::None),
        ("vapi-bearer", Coverage::None),
        ("vapi-secret", Coverage::None),
    ];
    assert_eq!(less, want.map(|(name, coverage)| (name.to_owned(), coverage)));
}

#[test]
fn templates_read_as_they_are_written() {
    for scheme in Scheme::presets() {
        let text = scheme.template().to_string();
        assert_eq!(text.parse::<Template>().as_ref(), Ok(scheme.template()), "{text}");
    }
    #[rustfmt::skip]
    let rows = [
        ("{timestamp}.{body",  TemplateError::Unclosed { offset: 12 }),
        ("{}",                 TemplateError::UnknownPlaceholder { offset: 0 }),
        ("{ body }",           TemplateError::UnknownPlaceholder { offset: 0 }),
        ("{Body}",             TemplateError::UnknownPlaceholder { offset: 0 }),
        ("{svix-id}.{body}",   TemplateError::UnknownPlaceholder { offset: 0 }),
        ("v0:}{body}",         TemplateError::Unopened { offset: 3 }),
        ("{{body}}",           TemplateError::UnknownPlaceholder { offset: 0 }),
    ];
    for (text, want) in rows {
        assert_eq!(text.parse::<Template>(), Err(want), "{text}");
    }
    assert_eq!(
        "{id}".repeat(17).parse::<Template>(),
        Err(TemplateError::TooManyParts { offset: 64 })
    );
}

/// What Vapi's dashboard lets an operator choose, one setter each.
#[tokio::test]
async fn a_credential_of_vapi_can_be_said() {
    let name = HeaderName::from_static;
    let clock = ManualClock::at(NOW);
    let default = Scheme::vapi_timestamped();
    assert_eq!(default.header().unwrap(), "x-signature");
    let time = default.timestamp().unwrap();
    assert_eq!(time.source(), &TimestampSource::Header(name("x-timestamp")));
    assert_eq!(time.counts(), TimeUnit::Auto);

    let schemes = [
        default.clone(),
        Scheme::vapi(),
        default.clone().with_header(name("x-vapi-signature")).body_only(),
        default.clone().with_extraction(Extraction::prefixed("sha256=")),
        default.clone().with_algorithm(Algorithm::HmacSha1),
        default.clone().with_encoding(Encoding::Base64),
        default.clone().with_encoding(Encoding::Hex(HexCase::Any)),
        default.clone().with_timestamp(Timestamp::header(name("x-time")).unit(TimeUnit::Millis)),
        default.clone().with_template("{method}:{timestamp}:{body}".parse().unwrap()),
        default.clone().with_template("{body}.{timestamp}".parse().unwrap()),
        default
            .with_template("{id}.{timestamp}.{body}".parse().unwrap())
            .with_id(name("x-message-id")),
    ];
    for scheme in schemes {
        let policy = builder(scheme.clone(), &clock).build().unwrap();
        let request = post(signed(&scheme, BODY), Script::new().data(BODY));
        let outcome = send(policy.clone(), request).await;
        assert_eq!(outcome.reason(), None, "{scheme:?}");
        let verified = outcome.verified();
        assert_eq!(verified.scheme(), scheme.name());
        assert_eq!(verified.timestamp(), scheme.timestamp().map(|_| NOW));
        assert_eq!(verified.policy().as_str(), "test");
        assert_eq!(verified.coverage(), Coverage::Body);

        let request = post(signed(&scheme, BODY), Script::new().data(&BODY[1..]));
        assert_eq!(send(policy, request).await.reason(), Some(Reason::Mismatch), "{scheme:?}");
    }
}

#[test]
fn body_only_equals_the_preset_for_it() {
    let altered = Scheme::vapi_timestamped()
        .with_header(HeaderName::from_static("x-vapi-signature"))
        .body_only()
        .with_name("vapi");
    assert_eq!(altered, Scheme::vapi());
}

/// What nothing signs any more is not asked for either: no time, no list of headers, no URL.
#[tokio::test]
async fn body_only_asks_for_nothing_beside_the_body() {
    let clock = ManualClock::at(NOW);
    for signs_more in [Scheme::hook0(), Scheme::stripe(), Scheme::hubspot(), Scheme::twilio()] {
        let scheme = signs_more.body_only();
        assert_eq!(scheme.template(), &Template::BODY, "{scheme}");
        assert_eq!((scheme.timestamp(), scheme.signed_headers()), (None, None), "{scheme}");
        let headers = signed(&scheme, BODY);
        assert_eq!(headers.len(), 1, "{scheme}");
        let policy = builder(scheme.clone(), &clock).build().unwrap();
        let outcome = send(policy, post(headers, Script::new().data(BODY))).await;
        assert_eq!(outcome.reason(), None, "{scheme}");
    }
}

#[tokio::test]
async fn upper_case_is_taken_where_the_scheme_says_so() {
    let clock = ManualClock::at(NOW);
    let any = Scheme::vapi().with_encoding(Encoding::Hex(HexCase::Any));
    for (scheme, taken) in [(any, true), (Scheme::vapi(), false)] {
        let headers = signed(&scheme, BODY);
        let upper = headers["x-vapi-signature"].to_str().unwrap().to_ascii_uppercase();
        let headers = [header("x-vapi-signature", &upper)].into_iter().collect();
        let policy = builder(scheme, &clock).build().unwrap();
        let outcome = send(policy, post(headers, Script::new().data(BODY))).await;
        assert_eq!(outcome.handled.is_some(), taken);
    }
}

#[tokio::test]
async fn an_id_is_signed_or_said_not_to_be() {
    let clock = ManualClock::at(NOW);
    let unsigned = Scheme::github();
    let text = Scheme::standard_webhooks().with_secret_form(SecretForm::Text);
    for (scheme, is_signed) in [(unsigned, false), (text, true)] {
        let policy = builder(scheme.clone(), &clock).build().unwrap();
        let request = post(signed(&scheme, BODY), Script::new().data(BODY));
        let outcome = send(policy, request).await;
        let verified = outcome.verified();
        assert_eq!(verified.signed_id(), is_signed.then_some("msg_1"));
        assert_eq!(verified.unauthenticated_id(), (!is_signed).then_some("msg_1"));
    }
}

#[tokio::test]
async fn a_wider_window_is_the_policys_word() {
    let clock = ManualClock::at(NOW);
    let day = Window::symmetric(Duration::from_secs(86_400));
    let scheme = Scheme::stripe().with_timestamp(Timestamp::element("t").window(day));
    let secret = rempart_keys::Secret::new(crate::support::SECRET).unwrap();
    let yesterday = NOW.checked_sub(Duration::from_secs(86_400)).unwrap();
    let message = rempart_signature::Message::new(BODY, yesterday);
    for (scheme, reason) in [(scheme, None), (Scheme::stripe(), Some(Reason::StaleTimestamp))] {
        let headers = scheme.sign(&secret, &message).unwrap();
        let policy = builder(scheme, &clock).build().unwrap();
        let outcome = send(policy, post(headers, Script::new().data(BODY))).await;
        assert_eq!(outcome.reason(), reason);
    }
}
