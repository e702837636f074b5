//! No browser bears a credential of a server.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, Request, StatusCode, Uri};
use rempart_core::{EventKind, Outcome, Reason, RouteName};
use rempart_keys::Secret;
use rempart_testing::canary;
use rempart_token::browser::{
    BrowserGuard, BrowserGuardLayer, ConfigError, Policy, Rejection, decide,
};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use crate::guards::{Log, from, handler, send};

const SECRET: &str = "made-up, with=\"all\" that;parts";
const SB_SECRET: &str = concat!("sb_", "secret_made-up-for-the-tests");

fn policy() -> Policy {
    let secret = Secret::new(SECRET).unwrap();
    Policy::builder("browser").secret("VAPI_API_KEY", &secret).build().unwrap()
}

/// A token that nobody signed.
fn jwt(payload: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"HS256"}"#), part(payload), part("made-up"))
}

fn service_role() -> String {
    jwt(r#"{"iss":"supabase","role":"service_role"}"#)
}

fn verdict<'p>(
    policy: &'p Policy,
    uri: &str,
    headers: &[(&str, &str)],
) -> Result<(), Rejection<'p>> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        map.append(name, value.parse().unwrap());
    }
    decide(policy, &uri.parse::<Uri>().unwrap(), &map)
}

const PAGE: (&str, &str) = ("origin", "https://app.example.test");

#[test]
fn only_a_browser_is_refused_and_any_of_its_headers_tells_it() {
    let policy = policy();
    #[rustfmt::skip]
    let rows = [
        (None,                               Ok(())),
        (Some(("user-agent", "Mozilla/5.0")), Ok(())),
        (Some(("referer", "https://app.example.test/")), Ok(())),
        (Some(PAGE),                         Err(Rejection::ServiceRole)),
        (Some(("origin", "null")),           Err(Rejection::ServiceRole)),
        (Some(("origin", "")),               Err(Rejection::ServiceRole)),
        (Some(("sec-fetch-site", "none")),   Err(Rejection::ServiceRole)),
        (Some(("Sec-Fetch-Mode", "cors")),   Err(Rejection::ServiceRole)),
        (Some(("sec-fetch-dest", "empty")),  Err(Rejection::ServiceRole)),
        (Some(("sec-fetch-storage-access", "none")), Err(Rejection::ServiceRole)),
    ];
    for (sign, want) in rows {
        let headers: Vec<_> = sign.into_iter().chain([("apikey", SB_SECRET)]).collect();
        assert_eq!(verdict(&policy, "/", &headers), want, "{sign:?}");
    }
}

#[test]
fn finds_the_credential_wherever_it_is_borne() {
    let policy = policy();
    let token = service_role();
    let bearer = |scheme: &str, credential: &str| format!("{scheme}{credential}");
    for credential in [SB_SECRET, &token] {
        let rows = [
            ("apikey", bearer("", credential)),
            ("ApiKey", bearer("", credential)),
            ("authorization", bearer("Bearer ", credential)),
            ("authorization", bearer("bearer   ", credential)),
            ("authorization", bearer("Bearer\t", credential)),
            ("authorization", bearer("Token token=", credential)),
            ("authorization", bearer("", credential)),
            ("authorization", bearer("Bearer other, Bearer ", credential)),
            ("authorization", format!("Bearer \"{credential}\"")),
        ];
        for (name, value) in &rows {
            let refused = verdict(&policy, "/", &[PAGE, (name, value)]);
            assert_eq!(refused, Err(Rejection::ServiceRole), "{name}: {value}");
        }
        let again = [PAGE, ("apikey", "first"), ("apikey", credential)];
        assert_eq!(verdict(&policy, "/", &again), Err(Rejection::ServiceRole), "a second line");
        for query in ["apikey=", "a=b&apikey=", "apikey=x&apikey=", "api%6bey=", "APIKEY="] {
            let uri = format!("/rest/v1/calls?{query}{credential}");
            let refused = verdict(&policy, &uri, &[PAGE]);
            assert_eq!(refused, Err(Rejection::ServiceRole), "{uri}");
            assert_eq!(verdict(&policy, &uri, &[]), Ok(()), "from a server");
        }
        // Elsewhere it is no credential: the headers and parameters that carry one are stated.
        assert_eq!(verdict(&policy, &format!("/?q={credential}"), &[PAGE]), Ok(()));
        assert_eq!(verdict(&policy, "/", &[PAGE, ("x-note", credential)]), Ok(()));
    }
    let escaped: Vec<_> = SB_SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let escaped = escaped.concat();
    let refused = verdict(&policy, &format!("/?apikey={escaped}"), &[PAGE]);
    assert_eq!(refused, Err(Rejection::ServiceRole));
}

