//! Senders that show a certificate: who is believed, what is fetched, and how often.

mod fetching;
pub(crate) mod paypal;
mod replays;
pub(crate) mod sns;
mod verified;

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rempart_signature::certified::{
    CertificateFetcher, CertificateUrl, CertifiedLayer, FetchError, FetchingCertificate,
};
use rempart_signature::{ReplayStore, Window};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

use crate::replay::rig::TTL;
use crate::replay::senders::Sender;
use crate::support::NOW;

const CERTIFICATE: &str = include_str!("../keys/signer.crt.pem");
const KEY: &str = include_str!("../keys/rsa.pem");

/// What `openssl x509 -fingerprint -sha256` says of the certificate, as far as a name goes.
pub(crate) const KEY_ID: &str = "5b7314ed0aef07e5";

/// A window that [`TTL`] covers, and this store.
pub(crate) fn layer(sender: Sender, store: impl ReplayStore + 'static) -> CertifiedLayer {
    let (fetcher, window) = (Always::new(CERTIFICATE), Window::DEFAULT);
    if sender == Sender::PayPal {
        let policy = paypal::builder(&fetcher).window(window).replay(store).replay_ttl(TTL);
        CertifiedLayer::new(policy.build().unwrap())
    } else {
        let policy = sns::builder(&fetcher).window(window).replay(store).replay_ttl(TTL);
        CertifiedLayer::new(policy.build().unwrap())
    }
}

/// A time of the day of [`NOW`], as both senders write it.
fn written(at: Duration) -> String {
    let second = at.as_secs() % 86_400;
    format!("2023-11-14T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Gives one answer to every URL, and counts how often it is asked.
#[derive(Clone)]
struct Always {
    answer: Option<Bytes>,
    asked: Arc<AtomicUsize>,
}

impl Always {
    fn new(answer: impl Into<Bytes>) -> Self {
        Self { answer: Some(answer.into()), asked: Arc::default() }
    }

    fn nothing() -> Self {
        Self { answer: None, asked: Arc::default() }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl CertificateFetcher for Always {
    fn fetch(&self, _: CertificateUrl) -> FetchingCertificate {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.clone();
        Box::pin(ready(answer.ok_or_else(|| FetchError::from("404"))))
    }
}

/// A signature in Base64, made with the key of the certificate.
fn signature(message: &str) -> String {
    let der: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let mut signature = vec![0; pair.public().modulus_len()];
    let random = SystemRandom::new();
    pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
    STANDARD.encode(signature)
}

fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
    let row = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    rows.iter().map(row).collect()
}

/// What became of a request.
struct Outcome<V> {
    status: StatusCode,
    headers: HeaderMap,
    verified: Option<V>,
    frames: Vec<Bytes>,
    reasons: Vec<Option<rempart_core::Reason>>,
    polls: usize,
}

async fn send<V: Clone + Send + Sync + 'static>(
    layer: CertifiedLayer,
    headers: HeaderMap,
    body: rempart_testing::Script,
) -> Outcome<V> {
    use http_body_util::BodyExt;
    use rempart_core::RequestBody;
    use std::sync::Mutex;
    use tower::{Layer, ServiceExt};

    let clock = rempart_core::ManualClock::at(NOW);
    let recorder = crate::support::Recorder::default();
    let layer = layer.clock(clock).observer(recorder.clone());
    let handled = Arc::new(Mutex::new((None, Vec::new())));
    let noted = Arc::clone(&handled);
    let service = rempart_testing::strict(
        move |mut request: http::Request<RequestBody<rempart_testing::Script>>| {
            let noted = Arc::clone(&noted);
            async move {
                let verified = request.extensions_mut().remove::<V>();
                let mut frames = Vec::new();
                while let Some(frame) = request.body_mut().frame().await {
                    frames.extend(frame.unwrap().into_data());
                }
                *noted.lock().unwrap() = (verified, frames);
                http::Response::new(http_body_util::Full::new(Bytes::new()))
            }
        },
    );
    let polls = body.polls();
    let request = crate::support::post(headers, body);
    let response = layer.layer(service).oneshot(request).await.unwrap();
    let (verified, frames) = std::mem::take(&mut *handled.lock().unwrap());
    Outcome {
        status: response.status(),
        headers: response.headers().clone(),
        verified,
        frames,
        reasons: recorder.reasons(),
        polls: polls.load(Ordering::SeqCst),
    }
}
