//! How long a refusal takes says nothing of how wrong a signature was, nor whether there is its key.
//!
//! After [dudect](https://eprint.iacr.org/2016/1123): two classes of requests in random turns, a
//! million of them, and Welch's t-test on their times. A comparison that stops at the first
//! difference is measured in the same run, and must be found; else the test sees nothing here.
//! What is held below the threshold is the median of five such runs and not each of them: on a machine
//! that does other things too, one run in some dozens is above it without a cause, and two of five are
//! not; a difference that is there is in all of them.
//! Where two paths do the same work by other code, their medians are compared instead.
//! Unoptimised code is another program: it is compiled, so that this stays whole, and not measured.
#![cfg_attr(debug_assertions, expect(dead_code, reason = "no test of an unoptimised build"))]

use std::hint::black_box;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use rempart_keys::{Key, KeyId, KeyRing, Secret};
use rempart_signature::{
    Algorithm, BodyToken, Coverage, Head, ItemSignatures, Message, MessageSignatures,
    MessageSigner, Policy, PolicyBuilder, Scheme, verify,
};
use sha2::Sha256;

const SAMPLES: usize = 1_000_000;

/// Beyond this, two classes are told apart; dudect's own threshold.
const APART: f64 = 4.5;

/// What two medians may differ by, in parts of the first.
const ALIKE: f64 = 0.02;

const NOW: Duration = Duration::from_secs(1_700_000_000);
/// `made-up-for-the-tests-only`.
const ITEMS_KEY: &str = "6d6164652d75702d666f722d7468652d74657374732d6f6e6c79";
const SECRET: &str = "whsec_bWFkZS11cC1mb3ItdGhlLXRlc3RzLW9ubHktMQ==";
const BODY: &[u8] = br#"{"message":{"type":"status-update"}}"#;

/// The header of a good signature, with one character of it changed.
fn wrong(scheme: &Scheme, at: impl Fn(&str) -> usize) -> HeaderMap {
    let message = Message::new(BODY, NOW).id("msg_1");
    let mut headers = scheme.sign(&Secret::new(SECRET).unwrap(), &message).unwrap();
    let header = scheme.header().unwrap();
    let text = headers[header].to_str().unwrap();
    let altered = altered(text, at(text));
    headers.insert(header, altered);
    headers
}

fn altered(text: &str, at: usize) -> HeaderValue {
    let mut text = text.to_owned();
    let other = if text[at..].starts_with('A') || text[at..].starts_with('0') { "4" } else { "0" };
    text.replace_range(at..=at, other);
    HeaderValue::try_from(text).unwrap()
}

/// In the first character of the signature, and in the last one that is all signature.
fn classes(scheme: &Scheme) -> [HeaderMap; 2] {
    let start = |text: &str| text.rfind([',', '=']).filter(|at| *at + 2 < text.len());
    let first = wrong(scheme, |text| start(text.trim_end_matches('=')).map_or(0, |at| at + 1));
    let last = wrong(scheme, |text| text.trim_end_matches('=').len() - 2);
    [first, last]
}

/// With bytes of its own: a clone shares them.
fn copy(headers: &HeaderMap) -> HeaderMap {
    let value = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).unwrap();
    headers.iter().map(|(name, old)| (name.clone(), value(old))).collect()
}

/// The median of what five runs of a million each say. Once in a while a machine does something to
/// one class for a time; a difference that is there is there each time.
fn t(classes: &[HeaderMap; 2], run: impl Fn(&HeaderMap) -> bool) -> f64 {
    let mut ts = [1, 2, 3, 4, 5].map(|seed| welch(seed, classes, &run));
    ts.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    ts[2]
}

/// Welch's t of what two classes of arguments take.
fn welch(seed: u64, classes: &[HeaderMap; 2], run: &impl Fn(&HeaderMap) -> bool) -> f64 {
    let times = times(seed, classes, run);
    // The slowest tenth are the machine's doing: a thread that had to wait.
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let crop = sorted[SAMPLES / 10 * 9];
    let of = |class: usize| {
        let times = times.iter().filter(|(of, time)| *of == class && *time <= crop);
        let times: Vec<f64> = times.map(|(_, time)| *time).collect();
        let count = f64::from(u32::try_from(times.len()).unwrap());
        let mean = times.iter().sum::<f64>() / count;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((first, of_first), (last, of_last)) = (of(0), of(1));
    (first - last) / (of_first + of_last).sqrt()
}

/// What the medians of two classes differ by, in parts of the first: the middle one of five runs.
fn apart(classes: &[HeaderMap; 2], run: impl Fn(&HeaderMap) -> bool) -> f64 {
    let mut runs = [1, 2, 3, 4, 5].map(|seed| {
        let times = times(seed, classes, &run);
        let median = |class: usize| {
            let times = times.iter().filter(|(of, _)| *of == class);
            let mut times: Vec<f64> = times.map(|(_, time)| *time).collect();
            times.sort_unstable_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let (first, second) = (median(0), median(1));
        println!("medians: {first} ns, {second} ns");
        (second - first) / first
    });
    runs.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    runs[2]
}

/// What two classes of arguments take, in random turns.
fn times(
    seed: u64,
    classes: &[HeaderMap; 2],
    run: &impl Fn(&HeaderMap) -> bool,
) -> Vec<(usize, f64)> {
    let mut state = seed;
    let mut chance = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    };
    let mut times: Vec<(usize, f64)> = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let class = chance() % 2;
        // Made anew each time, and so where the last one was: else the address of one class, and not
        // of the other, is what is found.
        let headers = copy(&classes[class]);
        let start = Instant::now();
        let accepted = run(black_box(&headers));
        let time = start.elapsed();
        assert!(!accepted);
        times.push((class, f64::from(u32::try_from(time.as_nanos()).unwrap_or(u32::MAX))));
    }
    times
}

