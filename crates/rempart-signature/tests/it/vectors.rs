//! The vectors of `conformance/`, through `verify` and, where a preset signs, through `sign`.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Head, Message, Policy, PublicUrl, Rejection, Scheme, verify};
use rempart_testing::vectors::{Vectors, load, unhex};
use serde::Deserialize;

use crate::support::id;

const FILES: [&str; 6] =
    ["constructed", "github", "octokit", "standard-webhooks", "svix", "twilio"];

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    comment: String,
    scheme: String,
    secret: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    at: u64,
    result: String,
    reason: Option<String>,
}

impl Case {
    fn scheme(&self) -> Scheme {
        Scheme::preset(&self.scheme).unwrap_or_else(|| panic!("{}: no such preset", self.id))
    }

    fn secret(&self) -> Secret {
        Secret::new(unhex(&self.secret)).unwrap()
    }

    fn headers(&self) -> HeaderMap {
        let headers = self.headers.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        let mut map = HeaderMap::new();
        headers.for_each(|(name, value)| assert!(map.try_append(name, value).is_ok()));
        map
    }

    fn verdict(&self, headers: &HeaderMap) -> Result<(), Rejection> {
        let url: Uri = self.url.parse().unwrap();
        let policy = Policy::builder("vectors")
            .scheme(self.scheme())
            .keys(KeyRing::single(id("vector"), self.secret()))
            .public_url(PublicUrl::origin_of(&url).unwrap())
            .dangerously_short_secrets()
            .dangerously_without_read_deadline()
            .build()
            .unwrap();
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let head = Head::new(&method, &url, headers);
        verify(&policy, &head, &unhex(&self.body), Duration::from_secs(self.at)).map(drop)
    }
}

fn cases() -> Vec<Case> {
    let vectors = FILES.map(|file| load::<Case>(&format!("signature/{file}")));
    vectors.into_iter().flat_map(|Vectors { cases, .. }| cases).collect()
}

#[test]
fn every_vector_has_its_result() {
    for case in cases() {
        let verdict = case.verdict(&case.headers());
        let got = verdict.map_or_else(|rejection| rejection.to_string(), |()| "valid".to_owned());
        let want = case.reason.as_deref().unwrap_or("valid");
        assert_eq!(got, want, "{}: {}", case.id, case.comment);
        assert_eq!(case.result == "valid", case.reason.is_none(), "{}", case.id);
    }
}

#[test]
fn a_vector_changed_by_one_bit_of_its_body_is_refused() {
    for case in cases().into_iter().filter(|case| case.result == "valid") {
        let mut body = unhex(&case.body);
        for at in 0..body.len() {
            body[at] ^= 1;
            let hex: Vec<_> = body.iter().map(|byte| format!("{byte:02x}")).collect();
            let changed = Case { body: hex.concat(), ..case.clone() };
            assert!(changed.verdict(&case.headers()).is_err(), "{}, byte {at}", case.id);
            body[at] ^= 1;
        }
    }
}

#[test]
fn signing_gives_the_signature_of_the_vector() {
    // A vector with several signatures, or one in a spelling of the URL that is not the caller's,
    // is no sender's own.
    let own = |case: &Case| {
        let several = case.headers.iter().any(|(_, value)| value.matches("v1").count() > 1);
        let respelled = case.comment.contains("called with");
        case.result == "valid" && !several && !respelled
    };
    let mut signed = 0;
    for case in cases().into_iter().filter(own) {
        let (scheme, headers, body) = (case.scheme(), case.headers(), unhex(&case.body));
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
        let message = Message::new(&body, at).url(&case.url);
        let message = match scheme.id().and_then(header) {
            Some(id) => message.id(id),
            None => message,
        };
        // Where the unit is not documented, seconds are written.
        let ours = scheme.sign(&case.secret(), &message).unwrap();
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
    let cases = cases();
    for scheme in Scheme::presets() {
        let own = |case: &&Case| case.scheme == scheme.name() && case.result == "valid";
        assert!(cases.iter().any(|case| own(&case)), "{}", scheme.name());
    }
}
