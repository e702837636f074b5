//! When a token is good: RFC 7519 §4.1.4 to §4.1.6.

use std::time::Duration;

use rempart_token::Rejection;

use crate::support::*;

const AT: u64 = NOW.as_secs();

fn judged(times: &str) -> Option<Rejection> {
    let claims = format!(r#"{{"iss":"auth","aud":"api",{times}}}"#);
    verdict(&with_claims(&claims)).err()
}

#[test]
fn a_token_ends_to_the_second() {
    let rows = [
        // "on or after which the JWT MUST NOT be accepted"
        (r#""exp":1800000001"#, None),
        (r#""exp":1800000000.5"#, None),
        (r#""exp":1800000000.000000001"#, None),
        (r#""exp":1800000000"#, Some(Rejection::Expired)),
        (r#""exp":1799999999"#, Some(Rejection::Expired)),
        (r#""exp":1799999999.999999999"#, Some(Rejection::Expired)),
        (r#""exp":1"#, Some(Rejection::Expired)),
        (r#""exp":0"#, Some(Rejection::Expired)),
        (r#""iat":1799999999"#, Some(Rejection::LifeTooLong)),
    ];
    for (times, rejection) in rows {
        assert_eq!(judged(times), rejection, "{times}");
    }
}

#[test]
fn a_token_begins_within_the_clocks_difference() {
    let end = r#""exp":1800000100"#;
    let rows = [
        (r#""nbf":1799999999"#, None),
        (r#""nbf":1800000000"#, None),
        (r#""nbf":1800000030"#, None),
        (r#""nbf":1800000030.000000001"#, Some(Rejection::NotYetValid)),
        (r#""nbf":1800000031"#, Some(Rejection::NotYetValid)),
        (r#""iat":1800000030"#, None),
        (r#""iat":1800000031"#, Some(Rejection::IssuedInFuture)),
        (r#""iat":1800000030.1"#, Some(Rejection::IssuedInFuture)),
    ];
    for (times, rejection) in rows {
        assert_eq!(judged(&format!("{times},{end}")), rejection, "{times}");
    }
    let exact = builder().skew(Duration::ZERO).build().unwrap();
    let ahead = format!(r#"{{"iss":"auth","aud":"api","nbf":{},{end}}}"#, AT + 1);
    assert_eq!(exact.verify(&with_claims(&ahead), NOW), Err(Rejection::NotYetValid));
}

#[test]
fn a_life_is_measured_from_its_beginning() {
    let day = 24 * 3600;
    let rows = [
        (format!(r#""iat":{AT},"exp":{}"#, AT + day), None),
        (format!(r#""iat":{AT},"exp":{}"#, AT + day + 1), Some(Rejection::LifeTooLong)),
        (format!(r#""iat":{},"exp":{}"#, AT - day, AT + 1), Some(Rejection::LifeTooLong)),
        (format!(r#""iat":{},"exp":{}"#, AT - day + 1, AT + 1), None),
        // Without `iat` from now on.
        (format!(r#""exp":{}"#, AT + day), None),
        (format!(r#""exp":{}"#, AT + day + 1), Some(Rejection::LifeTooLong)),
        // A beginning behind the end prolongs nothing.
        (format!(r#""iat":{},"exp":{}"#, AT + 30, AT + 1), None),
    ];
    for (times, rejection) in rows {
        assert_eq!(judged(&times), rejection, "{times}");
    }
    let hour = builder().max_life(Duration::from_secs(3600)).build().unwrap();
    let claims = format!(r#"{{"iss":"auth","aud":"api","iat":{AT},"exp":{}}}"#, AT + 3601);
    assert_eq!(hour.verify(&with_claims(&claims), NOW), Err(Rejection::LifeTooLong));
}

#[test]
fn a_time_is_a_plain_number_of_seconds() {
    for value in [
        "\"1800000900\"",
        "null",
        "true",
        "[1800000900]",
        "{}",
        "-1",
        "-1800000900",
        "-0",
        "1.8e9",
        "1800000900e0",
        "18E8",
        "NaN",
        "Infinity",
        "0x6b49d584",
        "01800000900",
        "1800000900.",
        ".5",
        "+1800000900",
        "253402300800",
        "1000000000000",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "1e400",
    ] {
        for name in ["exp", "nbf", "iat"] {
            let others = if name == "exp" { "" } else { r#","exp":1800000900"# };
            let times = format!(r#""{name}":{value}{others}"#);
            assert_eq!(judged(&times), Some(Rejection::Malformed), "{times}");
        }
    }
    // The last second of the year 9999, and a fraction longer than any clock's.
    assert_eq!(judged(r#""exp":253402300799"#), Some(Rejection::LifeTooLong));
    assert_eq!(judged(&format!(r#""exp":1800000900.{}"#, "9".repeat(500))), None);
}
