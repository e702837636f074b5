//! Every fault of a configuration, at once and by name.

use std::time::Duration;

use http::HeaderName;
use rempart_core::{ManualClock, NameError};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    ConfigError, Coverage, Elements, Extraction, Message, Policy, Scheme, SecretForm, SignPolicy,
    TimeUnit, Timestamp, UrlForm, Window,
};

use crate::support::{NOW, SECRET, builder, id, ring};

fn faults(scheme: Scheme) -> Vec<ConfigError> {
    let policy = builder(scheme, &ManualClock::default()).build();
    policy.err().map(|faults| faults.into_iter().collect()).unwrap_or_default()
}

fn name(text: &'static str) -> HeaderName {
    HeaderName::from_static(text)
}

#[test]
fn reports_every_fault_at_once() {
    let scheme = Scheme::twilio().with_body_limit(1);
    let ring = KeyRing::single(id("short"), Secret::new("12345").unwrap());
    let policy = Policy::builder("Twilio").scheme(scheme).keys(ring).body_limit(0);
    let faults = policy.build().unwrap_err();
    let want = [
        ConfigError::Name(NameError::InvalidByte { offset: 0 }),
        ConfigError::PublicUrlMissing,
        ConfigError::SecretTooShort { key: id("short"), length: 5, minimum: 32 },
        ConfigError::BodyLimitZero,
        ConfigError::DeadlineWithoutTimer,
    ];
    assert!(faults.iter().eq(&want), "{faults}");
    assert_eq!(faults.to_string().lines().count(), want.len());
}

#[test]
fn an_empty_policy_says_all_that_it_lacks() {
    let faults = Policy::builder("").build().unwrap_err();
    let want = [
        ConfigError::Name(NameError::Empty),
        ConfigError::SchemeMissing,
        ConfigError::NoKeys,
        ConfigError::DeadlineWithoutTimer,
    ];
    assert!(faults.iter().eq(&want), "{faults}");
}

#[test]
fn a_scheme_fits_together_or_is_refused() {
    let header = || name("x-acme-signature");
    let scheme = || Scheme::new("acme", header());
    let template = |text: &str| scheme().with_template(text.parse().unwrap());
    let time = || Timestamp::header(name("x-acme-time"));
    let timed = |time: Timestamp| template("{timestamp}.{body}").with_timestamp(time);
    let window = |past, future| Window::new(Duration::from_secs(past), Duration::from_secs(future));
    let elements = |separator, assign, key| {
        scheme().with_extraction(Extraction::Elements(Elements::new(separator, assign, key)))
    };
    let reused = |header| vec![ConfigError::HeaderReused { header }];
    let uncovered = |coverage| vec![ConfigError::BodyNotCovered { coverage }];
    let extraction = || vec![ConfigError::Extraction];
    #[rustfmt::skip]
    let rows = vec![
        ("the simplest",              scheme(),                                           vec![]),
        ("a time",                    timed(time()),                                      vec![]),
        ("a time nobody signs",       scheme().with_timestamp(time()),                    vec![ConfigError::TimestampNotSigned]),
        ("a time that is nowhere",    template("{timestamp}.{body}"),                     vec![ConfigError::TimestampUndefined]),
        ("an id that is nowhere",     template("{id}.{body}"),                            vec![ConfigError::IdUndefined]),
        ("an element of no list",     timed(Timestamp::element("t")),                     vec![ConfigError::TimestampUndefined]),
        ("no body",                   template("{method}"),                               uncovered(Coverage::Fields)),
        ("nothing",                   template("hello"),                                  uncovered(Coverage::None)),
        ("the body twice",            template("{body}{body}"),                           vec![ConfigError::BodyCoveredTwice]),
        ("a form and the body",       template("{form}{body}"),                           vec![ConfigError::BodyCoveredTwice]),
        ("the URL of nobody",         template("{url}{body}"),                            vec![ConfigError::PublicUrlMissing]),
        ("spellings of no URL",       scheme().with_url_form(UrlForm::WithAndWithoutPort), vec![ConfigError::UrlNotSigned]),
        ("a digest of what is there", scheme().with_digest_parameter("sha256"),           vec![ConfigError::DigestParameterNotSigned]),
        ("an id in the signature",    scheme().with_id(header()),                         reused(header())),
        ("a time in the signature",   timed(Timestamp::header(header())),                 reused(header())),
        ("no past",                   timed(time().window(window(0, 60))),                vec![ConfigError::WindowEmpty]),
        ("a day",                     timed(time().window(window(86_400, 0))),            vec![]),
        ("more than a day back",      timed(time().window(window(86_401, 0))),            vec![ConfigError::WindowTooWide { widest: Duration::from_secs(86_401) }]),
        ("more than a day ahead",     timed(time().window(window(1, 90_000))),            vec![ConfigError::WindowTooWide { widest: Duration::from_secs(90_000) }]),
        ("a prefix with a blank",     scheme().with_extraction(Extraction::prefixed("HMAC ")), vec![]),
        ("a blank before all",        scheme().with_extraction(Extraction::prefixed(" HMAC")), extraction()),
        ("a prefix of no header",     scheme().with_extraction(Extraction::prefixed("HMAC\n")), extraction()),
        ("good elements",             elements(b',', b'=', "v1"),                         vec![]),
        ("blanks and commas",         elements(b' ', b',', "v1"),                         vec![]),
        ("one byte for both",         elements(b',', b',', "v1"),                         extraction()),
        ("a separator of Base64",     elements(b'+', b'=', "v1"),                         extraction()),
        ("a separator of keys",       elements(b'a', b'=', "v1"),                         extraction()),
        ("an assignment by a blank",  elements(b',', b' ', "v1"),                         extraction()),
        ("no key",                    elements(b',', b'=', ""),                           extraction()),
        ("a key of two words",        elements(b',', b'=', "v 1"),                        extraction()),
    ];
    for (row, scheme, want) in rows {
        assert_eq!(faults(scheme), want, "{row}");
    }
}

