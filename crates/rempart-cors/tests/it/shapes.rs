//! The types themselves: their sizes, what they are, what they print.

use rempart_cors::{
    Allowed, ConfigError, Cors, CorsLayer, Decision, Grant, Origin, Policy, Rejection,
    ResponseFuture, decide,
};

use crate::talk::{CRM, drain_fortin, request};

#[test]
fn are_send_sync_and_clone() {
    fn check<T: Send + Sync + Clone>() {}
    fn is_send<T: Send>() {}
    check::<Policy>();
    check::<CorsLayer>();
    check::<Cors<()>>();
    check::<Grant>();
    check::<Decision<'_>>();
    check::<Allowed<'_>>();
    check::<Rejection>();
    check::<ConfigError>();
    check::<Origin>();
    is_send::<ResponseFuture<()>>();
}

#[test]
fn are_small() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<Policy>(), word);
    assert!(size_of::<Cors<()>>() <= 5 * word, "{}", size_of::<Cors<()>>());
    assert!(size_of::<Grant>() <= 6 * word, "{}", size_of::<Grant>());
}

#[test]
fn print_something_of_use() {
    let policy = drain_fortin();
    let text = format!("{policy:?}");
    assert!(text.contains(CRM) && text.contains("drain-fortin"), "{text}");
    assert!(format!("{:?}", CorsLayer::new(policy.clone())).contains(CRM));
    let request = request("GET", &[("origin", CRM)]);
    let decision = decide(&policy, request.method(), request.headers());
    assert!(format!("{decision:?}").contains(CRM));
    assert!(format!("{:?}", policy.grant(request.headers())).contains(CRM));
    assert!(format!("{:?}", Policy::anonymous("a").origins([CRM])).contains(CRM));
}

#[test]
fn a_policy_says_what_it_allows() {
    let policy = drain_fortin();
    assert_eq!(policy.name().as_str(), "drain-fortin");
    assert!(policy.allows_credentials() && !policy.allows_any_origin());
    assert_eq!(policy.origins().count(), 3);
    assert!(policy.origins().any(|origin| origin == CRM));
    let public = Policy::anonymous("public").any_origin().build().unwrap();
    assert!(!public.allows_credentials() && public.allows_any_origin());
    assert_eq!(public.origins().count(), 0);
}
