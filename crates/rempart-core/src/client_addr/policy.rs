use std::sync::Arc;

use http::HeaderName;
use std::net::IpAddr;

use super::error::TrustedProxiesError;
use super::prefix::IpPrefix;
use crate::{ConfigErrors, Faults};

/// The one header in which proxies say whom they speak for. No other is ever read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `Forwarded`, its `for` parameters ([RFC 7239 §5.2]).
    ///
    /// [RFC 7239 §5.2]: https://www.rfc-editor.org/rfc/rfc7239#section-5.2
    Forwarded,
    /// A header that a proxy sets anew to one address: `X-Real-IP`, `CF-Connecting-IP`,
    /// `Fly-Client-IP`. Sent twice, it is not believed.
    Single(HeaderName),
    /// `X-Forwarded-For`, to which each proxy appends its peer.
    XForwardedFor,
}

/// Says which proxies are believed when they name the client. There is no default guess.
///
/// ```
/// use rempart_core::{ForwardedHeader, TrustedProxies};
///
/// // Nobody stands before the service: the peer is the client.
/// let direct = TrustedProxies::none();
/// // A load balancer in 10.0.0.0/8 does, and appends to `X-Forwarded-For`.
/// let proxied = TrustedProxies::parse("10.0.0.0/8", ForwardedHeader::XForwardedFor)?;
/// // Every fault is reported at once.
/// let faults = TrustedProxies::parse("0.0.0.0/0, 10.0.0.1/8", ForwardedHeader::XForwardedFor);
/// assert_eq!(faults.unwrap_err().len(), 2);
/// # Ok::<(), rempart_core::ConfigErrors<rempart_core::TrustedProxiesError>>(())
/// ```
///
/// # Security
///
/// The addresses of a list are read from the right, where the nearest proxy wrote, and reading
/// stops at the first one that is not trusted, or not an address. What stands further left is the
/// client's own text. A prefix that holds machines which are no proxies lets them choose the
/// address they are known by.
#[derive(Clone, Debug)]
pub struct TrustedProxies(Arc<Rule>);

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) trust: Trust,
    pub(super) nat64: bool,
    pub(super) forwarded_host: bool,
    pub(super) forwarded_proto: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Trust {
    Nobody,
    /// Every hop in these prefixes.
    Prefixes(Box<[IpPrefix]>, ForwardedHeader),
    /// So many hops, the nearest of which is in these prefixes.
    Hops(usize, Box<[IpPrefix]>, ForwardedHeader),
    /// So many hops, whoever they are.
    AnyHops(usize, ForwardedHeader),
}

impl TrustedProxies {
    /// The most entries of a list that are read, from the right.
    pub const MAX_HOPS: usize = 64;

    /// The most bytes of a list that are read, from the right.
    pub const MAX_BYTES: usize = 4096;

    /// Trusts nobody: the peer is the client, and no header is read.
    #[must_use]
    pub fn none() -> Self {
        Self::of(Trust::Nobody)
    }

    /// Trusts the hops within these prefixes, as many as there are.
    ///
    /// If every hop is trusted, the leftmost address is the client.
    ///
    /// # Errors
    ///
    /// Every fault at once: no prefix at all, or one of length 0.
    pub fn prefixes(
        prefixes: impl IntoIterator<Item = IpPrefix>,
        header: ForwardedHeader,
    ) -> Result<Self, ConfigErrors<TrustedProxiesError>> {
        let mut faults = Faults::new();
        let prefixes = checked(prefixes, &mut faults);
        faults.finish()?;
        Ok(Self::of(Trust::Prefixes(prefixes, header)))
    }

    /// Trusts the hops within the prefixes of a comma-separated list, as a variable holds it.
    ///
    /// # Errors
    ///
    /// Every fault at once: those of [`prefixes`](Self::prefixes), and each entry that is none.
    pub fn parse(
        list: &str,
        header: ForwardedHeader,
    ) -> Result<Self, ConfigErrors<TrustedProxiesError>> {
        let mut faults = Faults::new();
        let mut prefixes = Vec::new();
        for (text, nth) in list.split(',').map(str::trim).zip(1..) {
            let fault = |cause| TrustedProxiesError::Prefix { nth, text: text.to_owned(), cause };
            prefixes.extend(faults.take(text.parse::<IpPrefix>().map_err(fault)));
        }
        let found_none = prefixes.is_empty() && !faults.is_empty();
        let prefixes = if found_none { Box::default() } else { checked(prefixes, &mut faults) };
        faults.finish()?;
        Ok(Self::of(Trust::Prefixes(prefixes, header)))
    }

