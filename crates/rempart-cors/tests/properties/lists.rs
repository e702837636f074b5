//! What a preflight asks for, and any request at all.

use http::{HeaderMap, HeaderValue, Method, header};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rempart_cors::{Decision, Policy, decide};

use crate::origins::visible;

const NAMES: [&str; 5] = ["apikey", "authorization", "content-type", "x-a", "x-client-info"];

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

fn policy() -> Policy {
    let policy = Policy::anonymous("p").origins(["https://a"]).methods(["PUT"]);
    policy.request_headers(NAMES).build().unwrap()
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
        let policy = policy();
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
            policy(),
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
}
