use std::net::IpAddr;

use http::{HeaderMap, HeaderName};

use super::address::ClientAddr;
use super::forwarded::{self, Hops};
use super::host::ClientHost;
use super::policy::{ForwardedHeader, Trust, TrustedProxies};
use super::scheme::ClientScheme;

pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who the client is, and how it came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolution {
    /// The client.
    pub client: ClientAddr,
    /// The scheme that a trusted peer says the client used; `None` if nobody trusted says it.
    pub scheme: Option<ClientScheme>,
    /// The host that a trusted peer says the client asked for; `None` if nobody trusted says it.
    pub host: Option<ClientHost>,
}

/// Decides who the client is, from the peer and the one header that `proxies` names.
///
/// At most [`TrustedProxies::MAX_HOPS`] entries and [`TrustedProxies::MAX_BYTES`] of the header
/// are looked at, from the right. An entry that is no address ends the walk: the client is then
/// the last hop that was an address, which at worst is a proxy of one's own.
///
/// ```
/// use http::HeaderMap;
/// use rempart_core::{ForwardedHeader, TrustedProxies, resolve};
///
/// let proxies = TrustedProxies::parse("10.0.0.0/8", ForwardedHeader::XForwardedFor)?;
/// let mut headers = HeaderMap::new();
/// // The client wrote the first entry, our proxy the second.
/// headers.insert("x-forwarded-for", "6.6.6.6, 203.0.113.9".parse()?);
/// let client = resolve(&proxies, "10.0.0.1".parse()?, &headers).client;
/// assert_eq!(client.to_string(), "203.0.113.9");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn resolve(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> Resolution {
    let rule = proxies.rule();
    let fold = |address: IpAddr| {
        let address = ClientAddr::new(address);
        if rule.nat64 { address.behind_nat64() } else { address }
    };
    let peer = fold(peer);
    if !proxies.trusts(peer.ip()) {
        return Resolution { client: peer, scheme: None, host: None };
    }
    let client = match &rule.trust {
        Trust::Nobody => peer,
        Trust::Prefixes(_, header) => {
            let mut client = peer;
            walk(headers, header, |address| {
                client = fold(address);
                proxies.trusts(client.ip())
            });
            client
        }
        Trust::Hops(count, _, header) | Trust::AnyHops(count, header) => {
            let (mut client, mut left) = (peer, *count);
            walk(headers, header, |address| {
                client = fold(address);
                left = left.saturating_sub(1);
                left > 0
            });
            client
        }
    };
    Resolution {
        client,
        scheme: rule.forwarded_proto.then(|| scheme(headers)).flatten(),
        host: rule.forwarded_host.then(|| ClientHost::forwarded(headers)).flatten(),
    }
}

/// Visits the hops from the nearest to the furthest, until one is no address or `further` says no.
fn walk(headers: &HeaderMap, header: &ForwardedHeader, mut further: impl FnMut(IpAddr) -> bool) {
    let mut hops = match header {
        ForwardedHeader::Forwarded => Hops::forwarded(headers),
        ForwardedHeader::XForwardedFor => Hops::list(&headers.get_all(X_FORWARDED_FOR)),
        ForwardedHeader::Single(name) => {
            // Of two lines one is the client's, and nothing says which.
            if let Some(address) = forwarded::single(&headers.get_all(name)) {
                further(address);
            }
            return;
        }
    };
    while hops.next().is_some_and(&mut further) {}
}

fn scheme(headers: &HeaderMap) -> Option<ClientScheme> {
    let mut lines = headers.get_all(X_FORWARDED_PROTO).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    let line = line.as_bytes();
    if line.eq_ignore_ascii_case(b"https") {
        Some(ClientScheme::Https)
    } else {
        line.eq_ignore_ascii_case(b"http").then_some(ClientScheme::Http)
    }
}
