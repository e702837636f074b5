//! Which origins are allowed: the sets of the policy against a matcher of five lines.

use http::{HeaderMap, HeaderValue, Method, header};
use proptest::prelude::*;
use rempart_cors::{ConfigError, Decision, Policy, decide};

use crate::dice::Dice;
use crate::origins::is_beyond_dns;

/// The whole of origin matching.
fn is_covered(origin: &str, entry: &str) -> bool {
    let [(scheme, host, port), (own_scheme, own_host, own_port)] = [parts(origin), parts(entry)];
    let same_host = match own_host.strip_prefix("*.") {
        Some(above) => host.ends_with(&format!(".{above}")),
        None => host == own_host,
    };
    same_host && scheme == own_scheme && (own_port == "*" || port == own_port)
}

fn naive(listed: &[String], line: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(line) else { return false };
    listed.iter().any(|entry| is_covered(text, entry)) && is_canonical(text)
}

/// Scheme, host and port; a host never holds a colon but between brackets.
fn parts(origin: &str) -> (&str, &str, &str) {
    let (scheme, rest) = origin.split_once("://").unwrap_or((origin, ""));
    match rest.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
        Some((host, port)) => (scheme, host, if port.is_empty() { "none" } else { port }),
        None => (scheme, rest, ""),
    }
}

/// Whether a browser could have sent it, by somebody else's parser.
fn is_canonical(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| url.origin().ascii_serialization() == text && !is_beyond_dns(&url))
}

/// Whether a label stands there that is formally punycode, perhaps of a name that no registry knows:
/// then parsers differ.
fn holds_odd_punycode(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let mut labels = text.split(['.', '/', ':']);
    labels.any(|label| label.starts_with("xn--") && label != "xn--mnchen-3ya")
}

/// What the policy makes of a request with these lines of `Origin`.
fn allows<const N: usize>(policy: &Policy, lines: [&[u8]; N]) -> bool {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::ORIGIN, HeaderValue::from_bytes(line).unwrap());
    }
    match decide(policy, &Method::GET, &headers) {
        Decision::Actual(verdict) => verdict.is_ok(),
        Decision::NotCors => false,
        other => panic!("{other:?}"),
    }
}

/// The policy of a list, from which is taken what is said twice: it allows the same.
fn policy(listed: &[String]) -> Policy {
    let mut left = listed.to_vec();
    loop {
        let policy = Policy::anonymous("p").origins(&left);
        let policy = policy.dangerously_allow_any_port().dangerously_allow_public_suffixes();
        let faults = match policy.build() {
            Ok(policy) => return policy,
            Err(faults) => faults,
        };
        let mut twice: Vec<usize> = faults
            .iter()
            .map(|fault| match fault {
                ConfigError::CoveredOrigin { index, .. }
                | ConfigError::DuplicateOrigin { index, .. } => *index,
                other => panic!("{other}"),
            })
            .collect();
        twice.sort_unstable();
        twice.dedup();
        for index in twice.into_iter().rev() {
            let entry = left.remove(index);
            assert!(left.iter().any(|other| covers(other, &entry)), "{entry} in {left:?}");
        }
    }
}

/// Whether all that `entry` covers is covered by the other.
fn covers(other: &str, entry: &str) -> bool {
    let port = if entry.ends_with(":*") { ":7" } else { "" };
    let origin = entry.replace(":*", port).replace("*.", "x.y.");
    is_covered(&origin, other)
}

proptest! {
    // Each case is two thousand pairs of a policy and an origin: 10^6 in all.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn an_origin_is_allowed_if_it_is_the_only_one_and_the_list_covers_it(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let listed: Vec<String> = (0..=dice.below(12)).map(|_| dice.entry()).collect();
        let policy = policy(&listed);
        for nth in 0..2_000 {
            let line = dice.line();
            if !holds_odd_punycode(&line) {
                let expected = naive(&listed, &line);
                let text = String::from_utf8_lossy(&line);
                prop_assert_eq!(allows(&policy, [&line[..]]), expected, "{:?} in {:?}", text, listed);
            }
            if nth % 10 == 0 {
                let listed = dice.pick(&["https://a", "http://b.a:8080", "https://ab.example"]);
                let two = [&line[..], listed.as_bytes()];
                prop_assert!(!allows(&policy, two), "two lines are nobody's: {:?}", two);
            }
        }
        for entry in listed.iter().filter(|entry| !entry.contains('*')) {
            prop_assert!(allows(&policy, [entry.as_bytes()]), "what is listed is allowed: {}", entry);
        }
        prop_assert!(!allows(&policy, []));
    }
}

/// Every text of up to seven bytes of alphabets that origins are made of, against lists over them.
#[test]
fn no_short_text_is_allowed_but_what_a_list_covers() {
    #[rustfmt::skip]
    let rows: [(&str, &str, &[&str], usize); 10] = [
        // before them,  the bytes, the list,                            how many are allowed
        ("https://",     "a.b",     &["https://a"],                      1),
        ("https://",     "a.b",     &["https://a.b", "https://b"],       2),
        ("https://",     "a.b",     &["https://ab.a", "https://a.ab"],   2),
        ("https://",     "a.b",     &["https://a.a.a.a"],                1),
        ("https://",     "a.b",     &["https://*.a"],                    138),
        ("https://",     "a.b",     &["https://*.a", "https://*.b.a"],   138),
        ("https://",     "a.b",     &["https://*.a.b", "https://b"],     19),
        ("https://",     "a.-",     &["https://*.a"],                    25),
        ("http://a:",    "801",     &["http://a:*"],                     160),
        ("http://a",     ":8*",     &["http://a:*", "http://*.a:8"],     5),
    ];
    for (before, bytes, list, allowed) in rows {
        let listed: Vec<String> = list.iter().map(ToString::to_string).collect();
        let (policy, bytes) = (policy(&listed), bytes.as_bytes());
        let mut counted = 0;
        for length in 0..=7 {
            for number in 0..3_usize.pow(length) {
                let digit = |at| bytes[number / 3_usize.pow(at) % 3];
                let line: Vec<u8> = before.bytes().chain((0..length).map(digit)).collect();
                let verdict = allows(&policy, [&line]);
                let text = String::from_utf8_lossy(&line).into_owned();
                assert_eq!(verdict, naive(&listed, &line), "{text} in {list:?}");
                counted += usize::from(verdict);
            }
        }
        assert_eq!(counted, allowed, "{before} {bytes:?} {list:?}");
    }
}
