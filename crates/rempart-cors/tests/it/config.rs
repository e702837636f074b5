//! A policy as plain data: the same faults, and the same policy again.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rempart_cors::{Enforce, Hatch, Policy, PolicyConfig};

use crate::talk::{CRM, WWW};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[cfg(feature = "psl")]
#[test]
fn data_says_what_a_builder_says() {
    let built = Policy::credentialed("api")
        .origins([WWW, CRM, "https://*.example.com", "http://localhost:*"])
        .own_origins(["https://own.example"])
        .own_hosts(["internal", "10.0.0.1:81"])
        .methods(["PUT", "GET", "DELETE"])
        .request_headers(["X-B", "authorization"])
        .expose_headers(["etag", "Content-Type"])
        .max_age(Duration::from_secs(600))
        .share_timing()
        .enforce(Enforce::UnsafeMethods)
        .dangerously_trust_inner()
        .build()
        .unwrap();
    let want = PolicyConfig {
        name: "api".to_owned(),
        credentials: true,
        origins: texts(&["http://localhost:*", "https://*.example.com", CRM, WWW]),
        custom_schemes: Vec::new(),
        own_origins: texts(&["https://own.example"]),
        own_hosts: texts(&["10.0.0.1:81", "internal"]),
        methods: texts(&["DELETE", "PUT"]),
        request_headers: texts(&["authorization", "x-b"]),
        expose_headers: texts(&["etag"]),
        max_age: Some(600),
        share_timing: true,
        enforce: Some(Enforce::UnsafeMethods),
        dangerously: vec![Hatch::TrustInner],
    };
    assert_eq!(built.to_config(), want);
    assert_eq!(want.clone().build().unwrap().to_config(), want);
}

#[test]
fn a_star_is_everything_without_credentials_and_a_fault_with() {
    let config = |credentials| PolicyConfig {
        name: "a".to_owned(),
        credentials,
        origins: texts(&["*"]),
        methods: texts(&["*"]),
        request_headers: texts(&["*", "authorization"]),
        expose_headers: texts(&["*"]),
        ..PolicyConfig::default()
    };
    let open = config(false).build().unwrap();
    assert!(open.allows_any_origin() && !open.allows_credentials());
    let built = Policy::anonymous("a").any_origin().any_method().expose_any();
    let built = built.any_request_header().request_headers(["authorization"]).build().unwrap();
    assert_eq!(open.to_config(), built.to_config());
    let faults = config(true).build().unwrap_err().to_string();
    let places: Vec<&str> = faults.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(places, ["origins[0]", "methods[0]", "request_headers[0]", "expose_headers[0]"]);
}

/// It would be dropped in silence, and somebody meant something by it.
#[test]
fn what_stands_beside_everything_is_a_fault_with_its_place() {
    let (methods, headers) = ("every method is allowed", "every header is covered");
    let beside = PolicyConfig {
        name: "a".to_owned(),
        origins: texts(&[CRM, "*", "*", "null"]),
        methods: texts(&["*", "PUT", "*", "put"]),
        request_headers: texts(&["*", "x-a", "Authorization", "*", "cookie"]),
        expose_headers: texts(&["etag", "*", "authorization", "*"]),
        ..PolicyConfig::default()
    };
    #[rustfmt::skip]
    let want = [
        format!("origins[0]: `{CRM}` is redundant: every origin is allowed"),
        "origins[2]: `*` is redundant: every origin is allowed".to_owned(),
        "origins[3]: `null` is redundant: every origin is allowed".to_owned(),
        format!("methods[1]: `PUT`: is redundant: {methods}"),
        format!("methods[2]: `*`: is redundant: {methods}"),
        format!("methods[3]: `put`: is redundant: {methods}"),
        format!("request_headers[1]: `x-a`: is redundant: {headers}"),
        format!("request_headers[3]: `*`: is redundant: {headers}"),
        format!("request_headers[4]: `cookie`: is redundant: {headers}"),
        format!("expose_headers[0]: `etag`: is redundant: {headers}"),
        format!("expose_headers[2]: `authorization`: is redundant: {headers}"),
        format!("expose_headers[3]: `*`: is redundant: {headers}"),
    ];
    let faults = beside.build().unwrap_err().to_string();
    assert_eq!(faults.lines().collect::<Vec<_>>(), want);
    let built = Policy::anonymous("a").any_origin().origins([CRM]).any_method().methods(["PUT"]);
    let built = built.any_request_header().request_headers(["authorization", "x-a"]);
    let faults = built.expose_any().expose_headers(["etag"]).build().unwrap_err();
    assert_eq!(faults.len(), 4, "{faults}");
}

#[test]
fn faults_are_those_of_the_builder() {
    let built = Policy::credentialed("An API")
        .origins(["https://a.example/", "http://c.example", "null", "https://*.com"])
        .own_origins(["d.example"])
        .methods(["PUT", "trace", "put"])
        .request_headers(["cookie", "x-a"])
        .expose_headers(["set-cookie", "*"])
        .max_age(Duration::from_secs(100_000))
        .build();
    let config = PolicyConfig {
        name: "An API".to_owned(),
        credentials: true,
        origins: texts(&["https://a.example/", "http://c.example", "null", "https://*.com"]),
        own_origins: texts(&["d.example"]),
        methods: texts(&["PUT", "trace", "put"]),
        request_headers: texts(&["cookie", "x-a"]),
        expose_headers: texts(&["set-cookie", "*"]),
        max_age: Some(100_000),
        ..PolicyConfig::default()
    };
    let (built, read) = (built.unwrap_err(), config.build().unwrap_err());
    assert!(built.iter().eq(read.iter()), "{built}\n\n{read}");
    assert!(built.len() > 9, "{built}");
}

