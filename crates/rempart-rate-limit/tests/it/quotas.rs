use std::time::Duration;

use rempart_rate_limit::{Gcra, Quota, QuotaFault, RateError};

#[test]
fn reads_the_words_of_a_policy() {
    let seconds = Duration::from_secs;
    let per = Quota::per_period;
    #[rustfmt::skip]
    let rows = [
        ("10 requests per minute",        Quota::per_minute(10)),
        ("100 requests per minute",       Quota::per_minute(100)),
        ("5 requests per minute",         Quota::per_minute(5)),
        ("1 request per second",          Quota::per_second(1)),
        ("10 per minute",                 Quota::per_minute(10)),
        ("10/min",                        Quota::per_minute(10)),
        ("10 / minute",                   Quota::per_minute(10)),
        ("10r/s",                         Quota::per_second(10)),
        ("10 req/sec",                    Quota::per_second(10)),
        ("100/hour",                      Quota::per_hour(100)),
        ("1000/day",                      Quota::per_day(1000)),
        ("10/h",                          Quota::per_hour(10)),
        ("10/d",                          Quota::per_day(10)),
        ("10 REQUESTS Per Minute",        Quota::per_minute(10)),
        ("  10\trequests  per minute ",   Quota::per_minute(10)),
        ("5 per 2s",                      per(5, seconds(2))),
        ("5 per 2s burst 20",             per(5, seconds(2)).with_burst(20)),
        ("5 per 2 seconds burst 20",      per(5, seconds(2)).with_burst(20)),
        ("5/2s burst 1",                  per(5, seconds(2)).with_burst(1)),
        ("20 per 1 minute",               Quota::per_minute(20)),
        ("60 per 60 seconds",             Quota::per_minute(60)),
        ("1 per 250 ms",                  per(1, Duration::from_millis(250))),
        ("1 per 10us",                    per(1, Duration::from_micros(10))),
        ("1 per 1500ns",                  per(1, Duration::from_nanos(1500))),
        ("010 per minute",                Quota::per_minute(10)),
    ];
    for (text, want) in rows {
        assert_eq!(text.parse(), Ok(want), "{text}");
    }
}

#[test]
fn says_where_a_text_stops_being_a_quota() {
    use QuotaFault::{
        AmbiguousUnit, NoNumber, NoPer, NoUnit, NumberTooLarge, Rate, TextTooLong, Trailing, Zero,
    };
    let long = "1 ".repeat(65);
    #[rustfmt::skip]
    let rows: [(&str, usize, QuotaFault); 29] = [
        ("",                                 0,  NoNumber),
        ("   ",                              3,  NoNumber),
        ("ten per minute",                   0,  NoNumber),
        ("-1 per minute",                    0,  NoNumber),
        ("+1 per minute",                    0,  NoNumber),
        ("１０ per minute",                  0,  NoNumber),
        ("0 per minute",                     0,  Zero),
        ("4294967296 per minute",            0,  NumberTooLarge),
        ("99999999999999999999 per minute",  0,  NumberTooLarge),
        ("1.5 per minute",                   1,  NoPer),
        ("10",                               2,  NoPer),
        ("10 requests",                      11, NoPer),
        ("10 hits per minute",               3,  NoPer),
        ("10 requestsper minute",            3,  NoPer),
        ("10 perminute",                     3,  NoPer),
        ("10 per",                           6,  NoUnit),
        ("10 per month",                     7,  NoUnit),
        ("10 per fortnight",                 7,  NoUnit),
        ("10 per m",                         7,  AmbiguousUnit),
        ("10/M",                             3,  AmbiguousUnit),
        ("10 per 0 seconds",                 7,  Zero),
        ("10 per 99999999999999999 s",       7,  NumberTooLarge),
        ("10 per minute burst",              19, NoNumber),
        ("10 per minute burst 0",            20, Zero),
        ("10 per minute; 100 per day",       13, Trailing),
        ("10 per minute please",             14, Trailing),
        ("2000000 per second",               0,  Rate(RateError::TooFast)),
        ("1 per day burst 4294967295",       0,  Rate(RateError::TooLong)),
        (&long,                              128, TextTooLong),
    ];
    for (text, position, fault) in rows {
        let error = text.parse::<Quota>().expect_err(text);
        assert_eq!((error.position(), error.fault()), (position, fault), "{text}");
    }
}

