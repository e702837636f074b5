//! Strict windows against a model that keeps the time of every admission.

use std::collections::HashMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rempart_rate_limit::{Admission, Quota, Receipt, StrictWindow, WhenFull, WindowStore};

/// The times of a client's admissions, every one of them.
#[derive(Clone, Default)]
struct Naive(Vec<u64>);

impl Naive {
    fn live(&self, period: u64, now: u64) -> u64 {
        self.0.iter().filter(|at| now.saturating_sub(**at) < period).count() as u64
    }

    fn allows(&self, limit: u32, period: u64, cost: u32, now: u64) -> bool {
        self.live(period, now) + u64::from(cost) <= u64::from(limit)
    }

    fn admit(&mut self, cost: u32, now: u64) {
        self.0.extend((0..cost).map(|_| now));
    }

    /// After how long this would be allowed.
    fn wait(&self, limit: u32, period: u64, cost: u32, now: u64) -> u64 {
        let mut until: Vec<u64> = self.0.iter().map(|at| at + period).collect();
        until.sort_unstable();
        until.reverse();
        until.get((limit - cost) as usize).map_or(0, |until| until.saturating_sub(now))
    }

    fn refund(&mut self, cost: u32, at: u64) {
        for _ in 0..cost {
            let found = self.0.iter().rposition(|other| *other == at).unwrap();
            self.0.remove(found);
        }
    }

    /// In no window of the period, wherever it begins, were there more than so many.
    fn is_kept(&self, limit: u32, period: u64) -> bool {
        let mut times = self.0.clone();
        times.sort_unstable();
        times.windows(limit as usize + 1).all(|more| more[limit as usize] - more[0] >= period)
    }
}

/// Where a run ends, so that the sums of the model stay in bounds.
const END: u64 = 1 << 62;

/// By how much a time may be too young at most: nothing under two seconds, 31 ns of a minute.
fn tick(period: u64) -> u64 {
    let shift = (u64::BITS - period.leading_zeros()).saturating_sub(31);
    let tick = 1 << shift;
    assert!(tick == 1 || tick <= period >> 30);
    tick - 1
}

fn window(limit: u32, period: u64) -> StrictWindow {
    StrictWindow::new(Quota::per_period(limit, Duration::from_nanos(period))).unwrap()
}

fn one_line(limit: u32) -> WindowStore {
    WindowStore::with_capacity(1, limit).unwrap().dangerously_seeded([7, 11])
}

fn limits() -> impl Strategy<Value = u32> {
    prop_oneof![1..=12_u32, 1..=128_u32]
}

/// From a nanosecond to 18 years.
fn periods() -> impl Strategy<Value = u64> {
    prop_oneof![
        1..100_u64,
        (0..58_u32, any::<u64>()).prop_map(|(bits, odd)| (1 << bits) + odd % (1 << bits)),
        (1..100_u64).prop_map(|minutes| minutes * 60_000_000_000),
    ]
}

/// What a client does next; times are parts of 2^20 of the period.
#[derive(Clone, Debug)]
enum Step {
    Ask { wait: u64, cost: u32 },
    Peek,
    Refund { nth: usize },
}

fn waits() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(0), 4 => 0..1_u64 << 17, 2 => 0..1_u64 << 20, 1 => 0..1_u64 << 22]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (waits(), prop_oneof![4 => Just(1), 1 => 1..8_u32, 1 => 1..140_u32])
            .prop_map(|(wait, cost)| Step::Ask { wait, cost }),
        1 => Just(Step::Peek),
        1 => (0..200_usize).prop_map(|nth| Step::Refund { nth }),
    ];
    vec(step, 1..250)
}

fn part(period: u64, parts: u64) -> u64 {
    u64::try_from((u128::from(period) * u128::from(parts)) >> 20).unwrap_or(END).min(END)
}

