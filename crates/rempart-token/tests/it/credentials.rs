//! Where a token stands, and what it looks like: RFC 6750 §2.1, RFC 7515 §3.1 and §7.1.

use http::{HeaderMap, HeaderValue, header};
use rempart_token::{Policy, Rejection, decide};

use crate::support::*;

const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn judged(authorization: &[&str]) -> Option<Rejection> {
    let mut headers = HeaderMap::new();
    for value in authorization {
        headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    }
    decide(&policy(), &headers, NOW).err()
}

#[test]
fn the_header_is_there_once_with_the_scheme_in_any_case() {
    let token = good();
    let said = |text: &str| text.replace('T', &token);
    let rows: &[(&[&str], Option<Rejection>)] = &[
        (&["Bearer T"], None),
        (&["bearer T"], None),
        (&["BEARER T"], None),
        (&["bEaReR   T"], None),
        (&[], Some(Rejection::Missing)),
        (&[""], Some(Rejection::Missing)),
        (&["Basic dXNlcjpwYXNz"], Some(Rejection::Missing)),
        (&["T"], Some(Rejection::Missing)),
        (&["BearerT"], Some(Rejection::Missing)),
        (&["Bearer\tT"], Some(Rejection::Missing)),
        (&["Bearers T"], Some(Rejection::Missing)),
        (&["Bearer"], Some(Rejection::Malformed)),
        (&["Bearer "], Some(Rejection::Malformed)),
        (&["Bearer                  T"], Some(Rejection::Malformed)),
        (&["Bearer T "], Some(Rejection::Malformed)),
        (&["Bearer T T"], Some(Rejection::Malformed)),
        (&["Bearer T, Bearer T"], Some(Rejection::Malformed)),
        (&["Bearer \"T\""], Some(Rejection::Malformed)),
        (&["Bearer T", "Bearer T"], Some(Rejection::Duplicated)),
        (&["Bearer T", "Basic dXNlcjpwYXNz"], Some(Rejection::Duplicated)),
    ];
    for (values, rejection) in rows {
        let values: Vec<_> = values.iter().map(|value| said(value)).collect();
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        assert_eq!(judged(&values), *rejection, "{values:?}");
    }
}

#[test]
fn a_token_has_three_parts_in_canonical_base64url() {
    let good = good();
    let (signed, tag) = good.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let json = format!(r#"{{"payload":"{claims}","protected":"{head}","signature":"{tag}"}}"#);
    let rows = [
        ("nothing", String::new()),
        ("dots alone", "..".to_owned()),
        ("one part", head.to_owned()),
        ("two parts", signed.to_owned()),
        ("four parts", format!("{good}.")),
        ("five parts, as if encrypted", format!("{good}.{tag}.{tag}")),
        ("no head", format!(".{claims}.{tag}")),
        ("no claims", sealed(SECRET, &format!("{head}."))),
        ("no tag", format!("{signed}.")),
        ("a tag cut by a digit", good[..good.len() - 1].to_owned()),
        ("a tag of one more digit", format!("{good}A")),
        ("a tag of one more byte", format!("{good}AA")),
        ("JSON serialisation (RFC 7515 §7.2)", json),
        ("a blank before", format!(" {good}")),
        ("a line end behind", format!("{good}\n")),
        ("padding of the tag", format!("{good}=")),
        ("padding of the claims", sealed(SECRET, &format!("{head}.{claims}="))),
        ("padding of the head", sealed(SECRET, &format!("{head}=.{claims}"))),
        ("a blank in the claims", sealed(SECRET, &format!("{head}.{} {claims}", &claims[..4]))),
        ("a line end in the claims", sealed(SECRET, &format!("{head}.{}\n", &claims))),
        (
            "a digit of plain Base64",
            sealed(SECRET, &format!("{head}.{}+{}", &claims[..4], &claims[5..])),
        ),
        ("another one", sealed(SECRET, &format!("{head}.{}/{}", &claims[..4], &claims[5..]))),
        ("beyond ASCII", sealed(SECRET, &format!("{head}.{}é", &claims))),
    ];
    for (name, token) in rows {
        let rejection = verdict(&token).unwrap_err();
        let malformed = matches!(rejection, Rejection::Malformed | Rejection::Mismatch);
        assert!(malformed, "{name}: {rejection:?}");
        assert_eq!(rejection, Rejection::Malformed, "{name}");
    }
}

#[test]
fn unused_bits_are_zero() {
    for blanks in 0..3 {
        let claims = format!("{CLAIMS}{}", " ".repeat(blanks));
        let (head, encoded) = (base64(HEAD), base64(&claims));
        let (kept, last) = encoded.split_at(encoded.len() - 1);
        // In whole groups each digit stands for another byte.
        let others = DIGITS
            .chars()
            .filter(|digit| !encoded.len().is_multiple_of(4) && !last.contains(*digit));
        for digit in others {
            let other = sealed(SECRET, &format!("{head}.{kept}{digit}"));
            assert_eq!(verdict(&other), Err(Rejection::Malformed), "{blanks} {digit}");
        }
        assert!(verdict(&sealed(SECRET, &format!("{head}.{encoded}"))).is_ok());
    }
    // Each digit that means the same tag but for bits that nobody reads.
    let good = good();
    let taken = DIGITS
        .chars()
        .filter(|digit| verdict(&format!("{}{digit}", &good[..good.len() - 1])).is_ok());
    assert_eq!(taken.count(), 1);
}

#[test]
fn nothing_longer_than_eight_kibibytes_is_decoded() {
    let padded = |more: usize| {
        with_claims(&format!(r#"{},"x":"{}"}}"#, CLAIMS.trim_end_matches('}'), "a".repeat(more)))
    };
    let mut more = 5_000;
    while padded(more).len() < Policy::MAX_TOKEN - 1 {
        more += 1;
    }
    assert!(verdict(&padded(more)).is_ok());
    while padded(more).len() <= Policy::MAX_TOKEN {
        more += 1;
    }
    assert_eq!(verdict(&padded(more)), Err(Rejection::TooLarge));
    let mut headers = headers(&padded(more));
    assert_eq!(decide(&policy(), &headers, NOW), Err(Rejection::TooLarge));
    let blanks = format!("Bearer {}", " ".repeat(1_000_000));
    headers.insert(header::AUTHORIZATION, HeaderValue::try_from(blanks).unwrap());
    assert_eq!(decide(&policy(), &headers, NOW), Err(Rejection::TooLarge));
    // Neither is a token; only the first is short enough to be looked at.
    for (length, why) in [(8192, Rejection::Malformed), (8193, Rejection::TooLarge)] {
        let value = format!("Bearer{}{}", " ".repeat(16), "a".repeat(length));
        headers.insert(header::AUTHORIZATION, HeaderValue::try_from(value).unwrap());
        assert_eq!(decide(&policy(), &headers, NOW), Err(why), "{length}");
    }
}
