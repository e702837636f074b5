//! `LiveKit`'s and Vonage's webhooks, whose bodies a token covers.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_signature::{BodyToken, Head, Policy, Rejection, verify};
use sha2::{Digest, Sha256, Sha512};

use super::Way::{self, Draft as D, Wire as W};
use crate::chance::Chance;
use crate::draft::Wire;

const SECRET: &str = "made-up-for-the-tests-only-secret-of-tokens";
const STRANGERS: &str = "nobody-gave-this-secret-to-a-vendor-at-all";
const API_KEY: &str = "APImadeup";
const HEAD: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// What is about to be signed.
struct Draft {
    vendor: Vendor,
    head: String,
    claims: Vec<(String, String)>,
    /// What stands for the claims, where they are no such list.
    instead: Option<&'static str>,
    body: Vec<u8>,
    secret: &'static str,
    sent: Duration,
    now: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Vendor {
    LiveKit,
    Vonage,
}

use Vendor::{LiveKit, Vonage};

impl Vendor {
    const fn digest(self) -> &'static str {
        match self {
            LiveKit => "sha256",
            Vonage => "payload_hash",
        }
    }

    fn digest_of(self, body: &[u8]) -> String {
        let digest = Sha256::digest(body);
        match self {
            LiveKit => STANDARD.encode(digest),
            Vonage => digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            LiveKit => "",
            Vonage => "Bearer ",
        }
    }
}

