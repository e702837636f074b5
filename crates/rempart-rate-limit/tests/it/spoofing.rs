//! What clients claim about their address, behind the layer that finds it: the inputs by which other
//! limiters were evaded, or made to lock out somebody else.

use std::net::SocketAddr;

use http::header::HeaderName;
use http::{Request, StatusCode};
use rempart_core::{ClientAddrLayer, ForwardedHeader, ManualClock, PeerAddr, TrustedProxies};
use rempart_rate_limit::RateLimitLayer;
use tower::Layer;

use crate::rig::{handler, policy, send};

/// A peer and the headers of its request; `{}` stands for another number each time.
type Claims = (&'static str, &'static [(&'static str, &'static str)]);

fn request((peer, headers): Claims, nth: usize) -> Request<()> {
    let mut request = Request::new(());
    let fill = |text: &str| text.replace("{}", &nth.to_string());
    request.extensions_mut().insert(PeerAddr(fill(peer).parse::<SocketAddr>().unwrap()));
    for (name, value) in headers {
        request.headers_mut().append(*name, fill(value).parse().unwrap());
    }
    request
}

/// How many of these requests are served, of a quota of two.
async fn served(
    proxies: &TrustedProxies,
    requests: impl IntoIterator<Item = Request<()>>,
) -> usize {
    let limit = RateLimitLayer::new(policy("api", "2 per hour")).clock(ManualClock::default());
    let service = ClientAddrLayer::new(proxies.clone()).layer(limit.layer(handler()));
    let mut served = 0;
    for request in requests {
        served += usize::from(send(service.clone(), request).await.0 == StatusCode::OK);
    }
    served
}

fn behind(header: ForwardedHeader) -> TrustedProxies {
    TrustedProxies::parse("10.0.0.0/8", header).unwrap()
}

const XFF: &str = "x-forwarded-for";
const PROXY: &str = "10.0.0.1:4711";

#[tokio::test]
async fn one_client_is_one_client_whatever_it_claims() {
    let (none, xff) = (TrustedProxies::none(), behind(ForwardedHeader::XForwardedFor));
    let forwarded = behind(ForwardedHeader::Forwarded);
    let real_ip = behind(ForwardedHeader::Single(HeaderName::from_static("x-real-ip")));
    #[rustfmt::skip]
    let rows: [(&str, &TrustedProxies, Claims); 17] = [
        ("the leftmost entry",      &xff,  (PROXY, &[(XFF, "6.6.6.{}, 203.0.113.9")])),
        ("a line of its own",       &xff,  (PROXY, &[(XFF, "6.6.6.{}"), (XFF, "203.0.113.9")])),
        ("before a port",           &xff,  (PROXY, &[(XFF, "6.6.6.{}, 203.0.113.9:5555")])),
        ("a port of its own",       &xff,  (PROXY, &[(XFF, "203.0.113.9:50{}")])),
        ("before garbage",          &xff,  (PROXY, &[(XFF, "6.6.6.{}, garbage, 10.0.0.2")])),
        ("garbage itself",          &xff,  (PROXY, &[(XFF, "garbage-{}")])),
        ("an IPv6 brace",           &xff,  (PROXY, &[(XFF, "6.6.6.{}, [2001:db8::1]:443")])),
        ("the rest of its /64",     &xff,  (PROXY, &[(XFF, "2001:db8::{}")])),
        ("its /64, as a peer",      &none, ("[2001:db8::{}]:1", &[])),
        ("a proxy seen as mapped",  &xff,  ("[::ffff:10.0.0.1]:1", &[(XFF, "6.6.6.{}, 203.0.113.9")])),
        ("mapped by a proxy",       &xff,  (PROXY, &[(XFF, "6.6.6.{}, ::ffff:203.0.113.9")])),
        ("a header nobody set",     &none, ("203.0.113.9:1", &[(XFF, "6.6.6.{}")])),
        ("an untrusted peer",       &xff,  ("203.0.113.9:1", &[(XFF, "6.6.6.{}")])),
        ("another header",          &forwarded, (PROXY, &[("x-real-ip", "6.6.6.{}"), ("forwarded", "for=203.0.113.9")])),
        ("the leftmost element",    &forwarded, (PROXY, &[("forwarded", "for=6.6.6.{}, for=203.0.113.9")])),
        ("an obfuscated name",      &forwarded, (PROXY, &[("forwarded", "for=_hidden{}")])),
        ("a single header twice",   &real_ip, (PROXY, &[("x-real-ip", "6.6.6.{}"), ("x-real-ip", "203.0.113.9")])),
    ];
    for (row, proxies, claims) in rows {
        let requests = (1..100).map(|nth| request(claims, nth));
        assert_eq!(served(proxies, requests).await, 2, "{row}");
    }
}

