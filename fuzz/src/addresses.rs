//! Who the client is, whatever stands in the forwarding headers.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use rempart::core::{ForwardedHeader, IpPrefix, TrustedProxies, resolve};

const PROXY: &str = "10.0.0.1";

/// `X-Forwarded-For`, one line of input a line of header.
pub(crate) fn x_forwarded_for(data: &[u8]) {
    walk(data, "x-forwarded-for", &ForwardedHeader::XForwardedFor, "6.6.6.6");
}

/// `Forwarded`, one line of input a line of header.
pub(crate) fn forwarded(data: &[u8]) {
    walk(data, "forwarded", &ForwardedHeader::Forwarded, "for=6.6.6.6");
}

fn walk(data: &[u8], name: &'static str, header: &ForwardedHeader, invented: &'static str) {
    let trusted = |list| TrustedProxies::parse(list, header.clone()).expect("prefixes");
    let (one, some) = (trusted(PROXY), trusted("10.0.0.0/8"));
    let peer: IpAddr = PROXY.parse().expect("an address");
    let name = HeaderName::from_static(name);
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(line) = HeaderValue::from_bytes(line) {
            headers.append(name.clone(), line);
        }
    }
    // A peer that is not trusted is the client, whatever it sends.
    let stranger: IpAddr = "203.0.113.9".parse().expect("an address");
    assert_eq!(resolve(&some, stranger, &headers).client.ip(), stranger);

    // What a client invents to the left of what proxies wrote is believed only where every hop on
    // the way was trusted, or nothing at all was written.
    let before = resolve(&some, peer, &headers).client;
    let mut longer = HeaderMap::new();
    longer.append(name.clone(), HeaderValue::from_static(invented));
    for line in headers.get_all(&name) {
        longer.append(name.clone(), line.clone());
    }
    let after = resolve(&some, peer, &longer).client;
    assert!(after == before || some.trusts(before.ip()), "{before} became {after}");

    // Trusting more proxies reaches further, and never names a client that nobody wrote.
    let near = resolve(&one, peer, &headers).client;
    assert!(near == before || some.trusts(near.ip()), "{near} and {before}");
    assert_eq!(near.ip(), near.ip().to_canonical());
}

/// CIDR notation: what is read is written the same, and holds its own first address.
pub(crate) fn ip_prefix(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(prefix) = text.parse::<IpPrefix>() else { return };
    assert_eq!(prefix.to_string().parse(), Ok(prefix));
    assert!(prefix.contains(prefix.network()));
}