/// Configurations, most of them sound.
fn config() -> impl Strategy<Value = PolicyConfig> {
    let some = |all: &[&str]| subsequence(texts(all), 0..=all.len());
    let origins = some(&[
        CRM,
        WWW,
        "https://*.tenants.example.com",
        "https://*.example.org:8443",
        "http://localhost:*",
        "http://[::1]:8080",
        "https://10.0.0.1",
    ]);
    let origins = prop_oneof![
        5 => origins,
        1 => Just(texts(&[CRM, "app://localhost", "coap+tcp://a:1"])),
        1 => Just(texts(&["*"])),
    ];
    let schemes = some(&["app", "capacitor", "coap+tcp"]);
    let lists = (
        (origins, schemes),
        some(&["https://own.example", CRM, "http://localhost:1"]),
        some(&["internal", "10.0.0.1:81"]),
        some(&["GET", "PUT", "PATCH", "PURGE"]),
        prop_oneof![some(&["X-A", "authorization"]), Just(texts(&["*", "authorization"]))],
        prop_oneof![some(&["etag", "Content-Type", "X-A"]), Just(texts(&["*"]))],
    );
    let enforce = select(vec![None, Some(Enforce::EveryMethod), Some(Enforce::UnsafeMethods)]);
    let hatches =
        vec![Hatch::AnyPort, Hatch::InsecureOrigins, Hatch::PublicSuffixes, Hatch::TrustInner];
    let rest = (any::<bool>(), prop::option::of(0..86_400_u64), any::<bool>(), enforce);
    (lists, rest, vec(select(hatches), 0..3)).prop_map(|(lists, rest, dangerously)| PolicyConfig {
        name: "api".to_owned(),
        credentials: rest.0,
        origins: lists.0.0,
        custom_schemes: lists.0.1,
        own_origins: lists.1,
        own_hosts: if rest.3.is_some() { lists.2 } else { Vec::new() },
        methods: lists.3,
        request_headers: lists.4,
        expose_headers: lists.5,
        max_age: rest.1,
        share_timing: rest.2,
        enforce: rest.3,
        dangerously,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_policy_written_down_and_read_again_is_the_same(config in config()) {
        if let Ok(policy) = config.build() {
            let written = policy.to_config();
            let again = written.clone().build().unwrap();
            prop_assert_eq!(again.to_config(), written);
            // All that decides, too: the hatches and lists as they are kept.
            prop_assert_eq!(sorted(&format!("{again:?}")), sorted(&format!("{policy:?}")));
        }
    }
}

/// The text with its characters in order: hash tables print in none.
fn sorted(text: &str) -> Vec<char> {
    let mut all: Vec<char> = text.chars().collect();
    all.sort_unstable();
    all
}

#[cfg(feature = "serde")]
mod text {
    use super::*;
    use crate::talk::drain_fortin;

    #[test]
    fn a_file_is_read_and_written() {
        let json = r#"{
            "name": "api",
            "credentials": true,
            "origins": ["https://app.example.com", "https://*.tenants.example.com"],
            "own_origins": ["https://api.example.com"],
            "methods": ["PUT"],
            "max_age": 600,
            "enforce": "unsafe-methods",
            "dangerously": ["trust-inner"]
        }"#;
        let policy: Policy = serde_json::from_str(json).unwrap();
        assert_eq!(policy.enforces(), Some(Enforce::UnsafeMethods));
        let again: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        assert_eq!(again.to_config(), policy.to_config());
        let written = serde_json::to_value(drain_fortin()).unwrap();
        assert_eq!(written["origins"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn every_fault_of_a_file_is_told_at_once() {
        let json = r#"{"credentials": true, "origins": ["*", "null"], "methods": ["put"]}"#;
        let told = serde_json::from_str::<Policy>(json).unwrap_err().to_string();
        let config: PolicyConfig = serde_json::from_str(json).unwrap();
        let faults = config.build().unwrap_err();
        assert_eq!(faults.len(), 4, "{faults}");
        for fault in &faults {
            assert!(told.contains(&fault.to_string()), "{told}");
        }
    }

    #[test]
    fn what_is_no_field_is_an_error() {
        for json in [
            r#"{"name": "a", "origin": ["https://a.example"]}"#,
            r#"{"name": "a", "origins": "https://a.example"}"#,
            r#"{"name": "a", "origins": ["https://a.example"], "enforce": "sometimes"}"#,
            r#"{"name": "a", "origins": ["https://a.example"], "dangerously": ["allow-all"]}"#,
        ] {
            assert!(serde_json::from_str::<PolicyConfig>(json).is_err(), "{json}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn what_is_written_is_read_as_it_was(config in config()) {
            let json = serde_json::to_string(&config).unwrap();
            prop_assert_eq!(&serde_json::from_str::<PolicyConfig>(&json).unwrap(), &config);
            let built = config.build();
            let read = serde_json::from_str::<Policy>(&json);
            match (built, read) {
                (Ok(built), Ok(read)) => prop_assert_eq!(built.to_config(), read.to_config()),
                (Err(_), Err(_)) => {}
                (built, read) => prop_assert!(false, "{:?} and {:?}", built, read),
            }
        }
    }
}