fn is_allowed(admission: Admission) -> bool {
    matches!(admission, Admission::Allowed(_))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn admits_what_a_list_of_all_admissions_would(
        (limit, period, start) in (limits(), periods(), 0..1_u64 << 60),
        steps in steps(),
    ) {
        let (store, window, slack) = (one_line(limit), window(limit, period), tick(period));
        let (key, mut now, mut naive) = (store.key("one"), start, Naive::default());
        let mut receipts: Vec<(Receipt, u32, u64)> = Vec::new();
        for step in steps {
            match step {
                Step::Ask { wait, cost } => {
                    now += part(period, wait);
                    if now > END {
                        break;
                    }
                    let before = naive.clone();
                    let (admission, receipt) =
                        store.reserve(key, &window, cost, now, WhenFull::Strict);
                    let exact = before.allows(limit, period, cost, now);
                    match admission {
                        Admission::Allowed(standing) => {
                            prop_assert!(exact, "past the limit");
                            naive.admit(cost, now);
                            receipts.push((receipt.unwrap(), cost, now));
                            let remaining = u64::from(standing.remaining());
                            let free = |period| u64::from(limit) - naive.live(period, now);
                            prop_assert!(remaining <= free(period));
                            prop_assert!(remaining >= free(period + slack));
                            let next = naive.wait(limit, period, standing.remaining() + 1, now);
                            let told = u64::try_from(standing.next().as_nanos()).unwrap();
                            prop_assert!(told >= next && told <= next + slack);
                        }
                        Admission::Denied { wait, .. } => {
                            prop_assert!(!exact || !before.allows(limit, period + slack, cost, now));
                            let wait = u64::try_from(wait.as_nanos()).unwrap();
                            let least = before.wait(limit, period, cost, now);
                            prop_assert!(wait >= least && wait <= least + slack && wait <= period);
                            // And it is true: then, and not a moment earlier.
                            let kept = |at| store.standing(key, &window, at).remaining() >= cost;
                            prop_assert!(kept(now + wait) && !kept(now + wait - 1));
                            prop_assert!(receipt.is_none());
                        }
                        Admission::NeverPossible => prop_assert!(cost > limit),
                    }
                }
                Step::Peek => {
                    let standing = store.standing(key, &window, now);
                    let asked = store.charge(key, &window, 0, now, WhenFull::Strict);
                    if standing.remaining() < limit {
                        prop_assert_eq!(asked, Admission::Allowed(standing));
                    }
                }
                Step::Refund { nth } => {
                    if receipts.is_empty() {
                        continue;
                    }
                    let (receipt, cost, at) = receipts.swap_remove(nth % receipts.len());
                    store.refund(key, receipt);
                    // What is forgotten counts for nothing, so it does not matter that it is here.
                    naive.refund(cost, at);
                }
            }
        }
        prop_assert!(naive.is_kept(limit, period));
    }

    #[test]
    fn keeps_to_the_limit_in_true_time_while_the_clock_steps_back(
        (limit, period) in (limits(), periods()),
        steps in vec((waits(), 1..4_u32, prop_oneof![
            12 => Just(0_u64), 2 => 0..1_u64 << 12, 1 => 0..1_u64 << 20, 1 => Just(1 << 30),
        ]), 1..250),
    ) {
        let (store, window) = (one_line(limit), window(limit, period));
        let (key, mut naive) = (store.key("one"), Naive::default());
        // The true time, and by how much the clock is behind it.
        let (mut time, mut behind) = (0, 0);
        for (wait, cost, back) in steps {
            time += part(period, wait);
            behind += part(period, back);
            if time > END || behind > END {
                break;
            }
            let now = END + time - behind;
            match store.charge(key, &window, cost, now, WhenFull::Strict) {
                Admission::Allowed(_) => naive.admit(cost, time),
                Admission::Denied { wait, .. } => {
                    let wait = u64::try_from(wait.as_nanos()).unwrap();
                    prop_assert!(wait <= period + period / 1024);
                    let later = store.standing(key, &window, now + wait);
                    prop_assert!(later.remaining() >= cost, "the wait is true");
                }
                Admission::NeverPossible => prop_assert!(cost > limit),
            }
        }
        prop_assert!(naive.is_kept(limit, period));
    }

    #[test]
    fn keeps_to_the_limit_whatever_order_threads_come_in(
        (limit, period) in (limits(), periods()),
        steps in vec((waits(), 1..4_u32, 0..1024_u64), 1..250),
    ) {
        let (store, window) = (one_line(limit), window(limit, period));
        let (key, mut naive, mut clock) = (store.key("one"), Naive::default(), 1_u64 << 61);
        for (wait, cost, late) in steps {
            clock += part(period, wait);
            if clock > END {
                break;
            }
            // It read the clock up to a thousandth of the period ago.
            let now = clock - part(period, late);
            if is_allowed(store.charge(key, &window, cost, now, WhenFull::Strict)) {
                naive.admit(cost, now);
            }
        }
        prop_assert!(naive.is_kept(limit, period));
    }

    #[test]
    fn keeps_to_each_rule_when_the_rule_changes_with_each_request(
        remembered in limits(),
        rules in vec((limits(), periods()), 2..5),
        steps in vec((waits(), 1..6_u32, 0..5_usize, 0..9_u32), 1..250),
    ) {
        let (store, mut naive, mut now) = (one_line(remembered), Naive::default(), 5);
        let key = store.key("one");
        let slack: u64 = rules.iter().map(|(_, period)| tick(*period)).max().unwrap();
        let (mut receipts, mut refunded) = (Vec::new(), false);
        // How far back times are told apart is for the longest period to say, so it comes first.
        let (limit, period) = *rules.iter().max_by_key(|(_, period)| *period).unwrap();
        let longest = window(limit, period);
        prop_assert!(is_allowed(store.charge(key, &longest, 1, now, WhenFull::Strict)));
        naive.admit(1, now);
        for (wait, cost, rule, refund) in steps {
            let (limit, period) = rules[rule % rules.len()];
            let (limit, window) = (limit.min(remembered), window(limit, period));
            now += part(period, wait) % (1 << 54);
            let (admission, receipt) = store.reserve(key, &window, cost, now, WhenFull::Strict);
            let exact = cost <= limit && naive.allows(limit, period, cost, now);
            if is_allowed(admission) {
                prop_assert!(exact, "past {limit} in {period}");
                naive.admit(cost, now);
                receipts.push((receipt.unwrap(), cost, now));
            } else if !refunded && cost <= limit {
                prop_assert!(!naive.allows(limit, period + slack, cost, now), "denied too long");
            }
            if refund == 0 && !receipts.is_empty() {
                let (receipt, cost, at) = receipts.swap_remove(rule % receipts.len());
                store.refund(key, receipt);
                naive.refund(cost, at);
                refunded = true;
            }
        }
    }

    #[test]
    fn a_strict_line_never_counts_a_client_too_low(
        limit in 1..12_u32,
        steps in vec((0..60_u64, prop_oneof![3 => Just(0), 1 => 0..1_u64 << 17], 1..3_u32), 1..1_500),
    ) {
        let period = 60_000_000_000;
        let (store, window) = (one_line(limit), window(limit, period));
        let (mut each, mut all, mut now) = (HashMap::<_, Naive>::new(), Naive::default(), 0);
        for (client, wait, cost) in steps {
            now += part(period, wait);
            let key = store.key(&client);
            if is_allowed(store.charge(key, &window, cost, now, WhenFull::Strict)) {
                each.entry(client).or_default().admit(cost, now);
                all.admit(cost, now);
            }
        }
        prop_assert!(each.values().all(|naive| naive.is_kept(limit, period)));
        prop_assert!(all.is_kept(limit * 16, period), "more than a limit for each slot");
    }

    #[test]
    fn an_available_line_admits_at_most_twice_as_much(
        limit in 1..12_u32,
        steps in vec((0..400_u64, prop_oneof![9 => Just(0), 1 => 0..1_u64 << 17], 1..3_u32), 1..2_500),
    ) {
        let period = 60_000_000_000;
        let (store, window) = (one_line(limit), window(limit, period));
        let (mut all, mut now) = (Naive::default(), 0);
        for (client, wait, cost) in steps {
            now += part(period, wait);
            let key = store.key(&client);
            if is_allowed(store.charge(key, &window, cost, now, WhenFull::Available)) {
                all.admit(cost, now);
            }
        }
        prop_assert!(all.is_kept(limit * 32, period));
    }
}
