//! What is signed here verifies here, and is what other signers of the standard make.

use std::time::Duration;

use http::{HeaderValue, Method, Request, StatusCode, Uri};
use rempart_core::ManualClock;
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
use rempart_keys::KeyRing;
use rempart_keys::Secret;
use rempart_signature::{
    Algorithm, Component, DigestAlgorithm, Head, MessageSignError, MessageSignatures,
    MessageSigner, Policy, Rejection, ResponseHead, structured, verify, verify_response,
};
use rempart_testing::canary;

use crate::support::{BODY, NOW, SECRET, id, ring};

const URL: &str = "https://api.example.test/hooks?a=1&Pet=dog";

fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

fn signer() -> MessageSigner {
    MessageSigner::new("current", Algorithm::HmacSha256, &secret()).unwrap()
}

fn request() -> Request<()> {
    Request::post(URL).header("host", "api.example.test").body(()).unwrap()
}

fn policy_of(wanted: MessageSignatures) -> Policy {
    Policy::builder("test")
        .message_signatures(wanted)
        .keys(ring())
        .public_url("https://api.example.test".parse().unwrap())
        .timer(ManualClock::at(NOW))
        .build()
        .unwrap()
}

fn policy() -> Policy {
    policy_of(MessageSignatures::new(Algorithm::HmacSha256))
}

fn signed(signer: &MessageSigner) -> Request<()> {
    let mut request = request();
    signer.sign_request(&mut request, BODY, NOW).unwrap();
    request
}

/// As a server is given it: path and query alone.
fn verified(policy: &Policy, request: &Request<()>, body: &[u8]) -> Result<String, Rejection> {
    let uri: Uri = request.uri().path_and_query().unwrap().as_str().parse().unwrap();
    let head = Head::new(request.method(), &uri, request.headers());
    let verified = verify(policy, &head, body, NOW)?;
    Ok(verified.components().unwrap().iter().map(|(name, _)| name.to_owned() + " ").collect())
}

fn input(request: &Request<()>) -> &str {
    request.headers()["signature-input"].to_str().unwrap()
}

#[test]
fn what_is_signed_by_default_is_what_is_asked_for_by_default() {
    let request = signed(&signer());
    let want =
        r#"sig=("@method" "@target-uri" "content-digest");created=1700000000;keyid="current""#;
    assert_eq!(input(&request), want);
    let names = r#""@method" "@target-uri" "content-digest" "#;
    assert_eq!(verified(&policy(), &request, BODY).as_deref(), Ok(names));
    assert_eq!(verified(&policy(), &request, b"x"), Err(Rejection::DigestMismatch));

    let mut empty = self::request();
    signer().sign_request(&mut empty, b"", NOW).unwrap();
    assert!(!empty.headers().contains_key("content-digest"));
    assert!(verified(&policy(), &empty, b"").is_ok());
    assert_eq!(verified(&policy(), &empty, b"x"), Err(Rejection::InsufficientCoverage));
}

#[test]
fn all_that_can_be_said_is_said_and_read() {
    let components = [
        "@method",
        "@target-uri",
        "@authority",
        "@scheme",
        "@path",
        "@query",
        "@request-target",
        r#""@query-param";name="Pet""#,
        "content-digest;sf",
        "x-dict;key=\"b\"",
        "x-dict;sf",
        "x-lines;bs",
        "x-lines",
    ];
    let components = components.map(|text| text.parse::<Component>().unwrap());
    let dictionary = structured::FieldType::Dictionary;
    let signer = signer()
        .with_label("all")
        .with_components(components)
        .with_digest(DigestAlgorithm::Sha512)
        .with_lifetime(Duration::from_secs(30))
        .with_nonce("once")
        .with_tag("app")
        .with_algorithm_said()
        .with_structured_field("x-dict".parse().unwrap(), dictionary);
    let mut request = request();
    let headers = request.headers_mut();
    headers.insert("x-dict", HeaderValue::from_static("a=1,   b=2;x"));
    headers.append("x-lines", HeaderValue::from_static("1, 2"));
    headers.append("x-lines", HeaderValue::from_static("3"));
    signer.sign_request(&mut request, BODY, NOW).unwrap();
    let said = r#";created=1700000000;keyid="current";nonce="once";alg="hmac-sha256";expires=1700000030;tag="app""#;
    assert!(input(&request).ends_with(said), "{}", input(&request));

    let wanted = MessageSignatures::new(Algorithm::HmacSha256).with_tag("app");
    let typed = wanted.clone().with_structured_field("x-dict".parse().unwrap(), dictionary);
    assert!(verified(&policy_of(typed), &request, BODY).is_ok());
    // Whoever does not know the kind of a field cannot rewrite it.
    assert_eq!(verified(&policy_of(wanted), &request, BODY), Err(Rejection::Malformed));
}

#[test]
fn a_second_signature_stands_beside_the_first() {
    let mut request = signed(&signer());
    let other = MessageSigner::new("other", Algorithm::HmacSha256, &secret()).unwrap();
    let taken = other.sign_request(&mut request, BODY, NOW);
    assert_eq!(taken, Err(MessageSignError::LabelTaken));
    let first = r#""signature";key="sig""#.parse().unwrap();
    let proxy = other.with_label("proxy").with_components([first]);
    proxy.sign_request(&mut request, BODY, NOW).unwrap();
    assert_eq!(request.headers().get_all("signature").iter().count(), 2);
    assert!(verified(&policy(), &request, BODY).is_ok());
}

