//! Which messages are the same to a store, and when it is asked; the rest is the contract of every
//! layer.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use rempart_core::{ManualClock, Reason};
use rempart_signature::certified::{CertifiedBuilder, CertifiedLayer, CertifiedSender};
use rempart_signature::sns::{SnsMessage, SnsTerms};
use rempart_signature::{
    ConfigError, Head, MemoryReplayStore, Policy, ReplayKey, Verified, Window,
};
use rempart_testing::{Script, Step};

use super::{Always, CERTIFICATE, paypal, send, sns};
use crate::replay::rig::{Rig, Untouched};
use crate::replay::senders::Sender;
use crate::support::{BODY, NOW, post};

const HANDLED: (StatusCode, bool) = (StatusCode::NO_CONTENT, true);
const REPLAYED: (StatusCode, bool) = (StatusCode::OK, false);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_message_is_known_by_its_signed_id() {
    for sender in [Sender::PayPal, Sender::Sns] {
        let mut rig = Rig::of(sender);
        assert_eq!(rig.status(sender.message(1)).await, HANDLED);
        // Signed anew, at another time, in other pieces.
        assert_eq!(rig.status(sender.message_at(1, NOW + SECOND)).await, REPLAYED);
        let (headers, body) = sender.signed(1, NOW);
        let (front, back) = body.split_at(7);
        let pieces = Script::new().data(front.to_vec()).data(back.to_vec());
        assert_eq!(rig.status(post(headers, pieces)).await, REPLAYED);
        assert_eq!(rig.status(sender.message(2)).await, HANDLED, "{sender:?}");
    }
}

#[tokio::test]
async fn another_body_of_the_same_transmission_is_not_handled() {
    let mut rig = Rig::of(Sender::PayPal);
    assert_eq!(rig.status(Sender::PayPal.message(1)).await, HANDLED);
    // As good as forged: to the same checksum somebody has found another body.
    let (headers, _) = Sender::PayPal.signed(1, NOW);
    let other = collide(BODY);
    assert_ne!(other, BODY);
    assert_eq!(crc32fast::hash(&other), crc32fast::hash(BODY));
    assert_eq!(rig.status(post(headers, Script::new().data(other))).await, REPLAYED);
}

/// Another text of the same CRC-32: four bytes at the end are chosen so that it comes out.
fn collide(body: &[u8]) -> Vec<u8> {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let mut forged = b"{\"amount\":1}".to_vec();
    let mut state = !crc32fast::hash(&forged);
    let mut wanted = !crc32fast::hash(body);
    // Backwards by 32 bits from what is wanted.
    for _ in 0..32 {
        wanted = if wanted >> 31 == 1 { ((wanted ^ POLYNOMIAL) << 1) | 1 } else { wanted << 1 };
    }
    state ^= wanted;
    forged.extend(state.to_le_bytes());
    forged
}

#[tokio::test]
async fn neither_policies_nor_senders_share_messages() {
    let fetcher = Always::new(CERTIFICATE);
    let store = MemoryReplayStore::default;
    let key = |verified: Verified| verified.replay_key().unwrap();
    let of_sns = async |builder: CertifiedBuilder<SnsTerms>, at| {
        let (_, body) = sns::message(7, at);
        key(builder.replay(store()).build().unwrap().verify(&body, NOW).await.unwrap().1)
    };
    let named = |name: &str| sns::builder_of(name, &fetcher);
    let first: ReplayKey = of_sns(named("test"), NOW).await;
    assert_eq!(of_sns(named("test"), NOW + SECOND).await, first);
    assert_ne!(of_sns(named("other"), NOW).await, first);
    // The same id from another sender, to a policy of the same name.
    let paypal = paypal::builder(&fetcher).replay(store()).build().unwrap();
    let id = "22b80b92-fdea-4c2c-8f9d-000000000007";
    let headers = paypal::signed_as(id, "2023-11-14T22:13:20Z", BODY);
    let (method, uri) = (http::Method::POST, http::Uri::from_static("/paypal"));
    let verified = paypal.verify(&Head::new(&method, &uri, &headers), BODY, NOW).await.unwrap();
    assert_eq!(verified.signed_id(), Some(id));
    assert_ne!(key(verified), first);
    // Where nothing is remembered there is nothing to claim.
    let (_, body) = sns::message(7, NOW);
    let (_, verified) = named("test").build().unwrap().verify(&body, NOW).await.unwrap();
    assert_eq!(verified.replay_key(), None);
}

