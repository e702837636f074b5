//! A secret of the service does not leave it.

use std::future::ready;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use rempart_core::{EventKind, Live, Outcome, Reason, RouteName};
use rempart_keys::Secret;
use rempart_testing::{Capture, Script, Step, canary, strict};
use rempart_token::egress::{
    Decision, EgressGuard, EgressGuardLayer, Length, Policy, PolicyBuilder, Rejection, Streams,
    decide,
};
use tower::{Layer, Service, ServiceExt};

use crate::guards::{Answer, Log, from, handler, send};

pub(crate) const SECRET: &str = "made-up/for+the tests=0123";

fn builder() -> PolicyBuilder {
    Policy::builder("egress").secret("SUPABASE_SERVICE_ROLE_KEY", &Secret::new(SECRET).unwrap())
}

pub(crate) fn policy() -> Policy {
    builder().build().unwrap()
}

/// Sends a request to a service that answers so.
async fn answer<B>(layer: &EgressGuardLayer, response: Response<B>) -> Answer
where
    B: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    asked(layer, Request::new(()), response).await
}

async fn asked<B>(layer: &EgressGuardLayer, request: Request<()>, response: Response<B>) -> Answer
where
    B: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let mut response = Some(response);
    let inner = strict(move |_: Request<()>| ready(response.take().unwrap()));
    send(layer.layer(inner), request).await
}

fn full(body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::new(Full::new(body.into()))
}

fn silent(policy: Policy) -> EgressGuardLayer {
    EgressGuardLayer::new(policy).observer(())
}

#[tokio::test]
async fn a_secret_in_the_body_is_a_500_in_place_of_the_whole_response() {
    let mut response = full(format!("{{\"key\":\"{SECRET}\"}}"));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert("set-cookie", HeaderValue::from_static("session=1"));
    let answer = answer(&silent(policy()), response).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("set-cookie"), None);
    canary::assert_absent(&answer.body, SECRET);
    assert!(!String::from_utf8_lossy(&answer.body).contains("SUPABASE"), "nor its name");
    assert_eq!(answer.refused.unwrap().reason, Reason::SecretExposed);
    assert_eq!(answer.refused.unwrap().kind, EventKind::SecretEgress);
}

#[tokio::test]
async fn a_secret_in_a_header_is_held_back_whatever_the_body_is() {
    let lower = SECRET.replace([' ', '/', '='], "-");
    let policy = builder().secret("NAME", &Secret::new(lower.to_uppercase()).unwrap());
    let layer = silent(policy.build().unwrap());
    let rows = [
        ("x-debug", format!("key {SECRET}")),
        ("location", "/next?key=made-up%2Ffor%2Bthe%20tests%3D0123".to_owned()),
        ("set-cookie", "a=bWFkZS11cC9mb3IrdGhlIHRlc3RzPTAxMjM=; Secure".to_owned()),
        // Names of headers are in lower case, whatever was given.
        (&*format!("x-{lower}"), "1".to_owned()),
    ];
    for (name, value) in rows {
        let body = Script::new().data("streamed");
        let mut response = Response::new(body);
        let name: HeaderName = name.parse().unwrap();
        response.headers_mut().append(&name, HeaderValue::from_static("harmless"));
        response.headers_mut().append(&name, value.parse().unwrap());
        let answer = answer(&layer, response).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{name}");
        assert!(!answer.headers.contains_key(name));
    }
}

#[tokio::test]
async fn what_holds_no_secret_goes_out_as_it_came() {
    let layer = silent(policy());
    let mut response = full("{\"calls\":[]}");
    *response.status_mut() = StatusCode::ACCEPTED;
    response.headers_mut().insert("x-kept", HeaderValue::from_static("1"));
    response.extensions_mut().insert(RouteName::new("/kept"));
    let (head, body) = response.into_parts();
    let answer = answer(&layer, Response::from_parts(head, body)).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::ACCEPTED, &b"{\"calls\":[]}"[..]));
    assert_eq!(answer.header("x-kept"), Some("1"));
    assert!(answer.refused.is_none());
}