#[rustfmt::skip]
const WAYS: &[Way<Draft>] = &[
    D("signed with another secret",                |draft, _| { draft.secret = STRANGERS; true }),
    D("the token says none",                       |draft, _| head(draft, r#"{"alg":"none"}"#)),
    D("signed with HS512",                         |draft, _| head(draft, r#"{"alg":"HS512"}"#)),
    D("signed as RS256",                           |draft, _| head(draft, r#"{"alg":"RS256"}"#)),
    D("signed with no type",                       |draft, _| head(draft, r#"{"alg":"HS256"}"#)),
    D("signed with another type",                  |draft, _| head(draft, r#"{"alg":"HS256","typ":"at+jwt"}"#)),
    D("signed with a key of its own",              |draft, _| head(draft, r#"{"alg":"HS256","kid":"../x","jwk":{"kty":"oct","k":"AA"}}"#)),
    D("signed with a critical extension",          |draft, _| head(draft, r#"{"alg":"HS256","crit":["exp"],"exp":1}"#)),
    D("signed with a critical b64",                |draft, _| head(draft, r#"{"alg":"HS256","crit":["b64"],"b64":true}"#)),
    D("signed with an algorithm twice",            |draft, _| head(draft, r#"{"alg":"none","alg":"HS256"}"#)),
    D("signed with an algorithm in disguise",      |draft, _| head(draft, r#"{"alg":"none","\u0061lg":"HS256"}"#)),
    D("signed with an algorithm in lower case",    |draft, _| head(draft, r#"{"alg":"hs256"}"#)),
    D("signed with a head that is a list",         |draft, _| head(draft, r#"["HS256"]"#)),
    D("signed with blanks in the head",            |draft, _| head(draft, " {\t\"alg\" :\n\"HS256\" } ")),

    D("signed with claims that are a text",        |draft, _| { draft.instead = Some(r#""claims""#); true }),
    D("signed with claims that are null",          |draft, _| { draft.instead = Some("null"); true }),
    D("signed with half an object",                |draft, _| { draft.instead = Some(r#"{"iat":1"#); true }),
    D("signed without the digest",                 |draft, _| { let name = draft.vendor.digest(); remove(draft, name) }),
    D("signed with the digest of another body",    |draft, _| { let digest = draft.vendor.digest_of(b"another"); set_text(draft, None, &digest) }),
    D("signed with the digest in the other encoding", |draft, _| { let other = match draft.vendor { LiveKit => Vonage, Vonage => LiveKit }; let digest = other.digest_of(&draft.body); set_text(draft, None, &digest) }),
    D("signed with the digest in upper case",      |draft, _| { let digest = draft.vendor.digest_of(&draft.body).to_ascii_uppercase(); set_text(draft, None, &digest) }),
    D("signed with the digest and a blank",        |draft, _| { let digest = draft.vendor.digest_of(&draft.body) + " "; set_text(draft, None, &digest) }),
    D("signed with the digest in a list",          |draft, _| { let digest = draft.vendor.digest_of(&draft.body); let name = draft.vendor.digest(); set(draft, name, format!(r#"["{digest}"]"#)) }),
    D("signed with the digest twice, the first another", |draft, _| { let name = draft.vendor.digest(); draft.claims.insert(0, (name.to_owned(), "\"\"".to_owned())); true }),
    D("signed with the digest twice, once in disguise", |draft, _| { let name = draft.vendor.digest(); let disguised = format!("\\u{:04x}{}", u32::from(name.as_bytes()[0]), &name[1..]); draft.claims.insert(0, (disguised, "\"\"".to_owned())); true }),
    D("signed with an escape in the digest",       |draft, _| { let digest = draft.vendor.digest_of(&draft.body); let digest = format!("\\u{:04x}{}", u32::from(digest.as_bytes()[0]), &digest[1..]); set_text(draft, None, &digest) }),

    D("signed with another issuer",                |draft, _| draft.vendor == LiveKit && set_text(draft, Some("iss"), "APIanother")),
    D("signed with no issuer",                     |draft, _| draft.vendor == LiveKit && remove(draft, "iss")),
    D("signed with a list of issuers",             |draft, _| draft.vendor == LiveKit && set(draft, "iss", format!(r#"["{API_KEY}"]"#))),
    D("signed with an id",                         |draft, chance| { let id = chance.text(12); set_text(draft, Some("jti"), &id) }),
    D("signed with an id that is a number",        |draft, _| set(draft, "jti", "17".to_owned())),
    D("signed with more claims",                   |draft, _| set(draft, "video", r#"{"room":"a","n":[1,2e3]}"#.to_owned())),

    D("signed with no time of issue",              |draft, _| remove(draft, "iat")),
    D("signed with a time of issue that is a text", |draft, _| { let at = draft.sent.as_secs(); set(draft, "iat", format!("\"{at}\"")) }),
    D("signed with a fraction of a second",        |draft, _| { let at = draft.sent.as_secs(); set(draft, "iat", format!("{at}.5")) }),
    D("it arrives a second too late",              |draft, _| arrive(draft, 301)),
    D("it arrives an hour late",                   |draft, _| arrive(draft, 3600)),
    D("it arrives a minute early",                 |draft, _| early(draft, 60)),
    D("it arrives two minutes early",              |draft, _| early(draft, 120)),
    D("it arrives a day early",                    |draft, _| early(draft, 86_400)),

    D("signed with no end",                        |draft, _| remove(draft, "exp")),
    D("signed with an end that is now",            |draft, _| at(draft, "exp", 0)),
    D("signed with an end a second ago",           |draft, _| at(draft, "exp", -1)),
    D("signed with an end a minute ago",           |draft, _| at(draft, "exp", -60)),
    D("signed with an end in a second",            |draft, _| at(draft, "exp", 1)),
    D("signed with an end in an hour",             |draft, _| at(draft, "exp", 3600)),
    D("signed with an end that is a text",         |draft, _| { let at = draft.now.as_secs() + 60; set(draft, "exp", format!("\"{at}\"")) }),
    D("signed with an end in a fraction of a second", |draft, _| { let at = draft.now.as_secs() + 60; set(draft, "exp", format!("{at}.5")) }),
    D("signed with a negative end",                |draft, _| set(draft, "exp", "-1".to_owned())),
    D("signed with a beginning now",               |draft, _| at(draft, "nbf", 0)),
    D("signed with a beginning in ten seconds",    |draft, _| at(draft, "nbf", 10)),
    D("signed with a beginning in half a minute",  |draft, _| at(draft, "nbf", 30)),
    D("signed with a beginning in two minutes",    |draft, _| at(draft, "nbf", 120)),

    D("signed with an empty body",                 |draft, _| body(draft, Vec::new())),
    D("signed with a body that begins with a BOM", |draft, _| body(draft, "\u{feff}{\"event\":\"a\"}".into())),
    D("signed with a body that is no UTF-8",       |draft, _| body(draft, b"{\"event\":\"\xff\"}".to_vec())),
    D("signed with a body that ends a line",       |draft, _| body(draft, b"{\"event\":\"a\"}\r\n".to_vec())),
    D("signed with a body of 256 KiB",             |draft, chance| chance.below(8) == 0 && { let text = chance.text(256 * 1024); body(draft, format!("{{\"event\":\"{text}\"}}").into()) }),

    W("a character of the token is another",       |wire, chance| token(wire, |token| { let at = chance.below(token.len() - 3); let new = if &token[at..=at] == "A" { "B" } else { "A" }; token.replace_range(at..=at, new); })),
    W("the signature is empty",                    |wire, _| token(wire, |token| token.truncate(token.rfind('.').unwrap() + 1))),
    W("the signature is cut in half",              |wire, _| token(wire, |token| token.truncate(token.len() - 20))),
    W("the signature lacks its last character",    |wire, _| token(wire, |token| token.truncate(token.len() - 1))),
    W("the signature is longer",                   |wire, _| token(wire, |token| token.push_str("AAAA"))),
    W("the last bits of the signature stray",      |wire, _| token(wire, stray)),
    W("the signature gets its padding",            |wire, _| token(wire, |token| token.push('='))),
    W("the signature is in the other alphabet",    |wire, _| token(wire, |token| *token = token.replace('-', "+").replace('_', "/"))),
    W("a blank is put into the token",             |wire, _| token(wire, |token| token.insert(token.len() - 9, ' '))),
    W("something that is no digit is put into the signature", |wire, _| token(wire, |token| token.insert(token.len() - 9, '!'))),
    W("the token has a fourth part",               |wire, _| token(wire, |token| token.push_str(".AAAA"))),
    W("the token has two parts",                   |wire, _| token(wire, |token| token.truncate(token.rfind('.').unwrap()))),
    W("the claims get their padding",              |wire, _| token(wire, |token| token.insert(token.rfind('.').unwrap(), '='))),
    W("the header comes twice",                    |wire, _| { let first = wire.headers[0].clone(); wire.headers.push(first); true }),
    W("the header is missing",                     |wire, _| { wire.headers.remove(0); true }),
    W("the header is empty",                       |wire, _| { wire.headers[0].1.clear(); true }),
    W("the word before the token is in lower case", |wire, _| word(wire, |text| text.replacen("Bearer ", "bearer ", 1))),
    W("the word before the token is another",      |wire, _| word(wire, |text| text.replacen("Bearer ", "Basic ", 1))),
    W("the word before the token is missing",      |wire, _| word(wire, |text| text.replacen("Bearer ", "", 1))),
    W("there is a word before the token",          |wire, _| word(wire, |text| if text.starts_with('e') { format!("Bearer {text}") } else { text })),
    W("two blanks stand before the token",         |wire, _| word(wire, |text| text.replacen("Bearer ", "Bearer  ", 1))),
    W("more stands after the token",               |wire, _| word(wire, |text| format!("{text} more"))),
    W("a comma stands after the token",            |wire, _| word(wire, |text| format!("{text},"))),
];

/// The last digit of a signature of 32 bytes carries two bits that mean nothing.
fn stray(token: &mut String) {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = token.pop().unwrap();
    let value = ALPHABET.iter().position(|digit| char::from(*digit) == last).unwrap();
    token.push(char::from(ALPHABET[value | 1]));
}

fn head(draft: &mut Draft, text: &str) -> bool {
    text.clone_into(&mut draft.head);
    true
}

fn set(draft: &mut Draft, name: &str, json: String) -> bool {
    remove(draft, name);
    draft.claims.push((name.to_owned(), json));
    true
}

/// The digest, unless it is another claim.
fn set_text(draft: &mut Draft, name: Option<&'static str>, text: &str) -> bool {
    let name = name.unwrap_or(draft.vendor.digest());
    set(draft, name, format!("\"{text}\""))
}

fn remove(draft: &mut Draft, name: &str) -> bool {
    let before = draft.claims.len();
    draft.claims.retain(|(known, _)| known != name);
    before != draft.claims.len()
}

/// A time so many seconds from now.
fn at(draft: &mut Draft, name: &str, seconds: i64) -> bool {
    let at = draft.now.as_secs().checked_add_signed(seconds).unwrap();
    set(draft, name, at.to_string())
}

fn arrive(draft: &mut Draft, seconds: u64) -> bool {
    draft.now = draft.sent + Duration::from_secs(seconds);
    true
}

fn early(draft: &mut Draft, seconds: u64) -> bool {
    draft.now = draft.sent.saturating_sub(Duration::from_secs(seconds));
    true
}

fn body(draft: &mut Draft, body: Vec<u8>) -> bool {
    draft.body = body;
    let digest = draft.vendor.digest_of(&draft.body);
    set_text(draft, None, &digest)
}

fn word(wire: &mut Wire, change: impl FnOnce(String) -> String) -> bool {
    let text = String::from_utf8(wire.headers[0].1.clone()).unwrap();
    let changed = change(text.clone());
    wire.headers[0].1 = changed.clone().into();
    changed != text
}

fn token(wire: &mut Wire, change: impl FnOnce(&mut String)) -> bool {
    word(wire, |text| {
        let (word, token) = text.split_at(text.rfind(' ').map_or(0, |blank| blank + 1));
        let mut token = token.to_owned();
        change(&mut token);
        format!("{word}{token}")
    })
}

fn sent(vendor: Vendor, chance: &mut Chance) -> Draft {
    let sent = Duration::from_secs(1_700_000_000 + u64::try_from(chance.below(1 << 26)).unwrap());
    let now = sent + Duration::from_secs(u64::try_from(chance.below(300)).unwrap());
    let body = format!(
        r#"{{"event":"room_started","id":"EV_{}","text":"{}","createdAt":"{}"}}"#,
        chance.text(12),
        chance.one_of(&["", "plain", "é", "\u{fffd}", "\\u00e9", "١٢"]),
        sent.as_secs(),
    );
    let digest = (vendor.digest().to_owned(), format!("\"{}\"", vendor.digest_of(body.as_bytes())));
    let number = |name: &str, at: u64| (name.to_owned(), at.to_string());
    let (at, issuer) = (sent.as_secs(), |name| ("iss".to_owned(), format!("\"{name}\"")));
    let claims = match vendor {
        LiveKit => vec![issuer(API_KEY), number("nbf", at), number("exp", at + 300), digest],
        Vonage => vec![issuer("Vonage"), number("iat", at), digest],
    };
    let head = HEAD.to_owned();
    Draft { vendor, head, claims, instead: None, body: body.into(), secret: SECRET, sent, now }
}

fn wire(draft: &Draft) -> Wire {
    let claims = draft.claims.iter().map(|(name, json)| format!("\"{name}\":{json}"));
    let claims = format!("{{{}}}", claims.collect::<Vec<_>>().join(","));
    let [head, claims] =
        [&*draft.head, draft.instead.unwrap_or(&claims)].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{head}.{claims}");
    let signature = if draft.head.contains("HS512") {
        let mut mac = Hmac::<Sha512>::new_from_slice(draft.secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        URL_SAFE.encode(mac.finalize().into_bytes())
    } else {
        let mut mac = Hmac::<Sha256>::new_from_slice(draft.secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        URL_SAFE.encode(mac.finalize().into_bytes())
    };
    let value = format!("{}{signed}.{}", draft.vendor.prefix(), signature.trim_end_matches('='));
    Wire {
        method: "POST",
        url: "https://hooks.example.test/in".to_owned(),
        headers: vec![
            ("authorization".to_owned(), value.into()),
            ("content-type".to_owned(), b"application/json".to_vec()),
        ],
        body: draft.body.clone(),
        secret: SECRET,
        now: draft.now,
    }
}

pub(super) fn livekit(nth: usize, chance: &mut Chance) -> (&'static str, Wire) {
    super::request(nth, chance, WAYS, |chance| sent(LiveKit, chance), wire)
}

pub(super) fn vonage(nth: usize, chance: &mut Chance) -> (&'static str, Wire) {
    super::request(nth, chance, WAYS, |chance| sent(Vonage, chance), wire)
}

pub(super) fn of_livekit(wire: &Wire) -> Result<(), Rejection> {
    verdict(BodyToken::livekit(API_KEY), wire)
}

pub(super) fn of_vonage(wire: &Wire) -> Result<(), Rejection> {
    verdict(BodyToken::vonage(), wire)
}

fn verdict(token: BodyToken, wire: &Wire) -> Result<(), Rejection> {
    let policy = Policy::builder("vendors")
        .body_token(token)
        .keys(KeyRing::single(KeyId::new("only").unwrap(), Secret::new(wire.secret).unwrap()))
        .dangerously_without_read_deadline()
        .build()
        .unwrap();
    let (method, url, headers) = wire.head();
    verify(&policy, &Head::new(&method, &url, &headers), &wire.body, wire.now).map(drop)
}
