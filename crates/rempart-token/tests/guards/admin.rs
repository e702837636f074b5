//! The administration is for administrators, from where they sit, and each access is told.

use http::{Method, Request, StatusCode};
use rempart_core::{EventKind, Live, Outcome, Reason, RouteName};
use rempart_testing::Capture;
use rempart_token::admin::{AdminGuard, AdminGuardLayer, ConfigError, Policy, Rejection, decide};
use serde_json::json;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use crate::guards::{Log, claims, from, handler, send};

fn admins() -> Policy {
    Policy::builder("admin").role("admin").build().unwrap()
}

fn request(token: Option<&serde_json::Value>, address: Option<&str>) -> Request<()> {
    let mut request = Request::new(());
    if let Some(token) = token {
        request.extensions_mut().insert(claims(token));
    }
    if let Some(address) = address {
        request.extensions_mut().insert(from(address));
    }
    request
}

#[test]
fn lets_in_who_has_the_role_or_the_scopes() {
    let role = || Policy::builder("admin").role("admin");
    let scopes = || Policy::builder("admin").scope("admin:read").scope("admin:write");
    #[rustfmt::skip]
    let rows = [
        ("the claim `role` is it",          role(), json!({"role": "admin"}), true),
        ("the list `roles` holds it",       role(), json!({"roles": ["agent", "admin"]}), true),
        ("either is enough",                role(), json!({"role": "agent", "roles": ["admin"]}), true),
        ("any of several",                  role().role("root"), json!({"role": "root"}), true),
        ("another role",                    role(), json!({"role": "agent"}), false),
        ("no role",                         role(), json!({}), false),
        ("case counts",                     role(), json!({"role": "Admin"}), false),
        ("a longer word",                   role(), json!({"role": "administrator"}), false),
        ("two words are one role",          role(), json!({"role": "agent admin"}), false),
        ("a list is no text",               role(), json!({"role": ["admin"]}), false),
        ("a text is no list",               role(), json!({"roles": "admin"}), false),
        ("a list of other things",          role(), json!({"roles": ["admin", 1]}), false),
        ("an object",                       role(), json!({"roles": {"admin": true}}), false),
        ("further inside",                  role(), json!({"app_metadata": {"role": "admin"}}), false),
        ("a scope is no role",              role(), json!({"scope": "admin"}), false),
        ("all of the scopes",               scopes(), json!({"scope": "admin:write x admin:read"}), true),
        ("one of the scopes",               scopes(), json!({"scope": "admin:read"}), false),
        ("part of a scope",                 scopes(), json!({"scope": "admin:read admin:writer"}), false),
        ("a role is no scope",              scopes(), json!({"role": "admin:read admin:write"}), false),
        ("role and scope: both",            role().scope("x"), json!({"role": "admin", "scope": "x"}), true),
        ("role and scope: the role",        role().scope("x"), json!({"role": "admin"}), false),
        ("role and scope: the scope",       role().scope("x"), json!({"scope": "x"}), false),
    ];
    for (row, policy, token, let_in) in rows {
        let verdict = decide(&policy.build().unwrap(), Some(&claims(&token)), None);
        let want = if let_in { Ok(()) } else { Err(Rejection::InsufficientScope) };
        assert_eq!(verdict, want, "{row}");
    }
}

#[test]
fn lets_in_only_from_where_the_policy_says() {
    let policy = Policy::builder("admin").role("admin").prefixes(["10.0.0.0/8", "2001:db8::/32"]);
    let policy = policy.build().unwrap();
    let (admin, agent) = (claims(&json!({"role": "admin"})), claims(&json!({"role": "agent"})));
    #[rustfmt::skip]
    let rows = [
        ("10.1.2.3",         &admin, Ok(())),
        ("::ffff:10.1.2.3",  &admin, Ok(())),
        ("2001:db8::1",      &admin, Ok(())),
        ("11.1.2.3",         &admin, Err(Rejection::AddressDenied)),
        ("2001:db9::1",      &admin, Err(Rejection::AddressDenied)),
        // A wrong address is told of whoever has the role, and of nobody else.
        ("11.1.2.3",         &agent, Err(Rejection::InsufficientScope)),
        ("10.1.2.3",         &agent, Err(Rejection::InsufficientScope)),
    ];
    for (address, token, verdict) in rows {
        assert_eq!(decide(&policy, Some(token), Some(from(address))), verdict, "{address}");
    }
    assert_eq!(decide(&policy, Some(&admin), None), Err(Rejection::UnknownClient));
    assert_eq!(decide(&policy, None, Some(from("10.1.2.3"))), Err(Rejection::MissingClaims));
}

