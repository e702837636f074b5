use rempart_core::{Event, ManualClock, Observer, PolicyName, Reason};

use super::*;

/// What happens, and how often, in each of so many slots on end.
struct Scene {
    clock: ManualClock,
    history: History,
}

impl Scene {
    fn new() -> Self {
        let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
        Self { history: History::new().clock(clock.clone()), clock }
    }

    fn tell(&self, kind: EventKind, outcome: Outcome, policy: &str, times: u32) {
        self.tell_why(kind, outcome, policy, Reason::Other, times);
    }

    fn tell_why(&self, kind: EventKind, outcome: Outcome, policy: &str, why: Reason, times: u32) {
        let policy = PolicyName::new(policy).unwrap();
        for _ in 0..times {
            self.history.observe(&Event::new(kind, outcome, &policy).reason(why));
        }
    }

    fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    fn state(&self, name: &str) -> State {
        let alerts = judge(&self.history.snapshot(), None, &[]);
        alerts.iter().find(|alert| alert.name == name).unwrap().state
    }
}

#[test]
fn alerts_that_wait_for_nothing_fire_at_the_first_and_are_quiet_when_it_is_past() {
    use EventKind::{Admin, ClientAnomaly, KeyRevokedUse, SecretEgress};
    use Outcome::{Allowed, Refused, Shadowed};
    #[rustfmt::skip]
    let rows = [
        // kind,         outcome,  policy,      reason,                       alert,              minutes
        (KeyRevokedUse,  Refused,  "vapi",      Reason::RevokedKey,           "RevokedKeyUsed",       5),
        (SecretEgress,   Refused,  "egress",    Reason::SecretExposed,        "SecretEgressBlocked",  5),
        (ClientAnomaly,  Shadowed, "clients",   Reason::AbnormalConduct,      "AbnormalClient",       5),
        (ClientAnomaly,  Shadowed, "clients",   Reason::AbnormalNetwork,      "AbnormalClient",       5),
        (Admin,          Refused,  "admin",     Reason::Missing,              "AdminAccessDenied",    5),
        (Admin,          Refused,  "monitor",   Reason::Missing,              "AdminAccessDenied",    5),
        (Admin,          Allowed,  "admin",     Reason::Other,                "AdminAccess",          5),
    ];
    for (kind, outcome, policy, reason, alert, for_minutes) in rows {
        let scene = Scene::new();
        assert_eq!(scene.state(alert), State::Quiet, "{alert}");
        scene.tell_why(kind, outcome, policy, reason, 1);
        assert_eq!(scene.state(alert), State::Firing, "{alert}");
        scene.pass(minutes(for_minutes).saturating_sub(History::SLOT));
        assert_eq!(scene.state(alert), State::Firing, "{alert}");
        scene.pass(History::SLOT);
        assert_eq!(scene.state(alert), State::Quiet, "{alert}");
    }
}

#[test]
fn who_watches_and_what_is_allowed_raise_nothing() {
    let scene = Scene::new();
    scene.tell(EventKind::Admin, Outcome::Allowed, "monitor", 100);
    scene.tell_why(EventKind::ClientAnomaly, Outcome::Refused, "clients", Reason::Banned, 100);
    for kind in [EventKind::Token, EventKind::Signature, EventKind::ConfigReload] {
        scene.tell(kind, Outcome::Allowed, "any", 1000);
    }
    scene.tell(EventKind::CorsActual, Outcome::Allowed, "cors", 1000);
    let alerts = judge(&scene.history.snapshot(), Some(("TWILIO_AUTH_TOKEN", SECRET_AGE)), &[]);
    for alert in alerts {
        assert_eq!(alert.state, State::Quiet, "{}: {}", alert.name, alert.now);
    }
}

#[test]
fn a_secret_is_too_old_past_its_day() {
    let scene = Scene::new();
    let aged = |age| {
        let alerts = judge(&scene.history.snapshot(), Some(("VAPI_API_KEY", age)), &[]);
        let alert = alerts.into_iter().find(|alert| alert.name == "SecretTooOld").unwrap();
        (alert.state, alert.now)
    };
    assert_eq!(aged(SECRET_AGE), (State::Quiet, "VAPI_API_KEY: 90 days".to_owned()));
    let (state, _) = aged(SECRET_AGE + Duration::from_secs(1));
    assert_eq!(state, State::Firing);
}

#[test]
fn what_could_not_be_read_again_is_an_alert_by_its_name() {
    let judged = |stale: &[&str]| {
        let stale: Vec<_> = stale.iter().map(|name| PolicyName::new(name).unwrap()).collect();
        let alerts = judge(&Scene::new().history.snapshot(), None, &stale);
        let alert = alerts.into_iter().find(|alert| alert.name == "ConfigReloadFailed").unwrap();
        (alert.state, alert.now)
    };
    assert_eq!(judged(&[]), (State::Quiet, "none".to_owned()));
    let both = judged(&["vapi-webhook", "revocations"]);
    assert_eq!(both, (State::Firing, "vapi-webhook, revocations".to_owned()));
}

/// Half an hour of the same in each slot; when the alert is first seen to rise, and to fire.
fn course(alert: &str, in_a_slot: impl Fn(&Scene)) -> (Option<u64>, Option<u64>) {
    let scene = Scene::new();
    let (mut rising, mut firing) = (None, None);
    for seconds in (0..1800).step_by(10) {
        in_a_slot(&scene);
        match scene.state(alert) {
            State::Quiet => {}
            State::Pending => rising = rising.or(Some(seconds)),
            State::Firing => firing = firing.or(Some(seconds)),
        }
        scene.pass(History::SLOT);
    }
    (rising, firing)
}

