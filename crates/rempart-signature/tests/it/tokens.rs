//! Tokens that cover a body.

pub(crate) mod by_hand;
mod changes;
mod config;
mod hostile;
#[cfg(feature = "ecdsa")]
mod keys;
mod model;
mod replays;
mod signing;

use http::StatusCode;
use rempart_core::{ManualClock, Reason};
use rempart_signature::{BodyToken, Coverage, Policy, PolicyBuilder};
use rempart_testing::Script;

use self::by_hand::{HEADER, base64, bearer, claims, claims_of, headers, hex, send_body, token};
use crate::support::{BODY, NOW, post, ring, send};

pub(crate) fn building(token: BodyToken) -> PolicyBuilder {
    Policy::builder("test").body_token(token).keys(ring()).timer(ManualClock::at(NOW))
}

pub(crate) fn policy(token: BodyToken) -> Policy {
    building(token).build().unwrap()
}

/// What each of them sends, as its own documentation has it.
#[tokio::test]
async fn what_a_sender_sends_is_let_through() {
    let livekit = format!(
        r#"{{"iss":"APImadeup","nbf":1700000000,"exp":1700000300,"sha256":"{}"}}"#,
        base64(BODY)
    );
    let netlify = format!(r#"{{"iss":"netlify","sha256":"{}"}}"#, hex(BODY));
    let at = Some(NOW);
    #[rustfmt::skip]
    let rows = [
        (BodyToken::livekit("APImadeup"), "",        livekit,  at,   None),
        (BodyToken::netlify(),            "",        netlify,  None, None),
        (BodyToken::vonage(),             "Bearer ", claims(), at,   Some("made-up-1")),
    ];
    for (wanted, prefix, claims, timestamp, jti) in rows {
        let name = wanted.name().to_owned();
        let value = format!("{prefix}{}", token(HEADER, &claims));
        let headers = headers(wanted.header(), &[&value]);
        let outcome = send_body(&policy(wanted), headers, BODY).await;
        assert_eq!(outcome.status, StatusCode::OK, "{name}");
        let verified = outcome.verified();
        assert_eq!((verified.scheme(), verified.key().as_str()), (&*name, "current"));
        assert_eq!(verified.coverage(), Coverage::Body, "{name}");
        assert_eq!((verified.timestamp(), verified.signed_id()), (timestamp, jti), "{name}");
        assert_eq!(outcome.handled.unwrap().frames, [BODY]);
    }
}

#[tokio::test]
async fn the_body_is_the_one_that_was_signed() {
    let policy = policy(BodyToken::vonage());
    let good = bearer(&token(HEADER, &claims()));
    for (nth, byte) in BODY.iter().enumerate() {
        let mut body = BODY.to_vec();
        body[nth] = byte ^ 1;
        let outcome = send_body(&policy, good.clone(), &body).await;
        assert_eq!(outcome.reason(), Some(Reason::DigestMismatch), "{nth}");
        assert_eq!(outcome.status, StatusCode::UNAUTHORIZED);
        assert!(outcome.handled.is_none());
    }
    for body in [&BODY[..1], &[BODY, b" "].concat(), b""] {
        let outcome = send_body(&policy, good.clone(), body).await;
        assert_eq!(outcome.reason(), Some(Reason::DigestMismatch));
    }
    // In whatever pieces it comes, and also if it is empty.
    let (front, back) = BODY.split_at(7);
    let script = Script::new().data(front).data(back);
    let outcome = send(policy.clone(), post(good, script)).await;
    assert_eq!(outcome.handled.unwrap().frames, [front, back]);
    let nothing = bearer(&token(HEADER, &claims_of(b"")));
    assert_eq!(send_body(&policy, nothing, b"").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_is_good_for_as_long_as_it_says_and_no_longer_than_it_may() {
    use Reason::{Expired, FutureTimestamp, Malformed, Missing, StaleTimestamp};
    let (issued, expires) = (BodyToken::vonage(), BodyToken::livekit("iss"));
    let unsaid = BodyToken::netlify();
    let now = NOW.as_secs().cast_signed();
    let at = |name: &str, after: i64| format!(r#","{name}":{}"#, now + after);
    let text = |claims: &str| claims.to_owned();
    #[rustfmt::skip]
    let rows = [
        (&issued,  at("iat", 0),                    None),
        (&issued,  at("iat", -300),                 None),
        (&issued,  at("iat", -301),                 Some(StaleTimestamp)),
        (&issued,  at("iat", 60),                   None),
        (&issued,  at("iat", 61),                   Some(FutureTimestamp)),
        (&issued,  text(""),                        Some(Missing)),
        (&issued,  at("exp", 60),                   Some(Missing)),
        (&issued,  at("iat", 0) + &at("exp", 1),    None),
        (&issued,  at("iat", 0) + &at("exp", 0),    Some(Expired)),
        (&issued,  at("iat", 0) + &at("nbf", 60),   None),
        (&issued,  at("iat", 0) + &at("nbf", 61),   Some(FutureTimestamp)),
        (&issued,  text(r#","iat":"1700000000""#),  Some(Malformed)),
        (&issued,  text(r#","iat":1700000000.0"#),  Some(Malformed)),
        (&issued,  text(r#","iat":17e8"#),          Some(Malformed)),
        (&issued,  text(r#","iat":-1"#),            Some(Malformed)),
        (&issued,  text(r#","iat":null"#),          Some(Malformed)),
        (&issued,  text(r#","iat":99999999999999999999"#), Some(Malformed)),
        (&issued,  text(r#","iat":18446744073709551615"#), Some(FutureTimestamp)),
        (&issued,  text(r#","iat":0"#),             Some(StaleTimestamp)),
        (&expires, at("exp", 1),                    None),
        (&expires, at("exp", 0),                    Some(Expired)),
        (&expires, at("exp", 360),                  None),
        (&expires, at("exp", 361),                  Some(FutureTimestamp)),
        (&expires, text(""),                        Some(Missing)),
        (&expires, at("iat", 0),                    Some(Missing)),
        (&expires, at("exp", 60) + &at("iat", -9999), None),
        (&expires, at("exp", 60) + &at("nbf", 61),  Some(FutureTimestamp)),
        (&unsaid,  text(""),                        None),
        (&unsaid,  at("exp", -1),                   Some(Expired)),
        (&unsaid,  at("iat", 61),                   Some(FutureTimestamp)),
        (&unsaid,  at("exp", 1_000_000),            None),
    ];
    for (wanted, times, reason) in rows {
        let (iss, claim, digest, prefix) = match wanted.name() {
            "livekit" => ("iss", "sha256", base64(BODY), ""),
            "netlify" => ("netlify", "sha256", hex(BODY), ""),
            _ => ("Vonage", "payload_hash", hex(BODY), "Bearer "),
        };
        let claims = format!(r#"{{"iss":"{iss}","{claim}":"{digest}"{times}}}"#);
        let value = format!("{prefix}{}", token(HEADER, &claims));
        let headers = headers(wanted.header(), &[&value]);
        let outcome = send_body(&policy(wanted.clone()), headers, BODY).await;
        assert_eq!(outcome.reason(), reason, "{} {times}", wanted.name());
        assert_eq!(outcome.polls == 0, reason.is_some(), "{} {times}", wanted.name());
    }
}

#[tokio::test]
async fn of_several_issuers_each_is_one() {
    let wanted = BodyToken::vonage().with_issuer("a").with_issuer("b");
    let said = |issuer: &str| {
        let digest = hex(BODY);
        token(HEADER, &format!(r#"{{"iat":1700000000,"payload_hash":"{digest}"{issuer}}}"#))
    };
    #[rustfmt::skip]
    let rows = [
        (r#","iss":"a""#,        None),
        (r#","iss":"b""#,        None),
        (r#","iss":"\u0062""#,   None),
        (r#","iss":"c""#,        Some(Reason::WrongIssuer)),
        (r#","iss":"A""#,        Some(Reason::WrongIssuer)),
        (r#","iss":["a"]"#,      Some(Reason::WrongIssuer)),
        ("",                     Some(Reason::Missing)),
    ];
    for (issuer, reason) in rows {
        let outcome = send_body(&policy(wanted.clone()), bearer(&said(issuer)), BODY).await;
        assert_eq!(outcome.reason(), reason, "{issuer}");
    }
}
