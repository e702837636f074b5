//! Ten thousand secrets and tokens through everything that prints, and none of them shown.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that panics has failed, as it should"
)]

#[path = "oracle/rng.rs"]
mod rng;

use std::fmt::{Debug, Display, Write};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use rempart_core::{Event, KeyId, ManualClock, Observer, TracingObserver};
use rempart_keys::{KeyRing, Secret};
use rempart_testing::{Capture, canary, strict};
use rempart_token::{Claims, Lifetime, Minter, Policy, Revocations, Token, TokenLayer};
use serde::Deserialize;
use sha2::Sha256;
use tokio::runtime::{Builder, Runtime};
use tower::{Layer, ServiceExt};

use self::rng::Rng;

const NOW: Duration = Duration::from_secs(1_800_000_000);

#[test]
fn a_thousand_secrets_and_tokens_are_never_shown() {
    show_nothing(1_000);
}

#[test]
#[ignore = "ten thousand: a minute"]
fn ten_thousand_secrets_and_tokens_are_never_shown() {
    show_nothing(10_000);
}

fn show_nothing(rounds: usize) {
    let (mut rng, runtime) = (Rng::new(11), runtime());
    let panics = record_panics();
    for nth in 0..rounds {
        let round = Round::new(&mut rng);
        let mut output = round.output(&runtime, None);
        output.push_str(&std::mem::take(&mut *panics.lock().unwrap()));
        if let Some((what, form)) = round.seen(&output) {
            panic!("round {nth}: {what} is shown, {form}");
        }
    }
}

#[test]
fn the_search_finds_a_planted_leak_wherever_it_is_planted() {
    let (mut rng, runtime) = (Rng::new(12), runtime());
    for plant in [Plant::Event, Plant::Printed, Plant::Body, Plant::Subject, Plant::Token] {
        let round = Round::new(&mut rng);
        let output = round.output(&runtime, Some(plant));
        assert!(round.seen(&output).is_some(), "{plant:?}");
    }
}

/// Where the tests' own leak is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plant {
    /// An observer logs the secret as a list of numbers.
    Event,
    /// The secret is printed in hexadecimal.
    Printed,
    /// An answer has a token in its body.
    Body,
    /// Whom a token is about is printed.
    Subject,
    /// A token's last part is printed.
    Token,
}

/// A secret, what is made with it, and what must not be seen of both.
struct Round {
    secret: Vec<u8>,
    short: Vec<u8>,
    subject: String,
    tokens: Vec<String>,
}

impl Round {
    fn new(rng: &mut Rng) -> Self {
        let [secret, short] =
            [32 + rng.below(33), 8 + rng.below(24)].map(|length| match rng.below(4) {
                // No line breaks and blanks at the ends, which no secret may have.
                0 => rng.bytes(length).into_iter().map(|byte| byte | 0x80).collect(),
                1 => digits(rng, length, b"0123456789"),
                2 => digits(rng, length, b"0123456789abcdef"),
                _ => digits(rng, length, b"abcdefgHIJKLMNOP0123456789+/_-\"\\{}%$ x"),
            });
        let subject = format!("sub{}", URL_SAFE_NO_PAD.encode(rng.bytes(12)));
        let tokens = tokens(rng, &secret, &subject);
        Self { secret, short, subject, tokens }
    }

    /// What is seen in an output, and in which form.
    fn seen(&self, output: &str) -> Option<(&'static str, &'static str)> {
        let form = |bytes: &[u8]| canary::found(output.as_bytes(), bytes);
        let secrets = [("a secret", &*self.secret), ("a short secret", &*self.short)];
        let mut canaries = secrets.into_iter().chain([("a subject", self.subject.as_bytes())]);
        canaries.find_map(|(what, bytes)| Some((what, form(bytes)?))).or_else(|| {
            // A head is no secret; what is signed, and the tag, are.
            let mut parts = self.tokens.iter().flat_map(|token| token.split('.').skip(1));
            let shown = parts.any(|part| part.len() > 16 && output.contains(part));
            shown.then_some(("a token", "raw"))
        })
    }