#[test]
fn a_time_and_a_signature_do_not_share_a_key() {
    let scheme = Scheme::stripe().with_timestamp(Timestamp::element("v1"));
    assert_eq!(faults(scheme), [ConfigError::Extraction]);
}

/// Where `1700000000` and `1700000000123` are both a time, the one before `123{}` is the other
/// before `{}`; and an id ends where its reader likes: `evt_` at 1700000000 before `1700000001{}` is
/// `evt_1700000000` at 1700000001 before `{}`.
#[test]
fn what_is_signed_can_be_cut_in_one_way_only() {
    use TimeUnit::{Auto, Millis, Rfc3339, Seconds};
    let header = HeaderName::from_static("x-time");
    let rows = [
        ("{timestamp}{body}", Seconds, true),
        ("{timestamp}{body}", Millis, true),
        ("{timestamp}{body}", Rfc3339, true),
        ("{timestamp}{body}", Auto, false),
        ("{timestamp}.{body}", Auto, true),
        ("{timestamp}0{body}", Auto, false),
        ("{timestamp}0.{body}", Auto, true),
        ("{timestamp}{id}.{body}", Auto, false),
        ("{timestamp}{id}.{body}", Seconds, true),
        ("{timestamp}{method}:{body}", Auto, false),
        ("{timestamp}{method}:{body}", Seconds, true),
        ("{timestamp}{method}.{body}", Seconds, false),
        ("{timestamp}{method}{body}", Seconds, false),
        ("{timestamp}{method}{url}{body}", Seconds, true),
        ("{method}{timestamp}{body}", Seconds, false),
        ("{timestamp}{url}{body}", Auto, true),
        ("{id}{body}{timestamp}", Seconds, false),
        ("{id}{method}:{timestamp}{body}", Seconds, false),
        ("{id}.{body}{timestamp}", Seconds, true),
        ("{id}{timestamp}{body}", Seconds, false),
        ("{id}{timestamp}{body}", Millis, false),
        ("{id}{timestamp}{body}", Auto, false),
        ("{id}{timestamp}{body}", Rfc3339, true),
        ("{id}{url}{body}{timestamp}", Seconds, false),
        ("{body}{timestamp}", Seconds, true),
        ("{body}{timestamp}", Millis, true),
        ("{body}{timestamp}", Rfc3339, true),
        ("{body}{timestamp}", Auto, false),
        ("{body}7{timestamp}", Auto, false),
        ("{body}.{timestamp}", Auto, true),
        ("{body}{url}{timestamp}", Auto, false),
        ("{body}{timestamp}{id}", Seconds, false),
        ("{body}{timestamp}{id}", Rfc3339, false),
        ("{body}{id}{timestamp}", Rfc3339, false),
        ("{body}.{id}{timestamp}", Seconds, true),
        ("{body}{timestamp}.{id}", Seconds, true),
        ("{body}{timestamp}{method}", Seconds, false),
        ("{body}{timestamp}/{method}", Seconds, true),
    ];
    for (template, unit, one_way) in rows {
        let scheme = Scheme::new("acme", HeaderName::from_static("x-acme"))
            .with_template(template.parse().unwrap())
            .with_id(HeaderName::from_static("x-id"))
            .with_timestamp(Timestamp::header(header.clone()).unit(unit));
        let faults = faults(scheme);
        let cut = faults.iter().any(|fault| matches!(fault, ConfigError::NoMarkBetween { .. }));
        assert_eq!(cut, !one_way, "{template} {unit:?}: {faults:?}");
    }
}

