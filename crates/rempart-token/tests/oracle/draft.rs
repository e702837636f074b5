//! A token before it is encoded: its members as JSON text, so that each can be altered, doubled or
//! taken out, and the whole signed again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::rng::Rng;

pub(crate) const ISSUER: &str = "https://login.example.test";
pub(crate) const AUDIENCE: &str = "api.example.test";

#[derive(Clone, Debug)]
pub(crate) struct Draft {
    head: Vec<(String, String)>,
    claims: Vec<(String, String)>,
}

impl Draft {
    /// A token that both sides accept, in one of the spellings that issuers use.
    pub(crate) fn good(rng: &mut Rng, kid: Option<&str>, now: u64) -> Self {
        let member = |name: &str, value: String| (format!("\"{name}\""), value);
        let mut head = vec![member("alg", "\"HS256\"".to_owned())];
        if rng.chance(80) {
            head.push(member("typ", "\"JWT\"".to_owned()));
        }
        head.extend(kid.map(|kid| member("kid", format!("\"{kid}\""))));
        let audience = match rng.below(4) {
            0 => format!("[\"{AUDIENCE}\"]"),
            1 => format!("[\"other.example.test\",\"{AUDIENCE}\"]"),
            _ => format!("\"{AUDIENCE}\""),
        };
        let issued = now - u64::try_from(rng.below(600)).unwrap();
        let mut claims = vec![
            member("iss", format!("\"{ISSUER}\"")),
            member("aud", audience),
            member("iat", issued.to_string()),
            member("exp", (now + 60 + u64::try_from(rng.below(600)).unwrap()).to_string()),
        ];
        let others = [
            ("sub", format!("\"user-{}\"", rng.below(1000))),
            ("jti", format!("\"{:016x}\"", rng.next())),
            ("nbf", issued.to_string()),
            ("role", "\"member\"".to_owned()),
            ("scope", "\"calls:read calls:write\"".to_owned()),
            ("org", "{\"id\":7,\"plan\":[\"basic\",null,true,1.5]}".to_owned()),
        ];
        for (name, value) in others {
            if rng.chance(60) {
                claims.push(member(name, value));
            }
        }
        rotate(&mut head, rng);
        rotate(&mut claims, rng);
        Self { head, claims }
    }

    /// Alters one member of the head or of the claims.
    pub(crate) fn alter(&mut self, rng: &mut Rng, now: u64) {
        let in_head = rng.chance(40);
        let value = if in_head { head_value(rng) } else { claim_value(rng, now) };
        let name = rng.pick(if in_head { HEAD_NAMES } else { CLAIM_NAMES }).to_owned();
        let members = if in_head { &mut self.head } else { &mut self.claims };
        let at = members.iter().position(|(other, _)| other.trim_matches('"') == name);
        match (rng.below(8), at) {
            (0, Some(at)) => drop(members.remove(at)),
            (1, _) if !members.is_empty() => {
                let doubled = members[rng.below(members.len())].clone();
                members.push(doubled);
            }
            (2, _) => members.insert(0, (format!("\"{name}\""), value)),
            (3, Some(at)) => members[at].0 = respelt(rng, &name),
            (_, Some(at)) => members[at].1 = value,
            (_, None) => members.push((format!("\"{name}\""), value)),
        }
    }

    /// The compact form, signed with `key`; now and then the JSON is cut or bent first.
    pub(crate) fn sign(&self, rng: &mut Rng, key: &[u8]) -> String {
        let mut parts = [&self.head, &self.claims].map(|members| render(members, rng));
        if rng.chance(10) {
            let part = rng.below(2);
            bend(&mut parts[part], rng);
        }
        let [head, claims] = parts.map(|json| URL_SAFE_NO_PAD.encode(json));
        let signed = format!("{head}.{claims}");
        let tag = URL_SAFE_NO_PAD.encode(mac(key, signed.as_bytes()));
        format!("{signed}.{tag}")
    }
}

pub(crate) fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn rotate(members: &mut [(String, String)], rng: &mut Rng) {
    let places = rng.below(members.len());
    members.rotate_left(places);
}