#[test]
fn what_cannot_be_signed_is_an_error_and_changes_nothing() {
    let signing = |signer: MessageSigner, text: &str| {
        let mut request = Request::post(text).body(()).unwrap();
        let result = signer.sign_request(&mut request, BODY, NOW);
        assert!(result.is_ok() || request.headers().is_empty());
        result
    };
    let covering = |name: &str| signer().with_components([name.parse().unwrap()]);
    let twice = signer().with_components(["@method", "@method"].map(|name| name.parse().unwrap()));
    let home = "https://api.example.test".parse().unwrap();
    #[rustfmt::skip]
    let rows = [
        (signing(signer(), "/hooks"),                          Err(MessageSignError::Origin)),
        (signing(signer().with_origin(&home), "/hooks"),       Ok(())),
        (signing(covering("x-absent"), URL),                   Err(MessageSignError::Component(Rejection::Missing))),
        (signing(covering("@status"), URL),                    Err(MessageSignError::Component(Rejection::Malformed))),
        (signing(twice, URL),                                  Err(MessageSignError::Components(rempart_signature::ComponentError::Repeated))),
        (signing(signer().with_label("A"), URL),               Err(MessageSignError::Text)),
        (signing(signer().with_nonce("a\nb"), URL),            Err(MessageSignError::Text)),
    ];
    for (nth, (got, want)) in rows.into_iter().enumerate() {
        assert_eq!(got, want, "row {nth}");
    }
}

#[test]
fn a_response_is_bound_to_its_request() {
    let request = signed(&signer());
    let head = Head::new(request.method(), request.uri(), request.headers());
    let components = ["@status", "content-digest", "@method;req", "@target-uri;req"];
    let signer = signer()
        .with_components(components.map(|name| name.parse().unwrap()))
        .with_origin(&"https://api.example.test".parse().unwrap());
    let none = http::HeaderMap::new();
    let response = ResponseHead::new(StatusCode::CREATED, &none).answering(head);
    let headers = signer.sign_response(&response, BODY, NOW).unwrap();

    let verify = |status, head: Option<Head<'_>>, body: &[u8]| {
        let response = ResponseHead::new(status, &headers);
        let response = match head {
            Some(head) => response.answering(head),
            None => response,
        };
        verify_response(&policy(), &response, body, NOW).map(|verified| verified.key())
    };
    assert_eq!(verify(StatusCode::CREATED, Some(head), BODY), Ok(id("current")));
    assert_eq!(verify(StatusCode::OK, Some(head), BODY), Err(Rejection::Mismatch));
    assert_eq!(verify(StatusCode::CREATED, None, BODY), Err(Rejection::Missing));
    assert_eq!(verify(StatusCode::CREATED, Some(head), b"x"), Err(Rejection::DigestMismatch));
    let put = Head::new(&Method::PUT, request.uri(), request.headers());
    assert_eq!(verify(StatusCode::CREATED, Some(put), BODY), Err(Rejection::Mismatch));
}

#[test]
fn a_response_covers_its_status_and_its_body() {
    let none = http::HeaderMap::new();
    let response = ResponseHead::new(StatusCode::OK, &none);
    let headers = signer().sign_response(&response, BODY, NOW).unwrap();
    let input = headers["signature-input"].to_str().unwrap();
    assert!(input.starts_with(r#"sig=("@status" "content-digest")"#), "{input}");
    let response = ResponseHead::new(StatusCode::OK, &headers);
    assert!(verify_response(&policy(), &response, BODY, NOW).is_ok());
    let component = "content-digest".parse().unwrap();
    let less = signer().with_components([component]);
    let headers = less.sign_response(&ResponseHead::new(StatusCode::OK, &none), BODY, NOW).unwrap();
    let response = ResponseHead::new(StatusCode::OK, &headers);
    let refused = verify_response(&policy(), &response, BODY, NOW);
    assert_eq!(refused, Err(Rejection::InsufficientCoverage));
}

#[test]
fn a_signer_prints_no_secret() {
    let signer = signer();
    canary::assert_absent(format!("{signer:?} {signer:#?}"), SECRET);
    let request = signed(&signer);
    let headers = request.headers();
    let response = ResponseHead::new(StatusCode::OK, headers);
    canary::assert_absent(format!("{response:?}"), headers["signature"].as_bytes());
}

/// Each pair signs what its public half verifies, and no other does.
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
#[test]
fn pairs_of_keys_sign_too() {
    use crate::public_keys::PAIRS;

    let policy = |algorithm, public: &str| {
        Policy::builder("test")
            .message_signatures(MessageSignatures::new(algorithm))
            .keys(KeyRing::single(id("current"), Secret::new(public.trim()).unwrap()))
            .public_url("https://api.example.test".parse().unwrap())
            .timer(ManualClock::at(NOW))
            .build()
            .unwrap()
    };
    for (algorithm, private, public) in PAIRS {
        let private = Secret::new(private.trim()).unwrap();
        let signer = MessageSigner::new("current", algorithm, &private).unwrap();
        let mut request = signed(&signer.with_algorithm_said());
        assert!(verified(&policy(algorithm, public), &request, BODY).is_ok(), "{algorithm:?}");
        for (other, _, key) in PAIRS.into_iter().filter(|(other, ..)| *other != algorithm) {
            let refused = verified(&policy(other, key), &request, BODY);
            assert_eq!(refused, Err(Rejection::WrongAlgorithm), "{algorithm:?} {other:?}");
        }
        *request.method_mut() = http::Method::PUT;
        let refused = verified(&policy(algorithm, public), &request, BODY);
        assert_eq!(refused, Err(Rejection::Mismatch), "{algorithm:?}");
    }
}
