//! What the two presets send, to the byte.

use rempart_headers::{Channel, Policy};

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
