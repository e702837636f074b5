use std::time::Duration;

use rempart_core::{Event, EventKind, Observer, Outcome};
use rempart_monitor::{KeyUseState, Metrics};

use super::{Rig, policy};

#[test]
fn past_64_policies_the_others_fall_together() {
    let rig = Rig::new();
    let names: Vec<_> = (0..70).map(|nth| policy(&format!("crowd-{nth}"))).collect();
    for name in &names {
        rig.metrics.observe(&Event::new(EventKind::RateLimit, Outcome::Allowed, name));
        rig.metrics.key_used(name, KeyUseState::Active);
    }
    rig.metrics.tracked_keys(names.iter().map(|name| (*name, 2)));
    for (metric, labels, each) in [
        ("rempart_rate_limit_requests_total", "outcome=\"allowed\"", 1.0),
        ("rempart_key_uses_total", "state=\"active\"", 1.0),
        ("rempart_rate_limit_tracked_keys", "", 2.0),
    ] {
        assert_eq!(rig.series_of(metric).len(), Metrics::MAX_LABELS + 1);
        let counted = rig.counted();
        let of = |name: &str| {
            let comma = if labels.is_empty() { "" } else { "," };
            counted[&format!("{metric}{{policy=\"{name}\"{comma}{labels}}}")]
        };
        assert_eq!((of("crowd-63"), of("other")), (each, 6.0 * each), "{metric}");
    }
}

#[test]
fn past_64_secrets_the_oldest_of_the_others_is_told() {
    let rig = Rig::new();
    let names: Vec<_> = (0..70).map(|nth| format!("SECRET_{nth}")).collect();
    let ages = || names.iter().map(String::as_str).zip((1..).map(Duration::from_secs));
    rig.metrics.secret_ages(ages());
    rig.metrics.secret_ages(ages());
    assert_eq!(rig.series_of("rempart_secret_age_seconds").len(), Metrics::MAX_LABELS + 1);
    let counted = rig.counted();
    let age = |name: &str| counted[&format!("rempart_secret_age_seconds{{secret=\"{name}\"}}")];
    assert_eq!((age("SECRET_63"), age("other")), (64.0, 70.0));
}
