//! Asks a service whether it takes a key.

use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{Message, Scheme};
use rempart::token::{Lifetime, Minter};
use serde::Serialize;
use zeroize::Zeroizing;

use super::ring::Ring;
use super::{Done, Store, Told, line};
use crate::args::TestArgs;
use crate::client::{self, Target};
use crate::failure::{Failure, say};
use crate::stamp::now;
use crate::verb::Verdict;

/// Sends one request under a key, and writes what became of it as one line of JSON.
pub(super) fn test(store: &Store, args: &TestArgs) -> Done {
    let ring = store.ring(&args.ring)?;
    let target = Target::new("--url", &args.url)?;
    let manner = Manner::new(args)?;
    let (id, secret) = chosen(&ring, args.key.as_deref())?;
    let control = if args.control {
        let made_up = made_up(&secret)?;
        let request = manner.request(id, &made_up, now())?;
        Some(ask(&target, request, args.timeout)?.as_u16())
    } else {
        None
    };
    let request = manner.request(id, &secret, now())?;
    let asked = Instant::now();
    let status = ask(&target, request, args.timeout)?;
    let elapsed_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    let accepted = accepted(status);
    let report = Report {
        status: status.as_u16(),
        accepted,
        control,
        ring: ring.name.to_string(),
        key: id.to_string(),
        elapsed_ms,
    };
    let refused = |status| [401, 403].contains(&status);
    let after = match accepted {
        Some(true) if !control.is_none_or(refused) => {
            say("a made-up key was not refused: the service asks for none");
            Ok(Verdict::Bad)
        }
        Some(true) => Ok(Verdict::Good),
        Some(false) => Ok(Verdict::Bad),
        None => Err(Failure::usage("--url: the answer says nothing about the key")),
    };
    Ok(Told { text: line(&report), after })
}

#[derive(Serialize)]
struct Report {
    status: u16,
    /// Null if the answer says nothing about the key.
    accepted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<u16>,
    ring: String,
    key: String,
    elapsed_ms: u64,
}

/// What a status says about the key; a redirect, a limit or a fault of the service says nothing.
fn accepted(status: StatusCode) -> Option<bool> {
    match status.as_u16() {
        200..300 => Some(true),
        401 | 403 => Some(false),
        _ => None,
    }
}

fn ask(target: &Target, request: Asked, patience: Duration) -> Result<StatusCode, Failure> {
    let Asked { method, headers, body } = request;
    client::send(target, method, headers, body, patience)
        .map(|answer| answer.status)
        .map_err(|error| Failure::Usage(format!("--url: {error}")))
}

/// The key to ask with: the one that is named, or else the one that is pending.
fn chosen(ring: &Ring, name: Option<&str>) -> Result<(KeyId, Secret), Failure> {
    let id = match (name, &*ring.pending()?) {
        (Some(name), _) => ring.known(name)?,
        (None, [id]) => *id,
        (None, []) => return Err(Failure::usage("no key is pending: name one by --key")),
        (None, _) => return Err(Failure::usage("several keys are pending: name one by --key")),
    };
    match ring.read(now())?.get(id) {
        Some(key) => Ok((id, key.secret().clone())),
        None => Err(Failure::usage("--key: the bytes of this key are not in the ring")),
    }
}

/// A key that nobody has. One letter is another: the form, be it hexadecimal or Base64, is the same.
fn made_up(other: &Secret) -> Result<Secret, Failure> {
    let mut bytes = Zeroizing::new(other.expose().to_vec());
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    Secret::new(bytes.as_slice()).map_err(Failure::usage)
}

