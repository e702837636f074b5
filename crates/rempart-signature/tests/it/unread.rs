//! What is refused without a look at the body: for every preset, with a body that must not be
//! touched.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::Full;
use rempart_core::{ManualClock, Reason, RequestBody};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Coverage, Decision, Head, Message, Policy, Rejection, Scheme, TimestampSource, decide, verify,
};
use rempart_testing::strict;
use tower::{Layer, ServiceExt};

use crate::support::{NOW, id, key, layer, post};

/// Panics when it is polled.
pub(crate) struct Untouchable;

impl Body for Untouchable {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        panic!("the body was polled");
    }
}

/// Base64 behind a prefix, 32 bytes long and more: of every form.
const SECRET: &str = "whsec_bWFkZS11cC1mb3ItdGhlLXRlc3RzLW9ubHktMQ==";
const LISTED: &str = "v1,whsec_bWFkZS11cC1mb3ItdGhlLXRlc3RzLW9ubHktMQ==";
const URL: &str = "https://api.example.test";
const BODY: &[u8] = b"a=1";

/// Those whose head says all: what covers less than the body is another matter, and a time in the
/// body is judged when it is there.
fn presets() -> impl Iterator<Item = Scheme> {
    Scheme::presets()
        .filter(|scheme| scheme.coverage() == Coverage::Body && scheme.name() != "linear")
}

/// What signs for a scheme, and what verifies.
fn keys(scheme: &Scheme) -> (Secret, Secret) {
    let (private, public) = match scheme.algorithm().name() {
        "ed25519" => (include_str!("../keys/ed25519.pem"), include_str!("../keys/ed25519.pub.pem")),
        "ecdsa-p256-sha256" => {
            (include_str!("../keys/p256.pem"), include_str!("../keys/p256.pub.pem"))
        }
        _ if scheme.name() == "supabase-auth" => (LISTED, LISTED),
        _ => (SECRET, SECRET),
    };
    (Secret::new(private.trim()).unwrap(), Secret::new(public.trim()).unwrap())
}

fn policy(scheme: &Scheme) -> Policy {
    Policy::builder("test")
        .scheme(scheme.clone())
        .keys(KeyRing::single(id("current"), keys(scheme).1))
        .public_url(URL.parse().unwrap())
        .timer(ManualClock::at(NOW))
        .build()
        .unwrap()
}

fn signed(scheme: &Scheme, body: &[u8], at: Duration) -> HeaderMap {
    let url = format!("{URL}/hooks?a=1");
    let message = Message::new(body, at).url(&url).id("msg_1");
    let mut headers = scheme.sign(&keys(scheme).0, &message).unwrap();
    headers.insert("content-type", FORM);
    headers
}

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// What becomes of it, before its body is touched.
async fn refused(scheme: &Scheme, headers: HeaderMap) -> Option<Reason> {
    let clock = ManualClock::at(NOW);
    let (layer, recorder) = layer(policy(scheme), &clock);
    let service = strict(|_: Request<RequestBody<Untouchable>>| async {
        Response::new(Full::<Bytes>::default())
    });
    let response = layer.layer(service).oneshot(post(headers, Untouchable)).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{}", scheme.name());
    recorder.reasons().into_iter().next().unwrap()
}

/// Cuts, pads and replaces the value of a header.
fn misshapen(good: &HeaderValue) -> Vec<HeaderValue> {
    let text = good.to_str().unwrap();
    let cut = text.strip_suffix('=').unwrap_or(text);
    let values = [
        String::new(),
        "x".to_owned(),
        cut[..cut.len() - 1].to_owned(),
        format!("{text}0"),
        format!("{text}zz"),
        "0".repeat(Scheme::MAX_HEADER + 1),
        "é".to_owned(),
    ];
    values.iter().map(|value| HeaderValue::from_bytes(value.as_bytes()).unwrap()).collect()
}

#[tokio::test]
async fn an_unsigned_or_misshapen_request_is_refused_unread_by_every_preset() {
    for scheme in presets() {
        let name = scheme.name().to_owned();
        assert_eq!(refused(&scheme, HeaderMap::new()).await, Some(Reason::Missing), "{name}");
        let good = signed(&scheme, BODY, NOW);
        // Each header that was made by signing has to be there, once, and in its shape; unless it is
        // one that nobody signs.
        let required = good.keys().filter(|header| {
            let unsigned =
                scheme.id() == Some(*header) && !scheme.template().to_string().contains("{id}");
            !unsigned && *header != "content-type"
        });
        for header in required {
            let without: HeaderMap =
                good.iter().filter(|(other, _)| *other != header).map(own).collect();
            assert_eq!(refused(&scheme, without).await, Some(Reason::Missing), "{name}: {header}");
            let mut twice = good.clone();
            twice.append(header, good[header].clone());
            assert_eq!(refused(&scheme, twice).await, Some(Reason::Duplicated), "{name}: {header}");
        }
        for value in misshapen(&good[scheme.header().unwrap()]) {
            let mut bad = good.clone();
            bad.insert(scheme.header().unwrap(), value.clone());
            let reason = refused(&scheme, bad).await;
            let shape = [Some(Reason::Malformed), Some(Reason::Missing)];
            assert!(shape.contains(&reason), "{name}, {value:?}: {reason:?}");
        }
    }
}

