//! One message is one message to one tenant.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody};
use rempart_signature::{MemoryReplayStore, Policy, Scheme, SignatureLayer, TenantId, Tenants};
use rempart_testing::{Script, strict};
use tower::{Layer, ServiceExt};

use super::stack::{request, ring_of, source};
use crate::support::{NOW, SECRET};

#[tokio::test]
async fn a_message_that_one_tenant_has_handled_is_new_to_another() {
    let clock = ManualClock::at(NOW);
    // The same secret, so that nothing but the tenant differs.
    let tenants = Tenants::sync(source(), |_: &TenantId| Ok(Some(ring_of(SECRET))));
    let policy = Policy::builder("test")
        .scheme(Scheme::github())
        .tenants(tenants)
        .replay(MemoryReplayStore::default())
        .replay_ttl(Duration::from_secs(60))
        .timer(clock.clone())
        .build()
        .unwrap();
    let handled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&handled);
    let service = SignatureLayer::new(policy).clock(clock).observer(()).layer(strict(
        move |_: Request<RequestBody<Script>>| {
            count.fetch_add(1, Ordering::SeqCst);
            async { Response::new(Full::<Bytes>::default()) }
        },
    ));
    for (tenant, times) in [("acme", 1), ("acme", 1), ("globex", 2), ("acme", 2), ("globex", 2)] {
        let response = service.clone().oneshot(request(tenant, SECRET)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(handled.load(Ordering::SeqCst), times, "{tenant}");
    }
}
