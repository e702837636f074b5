//! The published vectors of `conformance/`, through the tool.

use rempart_testing::vectors::{Vectors, load, unhex};
use serde::Deserialize;

use crate::tool::run;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    #[serde(rename = "comment")]
    _comment: String,
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

/// Asks the tool; without the headers that `leave_out` names.
fn verify(case: &Case, leave_out: Option<&str>) -> (String, i32) {
    let at = case.at.to_string();
    let headers = case.headers.iter().filter(|(name, _)| Some(name.as_str()) != leave_out);
    let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value}")).collect();
    let mut arguments = vec!["verify", "--scheme", &case.scheme, "--secret-env", "SECRET"];
    arguments.extend(["--url", &case.url, "--method", &case.method, "--at", &at]);
    arguments.extend(headers.iter().flat_map(|header| ["-H", header]));
    let secret = String::from_utf8(unhex(&case.secret)).unwrap();
    let run = run(&arguments, &[("SECRET", &secret)], &unhex(&case.body));
    (run.stdout, run.code)
}

#[test]
fn every_vector_gets_its_verdict() {
    let mut count = 0;
    for name in ["constructed", "github", "octokit", "standard-webhooks", "svix", "twilio"] {
        let vectors: Vectors<Case> = load(&format!("signature/{name}"));
        for case in vectors.cases {
            let want = if case.result == "valid" {
                ("{\"verdict\":\"accepted\",\"key\":\"SECRET\"}\n".to_owned(), 0)
            } else {
                let reason = case.reason.as_deref().unwrap();
                (format!("{{\"verdict\":\"refused\",\"reason\":\"{reason}\"}}\n"), 1)
            };
            assert_eq!(verify(&case, None), want, "{name}: {}", case.id);
            count += 1;
        }
    }
    assert!(count >= 50, "{count}");
}

/// As with curl, a body is a form until a header says otherwise.
#[test]
fn a_form_needs_no_content_type() {
    let vectors: Vectors<Case> = load("signature/twilio");
    let forms = vectors.cases.iter().filter(|case| {
        let form = |(name, value): &(String, String)| {
            name == "content-type" && value == "application/x-www-form-urlencoded"
        };
        case.headers.iter().any(form)
    });
    let mut count = 0;
    for case in forms {
        assert_eq!(verify(case, Some("content-type")), verify(case, None), "{}", case.id);
        count += 1;
    }
    assert!(count >= 5, "{count}");
}
