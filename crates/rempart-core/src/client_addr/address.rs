use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use http::Extensions;

use super::prefix::IpPrefix;

/// The address of the client, in one form only: an IPv4 address mapped into IPv6
/// (`::ffff:203.0.113.9`) is the IPv4 address it stands for, whatever way it was written.
///
/// An extension of the request, set by [`ClientAddrLayer`](crate::ClientAddrLayer).
///
/// ```
/// use rempart_core::ClientAddr;
///
/// let client = ClientAddr::new("::ffff:203.0.113.9".parse()?);
/// assert_eq!(client.to_string(), "203.0.113.9");
/// // An IPv6 host owns its whole /64, and may take any address of it.
/// let client = ClientAddr::new("2001:db8:1:2:3:4:5:6".parse()?);
/// assert_eq!(client.identity().to_string(), "2001:db8:1:2::/64");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientAddr(IpAddr);

impl ClientAddr {
    /// Takes an address, mapped ones folded.
    #[must_use]
    pub const fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The client of the request that carries these extensions, if it is known.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().copied()
    }

    /// The address.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// What counts as one client: the address in IPv4, its /64 in IPv6.
    #[must_use]
    pub const fn identity(self) -> IpPrefix {
        self.prefix(32, 64)
    }

    /// The prefix of this length around the address, by family; lengths past the end are the whole
    /// address.
    #[must_use]
    pub const fn prefix(self, ipv4: u8, ipv6: u8) -> IpPrefix {
        IpPrefix::around(self.0, if self.0.is_ipv4() { ipv4 } else { ipv6 })
    }

    /// The IPv4 address behind a NAT64 of the well-known prefix `64:ff9b::/96` ([RFC 6052 §2.1]);
    /// any other address as it is.
    ///
    /// [RFC 6052 §2.1]: https://www.rfc-editor.org/rfc/rfc6052#section-2.1
    #[must_use]
    pub const fn behind_nat64(self) -> Self {
        if let IpAddr::V6(address) = self.0
            && let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments()
        {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            return Self(IpAddr::V4(Ipv4Addr::new(a, b, c, d)));
        }
        self
    }
}

impl From<IpAddr> for ClientAddr {
    fn from(address: IpAddr) -> Self {
        Self::new(address)
    }
}

impl fmt::Debug for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientAddr({})", self.0)
    }
}

impl fmt::Display for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
