//! What is printed holds no secret.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use rempart_core::{Live, ManualClock, RequestBody};
use rempart_signature::{
    Decision, Head, Message, Policy, Scheme, SignatureLayer, TenantId, TenantSource, Tenants,
    decide, verify,
};
use rempart_testing::{Script, Step, canary, strict};
use tower::{Layer, Service, ServiceExt};

use crate::support::{BODY, NOW, SECRET, builder, key, post, signed};

fn assert_silent(value: &impl std::fmt::Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        canary::assert_absent(&text, SECRET);
        canary::assert_absent(&text, BODY);
        let signature = &signed(&Scheme::vapi(), BODY)["x-vapi-signature"];
        canary::assert_absent(&text, signature);
    }
}

#[tokio::test]
async fn no_public_type_prints_a_secret() {
    let clock = ManualClock::at(NOW);
    let unbuilt = builder(Scheme::vapi(), &clock);
    assert_silent(&unbuilt);
    let policy = unbuilt.build().unwrap();
    assert_silent(&policy);
    assert!(format!("{policy:?}").contains("current"));
    assert_silent(&SignatureLayer::new(policy.clone()));
    assert_silent(&SignatureLayer::new(Live::new(policy.clone())));

    let headers = signed(&Scheme::vapi(), BODY);
    let uri = http::Uri::from_static("/");
    let head = Head::new(&http::Method::POST, &uri, &headers);
    assert_silent(&head);
    let Decision::Read(mut verification) = decide(&policy, &head, NOW) else { panic!() };
    verification.update(BODY).unwrap();
    assert_silent(&verification);
    assert_silent(&Decision::Read(verification));
    assert_silent(&verify(&policy, &head, BODY, NOW).unwrap());

    let answer =
        |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
    let mut service = SignatureLayer::new(policy).clock(clock).layer(strict(answer));
    let request = post(headers, Script::new().data(BODY).then(Step::Pending));
    let mut future = Box::pin(service.ready().await.unwrap().call(request));
    assert_silent(&future);
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    assert_silent(&future);
    future.await.unwrap();
}

#[test]
fn tenants_print_no_secret() {
    let resolver = |_: &TenantId| Ok(Some(crate::support::ring()));
    let tenants = Tenants::sync(TenantSource::path_segment(1), resolver);
    assert_silent(&tenants);
    let policy = Policy::builder("test").scheme(Scheme::github()).tenants(tenants);
    let policy = policy.timer(ManualClock::default()).build().unwrap();
    assert_silent(&policy);
    assert_silent(&SignatureLayer::new(policy));
}

#[test]
fn signing_prints_no_secret() {
    let key = key("a", SECRET);
    let faults = Scheme::twilio().sign(key.secret(), &Message::new(BODY, NOW)).unwrap_err();
    assert_silent(&faults);
    canary::assert_absent(faults.to_string(), SECRET);
}

#[test]
fn a_head_prints_names_of_headers_and_neither_values_nor_query() {
    let headers = signed(&Scheme::vapi(), BODY);
    let uri = http::Uri::from_static("/hooks?token=canary-in-the-query");
    let printed = format!("{:?}", Head::new(&http::Method::POST, &uri, &headers).length(36));
    for shown in ["POST", "/hooks", "x-vapi-signature", "36"] {
        assert!(printed.contains(shown), "{printed}");
    }
    canary::assert_absent(&printed, "canary-in-the-query");
}

#[test]
fn a_message_prints_neither_body_nor_url() {
    let message = Message::new(BODY, NOW).url("https://a.example.test/?token=canary-in-the-url");
    assert_silent(&message);
    let printed = format!("{message:?}");
    assert!(printed.contains(&BODY.len().to_string()), "{printed}");
    canary::assert_absent(&printed, "canary-in-the-url");
}
