//! The vectors of `conformance/`, through `verify` and, where a preset signs, through `sign`.

#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "paypal", feature = "sns"))]
mod others;

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Coverage, Head, Message, Policy, PublicUrl, Rejection, Scheme, SignedHeaders, TimeUnit,
    Timestamp, Verified, verify,
};
use rempart_testing::vectors::Signed;

use crate::support::id;

fn scheme(case: &Signed) -> Scheme {
    Scheme::preset(&case.scheme).unwrap_or_else(|| panic!("{}: no such preset", case.id))
}

fn secret(case: &Signed) -> Secret {
    Secret::new(case.secret.clone()).unwrap()
}

pub(crate) fn headers(case: &Signed) -> HeaderMap {
    let headers = case.headers.iter().map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    let mut map = HeaderMap::new();
    headers.for_each(|(name, value)| assert!(map.try_append(name, value).is_ok()));
    map
}

pub(crate) fn verdict(case: &Signed) -> Result<Verified, Rejection> {
    let url: Uri = case.url.parse().unwrap();
    let policy = Policy::builder("vectors")
        .scheme(scheme(case))
        .keys(KeyRing::single(id("vector"), secret(case)))
        .public_url(PublicUrl::origin_of(&url).unwrap())
        .dangerously_accept_coverage(Coverage::None)
        .dangerously_short_secrets()
        .dangerously_without_read_deadline()
        .build()
        .unwrap();
    let method = Method::from_bytes(case.method.as_bytes()).unwrap();
    let headers = headers(case);
    let head = Head::new(&method, &url, &headers);
    verify(&policy, &head, &case.body, Duration::from_secs(case.at))
}

#[test]
fn every_vector_has_its_result() {
    for case in Signed::all() {
        let got = verdict(&case).map(drop).map_err(|rejection| rejection.to_string());
        let want = case.reason().map_or(Ok(()), |reason| Err(reason.to_owned()));
        assert_eq!(got, want, "{}: {}", case.id, case.comment);
    }
}

#[test]
fn a_vector_changed_by_one_bit_of_its_body_is_refused() {
    let covered = |case: &Signed| case.is_valid() && scheme(case).coverage() == Coverage::Body;
    for mut case in Signed::all().into_iter().filter(covered) {
        for at in 0..case.body.len() {
            case.body[at] ^= 1;
            assert!(verdict(&case).is_err(), "{}, byte {at}", case.id);
            case.body[at] ^= 1;
        }
    }
}

/// Vectors that no sender writes as we do: several signatures, or another key's beside ours; a
/// spelling of the URL that is not the caller's; a date with an offset.
const NOT_OURS: [&str; 8] = [
    "box-primary",
    "box-secondary",
    "box-secondary-alone",
    "box-ten-minutes",
    "docusign-last",
    "docusign-third",
    "supabase-auth-listed",
    "zendesk-offset",
];

#[test]
fn signing_gives_the_signature_of_the_vector() {
    let own = |case: &Signed| {
        let count = |value: &str| value.matches("v1").count().max(value.matches("h1").count());
        let several = case.headers.iter().any(|(_, value)| count(value) > 1);
        let respelled = case.comment.contains("called with");
        case.is_valid() && !several && !respelled && !NOT_OURS.contains(&case.id.as_str())
    };
    let mut signed = 0;
    for case in Signed::all().into_iter().filter(own) {
        let (mut scheme, headers) = (scheme(&case), headers(&case));
        if scheme.signed_headers().is_some() {
            let rule = ["x-event-id", "x-event-type"].map(HeaderName::from_static);
            let rule = rule.into_iter().fold(SignedHeaders::element("h"), SignedHeaders::require);
            scheme = scheme.with_signed_headers(rule);
        }
        // Half an hour late is the receiver's time; the vector says the sender's.
        let at = verdict(&case).unwrap().timestamp();
        let at = at.unwrap_or(Duration::from_secs(case.at));
        let unit = scheme.timestamp().map(Timestamp::counts);
        // Where the unit is not documented, seconds are written.
        if unit == Some(TimeUnit::Auto) && at.subsec_millis() != 0 {
            continue;
        }
        let message = Message::new(&case.body, at).url(&case.url).headers(&headers);
        let id = scheme.id().and_then(|name| headers.get(name));
        let message = match id {
            Some(id) => message.id(id.to_str().unwrap()),
            None => message,
        };
        let message = message.method(Method::from_bytes(case.method.as_bytes()).unwrap());
        let Some(name) = scheme.header() else { continue };
        if scheme.further_headers().iter().any(|further| headers.contains_key(further)) {
            continue;
        }
        let ours = scheme.sign(&secret(&case), &message).unwrap();
        let blank = |value: Option<&HeaderValue>| value.unwrap().to_str().unwrap().replace(' ', "");
        assert_eq!(blank(ours.get(name)), blank(headers.get(name)), "{}", case.id);
        signed += 1;
    }
    assert!(signed >= 60, "{signed}");
}

#[test]
fn every_preset_has_a_vector() {
    let cases = Signed::all();
    // Those with public keys have files of their own.
    let pairs = ["pairs", "sendgrid", "standard-webhooks-v1a"].map(Signed::of).concat();
    for scheme in Scheme::presets() {
        let own = |case: &&Signed| case.scheme == scheme.name() && case.is_valid();
        let cases = if scheme.algorithm().is_mac() { &cases } else { &pairs };
        let found: Vec<_> = cases.iter().filter(own).collect();
        assert!(!found.is_empty(), "{}", scheme.name());
        assert!(found.iter().any(|case| verdict(case).is_ok()), "{}", scheme.name());
    }
}
