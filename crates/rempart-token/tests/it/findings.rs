//! What a widely used library takes with its defaults, or with a configuration that looks right.
//! Each of the fourteen is refused.

use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_token::{ConfigError, Policy, Rejection};

use crate::support::*;

#[test]
fn each_acceptance_that_was_found_elsewhere_is_refused() {
    let good = r#""iss":"auth","aud":"api","iat":1800000000,"exp":1800000900"#;
    let claims = |claims: &str| with_claims(&format!("{{{claims}}}"));
    let head = |head: &str| token(head, CLAIMS);
    let rows: &[(&str, String, Rejection)] = &[
        (
            "1. an audience is configured, and the token names none",
            claims(r#""iss":"auth","iat":1800000000,"exp":1800000900"#),
            Rejection::WrongAudience,
        ),
        (
            "2. an issuer is configured, and the token names none",
            claims(r#""aud":"api","iat":1800000000,"exp":1800000900"#),
            Rejection::WrongIssuer,
        ),
        (
            "3. `nbf` lies in the future",
            claims(&format!(r#"{good},"nbf":1800000600"#)),
            Rejection::NotYetValid,
        ),
        (
            "4. `iat` lies in the future",
            claims(r#""iss":"auth","aud":"api","iat":1800000600,"exp":1800000900"#),
            Rejection::IssuedInFuture,
        ),
        (
            "5. `exp` lies a hundred years ahead",
            claims(r#""iss":"auth","aud":"api","iat":1800000000,"exp":4955673600"#),
            Rejection::LifeTooLong,
        ),
        (
            "6. `crit` names an extension that nobody knows",
            head(r#"{"alg":"HS256","kid":"k1","crit":["exp-by-moon"],"exp-by-moon":1}"#),
            Rejection::UnsupportedCritical,
        ),
        (
            "7. `crit` names `b64`",
            head(r#"{"alg":"HS256","kid":"k1","crit":["b64"],"b64":false}"#),
            Rejection::UnsupportedCritical,
        ),
        (
            "8. `typ` is that of a proof of possession",
            head(r#"{"alg":"HS256","kid":"k1","typ":"dpop+jwt"}"#),
            Rejection::WrongType,
        ),
        (
            "11. a key for another purpose and algorithm is brought along",
            head(concat!(
                r#"{"alg":"HS256","jwk":{"kty":"oct","use":"enc","alg":"RS256","#,
                r#""k":"bWFkZS11cA"}}"#
            )),
            Rejection::KeyInToken,
        ),
        (
            "11. a key of one algorithm is used with another",
            head(r#"{"alg":"RS256","kid":"k1"}"#),
            Rejection::WrongAlgorithm,
        ),
        (
            "13. five megabytes",
            claims(&format!(r#"{good},"x":"{}""#, "a".repeat(5_000_000))),
            Rejection::TooLarge,
        ),
        (
            "14. over for 59 seconds",
            claims(r#""iss":"auth","aud":"api","iat":1799999000,"exp":1799999941"#),
            Rejection::Expired,
        ),
    ];
    for (name, token, rejection) in rows {
        assert_eq!(verdict(token), Err(*rejection), "{name}");
    }
    assert!(verdict(&claims(good)).is_ok(), "and the same without any of it is taken");
}

#[test]
fn nine_and_ten_an_empty_secret_and_one_of_a_byte_are_refused() {
    assert!(Secret::new("").is_err(), "9. an empty secret is none");
    let short = KeyRing::single(KeyId::new("k1").unwrap(), Secret::new("x").unwrap());
    let faults = Policy::builder("api").hs256(short).issuer("auth").audience("api").build();
    let fault = ConfigError::SecretTooShort { key: id("k1"), length: 1, minimum: 32 };
    assert_eq!(faults.unwrap_err().iter().collect::<Vec<_>>(), [&fault], "10. a byte");
}

#[test]
fn twelve_a_claim_of_ones_own_that_is_required_is_looked_for() {
    let policy = builder().require("orgId").build().unwrap();
    let with = |more: &str| {
        let claims = r#"{"iss":"auth","aud":"api","iat":1800000000,"exp":1800000900"#;
        policy.verify(&with_claims(&format!("{claims}{more}}}")), NOW)
    };
    assert_eq!(with(""), Err(Rejection::ClaimMissing));
    assert_eq!(with(r#","orgId":null"#), Err(Rejection::ClaimMissing));
    assert_eq!(with(r#","orgid":"x""#), Err(Rejection::ClaimMissing));
    assert!(with(r#","orgId":"x""#).is_ok());
    assert!(with(r#","org\u0049d":7"#).is_ok());
}
