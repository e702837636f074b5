use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::Response;
use jsonwebtoken::{DecodingKey, Validation, decode};
use rempart_core::{Clock, SystemClock};
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_token::{Lifetime, Minter, Policy, TokenLayer};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use tower::Layer;

use crate::drive::{Inner, Shape, bare, drive, sending};
use crate::{Case, Ceiling, Runner, Side};

/// Made up for this page.
const KEY: &[u8; 32] = b"not-a-secret-but-one-for-a-bench";
const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com";

fn ring() -> KeyRing {
    let secret = Secret::new(KEY).expect("a secret that is not empty");
    KeyRing::single(KeyId::new("2026-q4").expect("a name"), secret)
}

fn policy() -> Policy {
    let policy = Policy::builder("bench").hs256(ring()).issuer(ISSUER).audience(AUDIENCE);
    policy.build().expect("a policy without a fault")
}

/// A token of a session, good for as long as anybody measures; with so many bytes of claims that
/// nobody asks for.
fn token(more: usize) -> String {
    let minter = Minter::hs256(ring()).issuer(ISSUER).audience(AUDIENCE).build();
    let minter = minter.expect("a minter without a fault");
    let mut session = json!({ "sub": "ada@example.com", "role": "agent" });
    if more > 0 {
        session["permissions"] = "calls:read ".repeat(more / 11).into();
    }
    let token = minter.mint(&session, Lifetime::hours::<24>(), SystemClock.unix());
    token.expect("a token").as_str().to_owned()
}

fn bearing(token: &str) -> Shape {
    Shape::get().with("authorization", &format!("Bearer {token}"))
}

fn layered(more: usize) -> Runner {
    sending(TokenLayer::new(policy()).layer(Inner), bearing(&token(more)), status)
}

/// What nobody can leave out: the key taken in, the signed part hashed, the tag decoded and
/// compared in constant time.
fn bare_hmac(token: &str) -> bool {
    let Some((signed, tag)) = token.rsplit_once('.') else { return false };
    let Ok(tag) = URL_SAFE_NO_PAD.decode(tag) else { return false };
    let mac = Hmac::<Sha256>::new_from_slice(KEY).expect("any length");
    mac.chain_update(signed).verify_slice(&tag).is_ok()
}

/// A service that looks at the tag and at nothing else.
fn tagged(more: usize) -> Runner {
    let token = token(more);
    let shape = bearing(&token);
    Runner::new(
        move || {
            assert!(bare_hmac(&token));
            drive(&mut Inner, shape.request())
        },
        status,
    )
}

fn verified() -> Runner {
    let (policy, token) = (policy(), token(0));
    Runner::new(
        move || policy.verify(&token, SystemClock.unix()),
        |verdict| {
            let subject = verdict.as_ref().ok().and_then(rempart_token::Claims::subject);
            subject.unwrap_or_default().to_owned()
        },
    )
}

#[derive(Deserialize)]
struct Session {
    sub: String,
}

fn theirs() -> Runner {
    let (key, token) = (DecodingKey::from_secret(KEY), token(0));
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    Runner::new(
        move || decode::<Session>(&token, &key, &validation).map(|token| token.claims.sub),
        |subject| subject.clone().unwrap_or_default(),
    )
}

fn against_hmac(name: &'static str, more: usize, ceilings: Vec<Ceiling>) -> Case {
    Case {
        name,
        bare: bare(&bearing(&token(more))),
        ours: Side::new("rempart-token", move || layered(more)),
        rival: Some(Side::new("the bare HMAC of the same token", move || tagged(more))),
        projection: "whether a genuine token is let through (the HMAC reads nothing of it)",
        ceilings,
    }
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        against_hmac(
            "token/hmac/session",
            0,
            vec![Ceiling::InstructionsOfRival(1.06), Ceiling::Allocations(4.0)],
        ),
        // Of long claims the reading shows: decoding, and looking for the ends of texts.
        against_hmac("token/hmac/2k", 1536, vec![Ceiling::InstructionsOfRival(1.1)]),
        Case {
            name: "token/jsonwebtoken/session",
            bare: Side::nothing(),
            ours: Side::new("rempart-token", verified),
            rival: Some(Side::new("jsonwebtoken 11.1 with aws-lc-rs", theirs)),
            projection: "the subject of a genuine token",
            ceilings: vec![Ceiling::TimeOfRival(0.5), Ceiling::Allocations(1.0)],
        },
    ]
}

fn status<B>(response: &Response<B>) -> String {
    response.status().as_str().to_owned()
}
