//! Which origins a pattern allows, and which patterns there are.

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue};
use rempart_cors::{ConfigErrors, Policy};

use crate::talk::{request, send};

const PATTERNS: [&str; 4] = [
    "https://*.tenants.example.com",
    "https://*.example.org:8443",
    "http://localhost:*",
    "http://*.localhost:5173",
];

fn policy() -> Policy {
    Policy::credentialed("api").origins(PATTERNS).build().unwrap()
}

fn allows(policy: &Policy, origin: &[u8]) -> bool {
    let mut request = request("GET", &[]);
    request.headers_mut().insert("origin", HeaderValue::from_bytes(origin).unwrap());
    policy.grant(request.headers()).is_allowed()
}

#[test]
fn a_star_stands_for_whole_labels_and_for_nothing_else() {
    let policy = policy();
    for origin in [
        "https://a.tenants.example.com",
        "https://a.b.tenants.example.com",
        "https://a_b.tenants.example.com",
        "https://xn--mnchen-3ya.tenants.example.com",
        "https://tenants.example.com.tenants.example.com",
        "https://a.example.org:8443",
        "http://localhost",
        "http://localhost:1",
        "http://localhost:65535",
        "http://app.localhost:5173",
    ] {
        assert!(allows(&policy, origin.as_bytes()), "{origin}");
    }
    let long = format!("https://{}tenants.example.com", "a.".repeat(150));
    for origin in [
        "https://tenants.example.com",
        "https://eviltenants.example.com",
        "https://.tenants.example.com",
        "https://a..tenants.example.com",
        "https://..tenants.example.com",
        "https://-.tenants.example.com",
        "https://xn--.tenants.example.com",
        "https://xn--a.tenants.example.com",
        "https://A.tenants.example.com",
        "https://a.TENANTS.example.com",
        "https://a.tenants.example.com.",
        "https://a.tenants.example.com/",
        "https://a.tenants.example.com:443",
        "https://a.tenants.example.com:8443",
        "https://a.tenants.example.com:",
        "https://a.tenants.example.com.evil.example",
        "https://a.tenants.example.comevil",
        "https://a@b.tenants.example.com",
        "https://evil.example/.tenants.example.com",
        "https://evil.example?.tenants.example.com",
        "https://evil.example#.tenants.example.com",
        "https://evil.example\\.tenants.example.com",
        "https://evil.example:80.tenants.example.com",
        "https://[evil].tenants.example.com",
        "https://[a.tenants.example.com]",
        "https://a%2e.tenants.example.com",
        "https://a .tenants.example.com",
        "https://a\t.tenants.example.com",
        "https://*.tenants.example.com",
        "http://a.tenants.example.com",
        "wss://a.tenants.example.com",
        "https://https://a.tenants.example.com",
        "a.tenants.example.com",
        "https://a.example.org",
        "https://a.example.org:8444",
        "https://a.example.org:08443",
        "https://localhost",
        "http://localhost:0",
        "http://localhost:80",
        "http://localhost:65536",
        "http://localhost:*",
        "http://localhost.evil.example",
        "http://127.0.0.1",
        "http://app.localhost",
        "http://app.localhost:5174",
        "null",
        "",
        &long,
    ] {
        assert!(!allows(&policy, origin.as_bytes()), "{origin}");
    }
    assert!(!allows(&policy, b"https://\xe9.tenants.example.com"));
    assert!(!allows(&policy, b"https://a.tenants.example.com\xff"));
}

#[tokio::test]
async fn what_is_allowed_is_named_itself_and_never_the_pattern() {
    for origin in ["https://a.tenants.example.com", "http://localhost:5173"] {
        let reply = send(&policy(), request("GET", &[("origin", origin)])).await;
        assert_eq!(reply.all("access-control-allow-origin"), origin);
        assert_eq!(reply.all("access-control-allow-credentials"), "true");
        assert_eq!(reply.all("vary"), "Origin");
        let preflight = [("origin", origin), ("access-control-request-method", "POST")];
        let reply = send(&policy(), request("OPTIONS", &preflight)).await;
        assert_eq!(reply.headers[ACCESS_CONTROL_ALLOW_ORIGIN], origin);
    }
    let two = [("origin", "https://a.tenants.example.com"); 2];
    assert!(send(&policy(), request("GET", &two)).await.cors_headers().is_empty());
}

