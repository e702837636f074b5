//! Tokens that somebody made to pass: refused without a look at the body.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{ManualClock, Reason, RequestBody};
use rempart_signature::{BodyToken, Decision, Head, Policy, Rejection, decide, verify};
use rempart_testing::strict;
use tower::{Layer, ServiceExt};

use super::by_hand::{
    HEADER, base64url, bearer, claims, headers, hex, hs256, send_body, signed_part, token,
};
use super::{building, policy};
use crate::support::{BODY, NOW, OTHER_SECRET, SECRET, layer, post};
use crate::unread::Untouchable;

/// What becomes of a head, with a body that panics when it is polled.
pub(crate) async fn unread(policy: Policy, headers: HeaderMap) -> (StatusCode, Option<Reason>) {
    let clock = ManualClock::at(NOW);
    let (layer, recorder) = layer(policy, &clock);
    let service = strict(|_: Request<RequestBody<Untouchable>>| async {
        Response::new(Full::<Bytes>::default())
    });
    let response = layer.layer(service).oneshot(post(headers, Untouchable)).await.unwrap();
    (response.status(), recorder.reasons()[0])
}

async fn refused(headers: HeaderMap, reason: Reason, row: &str) {
    let refused = unread(policy(BodyToken::vonage()), headers).await;
    assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some(reason)), "{row}");
}

/// A token with this header, and a good signature of the current key.
fn header(header: &str) -> String {
    token(header, &claims())
}

/// A token of these claims, signed by the current key.
fn says(claims: &str) -> String {
    token(HEADER, &claims.replace("DIGEST", &hex(BODY)))
}

/// So many members, each after a comma.
fn members(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|nth| format!(r#","x{nth}":0"#)).collect();
    members.concat()
}

#[tokio::test]
async fn there_is_one_token_in_one_header() {
    use Reason::{Duplicated, Malformed, Missing};
    let wanted = BodyToken::vonage();
    let good = format!("Bearer {}", header(HEADER));
    let bare = header(HEADER);
    #[rustfmt::skip]
    let rows: [(&[&str], Reason); 11] = [
        (&[],                               Missing),
        (&[&good, &good],                   Duplicated),
        (&[&good, "Basic eDp5"],            Duplicated),
        (&[""],                             Malformed),
        (&["Bearer"],                       Malformed),
        (&["Bearer "],                      Malformed),
        (&[&bare],                          Malformed),
        (&[&format!("bearer {bare}")],      Malformed),
        (&[&format!("Bearer  {bare}")],     Malformed),
        (&[&format!("{good}, {good}")],     Malformed),
        (&["Bearer \u{e9}.\u{e9}.\u{e9}"],  Malformed),
    ];
    for (values, reason) in rows {
        let row = format!("{values:?}");
        refused(headers(wanted.header(), values), reason, &row).await;
    }
    // LiveKit sends it bare.
    let livekit = policy(BodyToken::livekit("Vonage"));
    let refused = unread(livekit, headers(wanted.header(), &[&good])).await;
    assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some(Malformed)));
}

