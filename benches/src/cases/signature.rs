mod layer;

use std::collections::HashMap;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aws_lc_rs::hmac as aws;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, Uri};
use rempart_core::{Clock, SystemClock};
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_signature::{
    Claim, Claimed, Decision, Head, MemoryReplayStore, Message, Policy, ReplayKey, ReplayStore,
    Reply, Scheme, Settled, decide, verify,
};
use sha2::Sha256;
use standardwebhooks::Webhook as StandardWebhook;
use svix::webhooks::Webhook;

use crate::drive::Xorshift;
use crate::{Case, Ceiling, Runner, Side};

/// Made up for this page.
const KEY: &[u8; 24] = b"not-a-secret-but-a-bench";

/// A call report, as long as is asked for.
fn body(length: usize) -> Bytes {
    let report =
        br#"{"type":"end-of-call-report","transcript":"bonjour, une estimation","cost":0.0123},"#;
    report.iter().copied().cycle().take(length).collect::<Vec<u8>>().into()
}

fn policy(scheme: Scheme) -> Policy {
    let secret = Secret::new(KEY).expect("a secret that is not empty");
    let ring = KeyRing::single(KeyId::new("bench").expect("a name"), secret);
    Policy::builder("bench")
        .scheme(scheme.with_secret_form(rempart_signature::SecretForm::Text))
        .keys(ring)
        .body_limit(u64::MAX)
        .dangerously_without_read_deadline()
        .build()
        .expect("a policy without a fault")
}

/// The headers of a message that was signed four minutes ahead, so that it lasts.
fn signed(policy: &Policy, body: &[u8]) -> HeaderMap {
    let at = SystemClock.unix() + Duration::from_mins(4);
    let message = Message::new(body, Duration::from_secs(at.as_secs())).id("msg_made_up_for_this");
    let secret = Secret::new(KEY).expect("a secret that is not empty");
    policy
        .scheme()
        .expect("a scheme")
        .sign(&secret, &message)
        .expect("a message that has what the scheme signs")
}

fn ours(scheme: Scheme, length: usize, now: impl Fn() -> Duration + 'static) -> Runner {
    let (policy, body) = (policy(scheme), body(length));
    let (headers, uri) = (signed(&policy, &body), Uri::from_static("/hooks"));
    Runner::new(
        move || {
            let head = Head::new(&Method::POST, &uri, &headers);
            verify(&policy, &head, &body, now()).is_ok()
        },
        |accepted| format!("accepted: {accepted}"),
    )
}

fn svix(length: usize) -> Runner {
    let (webhook, body) = (Webhook::from_bytes(KEY.to_vec()).expect("a key"), body(length));
    let headers = signed(&policy(Scheme::svix()), &body);
    Runner::new(
        move || webhook.verify(&body, &headers).is_ok(),
        |accepted| format!("accepted: {accepted}"),
    )
}

fn standard(length: usize) -> Runner {
    let webhook = StandardWebhook::from_bytes(KEY.to_vec()).expect("a key");
    let body = body(length);
    let headers = signed(&policy(Scheme::standard_webhooks()), &body);
    Runner::new(
        move || webhook.verify(&body, &headers).is_ok(),
        |accepted| format!("accepted: {accepted}"),
    )
}

/// So many frames, one after the other: what a body is that comes over a wire.
const FRAMES: usize = 64;
const FRAME: usize = 16 * 1024;

fn ours_by_frames() -> Runner {
    let (policy, body) = (policy(Scheme::svix()), body(FRAMES * FRAME));
    let (headers, uri, now) =
        (signed(&policy, &body), Uri::from_static("/hooks"), SystemClock.unix());
    let accepts = move || {
        let head = Head::new(&Method::POST, &uri, &headers);
        let Decision::Read(mut verification) = decide(&policy, &head, now) else { return false };
        let taken = body.chunks(FRAME).try_for_each(|frame| verification.update(frame));
        taken.is_ok() && verification.finish(&head, now, || body.as_ref().into()).is_ok()
    };
    Runner::new(accepts, |accepted| format!("accepted: {accepted}"))
}

