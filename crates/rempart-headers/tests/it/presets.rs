//! What the two presets send, to the byte.

use rempart_headers::{Allow, Channel, Csp, Feature, PermissionsPolicy, Policy};

const PAGE: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'none'; style-src 'none'; img-src 'self'; \
         font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         upgrade-insecure-requests",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    (
        "permissions-policy",
        "accelerometer=(), bluetooth=(), camera=(), display-capture=(), geolocation=(), \
         gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

const API: [(&str, &str); 7] = [
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

fn sent(policy: &Policy) -> Vec<(&str, &str)> {
    let headers = policy.headers(Channel::Secure);
    headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
}

/// What the headers weigh in HTTP/1.1.
fn bytes(policy: &Policy) -> usize {
    sent(policy).iter().map(|(name, value)| format!("{name}: {value}\r\n").len()).sum()
}

#[test]
fn a_page_is_sent_with_these_headers_and_no_more() {
    assert_eq!(sent(&Policy::page("site").build().unwrap()), PAGE);
}

#[test]
fn an_api_is_sent_with_these_headers_and_no_more() {
    assert_eq!(sent(&Policy::api("api").build().unwrap()), API);
}

#[test]
fn a_builder_starts_with_nosniff_alone() {
    let policy = Policy::builder("bare").build().unwrap();
    assert_eq!(sent(&policy), [("x-content-type-options", "nosniff")]);
}

#[test]
fn presets_keep_their_byte_budgets() {
    assert!(bytes(&Policy::api("api").build().unwrap()) <= 330);
    let page = bytes(&Policy::page("site").build().unwrap());
    assert!(page <= 900, "{page}");
}

#[test]
fn in_the_clear_neither_hsts_nor_upgrades_are_sent() {
    let policy = Policy::page("site").build().unwrap();
    for (name, value) in policy.headers(Channel::Clear) {
        assert_ne!(name, "strict-transport-security");
        assert!(!value.to_str().unwrap().contains("upgrade-insecure-requests"));
    }
    assert_eq!(policy.headers(Channel::Clear).count(), PAGE.len() - 1);
}

#[test]
fn a_policy_tells_what_it_was_built_from() {
    let reporting = Csp::api().report_uri(["/reports"]);
    let policy = Policy::page("site").csp_report_only(reporting).build().unwrap();
    assert_eq!(policy.name().as_str(), "site");
    assert_eq!(policy.csp(), Csp::page().build().ok().as_ref());
    let only = policy.csp_report_only().unwrap().to_string();
    assert_eq!(only, "default-src 'none'; frame-ancestors 'none'; report-uri /reports");
    assert!(policy.uses_nonce());
    assert!(!Policy::api("api").build().unwrap().uses_nonce());
}

#[test]
fn permissions_are_written_as_a_structured_dictionary() {
    #[rustfmt::skip]
    let rows = [
        (Allow::None,                                                   "camera=()"),
        (Allow::All,                                                    "camera=*"),
        (Allow::SelfOrigin,                                             "camera=(self)"),
        (Allow::origins(["https://a.example"]),                         r#"camera=("https://a.example")"#),
        (Allow::origins(["https://a.example", "https://*.b.example"]),  r#"camera=("https://a.example" "https://*.b.example")"#),
        (Allow::self_and(["https://a.example", "https://b.example"]),   r#"camera=(self "https://a.example" "https://b.example")"#),
    ];
    for (allow, want) in rows {
        let permissions = PermissionsPolicy::new().set("camera", allow);
        let policy = Policy::builder("p").permissions(permissions).build().unwrap();
        assert!(sent(&policy).contains(&("permissions-policy", want)), "{want}");
    }
    let custom = Feature::custom("on-trial").unwrap();
    assert_eq!(PermissionsPolicy::new().deny([custom]).to_string(), "on-trial=()");
    assert!(Feature::custom("on trial").is_err() && Feature::custom("").is_err());
    let empty = Policy::builder("p").permissions(PermissionsPolicy::new()).build().unwrap();
    assert_eq!(sent(&empty), [("x-content-type-options", "nosniff")]);
}
