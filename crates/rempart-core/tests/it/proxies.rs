//! The layer, and what it is told.

use std::net::SocketAddr;

use http::Request;
use rempart_core::{
    ClientAddr, ClientAddrLayer, ClientScheme, ForwardedHeader, PeerAddr, PrefixError,
    TrustedProxies, TrustedProxiesError as Fault,
};
use rempart_testing::{Capture, strict};
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

/// How often, and in which words, such requests make a layer say that nobody reads a header.
fn said(proxies: TrustedProxies, requests: Vec<Request<()>>) -> Vec<String> {
    let capture = Capture::default();
    let layer = ClientAddrLayer::new(proxies);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    capture.within(|| {
        runtime.block_on(async {
            for request in requests {
                let service = layer.clone().layer(strict(|_: Request<()>| std::future::ready(())));
                service.oneshot(request).await.unwrap();
            }
        });
    });
    let text = capture.text();
    let lines = text.lines().filter(|line| line.contains("client_addr.unheeded"));
    lines.map(ToOwned::to_owned).collect()
}

fn naming(peer: &str, header: &'static str) -> Request<()> {
    let mut request = from(peer);
    request.headers_mut().insert(header, "203.0.113.9".parse().unwrap());
    request
}

#[test]
fn says_once_that_a_proxy_speaks_and_nobody_listens() {
    let trusted = |header| TrustedProxies::parse("10.0.0.0/8", header).unwrap();
    let xff = || trusted(ForwardedHeader::XForwardedFor);
    let real_ip = || trusted(ForwardedHeader::Single("x-real-ip".parse().unwrap()));
    let (proxy, other) = ("10.0.0.1:4711", "192.168.0.1:4711");
    // Whom the service trusts, the peer, what it sends, and what is said of it.
    let rows = [
        (TrustedProxies::none(), other, "x-forwarded-for", Some("peer_not_trusted")),
        (TrustedProxies::none(), other, "forwarded", Some("peer_not_trusted")),
        (TrustedProxies::none(), other, "x-real-ip", None),
        (xff(), other, "x-forwarded-for", Some("peer_not_trusted")),
        (xff(), other, "forwarded", Some("peer_not_trusted")),
        (real_ip(), other, "x-real-ip", Some("peer_not_trusted")),
        (xff(), proxy, "forwarded", Some("other_header")),
        (real_ip(), proxy, "x-forwarded-for", Some("other_header")),
        (trusted(ForwardedHeader::Forwarded), proxy, "x-forwarded-for", Some("other_header")),
        (xff(), proxy, "x-forwarded-for", None),
        (real_ip(), proxy, "x-real-ip", None),
        (xff(), proxy, "user-agent", None),
        (xff(), other, "user-agent", None),
    ];
    for (row, (proxies, peer, header, want)) in rows.into_iter().enumerate() {
        let requests = (0..3).map(|_| naming(peer, header)).collect();
        let said = said(proxies, requests);
        assert_eq!(said.len(), usize::from(want.is_some()), "{row}: {said:?}");
        for (line, reason) in said.iter().zip(want) {
            let (address, _) = peer.split_once(':').unwrap();
            for part in ["WARN", reason, header, address] {
                assert!(line.contains(part), "{row}, {part}: {line}");
            }
            assert!(!line.contains("203.0.113.9"), "{line}");
        }
    }
}

#[test]
fn a_stranger_takes_no_word_from_a_proxy() {
    let trusted = TrustedProxies::parse("10.0.0.0/8", ForwardedHeader::XForwardedFor).unwrap();
    let stranger = || naming("192.168.0.1:4711", "x-forwarded-for");
    let requests = vec![stranger(), naming("10.0.0.1:4711", "forwarded"), stranger()];
    let said = said(trusted, requests);
    assert!(said.len() == 2 && said[1].contains("other_header"), "{said:?}");
}

#[test]
fn a_proxy_that_says_both_is_heard() {
    let trusted = TrustedProxies::parse("10.0.0.0/8", ForwardedHeader::XForwardedFor).unwrap();
    let mut request = naming("10.0.0.1:4711", "forwarded");
    request.headers_mut().insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
    assert!(said(trusted, vec![request]).is_empty());
}

#[test]
fn looks_for_no_forgotten_proxy_after_a_thousand_requests() {
    let before = |requests: usize| {
        let plain = (0..requests).map(|_| from("10.0.0.1:4711"));
        plain.chain([naming("10.0.0.1:4711", "x-forwarded-for")]).collect()
    };
    assert_eq!(said(TrustedProxies::none(), before(1_023)).len(), 1);
    assert_eq!(said(TrustedProxies::none(), before(1_024)).len(), 0);
}