    /// Trusts exactly `count` hops, the nearest of which is within these prefixes: the client is
    /// the address that the last of them wrote.
    ///
    /// For a chain of a known length whose further proxies have no stable addresses.
    ///
    /// # Errors
    ///
    /// Every fault at once: those of [`prefixes`](Self::prefixes), a count outside 1 to
    /// [`MAX_HOPS`](Self::MAX_HOPS), a header that holds no list.
    pub fn hop_count(
        count: usize,
        prefixes: impl IntoIterator<Item = IpPrefix>,
        header: ForwardedHeader,
    ) -> Result<Self, ConfigErrors<TrustedProxiesError>> {
        let mut faults = Faults::new();
        let prefixes = checked(prefixes, &mut faults);
        check_hops(count, &header, &mut faults);
        faults.finish()?;
        Ok(Self::of(Trust::Hops(count, prefixes, header)))
    }

    /// Trusts exactly `count` hops, whoever connects.
    ///
    /// # Errors
    ///
    /// A count outside 1 to [`MAX_HOPS`](Self::MAX_HOPS), a header that holds no list.
    ///
    /// # Security
    ///
    /// Whoever reaches the service past the proxies chooses the address it is known by. Only where
    /// the network makes that impossible.
    pub fn dangerously_hop_count(
        count: usize,
        header: ForwardedHeader,
    ) -> Result<Self, ConfigErrors<TrustedProxiesError>> {
        let mut faults = Faults::new();
        check_hops(count, &header, &mut faults);
        faults.finish()?;
        Ok(Self::of(Trust::AnyHops(count, header)))
    }

    /// Takes addresses of the well-known NAT64 prefix `64:ff9b::/96` for the IPv4 addresses they
    /// carry. Only where such a translator stands before the service.
    #[must_use]
    pub fn with_nat64(mut self) -> Self {
        Arc::make_mut(&mut self.0).nat64 = true;
        self
    }

    /// Reads the client's scheme from `X-Forwarded-Proto`, sent by a trusted peer in one line with
    /// one value, and puts it into the request as a [`ClientScheme`](crate::ClientScheme).
    #[must_use]
    pub fn with_forwarded_proto(mut self) -> Self {
        Arc::make_mut(&mut self.0).forwarded_proto = true;
        self
    }

    /// Reads the host that the client asked for from `X-Forwarded-Host`, sent by a trusted peer in
    /// one line with one value, and puts it into the request as a
    /// [`ClientHost`](crate::ClientHost).
    #[must_use]
    pub fn with_forwarded_host(mut self) -> Self {
        Arc::make_mut(&mut self.0).forwarded_host = true;
        self
    }

    /// Whether this peer is believed.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        match &self.0.trust {
            Trust::Nobody => false,
            Trust::Prefixes(prefixes, _) | Trust::Hops(_, prefixes, _) => {
                prefixes.iter().any(|prefix| prefix.contains(peer))
            }
            Trust::AnyHops(..) => true,
        }
    }

    pub(super) fn rule(&self) -> &Rule {
        &self.0
    }

    fn of(trust: Trust) -> Self {
        Self(Arc::new(Rule { trust, nat64: false, forwarded_host: false, forwarded_proto: false }))
    }
}

fn checked(
    prefixes: impl IntoIterator<Item = IpPrefix>,
    faults: &mut Faults<TrustedProxiesError>,
) -> Box<[IpPrefix]> {
    let prefixes: Box<[_]> = prefixes.into_iter().collect();
    if prefixes.is_empty() {
        faults.push(TrustedProxiesError::NoPrefix);
    }
    for &prefix in prefixes.iter().filter(|prefix| prefix.length() == 0) {
        faults.push(TrustedProxiesError::EveryAddress { prefix });
    }
    prefixes
}

fn check_hops(count: usize, header: &ForwardedHeader, faults: &mut Faults<TrustedProxiesError>) {
    let max = TrustedProxies::MAX_HOPS;
    if !(1..=max).contains(&count) {
        faults.push(TrustedProxiesError::Hops { count, max });
    }
    if let ForwardedHeader::Single(header) = header {
        faults.push(TrustedProxiesError::HopsInSingle { header: header.clone() });
    }
}
