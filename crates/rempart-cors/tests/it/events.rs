//! What observers are told.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use rempart_core::{
    ClientAddr, Event, EventKind, HttpMethod, Live, Observer, Outcome, Reason, RouteName,
};
use rempart_cors::{CorsLayer, Policy};
use rempart_testing::{Capture, strict};
use tower::{Layer, ServiceExt};

use crate::talk::{CRM, EVIL, WWW, drain_fortin, request};

type Headers = &'static [(&'static str, &'static str)];
/// The kind of the event, and why it is a refusal.
type Want = Option<(EventKind, Option<Reason>)>;
type Told = (EventKind, Outcome, Option<Reason>, String);

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Told>>>);

impl Observer for Notes {
    fn observe(&self, event: &Event<'_>) {
        let told = (event.kind, event.outcome, event.reason, event.policy.as_str().to_owned());
        self.0.lock().unwrap().push(told);
    }
}

async fn told(layer: &CorsLayer, notes: &Notes, request: Request<()>) -> Option<Told> {
    let service = strict(|_| std::future::ready(Response::new(String::new())));
    layer.layer(service).oneshot(request).await.unwrap();
    let mut notes = notes.0.lock().unwrap();
    assert!(notes.len() <= 1, "{notes:?}");
    notes.pop()
}

#[tokio::test]
async fn observers_are_told_of_every_cross_origin_decision_and_of_nothing_else() {
    const ACRM: &str = "access-control-request-method";
    const ACRH: &str = "access-control-request-headers";
    const OWN: &str = "https://own.example";
    let policy = Policy::credentialed("crm").origins([CRM, WWW]).own_origins([OWN, WWW]);
    let policy = policy.methods(["PUT"]).build().unwrap();
    let notes = Notes::default();
    let layer = CorsLayer::new(policy).observer(notes.clone());
    let (actual, preflight) = (EventKind::CorsActual, EventKind::CorsPreflight);
    #[rustfmt::skip]
    let rows: [(&str, Headers, Want); 13] = [
        ("GET",     &[],                                           None),
        ("OPTIONS", &[(ACRM, "PUT")],                              None),
        ("POST",    &[("origin", OWN)],                            None),
        ("POST",    &[("origin", WWW)],                            None),
        ("OPTIONS", &[("origin", WWW), (ACRM, "PUT")],             None),
        ("GET",     &[("origin", CRM)],                            Some((actual, None))),
        ("OPTIONS", &[("origin", CRM)],                            Some((actual, None))),
        ("GET",     &[("origin", EVIL)],                           Some((actual, Some(Reason::OriginNotAllowed)))),
        ("GET",     &[("origin", CRM), ("origin", CRM)],           Some((actual, Some(Reason::OriginMalformed)))),
        ("OPTIONS", &[("origin", CRM), (ACRM, "PUT")],             Some((preflight, None))),
        ("OPTIONS", &[("origin", EVIL), (ACRM, "PUT")],            Some((preflight, Some(Reason::OriginNotAllowed)))),
        ("OPTIONS", &[("origin", CRM), (ACRM, "PURGE")],           Some((preflight, Some(Reason::MethodNotAllowed)))),
        ("OPTIONS", &[("origin", CRM), (ACRM, "PUT"), (ACRH, "x")], Some((preflight, Some(Reason::HeaderNotAllowed)))),
    ];
    for (method, headers, want) in rows {
        let told = told(&layer, &notes, request(method, headers)).await;
        let want = want.map(|(kind, reason)| {
            let outcome = if reason.is_none() { Outcome::Allowed } else { Outcome::Refused };
            (kind, outcome, reason, String::from("crm"))
        });
        assert_eq!(told, want, "{method} {headers:?}");
    }
}

#[tokio::test]
async fn an_own_origin_is_no_event_where_every_origin_is_allowed_either() {
    let policy = Policy::anonymous("open").any_origin().own_origins([CRM]).build().unwrap();
    let notes = Notes::default();
    let layer = CorsLayer::new(policy).observer(notes.clone());
    assert_eq!(told(&layer, &notes, request("POST", &[("origin", CRM)])).await, None);
    let other = told(&layer, &notes, request("POST", &[("origin", EVIL)])).await.unwrap();
    assert_eq!((other.0, other.1), (EventKind::CorsActual, Outcome::Allowed));
}

#[tokio::test]
async fn an_event_says_who_asked_what() {
    struct Check;
    impl Observer for Check {
        fn observe(&self, event: &Event<'_>) {
            assert_eq!(event.client.unwrap().to_string(), "203.0.113.9");
            assert_eq!(event.method, Some(HttpMethod::Get));
            assert_eq!(event.route, Some("/api/calls"));
            assert_eq!(event.name(), "cors.rejected");
        }
    }
    let panics = rempart_core::observer_panics();
    let service = strict(|_| std::future::ready(Response::new(String::new())));
    let mut request = request("GET", &[("origin", EVIL)]);
    request.extensions_mut().insert(ClientAddr::new("203.0.113.9".parse().unwrap()));
    request.extensions_mut().insert(RouteName::new("/api/calls"));
    let layer = CorsLayer::new(drain_fortin()).observer(Check);
    layer.layer(service).oneshot(request).await.unwrap();
    assert_eq!(rempart_core::observer_panics(), panics, "an assertion of the observer failed");
}

#[test]
fn by_default_a_refusal_is_a_warning_without_the_strangers_text() {
    let capture = Capture::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    capture.within(|| {
        let service = strict(|_| std::future::ready(Response::new(String::new())));
        let request = request("GET", &[("origin", "https://canary.example")]);
        runtime.block_on(CorsLayer::new(drain_fortin()).layer(service).oneshot(request)).unwrap();
    });
    let text = capture.text();
    assert!(text.contains("WARN") && text.contains("cors.rejected"), "{text}");
    assert!(text.contains("origin_not_allowed") && text.contains("drain-fortin"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn a_live_policy_rules_from_the_next_request_on() {
    let notes = Notes::default();
    let live = Live::new(drain_fortin());
    let layer = CorsLayer::new(live.clone()).observer(notes.clone());
    let outcome = |told: Option<Told>| told.map(|(_, outcome, ..)| outcome);
    let ask = || request("GET", &[("origin", CRM)]);
    assert_eq!(outcome(told(&layer, &notes, ask()).await), Some(Outcome::Allowed));
    live.store(Policy::credentialed("crm").origins([WWW]).build().unwrap());
    assert_eq!(outcome(told(&layer, &notes, ask()).await), Some(Outcome::Refused));
}