    /// All that is printed, answered and logged on the way of these tokens.
    fn output(&self, runtime: &Runtime, plant: Option<Plant>) -> String {
        let capture = Capture::default();
        let mut output = capture.within(|| {
            let mut output = Output::default();
            self.misconfigured(&mut output);
            let policy = self.policy(&mut output);
            self.minted(&mut output);
            for token in &self.tokens {
                self.decided(&policy, token, &mut output);
                runtime.block_on(self.answered(&policy, token, plant, &mut output));
            }
            output.0
        });
        match plant {
            Some(Plant::Printed) => {
                self.secret.iter().for_each(|b| write!(output, "{b:02x}").unwrap());
            }
            Some(Plant::Subject) => output.push_str(&self.subject),
            Some(Plant::Token) => output.push_str(self.tokens[0].rsplit('.').next().unwrap()),
            _ => {}
        }
        output + &capture.text()
    }

    fn ring(secret: &[u8]) -> KeyRing {
        KeyRing::single(KeyId::new("leaks").unwrap(), Secret::new(secret).unwrap())
    }

    /// Everything that is wrong with a configuration, said at once.
    fn misconfigured(&self, output: &mut Output) {
        let builder = Policy::builder("Not A Name")
            .hs256(Self::ring(&self.short))
            .audience("")
            .skew(Duration::MAX)
            .realm("\"")
            .types([]);
        output.debug(&builder);
        output.error(&builder.build().unwrap_err());
        let minter = Minter::hs256(Self::ring(&self.short)).issuer("");
        output.debug(&minter);
        output.error(&minter.build().unwrap_err());
    }

    fn policy(&self, output: &mut Output) -> Policy {
        let revocations = Revocations::default();
        revocations.revoke_id(&self.subject, NOW + Duration::from_secs(900), NOW);
        let builder = Policy::builder("leaks")
            .hs256(Self::ring(&self.secret))
            .issuer("leaks")
            .audience("leaks")
            .revocations(revocations.clone());
        output.debug(&builder);
        let policy = builder.build().unwrap();
        output.debug(&policy);
        output.debug(&revocations);
        output.error(&policy.with_keys(Self::ring(&self.short)).unwrap_err());
        policy
    }

    fn minted(&self, output: &mut Output) {
        let minter = Minter::hs256(Self::ring(&self.secret)).issuer("leaks").audience("leaks");
        let minter = minter.build().unwrap();
        output.debug(&minter);
        let claims = serde_json::json!({ "sub": self.subject });
        let token = minter.mint(&claims, Lifetime::minutes::<5>(), NOW).unwrap();
        output.debug::<Token>(&token);
        output.debug(&token.to_header());
        for refused in [
            serde_json::json!({ "exp": self.subject }),
            serde_json::json!([self.subject]),
            serde_json::json!({ "sub": self.subject, "other": " ".repeat(8 * 1024) }),
        ] {
            output.error(&minter.mint(&refused, Lifetime::minutes::<5>(), NOW).unwrap_err());
        }
    }

    fn decided(&self, policy: &Policy, token: &str, output: &mut Output) {
        // It never panics; if it did, the message would be looked at like the rest.
        let verdict = panic::catch_unwind(AssertUnwindSafe(|| policy.verify(token, NOW)));
        match verdict.expect("a verdict") {
            Ok(claims) => {
                assert_eq!(claims.subject(), Some(&*self.subject));
                output.debug::<Claims>(&claims);
                output.error(&claims.decode::<Session>().unwrap_err());
                output.error(&claims.decode::<Vec<u8>>().unwrap_err());
            }
            Err(rejection) => {
                output.error(&rejection);
                output.debug(rejection.problem());
                output.debug(&rejection.refusal(policy));
            }
        }
    }

