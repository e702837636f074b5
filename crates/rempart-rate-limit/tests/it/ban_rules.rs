//! When a key is banned, and for how long: as text and built.

use std::time::Duration;

use proptest::prelude::*;
use rempart_rate_limit::{BanRule, BanRuleFault, BanRulePart};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn rule(denials: u32, within: Duration, first: Duration, cap: Duration) -> BanRule {
    BanRule::after(denials).within(within).ban_for(first).up_to(cap).build().unwrap()
}

#[test]
fn are_read_as_a_policy_says_them() {
    let daily = "after 20 denials in 1 minute for 5 minutes up to 1 day";
    #[rustfmt::skip]
    let rows = [
        (daily,                                         rule(20, MINUTE, 5 * MINUTE, DAY), daily),
        ("after 20 in 1min for 5min up to 1d",          rule(20, MINUTE, 5 * MINUTE, DAY), daily),
        ("After 20 DENIALS within minute for 300s up to 24 h",
                                                        rule(20, MINUTE, 5 * MINUTE, DAY), daily),
        (" \tafter 20 denials in 60 s for 5 mins  up  to day ",
                                                        rule(20, MINUTE, 5 * MINUTE, DAY), daily),
        ("after 1 denial in 1 second for 1 hour",       rule(1, Duration::from_secs(1), HOUR, HOUR),
         "after 1 denial in 1 second for 1 hour"),
        ("after 3 denials in 90 s for 1 h up to 1 h",   rule(3, Duration::from_secs(90), HOUR, HOUR),
         "after 3 denials in 90 seconds for 1 hour"),
        ("after 3 in 250 ms for 7ns up to 1500us",
                                                        rule(3, Duration::from_millis(250), Duration::from_nanos(7), Duration::from_micros(1500)),
         "after 3 denials in 250 milliseconds for 7 nanoseconds up to 1500 microseconds"),
    ];
    for (text, want, canonical) in rows {
        assert_eq!(text.parse(), Ok(want), "{text}");
        assert_eq!(want.to_string(), canonical);
        assert_eq!(canonical.parse(), Ok(want));
    }
    let rule: BanRule = daily.parse().unwrap();
    assert_eq!(
        (rule.denials(), rule.window(), rule.first(), rule.cap()),
        (20, MINUTE, 5 * MINUTE, DAY)
    );
}

#[test]
fn say_what_is_wrong_and_where() {
    use BanRuleFault::{
        AmbiguousUnit, CapBelowFirst, Missing, NoNumber, NoUnit, NumberTooLarge, TextTooLong,
        TooLong, Trailing, Zero,
    };
    use BanRulePart::{Cap, Denials, First, Window};
    let long = "after ".repeat(43);
    #[rustfmt::skip]
    let rows: [(&str, &[(usize, BanRuleFault)]); 23] = [
        ("",                                          &[(0, Missing("after"))]),
        ("20 denials in 1 min for 5 min",             &[(0, Missing("after"))]),
        ("after many",                                &[(6, NoNumber)]),
        ("after 0 denials in 1 min for 5 min",        &[(6, Zero(Denials))]),
        ("after 4294967296 in 1 min for 5 min",       &[(6, NumberTooLarge)]),
        ("after 20",                                  &[(8, Missing("in"))]),
        ("after 20 requests in 1 min for 5 min",      &[(9, Missing("in"))]),
        ("after 20 denials in 1 m for 5 min",         &[(22, AmbiguousUnit)]),
        ("after 20 denials in 0 s for 5 min",         &[(20, Zero(Window))]),
        ("after 20 denials in a minute for 5 min",    &[(20, NoUnit)]),
        ("after 20 denials in 1 min",                 &[(25, Missing("for"))]),
        ("after 20 denials in 1 min for",             &[(29, NoUnit)]),
        ("after 20 denials in 1 min for 0 min",       &[(30, Zero(First))]),
        ("after 20 denials in 1 min for 5 min, up to 1 day", &[(35, Trailing)]),
        ("after 20 denials in 1 min for 5 min up",    &[(38, Missing("to"))]),
        ("after 20 denials in 1 min for 5 min up to", &[(41, NoUnit)]),
        ("after 20 denials in 1 min for 5 min up to 0 h",         &[(42, Zero(Cap))]),
        ("after 20 denials in 1 min for 5 min up to 4 min",       &[(42, CapBelowFirst)]),
        ("after 20 denials in 1 min for 5 min up to 1 day again", &[(48, Trailing)]),
        ("after 20 denials in 1 min for 60000 days",              &[(30, TooLong(First))]),
        ("after 20 denials in 99999999999 days for 1 s",          &[(20, NumberTooLarge)]),
        ("after 2 in 53376 days for 53376 days up to 60000 days",
         &[(11, TooLong(Window)), (26, TooLong(First)), (43, TooLong(Cap))]),
        (&long,                                       &[(256, TextTooLong)]),
    ];
    for (text, want) in rows {
        let faults = text.parse::<BanRule>().expect_err(text);
        let found: Vec<_> = faults.iter().map(|f| (f.position().unwrap(), f.fault())).collect();
        assert_eq!(found, want, "{text}");
    }
}