#[test]
fn reads_the_role_as_the_most_forgiving_would() {
    let policy = policy();
    let refused = [
        r#"{"role":"service_role"}"#,
        r#" { "sub" : "x", "role" : "service_role" } "#,
        r#"{"role":"service\u005frole"}"#,
        r#"{"r\u006fle":"service_role"}"#,
        r#"{"Role":"service_role"}"#,
        r#"{"role":"SERVICE_ROLE"}"#,
        r#"{"role":["authenticated","service_role"]}"#,
        r#"{"role":{"name":"service_role"}}"#,
        // Twice: one parser takes the first, another the last.
        r#"{"role":"anon","role":"service_role"}"#,
        r#"{"role":"service_role","role":"anon"}"#,
        r#"{"role":"anon","role":"authenticated"}"#,
        // Begins as an object, and is none.
        r#"{"role":"anon""#,
        r#"{"role":"anon"}{"role":"service_role"}"#,
        r"{'role':'service_role'}",
        r#"{"role":"\ud800"}"#,
    ];
    for payload in refused {
        let token = jwt(payload);
        let verdict = verdict(&policy, "/", &[PAGE, ("apikey", &token)]);
        assert_eq!(verdict, Err(Rejection::ServiceRole), "{payload}");
    }
    let passed = [
        r#"{"role":"anon"}"#,
        r#"{"role":"authenticated","sub":"service_role"}"#,
        r#"{"app_metadata":{"role":"service_role"}}"#,
        r#"{"roles":"x"}"#,
        r#"{"role":null}"#,
        r#"{"role":1.5,"a":[true,-1,{"b":null}]}"#,
        "{}",
        "[]",
        "\"service_role\"",
        "",
    ];
    for payload in passed {
        let token = jwt(payload);
        assert_eq!(verdict(&policy, "/", &[PAGE, ("apikey", &token)]), Ok(()), "{payload}");
    }
    // Decoders that forgive another alphabet, padding, or a missing signature.
    let payload = r#"{"x":"???>>>","role":"service_role"}"#;
    let standard = STANDARD.encode(payload);
    for token in [format!("a.{standard}.b"), format!("a.{standard}"), format!("..{standard}")] {
        let refused = verdict(&policy, "/", &[PAGE, ("apikey", &token)]);
        let want = if token.starts_with("..") { Ok(()) } else { Err(Rejection::ServiceRole) };
        assert_eq!(refused, want, "{token}");
    }
}

#[test]
fn lets_a_browser_bear_what_is_meant_for_it() {
    let policy = policy();
    let rows = [
        "sb_publishable_made-up",
        "an-opaque-token",
        "an.opaque.token",
        "not base64 !.!.!",
        // Encrypted (RFC 7516): five parts, and nothing to read.
        "eyJhbGciOiJkaXIifQ..e30.e30.e30",
        "",
    ];
    for credential in rows {
        let bearer = format!("Bearer {credential}");
        let headers = [PAGE, ("apikey", credential), ("authorization", &bearer)];
        assert_eq!(verdict(&policy, "/?apikey&q=1&apikey=", &headers), Ok(()), "{credential}");
    }
}

#[test]
fn refuses_the_secrets_of_the_policy_byte_by_byte() {
    let policy = policy();
    let found = Err(Rejection::ServerOnly { secret: "VAPI_API_KEY" });
    assert_eq!(verdict(&policy, "/", &[PAGE, ("apikey", SECRET)]), found);
    let bearer = format!("Bearer {SECRET}");
    assert_eq!(verdict(&policy, "/", &[PAGE, ("authorization", &bearer)]), found);
    let uri = format!("/?apikey={}", SECRET.replace(' ', "+").replace('"', "%22"));
    assert_eq!(verdict(&policy, &uri, &[PAGE]), found);
    for near in [&SECRET[..SECRET.len() - 1], &format!("{SECRET}x")] {
        assert_eq!(verdict(&policy, "/", &[PAGE, ("apikey", near)]), Ok(()), "{near}");
    }
}

