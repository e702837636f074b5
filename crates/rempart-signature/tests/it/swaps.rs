//! Keys that turn while requests are under way.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{Live, ManualClock, RequestBody};
use rempart_keys::KeyRing;
use rempart_signature::{MemoryReplayStore, Scheme, SignatureLayer};
use rempart_testing::{Script, Step, strict};
use tower::{Layer, Service};

use crate::support::{NOW, builder, id, key, post, signed_with};

const SENDERS: usize = 3;
const TURNS: usize = 40;

fn secret(turn: usize) -> String {
    format!("made-up-secret-of-turn-number-{turn}")
}

/// A request that is signed with a key that stays good until it is answered is answered by the
/// handler, once, however the ring turns meanwhile.
#[test]
fn lose_no_request_and_no_memory_of_one() {
    let clock = ManualClock::at(NOW);
    let first = KeyRing::single(id("k0"), key("k0", &secret(0)).secret().clone());
    let store = MemoryReplayStore::default().clock(clock.clone());
    let policy = builder(Scheme::github(), &clock).keys(first.clone()).replay(store);
    let day = std::time::Duration::from_secs(86_400);
    let live = Live::new(policy.replay_ttl(day).build().unwrap());
    let layer = SignatureLayer::new(live.clone()).clock(clock).observer(());
    let handled = AtomicUsize::new(0);
    let signing = RwLock::new(0_usize);
    let over = AtomicBool::new(false);

    let sent: usize = std::thread::scope(|scope| {
        let senders = (0..SENDERS).map(|sender| {
            let (layer, handled, signing, over) = (layer.clone(), &handled, &signing, &over);
            scope.spawn(move || {
                let mut service = layer.layer(strict(|_: Request<RequestBody<Script>>| {
                    handled.fetch_add(1, Ordering::SeqCst);
                    std::future::ready(Response::new(Full::<Bytes>::default()))
                }));
                let mut sent = 0;
                while !over.load(Ordering::SeqCst) {
                    let turn = signing.read().unwrap();
                    let body: Bytes = format!("{sender} {sent}").into();
                    let headers = signed_with(&Scheme::github(), &secret(*turn), &body);
                    for status in [StatusCode::OK; 2] {
                        let script = Script::new().data(body.slice(..1)).then(Step::Pending);
                        let request = post(headers.clone(), script.data(body.slice(1..)));
                        assert_eq!(answer(&mut service, request), status, "{sender} {sent}");
                    }
                    sent += 1;
                }
                sent
            })
        });
        let senders: Vec<_> = senders.collect();
        let mut ring = first;
        for turn in 1..=TURNS {
            // Some load at each turn; a sender that has failed brings none.
            let enough = handled.load(Ordering::SeqCst) + SENDERS;
            while handled.load(Ordering::SeqCst) < enough
                && !senders.iter().any(std::thread::ScopedJoinHandle::is_finished)
            {
                std::thread::yield_now();
            }
            let (old, new) = (format!("k{}", turn - 1), format!("k{turn}"));
            ring = ring.add(key(&new, &secret(turn))).unwrap();
            live.store(live.load().with_keys(ring.clone()).unwrap());
            // Waits for what is under way, as a rotation waits for its senders.
            *signing.write().unwrap() = turn;
            ring = ring.revoke(id(&old)).unwrap().destroy(id(&old)).unwrap();
            live.store(live.load().with_keys(ring.clone()).unwrap());
        }
        over.store(true, Ordering::SeqCst);
        senders.into_iter().map(|sender| sender.join().unwrap()).sum()
    });
    assert!(sent >= TURNS * SENDERS, "{sent} requests were no load");
    // The second of each pair was known, whichever policy looked.
    assert_eq!(handled.load(Ordering::SeqCst), sent);
}

fn answer<S>(service: &mut S, request: Request<Script>) -> StatusCode
where
    S: Service<Request<Script>, Response: Sized + Status>,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = Box::pin(service.call(request));
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut cx) {
            let Ok(answer) = answer else { panic!("the service fails never") };
            return answer.status();
        }
        std::thread::yield_now();
    }
}

trait Status {
    fn status(&self) -> StatusCode;
}

impl<B> Status for Response<B> {
    fn status(&self) -> StatusCode {
        Response::status(self)
    }
}
