use std::net::Ipv4Addr;

use rempart_core::{EventKind, Outcome, Reason};
use rempart_monitor::{AnomalyDetector, Standing};

use super::{Rig, about, watch};

/// The places of one line.
const WAYS: u32 = 15;

fn host(n: u32) -> String {
    Ipv4Addr::from_bits(0xc633_0000 + n).to_string()
}

#[test]
fn the_lowest_score_makes_room_for_a_newcomer() {
    let rig = Rig::small(1);
    // In an order of their own, so that the first place is not the lowest.
    for n in (0..WAYS).map(|n| n * 7 % WAYS) {
        for _ in 0..=n {
            rig.point(&host(n));
        }
    }
    assert_eq!((rig.detector.tracked(), rig.detector.evicted()), (15, 0));
    rig.point("203.0.113.9");
    about(rig.score("203.0.113.9"), 1.0);
    about(rig.score(&host(0)), 0.0);
    for n in 1..WAYS {
        about(rig.score(&host(n)), f64::from(n + 1));
    }
    assert_eq!((rig.detector.tracked(), rig.detector.evicted()), (15, 1));
}

#[test]
fn a_score_that_has_leaked_away_is_no_loss() {
    let rig = Rig::small(1);
    for n in 0..WAYS {
        rig.point(&host(n));
    }
    rig.advance(10_000);
    rig.point("203.0.113.9");
    about(rig.score("203.0.113.9"), 1.0);
    assert_eq!(rig.detector.evicted(), 0);
}

#[test]
fn of_those_without_a_score_the_one_that_asks_least_makes_room() {
    let rig = Rig::small(1);
    for n in (0..WAYS).map(|n| n * 7 % WAYS) {
        for _ in 0..=n {
            rig.asks(&host(n));
        }
    }
    rig.asks("203.0.113.9");
    assert_eq!(rig.detector.evicted(), 0);
    about(rig.standing(&host(0)).rate, 0.0);
    for n in 1..WAYS {
        about(rig.standing(&host(n)).rate, f64::from(n + 1) / 10.0);
    }
    // However much somebody asks, it makes room before anybody with a score.
    for n in 0..WAYS {
        rig.point(&format!("192.0.2.{n}"));
        about(rig.score(&format!("192.0.2.{n}")), 1.0);
    }
    assert_eq!(rig.detector.worst(20).len(), 15);
}

#[test]
fn what_adds_no_points_pushes_nobody_out() {
    let rig = Rig::small(1);
    for n in 0..WAYS {
        rig.asks(&host(n));
    }
    let (kind, reason) = (EventKind::KeyRevokedUse, Some(Reason::RevokedKey));
    rig.see(kind, Outcome::Refused, reason, "203.0.113.9");
    assert!((0..WAYS).all(|n| rig.standing(&host(n)).rate > 0.0));
}

#[test]
fn a_high_score_is_not_pushed_out_by_rotating_addresses() {
    let rig = Rig::small(1_000);
    for _ in 0..5 {
        rig.bad_token("203.0.113.9");
    }
    for n in 0..200_000_u32 {
        // As badly as one request can, from an address that was never seen.
        let client = crowd(n);
        rig.see(EventKind::Signature, Outcome::Refused, Some(Reason::Mismatch), &client);
        if n % 10_000 == 0 {
            about(rig.score("203.0.113.9"), 15.0);
        }
    }
    about(rig.score("203.0.113.9"), 15.0);
    assert!(rig.detector.evicted() > 100_000);
    assert!(rig.detector.tracked() <= 1_500);
}

#[test]
fn as_many_as_it_was_made_for_find_room() {
    let rig = Rig::of(AnomalyDetector::new(watch().build().unwrap()));
    for n in 0..65_536_u32 {
        rig.point(&crowd(n));
    }
    // One in sixty finds its line full. Whoever knew the hash could choose which.
    let tracked = rig.detector.tracked();
    assert!(tracked > 64_000, "{tracked} tracked");
    assert_eq!(65_536 - tracked, usize::try_from(rig.detector.evicted()).unwrap());
}

#[test]
fn nobody_can_choose_who_shares_a_line() {
    // The same clients find their lines full in one detector and not in another: each has a key of
    // its own, so what was found out about one is of no use against the next.
    let lost = || {
        let rig = Rig::small(1_000);
        for n in 0..1_400 {
            rig.point(&crowd(n));
        }
        let kept = |standing: Standing| standing.score > 0.0;
        (0..1_400).filter(|n| !kept(rig.standing(&crowd(*n)))).collect::<Vec<_>>()
    };
    let (first, second) = (lost(), lost());
    assert!(first.len() > 30 && second.len() > 30, "{} and {}", first.len(), second.len());
    assert_ne!(first, second);
    let both = first.iter().filter(|n| second.contains(n)).count();
    assert!(both * 2 < first.len(), "{both} of {}", first.len());
}

/// Neighbours, half of them in IPv4 and half in IPv6.
fn crowd(n: u32) -> String {
    if n.is_multiple_of(2) {
        return Ipv4Addr::from_bits(0x0a00_0000 + n).to_string();
    }
    format!("2001:db8:{:x}:{:x}::1", n >> 8, n & 255)
}
