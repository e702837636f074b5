//! What a verification allocates: nothing, and the layer what it puts into the request.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody};
use rempart_keys::{Key, KeyId, KeyRing, Secret};
use rempart_signature::{
    Algorithm, BodyToken, Claimed, Coverage, Head, ItemSignatures, MemoryReplayStore, Message,
    Policy, PolicyBuilder, ReplayKey, ReplayStore, Scheme, SecretForm, Settled, SignatureLayer,
    Verified, verify,
};
use rempart_testing::alloc::{Counting, Counts, assert_counting, count};
use tower::{Layer, Service, service_fn};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NOW: Duration = Duration::from_secs(1_700_000_000);
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn secret(scheme: &Scheme, n: usize) -> String {
    let secret = if n == 0 { SECRET } else { "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o" };
    let nth = if n == 0 { String::new() } else { n.to_string() };
    let prefix = match scheme.secret_form() {
        SecretForm::Base64List { .. } => "v1,",
        SecretForm::Basic => "made-up-user:",
        _ => "",
    };
    [prefix, secret, &nth].concat()
}

fn ring(scheme: &Scheme, keys: usize) -> KeyRing {
    let first = Secret::new(secret(scheme, 0)).unwrap();
    let ring = KeyRing::single(KeyId::new("k0").unwrap(), first);
    (1..keys).fold(ring, |ring, n| {
        let id = KeyId::new(&format!("k{n}")).unwrap();
        let secret = secret(scheme, n);
        ring.add(Key::new(id, Secret::new(secret).unwrap())).unwrap()
    })
}

fn builder(scheme: Scheme, keys: usize) -> PolicyBuilder {
    let ring = ring(&scheme, keys);
    Policy::builder("test")
        .scheme(scheme)
        .dangerously_accept_coverage(Coverage::None)
        .keys(ring)
        .public_url("https://api.example.test".parse().unwrap())
        .timer(ManualClock::default())
}

fn policy(scheme: Scheme, keys: usize) -> Policy {
    builder(scheme, keys).build().unwrap()
}

fn sign(scheme: &Scheme, body: &[u8]) -> HeaderMap {
    let message = Message::new(body, NOW).id("msg_1").url("https://api.example.test/hooks");
    let headers = scheme.sign(&Secret::new(secret(scheme, 0)).unwrap(), &message).unwrap();
    // A value that was cloned once counts references, as those do that a server cuts from its
    // buffer.
    drop(headers.clone());
    headers
}

/// The presets that verify with a secret.
fn symmetric() -> impl Iterator<Item = Scheme> {
    Scheme::presets().filter(|scheme| scheme.algorithm().is_mac())
}

/// A body of that length, with the time that a scheme may read there.
fn json(length: usize) -> Vec<u8> {
    let mut body = br#"{"webhookTimestamp":1700000000000,"padding":""#.to_vec();
    body.resize(length, b'a');
    body.extend(b"\"}");
    body
}

#[test]
fn verifying_allocates_nothing() {
    assert_counting();
    let body = json(100_000);
    let uri = Uri::from_static("/hooks");
    // A list of parameters, the box of a long state, and an id that stands in the body.
    let stated = ["twilio", "paystack", "mailgun"];
    for scheme in symmetric().filter(|scheme| !stated.contains(&scheme.name())) {
        for keys in [1, 2] {
            let headers = sign(&scheme, &body);
            let policy = policy(scheme.clone(), keys);
            let head = Head::new(&Method::POST, &uri, &headers);
            let (verdict, counts) = count(|| verify(&policy, &head, &body, NOW));
            assert!(verdict.is_ok(), "{}: {verdict:?}", scheme.name());
            assert_eq!(counts, Counts::default(), "{}, {keys} keys", scheme.name());
            let (verdict, counts) = count(|| verify(&policy, &head, &body[1..], NOW));
            assert_eq!(verdict.is_err(), scheme.coverage() == Coverage::Body);
            assert_eq!(counts, Counts::default(), "{}, {keys} keys, refused", scheme.name());
        }
    }
}

#[test]
fn a_long_tag_is_kept_outside_and_so_is_the_state_of_each_key() {
    assert_counting();
    let uri = Uri::from_static("/hooks");
    let headers = sign(&Scheme::paystack(), b"{}");
    for keys in [1, 2] {
        let policy = policy(Scheme::paystack(), keys);
        let head = Head::new(&Method::POST, &uri, &headers);
        let (verdict, counts) = count(|| verify(&policy, &head, b"{}", NOW));
        assert!(verdict.is_ok());
        // The list of tags and the one in it; for each key its state, and what it computes.
        assert_eq!(counts.allocations, 2 + 2 * u64::try_from(keys).unwrap());
    }
}