#[tokio::test]
async fn an_address_is_the_same_in_every_notation() {
    let (none, xff) = (TrustedProxies::none(), behind(ForwardedHeader::XForwardedFor));
    #[rustfmt::skip]
    let rows: [(&TrustedProxies, &[Claims]); 4] = [
        (&none, &[("203.0.113.9:1", &[]), ("[::ffff:203.0.113.9]:1", &[]), ("[::ffff:cb00:7109]:1", &[])]),
        (&xff,  &[(PROXY, &[(XFF, "1.2.3.4")]), (PROXY, &[(XFF, "::ffff:102:304")]), (PROXY, &[(XFF, "::FFFF:1.2.3.4")])]),
        (&xff,  &[(PROXY, &[(XFF, "2001:db8::1")]), (PROXY, &[(XFF, "2001:DB8:0:0::1")]), (PROXY, &[(XFF, "[2001:db8:0::0.0.0.1]")])]),
        (&xff,  &[(PROXY, &[(XFF, "203.0.113.9")]), (PROXY, &[(XFF, " 203.0.113.9 ")]), (PROXY, &[(XFF, ", 203.0.113.9")])]),
    ];
    for (row, (proxies, claims)) in rows.into_iter().enumerate() {
        let requests = claims.iter().map(|claims| request(*claims, 0));
        assert_eq!(served(proxies, requests).await, 2, "row {row}: three requests of one client");
    }
}

#[tokio::test]
async fn nobody_is_counted_for_somebody_else() {
    let (none, xff) = (TrustedProxies::none(), behind(ForwardedHeader::XForwardedFor));
    // Attacker and victim: whatever the one does, the other is served.
    #[rustfmt::skip]
    let rows: [(&TrustedProxies, Claims, Claims); 6] = [
        // All mapped addresses are no one network `::/56` (CVE-2026-30827).
        (&none, ("[::ffff:203.0.113.9]:1", &[]), ("[::ffff:198.51.100.7]:1", &[])),
        (&none, ("203.0.113.9:1", &[]), ("[::]:1", &[])),
        // An address that only looks mapped is not the IPv4 address at its end.
        (&xff, (PROXY, &[(XFF, "2001:db8::1.2.3.4")]), (PROXY, &[(XFF, "1.2.3.4")])),
        // Naming somebody does not use up that one's quota.
        (&xff, (PROXY, &[(XFF, "198.51.100.7, 203.0.113.9")]), (PROXY, &[(XFF, "198.51.100.7")])),
        (&xff, ("203.0.113.9:1", &[(XFF, "198.51.100.7")]), (PROXY, &[(XFF, "198.51.100.7")])),
        (&xff, (PROXY, &[(XFF, "2001:db8:0:1::1")]), (PROXY, &[(XFF, "2001:db8:0:2::1")])),
    ];
    for (row, (proxies, attacker, victim)) in rows.into_iter().enumerate() {
        let attack = (0..50).map(|nth| request(attacker, nth));
        let requests = attack.chain((0..3).map(|nth| request(victim, nth)));
        assert_eq!(served(proxies, requests).await, 4, "row {row}");
    }
}
