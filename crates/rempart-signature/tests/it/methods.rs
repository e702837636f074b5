//! A method that nobody signed, and that the sender does not use.

use http::{Method, Request, StatusCode};
use rempart_core::{EventKind, ManualClock, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Algorithm, BodyToken, ConfigError, Coverage, ItemSignatures, Message, MessageSignatures,
    Policy, PolicyBuilder, Scheme, SecretForm,
};
use rempart_testing::Script;

use crate::support::{BODY, NOW, Outcomes, SECRET, builder, id, post, ring, send, signed};

fn github() -> PolicyBuilder {
    builder(Scheme::github(), &ManualClock::at(NOW))
}

async fn ask(policy: Policy, method: &str) -> Outcomes {
    let mut request = post(signed(&Scheme::github(), BODY), Script::new().data(BODY));
    *request.method_mut() = method.parse().unwrap();
    send(policy, request).await
}

#[tokio::test]
async fn who_has_seen_a_post_sends_no_delete() {
    let policy = github().build().unwrap();
    assert_eq!(ask(policy.clone(), "POST").await.reason(), None);
    for method in ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT", "post", "POSTS"] {
        let got = ask(policy.clone(), method).await;
        assert_eq!(got.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(got.headers["allow"], "POST");
        assert_eq!(
            (got.reason(), got.told[0].kind),
            (Some(Reason::MethodNotAllowed), EventKind::Body)
        );
        assert_eq!((got.polls, got.handled.is_none()), (0, true), "{method}");
    }
    // Who has nothing to show is told of nothing.
    let mut request = Request::delete("/hooks").body(Script::new()).unwrap();
    assert_eq!(send(policy.clone(), request).await.reason(), Some(Reason::Missing));
    request = Request::delete("/hooks").body(Script::new()).unwrap();
    request.headers_mut().insert("x-hub-signature-256", "sha256=0".parse().unwrap());
    assert_eq!(send(policy, request).await.reason(), Some(Reason::Malformed));
}

#[tokio::test]
async fn the_methods_of_a_policy_are_those_that_it_names() {
    let policy = github().methods([Method::PUT, Method::DELETE]).build().unwrap();
    assert_eq!(policy.methods(), Some(&[Method::PUT, Method::DELETE][..]));
    assert_eq!(ask(policy.clone(), "DELETE").await.reason(), None);
    let got = ask(policy.clone(), "POST").await;
    assert_eq!(
        (got.status, &got.headers["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"PUT, DELETE".parse().unwrap())
    );
    // Keys that change leave them as they are.
    let turned = policy.with_keys(ring()).unwrap();
    assert_eq!(ask(turned, "POST").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let none = github().methods([]).build().unwrap_err();
    assert!(none.iter().eq([&ConfigError::NoMethods]));
}

#[test]
fn where_the_method_is_not_signed_it_is_that_of_the_sender() {
    let clock = ManualClock::at(NOW);
    let url = || "https://api.example.test".parse().unwrap();
    let of = |scheme: Scheme| {
        let coverage = scheme.coverage();
        let scheme = scheme.with_secret_form(SecretForm::Text);
        builder(scheme, &clock).public_url(url()).dangerously_accept_coverage(coverage)
    };
    let named = |name: &str| of(Scheme::preset(name).unwrap());
    let plain = || Policy::builder("test").keys(ring()).public_url(url()).timer(clock.clone());
    let messages = MessageSignatures::new(Algorithm::HmacSha256);
    let items = ItemSignatures::adyen();
    let keys = KeyRing::single(id("a"), Secret::new("00112233445566778899aabbccddeeff").unwrap());
    let covered = Coverage::Fields;
    let post = Some(&[Method::POST][..]);
    #[rustfmt::skip]
    let rows = [
        ("github",   named("github"),                          post),
        ("gitlab",   named("gitlab"),                          post),
        ("mailgun",  named("mailgun"),                         post),
        ("square",   named("square"),                          post),
        ("twilio",   named("twilio"),                          Some(&[Method::GET, Method::POST][..])),
        ("hubspot",  named("hubspot"),                         None),
        ("messages", plain().message_signatures(messages),     None),
        ("token",    plain().body_token(BodyToken::vonage()),  post),
        ("items",    plain().item_signatures(items).keys(keys).dangerously_accept_coverage(covered), post),
    ];
    for (row, builder, want) in rows {
        assert_eq!(builder.build().unwrap().methods(), want, "{row}");
    }
}

/// What a `GET` has signed in its URL may be read as a form: `/x?T` and `o==1` are `/x?To=1`.
#[tokio::test]
async fn a_get_of_twilio_is_no_post_where_one_of_them_is_taken() {
    let form = "application/x-www-form-urlencoded";
    let message = Message::new(b"", NOW).url("https://api.example.test/x?To=1").method(Method::GET);
    let mut headers = Scheme::twilio().sign(&Secret::new(SECRET).unwrap(), &message).unwrap();
    headers.insert("content-type", form.parse().unwrap());
    let both = [Method::GET, Method::POST];
    let rows = [(&both[..], true, true), (&both[..1], true, false), (&both[1..], false, true)];
    for (methods, get, seam) in rows {
        let policy = builder(Scheme::twilio(), &ManualClock::at(NOW))
            .public_url("https://api.example.test".parse().unwrap())
            .methods(methods.iter().cloned());
        let policy = policy.build().unwrap();
        for (mut request, body, handled) in
            [(Request::get("/x?To=1"), "", get), (Request::post("/x?T"), "o==1", seam)]
        {
            *request.headers_mut().unwrap() = headers.clone();
            let request = request.body(Script::new().data(body)).unwrap();
            assert_eq!(
                send(policy.clone(), request).await.handled.is_some(),
                handled,
                "{methods:?}"
            );
        }
    }
}
