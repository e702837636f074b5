//! The verifier agrees with a naive one, on anything that is sent.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rempart_keys::{Key, KeyId, KeyRing, Secret};
use rempart_signature::{
    Coverage, Decision, Elements, Encoding, Extraction, Head, HexCase, Message, Policy, Scheme,
    SecretForm, Template, Timestamp, Verification, decide, verify,
};
use sha2::Sha256;

const NOW: u64 = 1_700_000_000;

fn key(n: usize) -> Key {
    let secret = Secret::new(format!("made-up-secret-number-{n}")).unwrap();
    Key::new(KeyId::new(&format!("k{n}")).unwrap(), secret)
}

/// Made up, of the form that the scheme asks for.
fn secret_for(scheme: &Scheme) -> Secret {
    let key = STANDARD.encode([7; 32]);
    let text = match scheme.secret_form() {
        SecretForm::Base64 { prefix } => format!("{prefix}{key}"),
        SecretForm::Base64List { prefix } => format!("{prefix}{key}|{prefix}{key}"),
        SecretForm::Basic => format!("made-up-user:{key}"),
        _ => key,
    };
    Secret::new(text).unwrap()
}

fn policy(scheme: Scheme, keys: usize) -> Policy {
    let first = KeyRing::single(key(0).id(), key(0).secret().clone());
    Policy::builder("test")
        .scheme(scheme)
        .keys((1..keys).fold(first, |ring, n| ring.add(key(n)).unwrap()))
        .dangerously_without_read_deadline()
        .build()
        .unwrap()
}

/// The scheme that the naive verifier knows: `t=…,v1=…`, hexadecimal over time, dot and body.
fn scheme() -> Scheme {
    Scheme::new("naive", HeaderName::from_static("x-signature"))
        .with_extraction(Extraction::Elements(Elements::new(b',', b'=', "v1")))
        .with_template("{timestamp}.{body}".parse().unwrap())
        .with_timestamp(Timestamp::element("t"))
}

fn mac(key: &Key, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.secret().expose()).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Whether any of the keys signed: parse, concatenate, compare as text.
fn naive(value: &str, body: &[u8], keys: usize) -> Option<KeyId> {
    let elements: Vec<(&str, &str)> =
        value.split(',').map(|element| element.trim().split_once('=')).collect::<Option<_>>()?;
    let of = |wanted: &str| -> Vec<&str> {
        let pairs = elements.iter().filter(|(key, _)| *key == wanted);
        pairs.map(|(_, value)| *value).collect()
    };
    let (times, signatures) = (of("t"), of("v1"));
    let [time] = times[..] else { return None };
    let digits = time.len() <= 13 && time.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || time != time.parse::<u64>().ok()?.to_string() {
        return None;
    }
    let at = i128::from(time.parse::<u64>().ok()?);
    if at < i128::from(NOW) - 300 || at > i128::from(NOW) + 60 || signatures.len() > 16 {
        return None;
    }
    let shape =
        |text: &&str| text.len() == 64 && text.bytes().all(|b| b"0123456789abcdef".contains(&b));
    if !signatures.iter().all(shape) {
        return None;
    }
    // Of several keys the one that was added last: the others are not needed any more.
    (0..keys).rev().map(key).find_map(|key| {
        let signature = hex(&mac(&key, &[time.as_bytes(), b".", body]));
        signatures.contains(&signature.as_str()).then(|| key.id())
    })
}

/// Elements as a sender, a clumsy sender and a forger would write them.
fn element(body: Vec<u8>) -> impl Strategy<Value = String> {
    let times = select(vec![NOW, NOW - 300, NOW - 301, NOW + 60, NOW + 61, 0]);
    let signature = (0..4_usize, times.clone()).prop_map(move |(n, at)| {
        format!("v1={}", hex(&mac(&key(n), &[at.to_string().as_bytes(), b".", &body])))
    });
    prop_oneof![
        4 => times.prop_map(|at| format!("t={at}")),
        4 => signature.clone(),
        1 => signature.clone().prop_map(|text| text[..text.len() - 1].to_owned()),
        1 => signature.clone().prop_map(|text| text.to_uppercase()),
        1 => signature.prop_map(|text| format!(" {text}")),
        1 => Just(format!("v1={}", "0".repeat(64))),
        1 => Just("v0=whatever".to_owned()),
        1 => "[ -~]{0,12}",
    ]
}

