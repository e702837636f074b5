//! Properties: the verifier beside a naive one, and what no input may do.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_token::{Lifetime, Minter, Policy};
use serde_json::{Map, Value};
use sha2::Sha256;

const NOW: u64 = 1_800_000_000;
const SECRET: &str = "made-up-secret-of-the-tests-0001";

fn ring() -> KeyRing {
    KeyRing::single(KeyId::new("k1").unwrap(), Secret::new(SECRET).unwrap())
}

fn policy() -> Policy {
    Policy::builder("api").hs256(ring()).issuer("auth").audience("api").build().unwrap()
}

fn now() -> Duration {
    Duration::from_secs(NOW)
}

fn sign(head: &str, claims: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let tag = mac.chain_update(&signed).finalize().into_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// The rules, as one would write them who has all day and trusts `serde_json`.
fn naive(head: &Value, claims: &Value) -> bool {
    let Some(head) = head.as_object() else { return false };
    let forbidden = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "cty"];
    let good_type = match head.get("typ") {
        None => true,
        Some(Value::String(typ)) => {
            let typ = typ.to_lowercase();
            ["jwt", "at+jwt"].contains(&typ.strip_prefix("application/").unwrap_or(&typ))
        }
        Some(_) => false,
    };
    let good_key = head.get("kid").is_none_or(|kid| kid == "k1");
    if forbidden.iter().any(|name| head.contains_key(*name))
        || !good_type
        || !good_key
        || head.get("alg") != Some(&Value::from("HS256"))
    {
        return false;
    }
    let Some(claims) = claims.as_object() else { return false };
    let texts = ["sub", "jti"].iter().all(|name| claims.get(*name).is_none_or(Value::is_string));
    let date = |name| claims.get(name).map(|value| value.as_u64().filter(|date| *date < 1 << 37));
    let good_audience = match claims.get("aud") {
        Some(Value::String(audience)) => audience == "api",
        Some(Value::Array(list)) => {
            list.iter().all(Value::is_string) && list.contains(&Value::from("api"))
        }
        _ => false,
    };
    let (Some(Some(exp)), nbf, iat) = (date("exp"), date("nbf"), date("iat")) else { return false };
    let begins = |date: Option<Option<u64>>| {
        date.is_none_or(|date| date.is_some_and(|date| date <= NOW + 30))
    };
    texts
        && claims.get("iss") == Some(&Value::from("auth"))
        && good_audience
        && exp > NOW
        && begins(nbf)
        && begins(iat)
        && exp.saturating_sub(iat.flatten().unwrap_or(NOW)) <= 24 * 3600
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof!["[a-z]{0,12}", "\\PC{0,12}", r#"["\\/\n\t\u{7f}é😀a-z]{0,40}"#]
        .prop_map(Value::from)
}

fn junk() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text(),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c\"\\\\é]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Mostly one of these, at times something else, at times not there.
fn mostly(good: Vec<Value>) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![8 => prop::sample::select(good).prop_map(Some), 1 => junk().prop_map(Some), 1 => Just(None)]
}

fn seldom(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
    prop::option::weighted(0.05, value)
}

fn object<const N: usize>(names: [&str; N], values: [Option<Value>; N]) -> Value {
    let members = names.iter().zip(values);
    Value::Object(
        members
            .filter_map(|(name, value)| Some(((*name).to_owned(), value?)))
            .collect::<Map<_, _>>(),
    )
}

prop_compose! {
    fn head()(
        alg in mostly(vec!["HS256".into()]),
        kid in prop::option::of(Just(Value::from("k1"))),
        typ in prop::option::of(prop::sample::select(vec!["JWT", "jwt", "at+jwt", "application/JWT", "dpop+jwt"])),
        crit in seldom(junk()),
        jwk in seldom(junk()),
        other in prop::option::of(junk()),
    ) -> Value {
        let names = ["alg", "kid", "typ", "crit", "jwk", "other"];
        object(names, [alg, kid, typ.map(Value::from), crit, jwk, other])
    }
}

prop_compose! {
    fn claims()(
        iss in mostly(vec!["auth".into()]),
        aud in mostly(vec!["api".into(), vec!["other", "api"].into()]),
        sub in mostly(vec!["ada".into(), "DOMAIN\\ada".into()]),
        exp in mostly(vec![(NOW + 900).into(), (NOW + 1).into(), NOW.into(), (NOW + 86_400).into()]),
        nbf in mostly(vec![NOW.into(), (NOW + 30).into(), (NOW + 31).into()]),
        iat in mostly(vec![NOW.into(), (NOW - 900).into(), (NOW + 30).into(), (NOW + 31).into()]),
        jti in prop::option::of(text()),
        other in prop::option::of(junk()),
    ) -> Value {
        let names = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "other"];
        object(names, [iss, aud, sub, exp, nbf, iat, jti, other])
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn judges_as_a_naive_verifier_does(head in head(), claims in claims(), pretty in any::<bool>()) {
        let json = if pretty { serde_json::to_vec_pretty(&claims) } else { serde_json::to_vec(&claims) };
        let verdict = policy().verify(&sign(&head.to_string(), &json.unwrap()), now());
        prop_assert_eq!(verdict.is_ok(), naive(&head, &claims), "{:?}: {} {}", verdict, head, claims);
        if let Ok(verified) = verdict {
            prop_assert_eq!(verified.subject(), claims["sub"].as_str());
            prop_assert_eq!(verified.id(), claims["jti"].as_str());
            prop_assert_eq!(verified.decode::<Value>().unwrap(), claims);
        }
    }

    #[test]
    fn a_text_is_read_back_as_it_was_minted(name in "\\PC{1,20}", text in text()) {
        let minter = Minter::hs256(ring()).issuer("auth").audience("api").build().unwrap();
        let claims = Value::Object([(name.clone(), text.clone())].into_iter().collect());
        if let Ok(token) = minter.mint(&claims, Lifetime::hours::<1>(), now()) {
            let verified = policy().verify(token.as_str(), now());
            // A subject that is none cannot be minted into a good token, any other claim can.
            let verified = verified.unwrap();
            prop_assert_eq!(verified.text(&name), text.as_str());
        }
    }

    #[test]
    fn takes_as_json_what_serde_takes(json in r#"[\{\}\[\],:"\\ue0-9.+tfn a-c\u{1}é-]{0,24}"#) {
        // In a member, so that the whole is an object.
        let claims = format!(r#"{{"iss":"auth","aud":"api","exp":{},"x":{json}}}"#, NOW + 900);
        let verdict = policy().verify(&sign(r#"{"alg":"HS256"}"#, claims.as_bytes()), now());
        if verdict.is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&claims).is_ok(), "{claims}");
        }
    }

    #[test]
    fn no_change_of_a_byte_is_taken(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let minter = Minter::hs256(ring()).issuer("auth").audience("api").build().unwrap();
        let token = minter.mint(&Map::new(), Lifetime::hours::<1>(), now()).unwrap();
        let mut bytes = token.as_str().as_bytes().to_vec();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(policy().verify(&changed, now()).is_err());
        }
    }

    #[test]
    fn no_input_panics(token in "\\PC{0,300}", bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = policy().verify(&token, now());
        let _ = policy().verify(&sign(&token, &bytes), now());
        let _ = policy().verify(&sign(r#"{"alg":"HS256","typ":"JWT"}"#, &bytes), now());
    }
}