#[test]
fn an_own_origin_under_a_pattern_is_both() {
    let own = "https://own.example.com";
    let policy = Policy::credentialed("api").origins(["https://*.example.com"]).own_origins([own]);
    let policy = policy.build().unwrap();
    assert!(allows(&policy, own.as_bytes()));
    let request = request("POST", &[("origin", own)]);
    let decision = rempart_cors::decide(&policy, request.method(), request.headers());
    assert!(matches!(decision, rempart_cors::Decision::Actual(Ok(allowed)) if allowed.is_own()));
}

#[test]
fn a_thousand_patterns_are_found_like_one() {
    let hosts: Vec<String> = (0..1_000).map(|nth| format!("t{nth}.example.com")).collect();
    let patterns = hosts.iter().map(|host| format!("https://*.{host}"));
    let policy = Policy::credentialed("api").origins(patterns).build().unwrap();
    for host in &hosts {
        assert!(allows(&policy, format!("https://a.{host}").as_bytes()));
        assert!(!allows(&policy, format!("https://{host}").as_bytes()));
        assert!(!allows(&policy, format!("https://a{host}").as_bytes()));
    }
    assert_eq!(policy.origins().count(), 1_000);
}

fn fault(origins: &[&str]) -> String {
    let policy: Result<Policy, ConfigErrors> = Policy::credentialed("a").origins(origins).build();
    policy.unwrap_err().to_string()
}

#[test]
fn a_star_in_any_other_place_is_refused() {
    let wildcard = "holds a wildcard where none can stand: lists know `https://*.example.com` and `http://localhost:*`";
    let port = "the port is not a number from 1 to 65535, written without a sign or leading zero";
    let long = format!("https://*.{}aa", "a.".repeat(125));
    #[rustfmt::skip]
    let rows = [
        ("*",                               wildcard),
        ("https://*",                       wildcard),
        ("*://example.com",                 wildcard),
        ("https://**.example.com",          wildcard),
        ("https://*.*.example.com",         wildcard),
        ("https://a.*.example.com",         wildcard),
        ("https://a*.example.com",          wildcard),
        ("https://*a.example.com",          wildcard),
        ("https://*example.com",            wildcard),
        ("https://example.*",               wildcard),
        ("https://*.",                      "the host is empty"),
        ("https://*..example.com",          "a label of the host is empty"),
        ("https://*.Example.com",           "holds upper-case letters; browsers send an origin in lower case"),
        ("https://*.example.com/",          "ends in a slash; an origin has no path"),
        ("https://*.example.com.",          "the host ends in a dot, which makes it another origin"),
        ("https://*.example.com:443",       "names the scheme's default port, which browsers leave out"),
        ("https://*.u@example.com",         "holds user information; an origin is scheme, host and port"),
        ("wss://*.example.com",             "the scheme is neither `https` nor `http`; name others in `custom_schemes`"),
        ("file://*.example.com",            "`file:` pages send `null`; they have no origin to allow"),
        ("https://*.10.0.0.1",              "holds a wildcard before an address, which has no subdomains"),
        ("https://*.[::1]",                 "holds a wildcard before an address, which has no subdomains"),
        ("http://localhost:80*",            wildcard),
        ("http://localhost:8080:*",         port),
        ("http://localhost:*:*",            wildcard),
        ("http://localhost:*/",             wildcard),
        (&long,                             "the host is longer than 253 bytes"),
    ];
    for (text, want) in rows {
        assert_eq!(fault(&[text]), format!("origins[0]: `{text}`: {want}"));
    }
    assert!(fault(&[&format!("https://*.{}", "a".repeat(300))]).contains("is longer than any"));
}

#[test]
fn the_longest_pattern_leaves_a_label_and_a_dot_to_its_subdomains() {
    // 251 bytes, and the two make 253.
    let host = format!("{}a", "a.".repeat(125));
    let pattern = format!("https://*.{host}:65535");
    let policy = Policy::credentialed("api").origins([pattern]).build().unwrap();
    assert!(allows(&policy, format!("https://b.{host}:65535").as_bytes()));
    assert!(!allows(&policy, format!("https://bb.{host}:65535").as_bytes()));
}