#[tokio::test]
async fn a_refusal_asks_for_what_is_missing_and_says_the_same_whatever_is() {
    let policy = Policy::builder("admin").role("admin").prefixes(["10.0.0.0/8"]).build().unwrap();
    let service = AdminGuardLayer::new(policy).observer(()).layer(handler());
    let (admin, agent) = (json!({"role": "admin"}), json!({"role": "agent"}));
    let outside = send(service.clone(), request(Some(&admin), Some("203.0.113.9"))).await;
    let unfit = send(service.clone(), request(Some(&agent), Some("10.0.0.1"))).await;
    for answer in [&outside, &unfit] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, Some("Bearer error=\"insufficient_scope\""));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    assert_eq!((outside.headers, outside.body), (unfit.headers, unfit.body));
    assert_eq!(outside.refused.unwrap().reason, Reason::AddressDenied);
    assert_eq!(unfit.refused.unwrap().reason, Reason::InsufficientScope);
    let served = send(service, request(Some(&admin), Some("10.0.0.1"))).await;
    assert_eq!((served.status, &served.body[..]), (StatusCode::OK, &b"served"[..]));
}

#[tokio::test]
async fn the_challenge_names_realm_and_scopes_of_the_policy() {
    let policy = Policy::builder("admin").scope("a:read").scope("a:write").realm("ops");
    let service = AdminGuardLayer::new(policy.build().unwrap()).observer(()).layer(handler());
    let answer = send(service, request(Some(&json!({})), None)).await;
    let want = "Bearer realm=\"ops\", error=\"insufficient_scope\", scope=\"a:read a:write\"";
    assert_eq!(answer.header("www-authenticate"), Some(want));
}

#[tokio::test]
async fn answers_in_the_clients_language() {
    let service = AdminGuardLayer::new(admins()).observer(()).layer(handler());
    let mut head = request(Some(&json!({})), None);
    *head.method_mut() = Method::HEAD;
    let answer = send(service.clone(), head).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::FORBIDDEN, 0));
    let mut grpc = request(Some(&json!({})), None);
    grpc.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    let answer = send(service, grpc).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("grpc-status"), Some("7"), "PERMISSION_DENIED");
}

#[tokio::test]
async fn every_access_is_one_event() {
    let log = Log::default();
    let policy = Policy::builder("admin").role("admin").prefixes(["10.0.0.0/8"]).build().unwrap();
    let service = AdminGuardLayer::new(policy).observer(log.clone()).layer(handler());
    let (admin, agent) = (json!({"role": "admin"}), json!({"role": "agent"}));
    #[rustfmt::skip]
    let rows = [
        (Some(&admin), Some("10.0.0.1"),    Outcome::Allowed, None),
        (Some(&agent), Some("10.0.0.1"),    Outcome::Refused, Some(Reason::InsufficientScope)),
        (Some(&admin), Some("203.0.113.9"), Outcome::Refused, Some(Reason::AddressDenied)),
        (None,         Some("10.0.0.1"),    Outcome::Error,   Some(Reason::NoClaims)),
        (Some(&admin), None,                Outcome::Error,   Some(Reason::NoClientAddress)),
    ];
    for (token, address, outcome, reason) in rows {
        let mut request = request(token, address);
        request.extensions_mut().insert(RouteName::new("/admin/keys"));
        send(service.clone(), request).await;
        let told = log.take();
        assert_eq!(told.len(), 1, "{reason:?}");
        let event = &told[0];
        assert_eq!((event.kind, event.outcome), (EventKind::Admin, outcome), "{reason:?}");
        assert_eq!(event.reason, reason);
        assert_eq!(event.policy, "admin");
        assert_eq!(event.client.as_deref(), address);
        assert_eq!(event.route.as_deref(), Some("/admin/keys"));
        assert_eq!(event.key.as_deref(), token.map(|_| "2026-q4"));
    }
}

