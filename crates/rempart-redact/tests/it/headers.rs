use http::{HeaderName, HeaderValue};
use rempart_redact::{Policy, Redactor};

use crate::standard;

fn shown(redactor: &Redactor, name: &str, value: &str) -> String {
    let name: HeaderName = name.parse().unwrap();
    redactor.header(&name, &HeaderValue::from_bytes(value.as_bytes()).unwrap()).into_owned()
}

#[test]
fn shows_only_headers_known_to_be_harmless() {
    #[rustfmt::skip]
    let rows = [
        ("authorization", "Bearer x",                    "[REDACTED:header]"),
        ("cookie", "a=b",                                "[REDACTED:header]"),
        ("x-vapi-signature", "00",                       "[REDACTED:header]"),
        ("x-nobody-knows", "a",                          "[REDACTED:header]"),
        ("accept", "text/html",                          "text/html"),
        ("user-agent", "curl (ann@example.com)",         "curl ([REDACTED:email])"),
        ("referer", "https://a.example/?pin=1234&id=7",  "https://a.example/?pin=[REDACTED:presigned_query_token]&id=7"),
        ("location", "https://u:pw@a.example/",          "https://u:[REDACTED:url_userinfo]@a.example/"),
    ];
    for (name, value, want) in rows {
        assert_eq!(shown(&standard(), name, value), want, "{name}");
    }
}

#[test]
fn a_policy_can_show_one_more_but_none_that_is_hidden_by_name() {
    let policy = Policy::builder("logs").show_header("x-build").show_header("cookie").build();
    let redactor = Redactor::new(policy.unwrap());
    assert_eq!(shown(&redactor, "x-build", "17"), "17");
    assert_eq!(shown(&redactor, "cookie", "a=b"), "[REDACTED:header]");
}

#[test]
fn a_value_marked_as_sensitive_is_hidden() {
    let mut value = HeaderValue::from_static("text/html");
    value.set_sensitive(true);
    assert_eq!(standard().header(&http::header::ACCEPT, &value), "[REDACTED:header]");
}

#[test]
fn an_error_is_shown_with_its_causes_on_one_line() {
    #[derive(Debug)]
    struct Failed(Option<Box<Failed>>, &'static str);
    impl std::fmt::Display for Failed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.1)
        }
    }
    impl std::error::Error for Failed {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            self.0.as_deref().map(|cause| cause as _)
        }
    }
    let cause = Failed(None, "postgres://a:hunter2@db.example/x\nrefused");
    let error = Failed(Some(Box::new(cause)), "no database");
    let want = "no database: postgres://a:[REDACTED:url_userinfo]@db.example/x\\nrefused";
    assert_eq!(standard().error(&error), want);
}