#[test]
fn every_port_is_for_this_machine_unless_asked_for() {
    for text in ["https://app.example.com:*", "https://10.0.0.1:*", "https://*.example.com:*"] {
        let want = format!(
            "origins[0]: `{text}`: every port is for hosts of this machine, as `localhost`"
        );
        assert_eq!(fault(&[text]), want);
        let asked = Policy::credentialed("a").origins([text]).dangerously_allow_any_port();
        let policy = asked.build().unwrap();
        let origin = text.replace("*.", "a.").replace(":*", ":8443");
        assert!(allows(&policy, origin.as_bytes()), "{origin}");
    }
    let local = ["http://127.0.0.1:*", "http://[::1]:*", "http://app.localhost:*"];
    let policy = Policy::credentialed("a").origins(local).build().unwrap();
    for origin in ["http://127.0.0.1:8080", "http://[::1]", "http://app.localhost:9"] {
        assert!(allows(&policy, origin.as_bytes()), "{origin}");
    }
}

#[test]
fn what_is_said_twice_is_told() {
    let twice = |origins: [&str; 2], index: usize| {
        let want = format!(
            "origins[{index}]: `{}` is redundant: a pattern of the list covers it",
            origins[index]
        );
        assert_eq!(fault(&origins), want);
    };
    twice(["https://*.example.com", "https://a.example.com"], 1);
    twice(["https://a.b.example.com", "https://*.example.com"], 0);
    twice(["https://*.a.example.com", "https://*.example.com"], 0);
    twice(["http://localhost:*", "http://localhost:8080"], 1);
    twice(["http://*.localhost:*", "http://*.localhost:1"], 1);
    twice(["https://*.amazonaws.com", "https://aws.amazonaws.com"], 1);
    assert_eq!(
        fault(&["https://*.example.com", "https://*.example.com"]),
        "origins[1]: `https://*.example.com` stands in the list already"
    );
    // Beside one another, they say different things.
    let fine = [
        "https://*.amazonaws.com",
        "https://mine.s3.amazonaws.com",
        "https://*.yours.s3.amazonaws.com",
        "https://*.example.com",
        "https://example.com",
        "https://*.example.com:8443",
        "https://a.example.com:9443",
        "http://localhost:*",
        "http://*.localhost",
        "https://a.example.org",
    ];
    Policy::credentialed("a").origins(fine).build().unwrap();
}

#[test]
fn http_under_credentials_is_refused_of_a_pattern_too() {
    let want = "origins[0]: `http://*.example.com` is not https, and the policy allows credentials";
    assert_eq!(fault(&["http://*.example.com"]), want);
    Policy::anonymous("a").origins(["http://*.example.com"]).build().unwrap();
}

#[test]
fn nobody_owns_what_is_under_a_public_suffix() {
    for host in ["supabase.co", "vercel.app", "github.io", "co.uk", "com", "intranet", "kobe.jp"] {
        let text = format!("https://*.{host}");
        let want =
            format!("origins[0]: the host of `{text}` is a public suffix, which no one site owns");
        assert_eq!(fault(&[&text]), want);
        let asked = Policy::credentialed("a").origins([&text]);
        let policy = asked.dangerously_allow_public_suffixes().build().unwrap();
        assert!(allows(&policy, format!("https://a.{host}").as_bytes()));
    }
    Policy::anonymous("a").origins(["https://*.supabase.co"]).build().unwrap_err();
    // But for the one that the list excepts.
    Policy::anonymous("a").origins(["https://*.city.kobe.jp"]).build().unwrap();
}

/// `amazonaws.com` is no public suffix, and `s3.amazonaws.com` under it is one.
#[test]
fn a_pattern_ends_where_a_public_suffix_begins() {
    let asked = Policy::credentialed("a").origins(["https://*.amazonaws.com"]);
    let policy = asked.clone().build().unwrap();
    assert!(allows(&policy, b"https://console.amazonaws.com"));
    assert!(!allows(&policy, b"https://evil.s3.amazonaws.com"));
    assert!(!allows(&policy, b"https://s3.amazonaws.com"));
    let policy = asked.dangerously_allow_public_suffixes().build().unwrap();
    assert!(allows(&policy, b"https://evil.s3.amazonaws.com"));
}
