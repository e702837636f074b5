use std::thread;

use proptest::prelude::*;
use rempart_core::{Event, EventKind, Observer, Observers, Outcome, PolicyName, Reason};
use rempart_monitor::{KeyUseState, Metrics};

use super::{Rig, policy, series};

/// Kind, outcome, reason, and the series that counts it.
type Row = (EventKind, Outcome, Option<Reason>, &'static str);

use rempart_core::EventKind as K;
use rempart_core::Outcome::{Allowed, Error, Refused, Shadowed};

#[rustfmt::skip]
const ROWS: [Row; 26] = [
    (K::Signature,     Allowed,  None,                            r#"signature_verifications_total{policy="a",outcome="allowed",reason="none"}"#),
    (K::Signature,     Refused,  Some(Reason::Mismatch),          r#"signature_verifications_total{policy="a",outcome="rejected",reason="mismatch"}"#),
    (K::RateLimit,     Allowed,  None,                            r#"rate_limit_requests_total{policy="a",outcome="allowed"}"#),
    (K::RateLimit,     Refused,  Some(Reason::QuotaExceeded),     r#"rate_limit_requests_total{policy="a",outcome="rejected"}"#),
    (K::RateLimit,     Refused,  Some(Reason::NeverPossible),     r#"rate_limit_requests_total{policy="a",outcome="rejected"}"#),
    (K::RateLimit,     Error,    Some(Reason::NoClientAddress),   r#"rate_limit_requests_total{policy="a",outcome="error"}"#),
    (K::CorsActual,    Allowed,  None,                            r#"cors_requests_total{policy="a",kind="actual",outcome="allowed",reason="none"}"#),
    (K::CorsActual,    Refused,  Some(Reason::OriginNotAllowed),  r#"cors_requests_total{policy="a",kind="actual",outcome="rejected",reason="origin_not_allowed"}"#),
    (K::CorsPreflight, Refused,  Some(Reason::MethodNotAllowed),  r#"cors_requests_total{policy="a",kind="preflight",outcome="rejected",reason="method_not_allowed"}"#),
    (K::Token,         Refused,  Some(Reason::Expired),           r#"auth_requests_total{policy="a",outcome="rejected",reason="expired"}"#),
    (K::Authorization, Refused,  Some(Reason::BrowserCredential), r#"authz_requests_total{policy="a",outcome="rejected",reason="browser_credential"}"#),
    (K::Admin,         Allowed,  None,                            r#"admin_requests_total{policy="a",outcome="allowed"}"#),
    (K::Admin,         Refused,  Some(Reason::CrossSite),         r#"admin_requests_total{policy="a",outcome="rejected"}"#),
    (K::ConfigReload,  Refused,  Some(Reason::InvalidConfiguration), r#"config_reloads_total{policy="a",outcome="rejected"}"#),
    (K::JwksRefresh,   Allowed,  None,                            r#"jwks_refreshes_total{policy="a",outcome="allowed"}"#),
    (K::SecretEgress,  Refused,  Some(Reason::SecretExposed),     r#"secret_egress_blocked_total{policy="a"}"#),
    // What was not held back was not blocked.
    (K::SecretEgress,  Error,    None,                            r#"other_events_total{kind="secret",outcome="error"}"#),
    (K::ClientAnomaly, Shadowed, Some(Reason::AbnormalConduct),   r#"client_anomalies_total{policy="a",outcome="shadowed",reason="abnormal_conduct"}"#),
    (K::ClientAnomaly, Refused,  Some(Reason::Banned),            r#"client_anomalies_total{policy="a",outcome="rejected",reason="banned"}"#),
    (K::KeyRevokedUse, Refused,  None,                            r#"key_uses_total{policy="a",state="revoked"}"#),
    (K::KeyState,      Allowed,  Some(Reason::Operator),          r#"other_events_total{kind="key",outcome="allowed"}"#),
    (K::Replay,        Refused,  Some(Reason::Replayed),          r#"other_events_total{kind="replay",outcome="rejected"}"#),
    (K::Body,          Refused,  Some(Reason::TooLarge),          r#"other_events_total{kind="body",outcome="rejected"}"#),
    (K::Report,        Allowed,  None,                            r#"other_events_total{kind="report",outcome="allowed"}"#),
    (K::FetchMetadata, Shadowed, Some(Reason::CrossSite),         r#"other_events_total{kind="fetch_metadata",outcome="shadowed"}"#),
    (K::ClientAddress, Refused,  Some(Reason::NoClientAddress),   r#"other_events_total{kind="client_address",outcome="rejected"}"#),
];

fn event(
    kind: EventKind,
    outcome: Outcome,
    reason: Option<Reason>,
    policy: &PolicyName,
) -> Event<'_> {
    let mut event = Event::new(kind, outcome, policy);
    event.reason = reason;
    event
}

#[test]
fn an_event_adds_one_to_the_series_that_is_its_own() {
    for (kind, outcome, reason, want) in ROWS {
        let (rig, policy) = (Rig::new(), policy("a"));
        rig.metrics.observe(&event(kind, outcome, reason, &policy));
        let counted: Vec<_> = rig.counted().into_iter().collect();
        assert_eq!(counted, [(format!("rempart_{want}"), 1.0)], "{kind} {outcome} {reason:?}");
    }
}

/// Every kind, outcome and reason there is, or will be: nothing is uncounted, and nothing counted
/// twice.
#[test]
fn every_event_adds_one_to_one_counter() {
    let (rig, policy) = (Rig::new(), policy("a"));
    let reasons = || std::iter::once(None).chain(Reason::ALL.iter().copied().map(Some));
    let mut told = 0.0;
    for kind in EventKind::ALL {
        for outcome in Outcome::ALL {
            for reason in reasons() {
                rig.metrics.observe(&event(*kind, *outcome, reason, &policy));
                told += 1.0;
            }
        }
        assert_eq!(rig.counted().values().sum::<f64>(), told, "{kind}");
    }
}

#[test]
fn uses_of_other_keys_are_counted_by_who_knows_their_state() {
    let (rig, policy) = (Rig::new(), policy("a"));
    rig.metrics.key_used(&policy, KeyUseState::Active);
    rig.metrics.key_used(&policy, KeyUseState::Active);
    rig.metrics.key_used(&policy, KeyUseState::Retiring);
    let counted: Vec<_> = rig.counted().into_iter().collect();
    let uses = |state: &str| format!("rempart_key_uses_total{{policy=\"a\",state=\"{state}\"}}");
    assert_eq!(counted, [(uses("active"), 2.0), (uses("retiring"), 1.0)]);
}

#[test]
fn a_clone_counts_together_with_it_and_threads_lose_nothing() {
    let rig = Rig::new();
    let observers = Observers::from(rig.metrics.clone());
    let names = ["a", "b", "c"].map(policy);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for nth in 0..30_000 {
                    let policy = &names[nth % 3];
                    let reason = Reason::ALL[nth % 5];
                    observers.emit(&event(EventKind::Token, Refused, Some(reason), policy));
                }
            });
        }
    });
    let counted = rig.counted();
    assert_eq!((counted.len(), counted.values().sum::<f64>()), (15, 120_000.0));
    // 30,000 turns of three policies and five reasons, by four threads.
    assert!(counted.values().all(|count| *count == 8_000.0), "{counted:?}");
}

#[test]
fn what_is_declared_counts_from_zero() {
    let rows: [(EventKind, &str, usize); 12] = [
        (EventKind::Signature, "rempart_signature_verifications_total", 17),
        (EventKind::RateLimit, "rempart_rate_limit_requests_total", 3),
        (EventKind::CorsActual, "rempart_cors_requests_total", 3),
        (EventKind::CorsPreflight, "rempart_cors_requests_total", 6),
        (EventKind::Token, "rempart_auth_requests_total", 18),
        (EventKind::Authorization, "rempart_authz_requests_total", 3),
        (EventKind::ConfigReload, "rempart_config_reloads_total", 3),
        (EventKind::JwksRefresh, "rempart_jwks_refreshes_total", 3),
        (EventKind::Admin, "rempart_admin_requests_total", 3),
        (EventKind::KeyRevokedUse, "rempart_key_uses_total", 4),
        (EventKind::SecretEgress, "rempart_secret_egress_blocked_total", 1),
        (EventKind::ClientAnomaly, "rempart_client_anomalies_total", 5),
    ];
    for (kind, metric, want) in rows {
        let rig = Rig::new();
        let undeclared = series(&rig.exporter.render()).len();
        rig.metrics.declare(kind, [policy("a"), policy("b")]);
        assert_eq!(rig.series_of(metric).len(), 2 * want, "{kind}");
        let timed = rig.series_of(&format!("{}_count", Metrics::HISTOGRAM)).len();
        assert_eq!(timed, if kind == EventKind::Signature { 4 } else { 0 }, "{kind}");
        if timed == 0 {
            let all = series(&rig.exporter.render()).len();
            assert_eq!(all, undeclared + 2 * want, "{kind}: nothing beside it");
        }
        assert!(rig.counted().is_empty(), "{kind}");
        // A first event is an increase.
        let policy = policy("a");
        rig.metrics.observe(&event(kind, Refused, None, &policy));
        let counted: Vec<_> = rig.counted().into_values().collect();
        assert_eq!(counted, [1.0], "{kind}");
    }
}

#[test]
fn the_recorder_of_the_process_may_be_the_one() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let (exporter, policy) = (recorder.handle(), policy("a"));
    let tell = |metrics: &Metrics| metrics.observe(&event(K::Admin, Allowed, None, &policy));
    metrics::with_local_recorder(&recorder, || tell(&Metrics::global()));
    assert!(exporter.render().contains("rempart_admin_requests_total{policy=\"a\""));
    assert_eq!(format!("{:?}", Metrics::global()), "Metrics { .. }");
    // Without one nobody counts, and nothing fails.
    tell(&Metrics::global());
}

proptest! {
    /// Against a list that is looked through from the start.
    #[test]
    fn counts_as_a_naive_counter_would(
        told in proptest::collection::vec((0..EventKind::ALL.len(), 0..4_usize, 0..3_usize), 0..60)
    ) {
        let (rig, names) = (Rig::new(), ["a", "b", "c"].map(policy));
        let mut naive: Vec<((usize, usize, usize), f64)> = Vec::new();
        for event_of in told {
            let (kind, outcome, name) = event_of;
            let (kind, outcome) = (EventKind::ALL[kind], Outcome::ALL[outcome]);
            rig.metrics.observe(&event(kind, outcome, Some(Reason::Other), &names[name]));
            match naive.iter_mut().find(|(known, _)| *known == event_of) {
                Some((_, count)) => *count += 1.0,
                None => naive.push((event_of, 1.0)),
            }
        }
        let total = |counts: &mut dyn Iterator<Item = f64>| counts.sum::<f64>();
        let counted = rig.counted();
        prop_assert_eq!(
            total(&mut counted.values().copied()),
            total(&mut naive.iter().map(|(_, count)| *count))
        );
        for ((kind, outcome, name), count) in naive {
            if EventKind::ALL[kind] != EventKind::Token {
                continue;
            }
            let series = format!(
                "rempart_auth_requests_total{{policy=\"{}\",outcome=\"{}\",reason=\"other\"}}",
                names[name], Outcome::ALL[outcome]
            );
            prop_assert_eq!(counted.get(&series).copied(), Some(count));
        }
    }
}