#[test]
fn what_is_too_much_to_look_at_is_refused() {
    let policy = policy();
    let long = "a".repeat(16 * 1024 + 1);
    let dotted = format!("a.{}", "a".repeat(8192));
    let many: Vec<_> = [PAGE].into_iter().chain(vec![("apikey", "x"); 9]).collect();
    let refused = Err(Rejection::ServiceRole);
    assert_eq!(verdict(&policy, "/", &[PAGE, ("apikey", &long)]), refused);
    assert_eq!(verdict(&policy, "/", &[PAGE, ("apikey", &dotted)]), refused);
    assert_eq!(verdict(&policy, "/", &many), refused);
    assert_eq!(verdict(&policy, &format!("/?apikey={long}"), &[PAGE]), refused);
    assert_eq!(verdict(&policy, "/", &many[..9]), Ok(()), "eight lines");
    let nested = jwt(&format!(r#"{{"role":{}"#, "[".repeat(4000)));
    assert_eq!(verdict(&policy, "/", &[PAGE, ("apikey", &nested)]), refused);
}

#[tokio::test]
async fn a_refusal_is_a_403_and_one_event_that_names_the_variable() {
    let log = Log::default();
    let service = BrowserGuardLayer::new(policy()).observer(log.clone()).layer(handler());
    let bearing = |credential: &str| {
        let mut request = Request::get("/x").header("origin", PAGE.1).header("apikey", credential);
        request.extensions_mut().unwrap().insert(from("203.0.113.9"));
        request.extensions_mut().unwrap().insert(RouteName::new("/x"));
        request.body(()).unwrap()
    };
    let mut bodies = Vec::new();
    for (credential, secret) in [(SECRET, Some("VAPI_API_KEY")), (SB_SECRET, None)] {
        let answer = send(service.clone(), bearing(credential)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        canary::assert_absent(&answer.body, credential);
        assert_eq!(answer.refused.unwrap().reason, Reason::BrowserCredential);
        bodies.push((answer.headers, answer.body));
        let told = log.take();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].kind, told[0].outcome), (EventKind::Authorization, Outcome::Refused));
        assert_eq!(told[0].reason, Some(Reason::BrowserCredential));
        assert_eq!(told[0].secret.as_deref(), secret);
        assert_eq!(told[0].client.as_deref(), Some("203.0.113.9"));
        assert_eq!(told[0].route.as_deref(), Some("/x"));
    }
    assert_eq!(bodies[0], bodies[1], "which it was is for the operator");
    let answer = send(service, bearing("sb_publishable_made-up")).await;
    assert_eq!((answer.status, log.take().len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn calls_the_service_that_was_made_ready_and_frees_what_a_refusal_reserved() {
    let layer = BrowserGuardLayer::new(policy()).observer(());
    let mut service = layer.layer(ConcurrencyLimit::new(handler(), 1));
    for (credential, want) in [("x", 200), (SB_SECRET, 403), (SB_SECRET, 403), ("x", 200)] {
        let request = Request::get("/").header("origin", "null").header("apikey", credential);
        let ready = ServiceExt::<Request<()>>::ready(&mut service).await.unwrap();
        assert_eq!(ready.call(request.body(()).unwrap()).await.unwrap().status(), want);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(Service::<Request<()>>::poll_ready(&mut service.clone(), &mut cx).is_ready());
    }
}

#[test]
fn every_fault_of_a_policy_is_reported_at_once_and_none_shows_a_value() {
    let secret = Secret::new("made-up-for-the-tests").unwrap();
    let builder = (0..65).fold(Policy::builder("Browser"), |b, _| b.secret("a b", &secret));
    assert_eq!(builder.build().unwrap_err().len(), 67);
    let builder = Policy::builder("browser").secret("x-made-up-for-the-tests", &secret);
    canary::assert_absent(format!("{builder:?}"), "made-up-for-the-tests");
    let faults = builder.build().unwrap_err();
    assert_eq!(faults.iter().collect::<Vec<_>>(), [&ConfigError::SecretName { place: 0 }]);
    canary::assert_absent(format!("{faults} {faults:?}"), "made-up-for-the-tests");
}

#[tokio::test]
async fn a_refusal_that_is_polled_again_is_given_again() {
    let mut service = BrowserGuardLayer::new(policy()).observer(()).layer(handler());
    let request = Request::get("/").header("origin", "null").header("apikey", SECRET);
    let request = request.body(()).unwrap();
    let mut future = service.ready().await.unwrap().call(request);
    for _ in 0..2 {
        let response = (&mut future).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}

#[test]
fn is_small_and_shared_and_shows_no_secret() {
    fn size<T: Clone + Send + Sync>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size::<BrowserGuardLayer>(), size_of::<usize>());
    assert_eq!(size::<BrowserGuard<()>>(), size_of::<usize>());
    assert_eq!(size::<Policy>(), size_of::<usize>());
    let mut service = BrowserGuardLayer::new(policy()).observer(()).layer(handler());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(Service::<Request<()>>::poll_ready(&mut service, &mut cx).is_ready());
    let request = Request::get("/").header("origin", "null").header("apikey", SECRET);
    let future = service.call(request.body(()).unwrap());
    for text in [format!("{service:?} {future:?}"), format!("{:#?}", policy())] {
        canary::assert_absent(&text, SECRET);
    }
    assert!(format!("{service:?}").contains("VAPI_API_KEY"));
}
