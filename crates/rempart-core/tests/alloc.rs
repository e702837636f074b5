//! What every request passes through allocates nothing.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use http::{HeaderMap, Request};
use rempart_core::{
    ClientAddr, Event, EventKind, ForwardedHeader, Observers, Outcome, PolicyName, Reason, Source,
    TrustedProxies, resolve,
};
use rempart_testing::alloc::{Counting, Counts, assert_counting, count};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn deciding_who_the_client_is_allocates_nothing() {
    assert_counting();
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", "6.6.6.6, [2001:db8::1]:80, 10.0.0.2".parse().unwrap());
    headers.insert(
        "forwarded",
        "for=6.6.6.6, for=\"[2001:db8::1]:80\", for=10.0.0.2".parse().unwrap(),
    );
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        let proxies = TrustedProxies::parse("10.0.0.0/8", header).unwrap().with_forwarded_proto();
        let peer = "10.0.0.1".parse().unwrap();
        let (resolution, counts) = count(|| resolve(&proxies, peer, &headers));
        assert_eq!(resolution.client.to_string(), "2001:db8::1");
        assert_eq!(counts, Counts::default());
    }
}

#[test]
fn telling_the_observers_allocates_nothing() {
    assert_counting();
    let policy = PolicyName::new("api").unwrap();
    let mut request = Request::new(());
    request.extensions_mut().insert(ClientAddr::new("203.0.113.9".parse().unwrap()));
    let source = Source::from(Observers::default());
    let emit = || {
        let event = Event::new(EventKind::RateLimit, Outcome::Refused, &policy)
            .request(&request)
            .reason(Reason::QuotaExceeded);
        source.get().emit(&event);
    };
    // The first registers the callsite with the (absent) subscriber.
    emit();
    assert_eq!(count(emit).1, Counts::default());
}
