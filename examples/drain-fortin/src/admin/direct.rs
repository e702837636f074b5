use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Request, Version};
use rempart_core::{PeerAddr, Reason};

/// Whether a request comes from a program on this machine, straight to a listener that nobody else
/// can reach; if not, why not.
pub(super) fn direct<B>(bound: SocketAddr, request: &Request<B>) -> Result<(), Reason> {
    let peer = request.extensions().get::<PeerAddr>();
    if !(bound.ip().is_loopback() && peer.is_some_and(|peer| peer.0.ip().is_loopback())) {
        return Err(Reason::Missing);
    }
    let headers = request.headers();
    // A proxy that adds nothing is told by the version that proxies ask in unless they are told
    // otherwise, and programs have not for long.
    if headers.keys().any(is_forwarding) || request.version() < Version::HTTP_11 {
        return Err(Reason::Forwarded);
    }
    let host = only(headers, HOST).filter(|host| is_loopback(host));
    let host = host.ok_or(Reason::HostNotAllowed)?;
    // An absolute target takes precedence over the header (RFC 9112 §3.2.2).
    if request.uri().authority().is_some_and(|authority| !is_loopback(authority.as_str())) {
        return Err(Reason::HostNotAllowed);
    }
    let own_page = match only(headers, ORIGIN) {
        Some(origin) => origin.strip_prefix("http://") == Some(host),
        None => !headers.contains_key(ORIGIN),
    };
    let own_site = match only(headers, SEC_FETCH_SITE) {
        Some(site) => site == "same-origin" || site == "none",
        None => !headers.contains_key(SEC_FETCH_SITE),
    };
    if own_page && own_site { Ok(()) } else { Err(Reason::CrossSite) }
}

/// The value of a header that is there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().ok(),
        _ => None,
    }
}

/// Whether an authority names this machine by a name that no DNS can give to another.
fn is_loopback(authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if !port.is_none_or(is_port) {
        return false;
    }
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match address {
        Some(address) => address.parse().is_ok_and(|address: std::net::Ipv6Addr| {
            IpAddr::from(address).to_canonical().is_loopback()
        }),
        None => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse().is_ok_and(|address: std::net::Ipv4Addr| address.is_loopback())
        }
    }
}

/// What proxies, gateways and tunnels add, by whatever name.
fn is_forwarding(name: &HeaderName) -> bool {
    let name = name.as_str();
    NAMES.contains(&name)
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || ENDS.iter().any(|end| name.ends_with(end))
}

const NAMES: [&str; 14] = [
    "client-ip",
    "front-end-https",
    "max-forwards",
    "via",
    "x-client-ip",
    "x-clientip",
    "x-cloud-trace-context",
    "x-host",
    "x-originating-ip",
    "x-request-start",
    "x-rewrite-url",
    "x-scheme",
    "x-url-scheme",
    "x-varnish",
];

const BEGINNINGS: [&str; 22] = [
    "akamai-",
    "cdn-",
    "cf-",
    "cloudfront-",
    "fastly-",
    "fly-",
    "forwarded",
    "tailscale-",
    "x-akamai-",
    "x-amz-cf-",
    "x-amzn-",
    "x-appengine-",
    "x-arr-",
    "x-azure-",
    "x-envoy-",
    "x-forward",
    "x-nf-",
    "x-original-",
    "x-proxy",
    "x-real-",
    "x-remote-",
    "x-vercel-",
];

