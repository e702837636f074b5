//! What holds for every input: the fast paths against models of a few lines.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use http::{HeaderMap, HeaderValue, Method, header};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rempart_cors::{Decision, Origin, Policy, decide};

const NAMES: [&str; 5] = ["apikey", "authorization", "content-type", "x-a", "x-client-info"];

/// The whole of origin matching.
fn naive(listed: &[String], lines: &[Vec<u8>]) -> bool {
    match lines {
        [line] => listed.iter().any(|origin| origin.as_bytes() == line),
        _ => false,
    }
}

fn production(policy: &Policy, lines: &[Vec<u8>]) -> bool {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::ORIGIN, HeaderValue::from_bytes(line).unwrap());
    }
    let allowed = match decide(policy, &Method::GET, &headers) {
        Decision::Actual(verdict) => verdict.is_ok(),
        Decision::NotCors => false,
        other => panic!("{other:?}"),
    };
    assert_eq!(allowed, policy.grant(&headers).is_allowed());
    allowed
}

/// The whole of the requested headers' grammar and bounds.
fn naive_list(allowed: &[&str], lines: &[String]) -> bool {
    let elements = || lines.iter().flat_map(|line| line.split(','));
    let trimmed = elements().map(|name| name.trim_matches([' ', '\t']).to_lowercase());
    let mut names: Vec<String> = trimmed.filter(|name| !name.is_empty()).collect();
    let empty = elements().count() - names.len();
    let bytes: usize = lines.iter().map(String::len).sum();
    let known = names.iter().all(|name| allowed.contains(&name.as_str()));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    known && count == names.len() && empty <= 16 && lines.len() <= 16 && bytes <= 4096
}

/// Origins of few parts, so that many are equal, or nearly.
fn origin() -> impl Strategy<Value = String> {
    let scheme = select(vec!["https://", "http://"]);
    let label = || select(vec!["a", "b", "ab", "aba", "example", "xn--mnchen-3ya"]);
    let port = select(vec!["", "", ":8443", ":8080", ":1"]);
    (scheme, vec(label(), 1..4), port)
        .prop_map(|(scheme, labels, port)| format!("{scheme}{}{port}", labels.join(".")))
}

/// An `Origin` line: one such, one changed a little, or any bytes.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let piece =
        select(vec!["", "/", ".", ":", "@", "a", "b.", "%", "[", "]", " ", "\u{e9}", ":443"]);
    let changed = (origin(), any::<prop::sample::Index>(), piece, any::<bool>()).prop_map(
        |(origin, at, piece, cut)| {
            let at = at.index(origin.len() + 1);
            let tail = origin.get(at + usize::from(cut)..).unwrap_or_default();
            format!("{}{piece}{tail}", &origin[..at]).into_bytes()
        },
    );
    prop_oneof![
        4 => origin().prop_map(String::into_bytes),
        4 => changed,
        1 => vec(visible(), 0..400),
    ]
}

/// A byte that a header value can hold.
fn visible() -> impl Strategy<Value = u8> {
    prop_oneof![Just(b'\t'), b' '..127, 128..=255_u8]
}

fn policy(mut listed: Vec<String>) -> (Policy, Vec<String>) {
    listed.sort_unstable();
    listed.dedup();
    let built = Policy::anonymous("p").origins(&listed).methods(["PUT"]).request_headers(NAMES);
    (built.build().unwrap(), listed)
}

/// Numbers that a seed determines: a strategy of a million parts would take minutes.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    /// Origins of few parts, so that many are equal, or nearly.
    fn origin(&mut self) -> String {
        let mut text = self.pick(&["https://", "https://", "http://"]).to_owned();
        for _ in 0..=self.below(3) {
            text.push_str(self.pick(&["a.", "b.", "ab.", "aba.", "xn--mnchen-3ya."]));
        }
        text.push_str(self.pick(&["a", "b", "ab", "example"]));
        text + self.pick(&["", "", ":8443", ":8080", ":1"])
    }

    /// An `Origin` line: one such, one changed in a place, or any bytes.
    fn line(&mut self) -> Vec<u8> {
        let mut line = self.origin().into_bytes();
        match self.below(8) {
            0..=2 => {}
            7 => line = (0..self.below(300)).map(|_| self.visible()).collect(),
            _ => {
                let at = self.below(line.len());
                let pieces = [
                    "", "/", ".", ":", "@", "a", "b.", "%2e", "[", "]", " ", "\u{e9}", ":443", "A",
                ];
                let end = at + self.below(2);
                line.splice(at..end, self.pick(&pieces).bytes());
            }
        }
        line
    }

    /// A byte that a header value can hold.
    fn visible(&mut self) -> u8 {
        match u8::try_from(self.below(256)).unwrap() {
            b'\x7f' => b'\t',
            byte => byte.max(b' '),
        }
    }
}

/// What URLs can hold and origins here may not: labels that the DNS or the registries refuse, an
/// IPv4 address dressed as an IPv6 one, the port that nothing listens on.
fn is_beyond_dns(url: &url::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let odd = |label: &str| {
        label.is_empty() || label.starts_with('-') || label.ends_with('-') || label.len() > 63
    };
    host.split('.').any(odd) || host.starts_with("[::ffff:") || url.port() == Some(0)
}

