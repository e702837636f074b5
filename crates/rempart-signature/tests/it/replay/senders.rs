//! Whose messages are claimed: the contract is the same for every layer.

use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use rempart_core::{KeyId, ManualClock};
use rempart_keys::Secret;
use rempart_signature::{Message, ReplayStore, Scheme, SignatureLayer};
use rempart_testing::Script;
use tower::Layer;
use tower::util::BoxCloneService;

use super::rig::{Inner, Stack, TTL};
use crate::support::{NOW, Recorder, SECRET, builder, id, post};

/// One for each kind of layer and of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    GitHub,
    #[cfg(all(feature = "paypal", feature = "sns"))]
    PayPal,
    #[cfg(all(feature = "paypal", feature = "sns"))]
    Sns,
}

impl Sender {
    pub(crate) const ALL: &[Self] = &[
        Self::GitHub,
        #[cfg(all(feature = "paypal", feature = "sns"))]
        Self::PayPal,
        #[cfg(all(feature = "paypal", feature = "sns"))]
        Self::Sns,
    ];

    /// A layer that asks this store, and remembers for [`TTL`].
    pub(crate) fn layer(
        self,
        clock: &ManualClock,
        store: impl ReplayStore + 'static,
        recorder: Recorder,
    ) -> impl FnOnce(Inner) -> Stack {
        let clock = clock.clone();
        move |inner| match self {
            Self::GitHub => {
                let policy = builder(Scheme::github(), &clock).replay(store).replay_ttl(TTL);
                let layer = SignatureLayer::new(policy.build().unwrap());
                BoxCloneService::new(layer.clock(clock).observer(recorder).layer(inner))
            }
            #[cfg(all(feature = "paypal", feature = "sns"))]
            Self::PayPal | Self::Sns => {
                let layer = crate::certified::layer(self, store);
                BoxCloneService::new(layer.clock(clock).observer(recorder).layer(inner))
            }
        }
    }

    /// One of its messages, sent at this time.
    pub(crate) fn message_at(self, nth: usize, at: Duration) -> Request<Script> {
        let (headers, body) = self.signed(nth, at);
        post(headers, Script::new().data(body))
    }

    pub(crate) fn message(self, nth: usize) -> Request<Script> {
        self.message_at(nth, NOW)
    }

    pub(crate) fn signed(self, nth: usize, at: Duration) -> (HeaderMap, Vec<u8>) {
        match self {
            Self::GitHub => {
                let body = format!("message {nth}").into_bytes();
                let message = Message::new(&body, at);
                let secret = Secret::new(SECRET).unwrap();
                (Scheme::github().sign(&secret, &message).unwrap(), body)
            }
            #[cfg(all(feature = "paypal", feature = "sns"))]
            Self::PayPal => crate::certified::paypal::message(nth, at),
            #[cfg(all(feature = "paypal", feature = "sns"))]
            Self::Sns => crate::certified::sns::message(nth, at),
        }
    }

    /// How it is told to come again: SNS comes after a 5xx alone.
    pub(crate) fn later(self) -> StatusCode {
        match self {
            #[cfg(all(feature = "paypal", feature = "sns"))]
            Self::Sns => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::CONFLICT,
        }
    }

    pub(crate) fn key(self) -> KeyId {
        match self {
            Self::GitHub => id("current"),
            #[cfg(all(feature = "paypal", feature = "sns"))]
            Self::PayPal | Self::Sns => id(crate::certified::KEY_ID),
        }
    }
}