const ENDS: [&str; 5] = ["-client-ip", "-clientip", "-connecting-ip", "-forwarded-for", "-real-ip"];

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: &str = "127.0.0.1:9090";

    fn judge(bound: &str, peer: &str, target: &str, lines: &[(&str, &str)]) -> Option<Reason> {
        let mut request = Request::get(target).body(()).unwrap();
        request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        direct(bound.parse().unwrap(), &request).err()
    }

    #[test]
    fn is_a_program_on_this_machine_and_nothing_that_looks_like_one() {
        let own = ("host", "127.0.0.1:9090");
        for (lines, reason) in [
            (&[own][..], None),
            (&[("host", "localhost:9090")], None),
            (&[("host", "LOCALHOST")], None),
            (&[("host", "[::1]:9090")], None),
            (&[("host", "[::ffff:127.0.0.1]:9090")], None),
            (&[("host", "127.8.9.1:1")], None),
            (&[own, ("origin", "http://127.0.0.1:9090")], None),
            (&[own, ("sec-fetch-site", "none")], None),
            (&[own, ("sec-fetch-site", "same-origin")], None),
            // A name of an attacker's that resolves to this machine.
            (&[("host", "rebound.example:9090")], Some(Reason::HostNotAllowed)),
            (&[("host", "localhost.evil.example")], Some(Reason::HostNotAllowed)),
            (&[("host", "127.0.0.1.evil.example")], Some(Reason::HostNotAllowed)),
            (&[("host", "127.0.0.1@evil.example")], Some(Reason::HostNotAllowed)),
            (&[("host", "127.0.0.1:9090:80")], Some(Reason::HostNotAllowed)),
            (&[("host", "[::1].evil.example")], Some(Reason::HostNotAllowed)),
            (&[("host", "0.0.0.0:9090")], Some(Reason::HostNotAllowed)),
            (&[("host", "")], Some(Reason::HostNotAllowed)),
            (&[], Some(Reason::HostNotAllowed)),
            (&[own, own], Some(Reason::HostNotAllowed)),
            (&[own, ("forwarded", "for=127.0.0.1")], Some(Reason::Forwarded)),
            (&[own, ("x-forwarded-for", "127.0.0.1")], Some(Reason::Forwarded)),
            (&[own, ("x-forwarded-host", "localhost")], Some(Reason::Forwarded)),
            (&[own, ("x-real-ip", "")], Some(Reason::Forwarded)),
            (&[own, ("via", "1.1 proxy")], Some(Reason::Forwarded)),
            (&[own, ("origin", "null")], Some(Reason::CrossSite)),
            (&[own, ("origin", "http://127.0.0.1:8080")], Some(Reason::CrossSite)),
            (&[own, ("origin", "https://127.0.0.1:9090")], Some(Reason::CrossSite)),
            (&[own, ("sec-fetch-site", "cross-site")], Some(Reason::CrossSite)),
            (&[own, ("sec-fetch-site", "same-site")], Some(Reason::CrossSite)),
            (
                &[own, ("sec-fetch-site", "none"), ("sec-fetch-site", "none")],
                Some(Reason::CrossSite),
            ),
        ] {
            assert_eq!(judge(BOUND, "127.0.0.1:1", "/keys", lines), reason, "{lines:?}");
        }
    }

    #[test]
    fn is_nobody_who_comes_through_a_proxy_of_whatever_make() {
        let own = ("host", "127.0.0.1:9090");
        #[rustfmt::skip]
        let added = [
            "ali-cdn-real-ip", "cdn-loop", "cf-connecting-ip", "cf-connecting-ipv6", "cf-ray",
            "cf-visitor", "client-ip", "cloudfront-forwarded-proto", "do-connecting-ip",
            "fastly-client-ip", "fastly-ff", "fly-client-ip", "fly-forwarded-port", "forwarded",
            "forwarded-for", "front-end-https", "max-forwards", "proxy-client-ip",
            "tailscale-user-login", "true-client-ip", "via", "wl-proxy-client-ip",
            "x-amzn-trace-id", "x-appengine-user-ip", "x-arr-log-id", "x-azure-clientip",
            "x-azure-fdid", "x-client-ip", "x-cloud-trace-context", "x-cluster-client-ip",
            "x-envoy-external-address", "x-forward-for", "x-forwarded", "x-forwarded-client-cert",
            "x-forwarded-for", "x-forwarded-host", "x-forwarded-prefix", "x-forwarded-proto",
            "x-forwarder-for", "x-host", "x-nf-client-connection-ip", "x-original-forwarded-for",
            "x-original-host", "x-original-url", "x-originating-ip", "x-proxyuser-ip",
            "x-real-ip", "x-remote-addr", "x-remote-ip", "x-request-start", "x-rewrite-url",
            "x-scheme", "x-url-scheme", "x-varnish", "x-vercel-id",
        ];
        for name in added {
            let reason = judge(BOUND, "127.0.0.1:1", "/keys", &[own, (name, "")]);
            assert_eq!(reason, Some(Reason::Forwarded), "{name}");
        }
        // What programs send.
        for name in ["accept", "authorization", "content-type", "traceparent", "user-agent"] {
            assert_eq!(judge(BOUND, "127.0.0.1:1", "/keys", &[own, (name, "")]), None, "{name}");
        }
    }

    #[test]
    fn is_nobody_who_asks_in_the_version_that_proxies_ask_in() {
        let mut request = Request::get("/keys").header(HOST, BOUND).body(()).unwrap();
        request.extensions_mut().insert(PeerAddr("127.0.0.1:1".parse().unwrap()));
        for (version, reason) in
            [(Version::HTTP_10, Some(Reason::Forwarded)), (Version::HTTP_11, None)]
        {
            *request.version_mut() = version;
            assert_eq!(direct(BOUND.parse().unwrap(), &request).err(), reason, "{version:?}");
        }
    }

    #[test]
    fn is_nobody_where_others_can_reach_the_listener() {
        let own = [("host", "127.0.0.1:9090")];
        for (bound, peer) in [
            ("0.0.0.0:9090", "127.0.0.1:1"),
            ("[::]:9090", "[::1]:1"),
            ("192.0.2.1:9090", "192.0.2.2:1"),
            (BOUND, "192.0.2.2:1"),
        ] {
            let reason = judge(bound, peer, "/keys", &own);
            assert_eq!(reason, Some(Reason::Missing), "{bound} from {peer}");
        }
    }

    #[test]
    fn an_absolute_target_counts_as_a_host() {
        let own = [("host", "127.0.0.1:9090")];
        for (target, reason) in [
            ("http://127.0.0.1:9090/keys", None),
            ("http://rebound.example/keys", Some(Reason::HostNotAllowed)),
        ] {
            assert_eq!(judge(BOUND, "127.0.0.1:1", target, &own), reason, "{target}");
        }
    }
}
