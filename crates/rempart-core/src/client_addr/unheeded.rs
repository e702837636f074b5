//! Tells an operator, once, that a proxy speaks and nobody listens to it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};
use tracing::{Level, event};

use super::decision::X_FORWARDED_FOR;
use super::policy::{ForwardedHeader, Trust, TrustedProxies};

/// Looks for it in the first requests: where a proxy is forgotten, it is in each of them, and all
/// clients are taken for the proxy. Later requests pay for no more than a look at a number.
#[derive(Debug)]
pub(super) struct Unheeded {
    left: AtomicU32,
    /// Once for each reason: a stranger who names somebody takes no word from a proxy.
    is_said: [AtomicBool; 2],
}

/// Why a header that names a client is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    PeerNotTrusted,
    OtherHeader,
}

impl Unheeded {
    /// In how many requests it is looked for.
    const REQUESTS: u32 = 1_024;

    pub(super) const fn new() -> Self {
        Self {
            left: AtomicU32::new(Self::REQUESTS),
            is_said: [AtomicBool::new(false), AtomicBool::new(false)],
        }
    }

    #[inline]
    pub(super) fn look(&self, proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) {
        if self.left.load(Ordering::Relaxed) > 0 {
            self.look_closer(proxies, peer, headers);
        }
    }

    #[cold]
    fn look_closer(&self, proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) {
        let one_less = |left: u32| left.checked_sub(1);
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        let Some((header, why)) = unheeded(proxies, peer, headers) else { return };
        let [untrusted, other] = &self.is_said;
        let is_said = if why == Why::PeerNotTrusted { untrusted } else { other };
        if is_said.swap(true, Ordering::Relaxed) {
            return;
        }
        let (reason, remedy) = match why {
            Why::PeerNotTrusted => (
                "peer_not_trusted",
                "if it is your proxy, name it in TrustedProxies: its clients are all taken for it; \
                 if it is a client, there is nothing to do",
            ),
            Why::OtherHeader => (
                "other_header",
                "name the header that your proxy sends in TrustedProxies: its clients are all \
                 taken for it",
            ),
        };
        event!(
            target: "rempart",
            Level::WARN,
            event.name = "client_addr.unheeded",
            reason,
            header = header.as_str(),
            peer = %peer,
            remedy,
            "a header that names a client was not read; this is said once",
        );
    }
}

/// A header that names a client, which a peer has sent and nobody reads.
fn unheeded(
    proxies: &TrustedProxies,
    peer: IpAddr,
    headers: &HeaderMap,
) -> Option<(HeaderName, Why)> {
    let read = match &proxies.rule().trust {
        Trust::Nobody => None,
        Trust::Prefixes(_, header) | Trust::Hops(_, _, header) | Trust::AnyHops(_, header) => {
            Some(match header {
                ForwardedHeader::Forwarded => FORWARDED,
                ForwardedHeader::Single(name) => name.clone(),
                ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            })
        }
    };
    let known = [X_FORWARDED_FOR, FORWARDED];
    let mut sent = known.into_iter().chain(read.clone()).filter(|name| headers.contains_key(name));
    if !proxies.trusts(peer) {
        return sent.next().map(|header| (header, Why::PeerNotTrusted));
    }
    // One that says both is heard.
    let is_heard = read.is_some_and(|header| headers.contains_key(header));
    sent.next().filter(|_| !is_heard).map(|header| (header, Why::OtherHeader))
}
