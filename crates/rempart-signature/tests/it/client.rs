//! Requests on their way out: signed, or not sent.

mod bodies;
mod config;
mod headers;
mod messages;
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
mod pairs;
mod rotation;
pub(crate) mod round_trip;

use std::sync::{Arc, Mutex};

use http::Request;
use http_body_util::{BodyExt, Collected};
use rempart_core::{ManualClock, RequestBody};
use rempart_signature::{Scheme, SignLayer, SignPolicy, SignPolicyBuilder, SignRequestError};
use rempart_testing::{Script, strict};
use tower::{Layer, ServiceExt};

use crate::support::{NOW, ring};

/// What a client would have sent.
type Sent = Request<Collected<bytes::Bytes>>;

fn builder(scheme: Scheme, clock: &ManualClock) -> SignPolicyBuilder {
    SignPolicy::builder().scheme(scheme).keys(ring()).timer(clock.clone())
}

fn policy(scheme: Scheme) -> SignPolicy {
    builder(scheme, &ManualClock::at(NOW)).build().unwrap()
}

/// Sends a request through the layer to a strict client that keeps what it is given.
async fn send(policy: SignPolicy, request: Request<Script>) -> Result<Sent, SignRequestError> {
    let sent = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&sent);
    let client = strict(move |request: Request<RequestBody<Script>>| {
        let kept = Arc::clone(&kept);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap();
            *kept.lock().unwrap() = Some(Request::from_parts(parts, body));
        }
    });
    let layer = SignLayer::new(policy).clock(ManualClock::at(NOW));
    let answer = layer.layer(client).oneshot(request).await;
    let sent = sent.lock().unwrap().take();
    match answer {
        Ok(()) => Ok(sent.unwrap()),
        Err(error) => {
            assert!(sent.is_none(), "nothing is sent unsigned");
            Err(*error.downcast().unwrap())
        }
    }
}

fn post(uri: &str, body: Script) -> Request<Script> {
    Request::post(uri).body(body).unwrap()
}