#[test]
fn more_than_two_keys_or_signatures_take_one_allocation_each() {
    assert_counting();
    let uri = Uri::from_static("/hooks");
    let headers = sign(&Scheme::stripe(), b"{}");
    let policy = policy(Scheme::stripe(), 8);
    let head = Head::new(&Method::POST, &uri, &headers);
    let (verdict, counts) = count(|| verify(&policy, &head, b"{}", NOW));
    assert!(verdict.is_ok());
    // Two in place, then four and eight.
    assert!(counts.allocations <= 2, "{counts:?}");
}

/// A body of so many items as Adyen sends them, each signed with this key.
fn items(count: usize) -> (Secret, Vec<u8>) {
    let key = Secret::new("6d6164652d75702d666f722d7468652d74657374732d6f6e6c792d3031").unwrap();
    let item = |nth: usize| {
        format!(
            r#"{{"NotificationRequestItem":{{"pspReference":"made-up-{nth}","originalReference":"",
            "merchantAccountCode":"TestMerchant","merchantReference":"an order of a made-up shop",
            "amount":{{"value":1130,"currency":"EUR"}},"eventCode":"AUTHORISATION","success":"true"}}}}"#
        )
    };
    let items: Vec<_> = (0..count).map(item).collect();
    let body = format!(r#"{{"live":"false","notificationItems":[{}]}}"#, items.join(","));
    let signed = ItemSignatures::adyen().sign_body(&key, body.as_bytes()).unwrap();
    (key, signed)
}

#[test]
fn items_take_two_allocations_each_and_three_for_their_lists() {
    assert_counting();
    let (uri, headers) = (Uri::from_static("/hooks"), HeaderMap::new());
    // The list that they are read into has room for four, and grows by doubling.
    for (count_of, lists) in [(1, 3), (4, 3), (5, 4), (8, 4), (9, 5), (32, 6)] {
        let (key, body) = items(count_of);
        let mut wrong = body.clone();
        let place = body.windows(4).position(|text| text == b"1130").unwrap();
        wrong[place] = b'2';
        let policy = Policy::builder("test")
            .item_signatures(ItemSignatures::adyen())
            .dangerously_accept_coverage(Coverage::Fields)
            .keys(KeyRing::single(KeyId::new("k0").unwrap(), key))
            .timer(ManualClock::default())
            .build()
            .unwrap();
        let head = Head::new(&Method::POST, &uri, &headers);
        let each = 2 * u64::try_from(count_of).unwrap();
        let (verdict, counts) = count(|| verify(&policy, &head, &body, NOW));
        assert_eq!(verdict.unwrap().items().unwrap().iter().count(), count_of);
        assert_eq!(counts.allocations, lists + each, "{count_of} items");
        let (verdict, counts) = count(|| verify(&policy, &head, &wrong, NOW));
        assert!(verdict.is_err());
        // The list that a handler would have read.
        assert_eq!(counts.allocations, lists - 1 + each, "{count_of} items, refused");
    }
}

#[test]
fn a_token_takes_four_allocations_and_one_for_each_name_in_it() {
    assert_counting();
    let uri = Uri::from_static("/hooks");
    let key = Key::new(KeyId::new("k0").unwrap(), Secret::new(SECRET).unwrap());
    let named = || BodyToken::vonage().with_key_names();
    let longer = || BodyToken::vonage().with_algorithm(Algorithm::HmacSha512);
    #[rustfmt::skip]
    let rows = [
        // The request's state, and the three parts of the token.
        ("livekit",                  BodyToken::livekit("APImadeup"), None,          4),
        ("netlify",                  BodyToken::netlify(),            None,          4),
        ("vonage",                   BodyToken::vonage(),             None,          4),
        ("an id",                    BodyToken::vonage(),             Some("msg_1"), 5),
        ("an id and a key's name",   named(),                         Some("msg_1"), 6),
        ("the state of a longer MAC", longer(),                       None,          5),
    ];
    let body = json(100_000);
    for (row, token, id, want) in rows {
        let message = Message::new(&body, NOW);
        let message = match id {
            Some(id) => message.id(id),
            None => message,
        };
        let headers = token.sign(&key, &message).unwrap();
        let policy = Policy::builder("test")
            .body_token(token)
            .keys(KeyRing::single(key.id(), key.secret().clone()))
            .timer(ManualClock::default())
            .build()
            .unwrap();
        let head = Head::new(&Method::POST, &uri, &headers);
        let (verdict, counts) = count(|| verify(&policy, &head, &body, NOW));
        assert!(verdict.is_ok(), "{row}: {verdict:?}");
        assert_eq!(counts.allocations, want, "{row}");
        let (verdict, counts) = count(|| verify(&policy, &head, &body[1..], NOW));
        assert!(verdict.is_err());
        assert_eq!(counts.allocations, want, "{row}, another body");
    }
}

