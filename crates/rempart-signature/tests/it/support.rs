//! A signed request, a layer around a strict service, and what became of the one in the other.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use rempart_core::{Event, EventKind, KeyId, ManualClock, Observer, Outcome, Reason, RequestBody};
use rempart_keys::{Key, KeyRing, Secret};
use rempart_signature::{
    Message, Policy, PolicyBuilder, Scheme, SecretForm, SignatureLayer, SignedComponents, Verified,
};
use rempart_testing::{Script, strict};
use tower::{Layer, ServiceExt};

/// The time of every test that does not say another.
pub(crate) const NOW: Duration = Duration::from_secs(1_700_000_000);

/// Made up, and 32 bytes long.
pub(crate) const SECRET: &str = "a-made-up-secret-of-32-bytes-yes";
pub(crate) const OTHER_SECRET: &str = "another-made-up-secret-32-bytes!";

pub(crate) const BODY: &[u8] = br#"{"message":{"type":"status-update"}}"#;

pub(crate) fn id(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}

pub(crate) fn key(name: &str, secret: &str) -> Key {
    Key::new(id(name), Secret::new(secret).unwrap())
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::single(id("current"), Secret::new(SECRET).unwrap())
}

/// What signs by a scheme, and what verifies; `None` for a pair that no test has.
pub(crate) fn secrets_of(scheme: &Scheme) -> Option<(Secret, Secret)> {
    let secret = |text: &str| Secret::new(text.trim()).unwrap();
    if scheme.algorithm().is_mac() {
        let text = secret_for(scheme);
        return Some((secret(text), secret(text)));
    }
    #[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
    for (algorithm, private, public) in crate::public_keys::PAIRS {
        if algorithm == scheme.algorithm() {
            return Some((secret(private), secret(public)));
        }
    }
    None
}

/// A complete policy, with a clock for its timer.
pub(crate) fn builder(scheme: Scheme, clock: &ManualClock) -> PolicyBuilder {
    Policy::builder("test").scheme(scheme).keys(ring()).timer(clock.clone())
}

/// What a sender with the current key would send.
pub(crate) fn signed(scheme: &Scheme, body: &[u8]) -> HeaderMap {
    signed_with(scheme, SECRET, body)
}

/// Made up, of the form that the scheme asks for.
pub(crate) fn secret_for(scheme: &Scheme) -> &'static str {
    match scheme.secret_form() {
        SecretForm::Base64 { .. } => "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        SecretForm::Base64List { .. } => "v1,whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        SecretForm::Basic => "a-made-up-user:a-made-up-password",
        _ => SECRET,
    }
}

pub(crate) fn signed_with(scheme: &Scheme, secret: &str, body: &[u8]) -> HeaderMap {
    let message = Message::new(body, NOW).url("https://api.example.test/hooks?a=1").id("msg_1");
    scheme.sign(&Secret::new(secret).unwrap(), &message).unwrap()
}

/// A `POST` of this body with these headers.
pub(crate) fn post<B>(headers: HeaderMap, body: B) -> Request<B> {
    let mut request = Request::post("/hooks?a=1").body(body).unwrap();
    *request.headers_mut() = headers;
    request
}

pub(crate) fn header(name: &'static str, value: &str) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
}

/// An event, kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) kind: EventKind,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<Reason>,
    pub(crate) key: Option<KeyId>,
    pub(crate) elapsed: Option<Duration>,
}

/// Keeps what a layer tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Told>>>);

impl Recorder {
    pub(crate) fn told(&self) -> Vec<Told> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn reasons(&self) -> Vec<Option<Reason>> {
        self.told().iter().map(|told| told.reason).collect()
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event<'_>) {
        assert_eq!(event.policy.as_str(), "test");
        self.0.lock().unwrap().push(Told {
            kind: event.kind,
            outcome: event.outcome,
            reason: event.reason,
            key: event.key,
            elapsed: event.elapsed,
        });
    }
}

/// What the service was given.
#[derive(Clone, Debug)]
pub(crate) struct Handled {
    pub(crate) verified: Verified,
    pub(crate) components: Option<SignedComponents>,
    pub(crate) headers: HeaderMap,
    pub(crate) frames: Vec<Bytes>,
    pub(crate) trailers: Option<HeaderMap>,
}

/// What became of a request.
#[derive(Debug)]
pub(crate) struct Outcomes {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) handled: Option<Handled>,
    pub(crate) told: Vec<Told>,
    pub(crate) polls: usize,
}

impl Outcomes {
    /// The reason of the one event that was told.
    pub(crate) fn reason(&self) -> Option<Reason> {
        assert_eq!(self.told.len(), 1, "{:?}", self.told);
        self.told[0].reason
    }

    pub(crate) fn verified(&self) -> &Verified {
        &self.handled.as_ref().unwrap().verified
    }
}

pub(crate) fn layer(policy: Policy, clock: &ManualClock) -> (SignatureLayer, Recorder) {
    let recorder = Recorder::default();
    let layer = SignatureLayer::new(policy).clock(clock.clone()).observer(recorder.clone());
    (layer, recorder)
}

/// Sends a request through the layer to a strict service that notes what it is given.
pub(crate) async fn send(policy: Policy, request: Request<Script>) -> Outcomes {
    let clock = ManualClock::at(NOW);
    let polls = request.body().polls();
    let (layer, recorder) = layer(policy, &clock);
    let handled = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&handled);
    let service = strict(move |request: Request<RequestBody<Script>>| {
        let noted = Arc::clone(&noted);
        async move {
            let handled = handle(request).await;
            *noted.lock().unwrap() = Some(handled);
            Response::new(Full::new(Bytes::from_static(b"handled")))
        }
    });
    let response = layer.layer(service).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let handled = handled.lock().unwrap().take();
    Outcomes {
        status: parts.status,
        headers: parts.headers,
        body,
        handled,
        told: recorder.told(),
        polls: polls.load(std::sync::atomic::Ordering::SeqCst),
    }
}

async fn handle(request: Request<RequestBody<Script>>) -> Handled {
    let (mut parts, mut body) = request.into_parts();
    let verified = parts.extensions.remove::<Verified>().unwrap();
    let components = parts.extensions.remove::<SignedComponents>();
    let headers = parts.headers;
    let mut handled = Handled { verified, components, headers, frames: vec![], trailers: None };
    while let Some(frame) = body.frame().await {
        match frame.unwrap().into_data() {
            Ok(data) => handled.frames.push(data),
            Err(frame) => handled.trailers = frame.into_trailers().ok(),
        }
    }
    handled
}

/// Signed by GitHub's scheme with the current key, through a policy for it.
pub(crate) async fn send_github(headers: HeaderMap, body: Script) -> Outcomes {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::github(), &clock).build().unwrap();
    send(policy, post(headers, body)).await
}
