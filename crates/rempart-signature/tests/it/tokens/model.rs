//! The verifier agrees with one of thirty lines that knows nothing of it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::sample::select;
use rempart_signature::{BodyToken, Head, verify};
use serde_json::{Map, Value};

use super::by_hand::{bearer, hex, hs256, signed_part};
use super::policy;
use crate::support::{BODY, NOW, OTHER_SECRET, SECRET, post};

/// Whether Vonage sent this, with the current key.
fn naive(token: &str, body: &[u8]) -> Option<()> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, _] = parts[..] else { return None };
    let object = |part: &str| -> Option<Map<String, Value>> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let header = object(header)?;
    let unknown = header.contains_key("crit") || header.contains_key("b64");
    (header.get("alg")? == "HS256" && !unknown).then_some(())?;
    (hs256(token.rsplit_once('.')?.0, SECRET) == token).then_some(())?;

    let claims = object(claims)?;
    let now = NOW.as_secs();
    let time = |name: &str| match claims.get(name) {
        None => Some(None),
        Some(Value::Number(number)) => number.as_u64().map(Some),
        Some(_) => None,
    };
    let issued = time("iat")??;
    (now - 300..=now + 60).contains(&issued).then_some(())?;
    time("nbf")?.is_none_or(|time| time <= now + 60).then_some(())?;
    time("exp")?.is_none_or(|time| time > now).then_some(())?;
    (claims.get("payload_hash")?.as_str()? == hex(body)).then_some(())?;
    let id = claims.get("jti").map_or(Some("none"), Value::as_str)?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic())).then_some(())
}

fn header() -> impl Strategy<Value = String> {
    let members = select(vec![
        r#""alg":"HS256""#,
        r#""alg":"HS256""#,
        r#""alg":"HS256","typ":"JWT""#,
        r#""alg":"none""#,
        r#""typ":"JWT""#,
        r#""alg":256"#,
        r#""alg":"HS256","crit":["exp"]"#,
        r#""alg":"HS256","kid":"x""#,
    ]);
    members.prop_map(|members| format!("{{{members}}}"))
}

fn claims() -> impl Strategy<Value = String> {
    let near = |name: &'static str| {
        let now = NOW.as_secs();
        prop_oneof![
            3 => Just(String::new()),
            3 => (now - 310..now + 70).prop_map(move |time| format!(r#","{name}":{time}"#)),
            1 => select(vec!["\"1700000000\"", "1.5", "-1", "null", "1e9", "0"])
                .prop_map(move |text| format!(r#","{name}":{text}"#)),
        ]
    };
    let issued = prop_oneof![4 => Just(r#","iat":1700000000"#.to_owned()), 2 => near("iat")];
    let digest = prop_oneof![
        6 => Just(hex(BODY)),
        1 => Just(hex(b"another")),
        1 => Just(hex(BODY).to_uppercase()),
        1 => Just(String::new()),
    ];
    let id = select(vec!["", r#","jti":"a""#, r#","jti":"""#, r#","jti":"a b""#, r#","jti":1"#]);
    (issued, near("nbf"), near("exp"), digest, id).prop_map(|(iat, nbf, exp, digest, id)| {
        format!(r#"{{"payload_hash":"{digest}"{iat}{nbf}{exp}{id}}}"#)
    })
}

/// Whether it is let through.
fn ours(token: &str, body: &[u8]) -> bool {
    let request = post(bearer(token), ());
    let head = Head::new(request.method(), request.uri(), request.headers());
    verify(&policy(BodyToken::vonage()), &head, body, NOW).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn agrees_with_the_naive_verifier(
        header in header(),
        claims in claims(),
        secret in select(vec![SECRET, SECRET, SECRET, SECRET, OTHER_SECRET]),
        body in select(vec![BODY, BODY, BODY, b"another"]),
    ) {
        let token = hs256(&signed_part(&header, &claims), secret);
        let naive = naive(&token, body).is_some();
        prop_assert_eq!(ours(&token, body), naive, "{} {}", header, claims);
    }

    #[test]
    fn no_character_of_a_token_can_be_another(
        place in any::<prop::sample::Index>(),
        character in "[ -~]",
        insert: bool,
    ) {
        let good = hs256(&signed_part(super::by_hand::HEADER, &super::by_hand::claims()), SECRET);
        prop_assert!(ours(&good, BODY));
        let place = place.index(good.len());
        let end = if insert { place } else { place + 1 };
        let mut token = good.clone();
        token.replace_range(place..end, &character);
        prop_assume!(token != good);
        prop_assert!(!ours(&token, BODY), "{}", token);
        prop_assert_eq!(naive(&token, BODY), None);
    }
}
