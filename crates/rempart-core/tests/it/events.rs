//! The vocabulary: closed, distinct, complete.

use std::collections::HashSet;

use http::{Method, Request};
use rempart_core::{
    ClientAddr, Event, EventKind, HttpMethod, Outcome, PolicyName, Reason, RouteName,
};

#[test]
fn every_word_is_distinct_and_fit_for_a_label() {
    fn check(words: &[&str]) {
        let distinct: HashSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), words.len());
        for word in words {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            assert!(word.bytes().all(fits), "{word}");
        }
    }
    check(&Reason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>());
    check(&EventKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    check(&Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect::<Vec<_>>());
    for (place, reason) in Reason::ALL.iter().enumerate() {
        assert_eq!(reason.index(), place);
    }
}

#[test]
fn events_bear_the_published_names() {
    use EventKind as K;
    use Outcome::{Allowed, Error, Refused, Shadowed};
    #[rustfmt::skip]
    let rows = [
        (K::Signature,     Allowed, "signature.verified",     Some("authn_login_success")),
        (K::Signature,     Refused, "signature.rejected",     Some("authn_login_fail")),
        (K::RateLimit,     Allowed, "rate_limit.allowed",     None),
        (K::RateLimit,     Refused, "rate_limit.rejected",    Some("excess_rate_limit_exceeded")),
        (K::CorsActual,    Allowed, "cors.allowed",           None),
        (K::CorsActual,    Refused, "cors.rejected",          Some("malicious_cors")),
        (K::Token,         Allowed, "auth.succeeded",         Some("authn_login_success")),
        (K::Token,         Refused, "auth.failed",            Some("authn_login_fail")),
        (K::Authorization, Refused, "authz.denied",           Some("authz_fail")),
        (K::Admin,         Allowed, "admin.accessed",         Some("authz_admin")),
        (K::KeyState,      Allowed, "key.state_changed",      None),
        (K::KeyRevokedUse, Refused, "key.revoked_used",       Some("authn_token_reuse")),
        (K::SecretEgress,  Refused, "secret.egress_blocked",  None),
        (K::ConfigReload,  Refused, "config.reload_failed",   None),
        (K::ClientAnomaly, Refused, "client.anomalous",       Some("malicious_attack_tool")),
        (K::ClientAnomaly, Shadowed, "client.anomalous",      Some("malicious_attack_tool")),
        (K::RateLimit,     Error,   "rate_limit.error",       None),
    ];
    for (kind, outcome, name, owasp) in rows {
        assert_eq!((kind.event_name(outcome), kind.owasp(outcome)), (name, owasp));
    }
}

#[test]
fn an_event_takes_from_the_request_what_the_client_cannot_make_up() {
    let policy = PolicyName::new("api").unwrap();
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(b"BREW").unwrap();
    request.extensions_mut().insert(ClientAddr::new("203.0.113.9".parse().unwrap()));
    request.extensions_mut().insert(RouteName::new("/coffee"));
    let event = Event::new(EventKind::RateLimit, Outcome::Allowed, &policy).request(&request);
    assert_eq!(event.method, Some(HttpMethod::Other));
    assert_eq!(event.client.unwrap().to_string(), "203.0.113.9");
    assert_eq!(event.route, Some("/coffee"));
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"] {
        let known = HttpMethod::of(&Method::from_bytes(method.as_bytes()).unwrap());
        assert_eq!(known.as_str(), method);
    }
}
