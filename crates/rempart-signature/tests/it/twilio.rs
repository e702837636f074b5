//! Twilio signs a URL and a form: what that covers, and what it does not.

use http::{HeaderMap, Method, Request, StatusCode};
use rempart_core::{ManualClock, Reason};
use rempart_keys::Secret;
use rempart_signature::{Message, Policy, PolicyBuilder, Scheme};
use rempart_testing::Script;

use crate::support::{NOW, Outcomes, SECRET, builder, header, send};

const ORIGIN: &str = "https://api.example.test";
const PATH: &str = "/webhooks/twilio/sms?tenant=7";
const FORM: &str = "MessageSid=SM1&From=%2B15145550100&Body=Bonjour+%C3%A0+tous";
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

fn twilio() -> PolicyBuilder {
    builder(Scheme::twilio(), &ManualClock::at(NOW)).public_url(ORIGIN.parse().unwrap())
}

fn policy() -> Policy {
    twilio().build().unwrap()
}

fn signature(method: Method, url: &str, body: &str) -> HeaderMap {
    let message = Message::new(body.as_bytes(), NOW).url(url).method(method);
    Scheme::twilio().sign(&Secret::new(SECRET).unwrap(), &message).unwrap()
}

fn signed_form() -> HeaderMap {
    signature(Method::POST, &format!("{ORIGIN}{PATH}"), FORM)
}

async fn call(
    method: Method,
    path: &str,
    content_type: Option<&str>,
    signature: HeaderMap,
    body: &str,
) -> Outcomes {
    let script = Script::new().data(body.to_owned());
    let mut request = Request::builder().method(method).uri(path).body(script).unwrap();
    *request.headers_mut() = signature;
    request.headers_mut().extend(content_type.map(|text| header("content-type", text)));
    // Whatever the client says of its host counts for nothing.
    request
        .headers_mut()
        .extend([header("host", "evil.example"), header("x-forwarded-host", "evil")]);
    send(policy(), request).await
}

async fn post_form(signature: HeaderMap, body: &str) -> Outcomes {
    call(Method::POST, PATH, Some(FORM_TYPE), signature, body).await
}

#[tokio::test]
async fn a_form_is_verified_over_the_public_url() {
    let outcome = post_form(signed_form(), FORM).await;
    assert_eq!(outcome.status, StatusCode::OK);
    assert_eq!(outcome.handled.unwrap().frames.concat(), FORM.as_bytes());
}

