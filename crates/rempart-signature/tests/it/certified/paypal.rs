use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use rempart_core::{ManualClock, Reason};
use rempart_signature::certified::{CertifiedBuilder, CertifiedLayer};
use rempart_signature::paypal::{PayPal, PayPalTerms};
use rempart_signature::{ConfigError, Head, Rejection, Verified};
use rempart_testing::Script;

use super::{Always, CERTIFICATE, headers, send, signature, written};
use crate::support::{BODY, NOW};

const WEBHOOK: &str = "8PT597110X687430LKGECATA";
const ID: &str = "69cd13f0-d67a-11e5-baa3-778b53f4ae55";
const TIME: &str = "2023-11-14T22:13:20Z";
const URL: &str = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-made-up";

pub(super) fn builder(fetcher: &Always) -> CertifiedBuilder<PayPalTerms> {
    let clock = ManualClock::at(NOW);
    let builder = PayPal::builder("test").webhook_id(WEBHOOK).fetcher(fetcher.clone());
    builder.timer(clock).dangerously_accept_checksum()
}

fn paypal() -> PayPal {
    builder(&Always::new(CERTIFICATE)).build().unwrap()
}

fn signed(body: &[u8]) -> HeaderMap {
    signed_as(ID, TIME, body)
}

pub(super) fn signed_as(id: &str, time: &str, body: &[u8]) -> HeaderMap {
    let checksum = crc32fast::hash(body);
    headers(&[
        ("paypal-transmission-id", id),
        ("paypal-transmission-time", time),
        ("paypal-transmission-sig", &signature(&format!("{id}|{time}|{WEBHOOK}|{checksum}"))),
        ("paypal-cert-url", URL),
        ("paypal-auth-algo", "SHA256withRSA"),
    ])
}

/// The webhook of this number.
pub(crate) fn message(nth: usize, at: Duration) -> (HeaderMap, Vec<u8>) {
    let headers = signed_as(&format!("69cd13f0-d67a-11e5-baa3-{nth:012}"), &written(at), BODY);
    (headers, BODY.to_vec())
}

async fn verdict(paypal: &PayPal, headers: &HeaderMap, body: &[u8]) -> Result<Verified, Rejection> {
    let uri = Uri::from_static("/paypal");
    paypal.verify(&Head::new(&Method::POST, &uri, headers), body, NOW).await
}

#[tokio::test]
async fn a_webhook_is_taken_as_it_was_sent() {
    let verified = verdict(&paypal(), &signed(BODY), BODY).await.unwrap();
    assert_eq!((verified.signed_id(), verified.timestamp()), (Some(ID), Some(NOW)));
    // The checksum of nothing is 0, of this text it is known: decimal, without zeros before it.
    assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    assert!(verdict(&paypal(), &signed(b""), b"").await.is_ok());
    assert_eq!(verdict(&paypal(), &signed(BODY), b"{}").await, Err(Rejection::Mismatch));
    let fetcher = Always::new(CERTIFICATE);
    let other = builder(&fetcher).webhook_id("0AB12345CD678901E").build().unwrap();
    assert_eq!(verdict(&other, &signed(BODY), BODY).await, Err(Rejection::Mismatch));
    let sandbox = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1";
    let mut headers = signed(BODY);
    headers.insert("paypal-cert-url", HeaderValue::from_static(sandbox));
    assert!(verdict(&paypal(), &headers, BODY).await.is_ok());
}

#[tokio::test]
async fn what_paypal_would_not_send_is_refused_before_the_body_and_nothing_is_fetched() {
    let fetcher = Always::new(CERTIFICATE);
    let paypal = builder(&fetcher).build().unwrap();
    let certificates = "/v1/notifications/certs/CERT-1";
    let foreign = |host: &str| format!("https://{host}{certificates}");
    let rows = [
        ("paypal-transmission-id", "a|b".to_owned(), Reason::Malformed),
        ("paypal-transmission-id", String::new(), Reason::Malformed),
        ("paypal-transmission-time", "today".to_owned(), Reason::Malformed),
        ("paypal-transmission-time", "2023-11-14T21:13:19Z".to_owned(), Reason::StaleTimestamp),
        ("paypal-transmission-time", "2023-11-14T22:14:21Z".to_owned(), Reason::FutureTimestamp),
        ("paypal-transmission-sig", "AAAA".to_owned(), Reason::Malformed),
        ("paypal-transmission-sig", "x".repeat(5000), Reason::Malformed),
        ("paypal-auth-algo", "SHA1withRSA".to_owned(), Reason::Malformed),
        ("paypal-auth-algo", "none".to_owned(), Reason::Malformed),
        ("paypal-cert-url", foreign("evil.example"), Reason::Malformed),
        ("paypal-cert-url", foreign("api.paypal.com.evil.example"), Reason::Malformed),
        ("paypal-cert-url", foreign("api.paypal.com@evil.example"), Reason::Malformed),
        ("paypal-cert-url", foreign("api.paypal.com:8443"), Reason::Malformed),
        ("paypal-cert-url", foreign("api.paypal.com").replace("https", "http"), Reason::Malformed),
        ("paypal-cert-url", "https://api.paypal.com/sdk/a.pem".to_owned(), Reason::Malformed),
        ("paypal-cert-url", foreign("api.paypal.com/v1/notifications/certs/.."), Reason::Malformed),
    ];
    let send_with = async |headers: HeaderMap| {
        let layer = CertifiedLayer::new(paypal.clone());
        send::<Verified>(layer, headers, Script::new().data(BODY)).await
    };
    for (name, value, reason) in rows {
        let mut headers = signed(BODY);
        headers.insert(name, HeaderValue::from_str(&value).unwrap());
        let outcome = send_with(headers).await;
        assert_eq!((outcome.status, outcome.polls), (StatusCode::UNAUTHORIZED, 0), "{name}");
        assert_eq!(outcome.reasons, [Some(reason)], "{name} {value:.80}");
    }
    for name in signed(BODY).keys() {
        let mut gone = signed(BODY);
        gone.remove(name);
        assert_eq!(send_with(gone).await.reasons, [Some(Reason::Missing)], "{name}");
        let mut twice = signed(BODY);
        twice.append(name, twice[name].clone());
        assert_eq!(send_with(twice).await.reasons, [Some(Reason::Duplicated)], "{name}");
    }
    assert_eq!(fetcher.asked(), 0);
    let outcome = send_with(signed(BODY)).await;
    assert_eq!((outcome.status, outcome.frames.concat()), (StatusCode::OK, BODY.to_vec()));
    assert_eq!(outcome.verified.unwrap().signed_id(), Some(ID));
}

#[test]
fn a_configuration_says_all_that_it_lacks() {
    let faults = PayPal::builder("").webhook_id("a|b").build().unwrap_err();
    let names: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    let last = [ConfigError::WebhookId, ConfigError::ChecksumOnly];
    assert!(faults.iter().skip(3).eq(&last));
}