#[tokio::test]
async fn fails_closed_where_a_layer_is_missing_and_says_which() {
    let capture = Capture::default();
    let policy = Policy::builder("admin").role("admin").prefixes(["10.0.0.0/8"]).build().unwrap();
    let rows = [
        (request(None, Some("10.0.0.1")), "TokenLayer"),
        (request(Some(&json!({"role": "admin"})), None), "ClientAddrLayer"),
    ];
    for (request, layer) in rows {
        let service = AdminGuardLayer::new(policy.clone()).layer(handler());
        let mut future = Box::pin(send(service, request));
        let answer = std::future::poll_fn(|cx| capture.within(|| future.as_mut().poll(cx))).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.header("www-authenticate"), None);
        assert!(!String::from_utf8_lossy(&answer.body).contains(layer), "that is for the operator");
        assert!(capture.text().contains(layer), "{}", capture.text());
        assert!(capture.text().contains("ERROR"));
    }
}

#[tokio::test]
async fn calls_the_service_that_was_made_ready_and_frees_what_a_refusal_reserved() {
    let layer = AdminGuardLayer::new(admins()).observer(());
    let mut service = layer.layer(ConcurrencyLimit::new(handler(), 1));
    for role in ["admin", "agent", "agent", "admin"] {
        let want = if role == "admin" { StatusCode::OK } else { StatusCode::FORBIDDEN };
        let request = request(Some(&json!({ "role": role })), None);
        let ready = ServiceExt::<Request<()>>::ready(&mut service).await.unwrap();
        assert_eq!(ready.call(request).await.unwrap().status(), want);
        // `service` lives on, as a connection that stays open does, and the one permit is free.
        let mut other = service.clone();
        assert!(futures_ready(&mut other));
    }
}

fn futures_ready<S: Service<Request<()>>>(service: &mut S) -> bool {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    service.poll_ready(&mut cx).is_ready()
}

#[tokio::test]
async fn a_policy_can_be_replaced_while_it_serves() {
    let live = Live::new(admins());
    let service = AdminGuardLayer::new(live.clone()).observer(()).layer(handler());
    let root = || request(Some(&json!({"role": "root"})), None);
    assert_eq!(send(service.clone(), root()).await.status, StatusCode::FORBIDDEN);
    live.store(Policy::builder("admin").role("root").build().unwrap());
    assert_eq!(send(service, root()).await.status, StatusCode::OK);
}

#[test]
fn every_fault_of_a_policy_is_reported_at_once() {
    let faults = Policy::builder("Admin")
        .role("")
        .scope("a b")
        .prefixes(["10.0.0.1/8", "0.0.0.0/0", "nowhere"])
        .realm("a\"b")
        .build()
        .unwrap_err();
    let texts: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 7, "{texts:#?}");
    let one = |policy: rempart_token::admin::PolicyBuilder| {
        let faults = policy.build().unwrap_err();
        assert_eq!(faults.len(), 1, "{faults}");
        faults.into_iter().next().unwrap()
    };
    assert_eq!(one(Policy::builder("a")), ConfigError::NothingRequired);
    let none: [&str; 0] = [];
    assert_eq!(one(Policy::builder("a").role("r").prefixes(none)), ConfigError::NoPrefixes);
    let many = Policy::builder("a").role("r").prefixes((0..65).map(|n| format!("10.0.0.{n}")));
    assert_eq!(one(many), ConfigError::TooMany { field: "prefixes", given: 65 });
}

#[tokio::test]
async fn a_refusal_that_is_polled_again_is_given_again() {
    let mut service = AdminGuardLayer::new(admins()).observer(()).layer(handler());
    let agent = request(Some(&json!({"role": "agent"})), None);
    let mut future = service.ready().await.unwrap().call(agent);
    for _ in 0..2 {
        let response = (&mut future).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(response.headers().contains_key("www-authenticate"));
    }
}

#[test]
fn is_small_and_shared_and_says_nothing_of_tokens() {
    fn size<T: Clone + Send + Sync>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size::<AdminGuardLayer>(), size_of::<usize>());
    assert_eq!(size::<AdminGuard<()>>(), size_of::<usize>());
    assert_eq!(size::<Policy>(), size_of::<usize>());
    let mut service = AdminGuardLayer::new(admins()).observer(()).layer(handler());
    assert!(futures_ready(&mut service));
    let future = service.call(request(Some(&json!({"role": "agent", "sub": "canary-1234"})), None));
    rempart_testing::canary::assert_absent(format!("{future:?} {service:?}"), "canary-1234");
    assert!(format!("{future:?}").contains("InsufficientScope"));
}