/// Where no mark stands beside it, nor a date after it.
#[test]
fn an_id_does_not_hold_what_tells_where_it_ends() {
    let secret = Secret::new(SECRET).unwrap();
    let after = Scheme::twitch().with_template("{body}.{id}/{timestamp}".parse().unwrap());
    #[rustfmt::skip]
    let rows = [
        (Scheme::twitch(), "e76c6bd4-55c9",  true),
        (Scheme::twitch(), "2023-11-14T22:", false),
        (after.clone(),    "a/b",            true),
        (after,            "a.b",            false),
    ];
    for (scheme, id, good) in rows {
        let signed = scheme.sign(&secret, &Message::new(b"{}", NOW).id(id));
        assert_eq!(signed.is_ok(), good, "{id}");
    }
}

#[test]
fn every_preset_builds() {
    for scheme in Scheme::presets().filter(|scheme| scheme.algorithm().is_mac()) {
        // Those whose secrets are Base64 have one of their own.
        let scheme = scheme.with_secret_form(SecretForm::Text);
        let policy = builder(scheme.clone(), &ManualClock::default());
        let policy = policy
            .public_url("https://api.example.test".parse().unwrap())
            .dangerously_accept_coverage(scheme.coverage());
        assert!(policy.build().is_ok(), "{}", scheme.name());
    }
}

#[test]
fn a_secret_is_of_the_form_that_the_scheme_asks_for() {
    let rows = [
        ("C2FVsBQIhrscChlQIMV+b5sSYspob7oD", None),
        ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", None),
        // 12 bytes once decoded: it is the key that is measured, not its text.
        ("whsec_C2FVsBQIhrscChlQ", Some((12, 24))),
        ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o", Some((0, 0))),
        ("whsec_not base64", Some((0, 0))),
        ("whsec_", Some((0, 0))),
    ];
    for (secret, fault) in rows {
        let ring = KeyRing::single(id("a"), Secret::new(secret).unwrap());
        let policy = builder(Scheme::standard_webhooks(), &ManualClock::default()).keys(ring);
        let want = fault.map(|fault| match fault {
            (0, 0) => ConfigError::SecretForm { key: id("a") },
            (length, minimum) => ConfigError::SecretTooShort { key: id("a"), length, minimum },
        });
        let faults = policy.build().err().into_iter().flatten();
        assert!(faults.eq(want), "{secret}");
    }
}

#[test]
fn a_short_secret_is_taken_only_when_it_is_called_dangerous() {
    let short = KeyRing::single(id("a"), Secret::new("15-bytes-secret").unwrap());
    let policy = builder(Scheme::github(), &ManualClock::default()).keys(short);
    let fault = ConfigError::SecretTooShort { key: id("a"), length: 15, minimum: 16 };
    assert!(policy.clone().build().unwrap_err().iter().eq([&fault]));
    assert!(policy.dangerously_short_secrets().build().is_ok());
    // Nor does the scheme ask for less, unless it is called so.
    let one = || KeyRing::single(id("a"), Secret::new("1").unwrap());
    let scheme = Scheme::github().with_min_secret(0);
    let policy = builder(scheme.clone(), &ManualClock::default()).keys(one());
    let fault = ConfigError::MinSecretTooLow { minimum: 0 };
    assert!(policy.clone().build().unwrap_err().iter().eq([&fault]));
    assert!(policy.dangerously_short_secrets().build().is_ok());
    let signing = SignPolicy::builder().scheme(scheme).keys(one()).timer(ManualClock::default());
    assert!(signing.build().unwrap_err().iter().eq([&fault]));
}

#[test]
fn a_ring_whose_keys_are_all_revoked_is_no_keys() {
    let policy = builder(Scheme::github(), &ManualClock::default()).keys(ring().revoke_all());
    assert!(policy.build().unwrap_err().iter().eq([&ConfigError::NoKeys]));
}

#[test]
fn a_deadline_has_a_timer() {
    let without = Policy::builder("a").scheme(Scheme::github()).keys(ring());
    let fault = ConfigError::DeadlineWithoutTimer;
    assert!(without.clone().build().unwrap_err().iter().eq([&fault]));
    assert!(without.clone().timer(ManualClock::default()).build().is_ok());
    assert!(without.clone().dangerously_without_read_deadline().build().is_ok());
    let zero = without.timer(ManualClock::default()).read_deadline(Duration::ZERO);
    assert!(zero.build().unwrap_err().iter().eq([&ConfigError::DeadlineZero]));
}

#[test]
fn no_fault_shows_a_secret() {
    let ring = KeyRing::single(id("a"), Secret::new(SECRET).unwrap());
    let policy = builder(Scheme::standard_webhooks(), &ManualClock::default()).keys(ring);
    let faults = policy.build().unwrap_err();
    for text in [format!("{faults}"), format!("{faults:?}"), format!("{faults:#?}")] {
        rempart_testing::canary::assert_absent(text, SECRET);
    }
}