#[test]
fn are_refused_with_every_fault_at_once() {
    let longest = Duration::from_nanos(1 << 62);
    let over = longest + Duration::from_nanos(1);
    let texts = |builder: rempart_rate_limit::BanRuleBuilder| match builder.build() {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(
        texts(BanRule::after(0)),
        [
            "the number of denials is zero",
            "the time of the denials is zero",
            "the first ban is zero",
        ]
    );
    assert_eq!(
        texts(BanRule::after(0).within(over).ban_for(HOUR).up_to(MINUTE)),
        [
            "the number of denials is zero",
            "the time of the denials is more than 146 years",
            "the longest ban is shorter than the first",
        ]
    );
    assert_eq!(
        texts(BanRule::after(1).within(longest).ban_for(over).up_to(Duration::MAX)),
        ["the first ban is more than 146 years", "the longest ban is more than 146 years"]
    );
    assert!(texts(BanRule::after(1).within(longest).ban_for(longest).up_to(longest)).is_empty());
}

#[cfg(feature = "serde")]
#[test]
fn are_text_in_files() {
    let text = "\"after 20 denials in 1 minute for 5 minutes up to 1 day\"";
    let rule: BanRule = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&rule).unwrap(), text);
    let error = serde_json::from_str::<BanRule>("\"after 20 in 1 m\"").unwrap_err().to_string();
    assert!(error.starts_with("byte 14: `m` may be"), "{error}");
    let error = serde_json::from_str::<BanRule>("20").unwrap_err().to_string();
    assert!(error.contains("expected a rule such as"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn that_are_written_are_read_again(
        denials in 1..=u32::MAX,
        [within, first, cap] in [1..=1_u64 << 62, 1..=1_u64 << 62, 1..=1_u64 << 62],
        round in prop_oneof![Just(1), Just(1_000_000_000), Just(86_400_000_000_000)],
    ) {
        let time = |nanoseconds: u64| Duration::from_nanos((nanoseconds / round).max(1) * round);
        let rule = BanRule::after(denials).within(time(within)).ban_for(time(first.min(cap)));
        let rule = rule.up_to(time(first.max(cap))).build();
        prop_assert_eq!(rule.clone().unwrap().to_string().parse(), rule);
    }

    #[test]
    fn of_any_text_make_nothing_panic(
        text in "(after|in|for|up|to|[0-9]{1,20}|[a-z]{1,7}| ){0,24}|\\PC{0,200}",
    ) {
        match text.parse::<BanRule>() {
            Ok(rule) => prop_assert_eq!(rule.to_string().parse(), Ok(rule)),
            Err(faults) => prop_assert!(
                faults.iter().all(|fault| fault.position().is_some_and(|at| at <= text.len()))
            ),
        }
    }
}
