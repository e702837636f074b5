//! What handlers, loggers and clients are told of requests that are let through.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{ManualClock, Reason};
use rempart_rate_limit::{
    By, Limit, Limiter, Passed, Policy, PolicyBuilder, PrefixSet, RateLimitLayer,
};
use sfv::{BareItem, List, ListEntry, Parser};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::rig::{Rig, from, send, text};

/// What a handler has found in the extensions of its request, if anything.
#[derive(Clone, Default)]
struct Found(Arc<Mutex<Option<Passed>>>);

impl Found {
    fn handler(
        &self,
    ) -> impl Service<
        Request<()>,
        Response = Response<Full<Bytes>>,
        Error = Infallible,
        Future: Send,
    > + Clone {
        let found = Arc::clone(&self.0);
        service_fn(move |request: Request<()>| {
            *found.lock().unwrap() = request.extensions().get::<Passed>().cloned();
            std::future::ready(Ok::<_, Infallible>(Response::new(Full::default())))
        })
    }

    fn take(&self) -> Option<Passed> {
        self.0.lock().unwrap().take()
    }
}

fn told(passed: &Passed) -> Vec<(String, u32)> {
    let limits = passed.limits();
    limits.map(|(name, standing)| (name.to_string(), standing.remaining())).collect()
}

fn named(limits: &[(&str, u32)]) -> Vec<(String, u32)> {
    limits.iter().map(|(name, left)| ((*name).to_owned(), *left)).collect()
}

fn layer(policy: PolicyBuilder) -> RateLimitLayer {
    RateLimitLayer::new(policy.build().unwrap()).clock(ManualClock::default())
}

#[tokio::test]
async fn handlers_and_loggers_find_where_the_client_stands() {
    let found = Found::default();
    let limits = Policy::builder("api")
        .limit(Limit::new("new", "1 per hour").on_trial())
        .limit(Limit::new("burst", "3 per minute"))
        .limit(Limit::strict_window("daily", "9 per day"))
        .tell_handlers();
    let service = layer(limits).layer(found.handler());
    // What clients are told of, and why a limit on trial would have refused it.
    let rows = [
        ([("burst", 2), ("daily", 8)], None),
        ([("burst", 1), ("daily", 7)], Some(Reason::QuotaExceeded)),
    ];
    for (limits, shadowed) in rows {
        let response = service.clone().oneshot(from("203.0.113.9")).await.unwrap();
        let of_handler = found.take().unwrap();
        let of_logger = response.extensions().get::<Passed>().unwrap();
        for passed in [&of_handler, of_logger] {
            assert_eq!(passed.policy().name().as_str(), "api");
            assert_eq!((told(passed), passed.shadowed()), (named(&limits), shadowed));
            assert_eq!(passed.nearest().map(|left| left.remaining()), Some(limits[0].1));
            assert_eq!(passed.layers().count(), 1);
        }
    }
    // Whoever is refused passes nothing.
    let _ = service.clone().oneshot(from("203.0.113.9")).await.unwrap();
    found.take();
    let response = service.oneshot(from("203.0.113.9")).await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(found.take().is_none() && response.extensions().get::<Passed>().is_none());
}

#[tokio::test]
async fn one_plain_limit_is_told_too_and_silently() {
    let found = Found::default();
    let announce = rempart_rate_limit::Announce::Never;
    let limits = Policy::builder("api").quota("3 per minute").announce(announce).tell_handlers();
    let service = layer(limits).layer(found.handler());
    let (_, headers, _) = send(service, from("203.0.113.9")).await;
    assert_eq!(told(&found.take().unwrap()), named(&[("api", 2)]));
    assert_eq!(text(&headers, "ratelimit"), None);
}

#[tokio::test]
async fn nobody_is_told_unless_said() {
    let found = Found::default();
    for limits in [
        Policy::builder("api").quota("3 per minute"),
        Policy::builder("api").limit(Limit::concurrency("flights", 3)),
    ] {
        let service = layer(limits).layer(found.handler());
        let response = service.oneshot(from("203.0.113.9")).await.unwrap();
        assert!(found.take().is_none() && response.extensions().get::<Passed>().is_none());
    }
}

#[tokio::test]
async fn layers_are_told_one_beside_the_other() {
    let found = Found::default();
    let policy = |name, quota| Policy::builder(name).quota(quota).tell_handlers();
    let inside = layer(policy("calls", "2 per minute")).layer(found.handler());
    let service = layer(policy("clients", "9 per minute")).layer(inside);
    let response = service.oneshot(from("203.0.113.9")).await.unwrap();
    let names = |passed: &Passed| -> Vec<_> {
        passed.layers().map(|layer| layer.policy().name().to_string()).collect()
    };
    let of_handler = found.take().unwrap();
    assert_eq!(names(&of_handler), ["calls", "clients"]);
    assert_eq!(of_handler.nearest().map(|left| left.remaining()), Some(1));
    let of_logger = response.extensions().get::<Passed>().unwrap();
    assert_eq!(names(of_logger), ["clients", "calls"]);
    assert_eq!(of_logger.nearest().map(|left| left.remaining()), Some(1));
}

