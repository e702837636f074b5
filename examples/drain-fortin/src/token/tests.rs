use serde_json::{Value, json};

use super::*;

const NOW: Duration = Duration::from_secs(1_800_000_000);

fn tokens(secret: &str) -> Tokens {
    Tokens::new(&Secret::new(secret).unwrap()).unwrap()
}

fn ours() -> Tokens {
    tokens("made-up-token-secret-of-the-tests-0")
}

/// A token of this header and these claims, signed by `ours`, whatever it says.
fn forged(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let tag = ours().keyed.chain_update(&signed).finalize().into_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn claims() -> Value {
    let now = NOW.as_secs();
    json!({ "iss": "drain-fortin", "sub": "a@b.example", "role": "agent", "iat": now, "exp": now.saturating_add(60) })
}

#[test]
fn takes_what_it_made_until_its_end() {
    let token = ours().mint("a@b.example", Role::Agent, NOW).unwrap();
    let claims = ours().verify(&token, NOW).unwrap();
    assert_eq!((claims.sub.as_str(), claims.role), ("a@b.example", Role::Agent));
    let last = NOW + Duration::from_secs(3599);
    assert_eq!(ours().verify(&token, last), Ok(claims));
    assert_eq!(ours().verify(&token, NOW + LIFE), Err(Reason::Expired));
}

#[test]
fn refuses_every_claim_that_is_missing_or_wrong() {
    let now = NOW.as_secs();
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    assert!(ours().verify(&forged(&header, &claims()), NOW).is_ok());
    for name in ["iss", "sub", "role", "iat", "exp"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        assert_eq!(
            ours().verify(&forged(&header, &without), NOW),
            Err(Reason::Malformed),
            "{name}"
        );
    }
    for (name, value, reason) in [
        ("exp", json!(now), Reason::Expired),
        ("exp", json!(now + 3601), Reason::LifeTooLong),
        ("exp", json!("never"), Reason::Malformed),
        ("exp", json!(1e300), Reason::Malformed),
        ("exp", json!(-1), Reason::Malformed),
        ("iat", json!(now + 31), Reason::NotYetValid),
        ("iss", json!("somebody-else"), Reason::WrongIssuer),
        ("role", json!("owner"), Reason::Malformed),
    ] {
        let mut wrong = claims();
        wrong[name] = value.clone();
        assert_eq!(ours().verify(&forged(&header, &wrong), NOW), Err(reason), "{name}: {value}");
    }
}

#[test]
fn refuses_every_header_but_its_own() {
    for (header, reason) in [
        (json!({ "alg": "none", "typ": "JWT" }), Reason::WrongAlgorithm),
        (json!({ "alg": "hs256", "typ": "JWT" }), Reason::WrongAlgorithm),
        (json!({ "alg": "RS256", "typ": "JWT" }), Reason::WrongAlgorithm),
        (json!({ "alg": "HS256", "typ": "dpop+jwt" }), Reason::WrongType),
        (json!({ "alg": "HS256", "crit": ["b64"], "b64": false }), Reason::Malformed),
        (json!({ "alg": "HS256", "kid": "../../dev/null" }), Reason::Malformed),
        (json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "AA" } }), Reason::Malformed),
        (json!({}), Reason::Malformed),
        (json!("HS256"), Reason::Malformed),
    ] {
        assert_eq!(ours().verify(&forged(&header, &claims()), NOW), Err(reason), "{header}");
    }
}

#[test]
fn refuses_other_keys_other_shapes_and_long_texts() {
    let token = ours().mint("a@b.example", Role::Agent, NOW).unwrap();
    let others = tokens("another-made-up-secret-of-the-tests");
    assert_eq!(others.verify(&token, NOW), Err(Reason::Mismatch));
    let (signed, tag) = token.rsplit_once('.').unwrap();
    for (text, reason) in [
        (String::new(), Reason::Malformed),
        ("..".to_owned(), Reason::Malformed),
        (signed.to_owned(), Reason::Malformed),
        (format!("{signed}."), Reason::Mismatch),
        (format!("{token}="), Reason::Malformed),
        (format!("{token}.{tag}"), Reason::Malformed),
        (format!(" {token}"), Reason::Malformed),
        ("a".repeat(MOST + 1), Reason::TooLarge),
    ] {
        assert_eq!(ours().verify(&text, NOW), Err(reason), "{text}");
    }
}

#[test]
fn believes_no_token_of_which_one_character_was_changed() {
    let token = ours().mint("a@b.example", Role::Agent, NOW).unwrap();
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(ours().verify(&changed, NOW).is_err(), "byte {at}");
    }
}
