//! The vectors of `conformance/`, through `verify` and, where a preset signs, through `sign`.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Head, Message, Policy, PublicUrl, Rejection, Scheme, verify};
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

pub(crate) fn verdict(case: &Signed) -> Result<(), Rejection> {
    let url: Uri = case.url.parse().unwrap();
    let policy = Policy::builder("vectors")
        .scheme(scheme(case))
        .keys(KeyRing::single(id("vector"), secret(case)))
        .public_url(PublicUrl::origin_of(&url).unwrap())
        .dangerously_short_secrets()
        .dangerously_without_read_deadline()
        .build()
        .unwrap();
    let method = Method::from_bytes(case.method.as_bytes()).unwrap();
    let headers = headers(case);
    let head = Head::new(&method, &url, &headers);
    verify(&policy, &head, &case.body, Duration::from_secs(case.at)).map(drop)
}

#[test]
fn every_vector_has_its_result() {
    for case in Signed::all() {
        let got = verdict(&case).map_err(|rejection| rejection.to_string());
        let want = case.reason().map_or(Ok(()), |reason| Err(reason.to_owned()));
        assert_eq!(got, want, "{}: {}", case.id, case.comment);
    }
}

#[test]
fn a_vector_changed_by_one_bit_of_its_body_is_refused() {
    for mut case in Signed::all().into_iter().filter(Signed::is_valid) {
        for at in 0..case.body.len() {
            case.body[at] ^= 1;
            assert!(verdict(&case).is_err(), "{}, byte {at}", case.id);
            case.body[at] ^= 1;
        }
    }
}

#[test]
fn signing_gives_the_signature_of_the_vector() {
    // A vector with several signatures, or one in a spelling of the URL that is not the caller's,
    // is no sender's own.
    let own = |case: &Signed| {
        let count = |value: &str| value.matches("v1").count().max(value.matches("h1").count());
        let several = case.headers.iter().any(|(_, value)| count(value) > 1);
        let respelled = case.comment.contains("called with");
        case.is_valid() && !several && !respelled
    };
    let mut signed = 0;
    for case in Signed::all().into_iter().filter(own) {
        let (scheme, headers) = (scheme(&case), headers(&case));
        let header = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap());
        // Half an hour late is the receiver's time; the vector says the sender's.
        let sent = headers.values().find_map(|value| {
            let text = value.to_str().unwrap().split([',', ';']).next().unwrap();
            let digits = text.rsplit('=').next().unwrap();
            digits.parse::<u64>().ok().filter(|_| (10..=13).contains(&digits.len()))
        });
        let at = match sent {
            Some(millis) if millis > 100_000_000_000 => Duration::from_millis(millis),
            Some(seconds) => Duration::from_secs(seconds),
            None => Duration::from_secs(case.at),
        };
        let method = Method::from_bytes(case.method.as_bytes()).unwrap();
        let message = Message::new(&case.body, at).url(&case.url).method(method);
        let message = match scheme.id().and_then(header) {
            Some(id) => message.id(id),
            None => message,
        };
        // Where the unit is not documented, seconds are written.
        let ours = scheme.sign(&secret(&case), &message).unwrap();
        if scheme.name() == "vapi-timestamped" && at.subsec_millis() != 0 {
            continue;
        }
        let blank = |value: Option<&HeaderValue>| value.unwrap().to_str().unwrap().replace(' ', "");
        let name = scheme.header();
        assert_eq!(blank(ours.get(name)), blank(headers.get(name)), "{}", case.id);
        signed += 1;
    }
    assert!(signed >= 25, "{signed}");
}

#[test]
fn every_preset_has_a_vector() {
    let cases = Signed::all();
    // Those with public keys have files of their own.
    for scheme in Scheme::presets().filter(|scheme| scheme.algorithm().is_mac()) {
        let own = |case: &Signed| case.scheme == scheme.name() && case.is_valid();
        assert!(cases.iter().any(own), "{}", scheme.name());
    }
}