#[tokio::test]
async fn answers_in_the_clients_language() {
    let layer = silent(policy());
    let head = Request::head("/").body(()).unwrap();
    let answer = asked(&layer, head, full(SECRET)).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (500, 0));
    let grpc = || Request::post("/").header("content-type", "application/grpc").body(()).unwrap();
    let answer = asked(&layer, grpc(), full(SECRET)).await;
    assert_eq!((answer.status.as_u16(), answer.header("grpc-status")), (200, Some("13")));
    // As tonic answers: no length, and the message in the trailers.
    let layer = silent(builder().streams(Streams::Hold).build().unwrap());
    let mut trailers = HeaderMap::new();
    let message = HeaderValue::from_static("no such key: made-up%2Ffor+the tests=0123");
    trailers.insert("grpc-message", message);
    let body = Script::new().data("frame").then(Step::Trailers(trailers));
    let answer = asked(&layer, grpc(), Response::new(body)).await;
    assert_eq!((answer.status.as_u16(), answer.header("grpc-status")), (200, Some("13")));
    assert!(answer.trailers.is_none());
}

#[test]
fn decides_by_the_head_what_is_searched() {
    let headers = |lines: &[(&'static str, &'static str)]| {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect::<HeaderMap>()
    };
    let none = || headers(&[]);
    let gzip = || headers(&[("content-encoding", "gzip")]);
    let identity = || headers(&[("content-encoding", " Identity")]);
    let events = || headers(&[("content-type", "Text/Event-Stream; charset=utf-8")]);
    let default = policy();
    let hold = builder().streams(Streams::Hold).build().unwrap();
    let refuse = builder().streams(Streams::Refuse).refuse_longer().build().unwrap();
    let encoded = builder().dangerously_pass_encoded().build().unwrap();
    let (exact, unknown) = (Length::Exact(10), Length::Unknown);
    let (cap, longer) = (Length::Exact(1 << 20), Length::Exact((1 << 20) + 1));
    let withheld = Decision::Refuse;
    #[rustfmt::skip]
    let rows = [
        (&default, 200, none(),     exact,          Decision::Read),
        (&default, 200, none(),     cap,            Decision::Read),
        (&default, 200, none(),     Length::None,   Decision::Pass),
        (&default, 200, none(),     longer,         Decision::Pass),
        (&refuse,  200, none(),     longer,         withheld(Rejection::TooLarge)),
        (&default, 200, none(),     unknown,        Decision::Pass),
        (&hold,    200, none(),     unknown,        Decision::Hold),
        (&refuse,  200, none(),     unknown,        withheld(Rejection::Streamed)),
        (&default, 200, events(),   unknown,        Decision::Pass),
        (&hold,    200, events(),   unknown,        Decision::Pass),
        (&refuse,  200, events(),   unknown,        withheld(Rejection::Streamed)),
        (&default, 200, events(),   exact,          Decision::Read),
        (&default, 101, none(),     Length::None,   Decision::Pass),
        (&hold,    101, none(),     unknown,        Decision::Pass),
        (&refuse,  101, none(),     Length::None,   withheld(Rejection::Streamed)),
        (&default, 200, gzip(),     exact,          withheld(Rejection::Encoded)),
        (&default, 200, gzip(),     unknown,        withheld(Rejection::Encoded)),
        (&default, 200, gzip(),     Length::None,   Decision::Pass),
        (&encoded, 200, gzip(),     exact,          Decision::Pass),
        (&default, 200, identity(), exact,          Decision::Read),
    ];
    for (nth, (policy, status, headers, length, want)) in rows.into_iter().enumerate() {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(decide(policy, status, &headers, length), want, "row {nth}");
    }
    let two = headers(&[("content-encoding", "identity, br")]);
    let verdict = decide(&default, StatusCode::OK, &two, exact);
    assert_eq!(verdict, Decision::Refuse(Rejection::Encoded));
}

#[tokio::test]
async fn streams_pass_unless_the_policy_says_otherwise() {
    let body = || Script::new().data("made-up/for").then(Step::Pending).data("+the tests=0123");
    let passed = answer(&silent(policy()), Response::new(body())).await;
    assert_eq!((passed.status.as_u16(), &passed.body[..]), (200, SECRET.as_bytes()));
    let held = silent(builder().streams(Streams::Hold).build().unwrap());
    assert_eq!(answer(&held, Response::new(body())).await.status.as_u16(), 500);
    let refused = silent(builder().streams(Streams::Refuse).build().unwrap());
    assert_eq!(answer(&refused, Response::new(body())).await.status.as_u16(), 500);
}