#[tokio::test]
async fn nothing_is_looked_up_before_the_signature_is_found_good() {
    let expired = include_str!("../../keys/expired.crt.pem");
    let layers = |certificate: &'static str| {
        let fetcher = Always::new(certificate);
        let sns = sns::builder(&fetcher).replay(Untouched).build().unwrap();
        let paypal = paypal::builder(&fetcher).replay(Untouched).build().unwrap();
        [(Sender::Sns, CertifiedLayer::new(sns)), (Sender::PayPal, CertifiedLayer::new(paypal))]
    };
    let refused = async |layer: &CertifiedLayer, headers: HeaderMap, body: Script| {
        let outcome = send::<Verified>(layer.clone(), headers, body).await;
        assert!(outcome.verified.is_none());
        outcome.reasons[0].unwrap()
    };
    for (sender, layer) in layers(CERTIFICATE) {
        let (headers, body) = sender.signed(1, NOW);
        let (other, _) = sender.signed(2, NOW);
        let changed = match sender {
            Sender::Sns => String::from_utf8(body.clone()).unwrap().replace("an order", "another"),
            _ => "{}".to_owned(),
        };
        let whole = || Script::new().data(body.clone());
        let stale = sender.signed(1, NOW.saturating_sub(3601 * SECOND));
        let rows = [
            ("unsigned", HeaderMap::new(), whole(), Reason::Missing),
            ("altered", headers.clone(), Script::new().data(changed), Reason::Mismatch),
            ("cut off", headers.clone(), whole().then(Step::Cut), Reason::CutOff),
            ("stale", stale.0, Script::new().data(stale.1), Reason::StaleTimestamp),
        ];
        for (why, headers, body, reason) in rows {
            assert_eq!(refused(&layer, headers, body).await, reason, "{sender:?}: {why}");
        }
        if sender == Sender::PayPal {
            let mut swapped = headers.clone();
            let name = "paypal-transmission-sig";
            swapped.insert(name, other[name].clone());
            assert_eq!(refused(&layer, swapped, whole()).await, Reason::Mismatch);
        }
    }
    for (certificate, reason) in [("none", Reason::KeysUnavailable), (expired, Reason::Expired)] {
        for (sender, layer) in layers(certificate) {
            let (headers, body) = sender.signed(1, NOW);
            let body = Script::new().data(body);
            assert_eq!(refused(&layer, headers, body).await, reason, "{sender:?}");
        }
    }
}

#[tokio::test]
async fn what_is_too_old_to_be_good_needs_no_memory() {
    for sender in [Sender::PayPal, Sender::Sns] {
        let mut rig = Rig::of(sender);
        assert_eq!(rig.status(sender.message(1)).await, HANDLED);
        rig.clock.advance(Window::DEFAULT.past() + SECOND);
        let late = rig.status(sender.message(1)).await;
        assert_eq!(late, (StatusCode::UNAUTHORIZED, false), "{sender:?}");
    }
}

/// SNS gives up at a 4xx: what may be good the next time is told with a 5xx.
#[tokio::test]
async fn sns_is_asked_to_come_again_where_others_are_told_their_fault() {
    for (sender, status) in [
        (Sender::PayPal, StatusCode::REQUEST_TIMEOUT),
        (Sender::Sns, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let clock = ManualClock::at(NOW);
        let fetcher = Always::new(CERTIFICATE);
        let layer = match sender {
            Sender::Sns => {
                CertifiedLayer::new(sns::builder(&fetcher).timer(clock.clone()).build().unwrap())
            }
            _ => {
                CertifiedLayer::new(paypal::builder(&fetcher).timer(clock.clone()).build().unwrap())
            }
        };
        let (headers, body) = sender.signed(1, NOW);
        let script = Script::new().data(body).then(Step::Stall);
        let sent = tokio::spawn(send::<SnsMessage>(layer, headers, script));
        tokio::task::yield_now().await;
        clock.advance(Policy::READ_DEADLINE);
        let outcome = sent.await.unwrap();
        assert_eq!((outcome.status, outcome.reasons), (status, vec![Some(Reason::TooSlow)]));
        let again = outcome.headers.contains_key(header::RETRY_AFTER);
        assert_eq!(again, sender == Sender::Sns);
    }
}

#[test]
fn a_policy_says_how_long_and_every_fault_of_it() {
    let fetcher = Always::nothing();
    let builder = || sns::builder(&fetcher);
    let store = || MemoryReplayStore::with_capacity(1).unwrap();
    let sender = CertifiedSender::from(builder().replay(store()).build().unwrap());
    assert_eq!(sender.replay_ttl(), Some(Duration::from_secs(7200)));
    assert_eq!(sender.replay_lease(), Some(Policy::REPLAY_LEASE));
    let without = CertifiedSender::from(builder().build().unwrap());
    assert_eq!((without.replay_ttl(), without.replay_lease()), (None, None));

    let least = Duration::from_secs(3660);
    let short = least.saturating_sub(Duration::from_nanos(1));
    let day = Duration::from_secs(86_400);
    let rows = [
        ("no store", builder().replay_ttl(day), ConfigError::ReplayWithoutStore),
        ("no store", builder().replay_lease(SECOND), ConfigError::ReplayWithoutStore),
        (
            "too short",
            builder().replay(store()).replay_ttl(short),
            ConfigError::ReplayTtlTooShort { ttl: short, least },
        ),
        (
            "too long",
            builder().replay(store()).replay_ttl(367 * day),
            ConfigError::ReplayTtlTooLong { ttl: 367 * day },
        ),
        (
            "long lease",
            builder().replay(store()).replay_lease(day),
            ConfigError::ReplayLease { lease: day },
        ),
    ];
    for (why, builder, wanted) in rows {
        assert!(builder.build().unwrap_err().iter().eq([&wanted]), "{why}");
    }
}