proptest! {
    #[test]
    fn agrees_with_the_naive_verifier(
        (body, elements) in vec(any::<u8>(), 0..40).prop_flat_map(|body| {
            (Just(body.clone()), vec(element(body), 0..5))
        }),
        keys in 1..4_usize,
    ) {
        let value = elements.join(",");
        let mut headers = HeaderMap::new();
        headers.insert("x-signature", HeaderValue::from_str(&value).unwrap());
        let uri = Uri::from_static("/");
        let head = Head::new(&Method::POST, &uri, &headers);
        // Half a second past the full one: only whole seconds are compared.
        let now = Duration::from_secs(NOW) + Duration::from_millis(500);
        let verdict = verify(&policy(scheme(), keys), &head, &body, now);
        prop_assert_eq!(verdict.ok().map(|verified| verified.key()), naive(&value, &body, keys), "{}", value);
    }

    #[test]
    fn what_is_signed_verifies(
        body in vec(any::<u8>(), 0..200),
        parts in subsequence(vec!["{timestamp}", "/{method}/", ";{id};", "v0:", ".", "|"], 0..6),
        body_at in 0..7_usize,
        encoding in select(vec![Encoding::Base64, Encoding::Hex(HexCase::Lower)]),
        at in NOW - 300..NOW + 60,
    ) {
        let mut parts = parts;
        parts.insert(body_at.min(parts.len()), "{body}");
        let template: Template = parts.concat().parse().unwrap();
        let mut scheme = Scheme::new("any", HeaderName::from_static("x-signature"))
            .with_encoding(encoding)
            .with_template(template)
            .with_id(HeaderName::from_static("x-id"));
        if parts.contains(&"{timestamp}") {
            scheme = scheme.with_timestamp(Timestamp::header(HeaderName::from_static("x-time")));
        }
        let message = Message::new(&body, Duration::from_secs(at)).id("msg_1");
        let headers = scheme.sign(key(0).secret(), &message).unwrap();
        let uri = Uri::from_static("/");
        let head = Head::new(&Method::POST, &uri, &headers);
        let now = Duration::from_secs(NOW);
        let policy = policy(scheme, 2);
        prop_assert_eq!(verify(&policy, &head, &body, now).unwrap().key(), key(0).id());
        let mut longer = body;
        longer.push(0);
        prop_assert!(verify(&policy, &head, &longer, now).is_err());
    }

    #[test]
    fn frames_do_not_count_bytes_do(
        body in vec(any::<u8>(), 0..400),
        cuts in vec(0..400_usize, 0..6),
    ) {
        let headers = scheme().sign(key(0).secret(), &Message::new(&body, Duration::from_secs(NOW)));
        let headers = headers.unwrap();
        let uri = Uri::from_static("/");
        let head = Head::new(&Method::POST, &uri, &headers);
        let policy = policy(scheme(), 3);
        let now = Duration::from_secs(NOW);
        let Decision::Read(mut verification) = decide(&policy, &head, now) else {
            return Err(TestCaseError::fail("refused"));
        };
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
        cuts.sort_unstable();
        let mut from = 0;
        for cut in cuts.into_iter().chain([body.len()]) {
            verification.update(&body[from..cut]).unwrap();
            from = cut;
        }
        let verdict = Verification::finish(verification, &head, now, || (&body).into());
        prop_assert!(verdict.is_ok());
    }

    /// What any preset signs it accepts, with the time and the id that were signed; a body with one
    /// byte more it refuses, if it covers the body.
    #[test]
    fn every_preset_accepts_what_it_signs(
        text in "[ -~]{0,40}",
        at in NOW - 5..NOW + 5,
        id in "[a-zA-Z0-9_-]{1,40}",
        query in "([a-z]{1,5}=[a-zA-Z0-9%]{0,9}(&[a-z]{1,5}=([a-z0-9]|%3A|%20){0,9})?)?",
    ) {
        let at = Duration::from_secs(at);
        let text = text.replace(['"', '\\', '&', '=', '%', '+'], "");
        let url = format!("https://api.example.test/hooks?{query}");
        let uri: Uri = url.parse().unwrap();
        for scheme in Scheme::presets().filter(|scheme| scheme.algorithm().is_mac()) {
            let name = scheme.name().to_owned();
            let body = match name.as_str() {
                "twilio" => format!("Body=x{text}").into_bytes(),
                "linear" => format!(r#"{{"text":"{text}","webhookTimestamp":{}}}"#, at.as_millis()).into_bytes(),
                _ => format!(r#"{{"text":"{text}"}}"#).into_bytes(),
            };
            let secret = secret_for(&scheme);
            let message = Message::new(&body, at).url(&url).id(&id);
            let (mut headers, body) = match scheme.header() {
                Some(_) => (scheme.sign(&secret, &message).unwrap(), body.clone()),
                None => (HeaderMap::new(), scheme.sign_body(&secret, &message).unwrap()),
            };
            headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
            let covered = scheme.coverage() == Coverage::Body;
            let timed = scheme.timestamp().is_some();
            let policy = Policy::builder("test")
                .scheme(scheme)
                .keys(KeyRing::single(key(0).id(), secret))
                .public_url("https://api.example.test".parse().unwrap())
                .dangerously_accept_coverage(Coverage::None)
                .dangerously_without_read_deadline()
                .build()
                .unwrap();
            let head = Head::new(&Method::POST, &uri, &headers);
            let now = Duration::from_secs(NOW);
            let verdict = verify(&policy, &head, &body, now);
            let verified = verdict.map_err(|rejection| TestCaseError::fail(format!("{name}: {rejection}")))?;
            prop_assert_eq!(verified.timestamp(), timed.then_some(at), "{}", name);
            if let Some(signed) = verified.signed_id() {
                prop_assert_eq!(signed, &id);
            }
            let mut longer = body;
            longer.push(b' ');
            prop_assert_eq!(verify(&policy, &head, &longer, now).is_err(), covered, "{}", name);
        }
    }

    /// Whatever stands in the headers, the URL and the body: an answer, and no panic.
    #[test]
    fn no_input_panics(
        values in vec(vec(prop_oneof![0x20..=0x7e_u8, 0x80..=0xff_u8], 0..80), 3),
        repeated in any::<bool>(),
        query in "[a-zA-Z0-9=&%+]{0,90}",
        body in vec(any::<u8>(), 0..100),
        now in any::<u64>(),
    ) {
        let uri: Uri = format!("/hooks?{query}").parse().unwrap();
        for scheme in Scheme::presets().filter(|scheme| scheme.algorithm().is_mac()) {
            let mut headers = HeaderMap::new();
            let time = HeaderName::from_static("x-timestamp");
            let names = [scheme.header(), scheme.id(), scheme.further_headers().first()];
            let names = names.map(|name| name.unwrap_or(&time));
            for (name, value) in names.into_iter().zip(&values) {
                let value = HeaderValue::from_bytes(value).unwrap();
                headers.insert(name.clone(), value.clone());
                if repeated {
                    headers.append(name.clone(), value);
                }
            }
            headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
            let secret = secret_for(&scheme);
            let policy = Policy::builder("test")
                .scheme(scheme)
                .keys(KeyRing::single(key(0).id(), secret))
                .public_url("https://api.example.test".parse().unwrap())
                .dangerously_accept_coverage(Coverage::None)
                .dangerously_without_read_deadline()
                .build()
                .unwrap();
            let head = Head::new(&Method::POST, &uri, &headers);
            prop_assert!(verify(&policy, &head, &body, Duration::from_secs(now)).is_err());
        }
    }
}
