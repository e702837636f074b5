//! Whatever is told of a quota, a parser of structured fields that is not ours reads as the same
//! numbers, beside whatever a handler has said.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Response};
use http_body_util::Full;
use proptest::collection::vec;
use proptest::prelude::*;
use rempart_core::ManualClock;
use rempart_rate_limit::{Gcra, Policy, Quota, RateLimitLayer};
use rempart_testing::strict;
use sfv::{BareItem, List, ListEntry, Parser};
use tokio::runtime::{Builder, Runtime};
use tower::Layer;

use crate::rig::{from, send};

/// The largest integer of a structured field (RFC 9651, section 3.3.1).
const LARGEST: u128 = 999_999_999_999_999;

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// All lines of a name, as a recipient joins them.
fn joined(headers: &HeaderMap, name: &str) -> String {
    let lines: Vec<_> = headers.get_all(name).iter().map(|line| line.to_str().unwrap()).collect();
    lines.join(", ")
}

fn parsed(list: &str) -> Option<List> {
    Parser::new(list).parse().ok()
}

/// Whether a member is this name with exactly these numbers.
fn is(entry: &ListEntry, name: &str, numbers: &[(&str, u128)]) -> bool {
    let ListEntry::Item(item) = entry else { return false };
    let BareItem::String(own) = &item.bare_item else { return false };
    let own_numbers = item.params.iter().map(|(key, value)| match value {
        BareItem::Integer(number) => Some((key.as_str(), u128::try_from(i64::from(*number)).ok()?)),
        _ => None,
    });
    own.as_str() == name && own_numbers.eq(numbers.iter().map(|number| Some(*number)))
}

/// The response to the n-th request at once, if the handler sends these lines.
fn told(policy: Policy, nth: u32, own: &[HeaderValue]) -> HeaderMap {
    let own = own.to_vec();
    let service = strict(move |_| {
        let mut response = Response::new(Full::from(""));
        for line in &own {
            response.headers_mut().append("ratelimit", line.clone());
            response.headers_mut().append("ratelimit-policy", line.clone());
        }
        std::future::ready(response)
    });
    let service = RateLimitLayer::new(policy).clock(ManualClock::default()).layer(service);
    let mut last = HeaderMap::new();
    runtime().block_on(async {
        for _ in 0..nth {
            (_, last, _) = send(service.clone(), from("203.0.113.9")).await;
        }
    });
    last
}

/// Any quota that can be counted, as near the ends of the range as in its middle.
fn quotas() -> impl Strategy<Value = Quota> {
    let small = || prop_oneof![1_u32..4, any::<u32>().prop_map(|n| n.max(1)), Just(u32::MAX)];
    let period = prop_oneof![
        1_u64..1 << 20,
        (1_u64..100_000).prop_map(|seconds| seconds * 1_000_000_000),
        any::<u64>().prop_map(|n| (n >> 2).max(1)),
        Just(1 << 62),
    ];
    let quota = (small(), period, small()).prop_map(|(limit, period, burst)| {
        Quota::per_period(limit, Duration::from_nanos(period)).with_burst(burst)
    });
    // A shorter burst, or a longer period, makes a quota of nearly all that are none.
    let counted = |quota: Quota| {
        let longer = Quota::per_period(quota.limit(), Duration::from_secs(quota.limit().into()));
        let tries = [quota, quota.with_burst(1), longer.with_burst(quota.burst()), longer];
        tries.into_iter().find(|quota| Gcra::new(*quota).is_ok())
    };
    quota.prop_filter_map("not counted", counted)
}

/// Lines that a handler may send: lists of all that a list can hold, and things that are none.
fn lines() -> impl Strategy<Value = Vec<HeaderValue>> {
    let member = prop_oneof![
        "\"[a-z, ;=(]{0,6}\"(;[a-z]{1,2}=[0-9]{1,9}){0,3}",
        "\"(a|\\\\\"|\\\\\\\\){0,3}\";r=1",
        "\\(\"a\" \"b\";x=1 tok/en\\);q=[0-9]",
        "-?[0-9]{1,12}\\.[0-9]{1,3}",
        "-?[0-9]{1,15}",
        "@[0-9]{1,9}",
        ":YWJj:;a",
        "%\"f%c3%bc\"",
        "\\?[01]",
        "[a-z*][a-z:/]{0,4}",
    ];
    let list = vec(member, 1..4).prop_map(|members| members.join(" ,\t"));
    let broken = prop_oneof![
        "\"[a-z]{0,3}",
        "\\(\"a\"",
        "\"a\";",
        "\"a\";r=",
        "\"a\",",
        ",",
        ":YWJj",
        "%\"a",
        "\"a\\\\",
        "[ -~]{0,12}",
        "@",
        "1{16}",
        "\"a\" \"b\"",
        "[ \t]{0,3}"
    ];
    let line = prop_oneof![4 => list, 1 => broken];
    vec(line, 0..4).prop_map(|lines| {
        let value = |line: &String| HeaderValue::from_str(line).unwrap();
        lines.iter().map(value).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn numbers_of_all_sizes_are_read_as_they_are(
        name in prop_oneof!["[a-z0-9-]{1,32}", "-{1,3}", "[0-9]{32}"],
        quota in quotas(),
        nth in 1_u32..4,
    ) {
        let gcra = Gcra::new(quota).unwrap();
        let (interval, window) = (gcra.interval().as_nanos(), gcra.window().as_nanos());
        let headers = told(Policy::new(&name, quota).unwrap(), nth, &[]);
        let (quota, size) = (u128::from(quota.burst()), window.div_ceil(1_000_000_000));
        let policies = parsed(&joined(&headers, "ratelimit-policy")).unwrap();
        prop_assert_eq!(policies.len(), 1);
        prop_assert!(is(&policies[0], &name, &[("q", quota), ("w", size)]), "{:?}", policies);
        // No time passes: as many as were served are owed, and the next comes back after one.
        let left = quota - u128::from(nth).min(quota);
        let next = interval.div_ceil(1_000_000_000);
        let limits = parsed(&joined(&headers, "ratelimit")).unwrap();
        prop_assert_eq!(limits.len(), 1);
        prop_assert!(is(&limits[0], &name, &[("r", left), ("t", next)]), "{:?}", limits);
        prop_assert!([quota, size, left, next].into_iter().all(|number| number <= LARGEST));
    }

    #[test]
    fn what_a_handler_said_stays_as_it_was_beside_it(own in lines()) {
        let headers = told(Policy::new("api", "10 per minute").unwrap(), 1, &own);
        // What a recipient makes of the handler's lines alone: blank ones say nothing.
        let texts = own.iter().map(|line| line.to_str().unwrap());
        let alone: Vec<_> = texts.filter(|line| !line.trim().is_empty()).collect();
        let before = parsed(&alone.join(", "));
        for (field, numbers) in [("ratelimit", [("r", 9), ("t", 6)]), ("ratelimit-policy", [("q", 10), ("w", 60)])] {
            prop_assert_eq!(headers.get_all(field).iter().count(), 1, "one line");
            let sent = joined(&headers, field);
            match (&before, parsed(&sent)) {
                (Some(before), Some(after)) => {
                    let (last, others) = after.split_last().unwrap();
                    prop_assert_eq!(others, before.as_slice(), "{}", sent);
                    prop_assert!(is(last, "api", &numbers), "{}", sent);
                }
                // A list that was broken stays so: nothing is made of it that nobody said.
                (before, after) => prop_assert!(before.is_none() && after.is_none(), "{}", sent),
            }
        }
    }
}
