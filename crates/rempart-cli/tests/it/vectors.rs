//! The published vectors of `conformance/`, through the tool.

use rempart_testing::vectors::Signed;

use crate::tool::run;

/// Asks the tool; without the headers that `leave_out` names.
pub(crate) fn verify(case: &Signed, leave_out: Option<&str>) -> (String, i32) {
    let at = case.at.to_string();
    let headers = case.headers.iter().filter(|(name, _)| Some(name.as_str()) != leave_out);
    let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value}")).collect();
    let mut arguments = vec!["verify", "--scheme", &case.scheme, "--secret-env", "SECRET"];
    arguments.extend(["--url", &case.url, "--method", &case.method, "--at", &at]);
    arguments.extend(headers.iter().flat_map(|header| ["-H", header]));
    let secret = String::from_utf8(case.secret.clone()).unwrap();
    let run = run(&arguments, &[("SECRET", &secret)], &case.body);
    (run.stdout, run.code)
}

/// What the vector says.
pub(crate) fn want(case: &Signed) -> (String, i32) {
    case.reason().map_or_else(
        || ("{\"verdict\":\"accepted\",\"key\":\"SECRET\"}\n".to_owned(), 0),
        |reason| (format!("{{\"verdict\":\"refused\",\"reason\":\"{reason}\"}}\n"), 1),
    )
}

#[test]
fn every_vector_gets_its_verdict() {
    let cases = Signed::all();
    for case in &cases {
        assert_eq!(verify(case, None), want(case), "{}: {}", case.id, case.comment);
    }
    assert!(cases.len() >= 50, "{}", cases.len());
}

/// As with curl, a body is a form until a header says otherwise.
#[test]
fn a_form_needs_no_content_type() {
    let cases = Signed::of("twilio");
    let forms = cases.iter().filter(|case| {
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