fn render(members: &[(String, String)], rng: &mut Rng) -> Vec<u8> {
    let (colon, comma) = if rng.chance(10) { (" : ", ",\n\t") } else { (":", ",") };
    let members = members.iter().map(|(name, value)| format!("{name}{colon}{value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(comma)).into_bytes()
}

/// One change to the JSON text that no member knows of.
fn bend(json: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.below(json.len());
    match rng.below(9) {
        0 => drop(json.remove(at)),
        1 => json[at] ^= 1 << rng.below(8),
        2 => json.insert(at, rng.next().to_le_bytes()[0]),
        3 => json.truncate(at),
        4 => json.extend_from_slice(rng.pick::<[u8]>(&[b" ", b"\n", b"x", b"{}", b"\0", b","])),
        5 => drop(json.splice(0..0, *b"\xef\xbb\xbf")),
        6 => drop(json.splice(0..0, *b" \r\n\t")),
        7 => *json = [b"[", json.as_slice(), b"]"].concat(),
        _ => json.insert(at, b'\\'),
    }
}

/// The name in another spelling: escaped, or in capitals.
fn respelt(rng: &mut Rng, name: &str) -> String {
    let at = rng.below(name.len());
    let letter = name.as_bytes()[at];
    match rng.below(3) {
        0 => format!("\"{}\\u{letter:04x}{}\"", &name[..at], &name[at + 1..]),
        1 => format!("\"{}\"", name.to_uppercase()),
        _ => format!("\"{name} \""),
    }
}

fn head_value(rng: &mut Rng) -> String {
    rng.pick(HEAD_VALUES).to_owned()
}

fn claim_value(rng: &mut Rng, now: u64) -> String {
    if rng.chance(50) {
        return rng.pick(CLAIM_VALUES).to_owned();
    }
    // Around each edge of the windows: now, the skew, a day.
    let edge = [0, 29, 30, 31, 60, 3_600, 86_399, 86_400, 86_401, 90_000][rng.below(10)];
    let time = if rng.chance(50) { now + edge } else { now - edge };
    match rng.below(10) {
        0 => format!("{time}.0"),
        1 => format!("{time}.5"),
        2 => format!("{time}.499999999999"),
        3 => format!("{time}e0"),
        4 => format!("\"{time}\""),
        5 => format!("-{time}"),
        6 => format!("{}.{:09}e9", time / 1_000_000_000, time % 1_000_000_000),
        _ => time.to_string(),
    }
}

const HEAD_NAMES: &[&str] = &[
    "alg", "alg", "alg", "kid", "kid", "typ", "typ", "crit", "b64", "jwk", "jku", "x5u", "x5c",
    "x5t", "x5t#S256", "cty", "enc", "zip", "url", "nonce", "other",
];

const HEAD_VALUES: &[&str] = &[
    "\"HS256\"",
    "\"\\u0048S256\"",
    "\"hs256\"",
    "\"HS256 \"",
    "\"HS384\"",
    "\"HS512\"",
    "\"RS256\"",
    "\"ES256\"",
    "\"none\"",
    "\"None\"",
    "\"\"",
    "[\"HS256\"]",
    "{\"alg\":\"HS256\"}",
    "\"JWT\"",
    "\"jwt\"",
    "\"at+jwt\"",
    "\"application/at+jwt\"",
    "\"dpop+jwt\"",
    "\"active\"",
    "\"retiring\"",
    "\"pending\"",
    "\"revoked\"",
    "\"no-such-key\"",
    "\"../../../../dev/null\"",
    "\"a-name-that-is-longer-than-any-of-ours\"",
    "\"active\\u0000\"",
    "\"\\u0061ctive\"",
    "[]",
    "[\"b64\"]",
    "[\"exp\"]",
    "[5]",
    "\"b64\"",
    "false",
    "true",
    "null",
    "5",
    "-1",
    "{}",
    "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
    "{\"kty\":\"oct\"}",
    "\"https://elsewhere.example.test/keys\"",
    "[\"MIIB\"]",
    "\"A256GCM\"",
    "\"DEF\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "01",
    "1e400",
];

const CLAIM_NAMES: &[&str] = &[
    "exp", "exp", "exp", "exp", "exp", "nbf", "nbf", "iat", "iat", "iss", "iss", "aud", "aud",
    "sub", "jti", "role", "scope", "org", "other",
];

const CLAIM_VALUES: &[&str] = &[
    "\"https://login.example.test\"",
    "\"https:\\/\\/login.example.test\"",
    "\"https://login.example.test/\"",
    "\"HTTPS://login.example.test\"",
    "\"https://login.example.test\\u0000\"",
    "[\"https://login.example.test\"]",
    "[\"https://login.example.test\",\"https://other.example.test\"]",
    "\"api.example.test\"",
    "\"\\u0061pi.example.test\"",
    "\"api.example.test \"",
    "[\"api.example.test\",\"api.example.test\"]",
    "[\"api.example.test\",5]",
    "[\"api.example.test\",null]",
    "[[\"api.example.test\"]]",
    "{\"api.example.test\":true}",
    "[\"other.example.test\"]",
    "[]",
    "{}",
    "\"\"",
    "\" \"",
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "0.0",
    "01",
    "+1",
    "1e9",
    "2e9",
    "2E+9",
    "1e10",
    "1e-9",
    "4102444800",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551614",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "1e19",
    "1e308",
    "1e309",
    "NaN",
    "Infinity",
    "0x7fffffff",
    "\"1e10\"",
    "\"service_role\"",
    "\"user-1\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u202e\"",
    "\"a\\nb\"",
    "{\"exp\":1,\"exp\":2}",
    "[{\"a\":[[[[{}]]]]}]",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
];
