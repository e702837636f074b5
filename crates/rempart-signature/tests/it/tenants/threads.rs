//! Threads that wait for one look-up, each of which may be the one that polls it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::RequestBody;
use rempart_signature::{TenantId, Tenants};
use rempart_testing::{Script, strict};
use tower::{Layer, ServiceExt};

use super::stack::{Stack, accepted, poll, request, ring_of, source, task};
use crate::support::SECRET;

#[test]
fn a_look_up_that_wakes_while_it_is_polled_is_polled_again_whoever_comes_meanwhile() {
    let meeting = Arc::new(Barrier::new(2));
    let met = Arc::clone(&meeting);
    let tenants = Tenants::new(source(), move |_: TenantId| {
        let (mut is_first, met) = (true, Arc::clone(&met));
        std::future::poll_fn(move |cx| {
            if !std::mem::take(&mut is_first) {
                return Poll::Ready(Ok(Some(ring_of(SECRET))));
            }
            cx.waker().wake_by_ref();
            // Another one comes, and finds it being polled.
            met.wait();
            met.wait();
            Poll::Pending
        })
    });
    let stack = Stack::new(tenants);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut call = task(stack.call(request("acme", SECRET)));
            assert_eq!(call.poll_once(), None);
            assert!(call.is_woken());
            assert_eq!(call.poll_once(), Some(accepted("acme")));
        });
        meeting.wait();
        let mut other = stack.call(request("acme", SECRET));
        assert_eq!(poll(&mut other), None);
        meeting.wait();
    });
}

#[test]
fn threads_that_come_and_go_all_have_their_answer() {
    const THREADS: usize = 8;
    let waiting: Arc<Mutex<Vec<Waker>>> = Arc::default();
    let wakers = Arc::clone(&waiting);
    // Ready at the third poll, and woken by whoever comes by.
    let tenants = Tenants::new(source(), move |_: TenantId| {
        let (mut polls, wakers) = (0, Arc::clone(&wakers));
        std::future::poll_fn(move |cx| {
            polls += 1;
            if polls > 2 {
                return Poll::Ready(Ok(Some(ring_of(SECRET))));
            }
            wakers.lock().unwrap().push(cx.waker().clone());
            Poll::Pending
        })
    });
    let stack = Stack::new(tenants);
    let (layer, policy) = (&stack.layer, &stack.policy);
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let done = &done;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for nth in 0..300_usize {
                    let answer = |_: Request<RequestBody<Script>>| async {
                        Response::new(Full::<Bytes>::default())
                    };
                    let service = layer.layer(strict(answer));
                    let tenant = format!("t{}", nth % 3);
                    let mut call = Box::pin(service.oneshot(request(&tenant, SECRET)));
                    if (nth + thread) % 3 == 0 {
                        // Polled once, and gone.
                        let mut cx = Context::from_waker(Waker::noop());
                        let _ = call.as_mut().poll(&mut cx);
                        continue;
                    }
                    let status = runtime.block_on(call).unwrap().status();
                    // What was forgotten while it was looked up is asked for again by its sender.
                    let well =
                        [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE, StatusCode::UNAUTHORIZED];
                    assert!(well.contains(&status), "{status}");
                    if nth % 7 == 0 {
                        policy.forget_tenant(&tenant);
                    }
                }
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        // Wakes until all are done.
        while done.load(Ordering::SeqCst) < THREADS {
            let wakers = std::mem::take(&mut *waiting.lock().unwrap());
            wakers.into_iter().for_each(Waker::wake);
            std::thread::yield_now();
        }
    });
}
