use http::header::COOKIE;
use rempart_rate_limit::{
    By, ConfigError, ConfigErrors, InFlight, Limit, Policy, Quota, RateError, Store,
};

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
        assert_eq!(faults, ConfigError::Capacity { clients, most: Store::MAX_CAPACITY }.into());
    }
    assert!(Store::with_capacity(1).is_ok());
}

/// The kinds of limits, and for how many clients each can make room.
fn rows_of_the_largest() -> [(Limit, usize); 3] {
    [
        (Limit::new("x", "1 per minute"), Store::MAX_CAPACITY),
        (Limit::strict_window("x", "1 per minute"), Store::MAX_CAPACITY),
        (Limit::concurrency("x", 1), InFlight::MAX_CAPACITY),
    ]
}

#[test]
fn no_limit_takes_more_than_a_table_may() {
    // Each kind just above what it may have, and what is said of it.
    for (limit, most) in rows_of_the_largest() {
        let clients = most + 1;
        let faults = Policy::builder("x").limit(limit.capacity(clients)).build().unwrap_err();
        assert_eq!(faults, ConfigError::Capacity { clients, most }.into());
    }
    // And what it may have, which logs do not reach. Nothing is made of it yet: it is a gigabyte.
    let [debts, _, flights] = rows_of_the_largest();
    for (limit, most) in [debts, flights] {
        assert!(Policy::builder("x").limit(limit.capacity(most)).build().is_ok());
    }
}

#[test]
fn a_cookie_that_no_client_can_send_is_a_fault() {
    let names = ["", "a=b", "a;b", "a b", " a", "a\"", "é", "a\u{7f}"];
    for name in names {
        let limits = [Limit::new("tries", "1 per minute").by(By::cookie(name))];
        let policy = limits.into_iter().fold(Policy::builder("x"), |policy, limit| {
            policy.limit(limit).limit(Limit::new("all", "9 per minute"))
        });
        let faults = policy.build().unwrap_err();
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let want = format!("limit `tries`: by: {name:?} cannot be the name of a cookie");
        assert_eq!(faults, [want]);
    }
    // A name of a header is checked by its type, and this one can be sent.
    for by in [By::header(COOKIE), By::cookie("__Host-session"), By::cookie("!#$%&'*+-.^_`|~0")] {
        let policy = Policy::builder("x").limit(Limit::new("tries", "1 per minute").by(by));
        assert!(policy.limit(Limit::new("all", "9 per minute")).build().is_ok());
    }
    let faults = Policy::builder("x").quota("1 per minute").by(By::cookie(&"=".repeat(100_000)));
    assert!(faults.build().unwrap_err().to_string().len() < 600);
}

#[test]
fn whom_a_policy_counts_is_told_once_if_it_is_wrong() {
    let wrong = By::network(33, 64).and(&By::cookie(""));
    let limit = |name| Limit::new(name, "9 per minute");
    let policy = || Policy::builder("x").by(wrong.clone());
    let faults = |policy: rempart_rate_limit::PolicyBuilder| {
        policy.build().unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let network = "by: /33 of IPv4 and /64 of IPv6; an address has 32 and 128 bits";
    let cookie = "by: \"\" cannot be the name of a cookie";
    let evaded = "limit `a`: it counts by a header, a cookie or more than 64 bits of an address, \
                  which clients make up; the policy needs a limit of a rate beside it that does \
                  not, and that charges for the same requests";
    assert_eq!(faults(policy().limit(limit("a")).limit(limit("b"))), [network, cookie, evaded]);
    // Even if each of its limits counts others: it would be whom the next one counts.
    assert_eq!(faults(policy().limit(limit("a").by(By::client()))), [network, cookie]);
    // A limit's own is its own.
    let own = Policy::builder("x").limit(limit("a").by(By::network(32, 129)));
    let want = "limit `a`: by: /32 of IPv4 and /129 of IPv6; an address has 32 and 128 bits";
    assert!(faults(own).contains(&want.to_owned()));
}