proptest! {
    // Each case is two thousand pairs of a policy and an origin: 10^6 in all.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn an_origin_is_allowed_if_it_is_the_only_one_and_on_the_list(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let (policy, listed) = policy((0..=dice.below(40)).map(|_| dice.origin()).collect());
        for _ in 0..1_000 {
            let pair = [dice.line(), dice.line()];
            for line in pair.chunks(1) {
                prop_assert_eq!(production(&policy, line), naive(&listed, line), "{:?}", line);
            }
            prop_assert!(!production(&policy, &pair), "two lines are nobody's: {:?}", pair);
        }
        for origin in &listed {
            let line = [origin.clone().into_bytes()];
            prop_assert!(production(&policy, &line), "what is listed is allowed: {}", origin);
        }
        prop_assert!(!production(&policy, &[]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn requested_headers_are_allowed_as_the_model_says(
        lines in vec(
            vec(
                (select(vec!["", " ", "\t", "  "]), select(vec![
                    "", "", "apikey", "ApiKey", "authorization", "CONTENT-TYPE", "x-a", "x-b",
                    "apike", "x-client-info", "x a", "x;a", "*",
                ]), select(vec!["", " ", "\t"])).prop_map(|(a, b, c)| format!("{a}{b}{c}")),
                0..5,
            ).prop_map(|elements| elements.join(",")),
            0..5,
        ),
        padding in select(vec![0_usize, 0, 0, 12, 17, 4000, 5000]),
        pad in select(vec![",", " "]),
    ) {
        let (policy, _) = policy(vec![String::from("https://a")]);
        let mut lines = lines;
        if let Some(last) = lines.last_mut() {
            last.push_str(&pad.repeat(padding));
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://a"));
        headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("PUT"));
        for line in &lines {
            headers.append(header::ACCESS_CONTROL_REQUEST_HEADERS, line.parse().unwrap());
        }
        let Decision::Preflight(verdict) = decide(&policy, &Method::OPTIONS, &headers) else {
            panic!("a preflight");
        };
        prop_assert_eq!(verdict.is_ok(), naive_list(&NAMES, &lines), "{:?}: {:?}", lines, verdict);
    }

    #[test]
    fn no_request_makes_a_decision_panic_or_differ_when_taken_again(
        method in select(vec![Method::GET, Method::OPTIONS, Method::PUT]),
        lines in vec((0_usize..4, vec(visible(), 0..60)), 0..12),
    ) {
        let names = [
            header::ORIGIN,
            header::ACCESS_CONTROL_REQUEST_METHOD,
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            header::VARY,
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(names.get(name).unwrap(), HeaderValue::from_bytes(&value).unwrap());
        }
        for policy in [
            policy(vec![String::from("https://a")]).0,
            Policy::anonymous("open").any_origin().any_method().any_request_header().build().unwrap(),
        ] {
            let first = decide(&policy, &method, &headers);
            prop_assert_eq!(first, decide(&policy, &method, &headers));
            let mut once = headers.clone();
            policy.grant(&headers).apply(&mut once);
            let mut twice = once.clone();
            policy.grant(&headers).apply(&mut twice);
            prop_assert_eq!(once, twice);
        }
    }

    /// Whatever is accepted as an origin is what a browser would serialise.
    #[test]
    fn an_origin_is_its_own_serialisation(text in prop_oneof![
        origin(),
        line().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        "https?://[a-z0-9.-]{1,20}(:[0-9]{0,5})?",
        "https?://(0x)?[0-9a-f]{1,3}(\\.[0-9]{1,3}){0,4}",
        "https?://\\[[0-9a-f:.]{2,20}\\](:[0-9]{1,5})?",
        "[a-zA-Z0-9:/.@?#\\[\\]_ -]{0,30}",
    ]) {
        if let Ok(origin) = text.parse::<Origin>() {
            // A label that is formally punycode may stand for a name that no registry knows.
            if let Ok(url) = url::Url::parse(&text) {
                prop_assert_eq!(url.origin().ascii_serialization(), text);
            } else {
                prop_assert!(text.contains("xn--"), "{}", text);
            }
            prop_assert_eq!(origin.scheme().len() + "://".len() + origin.host().len(),
                origin.as_str().rfind(':').filter(|at| *at > 5 && !origin.as_str().ends_with(']'))
                    .unwrap_or(origin.as_str().len()));
        } else if let Ok(url) = url::Url::parse(&text) {
            let is_origin = url.origin().ascii_serialization() == text;
            prop_assert!(!is_origin || !url.scheme().starts_with("http") || is_beyond_dns(&url), "{}", text);
        }
    }
}

/// Every text of up to seven bytes of an alphabet that hosts are made of, against lists over it.
#[test]
fn no_short_text_is_allowed_but_what_is_listed() {
    let alphabet = [b'a', b'.', b'b'];
    let lists: [&[&str]; 4] = [
        &["https://a"],
        &["https://a.b", "https://b"],
        &["https://ab.a", "https://a.ab"],
        &["https://a.a.a.a"],
    ];
    for list in lists {
        let (policy, listed) = policy(list.iter().map(ToString::to_string).collect());
        let mut allowed = 0;
        for length in 0..=7 {
            for number in 0..3_usize.pow(length) {
                let digit = |at| alphabet.get(number / 3_usize.pow(at) % 3).copied().unwrap();
                let line: Vec<u8> =
                    b"https://".iter().copied().chain((0..length).map(digit)).collect();
                let verdict = production(&policy, std::slice::from_ref(&line));
                assert_eq!(verdict, naive(&listed, &[line]));
                allowed += usize::from(verdict);
            }
        }
        assert_eq!(allowed, list.len(), "each listed origin once");
    }
}
