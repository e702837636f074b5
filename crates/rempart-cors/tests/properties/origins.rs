//! Which texts are origins: those that a browser would serialise so.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rempart_cors::Origin;

/// Origins of few parts, so that many are equal, or nearly.
fn origin() -> impl Strategy<Value = String> {
    let scheme = select(vec!["https://", "http://"]);
    let label = || select(vec!["a", "b", "ab", "aba", "example", "xn--mnchen-3ya"]);
    let port = select(vec!["", "", ":8443", ":8080", ":1"]);
    (scheme, vec(label(), 1..4), port)
        .prop_map(|(scheme, labels, port)| format!("{scheme}{}{port}", labels.join(".")))
}

/// An `Origin` line: one such, one changed a little, or any bytes.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let piece =
        select(vec!["", "/", ".", ":", "@", "a", "b.", "%", "[", "]", " ", "\u{e9}", ":443"]);
    let changed = (origin(), any::<prop::sample::Index>(), piece, any::<bool>()).prop_map(
        |(origin, at, piece, cut)| {
            let at = at.index(origin.len() + 1);
            let tail = origin.get(at + usize::from(cut)..).unwrap_or_default();
            format!("{}{piece}{tail}", &origin[..at]).into_bytes()
        },
    );
    prop_oneof![
        4 => origin().prop_map(String::into_bytes),
        4 => changed,
        1 => vec(visible(), 0..400),
    ]
}

/// A byte that a header value can hold.
pub(crate) fn visible() -> impl Strategy<Value = u8> {
    prop_oneof![Just(b'\t'), b' '..127, 128..=255_u8]
}

/// What URLs can hold and origins here may not: names that the DNS or the registries refuse, an
/// IPv4 address dressed as an IPv6 one, the port that nothing listens on.
pub(crate) fn is_beyond_dns(url: &url::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let odd = |label: &str| {
        label.is_empty() || label.starts_with('-') || label.ends_with('-') || label.len() > 63
    };
    let bytes = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_named = host.starts_with('[') || host.bytes().all(bytes);
    !is_named || host.split('.').any(odd) || host.starts_with("[::ffff:") || url.port() == Some(0)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// Whatever is accepted as an origin is what a browser would serialise.
    #[test]
    fn an_origin_is_its_own_serialisation(text in prop_oneof![
        origin(),
        line().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        "https?://[a-z0-9.-]{1,20}(:[0-9]{0,5})?",
        "https?://(0x)?[0-9a-f]{1,3}(\\.[0-9]{1,3}){0,4}",
        "https?://\\[[0-9a-f:.]{2,20}\\](:[0-9]{1,5})?",
        "[a-zA-Z0-9:/.@?#\\[\\]_ -]{0,30}",
    ]) {
        if let Ok(origin) = text.parse::<Origin>() {
            // A label that is formally punycode may stand for a name that no registry knows.
            if let Ok(url) = url::Url::parse(&text) {
                prop_assert_eq!(url.origin().ascii_serialization(), text);
            } else {
                prop_assert!(text.contains("xn--"), "{}", text);
            }
            prop_assert_eq!(origin.scheme().len() + "://".len() + origin.host().len(),
                origin.as_str().rfind(':').filter(|at| *at > 5 && !origin.as_str().ends_with(']'))
                    .unwrap_or(origin.as_str().len()));
        } else if let Ok(url) = url::Url::parse(&text) {
            let is_origin = url.origin().ascii_serialization() == text;
            prop_assert!(!is_origin || !url.scheme().starts_with("http") || is_beyond_dns(&url), "{}", text);
        }
    }
}