    async fn answered(
        &self,
        policy: &Policy,
        token: &str,
        plant: Option<Plant>,
        output: &mut Output,
    ) {
        let answer = move |request: Request<Full<Bytes>>| async move {
            let mut response = Response::new(Full::<Bytes>::default());
            if plant == Some(Plant::Body) {
                let shown = request.headers()[header::AUTHORIZATION].as_bytes();
                *response.body_mut() = Bytes::copy_from_slice(shown).into();
            }
            // What a handler that logs its request would show.
            response.extensions_mut().insert(format!("{request:?}"));
            response
        };
        let planted = (plant == Some(Plant::Event)).then(|| self.secret.clone());
        let observers = (TracingObserver, Planting(planted));
        let layer = TokenLayer::new(policy.clone());
        let layer = layer.clock(ManualClock::at(NOW)).observer(observers);
        output.debug(&layer);
        let service = layer.layer(strict(answer));
        let bearer = format!("Bearer {token}");
        let request = Request::get("/").header(header::AUTHORIZATION, bearer);
        let Ok(request) = request.body(Full::default()) else { return };
        let future = service.oneshot(request);
        let response = future.await.unwrap();
        if let Some(request) = response.extensions().get::<String>() {
            output.0.push_str(request);
        }
        output.debug(&response);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        output.0.push_str(&String::from_utf8_lossy(&body));
    }
}

/// Logs a secret with every event, if it has one.
struct Planting(Option<Vec<u8>>);

impl Observer for Planting {
    fn observe(&self, _: &Event<'_>) {
        if let Some(secret) = &self.0 {
            tracing::info!(?secret, "planted");
        }
    }
}

/// What was printed.
#[derive(Default)]
struct Output(String);

impl Output {
    fn debug<T: Debug + ?Sized>(&mut self, value: &T) {
        writeln!(self.0, "{value:?}").unwrap();
    }

    fn error<T: Debug + Display>(&mut self, error: &T) {
        self.debug(error);
        writeln!(self.0, "{error}").unwrap();
    }
}

/// A type that the claims are not of: errors of other readers print what they find instead.
#[derive(Debug, Deserialize)]
struct Session {
    #[serde(rename = "sub")]
    _subject: u64,
}

fn tokens(rng: &mut Rng, secret: &[u8], subject: &str) -> Vec<String> {
    let now = NOW.as_secs();
    let claims = |exp: u64, more: &str| {
        let rest = format!(r#""iss":"leaks","aud":"leaks","iat":{now},"exp":{exp}{more}"#);
        format!(r#"{{"sub":"{subject}",{rest}}}"#)
    };
    let named = r#"{"alg":"HS256","kid":"leaks"}"#;
    let good = claims(now + 600, "");
    let mut tokens = vec![
        sign(secret, named, &good),
        sign(secret, r#"{"alg":"HS256"}"#, &good),
        sign(secret, named, &claims(now, "")),
        sign(secret, named, &claims(now + 600, &format!(r#","jti":"{subject}""#))),
        sign(secret, named, &claims(now + 600, &format!(r#","exp":"{subject}""#))),
        sign(secret, named, &claims(now + 600, &format!(r#","aud":["{subject}"]"#))),
        sign(secret, &format!(r#"{{"alg":"HS256","kid":"{subject}"}}"#), &good),
        sign(secret, &format!(r#"{{"alg":"{subject}","kid":"leaks"}}"#), &good),
        sign(secret, &format!(r#"{{"alg":"HS256","crit":["{subject}"]}}"#), &good),
        sign(secret, named, &good[..good.len() - 1]),
        sign(&rng.bytes(32), named, &good),
    ];
    let mut bent = tokens[0].clone().into_bytes();
    let at = rng.below(bent.len());
    bent[at] = b'!';
    tokens.push(String::from_utf8(bent).unwrap());
    // Three of them a round, the good one first: every kind comes thousands of times.
    let others = tokens.split_off(1);
    tokens.extend([0, 1].map(|_| others[rng.below(others.len())].clone()));
    tokens
}

fn sign(secret: &[u8], head: &str, claims: &str) -> String {
    let [head, claims] = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{head}.{claims}");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn digits(rng: &mut Rng, length: usize, alphabet: &[u8]) -> Vec<u8> {
    let mut digits: Vec<_> = (0..length).map(|_| alphabet[rng.below(alphabet.len())]).collect();
    digits[0] = b'a';
    digits[length - 1] = b'z';
    digits
}

/// Keeps the messages of panics, which would go to the error output otherwise.
fn record_panics() -> Arc<Mutex<String>> {
    let kept = Arc::new(Mutex::new(String::new()));
    let (recorded, before) = (Arc::clone(&kept), panic::take_hook());
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        recorded.lock().unwrap().push_str(&info.to_string());
        before(info);
    }));
    kept
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}
