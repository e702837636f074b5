//! Origins, and requests that carry them.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderValue, Method, header};
use rempart::cors::{Decision, Origin, Policy, decide};

const ALLOWED: [&str; 2] = ["https://app.example.com", "https://admin.example.com:8443"];
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const HEADERS: [&str; 2] = ["authorization", "content-type"];

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    Policy::credentialed("fuzz")
        .origins(ALLOWED)
        .methods(["PUT", "PATCH", "DELETE"])
        .request_headers(HEADERS)
        .build()
        .expect("a policy")
});

/// An origin that is read is written byte for byte as it was.
pub(crate) fn origin(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(origin) = text.parse::<Origin>() {
        assert_eq!(origin.as_str(), text);
        assert!(text.starts_with(origin.scheme()) && text.contains(origin.host()));
    }
}

/// Lines of `Origin`, then of `Access-Control-Request-Method`, then of
/// `Access-Control-Request-Headers`, parted by empty lines: allowed if, and only if, a naive
/// reading allows it.
pub(crate) fn cors_request(data: &[u8]) {
    let (method, data) = match data.split_first() {
        Some((b'O', rest)) => (Method::OPTIONS, rest),
        Some((_, rest)) => (Method::GET, rest),
        None => return,
    };
    let mut names = [
        header::ORIGIN,
        header::ACCESS_CONTROL_REQUEST_METHOD,
        header::ACCESS_CONTROL_REQUEST_HEADERS,
    ]
    .into_iter();
    let mut name = names.next();
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some(header) = name.clone() else { break };
        match HeaderValue::from_bytes(line) {
            Ok(line) if !line.is_empty() => drop(headers.append(header, line)),
            _ => name = names.next(),
        }
    }
    let decision = decide(&POLICY, &method, &headers);
    let allowed = matches!(decision, Decision::Actual(Ok(_)) | Decision::Preflight(Ok(_)));
    let lines = |name| {
        let lines: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        lines
    };
    let origins = lines(header::ORIGIN);
    let asked = lines(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut naive = origins.len() == 1 && ALLOWED.iter().any(|o| o.as_bytes() == origins[0]);
    if method == Method::OPTIONS && !asked.is_empty() {
        naive &= asked.len() == 1 && METHODS.iter().any(|m| m.as_bytes() == asked[0]);
        let requested = lines(header::ACCESS_CONTROL_REQUEST_HEADERS);
        let every = requested.iter().flat_map(|line| line.split(|byte| *byte == b','));
        let known = |name: &[u8]| HEADERS.iter().any(|h| name.eq_ignore_ascii_case(h.as_bytes()));
        let all_known = every.map(<[u8]>::trim_ascii).all(|name| name.is_empty() || known(name));
        // Past its bounds the parser refuses what the naive reading would allow.
        if allowed {
            assert!(all_known);
        } else if requested.concat().len() <= 64 && requested.len() <= 1 {
            assert!(!naive || !all_known || has_odd_blanks(&requested), "{headers:?}");
        }
        naive &= allowed;
    }
    assert!(!allowed || naive, "{headers:?}");
    if !matches!(decision, Decision::Preflight(_)) {
        assert_eq!(allowed, naive, "{headers:?}");
    }
}

/// Blanks and empty elements that the list's grammar bounds.
fn has_odd_blanks(lines: &[&[u8]]) -> bool {
    lines.concat().iter().any(|byte| matches!(byte, b' ' | b'\t'))
        || lines.iter().any(|line| line.split(|byte| *byte == b',').any(<[u8]>::is_empty))
}
