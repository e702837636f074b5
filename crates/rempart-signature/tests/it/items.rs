//! Bodies whose items are signed one by one, as Adyen sends them.

mod config;
mod hostile;
mod model;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use rempart_core::{EventKind, ManualClock, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Coverage, ItemSignatures, MemoryReplayStore, Policy, PolicyBuilder, SignError, SignedItems,
};
use rempart_testing::Script;
use sha2::Sha256;

use crate::support::{NOW, Outcomes, id, key, post, send};

/// That of Adyen's documentation, and two that are made up.
const KEY: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
const OLD: &str = "6d6164652d75702d666f722d7468652d74657374732d6f6e6c792d3031";
const NOBODYS: &str = "6d6164652d75702d666f722d7468652d74657374732d6f6e6c792d3032";

/// The documentation's own item, but for its signature.
const ITEM: &str = r#""pspReference":"7914073381342284","merchantAccountCode":"TestMerchant","merchantReference":"TestPayment-1407325143704","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true""#;
const SIGNATURE: &str = "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=";

fn ring() -> KeyRing {
    KeyRing::single(id("current"), Secret::new(KEY).unwrap())
}

fn building() -> PolicyBuilder {
    Policy::builder("test")
        .item_signatures(ItemSignatures::adyen())
        .dangerously_accept_coverage(Coverage::Fields)
        .keys(ring())
        .timer(ManualClock::at(NOW))
}

fn policy() -> Policy {
    building().build().unwrap()
}