#[tokio::test]
async fn who_passes_uncounted_stands_nowhere() {
    let found = Found::default();
    let lists = PrefixSet::builder().allow("10.0.0.0/8").build().unwrap();
    let limits = Policy::builder("api").quota("1 per minute").lists(lists).tell_handlers();
    let limiter = Limiter::new(limits.build().unwrap());
    let service = RateLimitLayer::sharing(&limiter).layer(found.handler());
    for _ in 0..3 {
        let (status, ..) = send(service.clone(), from("10.0.0.7")).await;
        assert_eq!(status, StatusCode::OK);
        let passed = found.take().unwrap();
        assert_eq!((told(&passed), passed.nearest()), (vec![], None));
    }
    let client = rempart_core::ClientAddr::new("10.0.0.7".parse().unwrap());
    let rempart_rate_limit::Decision::Allowed(standing) = limiter.check(client) else { panic!() };
    assert_eq!(standing.remaining(), u32::MAX, "no limit holds it");
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn handlers_behind_shared_limits_are_told_too() {
    use rempart_rate_limit::shared::{SharedPolicy, SharedRateLimitLayer, SharedStore, connect};
    let found = Found::default();
    // Nobody listens there: the share of this instance decides.
    let store = SharedStore::builder(connect("redis://127.0.0.1:1").unwrap())
        .secret("made-up-for-tests-and-for-nothing-else")
        .instances(1);
    let store = store.build().unwrap();
    let policy = Policy::builder("api").quota("3 per minute").tell_handlers().tell_partitions();
    let shared = SharedPolicy::new(policy.build().unwrap(), &store).unwrap();
    let service = SharedRateLimitLayer::new(shared).layer(found.handler());
    let mut partitions = Vec::new();
    for client in ["203.0.113.9", "203.0.113.9", "203.0.113.10"] {
        let response = service.clone().oneshot(from(client)).await.unwrap();
        assert_eq!(found.take().unwrap().layers().count(), 1);
        partitions.push(partitions_of(text(response.headers(), "ratelimit").unwrap()));
    }
    assert!(partitions[0] == partitions[1] && partitions[0] != partitions[2], "{partitions:?}");
    assert!(partitions[0][0].is_some());
}

/// The partition of each limit that is told, as a parser reads it that is not ours.
fn partitions_of(list: &str) -> Vec<Option<Vec<u8>>> {
    let list: List = Parser::new(list).parse().unwrap();
    let of = |entry: &ListEntry| {
        let ListEntry::Item(item) = entry else { panic!("{entry:?}") };
        item.params.iter().find_map(|(key, value)| match value {
            BareItem::ByteSequence(bytes) if key.as_str() == "pk" => Some(bytes.clone()),
            _ => None,
        })
    };
    list.iter().map(of).collect()
}

#[tokio::test]
async fn clients_are_told_whose_quota_it_is() {
    let policy = || {
        let limits = Policy::builder("api")
            .limit(Limit::new("client", "9 per minute"))
            .limit(Limit::new("network", "99 per minute").by(By::network(24, 48)))
            .limit(Limit::concurrency("all", 999).by(By::everyone()));
        limits.tell_partitions().build().unwrap()
    };
    let rig = Rig::new(policy());
    let mut told = Vec::new();
    for client in ["203.0.113.9", "203.0.113.9", "203.0.113.10", "198.51.100.1"] {
        let (_, headers, _) = rig.get(client).await;
        assert!(!text(&headers, "ratelimit-policy").unwrap().contains("pk"));
        told.push(partitions_of(text(&headers, "ratelimit").unwrap()));
    }
    let [first, again, neighbour, other] = [0, 1, 2, 3].map(|nth: usize| &told[nth]);
    assert!(first.iter().take(2).all(|key| key.as_ref().is_some_and(|key| key.len() == 8)));
    assert_eq!((first[2].as_ref(), first), (None, again));
    assert!(first[0] != neighbour[0] && first[1] == neighbour[1]);
    assert!(first[0] != other[0] && first[1] != other[1]);
    assert_ne!(first[0], first[1], "a client is not its network");
    // Nothing of it is the same where another seed was drawn.
    let (_, headers, _) = Rig::new(policy()).get("203.0.113.9").await;
    assert_ne!(partitions_of(text(&headers, "ratelimit").unwrap())[0], first[0]);
    // Whoever is refused is told as well, and nobody who did not ask for it.
    for _ in 0..9 {
        rig.get("203.0.113.9").await;
    }
    let (status, headers, _) = rig.get("203.0.113.9").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(&partitions_of(text(&headers, "ratelimit").unwrap()), first);
    let (_, headers, _) = Rig::new(Policy::new("api", "9 per minute").unwrap()).get("::1").await;
    assert_eq!(partitions_of(text(&headers, "ratelimit").unwrap()), [None]);
}
