//! Any number of faults at once: each is reported on a line, with its place, in the order of the fields.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::subsequence;
use rempart_cors::{
    ConfigError, Enforce, Field, HeaderNameError as H, MaxAgeError, MethodError as M,
    OriginError as O, Policy, PolicyConfig,
};

#[rustfmt::skip]
const ORIGINS: [(&str, O); 24] = [
    ("",                          O::Empty),
    ("null",                      O::Null),
    ("https://a.*.example",       O::Wildcard),
    ("https://*.10.0.0.1",        O::WildcardAddress),
    ("https://dräin.example",     O::NotAscii),
    ("app.example.com",           O::MissingScheme),
    ("file:///etc",               O::File),
    ("ws://app.example.com",      O::Scheme),
    ("HTTPS://app.example.com",   O::UpperCase),
    ("https://a@app.example.com", O::UserInfo),
    ("https://app.example.com/",  O::TrailingSlash),
    ("https://app.example.com?",  O::Path),
    ("https://",                  O::EmptyHost),
    ("https://app.example.com.",  O::TrailingDot),
    ("https://app..example.com",  O::EmptyLabel),
    ("https://-.example.com",     O::Hyphen),
    ("https://a,b.example.com",   O::HostByte),
    ("https://xn--a.example.com", O::Punycode),
    ("https://1.2.3",             O::Ipv4),
    ("https://[1]",               O::Ipv6),
    ("https://[::ffff:1.2.3.4]",  O::Ipv4Mapped),
    ("https://a.example:0",       O::Port),
    ("https://a.example:*:*",     O::Wildcard),
    ("https://a.example:443",     O::DefaultPort),
];

#[rustfmt::skip]
const METHODS: [(&str, M); 8] = [
    ("",      M::Invalid),
    ("P UT",  M::Invalid),
    ("*",     M::Wildcard),
    ("TRACE", M::Forbidden),
    ("track", M::Forbidden),
    ("put",   M::NotNormalised),
    ("Get",   M::NotNormalised),
    ("GOOD",  M::Duplicate),
];

#[rustfmt::skip]
const NAMES: [(&str, H); 8] = [
    ("",              H::Invalid),
    ("x a",           H::Invalid),
    ("*",             H::Wildcard),
    ("Cookie",        H::Forbidden),
    ("proxy-x",       H::Forbidden),
    ("sec-x",         H::Forbidden),
    ("Host",          H::Forbidden),
    ("Access-Control-Max-Age", H::Protocol),
];

#[rustfmt::skip]
const EXPOSED: [(&str, H); 5] = [
    ("é",             H::Invalid),
    ("*",             H::Wildcard),
    ("Set-Cookie",    H::Forbidden),
    ("set-cookie2",   H::Forbidden),
    ("access-control-expose-headers", H::Protocol),
];

/// Any of these, in their order.
fn any_of<E: Copy + std::fmt::Debug + 'static>(
    all: &'static [(&'static str, E)],
) -> impl Strategy<Value = Vec<(&'static str, E)>> {
    subsequence(all.to_vec(), 0..=all.len())
}

/// The texts after a good one, and each fault with its place.
fn list<E: Copy>(
    good: &'static str,
    bad: &[(&'static str, E)],
    fault: impl Fn(usize, String, E) -> ConfigError,
) -> (Vec<&'static str>, Vec<ConfigError>) {
    let texts = [good].into_iter().chain(bad.iter().map(|(text, _)| *text)).collect();
    let numbered = (1..).zip(bad);
    let faults = numbered.map(|(index, (text, reason))| fault(index, (*text).to_owned(), *reason));
    (texts, faults.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn every_fault_is_reported_with_its_place(
        origins in any_of(&ORIGINS),
        own in any_of(&ORIGINS[..20]),
        methods in any_of(&METHODS),
        names in any_of(&NAMES),
        exposed in any_of(&EXPOSED),
        is_named in any::<bool>(),
        is_long in any::<bool>(),
    ) {
        let own: Vec<_> = own.into_iter().filter(|(text, _)| !text.contains('*')).collect();
        let origin = |field| move |index, value, reason| {
            ConfigError::Origin { field, index, value, reason }
        };
        let header = |field| move |index, value, reason| {
            ConfigError::HeaderName { field, index, value, reason }
        };
        let method = |index, value, reason| ConfigError::Method { index, value, reason };
        let (origins, first) = list("https://good.example", &origins, origin(Field::Origins));
        let (own, second) = list("https://own.example", &own, origin(Field::OwnOrigins));
        let (methods, third) = list("GOOD", &methods, method);
        let (names, fourth) = list("x-good", &names, header(Field::RequestHeaders));
        let (exposed, fifth) = list("x-good", &exposed, header(Field::ExposeHeaders));
        let age = Duration::from_secs(if is_long { 86_401 } else { 1 });
        let mut want = [first, second, third, fourth, fifth].concat();
        if is_long {
            want.push(ConfigError::MaxAge { value: age, reason: MaxAgeError::TooLong });
        }
        let built = Policy::credentialed(if is_named { "api" } else { "An API" })
            .origins(origins)
            .own_origins(own)
            .methods(methods)
            .request_headers(names)
            .expose_headers(exposed)
            .max_age(age)
            .build();
        let mut got: Vec<ConfigError> = match built {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().cloned().collect(),
        };
        if !is_named {
            let is_name = matches!(got.remove(0), ConfigError::Name { .. });
            prop_assert!(is_name, "the name comes first");
        }
        prop_assert_eq!(got, want);
    }

    #[test]
    fn a_fault_is_one_line_that_moves_no_cursor(
        texts in prop::collection::vec("(https://(\\*\\.)?)?(a|\\*|\\PC|\\s|\\p{C}){0,3}(:\\*)?", 1..4),
        (credentials, enforces) in any::<(bool, bool)>(),
    ) {
        let twice = [&texts[..], &texts[..]].concat();
        let config = PolicyConfig {
            name: texts.concat(),
            credentials,
            origins: twice.clone(),
            custom_schemes: twice.clone(),
            own_origins: twice.clone(),
            own_hosts: twice.clone(),
            methods: twice.clone(),
            request_headers: twice.clone(),
            expose_headers: twice,
            enforce: enforces.then_some(Enforce::EveryMethod),
            ..PolicyConfig::default()
        };
        let faults = config.build().unwrap_err();
        let is_odd = |byte: char| byte.is_control() || "\u{2028}\u{2029}\u{202e}".contains(byte);
        for fault in &faults {
            prop_assert!(!fault.to_string().contains(is_odd), "{:?}", fault.to_string());
        }
        prop_assert_eq!(faults.to_string().lines().count(), faults.len());
    }
}
