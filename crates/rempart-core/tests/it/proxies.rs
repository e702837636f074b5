//! The layer, and what it is told.

use std::net::SocketAddr;

use http::Request;
use rempart_core::{
    ClientAddr, ClientAddrLayer, ClientScheme, ForwardedHeader, PeerAddr, PrefixError,
    TrustedProxies, TrustedProxiesError as Fault,
};
use rempart_testing::strict;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, ServiceExt};

type Seen = (Option<ClientAddr>, Option<ClientScheme>);

/// What a service inside the layer sees of such a request.
async fn seen(proxies: TrustedProxies, request: Request<()>) -> Seen {
    let inner = strict(|request: Request<()>| async move {
        (ClientAddr::of(request.extensions()), ClientScheme::of(request.extensions()))
    });
    // One permit, and a service that panics if it is called unready.
    let service = ClientAddrLayer::new(proxies).layer(ConcurrencyLimit::new(inner, 1));
    service.oneshot(request).await.unwrap()
}

fn from(peer: &str) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(PeerAddr(peer.parse::<SocketAddr>().unwrap()));
    request
}

#[tokio::test]
async fn puts_the_client_into_the_request() {
    let trusted = TrustedProxies::parse("10.0.0.1", ForwardedHeader::XForwardedFor).unwrap();
    let mut request = from("10.0.0.1:4711");
    request.headers_mut().insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
    request.headers_mut().insert("x-forwarded-proto", "https".parse().unwrap());
    let (client, scheme) = seen(trusted.with_forwarded_proto(), request).await;
    assert_eq!(client.unwrap().to_string(), "203.0.113.9");
    assert_eq!(scheme, Some(ClientScheme::Https));
}

#[tokio::test]
async fn puts_nobody_where_the_peer_is_unknown() {
    let mut request = Request::new(());
    // Whoever put it there, it was not this layer.
    request.extensions_mut().insert(ClientAddr::new("6.6.6.6".parse().unwrap()));
    assert_eq!(seen(TrustedProxies::none(), request).await, (None, None));
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn reads_the_peer_that_axum_tells() {
    let mut request = Request::new(());
    let peer: SocketAddr = "[::ffff:203.0.113.9]:1".parse().unwrap();
    request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
    let (client, _) = seen(TrustedProxies::none(), request).await;
    assert_eq!(client.unwrap().to_string(), "203.0.113.9");
}

#[test]
fn refuses_what_would_trust_everybody_or_nobody_all_faults_at_once() {
    use ForwardedHeader::XForwardedFor;

    let faults = |list: &str| -> Vec<Fault> {
        TrustedProxies::parse(list, XForwardedFor).unwrap_err().into_iter().collect()
    };
    let entry = |nth, text: &str, cause| Fault::Prefix { nth, text: text.to_owned(), cause };
    let every = |text: &str| Fault::EveryAddress { prefix: text.parse().unwrap() };
    assert_eq!(faults("0.0.0.0/0,::/0"), [every("0.0.0.0/0"), every("::/0")]);
    assert_eq!(
        faults("10.0.0.0/8, 10.0.0.1/8, ,x,10.0.0.0/33"),
        [
            entry(2, "10.0.0.1/8", PrefixError::HostBits),
            entry(3, "", PrefixError::Address),
            entry(4, "x", PrefixError::Address),
            entry(5, "10.0.0.0/33", PrefixError::Length),
        ]
    );
    assert_eq!(faults("x, 0.0.0.0/0"), [entry(1, "x", PrefixError::Address), every("0.0.0.0/0")]);
    assert_eq!(faults(""), [entry(1, "", PrefixError::Address)]);
    let none = TrustedProxies::prefixes([], XForwardedFor).unwrap_err();
    assert!(none.iter().eq(&[Fault::NoPrefix]), "{none}");

    let header = http::header::FROM;
    let hops = TrustedProxies::hop_count(0, [], ForwardedHeader::Single(header.clone()));
    let want = [Fault::NoPrefix, Fault::Hops { count: 0, max: 64 }, Fault::HopsInSingle { header }];
    assert!(hops.unwrap_err().iter().eq(&want));
    assert!(TrustedProxies::dangerously_hop_count(65, XForwardedFor).is_err());
}