#[tokio::test]
async fn a_token_is_three_parts_and_canonical() {
    let good = header(HEADER);
    let parts: Vec<&str> = good.split('.').collect();
    let [head, body, signature] = parts[..] else { panic!("{good}") };
    // The last character carries four bits of which two mean nothing.
    let stray = |text: &str| {
        let last = text.chars().last().unwrap();
        let next = char::from_u32(u32::from(last) + 1).unwrap();
        format!("{}{next}", &text[..text.len() - 1])
    };
    assert_eq!(signature.len() % 4, 3);
    let standard = hs256(&signed_part(r#"{"alg":"HS256","x":"~~~???"}"#, &claims()), SECRET);
    let long = header(&format!(r#"{{"alg":"HS256","x":"{}"}}"#, "x".repeat(6200)));
    assert!(long.len() > BodyToken::MAX_TOKEN);
    #[rustfmt::skip]
    let rows = [
        ("no dot",             head.to_owned()),
        ("two parts",          format!("{head}.{body}")),
        ("no signature",       format!("{head}.{body}.")),
        ("no claims",          format!("{head}..{signature}")),
        ("no header",          format!(".{body}.{signature}")),
        ("dots",               "..".to_owned()),
        ("four parts",         format!("{good}.{signature}")),
        ("five parts",         format!("{head}.{body}.{signature}.{signature}.{signature}")),
        ("padding",            format!("{good}=")),
        ("a blank",            format!("{good} ")),
        ("a blank in it",      good.replacen('.', ". ", 1)),
        ("stray bits",         format!("{head}.{body}.{}", stray(signature))),
        ("a byte less",        format!("{head}.{body}.{}", &signature[..42])),
        ("a byte more",        format!("{head}.{body}.{signature}A")),
        ("half a signature",   format!("{head}.{body}.{}", &signature[..22])),
        ("the other alphabet", standard.replace('-', "+").replace('_', "/")),
        ("a header of no text", format!("{}.{body}.{signature}", base64url([0xff, 0xfe]))),
        ("more than 8 KiB",    long),
    ];
    for (row, token) in rows {
        refused(bearer(&token), Reason::Malformed, row).await;
    }
    let longest = header(&format!(r#"{{"alg":"HS256","x":"{}"}}"#, "x".repeat(5500)));
    assert!(longest.len() < BodyToken::MAX_TOKEN);
    let outcome = send_body(&policy(BodyToken::vonage()), bearer(&longest), BODY).await;
    assert_eq!(outcome.status, StatusCode::OK);
}

#[tokio::test]
async fn a_header_chooses_nothing() {
    use Reason::{Duplicated, Malformed, Mismatch, Missing, WrongAlgorithm};
    let deep = format!(r#"{{"alg":"HS256","x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let many = members(64);
    let many = format!(r#"{{"alg":"HS256"{many}}}"#);
    #[rustfmt::skip]
    let rows = [
        (r#"{"alg":"none"}"#,                               WrongAlgorithm),
        (r#"{"alg":"None"}"#,                               WrongAlgorithm),
        (r#"{"alg":""}"#,                                   WrongAlgorithm),
        (r#"{"alg":"hs256"}"#,                              WrongAlgorithm),
        (r#"{"alg":"HS512"}"#,                              WrongAlgorithm),
        (r#"{"alg":"ES256"}"#,                              WrongAlgorithm),
        (r#"{"alg":"RS256"}"#,                              WrongAlgorithm),
        (r#"{"typ":"JWT"}"#,                                Missing),
        (r#"{"alg":256}"#,                                  Malformed),
        (r#"{"alg":["HS256"]}"#,                            Malformed),
        (r#"{"alg":"HS256","alg":"none"}"#,                 Duplicated),
        (r#"{"alg":"none","alg":"HS256"}"#,                 Duplicated),
        (r#"{"alg":"HS256","\u0061lg":"none"}"#,            Duplicated),
        (r#"{"alg":"HS256","typ":"JWT","typ":"JWT"}"#,      Duplicated),
        (r#"{"alg":"HS256","crit":[]}"#,                    Malformed),
        (r#"{"alg":"HS256","crit":["exp"]}"#,               Malformed),
        (r#"{"alg":"HS256","\u0063rit":["exp"]}"#,          Malformed),
        (r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,   Malformed),
        (r#"{"alg":"HS256","b64":true}"#,                   Malformed),
        (r#"["HS256"]"#,                                    Malformed),
        (r#""HS256""#,                                      Malformed),
        ("null",                                            Malformed),
        (r#"{"alg":"HS256"}{}"#,                            Malformed),
        (r#"{"alg":"HS256",}"#,                             Malformed),
        (r"{'alg':'HS256'}",                                Malformed),
        (&deep,                                             Malformed),
        (&many,                                             Malformed),
    ];
    for (text, reason) in rows {
        refused(bearer(&header(text)), reason, text).await;
        // With no signature, as `none` has it, or with one of nobody's.
        let signed = signed_part(text, &claims());
        refused(bearer(&format!("{signed}.")), Malformed, text).await;
        refused(bearer(&hs256(&signed, OTHER_SECRET)), reason, text).await;
    }
    // Keys that a token brings along are nobody's.
    let jwk = r#"{"kty":"oct","k":"YW5vdGhlci1tYWRlLXVwLXNlY3JldC0zMi1ieXRlcyE"}"#;
    for brought in [r#""jku":"https://a.example/keys""#, &format!(r#""jwk":{jwk}"#)] {
        let text = format!(r#"{{"alg":"HS256",{brought}}}"#);
        refused(bearer(&hs256(&signed_part(&text, &claims()), OTHER_SECRET)), Mismatch, &text)
            .await;
    }
}

#[tokio::test]
async fn what_was_not_signed_is_refused() {
    let good = header(HEADER);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = signed_part(HEADER, &claims().replace("made-up-1", "made-up-2"));
    let zeros = base64url([0; 32]);
    for (row, token) in [
        ("another's secret", hs256(signed, OTHER_SECRET)),
        ("an empty secret", hs256(signed, "")),
        ("other claims", format!("{other}.{signature}")),
        ("zeros", format!("{signed}.{zeros}")),
        ("the claims alone", {
            let claims = signed.split_once('.').unwrap().1;
            format!("{signed}.{}", hs256(claims, SECRET).rsplit_once('.').unwrap().1)
        }),
    ] {
        refused(bearer(&token), Reason::Mismatch, row).await;
    }
}

#[tokio::test]
async fn a_claim_is_said_once_and_plainly() {
    use Reason::{Duplicated, InsufficientCoverage, Malformed};
    let iat = r#""iat":1700000000"#;
    let many = members(63);
    let upper = hex(BODY).to_uppercase();
    #[rustfmt::skip]
    let rows = [
        (format!("{{{iat}}}"),                                                   InsufficientCoverage),
        (format!(r#"{{{iat},"sha256":"DIGEST"}}"#),                              InsufficientCoverage),
        (format!(r#"{{{iat},"x":{{"payload_hash":"DIGEST"}}}}"#),                InsufficientCoverage),
        (format!(r#"{{{iat},"payload_hash":""}}"#),                              Malformed),
        (format!(r#"{{{iat},"payload_hash":"DIGEST0"}}"#),                       Malformed),
        (format!(r#"{{{iat},"payload_hash":"{upper}"}}"#),                       Malformed),
        (format!(r#"{{{iat},"payload_hash":"{}"}}"#, &upper[..32]),              Malformed),
        (format!(r#"{{{iat},"payload_hash":["DIGEST"]}}"#),                      Malformed),
        (format!(r#"{{{iat},"payload_hash":0}}"#),                               Malformed),
        (format!(r#"{{{iat},"payload_hash":null}}"#),                            Malformed),
        (format!(r#"{{{iat},"payload_hash":"DIGEST","payload_hash":"DIGEST"}}"#), Duplicated),
        (format!(r#"{{{iat},"payload_hash":"DIGEST","payload\u005fhash":"x"}}"#), Duplicated),
        (format!(r#"{{{iat},{iat},"payload_hash":"DIGEST"}}"#),                  Duplicated),
        (format!(r#"{{{iat},"payload_hash":"DIGEST","jti":"a","jti":"b"}}"#),    Duplicated),
        (format!(r#"{{{iat},"payload_hash":"DIGEST","jti":""}}"#),               Malformed),
        (format!(r#"{{{iat},"payload_hash":"DIGEST","jti":7}}"#),                Malformed),
        (format!(r#"{{{iat},"payload_hash":"DIGEST","jti":"a b"}}"#),            Malformed),
        (format!(r#"{{{iat},"payload_hash":"DIGEST","jti":"\u0000"}}"#),         Malformed),
        (format!(r#"{{{iat},"payload_hash":"DIGEST"{many}}}"#),                  Malformed),
        (format!(r#"[{{{iat},"payload_hash":"DIGEST"}}]"#),                      Malformed),
        (format!(r#"{{{iat},"payload_hash":"DIGEST"}},"#),                       Malformed),
        ("DIGEST".to_owned(),                                                    Malformed),
    ];
    for (claims, reason) in rows {
        refused(bearer(&says(&claims)), reason, &claims).await;
    }
}

#[tokio::test]
async fn a_body_that_is_compressed_or_too_long_is_not_read_either() {
    let with = |name: &'static str, value: &'static str| {
        let mut headers = bearer(&header(HEADER));
        headers.insert(name, HeaderValue::from_static(value));
        headers
    };
    let policy = policy(BodyToken::vonage().with_body_limit(1000));
    let encoded = unread(policy.clone(), with("content-encoding", "gzip")).await;
    assert_eq!(encoded, (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(Reason::Encoded)));
    let long = unread(policy.clone(), with("content-length", "1001")).await;
    assert_eq!(long, (StatusCode::PAYLOAD_TOO_LARGE, Some(Reason::TooLarge)));
    let outcome = send_body(&policy, bearer(&header(HEADER)), &[b'x'; 1001]).await;
    assert_eq!(outcome.reason(), Some(Reason::TooLarge));
}

#[tokio::test]
async fn every_401_looks_the_same() {
    let policy = policy(BodyToken::vonage());
    let first = send_body(&policy, HeaderMap::new(), BODY).await;
    let bad = [
        bearer(&header(r#"{"alg":"none"}"#)),
        bearer(&says(r#"{"iat":1,"payload_hash":"DIGEST"}"#)),
        bearer(&hs256(&signed_part(HEADER, &claims()), OTHER_SECRET)),
        bearer(&says(r#"{"iat":1700000000,"payload_hash":"x"}"#)),
    ];
    for headers in bad {
        let outcome = send_body(&policy, headers, BODY).await;
        assert_eq!((outcome.status, &outcome.headers), (first.status, &first.headers));
        assert_eq!(outcome.body, first.body);
    }
    let other = send_body(&policy, bearer(&header(HEADER)), b"another").await;
    assert_eq!(
        (other.status, other.headers, other.body),
        (first.status, first.headers, first.body)
    );
}

#[test]
fn without_tower_it_is_the_same() {
    let policy = building(BodyToken::vonage()).build().unwrap();
    let request = post(bearer(&header(HEADER)), ());
    let head = Head::new(request.method(), request.uri(), request.headers());
    assert!(verify(&policy, &head, BODY, NOW).is_ok());
    let Decision::Read(mut verification) = decide(&policy, &head, NOW) else { panic!("refused") };
    verification.update(b"another").unwrap();
    let body = || std::borrow::Cow::Borrowed(&b"another"[..]);
    assert_eq!(verification.finish(&head, NOW, body), Err(Rejection::DigestMismatch));
    let decision = decide(&policy, &head, NOW * 2);
    assert!(matches!(decision, Decision::Refuse(Rejection::StaleTimestamp)));
}
