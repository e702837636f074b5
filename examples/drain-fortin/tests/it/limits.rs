//! The limits are what the policy says, in any sixty seconds, however requests arrive.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use rempart_core::{Clock, ManualClock};

use crate::house::{House, post};

const MINUTE: Duration = Duration::from_secs(60);

/// A class of the policy: how many requests of a client it allows in a minute, and its routes, as
/// they refuse a request that its limit has let through.
type Class = (&'static str, usize, &'static [(&'static str, &'static str, u16)]);

const CLASSES: [Class; 3] = [
    ("webhook", 10, &[("POST", "/webhooks/vapi", 401), ("POST", "/webhooks/twilio/sms", 401)]),
    (
        "api",
        100,
        &[
            ("GET", "/api/calls", 401),
            ("GET", "/api/calls/one", 401),
            ("GET", "/api/messages", 401),
            ("POST", "/api/leads", 401),
        ],
    ),
    // For its content type, before a password is looked at: a hash takes its time.
    ("auth", 5, &[("POST", "/auth/login", 415), ("POST", "/auth/refresh", 415)]),
];

#[tokio::test]
async fn no_schedule_gets_one_more_in_any_sixty_seconds() {
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let house = House::open_to_the_world(clock.clone(), Arc::new(clock)).await;
    let mut served: BTreeMap<_, Vec<Duration>> = BTreeMap::new();
    let mut refused: BTreeMap<_, usize> = BTreeMap::new();
    let mut random = Random(0x5eed);
    for step in 0..300 {
        let (class, limit, routes) = random.one(&CLASSES);
        let client = random.one(&["203.0.113.1", "2001:db8::1"]);
        let times = served.entry((class, client)).or_default();
        for _ in 0..=random.below(limit + limit / 4) {
            let (method, path, status) = random.one(routes);
            let answer = ask(&house, client, method, path).await;
            let now = house.clock.unix();
            let oldest = times.len().checked_sub(limit).map(|nth| times[nth]);
            let wait =
                oldest.map_or(Duration::ZERO, |oldest| (oldest + MINUTE).saturating_sub(now));
            let of = format!("{class} of {client} in step {step}: {answer:?}");
            if wait.is_zero() {
                times.push(now);
                let counting = times.iter().filter(|then| now < **then + MINUTE);
                let left = format!("\"{class}\";r={};", limit - counting.count());
                assert_eq!(answer.status(), status, "{of}");
                assert!(header(&answer, "ratelimit").starts_with(&left), "{left} {of}");
            } else {
                *refused.entry(class).or_default() += 1;
                assert_eq!(answer.status(), 429, "{of}");
                let seconds = wait.as_millis().div_ceil(1_000).to_string();
                assert_eq!(header(&answer, "retry-after"), seconds, "{of}");
            }
            house.clock.advance(random.pause(20));
        }
        house.clock.advance(random.pause(30_000));
    }
    // The promise, without the model.
    for ((class, client), times) in &served {
        let (.., limit, _) = CLASSES.into_iter().find(|(name, ..)| name == class).unwrap();
        assert!(times.len() > 5 * limit, "{class} of {client} was asked for {}", times.len());
        for window in times.windows(limit + 1) {
            let [first, last] = [window[0], window[limit]];
            assert!(last >= first + MINUTE, "{class} of {client}: {first:?} and {last:?}");
        }
    }
    assert!(refused.len() == 3 && refused.values().all(|times| *times > 100), "{refused:?}");
    house.close().await;
}

async fn ask(house: &House, client: &str, method: &str, path: &str) -> Response<Vec<u8>> {
    let mut request = match method {
        "GET" => Request::get(path).body(String::new()).unwrap(),
        _ => post(path, HeaderMap::new(), "text/plain", "{}"),
    };
    request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
    house.send(request).await
}

fn header<'a>(answer: &'a Response<Vec<u8>>, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap() % bound
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// None as often as some, so that bursts come too: at most so many milliseconds, each of which
    /// a log remembers exactly.
    fn pause(&mut self, most: usize) -> Duration {
        let longest = self.one(&[0, 0, most / 10, most]);
        Duration::from_millis(u64::try_from(self.below(longest + 1)).unwrap())
    }
}