fn hmac_by_frames() -> Runner {
    let key = Hmac::<Sha256>::new_from_slice(KEY).expect("any length");
    let body = body(FRAMES * FRAME);
    Runner::new(
        move || {
            let mut mac = key.clone();
            body.chunks(FRAME).for_each(|frame| mac.update(frame));
            mac.finalize().into_bytes()
        },
        |_| "accepted: true".to_owned(),
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
        ours: Side::new("rempart-signature", move || {
            ours(Scheme::svix(), length, || SystemClock.unix())
        }),
        rival: Some(Side::new("svix 2.9 Webhook::verify", move || svix(length))),
        projection: "whether a genuine message is accepted",
        ceilings: vec![Ceiling::TimeOfRival(0.2), Ceiling::Allocations(0.0)],
    }
}

fn against_standard(name: &'static str, length: usize) -> Case {
    Case {
        ours: Side::new("rempart-signature", move || {
            ours(Scheme::standard_webhooks(), length, || SystemClock.unix())
        }),
        rival: Some(Side::new("standardwebhooks 1.0 Webhook::verify", move || standard(length))),
        ..against_svix(name, length)
    }
}

fn against_hmac(name: &'static str, length: usize, times: f64) -> Case {
    Case {
        name,
        bare: Side::nothing(),
        // Neither asks the clock: who verifies is told the time, and mathematics has none.
        ours: Side::new("rempart-signature", move || {
            let now = SystemClock.unix();
            ours(Scheme::svix(), length, move || now)
        }),
        rival: Some(Side::new("the bare pre-keyed HMAC", move || {
            bare_hmac(length, |_| "accepted: true".to_owned())
        })),
        projection: "whether a genuine message is accepted (the HMAC compares nothing)",
        ceilings: vec![Ceiling::InstructionsOverRival(2_600.0), Ceiling::TimeOfRival(times)],
    }
}

/// Requests that nobody has sent before.
fn newcomers() -> impl FnMut() -> [u8; 16] {
    let mut random = Xorshift::new();
    move || {
        let mut key = [0; 16];
        for part in key.chunks_exact_mut(4) {
            part.copy_from_slice(&random.below(u32::MAX).to_le_bytes());
        }
        key
    }
}

/// What a store in memory replies, which is at once.
fn now<T>(reply: Reply<T>) -> T {
    match pin!(reply).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("there is nothing to wait for"),
    }
}

/// Done, unless this thread was kept waiting for longer than the lease.
fn done(reply: Reply<Settled>) {
    black_box(now(reply));
}

/// Claims for newcomers, in a table that is full of claims that have ended; `then` goes on.
fn claiming(mut then: impl FnMut(&MemoryReplayStore, Claim) + 'static) -> Runner {
    let store = MemoryReplayStore::default();
    let mut newcomer = newcomers();
    // Shorter than it takes to fill the table.
    let lease = Duration::from_millis(1);
    for _ in 0..2 * MemoryReplayStore::DEFAULT_CAPACITY {
        drop(now(store.claim(ReplayKey::from_bytes(newcomer()), lease)));
    }
    Runner::new(
        move || match now(store.claim(ReplayKey::from_bytes(newcomer()), lease)) {
            Claimed::Fresh(claim) => {
                then(&store, claim);
                true
            }
            _ => false,
        },
        |fresh| format!("new: {fresh}"),
    )
}

/// One of so many messages that were handled.
const HANDLED: u32 = 65_536;

fn handled(n: u32) -> [u8; 16] {
    (u128::from(n) << 96 | u128::from(n)).to_le_bytes()
}

fn claiming_again() -> Runner {
    let store = MemoryReplayStore::default();
    let hour = Duration::from_hours(1);
    for n in 0..HANDLED {
        if let Claimed::Fresh(claim) = now(store.claim(ReplayKey::from_bytes(handled(n)), hour)) {
            now(store.commit(claim, hour));
        }
    }
    let mut random = Xorshift::new();
    Runner::new(
        move || {
            let key = ReplayKey::from_bytes(handled(random.below(HANDLED)));
            matches!(now(store.claim(key, hour)), Claimed::Fresh(_))
        },
        |new| format!("new: {new}"),
    )
}

