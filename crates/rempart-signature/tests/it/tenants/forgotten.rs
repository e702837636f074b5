//! A tenant that is forgotten, while a body is on its way and its keys are kept no more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use rempart_core::{Live, Reason};
use rempart_signature::{Scheme, SignatureLayer, TenantId, Tenants};
use rempart_testing::{Script, Step};

use super::stack::{Calling, REFUSED, Stack, accepted, of, policy, poll, request, ring_of, source};
use crate::support::{BODY, OTHER_SECRET, SECRET, post, signed_with};

/// Everybody's secret is the first one, until it is another.
#[derive(Clone, Default)]
struct Secrets(Arc<Mutex<HashMap<String, &'static str>>>);

impl Secrets {
    fn turn(&self, tenant: &str) {
        self.0.lock().unwrap().insert(tenant.to_owned(), OTHER_SECRET);
    }

    fn tenants(&self) -> Tenants {
        let secrets = self.clone();
        let tenants = Tenants::sync(source(), move |tenant: &TenantId| {
            let secrets = secrets.0.lock().unwrap();
            Ok(Some(ring_of(secrets.get(tenant.as_str()).copied().unwrap_or(SECRET))))
        });
        tenants.capacity(2)
    }
}

fn stack() -> (Stack, Secrets) {
    let secrets = Secrets::default();
    (Stack::new(secrets.tenants()), secrets)
}

/// A request of the first secret, whose body is on its way.
fn slow(stack: &Stack, tenant: &str) -> Calling {
    let headers = of(tenant, signed_with(&Scheme::github(), SECRET, BODY));
    let mut call = stack.call(post(headers, Script::new().then(Step::Pending).data(BODY)));
    assert_eq!(poll(&mut call), None);
    call
}

/// Others are asked for, until no more is kept of who was asked for before.
async fn push_out(stack: &Stack) {
    for tenant in ["one", "two", "three"] {
        assert_eq!(stack.call(request(tenant, SECRET)).await, accepted(tenant));
    }
}

#[tokio::test]
async fn keys_that_are_kept_no_more_can_be_forgotten_all_the_same() {
    for all in [false, true] {
        let (stack, _) = stack();
        let call = slow(&stack, "acme");
        push_out(&stack).await;
        if all {
            stack.policy.forget_tenants();
        } else {
            stack.policy.forget_tenant("acme");
        }
        assert_eq!(call.await, REFUSED, "{all}");
        assert_eq!(stack.reason(), Some(Reason::RevokedKey));
    }
    // Who was only pushed out is as good as ever.
    let (stack, _) = stack();
    let call = slow(&stack, "acme");
    push_out(&stack).await;
    assert_eq!(call.await, accepted("acme"));
}

#[tokio::test]
async fn keys_that_were_looked_up_again_do_not_cover_earlier_ones() {
    let (stack, _) = stack();
    let call = slow(&stack, "acme");
    stack.clock.advance(Tenants::TIME_TO_LIVE);
    assert_eq!(stack.call(request("acme", SECRET)).await, accepted("acme"));
    stack.policy.forget_tenant("acme");
    assert_eq!(call.await, REFUSED);

    // Looked up again after that, and still the same: the request may go on.
    let call = slow(&stack, "acme");
    stack.policy.forget_tenant("acme");
    assert_eq!(stack.call(request("acme", SECRET)).await, accepted("acme"));
    assert_eq!(call.await, accepted("acme"));

    // Another: it may not, and no more once that is pushed out.
    for pushed_out in [false, true] {
        let (stack, secrets) = self::stack();
        let call = slow(&stack, "acme");
        secrets.turn("acme");
        stack.policy.forget_tenant("acme");
        assert_eq!(stack.call(request("acme", OTHER_SECRET)).await, accepted("acme"));
        if pushed_out {
            push_out(&stack).await;
        }
        assert_eq!(call.await, REFUSED, "{pushed_out}");
    }
}

/// A request that began before the policy was replaced.
#[tokio::test]
async fn who_is_forgotten_under_the_next_policy_is_forgotten() {
    for forgotten in [false, true] {
        let (mut stack, secrets) = stack();
        let live = Live::new(stack.policy.clone());
        stack.layer = SignatureLayer::new(live.clone()).clock(stack.clock.clone()).observer(());
        let call = slow(&stack, "acme");
        let next = policy(secrets.tenants(), &stack.clock);
        live.store(next.clone());
        if forgotten {
            next.forget_tenant("acme");
        }
        let want = if forgotten { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        assert_eq!(call.await.0, want);
    }
}