/// What must be found: the same mathematics, and a comparison of characters that stops early.
fn planted(key: &Hmac<Sha256>, headers: &HeaderMap) -> bool {
    let mut mac = key.clone();
    mac.update(BODY);
    let tag = mac.finalize().into_bytes();
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
    let computed = tag.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let given = headers[PLANTED.header().unwrap()].as_bytes();
    let mut text = [0; 64];
    text.iter_mut().zip(computed).for_each(|(to, from)| *to = from);
    text.iter().zip(given).all(|(ours, theirs)| black_box(ours) == black_box(theirs))
}

fn policy(secret: &str, of: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> Policy {
    let keys = KeyRing::single(KeyId::new("current").unwrap(), Secret::new(secret).unwrap());
    let policy = of(Policy::builder("timing").keys(keys));
    policy.dangerously_without_read_deadline().build().unwrap()
}

fn accepts(policy: &Policy, headers: &HeaderMap) -> bool {
    accepts_with(policy, headers, BODY)
}

fn accepts_with(policy: &Policy, headers: &HeaderMap, body: &[u8]) -> bool {
    let (method, uri) = (Method::POST, Uri::from_static("/hooks"));
    verify(policy, &Head::new(&method, &uri, headers), body, NOW).is_ok()
}

/// The two classes of a header in which a signature stands from one place to another.
fn ends(header: &'static str, text: &str, signature: std::ops::Range<usize>) -> [HeaderMap; 2] {
    [signature.start, signature.end - 1]
        .map(|at| HeaderMap::from_iter([(header.parse().unwrap(), altered(text, at))]))
}

static PLANTED: std::sync::LazyLock<Scheme> = std::sync::LazyLock::new(Scheme::vapi);

#[cfg_attr(not(debug_assertions), test, ignore = "asks for a machine that is quiet enough")]
fn the_first_wrong_byte_takes_as_long_as_the_last() {
    let key = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let found = t(&classes(&PLANTED), |headers| planted(&key, headers));
    println!("planted: t = {found:.1}");
    assert!(found.abs() > APART, "a comparison that stops early is not found: t = {found}");

    let hex_of_sha1 = Scheme::vercel();
    let list = Scheme::stripe();
    let base64 = Scheme::standard_webhooks();
    let sha512 = Scheme::paystack();
    for scheme in [Scheme::vapi(), hex_of_sha1, sha512, list, base64] {
        let policy = policy(SECRET, |policy| policy.scheme(scheme.clone()));
        let t = t(&classes(&scheme), |headers| accepts(&policy, headers));
        println!("{}: t = {t:.1}", scheme.name());
        assert!(t.abs() < APART, "{}: t = {t}", scheme.name());
    }
}

/// A secret that is sent as it is, and is compared by its digest; the planted comparison is made
/// beside all that work.
#[cfg_attr(not(debug_assertions), test, ignore = "asks for a machine that is quiet enough")]
fn the_first_wrong_byte_of_a_static_secret_takes_as_long_as_the_last() {
    let secret = SECRET.repeat(10);
    for scheme in [Scheme::gitlab(), Scheme::vapi_bearer()] {
        let header = scheme.header().unwrap().clone();
        let policy = policy(&secret, |policy| {
            policy.scheme(scheme.clone()).dangerously_accept_coverage(Coverage::None)
        });
        let written = match scheme.name() {
            "vapi-bearer" => format!("Bearer {secret}"),
            _ => secret.clone(),
        };
        let starts = written.len() - secret.len();
        let classes = [starts, written.len() - 1]
            .map(|at| HeaderMap::from_iter([(header.clone(), altered(&written, at))]));

        let found = t(&classes, |headers| {
            let equal = black_box(headers[&header].as_bytes()) == black_box(written.as_bytes());
            accepts(&policy, headers) | equal
        });
        println!("planted in {}: t = {found:.1}", scheme.name());
        assert!(found.abs() > APART, "a comparison that stops early is not found: t = {found}");

        let t = t(&classes, |headers| accepts(&policy, headers));
        println!("{}: t = {t:.1}", scheme.name());
        assert!(t.abs() < APART, "{}: t = {t}", scheme.name());
    }
}

/// The MAC of a message signature, of a token, and of an item in the body.
#[cfg_attr(not(debug_assertions), test, ignore = "asks for a machine that is quiet enough")]
fn the_first_wrong_byte_of_what_is_no_scheme_takes_as_long_as_the_last() {
    let secret = Secret::new(SECRET).unwrap();
    let undisturbed = |name: &str, classes: &[HeaderMap; 2], run: &dyn Fn(&HeaderMap) -> bool| {
        let t = t(classes, run);
        println!("{name}: t = {t:.1}");
        assert!(t.abs() < APART, "{name}: t = {t}");
    };

    let messages = policy(SECRET, |policy| {
        policy
            .message_signatures(MessageSignatures::new(Algorithm::HmacSha256))
            .public_url("https://api.example.test".parse().unwrap())
    });
    let signer = MessageSigner::new("current", Algorithm::HmacSha256, &secret).unwrap();
    let mut request = Request::post("https://api.example.test/hooks").body(()).unwrap();
    signer.sign_request(&mut request, BODY, NOW).unwrap();
    let good = request.into_parts().0.headers;
    assert!(accepts(&messages, &good));
    let text = good["signature"].to_str().unwrap().to_owned();
    let start = text.find("=:").unwrap() + 2;
    // The last digit before the padding has bits that mean nothing.
    let classes = ends("signature", &text, start..text.len() - 3);
    let classes = classes.map(|wrong| {
        let mut headers = good.clone();
        headers.extend(wrong);
        headers
    });
    undisturbed("a message signature", &classes, &|headers| accepts(&messages, headers));

    let tokens = policy(SECRET, |policy| policy.body_token(BodyToken::vonage()));
    let key = Key::new(KeyId::new("current").unwrap(), secret);
    let good = BodyToken::vonage().sign(&key, &Message::new(BODY, NOW)).unwrap();
    assert!(accepts(&tokens, &good));
    let text = good["authorization"].to_str().unwrap();
    let classes = ends("authorization", text, text.rfind('.').unwrap() + 1..text.len() - 1);
    undisturbed("a token", &classes, &|headers| accepts(&tokens, headers));

    let items = policy(ITEMS_KEY, |policy| {
        let policy = policy.item_signatures(ItemSignatures::adyen());
        policy.dangerously_accept_coverage(Coverage::Fields)
    });
    let body = br#"{"notificationItems":[{"NotificationRequestItem":{"pspReference":"made-up-1",
        "merchantAccountCode":"MadeUp","eventCode":"AUTHORISATION","success":"true"}}]}"#;
    let body = ItemSignatures::adyen().sign_body(&Secret::new(ITEMS_KEY).unwrap(), body).unwrap();
    assert!(accepts_with(&items, &HeaderMap::new(), &body));
    let body = String::from_utf8(body).unwrap();
    let (before, rest) = body.split_once("\"hmacSignature\":\"").unwrap();
    let (signature, after) = rest.split_once('"').unwrap();
    // It is written into the body anew each time, wherever that is.
    let classes = ends("x-signature", signature, 0..signature.len() - 2);
    undisturbed("an item", &classes, &|headers| {
        let signature = headers["x-signature"].to_str().unwrap();
        let body = format!("{before}\"hmacSignature\":\"{signature}\"{after}");
        accepts_with(&items, &HeaderMap::new(), body.as_bytes())
    });
}

