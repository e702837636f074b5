//! What opens a door whoever made it: tokens, passwords, headers, keys in a block.

use super::assigned;
use crate::detector::{Anchor, Detector, Severity, Validator};

pub(super) const DETECTORS: &[Detector] = &[
    // The whole value, whatever the scheme.
    Detector::new(
        "authorization_header",
        concat!(r"(?i)authorization", assigned!(), r#"([^"'\\\r\n]{4,})"#),
        &["authorization"],
    ),
    Detector::new(
        "bearer_token",
        r"(?i)bearer(?:\s|%20|%2520|\+){1,4}([A-Za-z0-9._~+/\-]{8,}=*)",
        &["bearer"],
    )
    .validator(Validator::NotAWord),
    Detector::new(
        "basic_credentials",
        r"(?i)basic(?:\s|%20|%2520|\+){1,4}([A-Za-z0-9+/_-]{8,}={0,2})",
        &["basic"],
    )
    .validator(Validator::UserAndPassword),
    Detector::new(
        "cookie_header",
        concat!(r"(?i)cookie", assigned!(), r#"([^"'\\\r\n]{4,})"#),
        &["cookie"],
    )
    .severity(Severity::High),
    // Good for a replay while the signed time is fresh.
    Detector::new(
        "signature_header",
        concat!(
            r"(?i)(?:x-hub-signature(?:-256)?|x-twilio-signature|stripe-signature",
            r"|svix-signature|webhook-signature)",
            assigned!(),
            r#"([^"'\\\r\n]{8,})"#
        ),
        &[
            "x-hub-signature",
            "x-twilio-signature",
            "stripe-signature",
            "svix-signature",
            "webhook-signature",
        ],
    )
    .severity(Severity::Medium),
    // Signed and encrypted tokens; one whose end was cut off is hidden as well.
    Detector::new("jwt", r"eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,4}", &["eyJ"])
        .anchor(Anchor::Token)
        .validator(Validator::JwtHeader),
    // Without its end, everything after the beginning is hidden.
    Detector::new(
        "private_key_block",
        concat!(
            r"(?s)-----BEGIN[A-Z0-9 +%]{1,48}PRIVATE(?:[ +]|%20)KEY(?:(?:[ +]|%20)BLOCK)?-----",
            r".*?(?:-----END[A-Z0-9 +%]{1,48}PRIVATE(?:[ +]|%20)KEY(?:(?:[ +]|%20)BLOCK)?-----|\z)"
        ),
        &["-----BEGIN"],
    )
    .anchor(Anchor::Keyword),
    // The password may hold an `@` itself: up to the last one before the path.
    Detector::new("url_userinfo", r#"://[^\s/?#@"'<>:\\]{0,128}:([^\s/?#"'<>\\]+)@"#, &["://"])
        .anchor(Anchor::Keyword),
    Detector::new(
        "db_conn_password",
        r#"(?i)(?:password|passwd|pwd)\s{0,2}=\s{0,2}([^;"'\s&\\]+)"#,
        &["password", "passwd", "pwd"],
    ),
    // By the name alone, in prose. Shorter values are for the key rules.
    Detector::new(
        "generic_secret_assignment",
        concat!(
            r"(?i)(?:api[_-]?key|apikey|secret|token|passw(?:or)?d|passwd|credential",
            r"|private[_-]?key|access[_-]?key)[a-z0-9_-]{0,20}",
            assigned!(),
            r#"([^\s"'\\,;&}\])]{6,})"#
        ),
        &[
            "api_key",
            "api-key",
            "apikey",
            "secret",
            "token",
            "password",
            "passwd",
            "credential",
            "private_key",
            "private-key",
            "privatekey",
            "access_key",
            "access-key",
            "accesskey",
        ],
    )
    .anchor(Anchor::Keyword)
    .severity(Severity::High)
    .named(),
    Detector::new(
        "presigned_query_token",
        concat!(
            r"(?i)(?:access_token|id_token|refresh_token|token|code|api_?key|key|secret",
            r"|signature|sig|auth|jwt|session(?:id)?|otp|pin)(?:=|%3D)",
            // Up to the next parameter, also where both are escaped.
            r#"((?:[^&\s"'\\#%]|%[^2\s"'\\&]|%2[^6\s"'\\&]){3,})"#
        ),
        &[
            "access_token",
            "id_token",
            "refresh_token",
            "token",
            "code",
            "apikey",
            "api_key",
            "key",
            "secret",
            "signature",
            "sig",
            "auth",
            "jwt",
            "session",
            "sessionid",
            "otp",
            "pin",
        ],
    )
    .anchor(Anchor::Parameter)
    .severity(Severity::High),
];
