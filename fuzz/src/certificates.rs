//! Messages whose key stands in a certificate: what nobody signed is refused, and whatever it says,
//! nothing is fetched but from its sender.

use std::future::ready;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Method, Uri};
use rempart::core::ManualClock;
use rempart::signature::certified::{CertificateUrl, FetchError};
use rempart::signature::paypal::PayPal;
use rempart::signature::sns::Sns;
use rempart::signature::{Head, Rejection};

use super::signatures::headers_and_body;

const NOW: Duration = Duration::from_secs(1_700_000_000);
const TOPIC: &str = "arn:aws:sns:us-east-2:123456789012:orders";

static SNS: LazyLock<Sns> = LazyLock::new(|| {
    let builder = Sns::builder("fuzz").topic(TOPIC).dangerously_accept_sha1();
    let builder = builder.fetcher(|url: CertificateUrl| {
        let host = plain_host(&url);
        let of_sns = host.strip_prefix("sns.").and_then(|rest| {
            rest.strip_suffix(".amazonaws.com").or(rest.strip_suffix(".amazonaws.com.cn"))
        });
        let region = of_sns.unwrap_or_else(|| panic!("{url}"));
        assert!(!region.is_empty() && !region.contains('.'), "{url}");
        assert_eq!(url.as_str().rsplit('.').next(), Some("pem"), "{url}");
        ready(Err::<_, FetchError>("nothing is fetched".into()))
    });
    builder.timer(ManualClock::at(NOW)).build().expect("a policy")
});

static PAYPAL: LazyLock<PayPal> = LazyLock::new(|| {
    let builder = PayPal::builder("fuzz").webhook_id("8PT597110X687430LKGECATA");
    let builder = builder.dangerously_accept_checksum().fetcher(|url: CertificateUrl| {
        let host = plain_host(&url);
        assert!(matches!(&*host, "api.paypal.com" | "api.sandbox.paypal.com"), "{url}");
        assert!(url.as_str().contains(".paypal.com/v1/notifications/certs/"), "{url}");
        ready(Err::<_, FetchError>("nothing is fetched".into()))
    });
    builder.timer(ManualClock::at(NOW)).build().expect("a policy")
});

/// The host of a URL in which there is nothing to be read in two ways.
fn plain_host(url: &CertificateUrl) -> String {
    let uri: Uri = url.as_str().parse().expect("a URL that others read");
    assert_eq!(uri.scheme_str(), Some("https"), "{url}");
    assert_eq!(uri.query(), None, "{url}");
    let authority = uri.authority().expect("an authority");
    // No user, no port.
    assert_eq!(authority.as_str(), authority.host(), "{url}");
    assert!(!uri.path().split('/').any(|part| part == ".." || part == "."), "{url}");
    authority.host().to_owned()
}

fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}

/// The body of a message, which nobody signed.
pub(crate) fn sns(data: &[u8]) {
    let Err(rejection) = at_once(SNS.verify(data, NOW)) else { panic!("nobody signed it") };
    if rejection == Rejection::KeysUnavailable {
        // It was whole, so that other readers find one in it, and it is about the topic.
        let message: serde_json::Value = serde_json::from_slice(data).expect("JSON");
        assert_eq!(message["TopicArn"], TOPIC);
        assert!(message["Message"].is_string() && message["MessageId"].is_string());
        let link = message["SubscribeURL"].as_str();
        assert!(link.is_none_or(|link| link.starts_with("https://sns.")), "{link:?}");
    }
}

/// Headers and a body, which nobody signed.
pub(crate) fn paypal(data: &[u8]) {
    let (headers, body) = headers_and_body(data);
    let uri = Uri::from_static("/paypal");
    let head = Head::new(&Method::POST, &uri, &headers);
    assert!(at_once(PAYPAL.verify(&head, body, NOW)).is_err());
}

/// A message that the key of `signer.crt.pem` has signed, which is one of the seeds.
const SIGNED: &str = include_str!("certificates/message.json");

/// What stands where the certificate should: it takes no message that its key has not signed.
pub(crate) fn certificate(data: &[u8]) {
    let answer = data.to_vec();
    let fetcher = move |_: CertificateUrl| ready(Ok::<_, FetchError>(answer.clone().into()));
    let policy = Sns::builder("fuzz").topic(TOPIC).fetcher(fetcher);
    let policy = policy.timer(ManualClock::at(NOW)).build().expect("a policy");
    if at_once(policy.verify(SIGNED.as_bytes(), NOW)).is_ok() {
        let other = SIGNED.replace("an order", "another");
        assert!(other != SIGNED);
        assert_eq!(at_once(policy.verify(other.as_bytes(), NOW)).err(), Some(Rejection::Mismatch));
    }
}