/// A message that names a key which is there, and one that names none, neither of them signed with
/// it. If an unknown key were refused at once that would be found, so it is planted.
#[cfg_attr(not(debug_assertions), test, ignore = "asks for a machine that is quiet enough")]
fn an_unknown_key_takes_as_long_as_a_known_one() {
    let policy = policy(SECRET, |policy| {
        policy
            .message_signatures(MessageSignatures::new(Algorithm::HmacSha256))
            .public_url("https://api.example.test".parse().unwrap())
    });
    let wrong = Secret::new("made-up-and-nobody's-secret-of-all").unwrap();
    let classes = ["current", "unknown"].map(|keyid| {
        let signer = MessageSigner::new(keyid, Algorithm::HmacSha256, &wrong).unwrap();
        let mut request = Request::post("https://api.example.test/hooks").body(()).unwrap();
        signer.sign_request(&mut request, BODY, NOW).unwrap();
        request.into_parts().0.headers
    });

    let hasty = |headers: &HeaderMap| {
        let input = headers["signature-input"].to_str().unwrap();
        input.contains("current") && accepts(&policy, headers)
    };
    let found = apart(&classes, hasty);
    println!("planted: {:.1} %", found * 100.0);
    assert!(found.abs() > ALIKE, "a refusal at once is not found: {found}");

    let apart = apart(&classes, |headers| accepts(&policy, headers));
    println!("an unknown key: {:.2} %", apart * 100.0);
    assert!(apart.abs() < ALIKE, "{apart}");
}