#[test]
fn alerts_that_wait_rise_first_and_fire_when_they_have_waited() {
    use Outcome::{Allowed, Refused};
    let refused = |kind, times| move |scene: &Scene| scene.tell(kind, Refused, "vapi", times);
    // Ten a minute is allowed for: in 2 min more than 20 are not.
    let tokens = |times| course("InvalidTokens", refused(EventKind::Token, times));
    assert_eq!(tokens(1), (None, None));
    assert_eq!(tokens(2), (Some(100), Some(220)));
    assert_eq!(tokens(21), (Some(0), Some(120)));
    // 0.1 a second is 12 in 2 min, by policy.
    let webhooks = |times| course("WebhookSignatureFailures", refused(EventKind::Signature, times));
    assert_eq!(webhooks(1), (None, None));
    assert_eq!(webhooks(2), (Some(60), Some(180)));
    let shared = |scene: &Scene| {
        scene.tell(EventKind::Signature, Refused, "vapi", 1);
        scene.tell(EventKind::Signature, Refused, "twilio", 1);
    };
    assert_eq!(course("WebhookSignatureFailures", shared), (None, None));
    // More than a fifth of at least 50 in ten minutes.
    let cors = |blocked, through| {
        course("CorsBlockedRatioHigh", move |scene| {
            scene.tell(EventKind::CorsActual, Refused, "cors", blocked);
            scene.tell(EventKind::CorsPreflight, Allowed, "cors", through);
        })
    };
    assert_eq!(cors(1, 4), (None, None));
    assert_eq!(cors(2, 7), (Some(50), Some(650)));
    assert_eq!(cors(1, 0), (Some(490), Some(1090)));
    let slow = |elapsed| {
        course("SignatureLatencyHigh", move |scene| {
            let policy = PolicyName::new("vapi").unwrap();
            let event = Event::new(EventKind::Signature, Allowed, &policy).elapsed(elapsed);
            scene.history.observe(&event);
        })
    };
    assert_eq!(slow(Duration::from_micros(4600)), (None, None));
    assert_eq!(slow(Duration::from_micros(5400)), (Some(0), Some(300)));
}

#[test]
fn the_loudest_come_first() {
    let scene = Scene::new();
    scene.tell(EventKind::Token, Outcome::Refused, "api", 100);
    scene.tell(EventKind::Admin, Outcome::Allowed, "admin", 1);
    scene.tell(EventKind::KeyRevokedUse, Outcome::Refused, "vapi", 1);
    scene.tell(EventKind::Admin, Outcome::Refused, "admin", 1);
    let alerts = judge(&scene.history.snapshot(), None, &[]);
    let names: Vec<_> = alerts.iter().map(|alert| alert.name).take(5).collect();
    let want = ["RevokedKeyUsed", "AdminAccessDenied", "AdminAccess", "InvalidTokens"];
    assert_eq!(names[..4], want);
}

/// Prometheus and the page are to say the same.
#[test]
fn thresholds_are_those_of_the_rules() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops");
    let rules = std::fs::read_to_string(format!("{folder}/alerts.yml")).unwrap();
    let rules: Vec<(&str, &str)> =
        rules.split("- alert: ").skip(1).map(|rule| rule.split_once('\n').unwrap()).collect();
    #[rustfmt::skip]
    let parts: [(&str, &[&str]); 11] = [
        ("InvalidTokens",            &["[2m])) * 60 > 10", "for: 2m"]),
        ("AbnormalClient",           &["reason=", "abnormal_", "[5m])) > 0"]),
        ("WebhookSignatureFailures", &["by (job, policy)", "[2m])) > 0.1", "for: 2m"]),
        ("AdminAccessDenied",        &["[5m])) > 0"]),
        ("AdminAccess",              &["policy!=\"monitor\"", "[5m])) > 0"]),
        ("CorsBlockedRatioHigh",     &["ratio_rate5m > 0.2", "[10m])) >= 50", "for: 10m"]),
        ("SignatureLatencyHigh",     &["p99_rate5m > 0.005", "for: 5m"]),
        ("RevokedKeyUsed",           &["state=\"revoked\"", "[5m])) > 0"]),
        ("SecretEgressBlocked",      &["[5m])) > 0"]),
        ("SecretTooOld",             &["> 90 * 86400"]),
        ("ConfigReloadFailed",       &["rempart_config_stale) > 0"]),
    ];
    let severities = judge(&Scene::new().history.snapshot(), None, &[]);
    for (name, rule) in rules {
        // What a page of the process itself cannot judge.
        if ["ObserverPanics", "SecurityMetricsAbsent"].contains(&name) {
            continue;
        }
        let (_, parts) = parts.iter().find(|(known, _)| *known == name).expect(name);
        for part in *parts {
            assert!(rule.contains(part), "{name} is not `{part}`: {rule}");
        }
        let waits = parts.iter().any(|part| part.starts_with("for:"));
        assert_eq!(rule.contains("for: "), waits, "{name}");
        let alert = severities.iter().find(|alert| alert.name == name).expect(name);
        let severity = format!("severity: {}", alert.severity.as_str());
        assert!(rule.contains(&severity), "{name} is not `{severity}`");
    }
}