#[tokio::test]
async fn a_held_stream_past_the_limit_goes_on_from_where_it_was_read_or_is_refused() {
    let body = || {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", HeaderValue::from_static("1"));
        let script = Script::new().data("0123456789").then(Step::Pending).data("abcdef");
        script.then(Step::Pending).data(SECRET).then(Step::Trailers(trailers))
    };
    let policy = || builder().streams(Streams::Hold).body_limit(12);
    let passed = answer(&silent(policy().build().unwrap()), Response::new(body())).await;
    assert_eq!(passed.status, StatusCode::OK);
    assert_eq!(&passed.body[..], format!("0123456789abcdef{SECRET}").as_bytes());
    assert_eq!(passed.trailers.unwrap()["x-sum"], "1");
    let layer = silent(policy().refuse_longer().build().unwrap());
    assert_eq!(answer(&layer, Response::new(body())).await.status.as_u16(), 500);
    // What was read of it is searched before it goes on.
    let early = Script::new().data(SECRET).data("and more");
    let layer = silent(policy().build().unwrap());
    assert_eq!(answer(&layer, Response::new(early)).await.status.as_u16(), 500);
}

#[tokio::test]
async fn trailers_of_a_stream_that_hold_a_secret_are_left_out_and_told() {
    let log = Log::default();
    let layer = EgressGuardLayer::new(policy()).observer(log.clone());
    let mut trailers = HeaderMap::new();
    trailers.insert("x-debug", HeaderValue::from_static(SECRET));
    let body = Script::new().data("data").then(Step::Trailers(trailers));
    let answer = answer(&layer, Response::new(body)).await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"data"[..]));
    assert!(answer.trailers.is_none());
    assert_eq!(log.reasons(), [Some(Reason::SecretExposed)]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_sent_so_far_and_breaks_off() {
    let layer = silent(builder().streams(Streams::Hold).build().unwrap());
    let broken = |text: &'static str| Response::new(Script::new().data(text).then(Step::Cut));
    let mut response = Some(broken("half of"));
    let service = layer.layer(strict(move |_: Request<()>| ready(response.take().unwrap())));
    let body = service.oneshot(Request::new(())).await.unwrap().into_body();
    let mut body = Box::pin(body);
    let mut frames = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        frames.push(frame.map(|frame| frame.into_data().unwrap()));
    }
    assert_eq!(frames[0].as_ref().unwrap(), "half of");
    assert_eq!(frames[1].as_ref().unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(frames.len(), 2);
    assert_eq!(answer(&layer, broken(SECRET)).await.status.as_u16(), 500);
}

#[tokio::test]
async fn a_body_that_is_longer_than_it_said_is_refused() {
    struct Liar(usize);
    impl Body for Liar {
        type Data = Bytes;
        type Error = std::convert::Infallible;
        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            self.0 = self.0.saturating_sub(1);
            let frame = http_body::Frame::data(Bytes::from_static(b"0123456789"));
            std::task::Poll::Ready((self.0 > 0).then_some(Ok(frame)))
        }
        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(10)
        }
    }
    let layer = silent(builder().body_limit(15).build().unwrap());
    let answer = answer(&layer, Response::new(Liar(usize::MAX))).await;
    assert_eq!(answer.status.as_u16(), 500);
    assert_eq!(answer.refused.unwrap().reason, Reason::TooLarge);
}

#[tokio::test]
async fn says_its_length_only_where_the_service_did() {
    let layer = silent(builder().streams(Streams::Hold).build().unwrap());
    let service = layer.layer(strict(|_: Request<()>| ready(full("0123"))));
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.body().size_hint().exact(), Some(4));
    let mut body = Some(Script::new().data("0123"));
    let inner = strict(move |_: Request<()>| ready(Response::new(body.take().unwrap())));
    let response = layer.layer(inner).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.body().size_hint().exact(), None);
    assert_eq!(response.body().size_hint().lower(), 4);
}

