//! The tables of fixed size, which reckon in nanoseconds, against maps without a bound, which
//! reckon in points.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rempart_core::{
    ClientAddr, Event, EventKind, IpPrefix, ManualClock, Observer, Outcome, PolicyName, Reason,
};
use rempart_monitor::{AnomalyDetector, Policy};

/// In hosts of one network, hosts of one /64, networks of one /48, and strangers.
const CLIENTS: [&str; 16] = [
    "203.0.113.1",
    "203.0.113.2",
    "203.0.113.3",
    "203.0.113.4",
    "203.0.113.5",
    "203.0.113.6",
    "203.0.113.7",
    "203.0.113.8",
    "198.51.100.1",
    "::ffff:198.51.100.1",
    "2001:db8:1:1::1",
    "2001:db8:1:1::2",
    "2001:db8:1:2::1",
    "2001:db8:1:3::1",
    "2001:db8:2:1::1",
    "::1",
];

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// Which client, what of, how it went.
    Tell(usize, EventKind, Outcome, Reason),
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![6 => 0..500_u64, 3 => 0..20_000_u64, 1 => 0..200_000_u64];
    let kinds = prop::sample::select(vec![
        EventKind::Admin,
        EventKind::CorsActual,
        EventKind::RateLimit,
        EventKind::RateLimit,
        EventKind::Report,
        EventKind::Signature,
        EventKind::Token,
    ]);
    let outcomes = prop_oneof![
        5 => Just(Outcome::Refused),
        3 => Just(Outcome::Allowed),
        1 => Just(Outcome::Shadowed),
    ];
    let reasons = prop::sample::select(vec![Reason::Mismatch, Reason::Expired, Reason::Missing]);
    let tell = (0..CLIENTS.len(), kinds, outcomes, reasons);
    prop_oneof![
        1 => wait.prop_map(Step::Wait),
        4 => tell.prop_map(|(who, kind, outcome, reason)| Step::Tell(who, kind, outcome, reason)),
    ]
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(Outcome, Reason, ClientAddr)>>>);

impl Observer for Heard {
    fn observe(&self, event: &Event<'_>) {
        let word = (event.outcome, event.reason.unwrap(), event.client.unwrap());
        self.0.lock().unwrap().push(word);
    }
}

/// What is said of whoever has done this and that, by the words of the policy.
struct Model {
    clients: HashMap<IpPrefix, Naive>,
    networks: HashMap<IpPrefix, Naive>,
    ban: Option<f64>,
    ban_networks: bool,
    now: u64,
}

#[derive(Clone, Default)]
struct Naive {
    score: f64,
    at: u64,
    told: Option<u64>,
    /// The times of requests, and of offences, in milliseconds.
    requests: Vec<u64>,
    offences: Vec<u64>,
}

impl Naive {
    /// In points, of which `leak` leak away in a second.
    fn leaked(&self, now: u64, leak: f64) -> f64 {
        let passed = Duration::from_millis(now - self.at).as_secs_f64();
        (self.score - passed * leak).max(0.0)
    }

    fn in_window(times: &[u64], window: u64) -> u32 {
        u32::try_from(times.iter().filter(|at| **at / 10_000 == window).count()).unwrap()
    }

    fn recent(times: &[u64], now: u64) -> u32 {
        let window = now / 10_000;
        let before = window.checked_sub(1).map_or(0, |before| Self::in_window(times, before));
        Self::in_window(times, window) + before
    }

    fn rate(&self, now: u64) -> f64 {
        let (window, into) = (now / 10_000, now % 10_000);
        let before =
            window.checked_sub(1).map_or(0, |before| Self::in_window(&self.requests, before));
        let left = 1.0 - Duration::from_millis(into).as_secs_f64() / 10.0;
        f64::from(before).mul_add(left, Self::in_window(&self.requests, window).into()) / 10.0
    }

    /// Whether it was known, and whether it is to be told of. `scale` is 1 for a client and 8 for a
    /// network.
    fn charge(&mut self, points: f64, now: u64, scale: f64, ban: Option<f64>) -> (bool, bool) {
        let (threshold, leak) = (10.0 * scale, 0.1 * scale);
        let before = self.leaked(now, leak);
        // A ban that is in force ends when it was to end.
        let banned = ban.is_some() && before > threshold + 1e-9;
        let known = banned || ban.is_none() && before >= threshold - 1e-9;
        let points = if banned { 0.0 } else { points };
        let highest = threshold + ban.map_or(threshold, |ban| ban * leak);
        self.offences.push(now);
        (self.score, self.at) = ((before + points).min(highest), now);
        if self.score < threshold - 1e-9 {
            return (known, false);
        }
        let mostly = 2 * Self::recent(&self.offences, now) >= Self::recent(&self.requests, now);
        if !known && scale > 1.0 && !mostly {
            self.score = threshold - 1e-6;
            return (known, false);
        }
        if !known && let Some(ban) = ban {
            self.score = threshold + ban * leak;
        }
        let paused = self.told.is_none_or(|told| now / 1_000 >= 60 + told.div_ceil(1_000).max(1));
        let tell = paused || (!known && ban.is_some());
        if tell {
            self.told = Some(now);
        }
        (known, tell)
    }
}

