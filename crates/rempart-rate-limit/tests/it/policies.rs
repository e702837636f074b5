use rempart_rate_limit::{ConfigError, ConfigErrors, Policy, Quota, RateError, Store};

#[test]
fn are_refused_with_every_fault_at_once() {
    let faults = |policy: Result<Policy, ConfigErrors>| policy.unwrap_err().to_string();
    #[rustfmt::skip]
    let rows = [
        (Policy::builder("api").build(),                        "quota: none was given"),
        (Policy::builder("").build(),                           "name: "),
        (Policy::new("api", "10 per m"),                        "quota: `10 per m`: byte 7: `m` may be"),
        (Policy::new("api", Quota::per_minute(0).with_burst(1)), "quota: a limit of zero allows nothing"),
        (Policy::new("api", Quota::per_second(2_000_000)),      "quota: a rate above one request a microsecond"),
    ];
    for (policy, start) in rows {
        let faults = faults(policy);
        assert!(faults.starts_with(start), "{faults}");
    }
    let both = Policy::new("Not A Name", "never").unwrap_err();
    assert_eq!(both.len(), 2, "{both}");
    assert!(matches!(both.iter().next(), Some(ConfigError::Name(_))));
    let both = Policy::new("", Quota::per_minute(0).with_burst(1)).unwrap_err();
    assert!(both.iter().any(|fault| *fault == ConfigError::Rate(RateError::ZeroLimit)), "{both}");
}

#[test]
fn do_not_repeat_a_long_text_in_their_faults() {
    let text = "9".repeat(100_000);
    let faults = Policy::new("api", text.as_str()).unwrap_err().to_string();
    assert!(faults.len() < 300, "{}", faults.len());
}

#[test]
fn stores_are_made_for_one_client_or_more() {
    for clients in [0, Store::MAX_CAPACITY + 1, usize::MAX] {
        let faults = Store::with_capacity(clients).unwrap_err();
        assert_eq!(faults, ConfigError::Capacity { clients }.into());
    }
    assert!(Store::with_capacity(1).is_ok());
}
