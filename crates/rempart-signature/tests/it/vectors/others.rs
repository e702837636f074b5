//! Senders that no scheme with a secret describes: pairs of keys, tokens, items, certificates.

use std::collections::BTreeSet;
use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use rempart_core::{KeyId, ManualClock};
use rempart_keys::KeyRing;
use rempart_signature::certified::{CertificateUrl, FetchError, FetchingCertificate};
use rempart_signature::paypal::PayPal;
use rempart_signature::sns::Sns;
use rempart_signature::{
    BodyToken, Coverage, Head, ItemSignatures, Policy, PolicyBuilder, Rejection, Scheme, verify,
};
use rempart_testing::vectors::Signed;

use super::{headers, secret};
use crate::support::id;

const FILES: [&str; 4] = ["adyen", "certificates", "pairs", "tokens"];

fn all() -> impl Iterator<Item = Signed> {
    FILES.into_iter().flat_map(Signed::of)
}

async fn verdict(case: &Signed) -> Result<(), Rejection> {
    let policy = || Policy::builder("vectors").dangerously_without_read_deadline();
    let items = |policy: PolicyBuilder| {
        let policy = policy.item_signatures(ItemSignatures::adyen());
        policy.dangerously_accept_coverage(Coverage::Fields)
    };
    match case.scheme.as_str() {
        "adyen" => with(items(policy()), case, id("vector")),
        "livekit" => with(policy().body_token(BodyToken::livekit("APImadeup")), case, id("vector")),
        "netlify" => with(policy().body_token(BodyToken::netlify()), case, id("vector")),
        "plaid" => {
            let kid = BodyToken::key_id("bfbd5111-8e33-4643-8ced-b2e642a72f3c").unwrap();
            with(policy().body_token(BodyToken::plaid()), case, kid)
        }
        "vonage" => with(policy().body_token(BodyToken::vonage()), case, id("vector")),
        "paypal" => paypal(case).await,
        "sns" => sns(case).await,
        preset => with(policy().scheme(Scheme::preset(preset).unwrap()), case, id("vector")),
    }
}

fn with(policy: PolicyBuilder, case: &Signed, key: KeyId) -> Result<(), Rejection> {
    let policy = policy.keys(KeyRing::single(key, secret(case))).build().unwrap();
    let (method, uri, headers) = head(case);
    let head = Head::new(&method, &uri, &headers);
    verify(&policy, &head, &case.body, Duration::from_secs(case.at)).map(drop)
}

fn head(case: &Signed) -> (Method, Uri, HeaderMap) {
    (case.method.parse().unwrap(), case.url.parse().unwrap(), headers(case))
}

/// The certificate stands for the secret.
fn certificate(case: &Signed) -> impl Fn(CertificateUrl) -> FetchingCertificate + use<> {
    let pem = Bytes::from(case.secret.clone());
    move |_| Box::pin(ready(Ok::<_, FetchError>(pem.clone())))
}

async fn sns(case: &Signed) -> Result<(), Rejection> {
    let topic = "arn:aws:sns:us-east-2:123456789012:orders";
    let policy = Sns::builder("vectors").topic(topic).fetcher(certificate(case));
    let policy = policy.timer(ManualClock::at(Duration::ZERO)).build().unwrap();
    policy.verify(&case.body, Duration::from_secs(case.at)).await.map(drop)
}

async fn paypal(case: &Signed) -> Result<(), Rejection> {
    let policy = PayPal::builder("vectors").webhook_id("8PT597110X687430LKGECATA");
    let policy = policy.fetcher(certificate(case)).dangerously_accept_checksum();
    let policy = policy.timer(ManualClock::at(Duration::ZERO)).build().unwrap();
    let (method, uri, headers) = head(case);
    let head = Head::new(&method, &uri, &headers);
    policy.verify(&head, &case.body, Duration::from_secs(case.at)).await.map(drop)
}

#[tokio::test]
async fn every_vector_has_its_result() {
    for case in all() {
        let got = verdict(&case).await.map_err(|rejection| rejection.to_string());
        let want = case.reason().map_or(Ok(()), |reason| Err(reason.to_owned()));
        assert_eq!(got, want, "{}: {}", case.id, case.comment);
    }
}

#[test]
fn every_sender_has_a_good_one_and_a_bad_one() {
    let names = |valid| -> BTreeSet<String> {
        all().filter(|case| case.is_valid() == valid).map(|case| case.scheme).collect()
    };
    let senders = "adyen discord livekit netlify paypal plaid sns telnyx vonage";
    let senders: BTreeSet<_> = senders.split(' ').map(str::to_owned).collect();
    assert_eq!(names(true), senders);
    assert_eq!(names(false), senders);
}
