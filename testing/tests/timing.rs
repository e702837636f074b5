//! How long a refusal takes says nothing of how wrong a signature was.
//!
//! After [dudect](https://eprint.iacr.org/2016/1123): two classes of requests in random turns, a
//! million of them, and Welch's t-test on their times. A comparison that stops at the first
//! difference is measured in the same run, and must be found; else the test sees nothing here.
//! Unoptimised code is another program, so that this is one of release builds only.
#![cfg(not(debug_assertions))]

use std::hint::black_box;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method, Uri};
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_signature::{Head, Message, Policy, Scheme, verify};
use sha2::Sha256;

const SAMPLES: usize = 1_000_000;

/// Beyond this, two classes are told apart; dudect's own threshold.
const APART: f64 = 4.5;

const NOW: Duration = Duration::from_secs(1_700_000_000);
const SECRET: &str = "whsec_bWFkZS11cC1mb3ItdGhlLXRlc3RzLW9ubHktMQ==";
const BODY: &[u8] = br#"{"message":{"type":"status-update"}}"#;

/// The header of a good signature, with one character of it changed.
fn wrong(scheme: &Scheme, at: impl Fn(&str) -> usize) -> HeaderMap {
    let message = Message::new(BODY, NOW).id("msg_1");
    let mut headers = scheme.sign(&Secret::new(SECRET).unwrap(), &message).unwrap();
    let mut text = headers[scheme.header()].to_str().unwrap().to_owned();
    let at = at(&text);
    let other = if text[at..].starts_with('A') || text[at..].starts_with('0') { "4" } else { "0" };
    text.replace_range(at..=at, other);
    headers.insert(scheme.header(), HeaderValue::try_from(text).unwrap());
    headers
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

/// Welch's t of what two classes of arguments take, in random turns.
fn welch(seed: u64, classes: &[HeaderMap; 2], run: &impl Fn(&HeaderMap) -> bool) -> f64 {
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

/// What must be found: the same mathematics, and a comparison of characters that stops early.
fn planted(key: &Hmac<Sha256>, headers: &HeaderMap) -> bool {
    let mut mac = key.clone();
    mac.update(BODY);
    let tag = mac.finalize().into_bytes();
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
    let computed = tag.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let given = headers[PLANTED.header()].as_bytes();
    let mut text = [0; 64];
    text.iter_mut().zip(computed).for_each(|(to, from)| *to = from);
    text.iter().zip(given).all(|(ours, theirs)| black_box(ours) == black_box(theirs))
}

static PLANTED: std::sync::LazyLock<Scheme> = std::sync::LazyLock::new(Scheme::vapi);

#[test]
#[ignore = "asks for a machine that is quiet enough"]
fn the_first_wrong_byte_takes_as_long_as_the_last() {
    let key = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let found = t(&classes(&PLANTED), |headers| planted(&key, headers));
    println!("planted: t = {found:.1}");
    assert!(found.abs() > APART, "a comparison that stops early is not found: t = {found}");

    let hex_of_sha1 = Scheme::vercel();
    let list = Scheme::stripe();
    let base64 = Scheme::standard_webhooks();
    for scheme in [Scheme::vapi(), hex_of_sha1, list, base64] {
        let policy = Policy::builder("timing")
            .scheme(scheme.clone())
            .keys(KeyRing::single(KeyId::new("only").unwrap(), Secret::new(SECRET).unwrap()))
            .dangerously_without_read_deadline()
            .build()
            .unwrap();
        let (method, uri) = (Method::POST, Uri::from_static("/hooks"));
        let t = t(&classes(&scheme), |headers| {
            verify(&policy, &Head::new(&method, &uri, headers), BODY, NOW).is_ok()
        });
        println!("{}: t = {t:.1}", scheme.name());
        assert!(t.abs() < APART, "{}: t = {t}", scheme.name());
    }
}
