//! What a client is told: the same, whatever was wrong (RFC 6750 §3, RFC 9457).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use rempart_core::{EventKind, ManualClock, Reason, Refused, ResponseBody};
use rempart_testing::strict;
use rempart_token::{Claims, Policy, TokenLayer};
use tower::{Layer, ServiceExt};

use crate::support::*;

type Answer = Response<ResponseBody<Full<Bytes>>>;

async fn ask(policy: Policy, request: Request<()>) -> Answer {
    let answer = |request: Request<()>| async move {
        let claims = request.extensions().get::<Claims>().unwrap();
        Response::new(Full::from(claims.subject().unwrap_or_default().to_owned()))
    };
    let layer = TokenLayer::new(policy).clock(ManualClock::at(NOW)).observer(());
    layer.layer(strict(answer)).oneshot(request).await.unwrap()
}

fn bearing(authorization: &[&str]) -> Request<()> {
    let mut request = Request::new(());
    for value in authorization {
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    request
}

async fn bytes(response: Answer) -> (StatusCode, HeaderMap, Bytes) {
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_good_token_reaches_the_handler_with_its_claims() {
    let answer = ask(policy(), bearing(&[&format!("Bearer {}", good())])).await;
    let (status, _, body) = bytes(answer).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"ada"[..]));
}

#[tokio::test]
async fn every_refusal_of_a_token_is_alike_to_the_byte() {
    let bearer = |token: String| vec![format!("Bearer {token}")];
    let claims = |claims: &str| bearer(with_claims(claims));
    let head = |head: &str| bearer(token(head, CLAIMS));
    let rows: Vec<(&str, Vec<String>, Reason)> = vec![
        ("no tag", bearer(good().rsplit_once('.').unwrap().0.to_owned()), Reason::Malformed),
        ("another key", bearer(token_by(OTHER_SECRET, HEAD, CLAIMS)), Reason::Mismatch),
        ("none", head(r#"{"alg":"none"}"#), Reason::WrongAlgorithm),
        ("None", head(r#"{"alg":"None"}"#), Reason::WrongAlgorithm),
        ("confused", head(r#"{"alg":"RS256","kid":"k1"}"#), Reason::WrongAlgorithm),
        ("crit", head(r#"{"alg":"HS256","crit":["exp"]}"#), Reason::UnsupportedCritical),
        ("jwk", head(r#"{"alg":"HS256","jwk":{}}"#), Reason::UnknownKey),
        ("typ", head(r#"{"alg":"HS256","typ":"dpop+jwt"}"#), Reason::WrongType),
        ("kid", head(r#"{"alg":"HS256","kid":"k9"}"#), Reason::UnknownKey),
        ("a path", head(r#"{"alg":"HS256","kid":"../../dev/null"}"#), Reason::UnknownKey),
        ("a query", head(r#"{"alg":"HS256","kid":"' OR 1=1 --"}"#), Reason::UnknownKey),
        ("oversized", claims(&format!("\"{}\"", "a".repeat(9000))), Reason::TooLarge),
        ("twice", claims(r#"{"exp":1800000900,"exp":1800000900}"#), Reason::Malformed),
        ("over", claims(r#"{"exp":1799999999}"#), Reason::Expired),
        ("endless", claims(r#"{"iss":"auth"}"#), Reason::LifeTooLong),
        ("future", claims(r#"{"exp":1800000900,"nbf":1800000800}"#), Reason::NotYetValid),
        ("made later", claims(r#"{"exp":1800000900,"iat":1800000800}"#), Reason::FutureTimestamp),
        ("issuer", claims(r#"{"exp":1800000900,"iss":"x"}"#), Reason::WrongIssuer),
        ("audience", claims(r#"{"exp":1800000900,"iss":"auth"}"#), Reason::WrongAudience),
        ("nothing", vec!["Bearer".to_owned()], Reason::Malformed),
        ("two", [bearer(good()), bearer(good())].concat(), Reason::Duplicated),
    ];
    let mut first = None;
    for (name, values, reason) in rows {
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        let answer = ask(policy(), bearing(&values)).await;
        let refused = *answer.extensions().get::<Refused>().unwrap();
        assert_eq!((refused.kind, refused.reason), (EventKind::Token, reason), "{name}");
        let (status, headers, body) = bytes(answer).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{name}");
        assert_eq!(
            headers[header::WWW_AUTHENTICATE],
            "Bearer realm=\"api\", error=\"invalid_token\""
        );
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        let first = first.get_or_insert_with(|| (headers.clone(), body.clone()));
        assert_eq!((headers, body), *first, "{name}");
    }
}

#[tokio::test]
async fn who_sent_no_token_is_told_of_no_error() {
    for values in [&[][..], &["Basic dXNlcjpwYXNz"]] {
        let answer = ask(policy(), bearing(values)).await;
        assert_eq!(answer.extensions().get::<Refused>().unwrap().reason, Reason::Missing);
        let (status, headers, _) = bytes(answer).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(headers[header::WWW_AUTHENTICATE], "Bearer realm=\"api\"");
    }
}

#[tokio::test]
async fn the_realm_is_the_policys() {
    let policy = builder().realm("the CRM").build().unwrap();
    let (_, headers, _) = bytes(ask(policy, bearing(&[])).await).await;
    assert_eq!(headers[header::WWW_AUTHENTICATE], "Bearer realm=\"the CRM\"");
}

#[tokio::test]
async fn each_protocol_gets_its_own_answer() {
    let mut request = bearing(&[]);
    *request.method_mut() = Method::HEAD;
    let (status, _, body) = bytes(ask(policy(), request).await).await;
    assert_eq!((status, body.len()), (StatusCode::UNAUTHORIZED, 0));

    let mut request = bearing(&[]);
    let grpc = HeaderValue::from_static("application/grpc");
    request.headers_mut().insert(header::CONTENT_TYPE, grpc);
    let (status, headers, _) = bytes(ask(policy(), request).await).await;
    assert_eq!((status, headers["grpc-status"].as_bytes()), (StatusCode::OK, &b"16"[..]));
}
