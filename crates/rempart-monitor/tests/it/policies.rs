use std::time::Duration;

use rempart_core::{EventKind, NameError};
use rempart_monitor::{AnomalyDetector, ConfigError, Policy, PolicyBuilder};

fn builder() -> PolicyBuilder {
    Policy::builder("clients")
}

#[test]
fn defaults_are_those_that_are_written_down() {
    let policy = Policy::new("clients").unwrap();
    assert_eq!(policy.name().as_str(), "clients");
    assert_eq!(
        (policy.threshold(), policy.leak(), policy.ban()),
        (10, Duration::from_secs(10), None)
    );
    let policy = builder().threshold(20).leak(Duration::from_secs(5)).ban(Duration::from_secs(60));
    let policy = policy.build().unwrap();
    assert_eq!((policy.threshold(), policy.leak()), (20, Duration::from_secs(5)));
    assert_eq!(policy.ban(), Some(Duration::from_secs(60)));
}

#[test]
fn every_number_has_bounds() {
    let (ms, s) = (Duration::from_millis, Duration::from_secs);
    let leak = |leak| ConfigError::Leak { leak };
    let pause = |pause| ConfigError::Pause { pause };
    let ban = |ban| ConfigError::Ban { ban };
    let threshold = |points| ConfigError::Threshold { points };
    let points = |kind| ConfigError::Points { kind };
    #[rustfmt::skip]
    let rows = [
        (builder().threshold(0),                          Some(threshold(0))),
        (builder().threshold(1),                          None),
        (builder().threshold(10_000),                     None),
        (builder().threshold(10_001),                     Some(threshold(10_001))),
        (builder().leak(Duration::from_micros(999)),      Some(leak(Duration::from_micros(999)))),
        (builder().leak(ms(1)),                           None),
        (builder().leak(s(3_600)),                        None),
        (builder().leak(ms(3_600_001)),                   Some(leak(ms(3_600_001)))),
        (builder().pause(ms(999)),                        Some(pause(ms(999)))),
        (builder().pause(s(1)),                           None),
        (builder().pause(s(86_400)),                      None),
        (builder().pause(s(86_401)),                      Some(pause(s(86_401)))),
        (builder().ban(ms(999)),                          Some(ban(ms(999)))),
        (builder().ban(s(1)),                             None),
        (builder().ban(s(86_400)),                        None),
        (builder().ban(s(86_401)),                        Some(ban(s(86_401)))),
        (builder().points(EventKind::Token, u8::MAX),     None),
        (builder().points(EventKind::ClientAnomaly, 1),   Some(points(EventKind::ClientAnomaly))),
        (Policy::builder(""),                             Some(ConfigError::Name(NameError::Empty))),
    ];
    for (builder, fault) in rows {
        let faults = builder.build().err();
        let found: Vec<_> = faults.iter().flat_map(|faults| faults.iter().cloned()).collect();
        assert_eq!(found, fault.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn every_fault_is_reported_at_once_in_words() {
    let faults = Policy::builder("No Name")
        .points(EventKind::ClientAnomaly, 1)
        .threshold(0)
        .leak(Duration::ZERO)
        .pause(Duration::ZERO)
        .ban(Duration::ZERO)
        .build()
        .unwrap_err();
    assert_eq!(faults.len(), 6);
    let text = faults.to_string();
    for part in [
        "name: ",
        "points: `client`",
        "threshold: 0 points; it is 1 to 10000",
        "leak: a point in 0ns; it leaks in 1ms to 3600s",
        "pause: 0ns; it lasts 1s to 86400s",
        "ban: 0ns; a ban lasts 1s to 86400s",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_detector_has_room_for_somebody_and_not_for_everybody() {
    let policy = builder().build().unwrap();
    for clients in [0, AnomalyDetector::MAX_CAPACITY + 1, usize::MAX] {
        let faults = AnomalyDetector::with_capacity(policy.clone(), clients).unwrap_err();
        assert!(faults.iter().eq([&ConfigError::Capacity { clients }]), "{faults}");
    }
    let small = AnomalyDetector::with_capacity(policy.clone(), 1).unwrap();
    assert!(small.bytes() < 2_048);
    let whole = AnomalyDetector::new(policy);
    assert!((3 << 20..=4 << 20).contains(&whole.bytes()));
}
