//! A client is told that its token is no good, and by nothing why: status, headers and body are the
//! same bytes for every cause, in every language that a client may speak.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full};
use rempart_core::{ManualClock, Reason, Refused};
use rempart_keys::{KeyRing, Secret};
use rempart_testing::strict;
use rempart_token::{Policy, Revocations, TokenLayer};
use tower::{Layer, ServiceExt};

use crate::support::{NOW, base64, id, key, token_by};

const CURRENT: &str = "a-made-up-secret-of-32-bytes-yes";
const OVER: &str = "a-made-up-secret-whose-time-over";
const GONE: &str = "a-made-up-secret-that-is-revoked";
const HEAD: &str = r#"{"alg":"HS256","typ":"JWT","kid":"current"}"#;

/// What a client sees of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: StatusCode,
    version: Version,
    headers: BTreeMap<String, Vec<u8>>,
    body: Bytes,
    trailers: Option<HeaderMap>,
}

/// Claims that are good, with these in place of some or beside them; `"-"` takes one out.
fn claims(changes: &[(&str, &str)]) -> String {
    let now = NOW.as_secs();
    let good = [
        ("iss", r#""https://login.example.test""#.to_owned()),
        ("aud", r#""api.example.test""#.to_owned()),
        ("sub", r#""ada""#.to_owned()),
        ("jti", r#""one""#.to_owned()),
        ("iat", now.to_string()),
        ("exp", (now + 600).to_string()),
    ];
    let mut claims: BTreeMap<&str, String> = good.into();
    for (name, value) in changes {
        match *value {
            "-" => claims.remove(name),
            value => claims.insert(name, value.to_owned()),
        };
    }
    let members = claims.iter().map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// A claim that is not as it should be, in a token that is signed as it should be.
fn claim(name: &str, value: &str) -> String {
    token_by(CURRENT, HEAD, &claims(&[(name, value)]))
}

/// A head that is not as it should be.
fn head(head: &str) -> String {
    token_by(CURRENT, head, &claims(&[]))
}

/// Every cause, and what the operator is told.
fn refused() -> Vec<(&'static str, Reason, String)> {
    let good = head(HEAD);
    let signed = good.rsplit_once('.').unwrap().0;
    let late = (NOW.as_secs() + 31).to_string();
    let doubled = claims(&[]).replace(r#""sub""#, r#""exp":1900000000,"sub""#);
    vec![
        ("expired", Reason::Expired, claim("exp", "1799999999")),
        ("expired this second", Reason::Expired, claim("exp", "1800000000")),
        ("without an end", Reason::LifeTooLong, claim("exp", "-")),
        ("for a hundred years", Reason::LifeTooLong, claim("exp", "4953600000")),
        ("an end that is a text", Reason::Malformed, claim("exp", r#""1800000600""#)),
        ("not begun", Reason::NotYetValid, claim("nbf", &late)),
        ("issued in the future", Reason::FutureTimestamp, claim("iat", &late)),
        ("of another issuer", Reason::WrongIssuer, claim("iss", r#""https://else.test""#)),
        ("of no issuer", Reason::WrongIssuer, claim("iss", "-")),
        ("for somebody else", Reason::WrongAudience, claim("aud", r#""else.example.test""#)),
        ("for others", Reason::WrongAudience, claim("aud", r#"["a","b"]"#)),
        ("for nobody", Reason::WrongAudience, claim("aud", "-")),
        ("a claim twice", Reason::Malformed, token_by(CURRENT, HEAD, &doubled)),
        ("not an object", Reason::Malformed, token_by(CURRENT, HEAD, "[]")),
        ("not JSON", Reason::Malformed, token_by(CURRENT, HEAD, "foo")),
        ("revoked itself", Reason::Revoked, claim("jti", r#""revoked""#)),
        ("revoked with its subject", Reason::Revoked, claim("sub", r#""mallory""#)),
        ("not dated", Reason::Malformed, claim("iat", "-")),
        ("no algorithm", Reason::WrongAlgorithm, head(r#"{"alg":"none","kid":"current"}"#)),
        ("no algorithm, and no tag", Reason::WrongAlgorithm, {
            let [head, claims] = [r#"{"alg":"none"}"#, &claims(&[])].map(base64);
            format!("{head}.{claims}.")
        }),
        ("an algorithm in small letters", Reason::WrongAlgorithm, head(r#"{"alg":"hs256"}"#)),
        ("another key's algorithm", Reason::WrongAlgorithm, {
            head(r#"{"alg":"RS256","typ":"JWT","kid":"current"}"#)
        }),
        ("a longer hash", Reason::WrongAlgorithm, head(r#"{"alg":"HS512","kid":"current"}"#)),
        ("critical", Reason::UnsupportedCritical, {
            head(r#"{"alg":"HS256","kid":"current","crit":["exp"],"exp":1}"#)
        }),
        ("not encoded", Reason::UnsupportedCritical, {
            head(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#)
        }),
        ("with a key of its own", Reason::UnknownKey, {
            head(r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#)
        }),
        (
            "of a key never known",
            Reason::UnknownKey,
            head(r#"{"alg":"HS256","kid":"no-such-key"}"#),
        ),
        ("of a key's path", Reason::UnknownKey, head(r#"{"alg":"HS256","kid":"../../dev/null"}"#)),
        ("of a revoked key", Reason::RevokedKey, {
            token_by(GONE, r#"{"alg":"HS256","kid":"gone"}"#, &claims(&[]))
        }),
        ("of a key whose time is over", Reason::RevokedKey, {
            token_by(OVER, r#"{"alg":"HS256","kid":"over"}"#, &claims(&[]))
        }),
        ("of a revoked key, unnamed", Reason::RevokedKey, {
            token_by(GONE, r#"{"alg":"HS256"}"#, &claims(&[]))
        }),
        ("of another type", Reason::WrongType, head(r#"{"alg":"HS256","typ":"dpop+jwt"}"#)),
        ("signed by nobody", Reason::Malformed, format!("{signed}.")),
        ("signed with another key", Reason::Mismatch, token_by(GONE, HEAD, &claims(&[]))),
        ("a bit of the tag", Reason::Mismatch, format!("{signed}.{}", "A".repeat(43))),
        ("a shorter tag", Reason::Malformed, good[..good.len() - 2].to_owned()),
        ("oversized", Reason::TooLarge, claim("other", &format!("\"{}\"", "x".repeat(9_000)))),
        ("an oversized head", Reason::TooLarge, {
            head(&format!(r#"{{"alg":"HS256","other":"{}"}}"#, "x".repeat(2_000)))
        }),
        ("empty", Reason::Malformed, String::new()),
        ("two parts", Reason::Malformed, signed.to_owned()),
        ("four parts", Reason::Malformed, format!("{good}.foo")),
        ("padded", Reason::Malformed, format!("{good}=")),
        ("in JSON", Reason::Malformed, r#"{"payload":"Zm9v","signatures":[]}"#.to_owned()),
    ]
}

fn policy() -> Policy {
    let ring = KeyRing::single(id("over"), Secret::new(OVER).unwrap());
    let ring = ring.add(key("gone", GONE)).unwrap().revoke(id("gone")).unwrap();
    let ring = ring.add(key("current", CURRENT)).unwrap().promote(id("current"), NOW).unwrap();
    let revocations = Revocations::default();
    revocations.revoke_id("revoked", NOW + Duration::from_secs(900), NOW);
    revocations.revoke_subject("mallory", NOW + Duration::from_secs(1), NOW);
    Policy::builder("api")
        .hs256(ring)
        .issuer("https://login.example.test")
        .audience("api.example.test")
        .revocations(revocations)
        .build()
        .unwrap()
}

/// What the client sees, and what a layer outside is told.
async fn answer(
    policy: &Policy,
    mut request: Request<Full<Bytes>>,
    token: &str,
) -> (Seen, Option<Reason>) {
    let value = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, value);
    let answer = |_| async { Response::new(Full::new(Bytes::from_static(b"served"))) };
    let layer = TokenLayer::new(policy.clone()).clock(ManualClock::at(NOW));
    let response = layer.layer(strict(answer)).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    let headers = parts.headers.iter();
    let seen = Seen {
        status: parts.status,
        version: parts.version,
        headers: headers
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        body: body.to_bytes(),
        trailers,
    };
    assert_eq!(seen.headers.len(), parts.headers.len(), "a header twice");
    (seen, parts.extensions.get::<Refused>().map(|refused| refused.reason))
}

/// The requests of clients of every kind.
fn requests() -> Vec<Request<Full<Bytes>>> {
    let request = |method: &Method, content_type: Option<&str>| {
        let mut request = Request::builder().method(method).uri("/calls");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        request.body(Full::default()).unwrap()
    };
    let grpc = ["application/grpc", "application/grpc-web", "application/grpc-web-text"];
    [(&Method::GET, None), (&Method::HEAD, None), (&Method::POST, Some("application/json"))]
        .into_iter()
        .chain(grpc.map(|content_type| (&Method::POST, Some(content_type))))
        .map(|(method, content_type)| request(method, content_type))
        .collect()
}

#[tokio::test]
async fn every_cause_is_answered_alike_and_told_exactly() {
    let policy = policy();
    for request in requests() {
        let mut first = None;
        for (cause, reason, token) in refused() {
            let (seen, told) = answer(&policy, request.clone(), &token).await;
            assert_eq!(told, Some(reason), "{cause}");
            assert_eq!(seen, *first.get_or_insert_with(|| seen.clone()), "{cause}, {request:?}");
        }
    }
}

#[tokio::test]
async fn what_is_answered_is_a_refusal_in_the_language_of_the_client() {
    let policy = policy();
    let expired = claim("exp", "1799999999");
    let mut answers = Vec::new();
    for request in requests() {
        answers.push(answer(&policy, request, &expired).await.0);
    }
    let [get, head, post, grpc, ..] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((get.status, head.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert!(get.body.starts_with(b"{") && head.body.is_empty());
    assert_eq!(get, post);
    let challenge = br#"Bearer realm="api", error="invalid_token""#.to_vec();
    assert_eq!(get.headers["www-authenticate"], challenge);
    assert_eq!(head.headers["www-authenticate"], challenge);
    assert_eq!((grpc.status, &grpc.headers["grpc-status"][..]), (StatusCode::OK, &b"16"[..]));
    // And a good token is served, to every one of them.
    for request in requests() {
        assert_eq!(answer(&policy, request, &self::head(HEAD)).await.0.body, "served");
    }
}
