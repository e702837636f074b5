//! What the private half of a pair signs, its public half verifies.

use http::StatusCode;
use rempart_core::ManualClock;
use rempart_keys::KeyRing;
use rempart_signature::{ConfigError, Policy, SignPolicy};
use tower::ServiceExt;

use super::round_trip::{client, message, start};
use crate::public_keys::{PAIRS, scheme, secret};
use crate::support::{NOW, id};

#[tokio::test]
async fn a_service_that_knows_the_public_half_takes_what_the_private_half_signs() {
    let clock = ManualClock::at(NOW);
    for (algorithm, private, public) in PAIRS {
        let ring = |text| KeyRing::single(id("pair"), secret(text));
        let receiver = Policy::builder("receiver").scheme(scheme(algorithm)).keys(ring(public));
        let receiver = receiver.timer(clock.clone()).build().unwrap();
        let address = start(|_| receiver.into(), &clock).await;
        let sender = |text| {
            let sender = SignPolicy::builder().scheme(scheme(algorithm)).keys(ring(text));
            sender.timer(clock.clone()).build()
        };
        let client = client(sender(private).unwrap(), &clock);
        let response = client.oneshot(message(address, "{}")).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{algorithm:?}");
        assert_eq!(response.headers()["x-key"], "pair");

        let fault = ConfigError::PrivateKeyForm { key: id("pair") };
        assert!(sender(public).unwrap_err().iter().eq([&fault]), "{algorithm:?}");
    }
}
