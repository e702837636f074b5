use rempart_core::{EventKind, Outcome, Reason};

use super::{Rig, about, watch};

fn names(list: &[rempart_monitor::Standing]) -> Vec<String> {
    list.iter().map(|standing| standing.who.to_string()).collect()
}

#[test]
fn a_rate_is_that_of_the_last_ten_seconds() {
    let rig = Rig::new(watch());
    for _ in 0..50 {
        rig.asks("203.0.113.9");
    }
    #[rustfmt::skip]
    let rows = [
        // after, in milliseconds, requests a second
        (0,      5.0),
        (9_999,  5.0),
        (1,      5.0),
        // A window later it fades, as if they had come evenly.
        (5_000,  2.5),
        (4_000,  0.5),
        (1_000,  0.0),
        (1_000,  0.0),
    ];
    for (milliseconds, rate) in rows {
        rig.advance(milliseconds);
        about(rig.standing("203.0.113.9").rate, rate);
    }
}

#[test]
fn every_request_counts_once_however_it_ends() {
    let rig = Rig::new(watch());
    rig.see(EventKind::RateLimit, Outcome::Allowed, None, "203.0.113.9");
    rig.see(EventKind::RateLimit, Outcome::Refused, Some(Reason::QuotaExceeded), "203.0.113.9");
    rig.see(EventKind::RateLimit, Outcome::Shadowed, Some(Reason::QuotaExceeded), "203.0.113.9");
    // What else is said of the same requests.
    rig.see(EventKind::CorsActual, Outcome::Allowed, None, "203.0.113.9");
    rig.see(EventKind::Signature, Outcome::Allowed, None, "203.0.113.9");
    rig.see(EventKind::Token, Outcome::Refused, Some(Reason::Mismatch), "203.0.113.9");
    about(rig.standing("203.0.113.9").rate, 0.3);
    about(rig.score("203.0.113.9"), 4.0);
}

#[test]
fn the_busiest_come_first() {
    let rig = Rig::new(watch());
    for n in [3, 1, 9, 7, 5] {
        for _ in 0..n {
            rig.asks(&format!("203.0.{n}.1"));
        }
    }
    rig.asks("203.0.9.2");
    rig.asks("2001:db8::1");
    // No request, but a score.
    rig.point("192.0.2.1");
    let busiest = rig.detector.busiest(3);
    assert_eq!(names(&busiest), ["203.0.9.1/32", "203.0.7.1/32", "203.0.5.1/32"]);
    about(busiest[0].rate, 0.9);
    let networks = rig.detector.busiest_networks(2);
    assert_eq!(names(&networks), ["203.0.9.0/24", "203.0.7.0/24"]);
    about(networks[0].rate, 1.0);
    about(networks[0].score, 0.0);
    let all = rig.detector.busiest(100);
    assert_eq!(all.len(), 7);
    assert!(all.is_sorted_by(|a, b| a.rate >= b.rate));
    assert!(names(&all).contains(&"2001:db8::/64".to_owned()));
    assert!(names(&rig.detector.busiest_networks(100)).contains(&"2001:db8::/48".to_owned()));
    assert!(rig.detector.busiest(0).is_empty());
    // They fall silent.
    rig.advance(20_000);
    assert!(rig.detector.busiest(3).is_empty() && rig.detector.busiest_networks(3).is_empty());
}

#[test]
fn a_network_has_the_score_of_all_its_clients() {
    let rig = Rig::new(watch());
    for n in 0..30 {
        rig.bad_token(&format!("2001:db8:1:{n:x}::1"));
    }
    let networks = rig.detector.busiest_networks(1);
    about(networks[0].score, 90.0);
    about(networks[0].rate, 3.0);
    assert!(networks[0].abnormal);
}

#[test]
fn the_worst_come_first() {
    let rig = Rig::new(watch());
    for n in [3, 1, 12, 7, 5] {
        for _ in 0..n {
            rig.point(&format!("203.0.{n}.1"));
        }
    }
    rig.asks("203.0.9.2");
    let worst = rig.detector.worst(2);
    assert_eq!(names(&worst), ["203.0.12.1/32", "203.0.7.1/32"]);
    assert!(worst[0].abnormal && !worst[1].abnormal);
    about(worst[0].score, 12.0);
    assert_eq!(rig.detector.worst(100).len(), 5);
    assert!(rig.detector.worst(0).is_empty());
}

#[test]
fn the_silent_and_the_forgiven_are_not_tracked() {
    let rig = Rig::new(watch());
    assert_eq!(rig.detector.tracked(), 0);
    rig.asks("203.0.113.1");
    rig.bad_token("203.0.113.2");
    rig.point("203.0.113.3");
    assert_eq!(rig.detector.tracked(), 3);
    rig.advance(19_999);
    assert_eq!(rig.detector.tracked(), 3, "in the window before");
    rig.advance(1);
    assert_eq!(rig.detector.tracked(), 1, "the one that still has a score");
    rig.advance(10_000);
    assert_eq!(rig.detector.tracked(), 0);
}
