//! Several quotas in one text.

use std::time::Duration;

use rempart_rate_limit::{Quota, QuotaFault, Quotas, RateError};

fn minutes(limit: u32) -> Quota {
    Quota::per_minute(limit)
}

#[test]
fn are_written_with_a_semicolon_between_them() {
    let per = |limit, seconds| Quota::per_period(limit, Duration::from_secs(seconds));
    #[rustfmt::skip]
    let rows: [(&str, &[Quota], &str); 7] = [
        ("10/min",                    &[minutes(10)],                           "10 requests per minute"),
        ("100/hour; 1000/day",        &[Quota::per_hour(100), Quota::per_day(1000)], "100 requests per hour; 1000 requests per day"),
        ("100/hour;1000/day",         &[Quota::per_hour(100), Quota::per_day(1000)], "100 requests per hour; 1000 requests per day"),
        (" 100/hour \t;  1000/day ",  &[Quota::per_hour(100), Quota::per_day(1000)], "100 requests per hour; 1000 requests per day"),
        ("1000/day; 100/hour",        &[Quota::per_day(1000), Quota::per_hour(100)], "1000 requests per day; 100 requests per hour"),
        ("5 per 2s burst 20; 60/min", &[per(5, 2).with_burst(20), minutes(60)], "5 requests per 2 seconds burst 20; 60 requests per minute"),
        ("1/s; 2 per 3s; 3 per 6s; 4 per 10s; 5 per 15s; 6 per 21s; 7 per 28s; 8 per 36s",
         &[per(1, 1), per(2, 3), per(3, 6), per(4, 10), per(5, 15), per(6, 21), per(7, 28), per(8, 36)],
         "1 request per second; 2 requests per 3 seconds; 3 requests per 6 seconds; 4 requests per 10 seconds; \
          5 requests per 15 seconds; 6 requests per 21 seconds; 7 requests per 28 seconds; 8 requests per 36 seconds"),
    ];
    for (text, want, canonical) in rows {
        let quotas: Quotas = text.parse().unwrap();
        assert_eq!(quotas.as_slice(), want, "{text}");
        assert_eq!(quotas, Quotas::new(want.iter().copied()).unwrap());
        assert_eq!((quotas.to_string().as_str(), quotas.len()), (canonical, want.len()));
        assert_eq!(canonical.parse(), Ok(quotas));
    }
}

/// A text, and of each fault: which quota, at which byte, what.
type Row<'a> = (&'a str, &'a [(usize, usize, QuotaFault)]);

#[test]
fn say_every_fault_and_where_it_is_in_the_whole_text() {
    use QuotaFault::{
        AmbiguousUnit, NeverBinds, NoNumber, NoPer, NoUnit, Rate, Separator, TextTooLong, TooMany,
        Trailing, Zero,
    };
    let nine =
        "1/s; 2 per 3s; 3 per 6s; 4 per 10s; 5 per 15s; 6 per 21s; 7 per 28s; 8 per 36s;  9/min; x";
    let long = format!("1/s; {}", "1 ".repeat(65));
    #[rustfmt::skip]
    let rows: [Row; 23] = [
        ("",                          &[(1, 0, NoNumber)]),
        (" ",                         &[(1, 1, NoNumber)]),
        (";",                         &[(1, 0, NoNumber), (2, 1, NoNumber)]),
        ("10/min;",                   &[(2, 7, NoNumber)]),
        ("10/min;; 100/hour",         &[(2, 7, NoNumber)]),
        (";10/min",                   &[(1, 0, NoNumber)]),
        ("10/min; 100 per",           &[(2, 15, NoUnit)]),
        ("10/m; 0/day; 3/h",          &[(1, 3, AmbiguousUnit), (2, 6, Zero)]),
        ("10/min, 100/hour",          &[(1, 6, Separator)]),
        ("10/min | 100/hour",         &[(1, 7, Separator)]),
        ("10/min and 100/hour",       &[(1, 7, Trailing)]),
        ("10/min\n100/hour",          &[(1, 6, Trailing)]),
        ("1,000/day",                 &[(1, 1, NoPer)]),
        ("5/s burst 1,500/day",       &[(1, 11, Separator)]),
        ("10/min;  2000000/s",        &[(2, 9, Rate(RateError::TooFast))]),
        ("10/min; 10/min",            &[(2, 8, NeverBinds { beside: 1 })]),
        ("10/min; 600/hour",          &[(2, 8, NeverBinds { beside: 1 })]),
        ("1000/hour; 100/day",        &[(1, 0, NeverBinds { beside: 2 })]),
        ("1000/hour; x; 100/day",     &[(2, 11, NoNumber), (1, 0, NeverBinds { beside: 3 })]),
        ("5/s; 5/s; 5/s",             &[(2, 5, NeverBinds { beside: 1 }), (3, 10, NeverBinds { beside: 1 })]),
        ("10/min; 10/min burst 9",    &[(1, 0, NeverBinds { beside: 2 })]),
        (&long,                       &[(2, 4 + 128, TextTooLong)]),
        (nine,                        &[(9, 81, TooMany)]),
    ];
    for (text, want) in rows {
        let faults = text.parse::<Quotas>().expect_err(text);
        let found: Vec<_> =
            faults.iter().map(|f| (f.nth(), f.position().unwrap(), f.fault())).collect();
        assert_eq!(found, want, "{text}");
    }
}

#[test]
fn may_each_bind_in_one_of_both_ways_of_counting() {
    let rows = [
        // By bursts and rates: ten at once, and sixteen at once.
        "10/min; 1/s burst 16",
        // A burst of five is stricter, a rate of 12 a minute is not.
        "10/min; 12/min burst 5",
        // The rate of the second is never reached, its window is: 20 in 62 seconds.
        "10/min; 16 per 90 s",
        "10/min; 19 per 61 s",
        "10/min; 599/hour",
        "100/hour; 1000/day",
        // Fewer at once, more in the long run.
        "10/min; 5/s",
    ];
    for text in rows {
        assert!(text.parse::<Quotas>().is_ok(), "{text}");
    }
}

#[test]
fn are_checked_without_a_text_too() {
    let faults = |quotas: &[Quota]| {
        let faults = Quotas::new(quotas.iter().copied()).unwrap_err();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(faults(&[]), ["quota 1: at least one quota is needed"]);
    assert_eq!(
        faults(&[Quota::per_hour(1000), minutes(0), Quota::per_day(100)]),
        [
            "quota 2: a burst of zero allows nothing",
            "quota 1: this one never binds: quota 3 allows no more, at any time",
        ]
    );
    let many = (1..=12_u32).map(|n| Quota::per_period(n, Duration::from_secs((n * n).into())));
    let faults = Quotas::new(many).unwrap_err();
    assert_eq!(faults.to_string(), "quota 9: at most 8 quotas hold together");
}

#[cfg(feature = "serde")]
#[test]
fn are_text_in_files() {
    let quotas: Quotas = serde_json::from_str("\"100/hour; 1000/day\"").unwrap();
    let text = serde_json::to_string(&quotas).unwrap();
    assert_eq!(text, "\"100 requests per hour; 1000 requests per day\"");
    let error = serde_json::from_str::<Quotas>("\"10/min; 10 per m\"").unwrap_err().to_string();
    assert!(error.starts_with("quota 2, byte 15: `m` may be"), "{error}");
    let error = serde_json::from_str::<Quotas>("10").unwrap_err().to_string();
    assert!(error.contains("expected quotas such as"), "{error}");
}
