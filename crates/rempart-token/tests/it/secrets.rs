//! What is printed holds no secret, no token, and nothing of whom a token is about.

use std::fmt::Debug;

use http::{Request, Response};
use rempart_core::{Live, ManualClock};
use rempart_testing::{canary, strict};
use rempart_token::{Lifetime, Minter, PublicScope, Revocations, TokenLayer};
use tower::{Layer, Service, ServiceExt};

use crate::support::*;

fn assert_silent(value: &impl Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        canary::assert_absent(&text, SECRET);
        canary::assert_absent(&text, good());
        canary::assert_absent(&text, good().rsplit_once('.').unwrap().1);
        canary::assert_absent(&text, "ada@example.test");
    }
}

#[tokio::test]
async fn no_public_type_prints_a_secret_or_a_token() {
    let unbuilt = builder();
    assert_silent(&unbuilt);
    let policy = unbuilt.build().unwrap();
    assert_silent(&policy);
    assert!(format!("{policy:?}").contains("k1"));
    let layer = TokenLayer::new(Live::new(policy.clone())).clock(ManualClock::at(NOW));
    assert_silent(&layer);
    let claims = CLAIMS.replace("ada", "ada@example.test");
    assert_silent(&policy.verify(&with_claims(&claims), NOW).unwrap());
    assert_silent(&policy.verify(&token_by(OTHER_SECRET, HEAD, CLAIMS), NOW).unwrap_err());

    let minter = Minter::hs256(ring()).issuer("auth").audience("api");
    assert_silent(&minter);
    let minter = minter.build().unwrap();
    assert_silent(&minter);
    let session = serde_json::json!({ "sub": "ada@example.test" });
    let token = minter.mint(&session, Lifetime::minutes::<15>(), NOW).unwrap();
    assert_silent(&token);
    let text = format!("{token:?}");
    canary::assert_absent(&text, token.as_str());
    canary::assert_absent(format!("{:?}", token.to_header()), token.as_str());
    let reserved = serde_json::json!({ "sub": "ada@example.test", "exp": 1 });
    assert_silent(&minter.mint(&reserved, Lifetime::minutes::<15>(), NOW).unwrap_err());
    let vapi = Minter::vapi("org", ring()).unwrap();
    assert_silent(&vapi);
    let scope = PublicScope::new("https://a.test".parse().unwrap(), "a".parse().unwrap());
    assert_silent(&vapi.public(&scope, Lifetime::minutes::<1>(), NOW).unwrap());

    let revocations = Revocations::default();
    let _ = revocations.revoke_subject("ada@example.test", NOW, NOW);
    assert_silent(&revocations);

    let answer = |_: Request<()>| async { Response::new(()) };
    let mut service = layer.layer(strict(answer));
    let mut request = Request::new(());
    *request.headers_mut() = headers(&good());
    let future = service.ready().await.unwrap().call(request);
    assert_silent(&future);
    future.await.unwrap();
}