/// How a key is used.
enum Manner<'a> {
    Bearer(&'a TestArgs, Vec<(&'a str, &'a str)>),
    Signed(&'a TestArgs, Box<Scheme>),
}

struct Asked {
    method: Method,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl<'a> Manner<'a> {
    fn new(args: &'a TestArgs) -> Result<Self, Failure> {
        if args.scheme == BEARER {
            let parted =
                |claim: &'a String| claim.split_once('=').filter(|(name, _)| !name.is_empty());
            let claims: Option<Vec<_>> = args.claims.iter().map(parted).collect();
            let claims =
                claims.ok_or_else(|| Failure::usage("--claim: is of the form NAME=TEXT"))?;
            return Ok(Self::Bearer(args, claims));
        }
        // A service's ring has the public half of a pair, which signs nothing; and bare, it could be
        // taken for a private one.
        let signs = |scheme: &Scheme| scheme.algorithm().is_mac();
        let scheme = Scheme::preset(&args.scheme).filter(signs).ok_or_else(|| {
            let names = Scheme::presets().filter(signs).map(|scheme| scheme.name().to_owned());
            let names: Vec<String> = names.chain([BEARER.to_owned()]).collect();
            Failure::Usage(format!("--scheme: one of {}", names.join(", ")))
        })?;
        Ok(Self::Signed(args, Box::new(scheme)))
    }

    fn request(&self, id: KeyId, secret: &Secret, now: Duration) -> Result<Asked, Failure> {
        match self {
            Self::Bearer(args, claims) => bearer(args, claims, id, secret, now),
            Self::Signed(args, scheme) => signed(args, scheme, secret, now),
        }
    }
}

/// A request under a token that lives for a minute.
fn bearer(
    args: &TestArgs,
    claims: &[(&str, &str)],
    id: KeyId,
    secret: &Secret,
    now: Duration,
) -> Result<Asked, Failure> {
    let mut minter = Minter::hs256(KeyRing::single(id, secret.clone())).dangerously_short_secrets();
    minter = match &args.issuer {
        Some(issuer) => minter.issuer(issuer),
        None => minter.dangerously_without_issuer(),
    };
    minter = match &args.audience {
        Some(audience) => minter.audience(audience),
        None => minter.dangerously_without_audience(),
    };
    let minter = minter.build().map_err(Failure::usage)?;
    let mut members = serde_json::Map::new();
    for (name, text) in [("sub", args.subject.as_str())].iter().chain(claims) {
        if members.insert((*name).to_owned(), (*text).into()).is_some() {
            return Err(Failure::usage("--claim: says one twice"));
        }
    }
    let token = minter.mint(&members, Lifetime::minutes::<1>(), now).map_err(Failure::usage)?;
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, token.to_header());
    Ok(Asked { method: Method::GET, headers, body: Vec::new() })
}

/// A webhook that tells of nothing.
fn signed(
    args: &TestArgs,
    scheme: &Scheme,
    secret: &Secret,
    now: Duration,
) -> Result<Asked, Failure> {
    let (kind, body) = match scheme.name() {
        "twilio" => ("application/x-www-form-urlencoded", FORM),
        name if name.starts_with("vapi") => (JSON, VAPI),
        _ => (JSON, "{}"),
    };
    let url = args.public_url.as_deref().unwrap_or(&args.url);
    let mut message = Message::new(body.as_bytes(), now).method(Method::POST).url(url);
    if scheme.id().is_some() {
        message = message.id(MESSAGE_ID);
    }
    let mut headers = scheme.sign(secret, &message).map_err(Failure::usage)?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if scheme.name().starts_with("github") {
        // What GitHub sends when a webhook is set up, to see whether it works.
        headers.insert(HeaderName::from_static("x-github-event"), HeaderValue::from_static("ping"));
    }
    Ok(Asked { method: Method::POST, headers, body: body.as_bytes().to_vec() })
}

const BEARER: &str = "bearer";
const JSON: &str = "application/json";
const MESSAGE_ID: &str = "msg_rempart-keys-test";

/// The assistant took long to answer: a message of Vapi that asks for nothing to be kept.
const VAPI: &str = r#"{"message":{"type":"hang"}}"#;

const FORM: &str = "SmsStatus=delivered";