#[tokio::test]
async fn a_form_in_pieces_is_the_same_form() {
    let frames = FORM.as_bytes().chunks(3);
    let script = frames.fold(Script::new(), Script::data);
    let mut request = Request::post(PATH).body(script).unwrap();
    *request.headers_mut() = signed_form();
    request.headers_mut().extend([header("content-type", FORM_TYPE)]);
    assert_eq!(send(policy(), request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_order_and_spelling_of_parameters_do_not_count_their_values_do() {
    #[rustfmt::skip]
    let rows = [
        (FORM,                                                          true),
        ("From=%2B15145550100&Body=Bonjour+%C3%A0+tous&MessageSid=SM1", true),
        ("MessageSid=SM1&From=%2b15145550100&Body=Bonjour%20%c3%a0%20tous", true),
        ("MessageSid=SM1&From=+15145550100&Body=Bonjour+%C3%A0+tous",   false),
        ("MessageSid=SM2&From=%2B15145550100&Body=Bonjour+%C3%A0+tous", false),
        ("MessageSid=SM1&From=%2B15145550100",                          false),
        ("MessageSid=SM1&From=%2B15145550100&Body=Bonjour+%C3%A0+tous&a=1", false),
        ("MessageSid=SM1&From=%2B15145550100&Body=Bonjour+%C3%A0+tous+", false),
    ];
    for (body, good) in rows {
        let outcome = post_form(signed_form(), body).await;
        assert_eq!(outcome.reason(), (!good).then_some(Reason::Mismatch), "{body}");
    }
}

#[tokio::test]
async fn another_path_or_query_is_another_url() {
    for path in [
        "/webhooks/twilio/sms",
        "/webhooks/twilio/sms?tenant=8",
        "/",
        "/webhooks/twilio/sms/?tenant=7",
    ] {
        let outcome = call(Method::POST, path, Some(FORM_TYPE), signed_form(), FORM).await;
        assert_eq!(outcome.reason(), Some(Reason::Mismatch), "{path}");
    }
}

#[tokio::test]
async fn a_content_type_that_the_signature_does_not_cover_is_415() {
    // A captured signature of a URL would otherwise open the door to any JSON.
    let get = || signature(Method::GET, &format!("{ORIGIN}{PATH}"), "");
    #[rustfmt::skip]
    let rows = [
        (Some("application/json"),                        false),
        (Some("application/json; charset=utf-8"),         false),
        (Some("multipart/form-data; boundary=x"),         false),
        (Some("text/plain"),                              false),
        (Some("application/x-www-form-urlencodedd"),      false),
        (Some(""),                                        false),
        (None,                                            false),
        (Some("application/x-www-form-urlencoded"),       true),
        (Some("Application/X-WWW-Form-Urlencoded ; charset=UTF-8"), true),
    ];
    for (content_type, covered) in rows {
        let outcome = call(Method::POST, PATH, content_type, get(), r#"{"admin":true}"#).await;
        let (reason, status) = if covered {
            (Reason::Mismatch, StatusCode::UNAUTHORIZED)
        } else {
            (Reason::UncoveredContentType, StatusCode::UNSUPPORTED_MEDIA_TYPE)
        };
        assert_eq!((outcome.reason(), outcome.status), (Some(reason), status), "{content_type:?}");
        assert_eq!(outcome.polls > 0, covered);
    }
    // Unsigned, it is 401 whatever its type.
    let outcome = call(Method::POST, PATH, Some("text/plain"), HeaderMap::new(), "x").await;
    assert_eq!(outcome.reason(), Some(Reason::Missing));
}

#[tokio::test]
async fn a_post_whose_form_is_empty_is_refused() {
    let get = || signature(Method::GET, &format!("{ORIGIN}{PATH}"), "");
    for body in ["", "&", "&&&", "=", "=&=&"] {
        let outcome = post_form(get(), body).await;
        assert_eq!(outcome.reason(), Some(Reason::InsufficientCoverage), "{body:?}");
        assert_eq!(outcome.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_get_signs_its_url_and_has_no_body() {
    let get = || signature(Method::GET, &format!("{ORIGIN}{PATH}"), "");
    let outcome = call(Method::GET, PATH, None, get(), "").await;
    assert_eq!(outcome.status, StatusCode::OK);
    let outcome = call(Method::GET, PATH, Some(FORM_TYPE), get(), "a=1").await;
    assert_eq!(outcome.reason(), Some(Reason::UncoveredContentType));
    assert!(outcome.handled.is_none());
}

#[tokio::test]
async fn json_is_covered_by_its_digest_in_the_url_once() {
    let json = r#"{"property":"value"}"#;
    let digest = Scheme::digest_of(json.as_bytes());
    let path = format!("/json?bodySHA256={digest}");
    let sign = |path: &str| signature(Method::GET, &format!("{ORIGIN}{path}"), "");
    let twice = format!("{path}&bodySHA256={digest}");
    let short = format!("/json?bodySHA256={}", &digest[..62]);
    #[rustfmt::skip]
    let rows = [
        (path.as_str(),       json,  None),
        (path.as_str(),       "{}",  Some(Reason::DigestMismatch)),
        (twice.as_str(),      json,  Some(Reason::Duplicated)),
        (short.as_str(),      json,  Some(Reason::Malformed)),
        ("/json?bodySHA256=", json,  Some(Reason::Malformed)),
        ("/json?bodysha256=", json,  Some(Reason::UncoveredContentType)),
    ];
    for (path, body, reason) in rows {
        let outcome = call(Method::POST, path, Some("application/json"), sign(path), body).await;
        assert_eq!(outcome.reason(), reason, "{path} {body}");
    }
    // The digest is in the URL, and the URL is what is signed: another one needs another signature.
    let other = format!("/json?bodySHA256={}", Scheme::digest_of(b"{}"));
    let outcome = call(Method::POST, &other, Some("application/json"), sign(&path), "{}").await;
    assert_eq!(outcome.reason(), Some(Reason::Mismatch));
}

#[tokio::test]
async fn forms_are_bounded() {
    assert_eq!(policy().body_limit(), 64 * 1024);
    let form = |parameters: usize| "a=1&".repeat(parameters);
    // 1,000 parameters are read, found to be one, and not what was signed.
    assert_eq!(post_form(signed_form(), &form(1000)).await.reason(), Some(Reason::Mismatch));
    let outcome = post_form(signed_form(), &form(1001)).await;
    assert_eq!(outcome.reason(), Some(Reason::TooLarge));
    assert_eq!(outcome.status, StatusCode::PAYLOAD_TOO_LARGE);
    let outcome = post_form(signed_form(), &"a".repeat(64 * 1024 + 1)).await;
    assert_eq!(outcome.reason(), Some(Reason::TooLarge));
}

#[tokio::test]
async fn a_path_that_a_proxy_takes_away_belongs_to_the_public_url() {
    let public = format!("{ORIGIN}/edge");
    let policy = twilio().public_url(public.parse().unwrap()).build().unwrap();
    let mut request = Request::post(PATH).body(Script::new().data(FORM)).unwrap();
    *request.headers_mut() = signature(Method::POST, &format!("{public}{PATH}"), FORM);
    request.headers_mut().extend([header("content-type", FORM_TYPE)]);
    assert_eq!(send(policy, request).await.status, StatusCode::OK);
}