#[test]
fn writes_what_it_reads() {
    #[rustfmt::skip]
    let rows = [
        (Quota::per_minute(10),                                      "10 requests per minute"),
        (Quota::per_minute(1),                                       "1 request per minute"),
        (Quota::per_period(5, Duration::from_secs(2)).with_burst(20), "5 requests per 2 seconds burst 20"),
        (Quota::per_period(5, Duration::from_secs(90)),              "5 requests per 90 seconds"),
        (Quota::per_period(5, Duration::from_secs(7200)),            "5 requests per 2 hours"),
        (Quota::per_period(5, Duration::from_millis(1500)),          "5 requests per 1500 milliseconds"),
        (Quota::per_day(3),                                          "3 requests per day"),
    ];
    for (quota, want) in rows {
        assert_eq!(quota.to_string(), want);
        assert_eq!(want.parse(), Ok(quota));
    }
}

#[test]
fn reads_its_constructors_one_way_only() {
    let minute = Gcra::new(Quota::per_minute(10)).unwrap();
    assert_eq!(minute.interval(), Duration::from_secs(6), "ten a minute, not one each ten minutes");
    let second = Gcra::new(Quota::per_second(4000)).unwrap();
    assert_eq!(second.interval(), Duration::from_micros(250), "4000 a second");
    assert_eq!(Quota::per_hour(1).period(), Duration::from_secs(3600));
    assert_eq!(Quota::per_day(1).period(), Duration::from_secs(86_400));
    assert_eq!((second.burst(), minute.window()), (4000, Duration::from_secs(60)));
}

#[test]
fn refuses_a_rate_that_cannot_be_counted() {
    let period = |seconds| Duration::from_secs(seconds);
    let longest = Duration::from_nanos(1 << 62);
    #[rustfmt::skip]
    let rows = [
        (Quota::per_minute(0).with_burst(1),              Err(RateError::ZeroLimit)),
        (Quota::per_minute(1).with_burst(0),              Err(RateError::ZeroBurst)),
        (Quota::per_period(1, Duration::ZERO),            Err(RateError::ZeroPeriod)),
        (Quota::per_second(1_000_000),                    Ok(())),
        (Quota::per_second(1_001_002),                    Err(RateError::TooFast)),
        (Quota::per_period(1, longest),                   Ok(())),
        (Quota::per_period(1, longest).with_burst(2),     Err(RateError::TooLong)),
        (Quota::per_period(1, Duration::MAX),             Err(RateError::TooLong)),
        (Quota::per_period(u32::MAX, period(u64::MAX)),   Err(RateError::TooLong)),
        (Quota::per_hour(1).with_burst(5_124_097),        Err(RateError::TooLong)),
        (Quota::per_second(1_000_000).with_burst(u32::MAX), Ok(())),
    ];
    for (quota, want) in rows {
        assert_eq!(Gcra::new(quota).map(|_| ()), want, "{quota:?}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn is_text_in_files() {
    let quota: Quota = serde_json::from_str("\"5 per 2s burst 20\"").unwrap();
    assert_eq!(serde_json::to_string(&quota).unwrap(), "\"5 requests per 2 seconds burst 20\"");
    let error = serde_json::from_str::<Quota>("\"10 per m\"").unwrap_err().to_string();
    assert!(error.starts_with("byte 7: `m` may be"), "{error}");
    let error = serde_json::from_str::<Quota>("10").unwrap_err().to_string();
    assert!(error.contains("expected a quota such as"), "{error}");
}