/// Calls the layer with one poll, and counts.
fn through_the_layer(
    policy: Policy,
    headers: HeaderMap,
    body: Bytes,
) -> (http::StatusCode, Counts) {
    let handler = service_fn(|request: Request<RequestBody<Full<Bytes>>>| {
        let verified = request.extensions().get::<Verified>().is_some();
        std::future::ready(if verified { Ok(Response::new(())) } else { Err(()) })
    });
    let layer = SignatureLayer::new(policy).clock(ManualClock::at(NOW)).observer(());
    let mut service = layer.layer(handler);
    let mut request = Request::post("/hooks").body(Full::new(body)).unwrap();
    *request.headers_mut() = headers;
    // As a layer outside has put the client's address there.
    request.extensions_mut().insert(());
    let mut cx = Context::from_waker(Waker::noop());
    let mut serve = || {
        let mut future = std::pin::pin!(service.call(std::mem::take(&mut request)));
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(response) => response.unwrap().status(),
            Poll::Pending => panic!("there is nothing to wait for"),
        }
    };
    count(&mut serve)
}

#[test]
fn the_layer_allocates_the_mark_and_the_list_of_frames() {
    assert_counting();
    let body = Bytes::from(vec![b'a'; 100_000]);
    for scheme in [Scheme::standard_webhooks(), Scheme::github()] {
        let headers = sign(&scheme, &body);
        let (status, counts) =
            through_the_layer(policy(scheme.clone(), 1), headers.clone(), body.clone());
        assert_eq!(status, http::StatusCode::OK);
        // `Verified` in its extension, and the list that replays the body: no byte of the body.
        assert_eq!(counts.allocations, 2);
        assert!(counts.bytes < 512, "{counts:?}");
        // To look for replays in memory takes no more, whether the message's id is signed or not.
        let replays = builder(scheme, 1).replay(MemoryReplayStore::default());
        let policy = replays.replay_ttl(Duration::from_secs(600)).build().unwrap();
        let (status, with_replays) =
            through_the_layer(policy.clone(), headers.clone(), body.clone());
        assert_eq!((status, with_replays), (http::StatusCode::OK, counts));
        assert!(policy.replay_ttl().is_some());
    }
}

/// The memory that the README states: all of it at once, and nothing for any operation.
#[test]
fn a_replay_store_of_100_000_entries_takes_less_than_8_mib_once() {
    const ENTRIES: u32 = 100_000;
    assert_counting();
    let (lease, ttl) = (Duration::from_secs(60), Duration::from_secs(600));
    let clock = ManualClock::default();
    let (store, made) = count(MemoryReplayStore::default);
    assert!(made.bytes < 8 * 1024 * 1024, "{made:?}");
    assert!(store.bytes().abs_diff(usize::try_from(made.bytes).unwrap()) < 4096);
    let store = store.clock(clock.clone());
    let claim = |store: &MemoryReplayStore, n: u32| {
        let key = ReplayKey::from_bytes((u128::from(n) << 64 | u128::from(n)).to_le_bytes());
        match std::pin::pin!(store.claim(key, lease)).poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(claimed) => claimed,
            Poll::Pending => panic!("there is nothing to wait for"),
        }
    };
    let settled = |reply: rempart_signature::Reply<Settled>| {
        let settled = std::pin::pin!(reply).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(settled, Poll::Ready(Settled::Applied));
    };
    // Filled twice over, the second time with what has taken the place of the first.
    for round in 0..2 {
        let ((), counts) = count(|| {
            for n in 0..ENTRIES {
                let Claimed::Fresh(claim) = claim(&store, round * ENTRIES + n) else {
                    panic!("{n} of {ENTRIES}")
                };
                match n % 3 {
                    0 => settled(store.commit(claim, ttl)),
                    _ => settled(store.release(claim)),
                }
            }
            for n in 0..ENTRIES {
                if n % 3 != 0 {
                    assert!(matches!(claim(&store, round * ENTRIES + n), Claimed::Fresh(_)), "{n}");
                }
            }
            assert!(matches!(claim(&store, u32::MAX), Claimed::Unavailable));
            assert!(matches!(claim(&store, round * ENTRIES), Claimed::Done));
            assert!(matches!(claim(&store, round * ENTRIES + 1), Claimed::InFlight));
        });
        assert_eq!(counts, Counts::default());
        clock.advance(ttl + ttl / 32);
    }
}

#[test]
fn a_refusal_does_not_allocate_by_what_was_sent() {
    assert_counting();
    let refuse = |signature: String, body: Bytes| {
        let mut headers = sign(&Scheme::standard_webhooks(), b"{}");
        headers.insert("webhook-signature", signature.try_into().unwrap());
        let policy = policy(Scheme::standard_webhooks(), 1);
        let (status, counts) = through_the_layer(policy, headers, body);
        assert_eq!(status, http::StatusCode::UNAUTHORIZED);
        counts
    };
    // The first renders the problem, once for the process.
    refuse("v1,x".to_owned(), Bytes::new());
    let small = refuse("v1,x".to_owned(), Bytes::new());
    let large = refuse("v1,x ".repeat(5000), Bytes::from(vec![0; 1_000_000]));
    assert_eq!(small, large);
}
