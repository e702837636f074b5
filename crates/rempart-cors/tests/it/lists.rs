//! `Access-Control-Request-Headers`: what is read, and how much of it.

use http::HeaderMap;
use http::{HeaderValue, Method};
use rempart_cors::{Decision, Policy, Rejection, decide};

use crate::talk::{CRM, drain_fortin};

fn refusal(lines: &[String]) -> Option<Rejection> {
    let mut headers = HeaderMap::new();
    headers.insert("origin", HeaderValue::from_static(CRM));
    headers.insert("access-control-request-method", HeaderValue::from_static("PUT"));
    for line in lines {
        headers.append("access-control-request-headers", line.parse().unwrap());
    }
    match decide(&drain_fortin(), &Method::OPTIONS, &headers) {
        Decision::Preflight(verdict) => verdict.err(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn is_read_in_any_order_and_case_over_any_lines_with_blanks_around_names() {
    for lines in [
        &[][..],
        &[""],
        &[" \t "],
        &["apikey"],
        &["APIKEY"],
        &["x-client-info,content-type,authorization,apikey"],
        &["  apikey\t,\t authorization "],
        &["apikey", "authorization,content-type"],
        &["apikey", "", "authorization"],
        &[",apikey,,authorization,"],
    ] {
        let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(refusal(&lines), None, "{lines:?}");
    }
}

#[test]
fn is_bounded_in_bytes_lines_and_empty_elements() {
    let too_large = Some(Rejection::HeadersTooLarge);
    let padded = |bytes: usize| vec![format!("apikey{}", " ".repeat(bytes - "apikey".len()))];
    let empty = |elements: usize| vec![format!("apikey{}", ",".repeat(elements))];
    let lines = |lines: usize| vec![String::new(); lines];
    #[rustfmt::skip]
    let rows = [
        ("4,096 bytes",             padded(4096),                      None),
        ("4,097 bytes",             padded(4097),                      too_large),
        ("4,096 bytes in two",      vec![" ".repeat(4000), " ".repeat(96)], None),
        ("4,097 bytes in two",      vec![" ".repeat(4000), " ".repeat(97)], too_large),
        ("8 KiB of commas",         vec![",".repeat(8 << 10)],         too_large),
        ("1 MiB of commas",         vec![",".repeat(1 << 20)],         too_large),
        ("1 MiB of one name",       vec!["a".repeat(1 << 20)],         too_large),
        ("16 empty elements",       empty(16),                         None),
        ("17 empty elements",       empty(17),                         too_large),
        ("16 lines",                lines(16),                         None),
        ("17 lines",                lines(17),                         too_large),
        ("20,000 lines",            lines(20_000),                     too_large),
    ];
    for (row, lines, want) in rows {
        assert_eq!(refusal(&lines), want, "{row}");
    }
}

#[test]
fn is_bounded_in_lines_that_hold_names_too() {
    let names: Vec<String> = (0..64).map(|nth| format!("x-{nth}")).collect();
    let policy = Policy::credentialed("api").origins([CRM]).request_headers(&names);
    let policy = policy.build().unwrap();
    for (lines, allowed) in [(16, true), (17, false)] {
        let mut headers = HeaderMap::new();
        headers.insert("origin", HeaderValue::from_static(CRM));
        headers.insert("access-control-request-method", HeaderValue::from_static("GET"));
        for line in &names[..lines] {
            headers.append("access-control-request-headers", line.parse().unwrap());
        }
        let decision = decide(&policy, &Method::OPTIONS, &headers);
        assert_eq!(matches!(decision, Decision::Preflight(Ok(_))), allowed, "{lines} lines");
        // All sixty-four in one line are fine: each has a bit of its own.
        let all = names.join(",").parse().unwrap();
        headers.insert("access-control-request-headers", all);
        let decision = decide(&policy, &Method::OPTIONS, &headers);
        assert!(matches!(decision, Decision::Preflight(Ok(_))), "{decision:?}");
    }
}

#[test]
fn holds_each_name_once_and_nothing_but_names() {
    #[rustfmt::skip]
    let rows = [
        ("apikey,apikey",              Rejection::HeaderDuplicated),
        ("apikey,authorization,APIKEY", Rejection::HeaderDuplicated),
        ("apike",                      Rejection::HeaderNotAllowed),
        ("apikeyx",                    Rejection::HeaderNotAllowed),
        ("*",                          Rejection::HeaderNotAllowed),
        ("apikey,x",                   Rejection::HeaderNotAllowed),
        ("accept",                     Rejection::HeaderNotAllowed),
        ("apikey authorization",       Rejection::HeadersMalformed),
        ("apikey;authorization",       Rejection::HeadersMalformed),
        ("apikey:1",                   Rejection::HeadersMalformed),
        ("\"apikey\"",                 Rejection::HeadersMalformed),
        ("clé",                        Rejection::HeadersMalformed),
    ];
    for (line, want) in rows {
        assert_eq!(refusal(&[line.to_owned()]), Some(want), "{line}");
    }
}