fn inserting_again() -> Runner {
    let map = (0..HANDLED).map(|n| (handled(n), (1, 2)));
    let map: Mutex<HashMap<_, (u128, u64)>> = Mutex::new(map.collect());
    let mut random = Xorshift::new();
    Runner::new(
        move || {
            let at = SystemClock.ticks();
            let mut map = map.lock().expect("a lock that nobody poisons");
            map.insert(handled(random.below(HANDLED)), (1, at)).is_none()
        },
        |new| format!("new: {new}"),
    )
}

/// What a store that is shared and forgets does at the least: so many new keys, in a map that has
/// room for them, each under the lock and with the time.
fn inserting(times: usize) -> Runner {
    let capacity = MemoryReplayStore::DEFAULT_CAPACITY;
    let map: Mutex<HashMap<[u8; 16], (u128, u64)>> = Mutex::new(HashMap::with_capacity(capacity));
    let mut newcomer = newcomers();
    let mut insert = move || {
        let at = SystemClock.ticks();
        let mut map = map.lock().expect("a lock that nobody poisons");
        if map.len() == capacity {
            map.clear();
        }
        map.insert(newcomer(), (1, at)).is_none()
    };
    for _ in 0..capacity / 2 {
        insert();
    }
    Runner::new(
        move || (0..times).fold(true, |new, _| insert() && new),
        |new| format!("new: {new}"),
    )
}

fn against_a_map(name: &'static str, inserts: usize, ours: fn() -> Runner) -> Case {
    Case {
        name,
        bare: Side::nothing(),
        ours: Side::new("MemoryReplayStore", ours),
        rival: Some(Side::new("HashMap::insert, locked and timed", move || inserting(inserts))),
        projection: "whether the key is new",
        ceilings: vec![Ceiling::TimeOfRival(1.5), Ceiling::Allocations(0.0)],
    }
}

/// What a frame more may cost beside its bytes, in instructions; the README of the crate says 160.
const A_FRAME: f64 = 175.0;

pub(super) fn cases() -> Vec<Case> {
    vec![
        against_a_map("signature/replay/claim", 1, || claiming(|_, _| {})),
        against_a_map("signature/replay/claim-commit", 2, || {
            claiming(|store, claim| done(store.commit(claim, Duration::from_millis(1))))
        }),
        against_a_map("signature/replay/claim-release", 2, || {
            claiming(|store, claim| done(store.release(claim)))
        }),
        against_svix("signature/svix/1k", 1024),
        against_svix("signature/svix/16k", 16 * 1024),
        against_svix("signature/svix/1m", 1024 * 1024),
        against_standard("signature/standardwebhooks/1k", 1024),
        against_standard("signature/standardwebhooks/16k", 16 * 1024),
        against_standard("signature/standardwebhooks/1m", 1024 * 1024),
        against_hmac("signature/hmac/1k", 1024, 1.4),
        against_hmac("signature/hmac/16k", 16 * 1024, 1.05),
        against_hmac("signature/hmac/1m", 1024 * 1024, 1.01),
        Case {
            name: "signature/frames/64",
            bare: Side::nothing(),
            ours: Side::new("rempart-signature, 64 frames of 16 KiB", ours_by_frames),
            rival: Some(Side::new("the bare pre-keyed HMAC, fed alike", hmac_by_frames)),
            projection: "whether a genuine message is accepted (the HMAC compares nothing)",
            ceilings: vec![
                Ceiling::InstructionsOverRival(2_600.0 + 63.0 * A_FRAME),
                Ceiling::Allocations(0.0),
            ],
        },
        layer::case(),
        Case {
            name: "signature/replay/done",
            bare: Side::nothing(),
            ours: Side::new("MemoryReplayStore", claiming_again),
            rival: Some(Side::new("HashMap::insert, locked and timed", inserting_again)),
            projection: "whether the key is new",
            ceilings: vec![Ceiling::TimeOfRival(1.5), Ceiling::Allocations(0.0)],
        },
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