fn own((name, value): (&HeaderName, &HeaderValue)) -> (HeaderName, HeaderValue) {
    (name.clone(), value.clone())
}

#[tokio::test]
async fn a_stale_or_misdated_request_is_refused_unread_by_every_preset() {
    let mut timed = 0;
    for scheme in presets() {
        let Some(timestamp) = scheme.timestamp() else { continue };
        let window = timestamp.accepted();
        let second = Duration::from_secs(1);
        let stale = signed(&scheme, BODY, NOW.saturating_sub(window.past() + second));
        let early = signed(&scheme, BODY, NOW + window.future() + second);
        let name = scheme.name();
        assert_eq!(refused(&scheme, stale).await, Some(Reason::StaleTimestamp), "{name}");
        assert_eq!(refused(&scheme, early).await, Some(Reason::FutureTimestamp), "{name}");
        if let TimestampSource::Header(header) = timestamp.source() {
            for text in ["", "x", "-1", "1e9", "99999999999999999999"] {
                let mut bad = signed(&scheme, BODY, NOW);
                bad.insert(header, HeaderValue::from_static(text));
                assert_eq!(refused(&scheme, bad).await, Some(Reason::Malformed), "{name}: {text}");
            }
        }
        timed += 1;
    }
    assert!(timed >= 9, "{timed}");
}

/// `t=…` and so many signatures, all but the last of them nobody's.
fn stripe(candidates: usize, body: &[u8]) -> HeaderMap {
    let mut headers =
        Scheme::stripe().sign(&Secret::new(SECRET).unwrap(), &Message::new(body, NOW)).unwrap();
    let value = headers["stripe-signature"].to_str().unwrap();
    let (time, good) = value.split_once(',').unwrap();
    let forged = (1..candidates).map(|nth| format!("v1={nth:064x}"));
    let list: Vec<_> =
        [time.to_owned()].into_iter().chain(forged).chain([good.to_owned()]).collect();
    let list = list.join(",");
    headers.insert("stripe-signature", list.try_into().unwrap());
    headers
}

/// The MACs that a verification computes: they are all that hashes the body, each once.
fn macs(policy: &Policy, headers: &HeaderMap) -> Result<usize, Rejection> {
    let (method, uri) = (http::Method::POST, http::Uri::from_static("/hooks"));
    match decide(policy, &Head::new(&method, &uri, headers), NOW) {
        Decision::Read(verification) => Ok(format!("{verification:?}").matches("Mac(..)").count()),
        Decision::Refuse(rejection) => Err(rejection),
    }
}

#[test]
fn candidates_cost_no_macs() {
    let body = vec![b'a'; 1024 * 1024];
    let one = policy(&Scheme::stripe());
    let key = |nth: usize| key(&format!("k{nth}"), &format!("made-up-secret-number-{nth}"));
    let ring = KeyRing::single(id("k0"), key(0).secret().clone());
    let ring = (1..KeyRing::MAX_LIVE).fold(ring, |ring, nth| ring.add(key(nth)).unwrap());
    let eight = one.with_keys(ring).unwrap();
    for candidates in [1, 2, Scheme::MAX_SIGNATURES] {
        let headers = stripe(candidates, &body);
        assert_eq!(macs(&one, &headers), Ok(1), "{candidates} candidates, a key");
        assert_eq!(macs(&eight, &headers), Ok(8), "{candidates} candidates, eight keys");
        let (method, uri) = (http::Method::POST, http::Uri::from_static("/hooks"));
        let head = Head::new(&method, &uri, &headers);
        assert!(verify(&one, &head, &body, NOW).is_ok(), "the last of {candidates}");
    }
    // More than anybody sends are turned away with the head.
    for candidates in [Scheme::MAX_SIGNATURES + 1, 50, 5000] {
        let headers = stripe(candidates, &body);
        assert_eq!(macs(&one, &headers), Err(Rejection::Malformed), "{candidates} candidates");
    }
}
