use std::time::Duration;

use rempart_core::{Event, EventKind, Observer, Observers, Outcome};

use super::{Rig, policy, series};

#[test]
fn ages_are_those_of_the_last_word() {
    let rig = Rig::new();
    let age = |name: &str| {
        let series = format!("rempart_secret_age_seconds{{secret=\"{name}\"}}");
        rig.counted().get(&series).copied()
    };
    let day = Duration::from_secs(86_400);
    rig.metrics.secret_ages([("VAPI_API_KEY", 91 * day), ("vapi-webhook", day)]);
    assert_eq!((age("VAPI_API_KEY"), age("vapi-webhook")), (Some(7_862_400.0), Some(86_400.0)));
    // Rotated, and taken out of service: neither is old any more.
    rig.metrics.secret_ages([("VAPI_API_KEY", Duration::from_millis(500))]);
    assert_eq!((age("VAPI_API_KEY"), age("vapi-webhook")), (Some(0.5), None));
}

#[test]
fn a_configuration_is_stale_until_it_is_told_to_be_none() {
    let rig = Rig::new();
    for stale in [false, true, true, false] {
        rig.metrics.config_stale([(policy("vapi-webhook"), stale), (policy("twilio"), false)]);
        let all = series(&rig.exporter.render()).into_iter();
        let counted: Vec<_> = all.filter(|(series, _)| series.contains("_stale")).collect();
        let want = [("twilio", 0.0), ("vapi-webhook", f64::from(u8::from(stale)))];
        let named = |policy| format!("rempart_config_stale{{policy=\"{policy}\"}}");
        assert_eq!(counted, want.map(|(policy, value)| (named(policy), value)));
    }
}

#[test]
fn gauges_say_what_they_were_told_last_and_totals_never_fall() {
    let rig = Rig::new();
    for (rate, keys, suppressed) in [(2.5, 7, 40), (0.25, 3, 40), (0.25, 3, 12)] {
        rig.metrics.top_request_rate(rate);
        rig.metrics.tracked_keys([(policy("auth"), keys)]);
        rig.metrics.log_suppressed(EventKind::CorsActual, suppressed);
    }
    let counted: Vec<_> = rig.counted().into_iter().collect();
    let want = [
        ("rempart_client_top_request_rate", 0.25),
        ("rempart_log_suppressed_total{kind=\"cors\"}", 40.0),
        ("rempart_rate_limit_tracked_keys{policy=\"auth\"}", 3.0),
    ];
    assert_eq!(counted, want.map(|(series, value)| (series.to_owned(), value)));
}

#[test]
fn observers_that_panic_are_counted_when_somebody_looks() {
    struct Panicking;
    impl Observer for Panicking {
        fn observe(&self, _: &Event<'_>) {
            panic!("on purpose");
        }
    }
    let (rig, policy) = (Rig::new(), policy("a"));
    let event = Event::new(EventKind::Admin, Outcome::Allowed, &policy);
    Observers::from((Panicking, rig.metrics.clone())).emit(&event);
    rig.metrics.refresh();
    let counted = rig.counted();
    // Others of this process may have panicked too.
    assert!(counted["rempart_observer_panics_total"] >= 1.0);
    // And kept nobody else from being told.
    assert_eq!(counted["rempart_admin_requests_total{policy=\"a\",outcome=\"allowed\"}"], 1.0);
}
