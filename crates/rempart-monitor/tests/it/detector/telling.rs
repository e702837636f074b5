use std::time::Duration;

use rempart_core::{Event, EventKind, Live, Observer, Observers, Outcome, PolicyName, Reason};
use rempart_monitor::{AnomalyDetector, Policy};
use rempart_testing::Capture;

use super::{Rig, address, watch};

const CLIENT: &str = "203.0.113.9";

#[test]
fn tells_again_after_a_pause_and_only_of_one_that_goes_on() {
    let rig = Rig::new(watch());
    for _ in 0..100 {
        rig.bad_token(CLIENT);
    }
    assert_eq!(rig.heard.count(), 1);
    rig.advance(59_999);
    rig.bad_token(CLIENT);
    assert_eq!(rig.heard.count(), 1);
    rig.advance(1);
    assert_eq!(rig.heard.count(), 1, "it tells of conduct, not of time");
    rig.bad_token(CLIENT);
    assert_eq!(rig.heard.count(), 2);
    rig.bad_token(CLIENT);
    assert_eq!(rig.heard.count(), 2);
}

#[test]
fn a_score_that_wavers_about_the_threshold_is_told_of_once_in_a_pause() {
    let rig = Rig::new(watch());
    for _ in 0..4 {
        rig.bad_token(CLIENT);
    }
    // Every half minute three points leak away and three are added.
    for seconds in (30..=600).step_by(30) {
        rig.advance(30_000);
        rig.bad_token(CLIENT);
        assert!(rig.standing(CLIENT).abnormal);
        assert_eq!(rig.heard.count(), 1 + seconds / 60);
    }
}

#[test]
fn a_pause_is_never_cut_short() {
    // The clock is read in whole seconds here: whatever is cut off makes the pause longer.
    for offset in [0, 1, 499, 500, 999] {
        let rig = Rig::new(watch().pause(Duration::from_secs(5)));
        rig.advance(offset);
        rig.bad_token(CLIENT);
        let mut told = Vec::new();
        for tenth in 0..200_u64 {
            let before = rig.heard.count();
            rig.bad_token(CLIENT);
            if rig.heard.count() > before {
                told.push(tenth);
            }
            rig.advance(100);
        }
        assert!(told.len() >= 3, "{told:?}");
        for pair in told.windows(2) {
            assert!((50..=70).contains(&(pair[1] - pair[0])), "{offset}: {told:?}");
        }
    }
}

#[test]
fn no_pause_is_cut_short_however_short_it_is() {
    #[rustfmt::skip]
    let rows = [
        // pause   in whole seconds, in milliseconds
        (1_000,    1_000),
        (1_900,    2_000),
        (2_500,    3_000),
        (5_000,    5_000),
    ];
    for (pause, whole) in rows {
        for offset in [0, 3, 990] {
            let rig = Rig::new(watch().pause(Duration::from_millis(pause)));
            rig.advance(offset);
            let mut told = Vec::new();
            for at in (0..15_000_u64).step_by(10) {
                let before = rig.heard.count();
                rig.bad_token(CLIENT);
                if rig.heard.count() > before {
                    told.push(at);
                }
                rig.advance(10);
            }
            assert!(told.len() >= 3, "{pause} {offset}: {told:?}");
            for pair in told.windows(2) {
                let gap = pair[1] - pair[0];
                assert!((pause..=whole + 1_000).contains(&gap), "{pause} {offset}: {told:?}");
            }
        }
    }
}

#[test]
fn a_detector_that_hears_itself_does_not_mind() {
    let detector = AnomalyDetector::new(Policy::new("clients").unwrap());
    let heard = super::Heard::default();
    let detector = detector.clone().observer((detector, heard.clone()));
    let api = PolicyName::new("api").unwrap();
    let event = Event::new(EventKind::Admin, Outcome::Refused, &api);
    for _ in 0..100 {
        detector.observe(&event.client(Some(address(CLIENT))));
    }
    assert_eq!(heard.count(), 1);
}

#[test]
fn the_log_has_a_warning_for_one_that_is_only_watched() {
    let capture = Capture::default();
    let detector = AnomalyDetector::new(Policy::new("clients").unwrap());
    // As a layer holds it.
    let observers = Observers::from(detector.clone());
    let api = PolicyName::new("api").unwrap();
    let event =
        Event::new(EventKind::Admin, Outcome::Refused, &api).reason(Reason::InsufficientScope);
    capture.within(|| {
        for _ in 0..3 {
            observers.emit(&event.client(Some(address(CLIENT))));
        }
    });
    let text = capture.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    for part in [" WARN ", "client.anomalous", "shadowed", "abnormal_conduct", CLIENT] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_policy_that_is_replaced_judges_the_scores_that_are_there() {
    let live = Live::new(watch().build().unwrap());
    let rig = Rig::of(AnomalyDetector::new(live.clone()));
    for _ in 0..4 {
        rig.bad_token(CLIENT);
    }
    assert_eq!(rig.detector.banned(address(CLIENT)), None, "watched");
    live.store(watch().ban(Duration::from_secs(300)).build().unwrap());
    let left = rig.detector.banned(address(CLIENT)).unwrap();
    assert_eq!(left, Duration::from_secs(20), "until its twelve points are ten");
    live.store(watch().build().unwrap());
    assert_eq!(rig.detector.banned(address(CLIENT)), None, "watched again");
}