impl Model {
    fn points(kind: EventKind, outcome: Outcome, reason: Reason) -> f64 {
        match (kind, outcome, reason) {
            (_, Outcome::Allowed | Outcome::Shadowed, _) => 0.0,
            (EventKind::CorsActual | EventKind::RateLimit | EventKind::Report, ..)
            | (_, _, Reason::Missing)
            | (EventKind::Admin | EventKind::Token, _, Reason::Expired) => 1.0,
            (EventKind::Admin | EventKind::Signature, ..) => 5.0,
            _ => 3.0,
        }
    }

    fn tell(
        &mut self,
        client: ClientAddr,
        kind: EventKind,
        outcome: Outcome,
        reason: Reason,
    ) -> Vec<(Outcome, Reason, ClientAddr)> {
        let (points, now) = (Self::points(kind, outcome, reason), self.now);
        let own = self.clients.entry(client.identity()).or_default();
        let asks = (kind == EventKind::RateLimit).then_some(now);
        own.requests.extend(asks);
        let mut words = Vec::new();
        let (mut known, mut tell) = (false, false);
        if points > 0.0 {
            (known, tell) = own.charge(points, now, 1.0, self.ban);
        }
        // The requests of a network are counted from its first offence on.
        let network = client.prefix(24, 48);
        if points == 0.0 || known {
            if let Some(network) = self.networks.get_mut(&network) {
                network.requests.extend(asks);
            }
        } else {
            self.networks.entry(network).or_default().requests.extend(asks);
        }
        let word = |bans| if bans { Outcome::Refused } else { Outcome::Shadowed };
        if tell {
            words.push((word(self.ban.is_some()), Reason::AbnormalConduct, client));
        }
        let ban = self.ban.filter(|_| self.ban_networks);
        let network = self.networks.get_mut(&network).filter(|_| points > 0.0 && !known);
        if network.is_some_and(|network| network.charge(points, now, 8.0, ban).1) {
            words.push((word(ban.is_some()), Reason::AbnormalNetwork, client));
        }
        words
    }

    /// In seconds.
    fn banned(&self, client: ClientAddr) -> Option<f64> {
        self.ban?;
        let left = |naive: Option<&Naive>, scale: f64| {
            let left = naive?.leaked(self.now, 0.1 * scale) / scale - 10.0;
            (left > 1e-9).then_some(left * 10.0)
        };
        let own = left(self.clients.get(&client.identity()), 1.0);
        own.or_else(|| {
            let network = self.networks.get(&client.prefix(24, 48));
            left(network, 8.0).filter(|_| self.ban_networks)
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_detector_says_what_the_policy_says(
        steps in vec(step(), 1..300),
        ban in prop::option::of(1..600_u32),
        ban_networks: bool,
        start in 0..100_000_u64,
    ) {
        let mut policy = Policy::builder("clients");
        if let Some(ban) = ban {
            policy = policy.ban(Duration::from_secs(ban.into()));
        }
        if ban_networks {
            policy = policy.ban_networks();
        }
        let (clock, heard) = (ManualClock::default(), Heard::default());
        let detector = AnomalyDetector::with_capacity(policy.build().unwrap(), 1_000).unwrap();
        let detector = detector.clock(clock.clone()).observer(heard.clone());
        clock.advance(Duration::from_millis(start));
        let mut model = Model {
            clients: HashMap::new(),
            networks: HashMap::new(),
            ban: ban.map(f64::from),
            ban_networks,
            now: start,
        };
        let api = PolicyName::new("api").unwrap();
        for step in steps {
            match step {
                Step::Wait(milliseconds) => {
                    clock.advance(Duration::from_millis(milliseconds));
                    model.now += milliseconds;
                }
                Step::Tell(who, kind, outcome, reason) => {
                    let client = ClientAddr::new(CLIENTS[who].parse().unwrap());
                    let event = Event::new(kind, outcome, &api).client(Some(client));
                    detector.observe(&event.reason(reason));
                    let words = model.tell(client, kind, outcome, reason);
                    prop_assert_eq!(heard.0.lock().unwrap().split_off(0), words);
                }
            }
            for client in CLIENTS {
                let client = ClientAddr::new(client.parse().unwrap());
                let own = model.clients.entry(client.identity()).or_default();
                let (score, rate) = (own.leaked(model.now, 0.1), own.rate(model.now));
                let standing = detector.standing(client);
                prop_assert!((standing.score - score).abs() < 1e-5, "{standing:?}, {score}");
                prop_assert!((standing.rate - rate).abs() < 1e-9, "{standing:?}, {rate}");
                prop_assert_eq!(standing.abnormal, score >= 10.0 - 1e-9);
                let banned = detector.banned(client).map(|left| left.as_secs_f64());
                match (banned, model.banned(client)) {
                    (None, None) => {}
                    (Some(got), Some(want)) => prop_assert!((got - want).abs() < 1e-5),
                    (got, want) => prop_assert!(false, "banned {got:?}, not {want:?}"),
                }
            }
        }
        prop_assert_eq!(detector.evicted(), 0);
    }
}
