//! Origins, and the patterns of lists.

use http::{HeaderMap, HeaderValue, header};
use rempart::cors::{ConfigError, Origin, Policy};

/// An origin that is read is written byte for byte as it was, and is one by a naive reading. A list
/// of the text alone, be it a pattern, allows what the naive reading allows, and nothing shorter or
/// longer; and with the list of public suffixes no more than that, what is redundant beside it included.
pub(crate) fn origin(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(origin) = text.parse::<Origin>() {
        assert_eq!(origin.as_str(), text);
        assert_eq!(text.split_once("://").unwrap().0, origin.scheme());
        assert!(text.split_once("://").unwrap().1.starts_with(origin.host()));
        assert!(origin.host().starts_with('[') || is_canonical(text), "{text}");
    } else if !text.contains("://[") && !text.contains("xn--") {
        assert!(!is_canonical(text) || is_number(text), "{text}");
    }
    let draft = Policy::anonymous("fuzz").origins([text]).dangerously_allow_any_port();
    let Ok(policy) = draft.clone().dangerously_allow_public_suffixes().build() else { return };
    let strict = draft.clone().build().ok();
    for (origin, allowed) in [
        (text.to_owned(), !text.contains('*')),
        (text.replace("*.", "").replace(":*", ""), !text.contains("*.")),
        (text.replace("*.", "a.").replace(":*", ":81"), true),
        (text.replace("*.", "a.b_c.").replace(":*", ""), true),
        (text.replace("*.", "a..").replace(":*", ":81"), !text.contains("*.")),
        (text.replace("*.", "a").replace(":*", ":81"), !text.contains("*.")),
        (text.replace("*.", "a.").replace(":*", ":081"), !text.contains(":*")),
        (format!("{text}."), false),
        (format!("{text}/"), false),
        (text.chars().skip(1).collect(), false),
    ] {
        let Ok(line) = HeaderValue::from_bytes(origin.as_bytes()) else { continue };
        // A host can grow too long for what stands before it.
        if origin.len() > 240 {
            continue;
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, line);
        assert_eq!(policy.grant(&headers).is_allowed(), allowed, "{origin} of {text}");
        let Some(strict) = &strict else { continue };
        let strictly = strict.grant(&headers).is_allowed();
        assert!(allowed || !strictly, "{origin} of {text}");
        let beside = draft.clone().origins([&origin]).build();
        let is_covered = |fault: &ConfigError| matches!(fault, ConfigError::CoveredOrigin { .. });
        let is_redundant = beside.is_err_and(|faults| faults.iter().any(is_covered));
        assert_eq!(is_redundant, strictly && origin != text, "{origin} beside {text}");
    }
}

/// Whether a text is an origin, by a naive reading: names of hosts alone, and of punycode only the
/// form.
pub(crate) fn is_canonical(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let default = if scheme == "https" { "443" } else { "80" };
    let is_port = |port: &str| {
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        port != default && is_number && !port.starts_with('0') && port.parse::<u16>().is_ok()
    };
    let is_label = |label: &str| {
        let byte = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        let ends = label.starts_with('-') || label.ends_with('-');
        !ends && (1..=63).contains(&label.len()) && label.bytes().all(byte)
    };
    ["http", "https"].contains(&scheme)
        && host.len() <= 253
        && host.split('.').all(is_label)
        && port.is_none_or(is_port)
}

/// Whether the last label makes the host an address, which has rules of its own.
fn is_number(text: &str) -> bool {
    let host = text.split_once("://").map_or("", |(_, rest)| rest.split(':').next().unwrap());
    host.rsplit('.').next().unwrap().starts_with(|first: char| first.is_ascii_digit())
}
