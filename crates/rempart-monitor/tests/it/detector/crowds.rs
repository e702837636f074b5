use std::net::{Ipv4Addr, Ipv6Addr};

use rempart_core::{ClientAddr, Event, EventKind, Observer, Outcome, PolicyName, Reason};

use super::{Rig, address, watch};

/// Legitimate clients.
const CLIENTS: u32 = 50_000;

/// The policy's limits, by class: so many requests a minute, evenly.
const LIMITS: [(&str, u32); 3] = [("webhook", 10), ("api", 100), ("auth", 5)];

const SECOND: u32 = 1_000;

struct Crowd {
    rig: Rig,
    classes: [(PolicyName, u32); 3],
    milliseconds: u32,
}

impl Crowd {
    fn new() -> Self {
        let classes = LIMITS.map(|(name, limit)| (PolicyName::new(name).unwrap(), limit));
        Self { rig: Rig::new(watch()), classes, milliseconds: 0 }
    }

    /// Lets half a second pass, in which every client asks as often as its limit lets it. Each has
    /// one token refused a minute.
    fn half_a_second(&mut self) {
        let now = self.milliseconds;
        let due = |times_a_minute: u32, client: u32| {
            // Everybody begins at another time.
            let period = 60 * SECOND / times_a_minute;
            (now + client * 37) % period < SECOND / 2
        };
        for n in 0..CLIENTS {
            let (policy, limit) = &self.classes[n as usize % 3];
            let client = Some(client(n));
            // A period may be shorter than half a second in the table, never in the limits.
            if due(*limit, n) {
                let event = Event::new(EventKind::RateLimit, Outcome::Allowed, policy);
                self.rig.detector.observe(&event.client(client));
            }
            if due(1, n) {
                let event = Event::new(EventKind::Token, Outcome::Refused, policy);
                self.rig.detector.observe(&event.reason(Reason::Mismatch).client(client));
            }
        }
        self.milliseconds += SECOND / 2;
        self.rig.advance(u64::from(SECOND / 2));
    }
}

/// Half of them neighbours in IPv4, half in IPv6, 256 to a network.
fn client(n: u32) -> ClientAddr {
    let n = n / 2 + (n % 2) * CLIENTS;
    if n < CLIENTS {
        return ClientAddr::new(Ipv4Addr::from_bits(0xc612_0000 + n).into());
    }
    let network = 0x2001_0db8_0000_0000_u128 << 64;
    ClientAddr::new(
        Ipv6Addr::from_bits(network | u128::from(n / 256) << 80 | u128::from(n % 256) << 64).into(),
    )
}

#[test]
fn an_attacker_in_a_crowd_at_its_limits_is_found_at_once_and_nobody_else_is() {
    let attacker = "203.0.113.9";
    let mut crowd = Crowd::new();
    for _ in 0..60 {
        crowd.half_a_second();
    }
    assert_eq!(crowd.rig.heard.words(), [], "no false alarm at the limits");
    // Twenty bad requests in ten seconds, beside everybody else's.
    let mut found_after = None;
    for nth in 0..20_u32 {
        crowd.rig.bad_token(attacker);
        if crowd.rig.heard.count() == 1 && found_after.is_none() {
            found_after = Some(nth * SECOND / 2);
        }
        crowd.half_a_second();
    }
    // At the fourth: three points each, and ten are too many.
    assert_eq!(found_after, Some(3 * SECOND / 2));
    let word = (Outcome::Shadowed, Reason::AbnormalConduct, attacker.to_owned());
    assert_eq!(crowd.rig.heard.words(), [word], "nobody else, and once");
    assert!(crowd.rig.detector.standing(address(attacker)).abnormal);
    assert_eq!(crowd.rig.detector.worst(1)[0].who, address(attacker).identity());
    assert!(crowd.rig.detector.tracked() > 45_000);
}

#[test]
fn twenty_bad_requests_at_once_are_found_within_a_second() {
    let mut crowd = Crowd::new();
    crowd.half_a_second();
    for _ in 0..20 {
        crowd.rig.bad_token("2001:db8:ffff::1");
    }
    crowd.half_a_second();
    assert_eq!(crowd.rig.heard.count(), 1);
}