#[tokio::test]
async fn one_critical_event_names_the_variable_and_nothing_of_the_value() {
    let log = Log::default();
    let layer = EgressGuardLayer::new(policy()).observer(log.clone());
    let request = || {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        request.extensions_mut().insert(from("203.0.113.9"));
        request.extensions_mut().insert(RouteName::new("/api/calls"));
        request
    };
    asked(&layer, request(), full(SECRET)).await;
    let told = log.take();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].kind, told[0].outcome), (EventKind::SecretEgress, Outcome::Refused));
    assert_eq!(told[0].reason, Some(Reason::SecretExposed));
    assert_eq!(told[0].policy, "egress");
    assert_eq!(told[0].secret.as_deref(), Some("SUPABASE_SERVICE_ROLE_KEY"));
    assert_eq!(told[0].client.as_deref(), Some("203.0.113.9"));
    assert_eq!(told[0].route.as_deref(), Some("/api/calls"));
    asked(&layer, request(), full("harmless")).await;
    assert_eq!(log.take(), [], "nothing is told of what goes out");

    let capture = Capture::default();
    let layer = EgressGuardLayer::new(policy());
    let mut future = Box::pin(asked(&layer, request(), full(SECRET)));
    std::future::poll_fn(|cx| capture.within(|| future.as_mut().poll(cx))).await;
    let line = capture.text();
    for part in [
        "ERROR",
        "secret.egress_blocked",
        "severity=\"critical\"",
        "secret.name=\"SUPABASE_SERVICE_ROLE_KEY\"",
        "reason=\"secret_exposed\"",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    canary::assert_absent(&line, SECRET);
}

#[tokio::test]
async fn what_could_not_be_searched_is_told_as_a_body() {
    let log = Log::default();
    let layer = EgressGuardLayer::new(policy()).observer(log.clone());
    let mut response = full("compressed");
    response.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
    assert_eq!(answer(&layer, response).await.status.as_u16(), 500);
    let told = log.take();
    assert_eq!((told[0].kind, told[0].reason), (EventKind::Body, Some(Reason::Encoded)));
    assert_eq!(told[0].secret, None);
}

#[tokio::test]
async fn secrets_can_be_replaced_while_it_serves() {
    let live = Live::new(policy());
    let layer = silent(Policy::clone(&live.load()));
    let changing = EgressGuardLayer::new(live.clone()).observer(());
    let next = "another-made-up-secret";
    assert_eq!(answer(&changing, full(next)).await.status.as_u16(), 200);
    live.store(builder().secret("NEXT", &Secret::new(next).unwrap()).build().unwrap());
    assert_eq!(answer(&changing, full(next)).await.status.as_u16(), 500);
    assert_eq!(answer(&changing, full(SECRET)).await.status.as_u16(), 500);
    assert_eq!(answer(&layer, full(next)).await.status.as_u16(), 200);
}

#[tokio::test]
async fn calls_the_service_that_was_made_ready() {
    let inner = tower::limit::ConcurrencyLimit::new(strict(|_: Request<()>| ready(full("x"))), 1);
    let mut service = silent(policy()).layer(inner);
    for _ in 0..3 {
        let ready = ServiceExt::<Request<()>>::ready(&mut service).await.unwrap();
        assert_eq!(ready.call(Request::new(())).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret_or_what_was_read() {
    fn size<T: Clone + Send + Sync>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size::<EgressGuardLayer>(), size_of::<usize>());
    assert_eq!(size::<EgressGuard<()>>(), size_of::<usize>());
    assert_eq!(size::<Policy>(), size_of::<usize>());
    let policy = builder().streams(Streams::Hold).build().unwrap();
    let mut body = Some(Script::new().data(SECRET).then(Step::Pending));
    let inner = strict(move |_: Request<()>| ready(Response::new(body.take().unwrap())));
    let layer = silent(policy.clone());
    let mut service = layer.layer(handler());
    let mut held = layer.layer(inner);
    let ready = ServiceExt::<Request<()>>::ready(&mut held).await.unwrap();
    let mut future = Box::pin(ready.call(Request::new(())));
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    let ready = ServiceExt::<Request<()>>::ready(&mut service).await.unwrap();
    let response = ready.call(Request::new(())).await.unwrap();
    for text in [
        format!("{policy:?} {layer:?} {service:?} {future:?} {:?}", response.body()),
        format!("{policy:#?} {layer:#?} {:#?}", future.await.map(|r| r.status())),
    ] {
        canary::assert_absent(&text, SECRET);
        assert!(text.contains("SUPABASE_SERVICE_ROLE_KEY"));
    }
}