/// What a text is signed with, by hand.
fn mac(text: &str, hex: &str) -> String {
    let digit = |text: &str| u8::from_str_radix(text, 16).unwrap();
    let key: Vec<u8> = (0..hex.len() / 2).map(|nth| digit(&hex[2 * nth..2 * nth + 2])).collect();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// An item of these members and this signature.
fn item(members: &str, signature: &str) -> String {
    format!(
        r#"{{"NotificationRequestItem":{{"additionalData":{{"hmacSignature":"{signature}"}},{members}}}}}"#
    )
}

fn body(items: &[String]) -> String {
    format!(r#"{{"live":"false","notificationItems":[{}]}}"#, items.join(","))
}

/// The documentation's request.
fn good() -> String {
    body(&[item(ITEM, SIGNATURE)])
}

/// An item that says so of its payment, signed with a key.
fn numbered(nth: usize, key: &str) -> String {
    let members = ITEM.replace("7914073381342284", &format!("79140733813422{nth:02}"));
    let text = format!(
        "79140733813422{nth:02}::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true"
    );
    item(&members, &mac(&text, key))
}

async fn send_body(policy: &Policy, body: &str) -> Outcomes {
    send(policy.clone(), post(HeaderMap::new(), Script::new().data(body.to_owned()))).await
}

#[tokio::test]
async fn what_adyen_documents_is_let_through() {
    let outcome = send_body(&policy(), &good()).await;
    assert_eq!(outcome.status, StatusCode::OK);
    let verified = outcome.verified();
    assert_eq!((verified.scheme(), verified.key().as_str()), ("adyen", "current"));
    assert_eq!(verified.coverage(), Coverage::Fields);
    assert_eq!((verified.timestamp(), verified.signed_id()), (None, None));
    let items: Vec<_> = verified.items().unwrap().iter().collect();
    let fields: Vec<_> = items[0].iter().collect();
    #[rustfmt::skip]
    assert_eq!(fields, [
        ("pspReference",        "7914073381342284"),
        ("merchantAccountCode", "TestMerchant"),
        ("merchantReference",   "TestPayment-1407325143704"),
        ("amount.value",        "1130"),
        ("amount.currency",     "EUR"),
        ("eventCode",           "AUTHORISATION"),
        ("success",             "true"),
    ]);
    assert_eq!(items.len(), 1);
    assert_eq!(outcome.handled.unwrap().frames, [good()]);
    // As a signature reads, so is it made.
    let text =
        "7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true";
    assert_eq!(mac(text, KEY), SIGNATURE);
}

#[tokio::test]
async fn a_handler_finds_what_was_signed_in_the_extensions() {
    use http::{Request, Response};
    use rempart_core::RequestBody;
    use rempart_testing::strict;
    use tower::{Layer, ServiceExt};

    let clock = ManualClock::at(NOW);
    let (layer, _) = crate::support::layer(policy(), &clock);
    let service = strict(|request: Request<RequestBody<Script>>| async move {
        let items = request.extensions().get::<SignedItems>().unwrap();
        let event = items.iter().next().unwrap().get("eventCode").unwrap().to_owned();
        Response::new(http_body_util::Full::new(bytes::Bytes::from(event)))
    });
    let request = post(HeaderMap::new(), Script::new().data(good()));
    let response = layer.layer(service).oneshot(request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap();
    assert_eq!(body.to_bytes(), "AUTHORISATION");
}

#[tokio::test]
async fn every_item_has_to_be_signed() {
    let of = |keys: &[&str]| {
        let items: Vec<_> = keys.iter().enumerate().map(|(nth, key)| numbered(nth, key)).collect();
        body(&items)
    };
    let policy = policy();
    for count in [1, 2, 6, 32] {
        let outcome = send_body(&policy, &of(&vec![KEY; count])).await;
        assert_eq!(outcome.verified().items().unwrap().iter().count(), count);
        for forged in 0..count {
            let mut keys = vec![KEY; count];
            keys[forged] = NOBODYS;
            let outcome = send_body(&policy, &of(&keys)).await;
            assert_eq!(outcome.reason(), Some(Reason::Mismatch), "{forged} of {count}");
            assert!(outcome.handled.is_none());
        }
    }
    let outcome = send_body(&policy, &of(&[KEY; 33])).await;
    assert_eq!(outcome.reason(), Some(Reason::TooLarge));
    assert_eq!(outcome.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn old_and_new_keys_are_good_while_they_turn_and_one_signs_a_request() {
    let both = ring().add(key("old", OLD)).unwrap();
    let policy = building().keys(both.clone()).build().unwrap();
    for (secret, name) in [(KEY, "current"), (OLD, "old")] {
        let outcome = send_body(&policy, &body(&[numbered(1, secret), numbered(2, secret)])).await;
        assert_eq!(outcome.verified().key().as_str(), name);
    }
    let mixed = send_body(&policy, &body(&[numbered(1, KEY), numbered(2, OLD)])).await;
    assert_eq!(mixed.reason(), Some(Reason::Mismatch));

    let policy = building().keys(both.revoke(id("old")).unwrap()).build().unwrap();
    let outcome = send_body(&policy, &body(&[numbered(1, OLD)])).await;
    assert_eq!(outcome.status, StatusCode::UNAUTHORIZED);
    let kinds: Vec<_> = outcome.told.iter().map(|told| (told.kind, told.reason)).collect();
    let revoked = Some(Reason::RevokedKey);
    assert_eq!(kinds, [EventKind::Signature, EventKind::KeyRevokedUse].map(|kind| (kind, revoked)));
}

#[tokio::test]
async fn an_item_is_handled_once_and_never_in_another_company() {
    let store = MemoryReplayStore::default().clock(ManualClock::at(NOW));
    let day = std::time::Duration::from_secs(86_400);
    let policy = building().replay(store).replay_ttl(day).build().unwrap();
    let handled = |text: String| {
        let policy = policy.clone();
        async move { send_body(&policy, &text).await.handled.is_some() }
    };
    assert!(handled(body(&[numbered(1, KEY)])).await);
    assert!(!handled(body(&[numbered(1, KEY)])).await);
    // What is not signed makes no other item.
    let again = body(&[numbered(1, KEY)]).replace(r#""live":"false""#, r#""live":"true""#);
    assert!(!handled(again).await);
    assert!(handled(body(&[numbered(2, KEY)])).await);
    let outcome = send_body(&policy, &body(&[numbered(3, KEY), numbered(1, KEY)])).await;
    assert_eq!(outcome.reason(), Some(Reason::InsufficientCoverage));
    assert!(handled(body(&[numbered(3, KEY)])).await);
}

#[tokio::test]
async fn what_is_signed_verifies() {
    let secret = Secret::new(KEY).unwrap();
    let sign = |body: &str| {
        let signed = ItemSignatures::adyen().sign_body(&secret, body.as_bytes())?;
        Ok::<_, SignError>(String::from_utf8(signed).unwrap())
    };
    let bare =
        good().replace(&format!(r#""additionalData":{{"hmacSignature":"{SIGNATURE}"}},"#), "");
    let other =
        good().replace(r#"{"hmacSignature":"#, r#"{"a":[1,null,"\u00e9"],"hmacSignature":"#);
    for text in [bare, good(), other, good().replace("TestPayment", "\\u00e9:\\\\\\\"")] {
        let signed = sign(&text).unwrap();
        let outcome = send_body(&policy(), &signed).await;
        assert_eq!(outcome.status, StatusCode::OK, "{signed}");
    }
    assert!(sign(&good()).unwrap().contains(SIGNATURE));
    for text in ["", "[]", "{}", r#"{"notificationItems":{}}"#, r#"{"notificationItems":[1]}"#] {
        assert!(matches!(sign(text), Err(SignError::Member { .. })), "{text}");
    }
    let text = Secret::new("no-hexadecimal-at-all").unwrap();
    let error = ItemSignatures::adyen().sign_body(&text, good().as_bytes());
    assert_eq!(error, Err(SignError::SecretForm));
}
