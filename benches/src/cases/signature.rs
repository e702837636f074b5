use std::time::Duration;

use aws_lc_rs::hmac as aws;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, Uri};
use rempart_core::{Clock, SystemClock};
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_signature::{Head, Message, Policy, Scheme, verify};
use sha2::Sha256;
use svix::webhooks::Webhook;

use crate::{Case, Ceiling, Runner, Side};

/// Made up for this page.
const KEY: &[u8; 24] = b"not-a-secret-but-a-bench";

/// A call report, as long as is asked for.
fn body(length: usize) -> Bytes {
    let report =
        br#"{"type":"end-of-call-report","transcript":"bonjour, une estimation","cost":0.0123},"#;
    report.iter().copied().cycle().take(length).collect::<Vec<u8>>().into()
}

fn policy() -> Policy {
    let secret = Secret::new(KEY).expect("a secret that is not empty");
    let ring = KeyRing::single(KeyId::new("bench").expect("a name"), secret);
    Policy::builder("bench")
        .scheme(Scheme::svix().with_secret_form(rempart_signature::SecretForm::Text))
        .keys(ring)
        .body_limit(u64::MAX)
        .dangerously_without_read_deadline()
        .build()
        .expect("a policy without a fault")
}

/// The headers of a message that was signed four minutes ahead, so that it lasts.
fn signed(body: &[u8]) -> HeaderMap {
    let at = SystemClock.unix() + Duration::from_mins(4);
    let message = Message::new(body, Duration::from_secs(at.as_secs())).id("msg_made_up_for_this");
    let secret = Secret::new(KEY).expect("a secret that is not empty");
    policy()
        .scheme()
        .expect("a scheme")
        .sign(&secret, &message)
        .expect("a message that has what the scheme signs")
}

fn ours(length: usize) -> Runner {
    let (policy, body) = (policy(), body(length));
    let (headers, uri) = (signed(&body), Uri::from_static("/hooks"));
    Runner::new(
        move || {
            let head = Head::new(&Method::POST, &uri, &headers);
            verify(&policy, &head, &body, SystemClock.unix()).is_ok()
        },
        |accepted| format!("accepted: {accepted}"),
    )
}

fn svix(length: usize) -> Runner {
    let (webhook, body) = (Webhook::from_bytes(KEY.to_vec()).expect("a key"), body(length));
    let headers = signed(&body);
    Runner::new(
        move || webhook.verify(&body, &headers).is_ok(),
        |accepted| format!("accepted: {accepted}"),
    )
}

/// The mathematics alone, by the backend that we use.
fn bare_hmac(length: usize, project: fn(&[u8]) -> String) -> Runner {
    let (key, body) = (Hmac::<Sha256>::new_from_slice(KEY).expect("any length"), body(length));
    Runner::new(
        move || {
            let mut mac = key.clone();
            mac.update(&body);
            mac.finalize().into_bytes()
        },
        move |tag| project(tag),
    )
}

/// The same by another backend: what shows that ours runs on the hardware.
fn aws_hmac(length: usize) -> Runner {
    let (key, body) = (aws::Key::new(aws::HMAC_SHA256, KEY), body(length));
    Runner::new(move || aws::sign(&key, &body), |tag| hex(tag.as_ref()))
}

fn against_svix(name: &'static str, length: usize) -> Case {
    Case {
        name,
        bare: Side::nothing(),
        ours: Side::new("rempart-signature", move || ours(length)),
        rival: Some(Side::new("svix 2.9 Webhook::verify", move || svix(length))),
        projection: "whether a genuine message is accepted",
        ceilings: vec![Ceiling::TimeOfRival(0.2), Ceiling::Allocations(0.0)],
    }
}

fn against_hmac(name: &'static str, length: usize, times: f64) -> Case {
    Case {
        name,
        bare: Side::nothing(),
        ours: Side::new("rempart-signature", move || ours(length)),
        rival: Some(Side::new("the bare pre-keyed HMAC", move || {
            bare_hmac(length, |_| "accepted: true".to_owned())
        })),
        projection: "whether a genuine message is accepted (the HMAC compares nothing)",
        ceilings: vec![Ceiling::InstructionsOverRival(2_600.0), Ceiling::TimeOfRival(times)],
    }
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        against_svix("signature/svix/1k", 1024),
        against_svix("signature/svix/16k", 16 * 1024),
        against_svix("signature/svix/1m", 1024 * 1024),
        against_hmac("signature/hmac/1k", 1024, 1.4),
        against_hmac("signature/hmac/16k", 16 * 1024, 1.05),
        against_hmac("signature/hmac/1m", 1024 * 1024, 1.01),
        Case {
            name: "signature/backend/1m",
            bare: Side::nothing(),
            ours: Side::new("hmac and sha2", || bare_hmac(1024 * 1024, hex)),
            rival: Some(Side::new("aws-lc-rs 1.19", || aws_hmac(1024 * 1024))),
            projection: "the tag",
            ceilings: vec![Ceiling::TimeOfRival(1.05)],
        },
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
